"""Each making of a cycle's transfer file, so that a second one is made on purpose: rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from gateway.cities import tables
from gateway.cities.city_context import StaffActor

_files: Final = tables.transfer_files


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFileMade:
    """Who made it and when, for which day and sum."""

    municipality: str
    made_at: datetime
    made_by: str
    transfer_on: date
    yen: int


def add(
    conn: Connection,
    who: StaffActor,
    starts_on: date,
    number: int,
    at: datetime,
    transfer_on: date,
    yen: int,
) -> None:
    """Add a making; the caller holds the cycle, so that `number` is its own."""
    conn.execute(
        insert(_files).values(
            municipality=who.municipality,
            starts_on=starts_on.isoformat(),
            number=number,
            made_at=at,
            made_by=who.staff_id,
            transfer_on=transfer_on.isoformat(),
            yen=yen,
        )
    )


def list_made(conn: Connection, code: str, starts_on: date) -> list[TransferFileMade]:
    """All makings of a cycle's file, oldest first."""
    query = select(_files).where(_files.c.municipality == code, _files.c.starts_on == starts_on.isoformat())
    return [
        TransferFileMade(
            municipality=row.municipality,
            made_at=row.made_at,
            made_by=row.made_by,
            transfer_on=date.fromisoformat(row.transfer_on),
            yen=row.yen,
        )
        for row in conn.execute(query.order_by(_files.c.number))
    ]
