"""A key has a life: after it nothing is sent again; and an order may take as long as the partner says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog

from gateway.errors import OutcomeUnknown, PartnerUnavailable
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_context import longest_debit
from gateway.exchanges.reversal_rows import ReversalState
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.states import State
from gateway.hookspecs import hookimpl
from gateway.model import (
    Declined,
    DeclineReason,
    InProgress,
    LinkKind,
    NoRecord,
    NotProcessed,
    Reversed,
)
from gateway.partners.partner import Partner
from tests.gateway.exchanges.conftest import CARDS, new_id
from tests.gateway.exchanges.outcomes.conftest import Generous

A_DAY = timedelta(hours=24)


class Forgetful(Generous):
    """The scripted partner, which keeps keys for a day and can be asked about reversals."""

    profile: Any = {"keys_kept_for": A_DAY}
    finding: Any = None

    @hookimpl
    def partner_profile(self):
        return replace(super().partner_profile(), **self.profile)

    @hookimpl
    async def find_reversal(self, reversal):
        return await self.script.say(self.finding, reversal, lambda it: NoRecord(exchange_id=it.exchange_id))


def partner_of(world, kind=Forgetful, **profile):
    own = type("Own", (kind,), {"profile": {"keys_kept_for": A_DAY} | profile})
    plugin = own(world.script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet"))
    world.context.partners[CARDS] = Partner(plugin, log=structlog.get_logger())
    return plugin


@pytest.fixture
def forgetful(world):
    return partner_of(world)


@pytest.fixture
def reversals(world, watch):
    return Reversals(world.context, watch.seconds)


async def begun(world, reversals, plugin):
    """A partial reversal whose reply was lost."""
    member = await world.member()
    exchange = await world.settled(member)
    plugin.reversal = OutcomeUnknown("lost reply")
    return member, await reversals.reverse(
        exchange.exchange_id, new_id(), units=1, reason="誤操作", operator="sato"
    )


async def polled(world, reversals, watch, **forward):
    watch.forward(**forward)
    await reversals.poll_once()


async def now(world, reversal):
    from gateway.exchanges import reversal_rows

    return await world.store.read(
        lambda conn: reversal_rows.get(conn, reversal.book_id, reversal.reversal_id)
    )


class TestAReversal:
    async def test_is_sent_again_under_its_id_while_the_partner_keeps_it(
        self, world, watch, reversals, forgetful
    ) -> None:
        member, reversal = await begun(world, reversals, forgetful)
        forgetful.reversal = None
        await polled(world, reversals, watch, hours=23)
        assert len(forgetful.asked) == 2
        assert (await now(world, reversal)).state is ReversalState.REVERSED
        assert (await world.balance(member)).posted == 450

    @pytest.mark.parametrize("hours", [23.99, 24, 25, 24 * 6])
    async def test_is_never_sent_again_after_it(self, world, watch, reversals, forgetful, hours) -> None:
        _, reversal = await begun(world, reversals, forgetful)
        forgetful.reversal = None
        forgetful.finding = PartnerUnavailable("out of order")
        await polled(world, reversals, watch, hours=hours)
        assert len(forgetful.asked) == 1
        assert (await now(world, reversal)).state is ReversalState.OPEN

    @pytest.mark.parametrize(("early", "sent"), [(timedelta(seconds=1), 2), (timedelta(), 1)])
    async def test_is_sent_again_while_it_arrives_before_the_key_ends_and_not_at_that_moment(
        self, world, watch, reversals, forgetful, early, sent
    ) -> None:
        await begun(world, reversals, forgetful)
        forgetful.reversal = None
        last = A_DAY - longest_debit(world.context.partner(CARDS)) - early
        await polled(world, reversals, watch, seconds=last.total_seconds())
        assert len(forgetful.asked) == sent

    @pytest.mark.parametrize("back", [timedelta(hours=25), timedelta(days=400)])
    async def test_a_calendar_that_is_set_back_makes_no_key_younger(
        self, world, watch, reversals, forgetful, back
    ) -> None:
        _, reversal = await begun(world, reversals, forgetful)
        await polled(world, reversals, watch, hours=1)  # this process knows the reversal
        assert len(forgetful.asked) == 2
        forgetful.finding = PartnerUnavailable("out of order")
        watch.forward(hours=25)
        world.clock.now -= back
        await reversals.poll_once()
        assert len(forgetful.asked) == 2
        assert (await now(world, reversal)).state is ReversalState.OPEN

    @pytest.mark.parametrize(
        ("found", "state", "points"),
        [
            (
                lambda it: Reversed(reversal_id=it.reversal_id, reference="FOUND", at=it.at),
                ReversalState.REVERSED,
                450,
            ),
            (
                lambda it: Declined(exchange_id=it.exchange_id, reason=DeclineReason.REFUSED),
                ReversalState.DECLINED,
                900,
            ),
            (lambda it: InProgress(exchange_id=it.exchange_id), ReversalState.OPEN, 900),
        ],
    )
    async def test_is_asked_about_then(
        self, world, watch, reversals, forgetful, found, state, points
    ) -> None:
        member, reversal = await begun(world, reversals, forgetful)
        forgetful.finding = found
        await polled(world, reversals, watch, hours=25)
        assert (await now(world, reversal)).state is state
        balance = await world.balance(member)
        assert (balance.posted, balance.held) == (points, 450 if state is ReversalState.OPEN else 0)

    async def test_is_believed_not_to_be_there_when_nothing_can_be_hiding(
        self, world, watch, reversals, forgetful
    ) -> None:
        member, reversal = await begun(world, reversals, forgetful)
        await polled(world, reversals, watch, hours=24)
        assert (await now(world, reversal)).state is ReversalState.OPEN
        await polled(world, reversals, watch, hours=2)
        assert (await now(world, reversal)).state is ReversalState.DECLINED
        balance = await world.balance(member)
        assert (balance.posted, balance.held) == (900, 0)

    @pytest.mark.parametrize("ahead", [timedelta(hours=25), timedelta(days=3), timedelta(days=400)])
    async def test_a_calendar_that_jumps_ahead_makes_no_record_no_older(
        self, world, watch, reversals, forgetful, ahead
    ) -> None:
        """What the partner got a moment ago may hide for 15 minutes, whatever this machine's calendar says."""
        member, reversal = await begun(world, reversals, forgetful)
        world.clock.now += ahead
        forgetful.reversal = None
        await reversals.poll_once()
        assert len(forgetful.asked) == 1
        world.clock.now += timedelta(hours=1)
        watch.seconds.now += 14 * 60
        await reversals.poll_once()
        assert (await now(world, reversal)).state in (ReversalState.OPEN, ReversalState.NEEDS_A_PERSON)
        assert (await world.balance(member)).held == 450

    async def test_a_process_that_starts_after_the_jump_waits_as_well(
        self, world, watch, reversals, forgetful
    ) -> None:
        _, reversal = await begun(world, reversals, forgetful)
        world.clock.now += timedelta(hours=25)
        await reversals.poll_once()
        for _ in range(2):  # each a process of its own, an hour later by the calendar alone
            world.clock.now += timedelta(hours=1)
            await Reversals(world.context, watch.seconds).poll_once()
        assert (await now(world, reversal)).state is ReversalState.OPEN

    async def test_a_key_that_has_ended_for_one_gateway_is_sent_by_none(
        self, world, watch, reversals, forgetful
    ) -> None:
        _, reversal = await begun(world, reversals, forgetful)
        world.clock.now += timedelta(hours=25)
        await reversals.poll_once()
        world.clock.now -= timedelta(hours=24)  # another, whose calendar is right
        forgetful.finding = PartnerUnavailable("out of order")
        for _ in range(3):
            world.clock.now += timedelta(hours=1)
            await Reversals(world.context, watch.seconds).poll_once()
        assert len(forgetful.asked) == 1
        assert (await now(world, reversal)).state is ReversalState.OPEN

    async def test_a_calendar_set_back_while_no_gateway_ran_makes_no_key_younger(
        self, world, watch, reversals, forgetful
    ) -> None:
        await begun(world, reversals, forgetful)
        forgetful.reversal = lambda it: InProgress(exchange_id=it.exchange_id)
        for _ in range(20):
            await polled(world, reversals, watch, hours=1)
        sent = len(forgetful.asked)
        assert sent > 15
        world.clock.now -= timedelta(hours=15)
        forgetful.finding = PartnerUnavailable("out of order")
        again = Reversals(world.context, watch.seconds)
        await again.poll_once()
        assert len(forgetful.asked) == sent

    async def test_waits_for_a_person_where_the_plugin_cannot_ask(self, world, watch, reversals) -> None:
        class Silent(Generous):
            profile: Any = None

            @hookimpl
            def partner_profile(self):
                return replace(super().partner_profile(), **self.profile)

        silent = partner_of(world, Silent)
        member, reversal = await begun(world, reversals, silent)
        with structlog.testing.capture_logs() as logs:
            await polled(world, reversals, watch, hours=24)
        assert [line["event"] for line in logs] == ["reversal"]  # it was not called for what it has not
        assert len(silent.asked) == 1
        assert (await now(world, reversal)).state is ReversalState.NEEDS_A_PERSON
        assert (await world.balance(member)).held == 450

    async def test_whose_key_has_ended_waits_for_a_person_once_the_plugin_cannot_ask_any_more(
        self, world, watch, reversals, forgetful
    ) -> None:
        """Also where the calendar was set back since: a key that has ended stays ended."""
        _, reversal = await begun(world, reversals, forgetful)
        forgetful.finding = PartnerUnavailable("out of order")
        await polled(world, reversals, watch, hours=25)
        assert (await now(world, reversal)).state is ReversalState.OPEN
        partner_of(world, Generous)
        world.clock.now -= timedelta(hours=23)
        again = Reversals(world.context, watch.seconds)
        await again.poll_once()
        assert (await now(world, reversal)).state is ReversalState.NEEDS_A_PERSON

    async def test_no_more_are_remembered_than_there_is_room_for(
        self, world, watch, reversals, forgetful, monkeypatch
    ) -> None:
        """The oldest is forgotten, and its age is then the calendar's again."""
        monkeypatch.setattr("gateway.exchanges.reversals.MAX_REMEMBERED", 2)
        forgetful.reversal = OutcomeUnknown("lost reply")
        for _ in range(4):
            member = await world.member()
            watch.own_account(member)
            exchange = await world.settled(member)
            await reversals.reverse(exchange.exchange_id, new_id(), units=1, reason="r", operator="o")
        assert len(reversals._first_seen) == 2

    async def test_that_was_not_looked_at_is_sent_again_when_the_partner_wants_it(
        self, world, watch, reversals, forgetful
    ) -> None:
        member = await world.member()
        exchange = await world.settled(member)
        forgetful.reversal = lambda it: NotProcessed(
            exchange_id=it.exchange_id, retry_after=timedelta(minutes=7)
        )
        reversal = await reversals.reverse(
            exchange.exchange_id, new_id(), units=1, reason="誤操作", operator="sato"
        )
        assert reversal.state is ReversalState.OPEN
        forgetful.reversal = None
        await polled(world, reversals, watch, minutes=6)
        assert len(forgetful.asked) == 1
        await polled(world, reversals, watch, minutes=1)
        assert (await now(world, reversal)).state is ReversalState.REVERSED

    async def test_is_asked_about_for_as_long_as_the_partner_takes(self, world, watch, reversals) -> None:
        slow = partner_of(world, decides_within=timedelta(days=14))
        slow.finding = lambda it: InProgress(exchange_id=it.exchange_id)
        _, reversal = await begun(world, reversals, slow)
        await polled(world, reversals, watch, days=13)
        assert (await now(world, reversal)).state is ReversalState.OPEN
        await polled(world, reversals, watch, days=1)
        assert (await now(world, reversal)).state is ReversalState.NEEDS_A_PERSON


class TestAnOrder:
    @pytest.mark.parametrize(
        ("decides_within", "words"),
        [(timedelta(days=14), "asked for 14 days"), (timedelta(hours=36), "asked for 36 hours")],
    )
    async def test_is_asked_about_for_as_long_as_the_partner_takes(
        self, world, watch, decides_within, words
    ) -> None:
        partner_of(world, decides_within=decides_within)
        _, exchange = await watch.opened()
        world.script.find = lambda id_: InProgress(exchange_id=id_)
        watch.forward(seconds=(decides_within - timedelta(hours=1)).total_seconds())
        assert await watch.settler.poll_once() == 1

        async def found():
            return await world.store.read(
                lambda conn: records.get(conn, exchange.book_id, exchange.exchange_id)
            )

        assert (await found()).state is State.OPEN
        watch.forward(hours=2)
        await watch.settler.poll_once()
        assert (await found()).state is State.NEEDS_A_PERSON
        story = await world.store.read(
            lambda conn: records.list_steps(conn, exchange.book_id, exchange.exchange_id)
        )
        assert story[-1].what == words
