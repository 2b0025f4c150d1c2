"""Each making of a cycle's transfer file with its bytes, encrypted, so that a second one is made on purpose: rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, insert, select

from gateway.cities import tables
from gateway.errors import ProblemError

_files: Final = tables.transfer_files
_contents: Final = tables.transfer_file_contents


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFileMade:
    """Who made it and when, for which day and sum; `number` counts the makings of its cycle from 1."""

    municipality: str
    number: int
    made_at: datetime
    made_by: str
    transfer_on: date
    yen: int


def add(conn: Connection, starts_on: date, made: TransferFileMade, sealed: bytes) -> None:
    """Add a making; the caller locks the cycle, so that its number is its own."""
    key = {"municipality": made.municipality, "starts_on": starts_on.isoformat(), "number": made.number}
    conn.execute(
        insert(_files).values(
            **key,
            made_at=made.made_at,
            made_by=made.made_by,
            transfer_on=made.transfer_on.isoformat(),
            yen=made.yen,
        )
    )
    conn.execute(insert(_contents).values(**key, file_sealed=sealed))


def list_made(conn: Connection, code: str, starts_on: date) -> list[TransferFileMade]:
    """All makings of a cycle's file, oldest first."""
    query = select(_files).where(_files.c.municipality == code, _files.c.starts_on == starts_on.isoformat())
    return [_made(row) for row in conn.execute(query.order_by(_files.c.number))]


def find(conn: Connection, code: str, starts_on: date, number: int) -> tuple[TransferFileMade, bytes]:
    """A making with its bytes. Raises ProblemError `unknown-file` (404)."""
    same = [_files.c[name] == _contents.c[name] for name in ("municipality", "starts_on", "number")]
    query = select(_files, _contents.c.file_sealed).join(_contents, and_(*same))
    query = query.where(_files.c.municipality == code, _files.c.starts_on == starts_on.isoformat())
    row = conn.execute(query.where(_files.c.number == number)).one_or_none()
    if row is None:
        raise ProblemError(
            "unknown-file", "This file was not made, or before files were kept; make it again."
        )
    return _made(row), row.file_sealed


def _made(row: Row[Any]) -> TransferFileMade:
    return TransferFileMade(
        municipality=row.municipality,
        number=row.number,
        made_at=row.made_at,
        made_by=row.made_by,
        transfer_on=date.fromisoformat(row.transfer_on),
        yen=row.yen,
    )
