"""What moved on a member's account without the member: given, given back, moved by itself, expired, corrected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, or_, select

from core_ledger import chart
from core_ledger.read_model import moment, moves

KINDS: Final = (
    "grant", "carry_in", "refund", "event_given_back", "auto_allocate", "expiry", "reversal", "correction",
)  # fmt: skip
MAX_MOVES_READ: Final = 300
"""The newest moves of a book that are looked at, so that a long history costs a first page nothing."""
_MADE: Final = ("transfer", "post")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberMove:
    """All moves of one moment that belong together; `points` is below zero where they left.

    `municipality` and `point_service` are those of the account that changed; empty for the reserve and for events.
    """

    kind: str
    at: datetime
    points: int
    municipality: str
    point_service: str


def list_by_member(conn: Connection, member_id: str, since: datetime) -> list[MemberMove]:
    """From `since` on, newest first."""
    book = chart.member_book(member_id)
    newest = select(func.max(moves.c.seq)).where(moves.c.book_id == book).scalar_subquery()
    query = (
        select(moves.c.kind, moves.c.at, moves.c.source, moves.c.target, moves.c.points, moves.c.reference)
        .where(
            moves.c.book_id == book,
            moves.c.seq > newest - MAX_MOVES_READ,
            or_(moves.c.kind.in_(KINDS), (moves.c.kind == "merge") & (moves.c.reference != "")),
            moves.c.action.in_(_MADE),
        )
        .order_by(moves.c.seq.desc())
    )
    sums: dict[tuple[str, datetime, str, str], int] = {}
    for row in conn.execute(query):
        at = moment(row.at)
        if at < since:
            continue
        # A move between two of the member's own accounts is told from where the points have come.
        arrives = chart.owned(book, row.target)
        account = row.target if arrives else row.source
        # What a merge passes on has no reference; a refund that followed one has its payment's.
        kind = "refund" if row.kind == "merge" else row.kind
        key = (kind, at, account.removeprefix(f"{book}:"), row.reference or "")
        sums[key] = sums.get(key, 0) + (row.points if arrives else -row.points)
    return [
        MemberMove(kind=kind, at=at, points=points, municipality=place[0], point_service=place[1])
        for (kind, at, account, _), points in sums.items()
        for place in [_place(account)]
    ]


def _place(account: str) -> tuple[str, str]:
    match account.split(":"):
        case ["municipality", code, service]:
            return code, service
    return "", ""
