"""The migration of the municipal cloud makes the very tables that the code describes."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import migrations
from gateway.municipal.tables import metadata


def described(engine: sa.Engine) -> dict[str, str]:
    """Every table and index in SQLite's own words."""
    query = sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    with engine.connect() as conn:
        return {name: " ".join(sql.split()) for name, sql in conn.execute(query)}


def test_migrated_municipal_tables_are_the_described_ones(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    migrations.upgrade(url)
    migrated, from_code = sa.create_engine(url), sa.create_engine("sqlite://")
    metadata.create_all(from_code)
    made, wanted = described(migrated), described(from_code)
    assert {name: made.get(name) for name in wanted} == wanted
    with migrated.connect() as conn:
        context = MigrationContext.configure(
            conn, opts={"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        )
        assert compare_metadata(context, metadata) == []
    migrated.dispose()
    from_code.dispose()
