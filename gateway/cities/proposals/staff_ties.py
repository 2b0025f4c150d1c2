"""Nobody is two: who added, raised, reset or restarted somebody is tied to that person for a while.

Two persons who are tied decide nothing that the other has proposed: a proposal made less than `TIE_PERIOD` after
the change, or before it, for ever; later ones not any more. A first password is known to both who made the change.
Hence both are tied, and so is everybody whose password they made, or who was made by one of these: whoever signs in
as one could sign in as all of them.

Who lowers or stops somebody lets nobody in: it is told as the others are, and ties nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final, Literal

from sqlalchemy import Column, ColumnElement, Connection, and_, or_, select

from gateway.cities import tables

_changes = tables.staff_changes
TIE_PERIOD: Final = timedelta(days=30)
NOTICE_PERIOD: Final = timedelta(days=30)
Change = Literal["added", "raised", "reset", "restarted", "lowered", "stopped"]
_PASSWORDS: Final = ("added", "reset", "restarted")
"""A first password was made, which its makers have seen."""
_TIES: Final = (*_PASSWORDS, "raised")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChange:
    """Somebody's access was made, changed or ended by `by_staff`: who proposed it, and who decided it, each a change."""

    staff_id: str
    change: str
    by_staff: str
    at: datetime


def record(
    conn: Connection, code: str, staff_id: str, change: Change, by_staff: Iterable[str], at: datetime
) -> None:
    """Record who made the change; each of them is tied to the person, where it is one that ties."""
    conn.execute(
        _changes.insert(),
        [
            {
                "change_id": uuid.uuid4().hex, "municipality": code, "staff_id": staff_id, "change": change,
                "by_staff": maker, "at": at,
            }
            for maker in sorted(set(by_staff))
        ],
    )  # fmt: skip


def tied_to(conn: Connection, staff_id: str, proposed_at: datetime) -> set[str]:
    """Who may decide nothing that this person proposed at that moment."""
    since = and_(_changes.c.at > proposed_at - TIE_PERIOD, _changes.c.change.in_(_TIES))
    rows = conn.execute(
        select(_changes.c.staff_id, _changes.c.by_staff).where(
            or_(_changes.c.staff_id == staff_id, _changes.c.by_staff == staff_id), since
        )
    )
    direct = {other for row in rows for other in (row.staff_id, row.by_staff)}
    makers = _reach(conn, {staff_id}, _changes.c.staff_id, _changes.c.by_staff, since)
    made_staff = _reach(conn, makers, _changes.c.by_staff, _changes.c.staff_id, since)
    return (direct | made_staff) - {staff_id}


def independent(conn: Connection, staff_ids: Iterable[str], persons: int, proposed_at: datetime) -> bool:
    """Whether so many of these persons are tied to none of each other."""
    ties = {staff_id: tied_to(conn, staff_id, proposed_at) for staff_id in staff_ids} if persons > 1 else {}
    return any(
        all(other not in ties[each] for each, other in combinations(group, 2))
        for group in combinations(sorted(ties), persons)
    )


def _reach(
    conn: Connection, start: Iterable[str], from_: Column[str], to: Column[str], since: ColumnElement[bool]
) -> set[str]:
    """These persons and whoever is reached from them over the passwords that were made, step by step."""
    reached, frontier = set(start), set(start)
    while frontier:
        passwords = (from_.in_(sorted(frontier)), _changes.c.change.in_(_PASSWORDS), since)
        frontier = set(conn.execute(select(to).where(*passwords)).scalars()) - reached
        reached |= frontier
    return reached


def list_recent(conn: Connection, code: str, now: datetime, staff_id: str | None = None) -> list[StaffChange]:
    """Changes of the last 30 days, newest first: of the whole city, or of one person."""
    query = select(_changes).where(_changes.c.municipality == code, _changes.c.at > now - NOTICE_PERIOD)
    if staff_id is not None:
        query = query.where(_changes.c.staff_id == staff_id)
    return [
        StaffChange(staff_id=row.staff_id, change=row.change, by_staff=row.by_staff, at=row.at)
        for row in conn.execute(query.order_by(_changes.c.at.desc(), _changes.c.change_id).limit(200))
    ]
