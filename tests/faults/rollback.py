"""Takes a database back to an earlier moment, as a restore or a failover does: everything since is forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa


def take_copy(url: str, folder: Path) -> None:
    """Keep the database as it is now."""
    if url.startswith("sqlite"):
        _copy(_file(url), folder / "copy.db")
        return
    with _engine(url).begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA IF EXISTS kept CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA kept")
        for table in _tables(conn):
            conn.exec_driver_sql(f'CREATE TABLE kept."{table}" AS TABLE public."{table}"')


def put_back(url: str, folder: Path) -> None:
    """Make the database what it was when it was copied."""
    if url.startswith("sqlite"):
        _copy(folder / "copy.db", _file(url))
        return
    with _engine(url).begin() as conn:
        for table in _tables(conn):
            conn.exec_driver_sql(f'TRUNCATE public."{table}"')
            conn.exec_driver_sql(f'INSERT INTO public."{table}" SELECT * FROM kept."{table}"')


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool)


def _tables(conn: sa.Connection) -> list[str]:
    return sa.inspect(conn).get_table_names(schema="public")
