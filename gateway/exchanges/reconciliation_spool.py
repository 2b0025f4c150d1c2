"""A day of a partner's book on disk while it is compared, so that a day of any size takes the memory of a page.

A temporary file of SQLite's own: nobody else can open it, and it is gone when it is closed, or when the process ends. It is
written and read in threads.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from itertools import groupby

from gateway.model import DebitRecord
from gateway.partners.isolation.hook_values import ROW


class DaySpool:
    """Records by exchange id. Not for two callers at one time."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE records (exchange_id TEXT NOT NULL, record TEXT NOT NULL)")
        self._is_indexed = False

    def add(self, records: Sequence[DebitRecord]) -> None:
        """Keep these records of the day."""
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO records VALUES (?, ?)",
            ((it.exchange_id, json.dumps(ROW.encode(it), ensure_ascii=False)) for it in records),
        )
        self._database.execute("COMMIT")

    def add_of_same_ids(self, records: Sequence[DebitRecord]) -> None:
        """Keep those of another day whose ids stand in this one."""
        self._index()
        self.add([record for record in records if self._has(record.exchange_id)])

    def ids_after(self, exchange_id: str, count: int) -> list[str]:
        """The next ids in their order."""
        self._index()
        query = "SELECT DISTINCT exchange_id FROM records WHERE exchange_id > ? ORDER BY exchange_id LIMIT ?"
        return [row[0] for row in self._database.execute(query, (exchange_id, count))]

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
