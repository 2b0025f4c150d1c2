"""What can be broken on purpose, at which operation, how often.

refuse         the whole site stops listening and drops its connections until cleared or `seconds` pass
reset          the connection is reset; with `done`, after the operation was carried out
no_answer      the connection stays open and silent; with `done`, after it was carried out
slow           `seconds` pass, then the operation is carried out and answered
half           half of the answer, then the connection ends
server_error   500     unavailable  503 with Retry-After     redirect  302     html  a page, status 200
empty_json     `{}`    wrong_id     the right answer under another order's id
duplicate      the answer is sent twice on the same connection
late           "in progress" is answered; it is carried out after `seconds`, or when told to finish
contradiction  carried out (or looked up), and the opposite is answered

Each is ordered for one operation and a number of calls, and counts as happened when a call takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class FaultKind(StrEnum):
    REFUSE = "refuse"
    RESET = "reset"
    NO_ANSWER = "no_answer"
    SLOW = "slow"
    HALF = "half"
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"
    REDIRECT = "redirect"
    HTML = "html"
    EMPTY_JSON = "empty_json"
    WRONG_ID = "wrong_id"
    DUPLICATE = "duplicate"
    LATE = "late"
    CONTRADICTION = "contradiction"


ALWAYS_DONE = frozenset({FaultKind.HALF, FaultKind.WRONG_ID, FaultKind.DUPLICATE, FaultKind.CONTRADICTION})

ONLY_SOME = frozenset({FaultKind.WRONG_ID, FaultKind.LATE, FaultKind.CONTRADICTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`kind` happens at the next `times` calls of `operation`; `seconds` is for slow, late and refuse."""

    operation: str
    kind: FaultKind
    times: int = 1
    seconds: float | None = None
    done: bool = False


class Faults:
    """The faults that wait to happen. One operation may have several; they happen in the order they came."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        if fault.times < 1:
            raise ValueError("times is 1 or more")
        if fault.seconds is not None and not 0 <= fault.seconds <= 3600:
            raise ValueError("seconds is between 0 and 3600")
        self._waiting.append(fault)

    def pop(self, operation: str) -> Fault | None:
        """The fault of this call, if there is one; it counts as happened."""
        for position, fault in enumerate(self._waiting):
            if fault.operation == operation:
                if fault.times == 1:
                    del self._waiting[position]
                else:
                    self._waiting[position] = replace(fault, times=fault.times - 1)
                return fault
        return None

    @property
    def waiting(self) -> tuple[Fault, ...]:
        return tuple(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()
