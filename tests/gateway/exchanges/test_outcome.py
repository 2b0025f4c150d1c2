"""What an answer does, whenever it comes and however often."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import structlog
from sqlalchemy import insert

from core_ledger import Hold, Void, audit, chart, entries, ledger, standing_holds
from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.outcome import ASK_AFTER, NeverSent, Unknown
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.states import State
from gateway.model import JST, Debited, Declined, DeclineReason, InProgress, NoRecord
from gateway.platform import tables
from gateway.platform.tables import point_rules
from gateway.points.expiry import expire_in
from tests.gateway.exchanges.conftest import KASAMA


async def open_exchange(world):
    member = await world.member()
    world.script.debit = OutcomeUnknown("lost reply")
    return member, await world.settled(member)


def yes(exchange, clock):
    return Debited(exchange_id=exchange.exchange_id, reference="LATE", at=clock())


def no(exchange):
    return Declined(exchange_id=exchange.exchange_id, reason=DeclineReason.REFUSED)


async def test_a_late_yes_settles_and_a_second_yes_changes_nothing(world) -> None:
    member, exchange = await open_exchange(world)
    for _ in range(3):
        done = await world.exchanges.write_outcome(exchange, yes(exchange, world.clock), [])
        assert done.state is State.SETTLED
    assert (await world.balance(member)).posted == 900
    assert await world.total("partner:cards:due") == -900


@pytest.mark.parametrize("answer", [no, lambda x: NoRecord(exchange_id=x.exchange_id)])
async def test_a_late_no_gives_back_once(world, answer) -> None:
    member, exchange = await open_exchange(world)
    for _ in range(2):
        done = await world.exchanges.write_outcome(exchange, answer(exchange), [])
        assert done.state is State.DECLINED
    balance = await world.balance(member)
    assert (balance.posted, balance.coming) == (0, 0)


@pytest.mark.parametrize("first_is_yes", [True, False])
async def test_a_contradiction_changes_nothing_and_is_told(world, first_is_yes) -> None:
    member, exchange = await open_exchange(world)
    answers = [yes(exchange, world.clock), no(exchange)]
    with structlog.testing.capture_logs() as lines:
        for answer in answers if first_is_yes else answers[::-1]:
            done = await world.exchanges.write_outcome(exchange, answer, [])
    (line,) = [line for line in lines if line["event"] == "contradiction"]
    assert (line["log_level"], line["exchange_id"], line["state"]) == (
        "error", exchange.exchange_id, done.state,
    )  # fmt: skip
    assert done.state is (State.SETTLED if first_is_yes else State.DECLINED)
    assert (await world.balance(member)).posted == (900 if first_is_yes else 0)
    story = await world.store.read(
        lambda conn: records.list_steps(conn, exchange.book_id, exchange.exchange_id)
    )
    assert story[-1].what == "contradiction"


async def test_not_sent_is_not_believed_of_a_debit_that_may_have_left_before(world) -> None:
    _, exchange = await open_exchange(world)
    done = await world.exchanges.write_outcome(exchange, NeverSent("breaker open"), [])
    assert done.state is State.OPEN


async def test_what_is_not_known_from_a_claim_that_ended_meanwhile_is_one_more_try(world) -> None:
    """The other gateway has written its own answer and left the claim: both have heard nothing."""
    _, exchange = await open_exchange(world)
    claims = []
    for _ in range(2):
        world.clock.forward(hours=1)
        now, until = world.clock(), world.clock() + timedelta(minutes=1)
        key = exchange.book_id, exchange.exchange_id
        claims.append(await world.store.run(lambda conn: records.lease(conn, *key, now, until)))  # noqa: B023
    slow, quick = claims
    for claim in (quick, slow):
        done = await world.exchanges.write_outcome(claim, Unknown("silence"), [])
        assert (done.state, done.leased_until) == (State.OPEN, None)


async def test_asking_waits_longer_each_time_and_ends_with_a_person(world) -> None:
    member, exchange = await open_exchange(world)
    waits = [exchange.ask_at - world.clock()]
    while True:
        world.clock.now = exchange.ask_at
        exchange = await world.exchanges.write_outcome(exchange, Unknown("still"), [])
        if exchange.state is not State.OPEN:
            break
        waits.append(exchange.ask_at - world.clock())
    assert waits[:5] == list(ASK_AFTER)
    assert set(waits[5:]) == {timedelta(hours=1)}
    assert exchange.state is State.NEEDS_A_PERSON
    assert world.clock() - exchange.sent_at >= timedelta(days=7)
    assert (await world.balance(member)).coming == 900
    again = await world.exchanges.write_outcome(exchange, InProgress(exchange_id=exchange.exchange_id), [])
    assert again.state is State.NEEDS_A_PERSON
    done = await world.exchanges.write_outcome(exchange, yes(exchange, world.clock), [])
    assert done.state is State.SETTLED
    assert (await world.balance(member)).posted == 900


async def test_points_that_come_when_those_of_their_day_have_expired_are_issued_when_they_come(world) -> None:
    """What was confirmed in the last second of a fiscal year is answered in the next one."""
    rule = {
        "municipality": "082163", "point_service": "kasama-ouen", "version": 1, "takes_effect_on": "2018-04-01",
        "unit_value_yen": 1, "expiry": "fiscal_year", "expiry_count": 0, "open_for_direct_exchange": True,
        "worse": "[]", "decided_by": "s", "decided_at": world.clock(),
    }  # fmt: skip
    await world.store.run(lambda conn: conn.execute(insert(point_rules).values(**rule)))
    world.clock.now = datetime(2019, 3, 31, 23, 59, 59, tzinfo=JST)
    member = await world.member()
    quoted = await world.quoted(member, KASAMA)
    world.script.debit = OutcomeUnknown("lost reply")
    exchange = await world.exchanges.confirm(member, quoted.exchange_id, quoted.quote.quote_id)
    world.clock.forward(seconds=5)
    for _ in range(2):
        done = await world.exchanges.write_outcome(exchange, yes(exchange, world.clock), [])
        assert done.state is State.SETTLED
    account = chart.municipal(member, "082163", "kasama-ouen")
    (line,) = await world.store.read(lambda conn: entries(conn, chart.member_book(member), account))
    assert (line.kind, line.reference, line.details["exchange_id"]) == (
        "exchange",
        "LATE",
        exchange.exchange_id,
    )
    assert await world.store.run(lambda conn: expire_in(conn, account, world.clock())) == 0
    balance = await world.balance(member, KASAMA)
    assert (balance.posted, balance.coming) == (900, 0)
    assert (await world.store.read(audit.verify)).ok


class TestHoldsOfAnotherRelease:
    """What stands for an exchange is read from the ledger: another release may have divided it otherwise."""

    @pytest.fixture
    async def divided(self, world):
        """An open exchange whose 900 points are held in two parts of 100 and 800, each with a name of its own."""
        member, exchange = await open_exchange(world)

        def divide(conn):
            (hold,) = standing_holds(conn, exchange.book_id, exchange.exchange_id)
            ledger.apply(conn, [Void(id="v", book=hold.book, hold=hold.id, at=hold.at, reason="divided")])
            for part, points in (("first", 100), ("second", 800)):
                ledger.apply(conn, [replace(hold, id=f"{exchange.exchange_id}:{part}", points=points)])

        await world.store.run(divide)
        return member, exchange

    @pytest.mark.parametrize("answer", [yes, lambda exchange, _: no(exchange)], ids=["a yes", "a no"])
    async def test_an_answer_ends_every_one_of_them(self, world, divided, answer) -> None:
        member, exchange = divided
        assert (await world.balance(member)).coming == 900
        done = await world.exchanges.write_outcome(exchange, answer(exchange, world.clock), [])
        balance = await world.balance(member)
        assert (balance.coming, balance.posted) == (0, 900 if done.state is State.SETTLED else 0)
        assert await world.store.read(lambda conn: audit.verify(conn).faults) == ()

    async def test_where_they_are_not_what_was_promised_nothing_is_posted_and_a_person_looks(
        self, world
    ) -> None:
        member, exchange = await open_exchange(world)
        extra = Hold(
            id=f"{exchange.exchange_id}:extra", book=exchange.book_id, source=chart.partner_due("cards"),
            target=chart.reserve(member), points=50, at=world.clock(), kind="exchange", issued_on=world.clock().date(),
        )  # fmt: skip
        await world.store.run(lambda conn: ledger.hold(conn, extra))
        done = await world.exchanges.write_outcome(exchange, yes(exchange, world.clock), [])
        assert (done.state, done.reason) == (State.NEEDS_A_PERSON, "held_otherwise")
        balance = await world.balance(member)
        assert (balance.posted, balance.coming) == (0, 950)

    @pytest.fixture
    async def held_otherwise(self, world):
        """An exchange that waits for a person, with 50 points too many held for it."""
        member, exchange = await open_exchange(world)
        extra = Hold(
            id=f"{exchange.exchange_id}:extra", book=exchange.book_id, source=chart.partner_due("cards"),
            target=chart.reserve(member), points=50, at=world.clock(), kind="exchange", issued_on=world.clock().date(),
        )  # fmt: skip
        await world.store.run(lambda conn: ledger.hold(conn, extra))
        world.script.find = lambda id_: Debited(exchange_id=id_, reference="R", at=world.clock())
        await world.exchanges.write_outcome(exchange, yes(exchange, world.clock), [])
        return member, exchange

    @pytest.mark.parametrize("first", ["unknown", "held_otherwise"])
    async def test_the_members_page_shows_it_all_the_same(self, world, held_otherwise, first) -> None:
        member, exchange = held_otherwise
        if first == "unknown":  # it waited for a person before the partner's yes
            table = tables.exchanges.update().values(reason=first)
            await world.store.run(lambda conn: conn.execute(table))
        poller = OutcomePoller(world.exchanges)
        for _ in range(2):
            world.clock.forward(minutes=1)
            shown = await poller.get_and_refresh(member, exchange.exchange_id)
            assert (shown.state, shown.reason) == (State.NEEDS_A_PERSON, "held_otherwise")
        assert (await world.balance(member)).posted == 0

    async def test_a_person_ends_it_with_a_no_though_the_partner_says_yes(
        self, world, held_otherwise
    ) -> None:
        member, exchange = held_otherwise
        resolve = functools.partial(
            OutcomePoller(world.exchanges).resolve, exchange.exchange_id, reason="台帳", operator="sato"
        )
        with pytest.raises(ProblemError, match="the ledger holds 950 points for this exchange and its quote"):
            await resolve(debited=True)
        world.clock.forward(minutes=1)
        assert (await resolve(debited=False)).state is State.DECLINED
        balance = await world.balance(member)
        assert (balance.coming, balance.posted) == (0, 0)
