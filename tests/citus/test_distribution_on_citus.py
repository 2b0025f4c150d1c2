"""`point-gateway db distribute` on Citus: a plan first, every row kept, safe to cut off and to repeat."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from typer.testing import CliRunner

from core_ledger import Balance, Store, balance, verify
from gateway import cli
from gateway import database_distribution as distribution
from gateway.database_distribution import Kind, Placement
from gateway.errors import GatewayError
from tests.citus.conftest import SHARDS
from tests.core_ledger.samples import earn

MEMBERS = [f"m{number:03d}" for number in range(30)]


SETTINGS = """
[database]
url = "{url}"

[security]
sealing = {{ file = "sealing" }}
lookup = {{ file = "lookup" }}
account_key = {{ file = "account" }}
"""


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, coordinator: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the command reads where it is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gateway.toml").write_text(SETTINGS.format(url=coordinator), "utf-8")
    for name in ("sealing", "lookup", "account"):
        (tmp_path / name).write_text("k" * 48, "utf-8")
    yield
    # The command sets the log up to write to a stream that is gone by now.
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["db", "distribute", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def by_itself(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")


async def earned_by_all(url: str) -> None:
    async with Store.open(url, max_batch=1) as store:
        for member in MEMBERS:
            await store.apply(earn(900, member=member))


def test_prints_the_plan_and_changes_nothing(coordinator: str) -> None:
    printed = run()
    for table in distribution.tables():
        assert f"  {table.name}: {distribution.placement_of(table).words} (" in printed
    assert "tables are to be moved; stop every gateway" in printed
    engine = by_itself(coordinator)
    with engine.connect() as conn:
        assert conn.scalar(sa.text("SELECT count(*) FROM pg_dist_partition")) == 0
    engine.dispose()


async def test_lays_every_table_where_the_plan_says_and_keeps_every_row(coordinator: str) -> None:
    await earned_by_all(coordinator)
    printed = run("--yes", "--shards", str(SHARDS))
    moved = [line for line in printed.splitlines() if re.search(r" lies (by|on) ", line)]
    wanted = [each for each in distribution.plan() if each.kind is not Kind.COORDINATOR]
    assert len(moved) == len(wanted)
    assert "every table lies where it belongs" in run("--yes")
    engine = by_itself(coordinator)
    with engine.connect() as conn:
        query = sa.text("SELECT count(*) FROM pg_dist_shard WHERE logicalrelid = 'moves'::regclass")
        assert conn.scalar(query) == SHARDS
        for each in wanted:  # nothing is left of it on the coordinator
            assert conn.scalar(sa.text(f"SELECT pg_relation_size('\"{each.table}\"'::regclass)")) == 0
    engine.dispose()
    async with Store.open(coordinator, max_batch=1) as store:
        report = await store.read(verify)
        assert (report.books, report.moves, report.faults) == (len(MEMBERS), len(MEMBERS), ())
        found = await store.read(lambda conn: balance(conn, "member:m007", "member:m007:reserve"))
        assert found == Balance(posted=900, held=0, coming=0)


async def test_goes_on_where_it_was_cut_off(coordinator: str) -> None:
    await earned_by_all(coordinator)
    done: list[str] = []

    class CutOffError(Exception):
        pass

    def cut_off(placement: Placement) -> None:
        done.append(placement.table)
        if placement.table == "exchange_steps":
            raise CutOffError

    engine = by_itself(coordinator)
    with engine.connect() as conn, pytest.raises(CutOffError):
        distribution.distribute(conn, SHARDS, cut_off)
    with engine.connect() as conn:
        more: list[str] = []
        distribution.distribute(conn, SHARDS, lambda each: more.append(each.table))
        assert not {*done} & {*more}
        assert all(each.done or each.placement.kind is Kind.COORDINATOR for each in distribution.look(conn))
        assert conn.scalar(sa.text("SELECT pg_relation_size('accounts'::regclass)")) == 0
        assert conn.scalar(sa.text("SELECT count(*) FROM accounts WHERE posted = 900")) == len(MEMBERS)
    engine.dispose()


def test_names_a_table_that_lies_otherwise(coordinator: str) -> None:
    engine = by_itself(coordinator)
    with engine.connect() as conn:
        conn.exec_driver_sql("SELECT create_reference_table('exchanges')")
        with pytest.raises(
            GatewayError, match="exchanges lies on every node, and belongs by book_id; take it back"
        ):
            distribution.look(conn)
    engine.dispose()


def test_a_worker_is_named_as_such(coordinator: str) -> None:
    engine = by_itself(coordinator)
    with engine.connect() as conn:
        host, port = conn.exec_driver_sql("SELECT * FROM citus_get_active_worker_nodes() LIMIT 1").one()
    engine.dispose()
    worker = by_itself(
        sa.make_url(coordinator).set(host=host, port=port).render_as_string(hide_password=False)
    )
    with worker.connect() as conn, pytest.raises(GatewayError, match="this is a worker of Citus"):
        distribution.look(conn)
    worker.dispose()
