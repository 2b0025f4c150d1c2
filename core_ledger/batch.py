"""Write one batch in one transaction, and find an answer for every caller whatever happens to it."""

import asyncio
import contextlib
import random
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from core_ledger import ledger
from core_ledger.commit_notes import begin_notes, notes_of
from core_ledger.errors import Busy, CommitFailed, LedgerError
from core_ledger.moving_jobs import RunningJob, run_alone, waves
from core_ledger.prepared import doubt_statements
from core_ledger.transfers import Move, Receipt

ATTEMPTS = 8
# PostgreSQL: serialization_failure, deadlock_detected.
_TRY_AGAIN_STATES = {"40001", "40P01"}
# libpq's PQTRANS_INERROR: a statement has failed, and nothing but a rollback is possible.
_BROKEN_STATUS = 3
# Another writer kept its lock for longer than we wait: PostgreSQL's lock_not_available, SQLite's SQLITE_BUSY.
_LOCKED_STATE = "55P03"
_LOCKED_CODE = 5
# unique_violation of these means: another writer made the same new book, or went on with it, a moment before.
_RACED_KEYS = {"books_pkey", "moves_pkey", "accounts_pkey"}
# On Citus the key is a shard's, with its number behind; what a worker refuses has the name in its text alone.
_QUOTED = re.compile(r'"([a-z_0-9]+)"')
_SHARD_NUMBER = re.compile(r"_[0-9]+$")


class Work(NamedTuple):
    """One caller's wish: a job or moves, and the future that waits for the answer.

    With a `book` the job is one that yields its moves, all of them about this book.
    """

    job: Callable[[Connection], Any] | None
    moves: Sequence[Move] | None
    loop: asyncio.AbstractEventLoop | None
    future: "asyncio.Future[Any] | Future[Any]"
    book: str | None = None
    on_written: "OnWritten | None" = None


@dataclass(slots=True)
class Outcome:
    """What a caller will hear: a result, or an error."""

    work: Work
    result: Any = None
    error: BaseException | None = None


OnWritten = Callable[[int, int, int, bool], None]
"""Told of the commit of a piece of work: its batch's begin and end in nanoseconds since 1970, the batch's size, and whether it is written."""

OnCommit = Callable[[Sequence[Any]], None]
BeforeCommit = Callable[[Connection], None]


class Around(NamedTuple):
    """What a store's owner does around each commit: the last thing in the transaction, and the first after it."""

    before: BeforeCommit | None = None
    after: OnCommit | None = None


NOTHING_AROUND = Around()


def write_batch(engine: Engine, batch: Sequence[Work], around: Around = NOTHING_AROUND) -> list[Outcome]:
    """Write a batch and return one outcome for each piece of work. Never raises.

    `around.before` writes in the same transaction, after all work and before its commit: it is undone with it, and done again
    with the next try. `around.after` gets what was noted in the transaction (`core_ledger.commit_notes`) once it is durable; it must
    not raise.

    When the database asks for another try, the batch is done again, at last piece by piece, so that two
    pieces that cannot live in one transaction still both get through.
    """
    # A savepoint is two statements more for each job, so the first try has none. When a job fails in it that had
    # written something already, all is undone and done again with savepoints.
    saving = False
    for attempt in range(ATTEMPTS):
        try:
            try:
                return _attempt(engine, batch, around, saving=saving)
            except _JobFailed as failed:
                if len(batch) == 1:
                    return [failed.outcome]
                saving = True
                return _attempt(engine, batch, around, saving=True)
        except _Undone as undone:
            error, again = undone.error, _may_try_again(undone.error)
        except BaseException as failure:  # noqa: BLE001 - whatever happens, every caller gets an answer
            # PostgreSQL refuses a commit for serialization's sake only when it has undone everything.
            if not _may_try_again(failure):
                return _all_failed(batch, failure, "It is unknown whether this was written")
            error, again = failure, True
        if len(batch) > 1 and (attempt > 0 or not again) and not is_locked_file(error):
            return [outcome for work in batch for outcome in write_batch(engine, [work], around)]
        if _is_locked(error):
            break
        if not again:
            return _all_failed(batch, error, "Nothing was written")
        time.sleep(random.uniform(0.001, 0.004) * (attempt + 1))  # noqa: S311 - spreads the tries, hides nothing
    busy = Busy("Other writers held the same books too long; nothing was written. Ask again a little later.")
    return [Outcome(work, error=busy) for work in batch]


