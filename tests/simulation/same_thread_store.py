"""The ledger's store without threads: the same functions on one connection, of SQLite in memory or of PostgreSQL.

A job runs under its savepoint, by the code of the group commit itself, at one moment of the simulated time; before
and after it the caller waits, so that a crash may come before the job, or between it and the answer. A whole seed is
one transaction, which is rolled back at its end: the next one finds the town as it was.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core_ledger import create_schema
from core_ledger.batch import Outcome, Work, do_job
from core_ledger.engines import open_engines
from core_ledger.errors import Busy
from core_ledger.moving_jobs import MovingJob, run_alone
from gateway.cities import tables as city_tables
from gateway.platform import tables

T = TypeVar("T")


class Database:
    """One for all seeds of a process. `move_in` is called once for each inhabitant there will be."""

    def __init__(self, move_in: Callable[[Connection, int], None], url: str = "sqlite://") -> None:
        """`url`: in memory, or an empty PostgreSQL database."""
        self.engine, _ = open_engines(url, 1)
        create_schema(self.engine)
        tables.metadata.create_all(self.engine)
        city_tables.metadata.create_all(self.engine)
        self._conn = self.engine.connect()
        self._move_in = move_in
        self._inhabitants = 0
        self._backup: sa.NestedTransaction | None = None

    @contextmanager
    def seed(self, inhabitants: int) -> Iterator[None]:
        """What is written within is gone afterwards."""
        with self._conn.begin():
            for number in range(self._inhabitants, inhabitants):
                self._move_in(self._conn, number)
            self._inhabitants = max(self._inhabitants, inhabitants)
        whole = self._conn.begin()
        try:
            yield
        finally:
            self._backup = None
            whole.rollback()

    def write(self, job: Callable[[Connection], T]) -> T:
        future: asyncio.Future[Any] = cast("Any", None)  # nobody waits: the answer is there at once
        outcome = Outcome(Work(job, None, None, future))
        do_job(self._conn, job, outcome)
        if outcome.error is not None:
            raise outcome.error
        return cast("T", outcome.result)

    def read(self, job: Callable[[Connection], T]) -> T:
        return job(self._conn)

    def back_up(self) -> None:
        """Remember what is written so far, in place of what was remembered before."""
        if self._backup is not None:
            self._backup.commit()
        self._backup = self._conn.begin_nested()

    def restore(self) -> bool:
        """Forget every commit since the backup; False when there is none."""
        backup, self._backup = self._backup, None
        if backup is None:
            return False
        backup.rollback()
        return True

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

    async def run_moving(self, job: MovingJob[T], *, book: str) -> T:
        return await self.run(lambda conn: run_alone(conn, job))

    async def read(self, job: Callable[[Connection], T]) -> T:
        await self._wait()
        return self._database.read(job)

    async def read_inline(self, job: Callable[[Connection], T]) -> T:
        """At once, as on a file, or after a wait, as on a server: both must hold."""
        if self._chance.random() < 0.5:
            await self._wait()
        return self._database.read(job)

    async def _wait(self) -> None:
        await asyncio.sleep(self._chance.random() * 0.01)
        if self.dead:
            raise asyncio.CancelledError
