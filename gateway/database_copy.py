"""From an embedded database to PostgreSQL: every row, compared with what it was, and nothing served from half of it.

The target's schema has no version until everything is there and was read again, so that no gateway serves from it and
no upgrade touches it. The source is held while it is read: a gateway that was left running writes nothing meanwhile.
Killed at any moment the copy can be run again; tables that are the same in both are left as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.engine.url import URL, make_url

import migrations
from core_ledger import AuditReport, ChainKeys, Store, verify
from gateway.errors import GatewayError
from gateway.platform import audit_log
from gateway.platform.tables import Flag, schema_marker
from migrations import SchemaState
from migrations.targets import METADATAS

VERSION_TABLE: Final = "alembic_version"
SET_ASIDE: Final = "alembic_version_of_a_copy"
"""Where the version waits until the copy is whole."""

_READ_BATCH_SIZE: Final = 1_000
_COPY_LOCK: Final = 0x636F7079  # "copy"
_TABLES: Final = tuple(
    table for metadata in METADATAS for table in metadata.sorted_tables if table is not schema_marker
)


class CopyFailed(GatewayError):
    """The copy is not whole; the sentence says what to do. Nothing is served from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedTable:
    """`fresh`: written now; else it was the same in both already."""

    name: str
    rows: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class _Content:
    """How many rows a table has, and a sum over them in which each counts, in whatever order they come."""

    rows: int
    digest: int


def copy_database(
    source_url: str, target_url: str, keys: ChainKeys, report: Callable[[CopiedTable], None]
) -> AuditReport:
    """Copy every table, read ledger and audit log again in the target, and give what was found there.

    `report` is called after each table. Raises CopyFailed; then the target serves nobody.
    """
    source, target = make_url(source_url), make_url(target_url)
    _require_kinds(source, target)
    state = migrations.status(source_url)
    if state.state is not SchemaState.CURRENT:
        raise CopyFailed(f"the source cannot be copied: {state.sentence}")
    engine = sa.create_engine(target, poolclass=sa.NullPool, hide_parameters=True)
    with _held(source) as rows_of, engine.connect() as conn:
        _claim(conn, target_url)
        for table in _TABLES:
            report(_copy_table(rows_of, conn, table))
        conn.exec_driver_sql("ANALYZE")
        conn.commit()
        found = _verify(target_url, keys)
        conn.exec_driver_sql(f"ALTER TABLE {SET_ASIDE} RENAME TO {VERSION_TABLE}")
        conn.commit()
    return found


def _verify(target_url: str, keys: ChainKeys) -> AuditReport:
    """Read the chains again where they are now. Raises CopyFailed."""
    store = Store.open(target_url, chain_keys=keys)
    try:
        found, lines = store.read_now(lambda conn: (verify(conn), audit_log.verify(conn)))
    finally:
        store.close_now()
    faults = [str(fault) for fault in found.faults]
    faults += [f"{fault.municipality} line {fault.seq}: {fault.text}" for fault in lines]
    if faults:
        raise CopyFailed(
            f"{len(faults)} faults were found in what was copied, the first: {faults[0]};"
            " `point-gateway ledger verify` and `staff verify-log` show them in the source as well"
        )
    return found


def _require_kinds(source: URL, target: URL) -> None:
    if source.get_backend_name() != "sqlite" or source.database in (None, "", ":memory:"):
        raise CopyFailed(
            "what is copied is an embedded database in a file; from one PostgreSQL to another use `backup`"
        )
    if target.get_backend_name() != "postgresql":
        raise CopyFailed("the target is no PostgreSQL; name one in [database] url of the settings after --to")


def _claim(conn: Connection, target_url: str) -> None:
    """Make the target ours: an empty one, one whose tables are all empty, or one that was left half copied."""
    if not conn.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": _COPY_LOCK}):
        raise CopyFailed("another copy into this database is under way; wait for its end")
    conn.commit()
    if sa.inspect(conn).has_table(SET_ASIDE):
        conn.commit()
        return
    status = migrations.read_status(conn)
    conn.commit()
    if status.state is SchemaState.EMPTY:
        migrations.upgrade(target_url)
    elif status.state is not SchemaState.CURRENT:
        raise CopyFailed(f"nothing was copied: in the target, {status.sentence}")
    full = [
        table.name
        for table in _TABLES
        if conn.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
    ]
    if full:
        raise CopyFailed(
            f"nothing was copied: the target has rows in {full[0]} already; name an empty database"
        )
    conn.exec_driver_sql(f"ALTER TABLE {VERSION_TABLE} RENAME TO {SET_ASIDE}")
    conn.commit()


RowsOf = Callable[[Table], Iterator[tuple[Any, ...]]]


@contextmanager
def _held(source: URL) -> Iterator[RowsOf]:
    """The rows of each table at one moment, as PostgreSQL takes them, while nobody writes to the source."""
    engine = sa.create_engine(
        source, poolclass=sa.NullPool, connect_args={"timeout": 30.0}, hide_parameters=True
    )
    with closing(engine.raw_connection()) as connection:
        driver: Any = connection.driver_connection
        driver.isolation_level = None
        driver.execute("BEGIN IMMEDIATE")

        def rows_of(table: Table) -> Iterator[tuple[Any, ...]]:
            flags = [isinstance(column.type, Flag) for column in table.c]
            for row in driver.execute(_select(table)):
                yield (
                    tuple(
                        bool(value) if flag and value is not None else value
                        for value, flag in zip(row, flags, strict=True)
                    )
                    if any(flags)
                    else row
                )

        try:
            yield rows_of
        finally:
            driver.execute("ROLLBACK")


def _copy_table(rows_of: RowsOf, conn: Connection, table: Table) -> CopiedTable:
    """Write a table anew unless it is the same, in one transaction, and read it again."""
    wanted = _content(rows_of(table))
    fresh = _content(_rows_in(conn, table)) != wanted
    if fresh:
        conn.exec_driver_sql(f"TRUNCATE {_name(table)}")
        driver: Any = conn.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {_name(table)} ({_columns(table)}) FROM STDIN") as copy,
        ):
            for row in rows_of(table):
                copy.write_row(row)
        if _content(_rows_in(conn, table)) != wanted:
            raise CopyFailed(
                f"{table.name}: what was written is not what was read; look at the disks of both"
            )
    conn.commit()
    return CopiedTable(name=table.name, rows=wanted.rows, fresh=fresh)


def _rows_in(conn: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    if not conn.in_transaction():
        conn.begin()
    driver: Any = conn.connection.driver_connection
    with driver.cursor(name="rows") as cursor:  # on the server, so that memory stays at a page
        cursor.itersize = _READ_BATCH_SIZE
        yield from cursor.execute(_select(table))


def _content(rows: Iterator[Sequence[Any]]) -> _Content:
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest())
    return _Content(count, total)


def _select(table: Table) -> str:
    return f"SELECT {_columns(table)} FROM {_name(table)}"  # noqa: S608  names of our own tables


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.c)


def _name(table: Table) -> str:
    return f'"{table.name}"'
