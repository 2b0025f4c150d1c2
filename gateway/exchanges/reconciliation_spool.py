"""A day of a partner's book and of ours on disk while they are compared: a day of any size takes the memory of a page.

A temporary file of SQLite's own: nobody else can open it, and it is gone when it is closed, or when the process ends. It is
written and read in threads.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from gateway.model import DebitRecord
from gateway.partners.isolation.hook_values import ROW


@dataclass(frozen=True, slots=True, kw_only=True)
class OurExchange:
    """One of ours that belongs to the day, and its book. `debited`: it was settled under this day; else it is open since."""

    exchange_id: str
    book_id: str
    debited: bool


class DaySpool:
    """The partner's records and our exchanges by exchange id. Not for two callers at one time."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE records (exchange_id TEXT NOT NULL, record TEXT NOT NULL)")
        self._database.execute(
            "CREATE TABLE ours (exchange_id TEXT PRIMARY KEY, book_id TEXT NOT NULL, debited INTEGER NOT NULL) WITHOUT ROWID"
        )
        self._is_indexed = False

    def add(self, records: Sequence[DebitRecord]) -> None:
        """Keep these records of the day."""
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO records VALUES (?, ?)",
            ((it.exchange_id, json.dumps(ROW.encode(it), ensure_ascii=False)) for it in records),
        )
        self._database.execute("COMMIT")

    def add_ours(self, exchanges: Sequence[OurExchange]) -> None:
        """Keep these of ours; one that was open and is settled by now is settled."""
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO ours VALUES (?, ?, ?)"
            " ON CONFLICT (exchange_id) DO UPDATE SET debited = max(debited, excluded.debited)",
            ((it.exchange_id, it.book_id, it.debited) for it in exchanges),
        )
        self._database.execute("COMMIT")

    def add_of_same_ids(self, records: Sequence[DebitRecord]) -> None:
        """Keep those of another day whose ids stand in this one."""
        self._index()
        self.add([record for record in records if self._has(record.exchange_id)])

    def ids_after(self, exchange_id: str, count: int) -> list[str]:
        """The next ids in their order, of whichever side."""
        self._index()
        query = "SELECT DISTINCT exchange_id FROM {} WHERE exchange_id > ? ORDER BY exchange_id LIMIT ?"
        ids = {
            row[0]
            for table in ("records", "ours")
            for row in self._database.execute(query.format(table), (exchange_id, count))
        }
        return sorted(ids)[:count]

    def ours_of(self, ids: Sequence[str]) -> dict[str, OurExchange]:
        """Those of ours among these ids, which are neighbours in their order."""
        if not ids:
            return {}
        query = "SELECT exchange_id, book_id, debited FROM ours WHERE exchange_id BETWEEN ? AND ?"
        rows = self._database.execute(query, (ids[0], ids[-1]))
        return {row[0]: OurExchange(exchange_id=row[0], book_id=row[1], debited=bool(row[2])) for row in rows}

    def records_of(self, ids: Sequence[str]) -> dict[str, list[DebitRecord]]:
        """All records of these ids, which are neighbours in their order; each id's in the order in which they came."""
        if not ids:
            return {}
        query = (
            "SELECT exchange_id, record FROM records WHERE exchange_id BETWEEN ? AND ?"
            " ORDER BY exchange_id, rowid"
        )
        rows = self._database.execute(query, (ids[0], ids[-1]))
        return {
            exchange_id: [ROW.decode(json.loads(row[1])) for row in group]
            for exchange_id, group in groupby(rows, key=lambda row: row[0])
        }

    def close(self) -> None:
        """The file is gone."""
        self._database.close()

    def _index(self) -> None:
        if not self._is_indexed:
            self._database.execute("CREATE INDEX by_id ON records (exchange_id)")
            self._is_indexed = True

    def _has(self, exchange_id: str) -> bool:
        query = "SELECT 1 FROM records WHERE exchange_id = ? LIMIT 1"
        return self._database.execute(query, (exchange_id,)).fetchone() is not None
