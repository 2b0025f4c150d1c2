"""An event loop without a world: its time is a number that jumps to the next thing to do, and nothing is random.

No socket and no thread takes part, so that the same tasks with the same random numbers run in the same order
every time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any


class Stuck(Exception):
    """Everything waits and nothing will ever happen."""


class _Nothing(selectors.BaseSelector):
    """Never ready; waiting is turning the loop's own clock forward."""

    def __init__(self) -> None:
        self.now = 0.0
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
        if timeout is None:
            raise Stuck("every task waits and no timer is set")
        self.now += max(0.0, timeout)
        return []


class TimeLoop(asyncio.SelectorEventLoop):
    """`time()` is simulated seconds since the loop was made."""

    def __init__(self) -> None:
        self._nothing = _Nothing()
        super().__init__(self._nothing)
        # A timer counts as due when it is this near; at zero, rounding would make the loop spin.
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._nothing.now
