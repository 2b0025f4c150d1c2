"""The store: any number of callers, a few writers, one commit for all that waits (group commit).

A writer thread takes everything that waits, never lingering for more: first all moves that came as data, in
one sweep of statements, then each job under a savepoint of its own, then the jobs that yield their moves, side by
side. It commits once and only then answers each caller. A job that fails fails alone. Reads have their own threads and connections (`reads`).

A job may be run again after a deadlock or a serialization failure, so it must do its work through its
connection alone: no request, no message, nothing that a rollback does not undo.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

from core_ledger.batch import Around, BeforeCommit, OnCommit, OnWritten, Outcome, Work, write_batch
from core_ledger.chain_keys import ChainKeys
from core_ledger.checkpoint import checkpointer
from core_ledger.engines import INLINE_READERS, open_engines
from core_ledger.errors import Busy, StoreClosed
from core_ledger.futures import answer
from core_ledger.moving_jobs import MovingJob
from core_ledger.readers import InlineReader, Readers, closed
from core_ledger.transfers import Move, Receipt

T = TypeVar("T")
MAX_WAITING = 10_000
MAX_BATCH = 512


class Store:
    """Runs work on one database. Open it with `Store.open`, use it from any thread or event loop, close it."""

    def __init__(
        self,
        writing: Engine,
        reading: Engine | None,
        *,
        max_waiting: int,
        writers: int,
        readers: int,
        max_batch: int,
    ) -> None:
        """Start the writer threads; `reading` is None when only the writer's connection sees the data.

        `on_commit` may be set later: it is called with what each transaction has noted (`core_ledger.commit_notes`), once that
        is durable and before its callers are answered, on a writer's thread; it must not raise. `before_commit` may be set
        as well: it is the last thing that each transaction does; where it raises, the transaction is undone. `observe` may be
        set too: asked in the context of each caller without blocking, it gives what is told of that caller's commit, after
        the answer and on a writer's thread. What telling it raises is dropped: nobody's points wait for a measurement.
        """
        self.observe: Callable[[], OnWritten | None] | None = None
        self.on_commit: OnCommit | None = None
        self.before_commit: BeforeCommit | None = None
        self.engine = writing
        self.batch_sizes: dict[int, int] = {}
        self.commit_seconds = 0.0  # of all batches together; each ends with its commit
        self._reading = reading
        self._max_waiting = max_waiting
        self._max_batch = max_batch
        self._checkpointer = checkpointer(writing)
        self._waiting: deque[Work] = deque()
        self._awake = threading.Condition()
        self._closing = False
        self._readers = Readers(reading, readers, max_waiting) if reading is not None else None
        self._inline_reader = self._inline_readers = None
        if reading is not None and reading.dialect.name == "sqlite":
            self._inline_reader = InlineReader(reading)
        elif reading is not None:
            # A single question needs no transaction around it, which would be two more ways to the server.
            at_once = reading.execution_options(isolation_level="AUTOCOMMIT")
            self._inline_readers = Readers(at_once, INLINE_READERS, max_waiting)
        self._writers = [
            threading.Thread(target=self._write, name=f"ledger-write-{n}") for n in range(writers)
        ]
        for writer in self._writers:
            writer.daemon = True
            writer.start()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        max_waiting: int = MAX_WAITING,
        writers: int | None = None,
        readers: int = 4,
        max_batch: int = MAX_BATCH,
        chain_keys: ChainKeys | None = None,
        prepared: bool = True,
    ) -> Self:
        """Open the database at `url`: sqlite:///path, sqlite:// (in memory) or postgresql+psycopg://….

        `writers` is the number of writing connections; SQLite has one writer whatever is asked for. More
        than `max_waiting` pieces of work waiting are refused with Busy. Every move is signed with `chain_keys`.
        `prepared`: PostgreSQL gets named prepared statements, which no pooler by transaction can have.
        """
        writing, reading = open_engines(url, readers, chain_keys, prepared=prepared)
        if writing.dialect.name == "sqlite":
            writers = 1
        return cls(
            writing,
            reading,
            max_waiting=max_waiting,
            writers=writers or 2,
            readers=readers,
            max_batch=max_batch,
        )

    async def run(self, job: Callable[[Connection], T], *, book: str | None = None) -> T:  # noqa: ARG002
        """Run a job in a writing transaction, under a savepoint; answer after it is durable.

        Raises what the job raises (then nothing of it was written), Busy, StoreClosed or CommitFailed. `book` says whose book
        it is about; this store has all of them, one over several databases (`RoutedStore`) goes by it.
        """
        return cast("T", await self._submit(job=job))

    async def run_moving(self, job: MovingJob[T], *, book: str) -> T:
        """Do the same with a job that yields its moves, all of them about `book` (see `core_ledger.moving_jobs`).

        The moves of all such jobs that wait are made together, which is the quickest way for what moves points and
        writes besides.
        """
        return cast("T", await self._submit(job=job, book=book))

    async def apply(self, *moves: Move) -> tuple[Receipt, ...]:
        """Do these moves, all or none; the quickest way, written together with all others that wait."""
        return tuple(cast("list[Receipt]", await self._submit(moves=moves)))

    async def read(self, job: Callable[[Connection], T], *, book: str | None = None) -> T:  # noqa: ARG002
        """Run a job that only reads, beside the writers; `book` as in `run`."""
        if self._readers is None:
            return await self.run(job)
        return cast("T", await self._readers.read(job))

    async def read_inline(self, job: Callable[[Connection], T]) -> T:
        """Run a job that asks one question for a few rows by their keys, and nothing that grows with the database.

        On SQLite it is done at once, on the caller's thread; on PostgreSQL outside any transaction.
        """
        if self._closing:
            raise closed()
        if self._inline_readers is not None:
            return cast("T", await self._inline_readers.read(job))
        outcome = self._inline_reader.read(job) if self._inline_reader is not None else None
        if outcome is None:
            return await self.read(job)
        if outcome.error is not None:
            raise outcome.error
        return cast("T", outcome.result)

    def run_now(self, job: Callable[[Connection], T]) -> T:
        """Do the same as `run` for callers without an event loop; blocks until it is durable."""
        future: Future[Any] = Future()
        self._enqueue(Work(job, None, None, future))
        return cast("T", future.result())

    def read_now(self, job: Callable[[Connection], T]) -> T:
        """Do the same as `read` for callers without an event loop."""
        return self.run_now(job) if self._readers is None else self._readers.read_now(job)

    async def close(self) -> None:
        """Take no more work, finish what waits, then let go of the database."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """Do the same as `close` for callers without an event loop."""
        with self._awake:
            self._closing = True
            self._awake.notify_all()
        for writer in self._writers:
            writer.join()
        if self._checkpointer is not None:
            self._checkpointer.close()
        if self._readers is not None:
            self._readers.close()
        if self._inline_readers is not None:
            self._inline_readers.close()
        if self._inline_reader is not None:
            self._inline_reader.close()
        if self._reading is not None:
            self._reading.dispose()
        self.engine.dispose()

    async def __aenter__(self) -> Self:
        """Use the store as an async context manager."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        await self.close()

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for a writer."""
        return len(self._waiting)

    @property
    def connections_in_use(self) -> int:
        """How many connections of both pools are working now."""
        pools = [engine.pool for engine in (self.engine, self._reading) if engine is not None]
        return sum(pool.checkedout() for pool in pools if isinstance(pool, QueuePool))

    def _submit(
        self,
        job: Callable[[Connection], Any] | None = None,
        moves: Sequence[Move] | None = None,
        book: str | None = None,
    ) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        on_written = self.observe() if self.observe is not None else None
        self._enqueue(Work(job, moves, loop, future, book, on_written))
        return future

    def _enqueue(self, work: Work) -> None:
        with self._awake:
            if self._closing:
                raise StoreClosed("The store is closed; nothing was written. Open a store and ask again.")
            if len(self._waiting) >= self._max_waiting:
                raise Busy(
                    f"{self._max_waiting} others wait already; nothing was written. Ask again a little later."
                )
            self._waiting.append(work)
            self._awake.notify()

    def _next_batch(self) -> list[Work]:
        """Wait for work and take all there is, up to a full batch; nothing means: closed and drained."""
        with self._awake:
            while not self._waiting and not self._closing:
                self._awake.wait()
            count = min(len(self._waiting), self._max_batch)
            self.batch_sizes[count] = self.batch_sizes.get(count, 0) + 1
            return [self._waiting.popleft() for _ in range(count)]

    def _write(self) -> None:
        while batch := self._next_batch():
            began, began_ns = time.perf_counter(), time.time_ns()
            written = write_batch(self.engine, batch, Around(self.before_commit, self.on_commit))
            self.commit_seconds += time.perf_counter() - began
            ended_ns = time.time_ns()  # before the callers go on: what they do next begins later
            answer(written)
            if self.observe is not None:
                _tell_observers(written, began_ns, ended_ns)
            if self._checkpointer is not None:
                self._checkpointer.committed()


def _tell_observers(written: Sequence[Outcome], began_ns: int, ended_ns: int) -> None:
    for outcome in written:
        if outcome.work.on_written is not None:
            with contextlib.suppress(Exception):  # else the writer would end, and every caller wait for ever
                outcome.work.on_written(began_ns, ended_ns, len(written), outcome.error is None)