class _Undone(Exception):
    """The batch broke before its commit was asked for, so surely nothing of it is written."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


class _JobFailed(Exception):
    """A job failed where there was no savepoint to go back to: nothing of the batch is written."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error)
        self.outcome = outcome


def _attempt(engine: Engine, batch: Sequence[Work], around: Around, *, saving: bool) -> list[Outcome]:
    outcomes = [Outcome(work) for work in batch]
    notes: list[Any] = []
    with contextlib.ExitStack() as stack:
        try:
            conn = stack.enter_context(engine.connect())
            if around.after is not None:
                notes, end_notes = begin_notes(conn)
                stack.callback(end_notes)
            transaction = stack.enter_context(conn.begin())
            _do_moves(conn, [outcome for outcome in outcomes if outcome.work.moves is not None])
            for outcome in outcomes:
                if outcome.work.job is not None and (saving or outcome.work.book is None):
                    do_job(conn, _whole(outcome.work), outcome, saving=saving)
            if not saving:
                _do_moving_jobs(conn, [outcome for outcome in outcomes if outcome.work.book is not None])
            if around.before is not None:
                around.before(conn)
        except _JobFailed:
            raise
        except BaseException as error:
            raise _Undone(error) from error
        try:
            transaction.commit()
        except BaseException:
            # The library counts the transaction as over, the driver may not: end it, or it would hold its locks.
            with contextlib.suppress(Exception):
                doubt_statements(conn)
                conn.connection.rollback()
            raise
    if around.after is not None and notes:
        around.after(notes)
    return outcomes


