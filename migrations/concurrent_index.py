"""Indexes on tables that are written all day: built beside those who write, on PostgreSQL.

A plain CREATE INDEX keeps every writer of its table waiting until it is built, minutes on ten million moves.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

_LEFT_BEHIND = """
SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relname = :name AND c.relnamespace = current_schema()::regnamespace AND NOT i.indisvalid
"""


def create_index(
    name: str,
    table: str,
    columns: Sequence[str | sa.TextClause],
    *,
    unique: bool = False,
    where: str | None = None,
) -> None:
    """Build an index as the only thing that its step does: what the step did before is committed here.

    On PostgreSQL nobody who reads or writes the table waits; the build itself waits for transactions that are open, for as
    long as they take. Cut off, it leaves an index that is not valid: the next run takes that away and builds it again. On
    SQLite it is a part of the one transaction of all steps.
    """
    condition = sa.text(where) if where is not None else None
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, list(columns), unique=unique, sqlite_where=condition)
        return
    with op.get_context().autocommit_block():
        conn = op.get_bind()
        # Neither of these keeps a writer waiting, so they may wait themselves: for a dump of an hour as well.
        timeout = conn.exec_driver_sql("SHOW lock_timeout").scalar()
        conn.exec_driver_sql("SET lock_timeout = 0")
        try:
            if conn.execute(sa.text(_LEFT_BEHIND), {"name": name}).first() is not None:
                op.drop_index(name, table, postgresql_concurrently=True)
            op.create_index(
                name, table, list(columns), unique=unique, postgresql_where=condition, postgresql_concurrently=True,
                if_not_exists=True,
            )  # fmt: skip
        finally:
            conn.exec_driver_sql(f"SET lock_timeout = '{timeout}'")


def drop_index(name: str, table: str) -> None:
    """Take an index away, as the only thing that its step does."""
    if op.get_bind().dialect.name != "postgresql":
        op.drop_index(name, table)
        return
    with op.get_context().autocommit_block():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
