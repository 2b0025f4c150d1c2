"""How far each segment of the journal was, kept in the database: lines that are cut from the journal's end are missed.

The journal says what the database has forgotten, and the database what the journal has lost. A database that was put back
knows an earlier end, which the journal still has. The daily digest holds the newest ends too, for the case that both are
changed.

Two say it. Each commit marks the end of this process's own segment (`JournalMarks`): an order's line is on the disk before
its debit leaves, so the commit that writes what became of the order names a place behind that line. Each round of
`gateway.exchanges.restored_mode` saves how far every segment was read, also those of programs that mark nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import structlog
from sqlalchemy import Connection, delete, select, text

from core_ledger import Store, StoreError, add_notes
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.journal import Journal
from gateway.platform.sql import insert_into, insert_of
from gateway.plugin_interfaces import Clock

IN_DIGEST: Final = timedelta(days=2)
MARK_INTERVAL_S: Final = 1.0
_e = tables.journal_ends
_m = tables.journal_marks
_log = structlog.get_logger()

Ends = Mapping[str, int]
"""Whole lines by the segment's name, its own first line included."""


@dataclass(frozen=True, slots=True)
class _Marked:
    """A note of a transaction: its writer has marked this end."""

    writer: str
    end: tuple[str, int]


class JournalMarks:
    """Has each transaction of a store mark the end of the journal that is on the disk when it commits.

    `mark` is for `Store.before_commit`, `committed` for `Store.on_commit`. Where a commit goes over several nodes (Citus),
    marking with each would make every one of them a commit in two phases: there `run` alone marks, once a second.
    """

    def __init__(self, journal: Journal, clock: Clock, *, with_each_commit: bool = True) -> None:
        self._journal: Final = journal
        self._clock: Final = clock
        self._with_each_commit: Final = with_each_commit
        self._marked: dict[str, tuple[str, int]] = {}

    def mark(self, conn: Connection) -> None:
        """Write the end down, where this writer has not yet. Each writer has a row of its own."""
        if self._with_each_commit:
            self._mark_now(conn)

    def committed(self, notes: Sequence[Any]) -> None:
        """Remember what is marked for sure."""
        for note in notes:
            if isinstance(note, _Marked):
                self._marked[note.writer] = note.end

    def flush_now(self, store: Store) -> None:
        """Mark what no commit has marked yet, for callers without an event loop: lines that came after the last one."""
        if self._is_behind():
            store.run_now(self._mark_now)

    async def end(self, store: Store) -> None:
        """Do that when the process ends. Never raises."""
        try:
            if self._is_behind():
                await store.run(self._mark_now)
        except StoreError as fault:  # the database may be away
            _log.warning("end of the journal not marked", error=type(fault).__name__, text=str(fault))

    async def run(self, store: Store) -> None:
        """Do that once a second, for ever."""
        while True:
            await asyncio.sleep(MARK_INTERVAL_S)
            await self.end(store)

    def _mark_now(self, conn: Connection) -> None:
        end, writer = self._journal.durable_end, threading.current_thread().name
        if end is None or self._marked.get(writer) == end:
            return
        segment, line_count = end
        row = {"segment": segment, "writer": writer, "line_count": line_count, "at": self._clock()}
        _save_mark(conn.dialect.name).all(conn, row)
        add_notes(conn, [_Marked(writer, end)])

    def _is_behind(self) -> bool:
        end = self._journal.durable_end
        return end is not None and end not in self._marked.values()


def commits_on_one_node(conn: Connection) -> bool:
    """Whether a transaction of this database ends on one server, whatever it wrote."""
    if conn.dialect.name != "postgresql":
        return True
    return conn.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'citus'")).first() is None


def list_ends(conn: Connection, since: datetime | None = None) -> dict[str, int]:
    """How far each segment was, or each that has grown since."""
    ends: dict[str, int] = {}
    for table in (_e, _m):
        query = select(table.c.segment, table.c.line_count)
        if since is not None:
            query = query.where(table.c.at >= since)
        for row in conn.execute(query):
            ends[row.segment] = max(row.line_count, ends.get(row.segment, 0))
    return dict(sorted(ends.items()))


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
        for table in (_e, _m):
            conn.execute(delete(table).where(table.c.segment.in_(sorted(gone))))


@cache
def _save_mark(dialect_name: str) -> CompiledStatement:
    row = insert_of(dialect_name, _m)
    further = {"line_count": row.excluded.line_count, "at": row.excluded.at}
    return CompiledStatement(
        row.on_conflict_do_update(index_elements=[_m.c.segment, _m.c.writer], set_=further)
    )
