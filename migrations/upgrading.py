"""Take steps up or down so that a cut at any moment leaves the schema before or after, never between.

SQLite: every step of one run in one BEGIN IMMEDIATE transaction, on a connection where Python's driver begins and
commits nothing by itself; before it the file is copied. PostgreSQL: each step in a transaction of its own, under
an advisory lock, and with a lock_timeout, so that members who wait for a table wait for seconds only.
"""

import contextlib
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alembic.command
import sqlalchemy as sa
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url

from core_ledger import TransactionPooler, make_private, refuse_transaction_pooler
from migrations.schema_status import SchemaRefused, SchemaState, SchemaStatus, read_status
from migrations.steps import config, known_revisions

UPGRADE_WAIT_S = 600.0
"""How long an upgrade waits for another one that is under way."""

LOCK_TIMEOUT_S = 5
MAX_LOCK_TRIES = 12
LOCK_RETRY_INTERVAL_S = 5.0
ADVISORY_LOCK = 0x706F696E74  # "point"
_POLL_INTERVAL_S = 0.2
_HALF_DONE = re.compile(r"already exists|no such (table|index|column)|duplicate column name")
_LOCK_NOT_AVAILABLE = "55P03"
_SQLITE_ERROR, _SQLITE_FULL, _SQLITE_BUSY = 1, 13, 5


def run_upgrade(url: str, revision: str, *, copy: bool) -> Path | None:
    """See `migrations.upgrade`."""
    target = known_revisions()[-1] if revision == "head" else revision
    return _run(url, target, copy=copy, up=True)


def run_downgrade(url: str, revision: str, *, copy: bool) -> Path | None:
    """See `migrations.downgrade`."""
    return _run(url, revision, copy=copy, up=False)


def _run(url: str, target: str, *, copy: bool, up: bool) -> Path | None:
    known = known_revisions()
    if target not in (*known, "base"):
        raise SchemaRefused(f"there is no step {target}; there are {', '.join(known)}")
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _run_on_sqlite(parsed, target, copy=copy, up=up)
    _run_on_postgres(parsed, target, up=up)
    return None


def _take_steps(settings: Config, connection: Connection, target: str, *, up: bool) -> None:
    settings.attributes["connection"] = connection
    (alembic.command.upgrade if up else alembic.command.downgrade)(settings, target)


def _is_there(found: SchemaStatus, target: str, *, up: bool) -> bool:
    """Whether nothing is left to do. Raises SchemaRefused where the steps from here are not known."""
    known = known_revisions()
    if found.state in (SchemaState.NEWER, SchemaState.NEWER_BUT_USABLE, SchemaState.INCOMPLETE):
        raise SchemaRefused(found.sentence)
    if found.revision is None:
        return not up
    if target == "base":
        return False
    at, to = known.index(found.revision), known.index(target)
    return at >= to if up else at <= to


# --- SQLite ----------------------------------------------------------------------------------------------------------


def _run_on_sqlite(url: URL, target: str, *, copy: bool, up: bool) -> Path | None:
    engine = _sqlite_engine(url)
    copied: Path | None = None
    try:
        with engine.begin() as connection:
            schema_status = read_status(connection)
            if schema_status.state is SchemaState.UNKNOWN:
                raise SchemaRefused(schema_status.sentence)
            if _is_there(schema_status, target, up=up):
                return None
            file = _file_of(url)
            if copy and file is not None and schema_status.state is not SchemaState.EMPTY:
                copied = _copy(file, target)
            _take_steps(config(url.render_as_string(hide_password=False)), connection, target, up=up)
    except sa.exc.DBAPIError as fault:
        raise _explained(fault) from fault
    finally:
        engine.dispose()
    return copied


def _sqlite_engine(url: URL) -> Engine:
    """An engine whose connections begin nothing by themselves: a schema statement would be committed one by one."""
    make_private(url)
    engine = sa.create_engine(
        url, poolclass=sa.NullPool, connect_args={"timeout": UPGRADE_WAIT_S}, hide_parameters=True
    )

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous = FULL").fetchall()

    def begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begin)
    return engine


def _file_of(url: URL) -> Path | None:
    return None if url.database in {None, "", ":memory:"} else Path(str(url.database))


