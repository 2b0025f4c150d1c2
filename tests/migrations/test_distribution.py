"""The schema that the steps make on PostgreSQL is one that can be spread by book: what the described one says, it has."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import migrations
from gateway import database_distribution
from gateway.database_distribution import Kind

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]

_COLLATIONS = sa.text(
    "SELECT c.relname, l.collname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " JOIN pg_collation l ON l.oid = a.attcollation"
    " WHERE a.attname = 'book_id' AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
)


def test_migrated_tables_can_be_spread_by_book(empty_postgres: str) -> None:
    migrations.upgrade(empty_postgres)
    engine = sa.create_engine(empty_postgres, poolclass=sa.NullPool)
    placements = {each.table: each for each in database_distribution.plan()}
    with engine.connect() as conn:
        collations = {row.relname: row.collname for row in conn.execute(_COLLATIONS)}
        database_distribution.require_unique_keys(conn, placements)
        database_distribution.require_foreign_keys(conn, placements)
    engine.dispose()
    assert {name for name, each in placements.items() if each.kind is Kind.BOOK} <= collations.keys()
    assert {name: found for name, found in collations.items() if found != "C"} == {}
