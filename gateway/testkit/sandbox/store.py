"""A partner's own book: one SQLite file, written by one thread, every answer given only after the commit.

The book shares no code with our ledger on purpose: at the end of a story the two are compared, and a mistake
that both made would not be seen. All that wait are written in one transaction, each job under a savepoint, so
that a sandbox is never the slow part of a measurement.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_Item = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS balances (
  holder TEXT NOT NULL,
  wallet TEXT NOT NULL,
  points INTEGER NOT NULL CHECK (points >= 0),
  PRIMARY KEY (holder, wallet)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS debits (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id TEXT NOT NULL UNIQUE,
  holder TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'refused')),
  reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS debits_at ON debits (at_us, seq);
CREATE TABLE IF NOT EXISTS debit_lines (
  order_id TEXT NOT NULL,
  wallet TEXT NOT NULL,
  points INTEGER NOT NULL CHECK (points > 0),
  given_back INTEGER NOT NULL DEFAULT 0 CHECK (given_back BETWEEN 0 AND points),
  PRIMARY KEY (order_id, wallet)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reversals (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  reversal_id TEXT NOT NULL UNIQUE,
  order_id TEXT NOT NULL,
  asked TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT ''
) STRICT;
"""


class BookBroken(Exception):
    """The batch could not be committed; nothing of it was written."""


class Book:
    """Hands jobs (plain functions of a connection) to the one writer and waits for their commit."""

    def __init__(self, path: Path | None, schema: str = "") -> None:
        """`path` None keeps the book in memory. `schema` adds the partner's own tables (IF NOT EXISTS)."""
        self._db = sqlite3.connect(
            str(path) if path else ":memory:", isolation_level=None, check_same_thread=False
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA + schema)
        self._waiting: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="partner-book", daemon=True)
        self._writer.start()
        self._closed = False

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """The job's own answer or error, after its commit is on disk. Jobs are short and do no input or output."""
        return await asyncio.wrap_future(self.submit(job))

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        if self._closed:
            raise BookBroken("the book is closed")
        answer: Future[T] = Future()
        self._waiting.put((job, answer))
        return answer

    def close(self) -> None:
        """Write what waits, then close the file. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._waiting.put(None)
        self._writer.join()
        self._db.close()

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = [first], False
            while not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    last = True
                    break
                batch.append(item)
            self._commit(batch)
            if last:
                return

    def _commit(self, batch: list[_Item]) -> None:
        settled: list[Callable[[], None]] = []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            settled.extend(self._one(job, answer) for job, answer in batch)
            self._db.execute("COMMIT")
        except sqlite3.Error as fault:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            for answer in (answer for _job, answer in batch if not answer.cancelled()):
                answer.set_exception(BookBroken(f"nothing was written: {fault}"))
            return
        for settle in settled:
            settle()

    def _one(self, job: Callable[[sqlite3.Connection], Any], answer: Future[Any]) -> Callable[[], None]:
        if not answer.set_running_or_notify_cancel():
            return lambda: None
        self._db.execute("SAVEPOINT job")
        try:
            result = job(self._db)
        except Exception as fault:  # noqa: BLE001 - it belongs to the caller, not to its neighbours in the batch
            refusal = fault
            self._db.execute("ROLLBACK TO job")
            self._db.execute("RELEASE job")
            return lambda: answer.set_exception(refusal)
        self._db.execute("RELEASE job")
        return lambda: answer.set_result(result)
