"""What a machine must not bring back after a restore, and how restored mode ends in spite of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import threading
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core_ledger import ChainKeys, chart
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows
from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.recovery import (
    CONFIRMED,
    DEALT_WITH,
    ForgottenOrder,
    Obstacle,
    for_member,
    journal_line,
    order_from_partner,
)
from gateway.exchanges.recovery_search import Missing, RecoverySearch
from gateway.exchanges.restored_mode import RestoredMode
from gateway.exchanges.reversal_recovery import recover_reversal
from gateway.exchanges.reversal_rows import ReversalState
from gateway.exchanges.states import State
from gateway.model import Campaign, DebitLine, DebitRecord, DestinationKind, Label, Rate, RateTable, WalletId
from gateway.platform.journal import MARKER
from tests.faults import rollback
from tests.faults.house import CHAIN_KEYS, HASTY_S, House, Person, open_house
from tests.faults.test_recovery import AFTER, BEFORE, Drill, drill_on

_ALL = BEFORE + AFTER


@pytest.fixture
async def drill(tmp_path: Path) -> AsyncIterator[Drill]:
    async with drill_on(tmp_path, f"sqlite:///{tmp_path / 'gateway.db'}") as opened:
        yield opened


async def find(drill: Drill, journal: bool = True) -> Missing:
    return await RecoverySearch(drill.house.context, CHAIN_KEYS, drill.journal if journal else None).find()


async def stored(drill: Drill, order: ForgottenOrder) -> records.Exchange | None:
    return await drill.house.store.read(lambda conn: records.find(conn, order.book, order.exchange_id))


def person_of(drill: Drill, order: ForgottenOrder) -> Person:
    return next(each for each in drill.persons if chart.member_book(each.member) == order.book)


class TestTheMomentOfSending:
    """The journal may be slow: what others may have given up by then is not sent."""

    async def test_a_debit_whose_line_took_too_long_does_not_leave(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with open_house(tmp_path, journal=tmp_path / "journal") as house:
            person = await house.person()
            exchange = await person.quoted()
            sync = os.fdatasync

            def slow(file: int) -> None:
                sync(file)
                house.clocks.forward(dt.timedelta(seconds=11))

            monkeypatch.setattr(os, "fdatasync", slow)
            done = await person.confirmed(exchange)
            assert (done.state, await house.site.entries()) == (State.NOT_SENT, [])

    async def test_a_journal_that_hangs_is_given_up(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with open_house(tmp_path, journal=tmp_path / "journal") as house:
            person = await house.person()
            exchange = await person.quoted()
            hangs = threading.Event()
            monkeypatch.setattr(os, "fdatasync", lambda _: hangs.wait(60))
            with house.other_partner(house.partner(house.site.url, HASTY_S)):
                done = await asyncio.wait_for(person.confirmed(exchange), 20)
            assert (done.state, await house.site.entries()) == (State.NOT_SENT, [])
            hangs.set()


class TestTheEndOfRestoredMode:
    async def test_a_difference_that_was_closed_ends_it(self, drill: Drill) -> None:
        """An order that had expired here gets its points by `reconcile close`; it is not missing then."""
        (order, *others) = await drill.forgotten()
        book, now = order.book, drill.house.clocks.calendar()

        def job(conn: sa.Connection) -> None:
            exchange = records.get_locked(conn, book, order.exchange_id)
            records.transition(conn, exchange, State.EXPIRED, now, "left alone for a day", ended_at=now)

        await drill.house.store.run(job)
        assert await drill.recover([order]) == [Obstacle.ENDED]
        closing = await CorrectionService(drill.house.context).close(
            "saison", now.date(), order.exchange_id, reason="照合の結果", operator="Sato"
        )
        assert closing.points == 900
        mode = drill.mode
        await mode.check()
        assert (mode.is_on, mode.forgotten) == (True, len(others))
        await drill.recover(others)
        await mode.check()
        assert not mode.is_on
        await drill.house.until_all_have_ended()
        assert await drill.points() == [900] * _ALL

    async def test_what_a_person_has_left_ends_it(self, drill: Drill) -> None:
        (order, *others) = await drill.forgotten()
        mode = drill.mode
        await mode.check()
        journal = drill.house.context.journal
        assert journal is not None
        await journal.append(
            DEALT_WITH, {"exchange_id": order.exchange_id, "operator": "Sato", "reason": "paid back"}
        )
        await drill.recover(others)
        await mode.check()
        assert not mode.is_on
        assert [each.exchange_id for each in (await find(drill)).orders] == []
        again = drill.mode
        await again.check()
        assert not again.is_on

    async def test_a_member_who_registered_anew_has_the_points_by_the_account(self, drill: Drill) -> None:
        (order, *others) = await drill.forgotten()
        before = person_of(drill, order)
        await forget_member(drill, before)
        assert await drill.recover([order]) == [Obstacle.MEMBER_UNKNOWN]
        drill.house.clocks.forward(dt.timedelta(minutes=5))
        again = replace(await drill.house.person(), number=before.number)
        await again.linked()
        (first, *_) = await drill.recover([order])
        assert isinstance(first, records.Exchange)
        assert first.book_id == chart.member_book(again.member)
        await drill.recover(others)
        mode = drill.mode
        await mode.check()
        assert not mode.is_on
        await drill.house.until_all_have_ended()
        assert await again.points() == 900
        assert await drill.house.books_agree()

    async def test_an_account_that_was_another_members_before_the_order_gives_that_member_nothing(
        self, drill: Drill
    ) -> None:
        (order, *_) = await drill.forgotten()
        await forget_member(drill, person_of(drill, order))
        stranger = drill.persons[0]

        def linked_before(conn: sa.Connection) -> None:
            book = chart.member_book(stranger.member)
            for table in ("linked_accounts", "link_owners"):
                conn.execute(sa.text(f"DELETE FROM {table} WHERE book_id = :book"), {"book": book})
            at = order.confirmed_at - dt.timedelta(days=1)
            assert order.service_id is not None
            link = link_rows.Link(
                book_id=book, partner_id="saison", service_id=order.service_id, shown_as="x", linked_at=at
            )
            link_rows.save(conn, link)

        await drill.house.store.run(linked_before)
        assert await drill.recover([order]) == [Obstacle.MEMBER_UNKNOWN]

    async def test_nothing_expires_while_it_is_on(self, drill: Drill) -> None:
        """A quoted exchange may be a confirmed one that was forgotten: it must stay able to come back."""
        mode = drill.mode
        await mode.check()
        stored_orders = [order for order in await drill.forgotten() if await stored(drill, order) is not None]
        order = stored_orders[0]
        member = person_of(drill, order).member
        drill.house.clocks.forward(dt.timedelta(hours=25))
        restored = replace(drill.house.context, is_restored=lambda: mode.is_on)
        exchange = await restored.current(chart.member_book(member), order.exchange_id)
        assert exchange.state is State.QUOTED
        await drill.recover(await drill.forgotten())
        await mode.check()
        assert not mode.is_on
        await drill.house.until_all_have_ended()
        assert await drill.points() == [900] * _ALL


async def forget_member(drill: Drill, person: Person) -> None:
    book = chart.member_book(person.member)

    def job(conn: sa.Connection) -> None:
        for table in ("members", "linked_accounts", "link_owners", "exchanges", "exchange_owners"):
            column, value = ("member_id", person.member) if table == "members" else ("book_id", book)
            conn.execute(sa.text(f"DELETE FROM {table} WHERE {column} = :value"), {"value": value})

    await drill.house.store.run(job)


class TestWhatWasGivenBack:
    @pytest.mark.parametrize("part", ["whole", "half"])
    async def test_points_that_the_partner_gave_back_are_not_given(self, drill: Drill, part: str) -> None:
        orders = await drill.forgotten()
        (line,) = orders[0].quote.debit_lines
        amount = line.amount if part == "whole" else line.amount // 2
        await drill.house.site.give_back(
            orders[0].exchange_id, {str(line.wallet): amount}, drill.house.clocks.calendar()
        )
        missing = await find(drill)
        obstacles = {order.exchange_id: order.obstacle for order in missing.orders}
        assert obstacles.pop(orders[0].exchange_id) is Obstacle.GIVEN_BACK
        assert set(obstacles.values()) == {None}
        assert (await drill.recover(missing.orders))[0] is Obstacle.GIVEN_BACK
        # The same from the partner's list alone; what was given back whole is owed to nobody.
        alone = {order.exchange_id: order.obstacle for order in (await find(drill, journal=False)).orders}
        assert alone.get(orders[0].exchange_id) is (None if part == "whole" else Obstacle.GIVEN_BACK)

    @pytest.mark.parametrize("of", ["a forgotten exchange", "an exchange that is here"])
    @pytest.mark.parametrize("by_hand", [False, True])
    async def test_a_reversal_that_was_forgotten_comes_back(
        self, tmp_path: Path, of: str, by_hand: bool
    ) -> None:
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        async with open_house(tmp_path, url=url, journal=tmp_path / "journal") as house:
            person = await house.person()
            exchange = await person.quoted()
            if of == "an exchange that is here":
                exchange = await person.confirmed(exchange)
            rollback.take_copy(url, tmp_path)
            if of == "a forgotten exchange":
                exchange = await person.confirmed(exchange)
            reversal_id = str(uuid.uuid4())
            if by_hand:
                assert exchange.quote is not None
                (line,) = exchange.quote.debit_lines
                amounts = {str(line.wallet): line.amount // line.units}
                await house.site.give_back(exchange.exchange_id, amounts, house.clocks.calendar())
            done = await house.reversals.reverse(
                exchange.exchange_id, reversal_id, units=1, reason="誤り", operator="Sato", by_hand=by_hand,
            )  # fmt: skip
            assert done.state is ReversalState.REVERSED
            assert (await person.points(), await house.books_agree()) == (450, True)
            rollback.put_back(url, tmp_path)
            drill = Drill(house, tmp_path, url, [person])
            mode = drill.mode
            await mode.check()
            assert mode.is_on
            missing = await find(drill)
            assert len(missing.reversals) == 1
            for _ in range(2):
                await drill.recover(missing.orders)
                await house.until_all_have_ended()
                recovered = await recover_all_reversals(house, missing)
                await house.until_all_have_ended()
            assert recovered == [None]
            assert (await person.points(), await house.books_agree()) == (450, True)
            await mode.check()
            assert not mode.is_on


async def recover_all_reversals(house: House, missing: Missing) -> list[object]:
    at = house.clocks.calendar()
    return [
        await house.store.run(
            lambda conn, each=each: recover_reversal(conn, each, operator="Sato", reason="disk", at=at)
        )
        for each in missing.reversals
    ]


async def test_a_difference_that_was_closed_without_points_is_not_recovered(drill: Drill) -> None:
    """Both sides have agreed otherwise: the order is not given points behind their backs."""
    (order, *others) = await drill.forgotten()
    await drill.house.store.run(lambda conn: forget_exchange(conn, order))
    await CorrectionService(drill.house.context).close(
        "saison",
        order.confirmed_at.date(),
        order.exchange_id,
        reason="voucher sent",
        operator="Sato",
        leave=True,
    )
    assert await drill.recover([order]) == [Obstacle.CLOSED]
    for journal in (True, False):
        ids = {each.exchange_id for each in (await find(drill, journal=journal)).orders}
        assert ids == {each.exchange_id for each in others}


def forget_exchange(conn: sa.Connection, order: ForgottenOrder) -> None:
    for table in ("exchanges", "exchange_owners"):
        query = sa.text(f"DELETE FROM {table} WHERE exchange_id = :id")
        conn.execute(query, {"id": order.exchange_id})


RESERVE = frozenset({DestinationKind.RESERVE})
CAMPAIGN = Campaign(id="summer", name=Label("夏", "summer"), funder="town", extra_points_per_unit=100)
NOON = dt.datetime(2018, 7, 31, 12, tzinfo=dt.timezone(dt.timedelta(hours=9)))


def rate(points: int, cost: int = 100, **more: Any) -> Rate:
    return Rate(
        wallet=WalletId("eikyu"), destinations=RESERVE, cost_per_unit=cost, points_per_unit=points, source="test",
        sample=True, **more,
    )  # type: ignore[arg-type]  # fmt: skip


class TestTheRateThatWasPromised:
    @pytest.mark.parametrize(
        ("rates", "points"),
        [
            ([rate(450)], 900),
            ([rate(450, max_units=1), rate(500, min_units=2)], 1000),
            ([rate(450), rate(550, campaign=CAMPAIGN)], 1100),
            ([rate(450), rate(550, campaign=CAMPAIGN, ends_at=NOON)], None),
            ([rate(450, ends_at=NOON - dt.timedelta(minutes=3)), rate(400, starts_at=NOON - dt.timedelta(minutes=3))], None),
            ([rate(450, ends_at=NOON - dt.timedelta(hours=1)), rate(400, starts_at=NOON - dt.timedelta(hours=1))], 800),
            ([rate(450, cost=200, max_units=1), rate(500, min_units=2)], None),
            ([rate(450, min_units=3)], None),
            ([], None),
        ],
        ids=["one", "tier", "campaign", "campaign ended", "changed in the quote's life", "changed before", "two answers", "too few", "none"],
    )  # fmt: skip
    async def test_it_is_the_one_in_force_or_a_person_decides(
        self, drill: Drill, rates: list[Rate], points: int | None
    ) -> None:
        partner = drill.house.context.partner("saison")
        record = DebitRecord(
            exchange_id="44444444-4444-4444-8444-444444444444",  # type: ignore[arg-type]
            reference="r",
            lines=(DebitLine(wallet="eikyu", amount=200),),  # type: ignore[arg-type]
            at=NOON,
            service_id=(await drill.forgotten())[0].service_id,
        )
        order = await drill.house.store.read(
            lambda conn: order_from_partner(conn, partner, record, RateTable(rates=tuple(rates)))
        )
        assert order is not None
        if points is None:
            assert order.obstacle is Obstacle.NO_RATE
        else:
            assert (order.obstacle, order.points) == (None, points)

    async def test_an_account_that_was_linked_later_is_left_until_a_person_says_whose_it_was(
        self, drill: Drill
    ) -> None:
        def relink(conn: sa.Connection) -> None:
            later = "UPDATE linked_accounts SET linked_at = linked_at + 60000000"
            conn.execute(sa.text(later))

        await drill.house.store.run(relink)
        orders = (await find(drill, journal=False)).orders
        assert {order.obstacle for order in orders} == {Obstacle.LINKED_LATER}
        assert await drill.recover(orders) == [Obstacle.LINKED_LATER] * AFTER
        decided = [for_member(order, order.book.removeprefix("member:")) for order in orders]
        await drill.recover(decided)
        await drill.house.until_all_have_ended()
        assert await drill.points() == [900] * _ALL


class TestWhatIsRead:
    async def test_an_old_order_that_is_missing_is_found_behind_many_newer_ones(self, tmp_path: Path) -> None:
        """Failing over to a standby that lagged for long, or many segments: what is old counts as well."""
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        async with open_house(tmp_path, url=url, journal=tmp_path / "journal") as house:
            persons = [await house.person() for _ in range(2)]
            done = [await person.confirmed() for person in persons]
            mode = RestoredMode(house.store, CHAIN_KEYS, tmp_path / "journal")
            await mode.check()
            assert not mode.is_on
            await house.store.run(lambda conn: unconfirm(conn, done[0]))
            journal = house.context.journal
            assert journal is not None
            line = journal_line(done[1])
            await asyncio.gather(*(journal.append(CONFIRMED, line) for _ in range(2_500)))
            fresh = RestoredMode(house.store, CHAIN_KEYS, tmp_path / "journal")
            await fresh.check()
            assert (fresh.is_on, fresh.forgotten) == (True, 1)

    async def test_a_database_that_is_rolled_back_under_a_running_gateway_is_noticed(
        self, tmp_path: Path
    ) -> None:
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
        async with open_house(tmp_path, url=url, journal=tmp_path / "journal") as house:
            persons = [await house.person() for _ in range(3)]
            quoted = [await person.quoted() for person in persons]
            rollback.take_copy(url, tmp_path)
            mode = RestoredMode(house.store, CHAIN_KEYS, tmp_path / "journal")
            for person, exchange in zip(persons, quoted, strict=True):
                await person.confirmed(exchange)
                await mode.check()
                assert not mode.is_on
            rollback.put_back(url, tmp_path)
            await mode.check()
            assert (mode.is_on, mode.forgotten) == (True, 3)

    @pytest.mark.parametrize(
        "fault", ["another key", "a changed line", "no folder", "an empty folder", "cut off"]
    )
    async def test_a_journal_that_cannot_be_read_says_nothing_so_the_mode_is_on(
        self, tmp_path: Path, fault: str
    ) -> None:
        folder, keys = tmp_path / "journal", CHAIN_KEYS
        async with open_house(tmp_path, journal=folder) as house:
            person = await house.person()
            await person.confirmed()
            mode = RestoredMode(house.store, CHAIN_KEYS, folder)
            await mode.check()
            assert not mode.is_on
            (segment,) = folder.glob("*.journal")
            if fault == "another key":
                keys = ChainKeys.of([b"o" * 32])
            elif fault == "a changed line":
                segment.write_bytes(segment.read_bytes().replace(b"saison", b"saisoM"))
            elif fault == "cut off":
                segment.write_bytes(segment.read_bytes()[:-30])
            else:
                segment.unlink()
                (folder / MARKER).unlink()
                if fault == "no folder":
                    folder.rmdir()
            started = RestoredMode(house.store, keys, folder)
            await started.check()
            if fault != "cut off":  # a process that starts cannot tell it from what a crash leaves
                assert started.is_on
                assert started.unknown
            if fault in ("no folder", "an empty folder", "cut off"):
                await mode.check()
                assert mode.is_on


def unconfirm(conn: sa.Connection, exchange: records.Exchange) -> None:
    query = sa.text("UPDATE exchanges SET sent_at = NULL, state = 'quoted' WHERE exchange_id = :id")
    conn.execute(query, {"id": exchange.exchange_id})


class TestTheSearch:
    async def test_what_could_not_be_looked_at_is_said(self, drill: Drill) -> None:
        partners = drill.house.context.partners
        with drill.house.other_partner(drill.house.partner("http://127.0.0.1:9", HASTY_S)):
            missing = await find(drill)
            assert any("cannot be asked about" in sentence for sentence in missing.unseen)
            assert {order.obstacle for order in missing.orders} == {Obstacle.NOT_ASKED}
        saison = partners.pop("saison")  # type: ignore[attr-defined]
        try:
            assert "nothing was looked at" in (await find(drill, journal=False)).unseen[0]
        finally:
            partners["saison"] = saison  # type: ignore[index]

    async def test_an_order_of_no_known_member_is_told_before_anything_is_done(self, drill: Drill) -> None:
        order = (await drill.forgotten())[0]
        await forget_member(drill, person_of(drill, order))
        lines = [each for each in (await find(drill)).orders if each.exchange_id == order.exchange_id]
        assert [each.obstacle for each in lines] == [Obstacle.MEMBER_UNKNOWN]
