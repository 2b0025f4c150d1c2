"""Reading beside the writers: a few threads for any job, and an inline reader for the one question that a request has.

A reading job sees one moment, however many questions it asks. To begin and end such a moment costs as much as
asking for a row by its key, so a thread goes on in the moment it has for every job that was handed in before
that moment began: what its caller knows to be written is in it. A job handed in later gets a later moment.

Reading moves nothing, so a job whose connection is found to be lost (the server was restarted under it) is done
once more on a new one.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from core_ledger.batch import Outcome, Work, is_locked_file
from core_ledger.errors import Busy, StoreClosed
from core_ledger.futures import Futures

T = TypeVar("T")


class _ReadRequest(NamedTuple):
    work: Work
    number: int


class Readers:
    """Threads that read, each on a connection of its own."""

    def __init__(self, engine: Engine, threads: int, max_waiting: int) -> None:
        """Start the threads; `engine` is the one for reading, with a connection for each.

        More than `max_waiting` jobs waiting are refused with Busy.
        """
        self._engine = engine
        self._max_waiting = max_waiting
        self._waiting: deque[_ReadRequest] = deque()
        self._awake = threading.Condition()
        self._handed_in = 0
        self._closing = False
        self._answers = Futures()
        self._threads = [
            threading.Thread(target=self._serve, name=f"ledger-read-{n}", daemon=True) for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def read(self, job: Callable[[Connection], Any]) -> "asyncio.Future[Any]":
        """Hand in a job; the future is the running event loop's."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._hand_in(Work(job, None, loop, future))
        return future

    def read_now(self, job: Callable[[Connection], T]) -> T:
        """Do the same for callers without an event loop."""
        future: Future[T] = Future()
        self._hand_in(Work(job, None, None, future))
        return future.result()

    def close(self) -> None:
        """Take no more jobs and finish those that wait."""
        with self._awake:
            self._closing = True
            self._awake.notify_all()
        for thread in self._threads:
            thread.join()

    def _hand_in(self, work: Work) -> None:
        with self._awake:
            if self._closing:
                raise closed()
            if len(self._waiting) >= self._max_waiting:
                raise Busy(f"{self._max_waiting} others wait to read already. Ask again a little later.")
            self._handed_in += 1
            self._waiting.append(_ReadRequest(work, self._handed_in))
            self._awake.notify()

    def _serve(self) -> None:
        with contextlib.closing(Snapshot(self._engine)) as moment:
            began_at = 0  # how many jobs had been handed in when the moment began
            while True:
                with self._awake:
                    while not (self._waiting or moment.open or self._closing):
                        self._awake.wait()
                    if self._closing and not self._waiting:
                        return
                    read_request = self._waiting.popleft() if self._waiting else None
                    handed_in = self._handed_in
                if read_request is None or read_request.number > began_at:
                    moment.end()
                    began_at = handed_in
                if read_request is not None:
                    self._answers.give(_outcome(moment, read_request.work))


class InlineReader:
    """Single questions on the caller's own thread, on SQLite: the rows are nearer than any other thread is.

    A job here asks one question for a few rows by their keys, takes all its rows, and asks for nothing that grows
    with the database: nobody else on the caller's event loop runs meanwhile. One question is one moment by itself,
    so none is begun and none is ended; either would be a call more in which other threads take the interpreter.
    It waits for nobody: while the connection is in use on another thread, or the file is locked, `read` answers
    None and the job belongs to the readers.
    """

    def __init__(self, engine: Engine) -> None:
        """`engine` is the one for reading."""
        self._engine = engine
        self._conn: Connection | None = None
        self._free = threading.Lock()

    def read(self, job: Callable[[Connection], Any]) -> Outcome | None:
        """Do the job at once; None: it could not be done without waiting."""
        if not self._free.acquire(blocking=False):
            return None
        outcome = Outcome(_NOBODYS)
        try:
            outcome.result = job(self._connection())
        except BaseException as error:  # noqa: BLE001 - whatever happens, the caller gets an answer
            outcome.error = error
            if isinstance(error, DBAPIError):
                self._let_go()
        finally:
            self._free.release()
        return None if outcome.error is not None and is_locked_file(outcome.error) else outcome

    def close(self) -> None:
        """Let go of the connection, after whoever is using it."""
        with self._free:
            self._let_go()

    def _connection(self) -> Connection:
        if self._conn is None:
            self._conn = self._engine.connect()
            driver: Any = self._conn.connection.driver_connection
            driver.execute("PRAGMA busy_timeout = 0")
            self._conn.begin()  # for the library alone: the driver begins nothing by itself
        return self._conn

    def _let_go(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            with contextlib.suppress(Exception):
                conn.invalidate()  # with its settings, which are no reader's
                conn.close()


_NOBODYS = Work(None, None, None, Future())
"""In the place of a caller where the answer is not handed over to one."""


class Snapshot:
    """One connection, and whether it is in a transaction in which the database stands still.

    For the library the connection is in one transaction all the time; begun and ended it is at the driver, since
    through the library either costs more than most jobs.
    """

    def __init__(self, engine: Engine) -> None:
        """`engine` is the one for reading."""
        self._engine = engine
        self._conn: Connection | None = None
        self.open = False

    def begin(self) -> Connection:
        """Give the connection, with the moment begun if it was not. It stands still from the first question on."""
        conn = self._conn
        if conn is None:
            conn = self._conn = self._engine.connect()
            conn.begin()
        if not self.open:
            if conn.dialect.name == "sqlite":  # psycopg begins by itself, with the engine's own isolation
                self._driver(conn).execute("BEGIN")
            self.open = True
        return conn

    def end(self) -> None:
        """Let the next job see what was written since."""
        if self._conn is None or not self.open:
            return
        self.open = False
        try:
            # There is nothing to undo; and a rollback would cost PostgreSQL's connection its prepared statements.
            self._driver(self._conn).commit()
        except Exception:  # noqa: BLE001  whatever broke, the next job begins on a new connection
            self.close()

    def close(self) -> None:
        """Let go of the connection."""
        conn, self._conn, self.open = self._conn, None, False
        if conn is not None:
            with contextlib.suppress(Exception):
                conn.close()

    @staticmethod
    def _driver(conn: Connection) -> Any:
        return conn.connection.driver_connection


def closed() -> StoreClosed:
    """Say that nothing is read any more."""
    return StoreClosed("The store is closed; nothing was read. Open a store and ask again.")


def _outcome(moment: Snapshot, work: Work) -> Outcome:
    outcome = _tried(moment, work)
    if _lost(outcome.error):
        moment.close()
        outcome = _tried(moment, work)
    return outcome


def _tried(moment: Snapshot, work: Work) -> Outcome:
    """Do a job in the moment. After an error the moment is over: PostgreSQL answers nothing more in it."""
    assert work.job is not None
    outcome = Outcome(work)
    try:
        outcome.result = work.job(moment.begin())
    except BaseException as error:  # noqa: BLE001 - whatever happens, the caller gets an answer
        outcome.error = error
        moment.end()
    return outcome


def _lost(error: BaseException | None) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated
