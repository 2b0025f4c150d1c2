"""States that tables below their use cases are asked for by: each with its legal moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from gateway.platform.transitions import LegalMoves


class MemberState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"
    """The MyKey ID was revoked (失効): nobody signs in, and histories still know the name."""


MEMBER_MOVES: Final[LegalMoves[MemberState]] = {
    MemberState.ACTIVE: frozenset({MemberState.REVOKED}),
    MemberState.REVOKED: frozenset({MemberState.REVOKED}),  # the same answer again
}


class StaffState(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"


STAFF_MOVES: Final[LegalMoves[StaffState]] = {
    StaffState.ACTIVE: frozenset({StaffState.CLOSED}),
    StaffState.CLOSED: frozenset({StaffState.ACTIVE, StaffState.CLOSED}),
}


class ProjectState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    """Grants nothing more until it is opened again."""


PROJECT_MOVES: Final[LegalMoves[ProjectState]] = {
    ProjectState.OPEN: frozenset({ProjectState.OPEN, ProjectState.CLOSED}),
    ProjectState.CLOSED: frozenset({ProjectState.OPEN, ProjectState.CLOSED}),
}
