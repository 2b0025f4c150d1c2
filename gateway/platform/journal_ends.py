"""How far each segment of the journal was, kept in the database: lines that are cut from the journal's end are missed.

The journal says what the database has forgotten, and the database what the journal has lost. A database that was put back
knows an earlier end, which the journal still has. The daily digest holds the newest ends too, for the case that both are
changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from gateway.platform import tables
from gateway.platform.sql import insert_into

IN_DIGEST: Final = timedelta(days=2)
_e = tables.journal_ends

Ends = Mapping[str, int]
"""Whole lines by the segment's name, its own first line included."""


def list_ends(conn: Connection, since: datetime | None = None) -> dict[str, int]:
    """How far each segment was, or each that has grown since."""
    query = select(_e.c.segment, _e.c.line_count)
    if since is not None:
        query = query.where(_e.c.at >= since)
    return {row.segment: row.line_count for row in conn.execute(query.order_by(_e.c.segment))}


def save_ends(conn: Connection, ends: Ends, gone: Collection[str], at: datetime) -> None:
    """Keep how far these segments are, where that is further than before; forget those that were removed on purpose."""
    for segment in sorted(ends):  # in one order: several gateways do this at once
        row = insert_into(conn, _e).values(segment=segment, line_count=ends[segment], at=at)
        further = {"line_count": row.excluded.line_count, "at": row.excluded.at}
        conn.execute(
            row.on_conflict_do_update(
                index_elements=[_e.c.segment], set_=further, where=_e.c.line_count < row.excluded.line_count
            )
        )
    if gone:
        conn.execute(delete(_e).where(_e.c.segment.in_(sorted(gone))))
