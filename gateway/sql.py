"""The one thing both databases do, but SQLAlchemy spells twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(conn: Connection, table: Table, **values: Any) -> bool:
    """Insert a row; False when its key is there already, after waiting for whoever was inserting it.

    Raises nothing for that, so that the transaction around it goes on.
    """
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    # RETURNING and not rowcount: drivers do not keep the count of an INSERT.
    inserted = dialect.insert(table).values(**values).on_conflict_do_nothing()
    return conn.execute(inserted.returning(*table.primary_key.columns)).first() is not None
