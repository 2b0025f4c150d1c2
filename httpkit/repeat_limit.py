"""Equal lines of a log: the first few of an interval are written, the others are counted, and their number is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Final

BURST: Final = 20
INTERVAL_S: Final = 10.0
MAX_KINDS: Final = 1_000
"""Different lines that are counted at once; beyond it the oldest interval ends early."""


class RepeatLimit:
    """Says which of equal lines are written. Used from any thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._counts: dict[Hashable, tuple[float, int]] = {}
        """When the interval of a line began, and how often it has come since; oldest first."""

    def admits(self, key: Hashable | None) -> bool:
        """Whether this line is written. `key` is what makes two lines equal; None: it is equal to no other."""
        if key is None:
            return True
        with self._lock:
            now = self._monotonic()
            since, count = self._counts.get(key, (now, 0))
            self._counts[key] = (since, count + 1)
            return count < BURST

    def pop_left_out(self) -> list[tuple[Hashable, int]]:
        """The lines whose interval is over and of which some were left out, with how many."""
        with self._lock:
            over = self._monotonic() - INTERVAL_S
            ended = []
            while self._counts:
                key = next(iter(self._counts))
                since, count = self._counts[key]
                if since > over and len(self._counts) <= MAX_KINDS:
                    break
                del self._counts[key]
                if count > BURST:
                    ended.append((key, count - BURST))
            return ended
