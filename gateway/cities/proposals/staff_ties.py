"""Nobody is two: who added, raised, reset or restarted somebody is tied to that person for a while.

Two persons who are tied decide nothing that the other has proposed: a proposal made less than `TIE_PERIOD` after
the change, or before it, for ever; later ones not any more. The first password is known to both who made the change,
hence both are tied.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, or_, select

from gateway.cities import tables

_changes = tables.staff_changes
TIE_PERIOD: Final = timedelta(days=30)
NOTICE_PERIOD: Final = timedelta(days=30)
Change = Literal["added", "raised", "reset", "restarted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChange:
    """Somebody's access was made or changed by `by_staff`, and decided by `decided_by`."""

    staff_id: str
    change: str
    by_staff: str
    at: datetime


def record(
    conn: Connection, code: str, staff_id: str, change: Change, by_staff: Iterable[str], at: datetime
) -> None:
    """Record who made the change; each of them is tied to the person."""
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
    rows = conn.execute(
        select(_changes.c.staff_id, _changes.c.by_staff).where(
            or_(_changes.c.staff_id == staff_id, _changes.c.by_staff == staff_id),
            _changes.c.at > proposed_at - TIE_PERIOD,
        )
    )
    return {other for row in rows for other in (row.staff_id, row.by_staff)} - {staff_id}


def list_recent(conn: Connection, code: str, now: datetime, staff_id: str | None = None) -> list[StaffChange]:
    """Changes of the last 30 days, newest first: of the whole city, or of one person."""
    query = select(_changes).where(_changes.c.municipality == code, _changes.c.at > now - NOTICE_PERIOD)
    if staff_id is not None:
        query = query.where(_changes.c.staff_id == staff_id)
    return [
        StaffChange(staff_id=row.staff_id, change=row.change, by_staff=row.by_staff, at=row.at)
        for row in conn.execute(query.order_by(_changes.c.at.desc(), _changes.c.change_id).limit(200))
    ]