def _do_moves(conn: Connection, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    answers = ledger.apply_groups(conn, [outcome.work.moves or () for outcome in outcomes])
    for outcome, found in zip(outcomes, answers, strict=True):
        if isinstance(found, LedgerError):
            outcome.error = found
        else:
            outcome.result = found


def _whole(work: Work) -> Callable[[Connection], Any]:
    """The job as a plain one, which makes its moves by itself."""
    assert work.job is not None
    job = work.job
    return job if work.book is None else lambda conn: run_alone(conn, job)


def _do_moving_jobs(conn: Connection, outcomes: Sequence[Outcome]) -> None:
    """Run jobs that yield their moves, those of different books side by side, the moves of all together."""
    for wave in waves([outcome.work.book or "" for outcome in outcomes]):
        running = [_begin(conn, outcomes[place]) for place in wave]
        while running := [(outcome, job) for outcome, job in running if _wants_moves(outcome, job)]:
            answers = ledger.apply_groups(conn, [job.moves or () for _, job in running])
            for (outcome, job), answer in zip(running, answers, strict=True):
                _go_on(conn, outcome, job, answer)


def _begin(conn: Connection, outcome: Outcome) -> tuple[Outcome, RunningJob]:
    assert outcome.work.job is not None
    job = RunningJob(conn, outcome.work.job)
    do_job(conn, lambda _conn: job.begin(), outcome, saving=False)
    return outcome, job


def _go_on(conn: Connection, outcome: Outcome, job: RunningJob, answer: list[Receipt] | LedgerError) -> None:
    do_job(conn, lambda _conn: job.go_on(answer), outcome, saving=False, begun=True)


def _wants_moves(outcome: Outcome, job: RunningJob) -> bool:
    if outcome.error is None and job.moves is None:
        outcome.result = job.result
    return outcome.error is None and job.moves is not None


def do_job(
    conn: Connection,
    job: Callable[[Connection], Any],
    outcome: Outcome,
    *,
    saving: bool = True,
    begun: bool = False,
) -> None:
    """Run one job under a savepoint of its own (where `saving`); its result or its error go into `outcome`.

    `begun`: this is the rest of a job that may have written before. Raises only what concerns the whole batch: another try is asked for, or the connection is gone.
    """
    # The driver's own connection: through the library a savepoint costs more than a short job.
    driver: Any = conn.connection.driver_connection
    on_sqlite = conn.dialect.name == "sqlite"
    before = driver.total_changes if on_sqlite else None
    notes = notes_of(conn)
    noted = len(notes)
    if saving:
        driver.execute("SAVEPOINT job")
    try:
        outcome.result = job(conn)
        if saving:
            driver.execute("RELEASE SAVEPOINT job")
        elif _given_up(driver, on_sqlite=on_sqlite):
            raise RuntimeError(
                "the job went on after one of its statements had failed; nothing of it is written"
            )
    except BaseException as error:
        if (
            _may_try_again(error)
            or _is_locked(error)
            or (isinstance(error, DBAPIError) and error.connection_invalidated)
        ):
            raise
        outcome.error = error
        del notes[noted:]
        if not saving:
            # SQLite counts the rows that were written since the connection was opened, so it can tell that there is
            # nothing to undo; most refusals come before the first row. What changes the schema is not counted: no job
            # does that, migrations have connections of their own.
            if on_sqlite and not begun and driver.in_transaction and driver.total_changes == before:
                return
            raise _JobFailed(outcome) from error
        # When even this fails, the database has dropped the whole transaction, and the batch with it.
        driver.execute("ROLLBACK TO SAVEPOINT job")
        doubt_statements(conn)
        driver.execute("RELEASE SAVEPOINT job")


def _given_up(driver: Any, *, on_sqlite: bool) -> bool:
    """Whether the database has given up the transaction, while its commit would pass for a success.

    PostgreSQL takes the commit for a rollback. SQLite has nothing left to commit: where the disk is full it undoes the
    whole transaction at once, the neighbours' work with it.
    """
    return not driver.in_transaction if on_sqlite else bool(driver.info.transaction_status == _BROKEN_STATUS)


def _is_locked(error: BaseException) -> bool:
    return is_locked_file(error) or _sqlstate(error) == _LOCKED_STATE


def is_locked_file(error: BaseException) -> bool:
    """Tell whether SQLite refused because another connection keeps the file locked."""
    code = getattr(error.orig, "sqlite_errorcode", 0) if isinstance(error, DBAPIError) else 0
    return bool(code & 0xFF == _LOCKED_CODE)


def _sqlstate(error: BaseException) -> str | None:
    return getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None


def _may_try_again(error: BaseException) -> bool:
    state = _sqlstate(error)
    if state == "23505" and isinstance(error, DBAPIError):
        return _violated_key(error.orig) in _RACED_KEYS
    return state in _TRY_AGAIN_STATES


def _violated_key(fault: BaseException | None) -> str:
    diagnosis = getattr(fault, "diag", None)
    name: str | None = getattr(diagnosis, "constraint_name", None)
    if name is None and (quoted := _QUOTED.search(getattr(diagnosis, "message_primary", None) or "")):
        name = quoted.group(1)
    return _SHARD_NUMBER.sub("", name or "")


def _all_failed(batch: Sequence[Work], error: BaseException, meaning: str) -> list[Outcome]:
    if isinstance(error, LedgerError):
        return [Outcome(work, error=error) for work in batch]
    outcomes = []
    for work in batch:
        failed = CommitFailed(
            f"The database broke off ({_first_line(error)}). {meaning};"
            " ask again with the same ids: what is in is answered as before, what is not is written."
        )
        failed.__cause__ = error
        outcomes.append(Outcome(work, error=failed))
    return outcomes


def _first_line(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return (str(cause) or type(cause).__name__).splitlines()[0]
