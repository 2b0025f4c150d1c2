"""What both databases do, but SQLAlchemy spells twice: an INSERT that minds a key which is there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from gateway.platform.compiled_sql import CompiledStatement


def insert_into(conn: Connection, table: Table) -> Any:
    """An INSERT of the connection's own database, which knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    return insert_of(conn.dialect.name, table)


def insert_of(dialect_name: str, table: Table) -> Any:
    """The same for a statement that is made before there is a connection."""
    return _dialect(dialect_name).insert(table)


def insert_new(conn: Connection, table: Table, **values: Any) -> bool:
    """Insert a row; False when its key is there already, after waiting for whoever was inserting it.

    Raises nothing for that, so that the transaction around it goes on.
    """
    return _insert_one_new(table, conn.dialect.name).first(conn, values) is not None


def insert_all_new(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    """Insert many rows at once, leaving out those whose key is there; the keys that were new."""
    return {tuple(row) for row in conn.execute(insert_new_rows(table, conn.dialect.name), list(rows))}


@cache
def _insert_one_new(table: Table, dialect_name: str) -> CompiledStatement:
    return CompiledStatement(insert_new_rows(table, dialect_name))


@cache
def insert_new_rows(table: Table, dialect_name: str) -> ReturningInsert[Any]:
    """INSERT that leaves out rows whose key is there, and gives the keys that were new."""
    # RETURNING and not rowcount: drivers do not keep the count of an INSERT.
    inserted: ReturningInsert[Any] = (
        _dialect(dialect_name).insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    )
    return inserted


def _dialect(name: str) -> Any:
    return postgresql if name == "postgresql" else sqlite
