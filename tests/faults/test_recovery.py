"""A database that has forgotten confirmed orders confirms nothing; each order comes back once, as its partner says."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from core_ledger import StoreError, standing_holds
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.recovery import (
    ForgottenOrder,
    Obstacle,
    list_forgotten,
    order_from_partner,
    recover_order,
)
from gateway.exchanges.restored_mode import RestoredMode
from gateway.exchanges.states import State
from gateway.platform.journal_reader import read_journal
from tests.faults import rollback
from tests.faults.house import CHAIN_KEYS, House, Person, open_house

BEFORE, AFTER = 2, 6


@dataclass
class Drill:
    house: House
    folder: Path
    url: str
    persons: list[Person]

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    @property
    def mode(self) -> RestoredMode:
        return RestoredMode(self.house.store, CHAIN_KEYS, self.journal)

    async def forgotten(self) -> list[ForgottenOrder]:
        lines = read_journal(self.journal, CHAIN_KEYS)
        assert lines.faults == ()
        return await self.house.store.read(lambda conn: list_forgotten(conn, lines.lines))

    async def from_partner(self) -> list[ForgottenOrder]:
        partner = self.house.context.partner("saison")
        now = self.house.clocks.calendar()
        rates = await partner.rate_table(now)
        debits = await partner.debits_on(now.date())
        forgotten_orders = await self.house.store.read(
            lambda conn: [order_from_partner(conn, partner, record, rates) for record in debits]
        )
        return [order for order in forgotten_orders if order is not None]

    async def recover(self, orders: list[ForgottenOrder]) -> list[object]:
        now = self.house.clocks.calendar()
        return [
            await self.house.store.run(
                lambda conn, order=order: recover_order(conn, order, operator="Sato", reason="disk", at=now)
            )
            for order in orders
        ]

    async def points(self) -> list[int]:
        return [await person.points() for person in self.persons]


@asynccontextmanager
async def drill_on(folder: Path, url: str) -> AsyncIterator[Drill]:
    """Some exchanges, a copy, more exchanges by members who were linked before, and the copy put back."""
    async with open_house(folder, url=url, journal=folder / "journal") as house:
        persons = [await house.person() for _ in range(BEFORE + AFTER)]
        linked = [await person.quoted() for person in persons]
        drill = Drill(house, folder, url, persons)
        for person, exchange in zip(persons[:BEFORE], linked[:BEFORE], strict=True):
            assert (await person.confirmed(exchange)).state is State.SETTLED
        rollback.take_copy(url, folder)
        for person, exchange in zip(persons[BEFORE : AFTER - 1], linked[BEFORE : AFTER - 1], strict=True):
            assert (await person.confirmed(exchange)).state is State.SETTLED
        for person in persons[AFTER - 1 :]:
            assert (
                await person.confirmed(await person.quoted(await second_exchange(person)))
            ).state is State.SETTLED
        assert await drill.points() == [900] * len(persons)
        rollback.put_back(url, folder)
        assert await drill.points() == [900] * BEFORE + [0] * AFTER
        yield drill


async def second_exchange(person: Person):
    return await person.begin(f"22222222-2222-4222-8222-{int(person.number[-4:]):012}")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def drill(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Drill]:
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres")
        engine = sa.create_engine(url)
        with engine.begin() as conn:
            conn.exec_driver_sql("DROP SCHEMA public CASCADE")
            conn.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()
    async with drill_on(tmp_path, url) as opened:
        yield opened


@pytest.mark.xdist_group("postgres")
class TestFromTheJournal:
    async def test_every_member_has_the_points_and_both_books_agree(self, drill: Drill) -> None:
        orders = await drill.forgotten()
        assert len(orders) == AFTER
        assert not await drill.house.books_agree()
        recovered = await drill.recover(orders)
        assert [getattr(exchange, "state", exchange) for exchange in recovered] == [State.SENDING] * AFTER
        assert await drill.house.until_all_have_ended() == []
        assert await drill.points() == [900] * (BEFORE + AFTER)
        assert await drill.house.books_agree()

    async def test_a_second_run_brings_nothing_twice(self, drill: Drill) -> None:
        orders = await drill.forgotten()
        await drill.recover(orders[:2])
        await drill.house.until_all_have_ended()
        assert [order.exchange_id for order in await drill.forgotten()] == [
            forgotten_order.exchange_id for forgotten_order in orders[2:]
        ]
        again = await drill.recover(orders)
        assert again[:2] == [None, None]
        await drill.house.until_all_have_ended()
        assert await drill.recover(orders) == [None] * AFTER
        assert await drill.points() == [900] * (BEFORE + AFTER)
        assert await drill.house.books_agree()

    async def test_a_recovery_that_breaks_at_any_statement_leaves_an_order_whole_or_absent(
        self, drill: Drill
    ) -> None:
        """Whatever ends it, the process or the database: what was written in one transaction is undone."""
        (order, *others) = await drill.forgotten()
        count = 0
        while True:
            breaking = BreakAt(count)
            sa.event.listen(drill.house.store.engine, "before_cursor_execute", breaking)
            with suppress(RuntimeError, StoreError):
                await drill.recover([order])
            sa.event.remove(drill.house.store.engine, "before_cursor_execute", breaking)
            if not breaking.broke:
                break
            assert len(await drill.forgotten()) == AFTER
            count += 1
        assert count > 3
        await drill.recover(others)
        await drill.house.until_all_have_ended()
        assert await drill.points() == [900] * (BEFORE + AFTER)
        assert await drill.house.books_agree()

    async def test_what_the_partner_never_had_gives_no_points(self, tmp_path: Path, drill: Drill) -> None:
        orders = await drill.forgotten()
        never = [order for order in orders if order.book.endswith(drill.persons[-1].member)]
        assert len(never) == 1
        stranger = ForgottenOrder(**{name: getattr(never[0], name) for name in never[0].__slots__} | {
            "exchange_id": "33333333-3333-4333-8333-333333333333"})  # fmt: skip
        (exchange,) = await drill.recover([stranger])
        assert isinstance(exchange, Exchange)
        book = exchange.book_id
        assert await drill.house.store.read(lambda conn: standing_holds(conn, book, stranger.exchange_id))
        await drill.house.until_all_have_ended()
        ended = await drill.house.store.read(lambda conn: records.get(conn, book, stranger.exchange_id))
        assert (ended.state, ended.reason) == (State.DECLINED, "no_record")
        assert (
            await drill.house.store.read(lambda conn: standing_holds(conn, book, stranger.exchange_id)) == []
        )
        assert (await drill.points())[-1] == 0

    async def test_a_member_who_is_forgotten_too_is_left_for_a_person(self, drill: Drill) -> None:
        orders = await drill.forgotten()
        member = orders[0].book.removeprefix("member:")
        await drill.house.store.run(
            lambda conn: conn.execute(
                sa.text("DELETE FROM members WHERE member_id = :member"), {"member": member}
            )
        )
        assert await drill.recover(orders[:1]) == [Obstacle.MEMBER_UNKNOWN]


@pytest.mark.xdist_group("postgres")
class TestFromThePartnersList:
    async def test_every_member_has_the_points_in_the_reserve(self, drill: Drill) -> None:
        orders = await drill.from_partner()
        assert len(orders) == AFTER
        assert {order.obstacle for order in orders} == {None}
        await drill.recover(orders)
        await drill.house.until_all_have_ended()
        assert await drill.points() == [900] * (BEFORE + AFTER)
        assert await drill.house.books_agree()
        assert await drill.from_partner() == []

    async def test_an_account_that_nobody_has_linked_is_left_for_a_person(self, drill: Drill) -> None:
        await drill.house.store.run(lambda conn: conn.execute(sa.text("DELETE FROM link_owners")))
        orders = await drill.from_partner()
        assert {order.obstacle for order in orders} == {Obstacle.ACCOUNT_UNKNOWN}
        assert await drill.recover(orders) == [Obstacle.ACCOUNT_UNKNOWN] * AFTER


@pytest.mark.xdist_group("postgres")
class TestRestoredMode:
    async def test_it_is_on_until_everything_is_back(self, drill: Drill) -> None:
        mode = drill.mode
        await mode.check()
        assert (mode.is_on, mode.forgotten) == (True, AFTER)
        with pytest.raises(ProblemError) as refused:
            mode.require_off()
        assert refused.value.type == "restored"
        await drill.recover(await drill.forgotten())
        await mode.check()
        assert not mode.is_on
        mode.require_off()


async def test_a_journal_that_cannot_be_written_lets_no_debit_leave(tmp_path: Path) -> None:
    async with open_house(tmp_path, journal=tmp_path / "journal") as house:
        person = await house.person()
        exchange = await person.quoted()
        shutil.rmtree(tmp_path / "journal")
        (tmp_path / "journal").write_text("no folder", "utf-8")
        done = await person.confirmed(exchange)
        assert done.state is State.NOT_SENT
        assert await house.site.entries() == []
        assert await person.points() == 0


class BreakAt:
    """Breaks the statement of this number."""

    def __init__(self, number: int) -> None:
        self.left, self.broke = number, False

    def __call__(self, *_: object) -> None:
        if not self.left:
            self.broke = True
            raise RuntimeError("cut here")
        self.left -= 1
