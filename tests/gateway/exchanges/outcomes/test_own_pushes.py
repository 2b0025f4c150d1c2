"""Pushes in a partner's own format: its plugin proves and reads them; the gateway only asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from gateway import OtherPush, Push, PushedDebit, PushRefused, hookimpl
from gateway.errors import OutcomeUnknown, PartnerUnavailable, ProblemError
from gateway.exchanges import exchange_rows
from gateway.exchanges.inbound_pushes import InboundPushes
from gateway.exchanges.states import State
from gateway.model import Debited, ExchangeId, LinkKind
from gateway.partners.calls.breaker import BreakerState
from gateway.partners.partner import Partner
from tests.gateway.exchanges.conftest import CARDS, Scripted, World
from tests.gateway.exchanges.outcomes.conftest import Watch


class Pushing(Scripted):
    """`reads` is what its plugin makes of a push; `asked` what `find_debit` was asked with."""

    reads: Any = OtherPush()
    asked: list[str | None]

    @hookimpl
    async def read_push(self, push: Push) -> Any:
        return await self.script.say(self.reads, push, lambda _: OtherPush())

    @hookimpl
    async def find_debit(  # type: ignore[override]  # the fake underneath takes the id alone
        self, exchange_id: ExchangeId, reference: str | None
    ) -> Any:
        self.asked.append(reference)
        return await super().find_debit(exchange_id)


@pytest.fixture
async def plugin(world: World) -> AsyncIterator[Pushing]:
    plugin = Pushing(world.script, CARDS, LinkKind.ACCOUNT, ("eikyu", "wallet"))
    plugin.asked = []
    world.context.partners[CARDS] = Partner(plugin, log=structlog.get_logger())  # type: ignore[index]
    yield plugin
    await world.context.partners[CARDS].aclose()


@pytest.fixture
def pushes(watch: Watch) -> InboundPushes:
    return InboundPushes(watch.settler)


async def steps(world: World, exchange: Any) -> list[str]:
    told = await world.store.read(
        lambda conn: exchange_rows.list_steps(conn, exchange.book_id, exchange.exchange_id)
    )
    return [step.what for step in told]


class TestWhatAPushDoes:
    async def test_the_exchange_is_asked_about_with_the_number_that_the_push_told(
        self, watch: Watch, world: World, plugin: Pushing, pushes: InboundPushes
    ) -> None:
        _, exchange = await watch.opened()
        world.script.find = lambda id_: Debited(exchange_id=id_, reference="ch_1", at=world.clock())
        upper = ExchangeId(exchange.exchange_id.upper())
        plugin.reads = PushedDebit(exchange_id=upper, reference="ch_1")
        assert pushes.is_read_by_plugin(CARDS)
        await pushes.accept_own(CARDS, [("X-Sign", "1")], b"{}")
        assert await watch.settler.poll_once() == 1
        assert plugin.asked == ["ch_1"]
        settled = await world.exchanges.get(exchange.book_id.removeprefix("member:"), exchange.exchange_id)
        assert settled.state is State.SETTLED

    async def test_the_same_message_makes_nothing_due_again_and_the_number_is_written_once(
        self, watch: Watch, world: World, plugin: Pushing, pushes: InboundPushes
    ) -> None:
        _, exchange = await watch.opened()
        world.script.find = OutcomeUnknown("cannot say")
        plugin.reads = PushedDebit(exchange_id=exchange.exchange_id, reference="ch_1")
        for body, due in ((b"{}", 1), (b"{}", 0), (b"{ }", 1)):
            await pushes.accept_own(CARDS, [], body)
            assert await watch.settler.poll_once() == due
        assert (await steps(world, exchange)).count(exchange_rows.PUSHED) == 1

    async def test_another_event_and_an_exchange_that_is_not_there_do_nothing(
        self, watch: Watch, plugin: Pushing, pushes: InboundPushes
    ) -> None:
        await watch.opened()
        for reads in (OtherPush(), PushedDebit(exchange_id=ExchangeId("no such exchange"))):
            plugin.reads = reads
            await pushes.accept_own(CARDS, [], b"{}")
        assert await watch.settler.poll_once() == 0


class TestWhatIsNotBelieved:
    async def test_a_refused_push_is_no_reason_to_ask(
        self, watch: Watch, plugin: Pushing, pushes: InboundPushes
    ) -> None:
        await watch.opened()
        plugin.reads = PushRefused("signature")
        with pytest.raises(ProblemError) as caught:
            await pushes.accept_own(CARDS, [], b"{}")
        assert caught.value.type == "push-not-believed"
        assert await watch.settler.poll_once() == 0

    @pytest.mark.parametrize(
        "wrong",
        [
            None,
            "ch_1",
            PushedDebit(exchange_id=""),  # type: ignore[arg-type]
            PushedDebit(exchange_id=None),  # type: ignore[arg-type]
            PushedDebit(exchange_id=ExchangeId("x"), reference=""),
            PushedDebit(exchange_id=ExchangeId("x"), reference="a\nb"),
            PushedDebit(exchange_id=ExchangeId("x"), reference="r" * 201),
            PushedDebit(exchange_id=ExchangeId("x"), message_id=7),  # type: ignore[arg-type]
            ValueError("it stumbles"),
        ],
        ids=repr,
    )
    async def test_whatever_else_the_plugin_answers_the_partner_may_send_it_again(
        self, wrong: Any, plugin: Pushing, pushes: InboundPushes
    ) -> None:
        plugin.reads = wrong if isinstance(wrong, Exception) else lambda _: wrong
        with pytest.raises(PartnerUnavailable):
            await pushes.accept_own(CARDS, [], b"{}")

    async def test_strangers_say_nothing_about_the_partner(
        self, world: World, plugin: Pushing, pushes: InboundPushes
    ) -> None:
        """Neither do their pushes open its breaker, nor close one that is open."""
        partner = world.context.partners[CARDS]
        plugin.reads = PartnerUnavailable("its keys cannot be fetched")
        for _ in range(20):
            with pytest.raises(PartnerUnavailable):
                await pushes.accept_own(CARDS, [], b"{}")
        assert partner.breaker_state is BreakerState.CLOSED
        world.script.find = PartnerUnavailable("out of order")
        while partner.breaker_state is BreakerState.CLOSED:
            with pytest.raises(PartnerUnavailable):
                await partner.find_debit(ExchangeId("x"))
        plugin.reads = OtherPush()
        await pushes.accept_own(CARDS, [], b"{}")
        assert partner.breaker_state is BreakerState.OPEN

    async def test_headers_come_in_lower_case_joined_and_readable(
        self, plugin: Pushing, pushes: InboundPushes
    ) -> None:
        seen: list[Push] = []

        def reads(push: Push) -> OtherPush:
            seen.append(push)
            return OtherPush()

        plugin.reads = reads
        await pushes.accept_own(CARDS, [("X-Sign", "1"), ("x-sign", "2"), ("Odd", "a\udcff")], b"\xff")
        assert dict(seen[0].headers) == {"x-sign": "1, 2", "odd": "a?"}
        assert seen[0].body == b"\xff"
