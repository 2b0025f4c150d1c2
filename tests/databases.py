"""Databases with the whole schema and nothing in it, in a moment: making some seventy tables anew takes longer than most tests.

An SQLite file is copied from one that is made once in each process. On PostgreSQL, which tests share one after the
other, what is filled is emptied; it is made anew only where a test has left another schema. What the steps of the schema
made (`upgraded_database`), or a test's own story (`made_once`), is copied there too: as a template of a database.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import sqlalchemy as sa

import migrations
from core_ledger import Store
from migrations.targets import METADATAS

_MARK = "made by tests/databases.py"
_made: set[str] = set()
"""The names under which `made_once` has a database to copy, each with its server."""
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
_EMPTY = """
DO $$
DECLARE filled text;
BEGIN
  SELECT string_agg(quote_ident(relname), ', ') INTO filled FROM pg_class
   WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0;
  IF filled IS NOT NULL THEN
    EXECUTE 'TRUNCATE ' || filled || ' RESTART IDENTITY';
  END IF;
END $$
"""


def empty_database(url: str) -> None:
    """Make `url`, a new SQLite file or a PostgreSQL of the tests' own, a database with every table and no row."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        assert address.database
        shutil.copyfile(_template(), address.database)
        return
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as conn:
        if _is_ours(conn):
            conn.exec_driver_sql(_EMPTY)
        else:
            conn.exec_driver_sql("DROP SCHEMA public CASCADE")
            conn.exec_driver_sql("CREATE SCHEMA public")
            conn.exec_driver_sql(f"COMMENT ON SCHEMA public IS '{_MARK}'")
            make_tables(conn)


def upgraded_database(url: str, revision: str = "head") -> None:
    """Make `url` an empty database that the steps of the schema brought to `revision`. An SQLite file that is there takes
    the steps as it is.

    For where a test begins: a test of the steps themselves takes those it is about with `migrations.upgrade`.
    """
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite" and Path(address.database or "").exists():
        migrations.upgrade(url, revision)
        return
    made_once(url, f"at_{revision}", lambda template: migrations.upgrade(template, revision))


def made_once(url: str, name: str, make: Callable[[str], object]) -> None:
    """Make `url` a copy of the database `name`, which `make(its url)` fills once in each process, and closes.

    Whatever was at `url` is gone, and on PostgreSQL so are the connections to it.
    """
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        assert address.database
        template = Path(_folder().name) / f"{name}.db"
        if name not in _made:
            make(f"sqlite:///{template}")
            _made.add(name)
        shutil.copyfile(template, address.database)
        return
    engine = sa.create_engine(
        address.set(database="template1"), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as conn:
        if f"{address.host}{address.query}{name}" not in _made:
            conn.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}"')
            conn.exec_driver_sql(f'CREATE DATABASE "{name}"')
            make(address.set(database=name).render_as_string(hide_password=False))
            _made.add(f"{address.host}{address.query}{name}")
        conn.exec_driver_sql(f'DROP DATABASE IF EXISTS "{address.database}" WITH (FORCE)')
        conn.exec_driver_sql(f'CREATE DATABASE "{address.database}" TEMPLATE "{name}"')


def make_tables(conn: sa.Connection) -> None:
    """Every table of ledger, gateway and cities."""
    for metadata in METADATAS:
        metadata.create_all(conn)


def _is_ours(conn: sa.Connection) -> bool:
    mark = conn.exec_driver_sql("SELECT obj_description('public'::regnamespace)").scalar()
    described = {table.name for metadata in METADATAS for table in metadata.tables.values()}
    return mark == _MARK and set(conn.exec_driver_sql(_TABLES).scalars()) == described


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="schema")  # removed at exit


@cache
def _template() -> Path:
    """A closed file as a store makes it."""
    file = Path(_folder().name) / "empty.db"
    store = Store.open(f"sqlite:///{file}")
    store.run_now(make_tables)
    store.close_now()
    return file
