"""Connections to the two databases, set up so that a commit is durable and a lock is taken at the start."""

import contextlib
import os
import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.pool import QueuePool, StaticPool

from core_ledger.chain_keys import OPTION, ChainKeys

LOCK_WAIT_S = 5.0
CONNECTION_LIFE_S = 600
WRITER_CACHE_KIB = 65_536
READER_CACHE_KIB = 16_384
"""Of SQLite's pages, at most, for each connection: memory that a process fills in its first hours and then keeps."""
INLINE_READERS = 2
"""Connections to PostgreSQL for single questions."""
# Pages are on solid state: reading one out of order costs hardly more than the next one.
_POSTGRES_SETTINGS = ("random_page_cost = 1.1",)


def open_engines(
    url: str, readers: int, keys: ChainKeys | None = None, *, prepared: bool = True
) -> tuple[Engine, Engine | None]:
    """Make the engine that writes and the one that reads; an in-memory database has one connection only.

    The texts of their errors never hold the values of a statement, which may be secret and go into logs. Without
    `prepared` PostgreSQL is sent no named prepared statement.
    """
    parsed = make_url(url)
    writing, reading = (
        _sqlite(parsed, readers)
        if parsed.get_backend_name() == "sqlite"
        else _postgres(parsed, readers, 1 if prepared else None)
    )
    for engine in (writing, reading):
        if engine is not None:
            engine.update_execution_options(**{OPTION: keys})
    return writing, reading


def _postgres(parsed: URL, readers: int, prepare_threshold: int | None) -> tuple[Engine, Engine]:
    # Prepared statements save parsing from the second use on, and planning where the server sees that a plan does for all
    # values. A plan that was made while a table was small must not stay for ever: nor does its connection.
    writing = sa.create_engine(
        parsed,
        pool_size=8,
        max_overflow=0,
        pool_recycle=CONNECTION_LIFE_S,
        connect_args={"prepare_threshold": prepare_threshold},
        hide_parameters=True,
    )
    # Every reading job sees one moment, however many questions it asks, as it does on SQLite.
    reading = sa.create_engine(
        parsed,
        pool_size=readers + INLINE_READERS,
        max_overflow=0,
        isolation_level="REPEATABLE READ",
        connect_args={"prepare_threshold": prepare_threshold},
        hide_parameters=True,
    )
    sa.event.listen(writing, "connect", _postgres_writer)
    sa.event.listen(reading, "connect", _postgres_reader)
    return writing, reading


def make_private(url: URL) -> None:
    """Make the file of an SQLite database that is not there yet, for its owner alone; SQLite's own are everybody's.

    What SQLite writes beside it gets the mode of this file.
    """
    name = url.database
    if url.get_backend_name() != "sqlite" or name in {None, "", ":memory:"} or str(name).startswith("file:"):
        return
    with contextlib.suppress(OSError):  # it is there, or SQLite says itself why it cannot be
        os.close(os.open(str(name), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _sqlite(url: URL, readers: int) -> tuple[Engine, Engine | None]:
    arguments = {"check_same_thread": False, "timeout": LOCK_WAIT_S}
    in_memory = url.database in {None, "", ":memory:"}
    make_private(url)
    if in_memory:
        writing = sa.create_engine(url, poolclass=StaticPool, connect_args=arguments, hide_parameters=True)
    else:
        writing = sa.create_engine(
            url, poolclass=QueuePool, pool_size=2, connect_args=arguments, hide_parameters=True
        )
    sa.event.listen(writing, "connect", _sqlite_writer)
    sa.event.listen(writing, "begin", _begin_immediate)
    if in_memory:
        return writing, None
    # One for each reader and one for inline reads; they begin and end their transactions themselves.
    reading = sa.create_engine(
        url, poolclass=QueuePool, pool_size=readers + 1, connect_args=arguments, hide_parameters=True
    )
    sa.event.listen(reading, "connect", _sqlite_reader)
    return writing, reading


# The log is brought home beside the writer; only when it has grown to 256 MiB does a commit see to it itself.
_WRITER_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    f"cache_size = -{WRITER_CACHE_KIB}",
    "wal_autocheckpoint = 64000",
)


def _sqlite_writer(connection: Any, _record: object) -> None:
    # The driver must not begin or commit by itself: the transaction is ours.
    connection.isolation_level = None
    for pragma in _WRITER_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _sqlite_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("query_only = ON", f"cache_size = -{READER_CACHE_KIB}"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _postgres_writer(connection: Any, _record: object) -> None:
    _postgres_set(connection, f"lock_timeout = {int(LOCK_WAIT_S * 1000)}", *_POSTGRES_SETTINGS)


def _postgres_reader(connection: Any, _record: object) -> None:
    # For what is asked outside a transaction. Not as a startup option, which poolers refuse, and with which
    # `target_session_attrs=read-write` would never connect.
    _postgres_set(connection, *_POSTGRES_SETTINGS, "default_transaction_read_only = on")
    connection.read_only = True


def _postgres_set(connection: Any, *settings: str) -> None:
    with connection.cursor() as cursor:
        for setting in settings:
            cursor.execute(f"SET {setting}")
    connection.commit()


def _begin_immediate(conn: Connection) -> None:
    # Taking the write lock at once: a transaction that read first could never be promoted after a writer. At the
    # driver: through the library this word costs half as much as the transfer that follows it.
    driver: Any = conn.connection.driver_connection
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as fault:
        raise sa.exc.DBAPIError.instance(
            "BEGIN IMMEDIATE", None, fault, sqlite3.Error, dialect=conn.dialect
        ) from fault