def _copy(file: Path, target: str) -> Path:
    """Copy the database as it stands; the caller's transaction keeps other writers away meanwhile.

    A copy is whole or absent: it gets its name when it is on the disk.
    """
    copied = file.with_name(f"{file.name}.before-{target}")
    partial = file.with_name(f"{copied.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            contextlib.closing(sqlite3.connect(file)) as source,
            contextlib.closing(sqlite3.connect(partial)) as copying,
        ):
            source.backup(copying)
        _make_durable(partial)
        partial.replace(copied)
        _make_durable(file.absolute().parent)
    except (OSError, sqlite3.Error) as fault:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        megabytes = file.stat().st_size // 1_000_000 + 1
        raise SchemaRefused(
            f"{file} cannot be copied before its upgrade ({fault}); nothing was changed: make room for {megabytes} MB "
            "beside it, or make a backup elsewhere and run `point-gateway db upgrade --no-copy`"
        ) from fault
    return copied


def _make_durable(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _explained(fault: sa.exc.DBAPIError) -> Exception:
    code = getattr(fault.orig, "sqlite_errorcode", 0) & 0xFF
    if code == _SQLITE_FULL:
        return SchemaRefused(
            "the disk is full; nothing was changed: make room and run `point-gateway db upgrade` again"
        )
    if code == _SQLITE_BUSY:
        return SchemaRefused(
            f"another process kept the database locked for {UPGRADE_WAIT_S:.0f} seconds; nothing was changed: "
            "stop the gateways on it and run `point-gateway db upgrade` again"
        )
    if code == _SQLITE_ERROR and _HALF_DONE.search(str(fault.orig)):
        return SchemaRefused(
            f"a step finds what another has left ({fault.orig}): an upgrade by a release before 0.2 was cut off here, or the"
            " tables were changed by hand; nothing was changed: put back the backup from before that upgrade, start no older"
            " release on this file, and run `point-gateway db upgrade` on the backup"
        )
    return fault


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def _run_on_postgres(url: URL, target: str, *, up: bool) -> None:
    try:  # the lock is the session's
        refuse_transaction_pooler(url.render_as_string(hide_password=False))
    except TransactionPooler as pooler:
        raise SchemaRefused(
            f"an upgrade needs a session of its own: {pooler}; for an upgrade the last of these is not enough"
        ) from pooler
    engine = sa.create_engine(
        url, poolclass=sa.NullPool, connect_args={"prepare_threshold": None}, hide_parameters=True
    )
    sa.event.listen(engine, "connect", _set_lock_timeout)
    try:
        with _advisory_lock(engine):
            for attempt in range(1, MAX_LOCK_TRIES + 1):
                try:
                    with engine.connect() as connection:
                        schema_status = read_status(connection)
                        connection.rollback()
                        if schema_status.state is SchemaState.UNKNOWN:
                            raise SchemaRefused(schema_status.sentence)
                        if _is_there(schema_status, target, up=up):
                            return
                        settings = config(url.render_as_string(hide_password=False))
                        _take_steps(settings, connection, target, up=up)
                except sa.exc.DBAPIError as fault:
                    if getattr(fault.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                        raise
                    if attempt == MAX_LOCK_TRIES:
                        raise SchemaRefused(
                            "other transactions kept a table locked each time; the step that was under way is undone, "
                            "those before it are done: run `point-gateway db upgrade` again at a quieter time"
                        ) from fault
                    time.sleep(LOCK_RETRY_INTERVAL_S)
                else:
                    return
    finally:
        engine.dispose()


def _set_lock_timeout(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_S}s'")
    connection.commit()


@contextlib.contextmanager
def _advisory_lock(engine: Engine) -> Iterator[None]:
    """One upgrade at a time; the lock is the session's, so a killed upgrade leaves none."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        deadline = time.monotonic() + UPGRADE_WAIT_S
        while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ADVISORY_LOCK))):
            if time.monotonic() > deadline:
                raise SchemaRefused(
                    f"another upgrade of this database has been under way for {UPGRADE_WAIT_S:.0f} seconds; "
                    "wait until it has ended, then run `point-gateway db upgrade` again"
                )
            time.sleep(_POLL_INTERVAL_S)
        yield
