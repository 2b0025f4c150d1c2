"""The steps in migrations/ make the very tables that the code describes."""

from __future__ import annotations

from pathlib import Path

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import migrations
from gateway.exchanges.reconciliation import Closing, closings
from gateway.platform.tables import metadata
from tests.databases import upgraded_database


def described(engine: sa.Engine) -> dict[str, str]:
    """Every table and index in SQLite's own words."""
    query = sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    with engine.connect() as conn:
        return {name: " ".join(sql.split()) for name, sql in conn.execute(query)}


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # their text is compared above
def test_migrated_tables_are_the_described_ones(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'migrated.db'}"
    upgraded_database(url)
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


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'twice.db'}"
    migrations.upgrade(url)
    engine = sa.create_engine(url)
    before = described(engine)
    migrations.upgrade(url)
    assert described(engine) == before
    engine.dispose()


def test_what_was_closed_before_stays_closed(tmp_path: Path) -> None:
    what_was_closed_stays_closed(f"sqlite:///{tmp_path / 'before.db'}")


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_what_was_closed_before_stays_closed_on_postgresql(postgres: str) -> None:
    what_was_closed_stays_closed(postgres)


def what_was_closed_stays_closed(url: str) -> None:
    upgraded_database(url, "0009_keys_in_their_order")
    engine = sa.create_engine(url)
    row = ("saison", "x", "2018-07-31", "ours_only", -900, "why", "sato", 7)
    with engine.begin() as conn:
        conn.exec_driver_sql(f"INSERT INTO closed_differences VALUES {row}")
    migrations.upgrade(url)
    with engine.begin() as conn:
        assert closings(conn, "saison", ["x"]) == {"x": Closing(number=1, theirs=None)}
    alembic.command.downgrade(migrations.config(url), "0009_keys_in_their_order")
    with engine.begin() as conn:
        assert conn.exec_driver_sql("SELECT * FROM closed_differences").all() == [row]
    engine.dispose()
