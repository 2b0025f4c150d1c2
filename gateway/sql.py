"""The one thing both databases do, but SQLAlchemy spells twice."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert


def insert_new(conn: Connection, table: Table, **values: Any) -> bool:
    """Insert a row; False when its key is there already, after waiting for whoever was inserting it.

    Raises nothing for that, so that the transaction around it goes on.
    """
    return conn.execute(_insert_new(table, conn.dialect.name), values).first() is not None


@cache
def _insert_new(table: Table, dialect_name: str) -> ReturningInsert[Any]:
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    # RETURNING and not rowcount: drivers do not keep the count of an INSERT.
    inserted: ReturningInsert[Any] = (
        dialect.insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)
    )
    return inserted
