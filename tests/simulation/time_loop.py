"""An event loop without a world: its time is a number that jumps to the next thing to do, and nothing is random.

No socket and no thread takes part, so that the same tasks with the same random numbers run in the same order
every time.
"""

from __future__ import annotations

import asyncio
import heapq
import selectors
from collections.abc import Mapping
from typing import Any


class Stuck(Exception):
    """Everything waits and nothing will ever happen."""


class _Nothing(selectors.BaseSelector):
    """Never asked: the loop turns its clock forward instead. It is there because a loop begins by registering."""

    def __init__(self) -> None:
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, 0, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        raise Stuck(f"nothing to wait for ({timeout})")


class TimeLoop(asyncio.SelectorEventLoop):
    """`time()` is simulated seconds since the loop was made."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_Nothing())

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        """One turn: all that is ready; when nothing is, the clock goes to the next timer.

        What asyncio's own turn does besides (asking the selector, measuring slow callbacks) took a fifth of a seed.
        """
        ready, timers = self._ready, self._scheduled  # type: ignore[attr-defined]
        while timers and (timers[0]._cancelled or not ready or timers[0]._when <= self._now):
            timer = heapq.heappop(timers)
            timer._scheduled = False
            if not timer._cancelled:
                self._now = max(self._now, timer._when)
                ready.append(timer)
        if not ready and not self._stopping:  # type: ignore[attr-defined]
            raise Stuck("every task waits and no timer is set")
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _timer_handle_cancelled(self, handle: Any) -> None:
        """Nothing to count: cancelled timers are dropped when their time has come."""
