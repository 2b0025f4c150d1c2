"""The migration of the municipal cloud makes the very tables that the code describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import migrations
from core_ledger import Transfer, ledger
from gateway.model import JST
from gateway.municipal.tables import metadata
from gateway.records import support_events


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


def test_events_and_gifts_from_before_the_rules_are_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'before.db'}"
    migrations.upgrade(url, "0005_card")
    kept_before_the_rules(url)


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_events_and_gifts_from_before_the_rules_are_kept_on_postgresql(postgres: str) -> None:
    engine = sa.create_engine(postgres)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA public CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    migrations.upgrade(postgres, "0005_card")
    kept_before_the_rules(postgres)


def kept_before_the_rules(url: str) -> None:
    """What members gave before there were rules is still counted, and its event shown to everybody."""
    engine = sa.create_engine(url)
    give = Transfer(
        id="e", book="member:a", source="partner:saison:due", target="member:a:reserve", points=500,
        at=datetime(2018, 7, 31, tzinfo=JST), kind="exchange", issued_on=date(2018, 7, 31),
    )  # fmt: skip
    share = replace(
        give, id="c", source="member:a:reserve", target="member:a:event:park", points=300, issued_on=None
    )
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO support_events (event_id, name, starts_at, ends_at) VALUES ('park', 'P', 1, 2)"
        )
        ledger.apply(conn, [give, share])
    migrations.upgrade(url)
    with engine.begin() as conn:
        event = support_events.require(conn, "park")
        assert (event.state, event.givers, event.on_failure, event.purpose) == (
            "shown",
            "everybody",
            "keep",
            "",
        )
        assert support_events.given(conn, ["park"]) == {"park": support_events.Given(points=300, givers=1)}
    alembic.command.downgrade(migrations.config(url), "0005_card")
    with engine.begin() as conn:
        assert conn.exec_driver_sql("SELECT event_id, name, ends_at FROM support_events").all() == [
            ("park", "P", 2)
        ]
    engine.dispose()
