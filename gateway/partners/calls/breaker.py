"""A circuit breaker: after some failures in a row a partner is left alone for a while, then asked once.

Plain and synchronous: it counts, and is told the time in seconds by a clock that only goes forward. It holds
back calls that cannot succeed; it decides nothing about points. Who is refused must not have sent anything.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

FAILURES_TO_OPEN: Final = 5
FIRST_PAUSE_S: Final = 5.0
MAX_PAUSE_S: Final = 80.0


class BreakerState(StrEnum):
    CLOSED = "closed"
    """Calls go through."""
    OPEN = "open"
    """Nobody goes through until the pause is over."""
    HALF_OPEN = "half_open"
    """The pause is over: one probe goes through, and its end decides."""


class Breaker:
    """`admits()` before a call; then exactly one of `record_success`, `record_failure` and
    `record_neutral` after it.
    """

    def __init__(self, seconds: Callable[[], float], *, failures_to_open: int = FAILURES_TO_OPEN) -> None:
        self._seconds = seconds
        self._failures_to_open = failures_to_open
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._open_until_s: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        if self._open_until_s is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._seconds() < self._open_until_s else BreakerState.HALF_OPEN

    def admits(self) -> bool:
        """May this call go out? In the half-open state the first who asks becomes the probe."""
        match self.state:
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return False
            case BreakerState.HALF_OPEN:
                if self._probing:
                    return False
                self._probing = True
                return True

    def record_success(self) -> None:
        """The partner answered, be it with a no: it is there."""
        self._failures, self._pause_s, self._open_until_s, self._probing = 0, FIRST_PAUSE_S, None, False

    def record_failure(self) -> None:
        """The partner did not answer, or not with anything that makes sense."""
        if self._probing:
            self._probing = False
            self._pause_s = min(self._pause_s * 2, MAX_PAUSE_S)
            self._open_until_s = self._seconds() + self._pause_s
            return
        self._failures += 1
        if self._open_until_s is None and self._failures >= self._failures_to_open:
            self._open_until_s = self._seconds() + self._pause_s

    def record_neutral(self) -> None:
        """The call was cancelled by us: it proves neither; another may probe."""
        self._probing = False
