"""A pace kept towards a partner: so many calls a minute, evenly, with a small burst. Counts; never sends.

Calls book their places in line, so that many waiting callers are spread out instead of waking together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

BURST_S: Final = 1.0
"""What was not used in the last second may be used at once."""


class Throttle:
    """`wait_s()` books the next place and says how long it is until then."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        """`seconds` only goes forward."""
        self._seconds = seconds
        self._gap_s = 0.0
        self._next_s = 0.0

    def set_rate(self, calls_per_minute: int | None) -> None:
        """Change the pace; None: none is kept."""
        self._gap_s = 60.0 / calls_per_minute if calls_per_minute else 0.0

    def wait_s(self, longest_s: float) -> float | None:
        """Book a place at most `longest_s` away; None when there is none so near, and nothing is booked."""
        if not self._gap_s:
            return 0.0
        now = self._seconds()
        place = max(self._next_s, now - BURST_S)
        if place - now > longest_s:
            return None
        self._next_s = place + self._gap_s
        return max(0.0, place - now)
