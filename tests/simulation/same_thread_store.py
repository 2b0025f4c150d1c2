"""The ledger's store without threads: the same functions on one SQLite connection in memory.

A job runs in one transaction, at one moment of the
simulated time; before and after it the caller waits, so that a crash may come before the commit, or between
the commit and the answer.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core_ledger import create_schema
from core_ledger import metadata as ledger_tables
from core_ledger.engines import open_engines
from core_ledger.errors import Busy
from gateway import tables

T = TypeVar("T")


class Database:
    """One in memory for all seeds of a process; `renew` makes it empty again."""

    def __init__(self) -> None:
        self.engine, _ = open_engines("sqlite://", 1)
        create_schema(self.engine)
        tables.metadata.create_all(self.engine)
        self._conn = self.engine.connect()
        self._tables = [*ledger_tables.sorted_tables, *tables.metadata.sorted_tables]

    def renew(self) -> None:
        with self._conn.begin():
            for table in self._tables:
                self._conn.execute(table.delete())

    def write(self, job: Callable[[Connection], T]) -> T:
        with self._conn.begin():
            return job(self._conn)

    def close(self) -> None:
        self._conn.close()
        self.engine.dispose()


class SameThreadStore:
    """What one process sees of the database: `run` and `read` of the real store. A dead process writes nothing."""

    def __init__(self, database: Database, chance: random.Random, *, busy: float = 0.0) -> None:
        self._database = database
        self._chance = chance
        self._busy = busy
        self.dead = False

    @property
    def engine(self) -> sa.Engine:
        return self._database.engine

    async def run(self, job: Callable[[Connection], T]) -> T:
        await self._wait()
        if self._chance.random() < self._busy:
            raise Busy("too much waits; nothing was written")
        result = self._database.write(job)
        await self._wait()
        return result

    async def read(self, job: Callable[[Connection], T]) -> T:
        await self._wait()
        return self._database.write(job)

    async def _wait(self) -> None:
        await asyncio.sleep(self._chance.random() * 0.01)
        if self.dead:
            raise asyncio.CancelledError
