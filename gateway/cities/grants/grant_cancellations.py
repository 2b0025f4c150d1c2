"""Grants that were taken back (給付の取消), as rows: how much came back, and how much the member owes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, insert, select

from gateway.cities import tables

_cancellations: Final = tables.grant_cancellations


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """`taken` came back to the project; `owed` had been used before."""

    taken: int = 0
    owed: int = 0


def list_by_moves(conn: Connection, code: str, grants: Sequence[str]) -> Mapping[tuple[str, str], Cancelled]:
    """What was taken back of these grants in all, by book and grant; of the others nothing was."""
    c = _cancellations.c
    query = (
        select(c.book_id, c.grant_move, func.sum(c.taken).label("taken"), func.sum(c.owed).label("owed"))
        .where(c.municipality == code, c.grant_move.in_(grants))
        .group_by(c.book_id, c.grant_move)
    )
    return {
        (row.book_id, row.grant_move): Cancelled(taken=int(row.taken), owed=int(row.owed))
        for row in conn.execute(query)
    }


def of_grant(conn: Connection, code: str, book: str, grant: str) -> Cancelled:
    """What was taken back of one grant."""
    return list_by_moves(conn, code, [grant]).get((book, grant), Cancelled())


def owed_by(conn: Connection, code: str, book: str) -> int:
    """What a member owes this city of grants that were taken back."""
    c = _cancellations.c
    query = select(func.coalesce(func.sum(c.owed), 0)).where(c.municipality == code, c.book_id == book)
    return int(conn.execute(query).scalar_one())


def add(
    conn: Connection,
    code: str,
    *,
    cancellation_id: str,
    book: str,
    project_id: str,
    grant: str,
    taken: int,
    owed: int,
    reason: str,
    made_by: str,
    at: datetime,
) -> None:
    """Add what was taken back now."""
    conn.execute(
        insert(_cancellations).values(
            municipality=code,
            cancellation_id=cancellation_id,
            book_id=book,
            project_id=project_id,
            grant_move=grant,
            taken=taken,
            owed=owed,
            reason=reason,
            made_by=made_by,
            at=at,
        )
    )
