"""A day is a day in Japan, half an hour after midnight and half an hour before, wherever the server's zone is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime

import pytest

from core_ledger import chart, unused_by_issue_date
from gateway.exchanges.reconciliation import Reconciliation, Verdict
from gateway.model import JST, Debited, DebitLine, DebitRecord, WalletId
from tests.gateway.exchanges.conftest import CARDS, KASAMA, World

JULY_31, AUGUST_1 = date(2018, 7, 31), date(2018, 8, 1)
JUST_BEFORE = datetime(2018, 7, 31, 23, 30, tzinfo=JST)
JUST_AFTER = datetime(2018, 8, 1, 0, 30, tzinfo=JST)


@pytest.fixture(params=["America/Los_Angeles", "Pacific/Kiritimati"], autouse=True)
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The zone of this machine and of its database sessions: 16 hours behind Japan, or 5 ahead."""
    with monkeypatch.context() as environment:
        environment.setenv("TZ", request.param)
        environment.setenv("PGTZ", request.param)
        time.tzset()
        yield
    time.tzset()


async def settled_at(world: World, ours: datetime, theirs: datetime):
    """An exchange that ends here at `ours`, and of which the partner says that it was debited at `theirs`."""
    world.clock.now = ours
    world.script.debit = lambda order: Debited(exchange_id=order.exchange_id, reference="R", at=theirs)
    return await world.settled(await world.member())


def listed(exchange, at: datetime) -> DebitRecord:
    lines = (DebitLine(wallet=WalletId("eikyu"), units=2, amount=200),)
    return DebitRecord(exchange_id=exchange.exchange_id, reference="R", lines=lines, at=at)


class TestThePartnersDayIsTheDayUnderWhichADebitIsCompared:
    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [(JUST_BEFORE, JUST_AFTER), (JUST_AFTER, JUST_BEFORE)],
        ids=["they-are-ahead", "they-are-behind"],
    )
    async def test_a_debit_stands_on_the_partners_day_alone(self, world, generous, ours, theirs) -> None:
        exchange = await settled_at(world, ours, theirs)
        their_day, our_day = theirs.date(), ours.date()
        days = []

        def book_of(day: date):
            days.append(day)
            return [listed(exchange, theirs)] if day == their_day else []

        generous.day = book_of
        comparison = Reconciliation(world.context)
        (line,) = (await comparison.compare(CARDS, their_day)).lines
        assert (line.verdict, line.note) == (Verdict.MATCHED, "")
        assert (await comparison.compare(CARDS, our_day)).lines == ()
        assert days == [their_day, our_day]  # no other day had to be asked for

    @pytest.mark.parametrize("at", [JUST_BEFORE, JUST_AFTER], ids=["23:30", "00:30"])
    async def test_one_that_the_partner_does_not_have_is_missed_on_its_day(self, world, generous, at) -> None:
        exchange = await settled_at(world, at, at)
        comparison = Reconciliation(world.context)
        (line,) = (await comparison.compare(CARDS, at.date())).differences
        assert (line.exchange_id, line.verdict) == (exchange.exchange_id, Verdict.OURS_ONLY)
        other = JULY_31 if at is JUST_AFTER else AUGUST_1
        assert (await comparison.compare(CARDS, other)).lines == ()


class TestPointsAreIssuedOnTheDayInJapan:
    @pytest.mark.parametrize("at", [JUST_BEFORE, JUST_AFTER], ids=["23:30", "00:30"])
    async def test_an_exchange_brings_points_of_that_day(self, world, at) -> None:
        world.clock.now = at
        member = await world.member()
        await world.settled(member)
        points = await world.store.read(lambda conn: unused_by_issue_date(conn, chart.reserve(member)))
        assert points == {at.date(): 900}

    @pytest.mark.parametrize(
        ("quoted_at", "points"),
        [(JUST_BEFORE, 1_100), (JUST_AFTER, 900)],
        ids=["in-the-last-half-hour", "half-an-hour-late"],
    )
    async def test_a_campaign_until_the_31st_ends_at_midnight(self, world, quoted_at, points) -> None:
        world.clock.now = quoted_at
        exchange = await world.quoted(await world.member(), KASAMA)
        assert exchange.quote.points == points

    @pytest.mark.parametrize(
        ("moved_at", "left"),
        [(JUST_BEFORE, 900), (JUST_AFTER, 0)],
        ids=["on-the-last-day", "on-the-day-after"],
    )
    async def test_reserve_waits_for_fourteen_days(self, world, moved_at, left) -> None:
        member = await world.member(default=True)
        world.clock.now = datetime(2018, 7, 18, 0, 30, tzinfo=JST)
        await world.settled(member)
        world.clock.now = moved_at
        await world.allocations.move_overdue(moved_at.astimezone(JST).date())
        assert (await world.balance(member)).posted == left
