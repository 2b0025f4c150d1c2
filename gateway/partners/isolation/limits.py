"""How much one plugin's process may say and ask, so that it slows itself alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

FRAMES_PER_TURN: Final = 32
JSON_BYTES_PER_TURN: Final = 64 * 2**10
JSON_BYTES_PER_SECOND: Final = 4 * 2**20
OTHER_FRAMES_PER_SECOND: Final = 3_000
"""Frames that answer no call of ours: lines of the log, requests."""

MAX_REQUESTS_AT_ONCE: Final = 32
MAX_REQUESTS_PER_CALL: Final = 200
MAX_STREAMS: Final = 4
"""Answers that are read in pieces, at one time."""
REQUESTS_STARTED_PER_TURN: Final = 4
MAX_REQUESTS_WAITING: Final = 64
MAX_BODY_BYTES_WAITING: Final = 16 * 2**20
MAX_ROWS_PER_CALL: Final = 1_000_000
LOG_LINES_PER_SECOND: Final = 200
MAX_UNREAD_BYTES: Final = 32 * 2**20
"""Written to a process and not read by it: above this it is given no new call."""


class PerSecond:
    """So many of something a second; `left()` says how long to wait when there is no more."""

    def __init__(self, per_second: int, seconds: Callable[[], float]) -> None:
        self._per_second = per_second
        self._seconds = seconds
        self._began = seconds()
        self._used = 0

    def use(self, amount: int = 1) -> float:
        """Use some of it. Seconds until there is more, 0.0 while there is some."""
        now = self._seconds()
        if now - self._began >= 1:
            self._began, self._used = now, 0
        self._used += amount
        return 0.0 if self._used <= self._per_second else max(0.0, self._began + 1 - now)
