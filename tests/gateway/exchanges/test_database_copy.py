"""A city that outgrows one file moves to PostgreSQL: with every point, every chain and every promise it has made."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import alembic.command
import pytest
import sqlalchemy as sa

import migrations
from core_ledger import ChainKeys, Store, Transfer, chart, daily_digest
from gateway.configured import seal_now
from gateway.database_copy import CopiedTable, CopyFailed, copy_database
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.states import State
from gateway.model import LinkedAccount, Secret
from gateway.platform import tables
from gateway.platform.encryption import derive_key
from gateway.points import directory
from migrations import SchemaState
from tests.databases import upgraded_database
from tests.gateway.exchanges.conftest import CARDS, KASAMA, NOON, RESERVE, World, new_id, world_on

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]
LOOKUP = b"l" * 32
KEYS = ChainKeys.of([derive_key(LOOKUP, "chain")])


class Town:
    """A file in which members have exchanged points, and an empty PostgreSQL to go to."""

    def __init__(self, source: str, target: str) -> None:
        self.source, self.target = source, target
        self.member = self.other = ""
        self.settled: Exchange | None = None
        self.open: Exchange | None = None
        self.copied: list[CopiedTable] = []

    def copy(self, until: str = "") -> Any:
        """Copy; cut off after the table `until`."""
        self.copied = []

        def report(table: CopiedTable) -> None:
            self.copied.append(table)
            if table.name == until:
                raise KeyboardInterrupt

        return copy_database(self.source, self.target, KEYS, report)

    @property
    def state(self) -> SchemaState:
        return migrations.status(self.target).state

    @property
    def fresh(self) -> set[str]:
        return {table.name for table in self.copied if table.fresh}


def make_empty(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA public CASCADE")
        conn.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


@pytest.fixture
async def town(postgres: str, tmp_path: Path) -> AsyncIterator[Town]:
    town = Town(f"sqlite:///{tmp_path / 'gateway.db'}", postgres)
    upgraded_database(town.source)
    store = Store.open(town.source, chain_keys=KEYS)
    store.run_now(lambda conn: seal_now(conn, KEYS, NOON))
    store.close_now()
    make_empty(postgres)
    async with world_on(town.source, KEYS) as world:
        await furnish(world, town)
    yield town
    make_empty(postgres)


async def furnish(world: World, town: Town) -> None:
    with world.store.engine.begin() as conn:
        directory.register_service(
            conn, "082163", "kasama-ouen", name="笠間応援ポイント", open_for_direct_exchange=True, at=NOON
        )
        directory.register_service(
            conn, "082015", "mito-ouen", name="水戸応援ポイント", open_for_direct_exchange=False, at=NOON
        )
    town.member, town.other = await world.member(), await world.member(default=True)
    town.settled = await world.settled(town.member, KASAMA)
    ready, _ = await world.openings.start(town.member, new_id(), CARDS)  # the link is there
    town.open = await world.exchanges.quote(town.member, ready.exchange_id, RESERVE, 1)
    await world.store.run(lambda conn: daily_digest(conn, NOON.date()))


class TestTheMove:
    async def test_brings_balances_chains_and_idempotency(self, town: Town) -> None:
        assert town.state is SchemaState.EMPTY
        report = town.copy()
        assert report.ok
        assert report.moves >= 3
        assert town.state is SchemaState.CURRENT
        assert {"moves", "accounts", "exchanges", "exchange_steps", "partner_debits"} <= town.fresh
        async with world_on(town.source, KEYS) as before, world_on(town.target, KEYS) as after:
            for member in (town.member, town.other):
                for destination in (KASAMA, RESERVE):
                    assert await after.balance(member, destination) == await before.balance(
                        member, destination
                    )
            assert await after.total(chart.partner_due("cards")) == await before.total(
                chart.partner_due("cards")
            )
            settled = town.settled
            assert settled is not None
            assert settled.quote is not None
            again = await after.exchanges.confirm(town.member, settled.exchange_id, settled.quote.quote_id)
            assert again.state is State.SETTLED
            assert after.script.orders == []

    async def test_a_move_that_is_asked_for_again_is_answered_as_the_first_time(self, town: Town) -> None:
        move = Transfer(
            id="t-1", book="member:m1", source="partner:cards:due", target=chart.reserve("m1"), points=5, at=NOON,
            kind="exchange", issued_on=NOON.date(),
        )  # fmt: skip
        async with world_on(town.source, KEYS) as before:
            (first,) = await before.store.apply(move)
        town.copy()
        async with world_on(town.target, KEYS) as after:
            (again,) = await after.store.apply(move)
            assert again.replayed
            assert again.seq == first.seq
            (next_move,) = await after.store.apply(Transfer(**{**move_fields(move), "id": "t-2"}))
            assert next_move.seq == first.seq + 1

    async def test_what_was_under_way_goes_on(self, town: Town) -> None:
        town.copy()
        async with world_on(town.target, KEYS) as after:
            waiting = town.open
            assert waiting is not None
            found = await after.exchanges.get(town.member, waiting.exchange_id)
            assert found.state is State.QUOTED
            assert found.quote is not None
            done = await after.exchanges.confirm(town.member, found.exchange_id, found.quote.quote_id)
            assert done.state is State.SETTLED


def move_fields(move: Transfer) -> dict[str, Any]:
    return {name: getattr(move, name) for name in Transfer.__dataclass_fields__}


class TestACopyThatIsCutOff:
    @pytest.mark.parametrize("last", ["books", "moves", "exchanges"])
    async def test_is_served_by_nobody_and_goes_on(self, town: Town, last: str) -> None:
        with pytest.raises(KeyboardInterrupt):
            town.copy(until=last)
        done = {table.name for table in town.copied if table.rows}
        assert town.state is SchemaState.UNKNOWN
        with pytest.raises(migrations.SchemaRefused):
            migrations.upgrade(town.target)
        town.copy()
        assert town.state is SchemaState.CURRENT
        assert not town.fresh & done
        assert town.fresh

    async def test_takes_what_the_source_has_got_since(self, town: Town) -> None:
        with pytest.raises(KeyboardInterrupt):
            town.copy(until="exchanges")
        async with world_on(town.source, KEYS) as before:
            before.script.link = LinkedAccount(
                service_id="svc-2", shown_as="スズキ 様", token=Secret("other")
            )
            await before.settled(town.other, KASAMA)
        town.copy()
        assert {"moves", "books", "exchanges"} <= town.fresh
        async with world_on(town.target, KEYS) as after, world_on(town.source, KEYS) as before:
            assert await after.balance(town.other, KASAMA) == await before.balance(town.other, KASAMA)
            assert (await after.balance(town.other, KASAMA)).posted > 0


class TestNothingIsCopied:
    async def test_into_a_database_that_has_rows(self, town: Town) -> None:
        migrations.upgrade(town.target)
        async with world_on(town.target, KEYS) as already:
            member = await already.member()
        with pytest.raises(CopyFailed, match="rows in member_proofs already; name an empty database"):
            town.copy()
        assert town.state is SchemaState.CURRENT
        async with world_on(town.target, KEYS) as already:
            rows = await already.store.read(
                lambda conn: conn.execute(sa.select(tables.members.c.member_id)).scalars().all()
            )
        assert rows == [member]

    async def test_twice(self, town: Town) -> None:
        town.copy()
        with pytest.raises(CopyFailed, match="name an empty database"):
            town.copy()
        assert town.state is SchemaState.CURRENT

    async def test_from_a_schema_that_is_older(self, town: Town) -> None:
        alembic.command.downgrade(migrations.config(town.source), migrations.known_revisions()[-2])
        with pytest.raises(CopyFailed, match="older than this release"):
            town.copy()
        assert town.state is SchemaState.EMPTY

    async def test_into_a_database_of_another_program(self, town: Town) -> None:
        engine = sa.create_engine(town.target, poolclass=sa.NullPool)
        with engine.begin() as conn:
            conn.exec_driver_sql("CREATE TABLE somebody_elses (x int)")
        engine.dispose()
        with pytest.raises(CopyFailed, match="not this gateway's schema"):
            town.copy()

    def test_from_or_to_the_wrong_kind(self, postgres: str, tmp_path: Path) -> None:
        file = f"sqlite:///{tmp_path / 'other.db'}"
        with pytest.raises(CopyFailed, match="embedded database in a file"):
            copy_database(postgres, postgres, KEYS, print)
        with pytest.raises(CopyFailed, match="no PostgreSQL"):
            copy_database(file, file, KEYS, print)

    async def test_that_is_found_broken(self, town: Town) -> None:
        engine = sa.create_engine(town.source, poolclass=sa.NullPool)
        with engine.begin() as conn:
            conn.exec_driver_sql("UPDATE accounts SET posted = posted + 1 WHERE account LIKE 'member:%'")
        engine.dispose()
        with pytest.raises(CopyFailed, match="in the source as well"):
            town.copy()
        assert town.state is SchemaState.UNKNOWN


async def test_while_it_is_copied_nobody_writes_to_the_source(town: Town) -> None:
    refused: list[str] = []

    def report(_table: CopiedTable) -> None:
        if not refused:
            engine = sa.create_engine(town.source, poolclass=sa.NullPool, connect_args={"timeout": 0})
            with pytest.raises(sa.exc.OperationalError, match="locked"), engine.begin() as conn:
                conn.exec_driver_sql("DELETE FROM sessions")
            refused.append("locked")

    copy_database(town.source, town.target, KEYS, report)
    assert refused == ["locked"]


async def test_the_command_copies_between_two_settings(town: Town, tmp_path: Path) -> None:
    for name, secret in (("sealing", "s" * 32), ("lookup", LOOKUP.decode()), ("postgres", town.target)):
        path = tmp_path / f"{name}.secret"
        path.touch(mode=0o600)
        path.write_text(secret, "utf-8")
    security = '[security]\nsealing = { file = "sealing.secret" }\nlookup = { file = "lookup.secret" }\n'
    for name, database in (("old", f'url = "{town.source}"'), ("new", 'url = { file = "postgres.secret" }')):
        (tmp_path / f"{name}.toml").write_text(f"[database]\n{database}\n\n{security}", "utf-8")
    command = ["db", "copy", "--config", str(tmp_path / "old.toml"), "--to", str(tmp_path / "new.toml")]
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "gateway", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "everything is there: " in ended.stdout
    assert "  exchanges: 2 rows\n" in ended.stdout
    assert town.state is SchemaState.CURRENT
