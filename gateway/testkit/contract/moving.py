"""梅: points cannot be lost. What every plugin does with debits, whatever its link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import httpx
import pytest
import pytest_asyncio
import respx

from gateway.errors import NotSent, OutcomeUnknown, PartnerUnavailable
from gateway.loading.checks import hook_faults, missing_for_link
from gateway.loading.coherence import coherence
from gateway.model import (
    Debited,
    DebitOrder,
    Declined,
    ExchangeId,
    InProgress,
    LinkKind,
    NoRecord,
    RateTable,
)
from gateway.testkit.contract.fake import FakePartner
from gateway.testkit.contract.levels import promises, take, ume
from gateway.testkit.contract.unclear import LOST, like_it, refused, unclear_answers
from gateway.testkit.contract.world import World, about, moment_of, new_world, told
from gateway.testkit.plugin_world import HandClock


@pytest.mark.asyncio
class Contract:
    """The base of both contracts. An author's class names `plugin` and `server`, and exempts by name with a reason."""

    plugin: ClassVar[Any]
    server: ClassVar[type[FakePartner]]
    exempt: ClassVar[Mapping[str, str]] = {}
    moment: ClassVar[datetime | None] = None
    link: ClassVar[LinkKind]

    @pytest.fixture(autouse=True)
    def _exempted(self, request: pytest.FixtureRequest) -> None:
        name = request.node.originalname
        known = promises(type(self))
        for exempted, reason in self.exempt.items():
            if exempted not in known:
                pytest.fail(f"exempt: the contract has no {exempted}; take it out of `exempt`", pytrace=False)
            if not reason.strip():
                pytest.fail(f"exempt: {exempted} has no reason; say why", pytrace=False)
        if name in self.exempt:
            pytest.skip(f"exempt: {self.exempt[name]}")

    @pytest_asyncio.fixture
    async def world(self) -> AsyncIterator[World]:
        clock = HandClock(moment_of(self))
        server = self.server(clock)
        watch = respx.MockRouter(assert_all_called=False)
        watch.route().mock(side_effect=server.meet)
        with watch, server.router:
            world = new_world(self, server, clock)
            server.is_well()
            await world.signs_in()
            yield world
            await world.partner.aclose()

    # --- what the registry asks ------------------------------------------------------------------------------

    @ume
    async def test_the_gateway_takes_the_plugin(self, world: World) -> None:
        profile = world.partner.profile
        if profile.link is not self.link:
            world.complain(
                "partner_profile",
                f"the profile says {profile.link}, the contract is for {self.link}",
                "use AccountContract for LinkKind.ACCOUNT and CouponContract for LinkKind.COUPON",
            )
        for fault in (*hook_faults(world.plugin), *missing_for_link(world.plugin, profile.link)):
            pytest.fail(f"{world.id}: {fault.text} ({fault.file}:{fault.line})", pytrace=False)
        table = await world.end(lambda it: it.rate_table(world.clock()))
        if not isinstance(table, RateTable):
            world.complain("rate_table", str(table), "correct the rate")
        for text in coherence(profile, table):
            world.complain("rate_table", text, "correct it")

    @ume
    async def test_a_connection_is_proven_and_a_broken_one_is_told(self, world: World) -> None:
        ended = await world.end(lambda it: it.check_connection())
        if ended is not None:
            world.complain(
                "check_connection", str(ended), "let it return when the partner answers as is_well() says"
            )
        if not world.meeting.requests:
            world.complain(
                "check_connection",
                "check_connection() asks nobody",
                "send a request that needs our credentials",
            )
        at = len(world.meeting.requests) - 1
        like = world.answered(world.meeting.requests[at])
        for name, answer in unclear_answers(like.content, like=like).items():
            ended = await world.end(lambda it: it.check_connection(), {at: answer})
            if not isinstance(ended, PartnerUnavailable):
                world.complain(
                    "check_connection",
                    f"check_connection() is content with {name}",
                    "raise unless the answer is the one the partner documents",
                )

    # --- yes and no ------------------------------------------------------------------------------------------

    @ume
    async def test_a_yes_is_debited(self, world: World) -> None:
        world.server.will_debit()
        order = await world.order()
        ended = await self.decided(world, order)
        taken = world.server.taken
        if not isinstance(ended, Debited):
            world.complain(
                "debit",
                f"the partner said yes and debit() ended with {told(ended)}: {ended}",
                "return Debited",
            )
        world.refuse_complaints("debit")
        for entry in taken.values():
            if entry.amounts != order.amounts:
                world.complain(
                    "debit",
                    f"{dict(entry.amounts)} was sent for an order of {order.amounts}",
                    "send order.amounts, each wallet in its own points",
                )
            if entry.holder not in world.holder(order):
                world.complain(
                    "debit", "the debit was sent for somebody else", "send the token or code of this order"
                )
            if ended.reference != entry.reference:
                world.complain(
                    "debit",
                    "the reference is not the partner's own",
                    "give Debited the reference of the partner's answer",
                )

    @ume
    async def test_the_exchange_id_is_the_idempotency_key(self, world: World) -> None:
        world.server.will_debit()
        order = await world.order()
        await world.debit(order)
        if order.exchange_id not in world.server.taken:
            world.complain(
                "debit",
                f"the partner took it under {next(iter(world.server.taken), 'no id')!r}, not under the exchange id",
                "send order.exchange_id as the idempotency key, so that find_debit can ask for it",
            )

    @ume
    async def test_the_same_order_twice_is_one_debit(self, world: World) -> None:
        world.server.will_debit()
        order = await world.order()
        for _ in range(2):
            await world.debit(order)
        if len(world.server.taken) != 1:
            world.complain(
                "debit",
                f"the same order was taken {len(world.server.taken)} times",
                "send order.exchange_id as the idempotency key, and nothing that is new at each call",
            )
        world.refuse_complaints("debit")

    @ume
    async def test_an_explicit_no_is_declined(self, world: World) -> None:
        if not world.server.declines:
            pytest.fail("declines is empty; name the reasons that the partner gives for a no", pytrace=False)
        for reason in world.server.declines:
            world.server.will_decline(reason)
            order = await world.order()
            ended = await self.decided(world, order)
            if not isinstance(ended, Declined):
                world.complain(
                    "debit",
                    f"the partner said no ({reason}) and debit() ended with {told(ended)}: {ended}",
                    "return Declined for the partner's documented words for a no",
                )
            if ended.reason is not reason:
                world.complain(
                    "debit",
                    f"{reason} became {ended.reason}",
                    f"return Declined(reason=DeclineReason.{reason.name})",
                )

    async def decided(self, world: World, order: DebitOrder) -> object:
        """How an order ends: with the answer to it, or to `find_debit` where the partner always decides later."""
        ended = await world.debit(order)
        if not world.server.always_later:
            return ended
        if not isinstance(ended, InProgress):
            world.complain(
                "debit",
                f"the partner always decides later and debit() ended with {told(ended)}: {ended}",
                "return InProgress for the word with which it takes an order in",
            )
        if order.exchange_id in world.server.taken:
            world.server.remembers(order.exchange_id)
        return await world.end(lambda it: it.find_debit(order.exchange_id))

    # --- neither -----------------------------------------------------------------------------------------------

    @ume
    async def test_a_lost_reply_is_unknown_and_was_sent_once(self, world: World) -> None:
        at, _ = await world.clear_debit()
        for lost in LOST:
            order = await world.order()
            ended = await world.debit(order, {at: lost()})
            if world.sent_again(at):
                world.complain(
                    "debit",
                    "the reply was lost and the debit was sent again",
                    "send it once and let OutcomeUnknown pass; the gateway asks find_debit",
                )
            if not isinstance(ended, OutcomeUnknown):
                world.complain(
                    "debit",
                    f"the reply was lost and debit() ended with {told(ended)}",
                    "let OutcomeUnknown pass: the points may have been taken",
                )

    @ume
    async def test_a_refused_connection_is_not_sent(self, world: World) -> None:
        at, _ = await world.clear_debit()
        for position in range(at + 1):
            order = await world.order()
            ended = await world.debit(order, {position: refused()})
            if position < at and world.meeting.moving_at is not None:
                world.complain(
                    "debit",
                    "a request before the debit failed and the debit was sent all the same",
                    "let NotSent pass",
                )
            if len(world.meeting.requests) > position + 1 and world.sent_again(position):
                world.complain(
                    "debit",
                    "the connection was refused and the request was sent again",
                    "send it once and let NotSent pass; the gateway decides what comes next",
                )
            wanted = NotSent if position == 0 else OutcomeUnknown
            if not isinstance(ended, wanted):
                why = (
                    "nothing left this machine"
                    if position == 0
                    else "an earlier request of this call had left already"
                )
                world.complain(
                    "debit",
                    f"the connection was refused, {why}, and debit() ended with {told(ended)}",
                    f"let the client's {wanted.__name__} pass",
                )

    @ume
    async def test_an_unclear_answer_is_unknown_and_was_sent_once(self, world: World) -> None:
        at, yes = await world.clear_debit()
        like = world.answered(world.meeting.requests[at])
        _, again = await world.clear_debit()
        no = await self._clear_no(world, at)

        def answers(order: DebitOrder) -> dict[str, httpx.Response]:
            clear_no = about(order, no) if no is not None else None
            return unclear_answers(about(order, yes), clear_no, again=about(order, again), like=like)

        for name in answers(await world.order()):
            order = await world.order()
            answer = answers(order)[name]
            ended = await world.debit(order, {at: answer})
            if world.sent_again(at):
                world.complain(
                    "debit",
                    f"the partner answered {name} and the debit was sent again",
                    "send it once and raise OutcomeUnknown; the gateway asks find_debit",
                )
            if not isinstance(ended, OutcomeUnknown):
                world.complain(
                    "debit",
                    f"the partner answered {name} and debit() ended with {told(ended)}",
                    "raise OutcomeUnknown: only a documented yes is Debited and only a documented no is Declined",
                )

    @take
    async def test_an_answer_about_another_exchange_is_unknown(self, world: World) -> None:
        at, yes = await world.clear_debit()
        like = world.answered(world.meeting.requests[at])
        order = await world.order()
        of_another = like_it(like, about(order, yes))
        order = await world.order()
        ended = await world.debit(order, {at: of_another})
        if not isinstance(ended, OutcomeUnknown):
            world.complain(
                "debit",
                f"the partner answered about another exchange and debit() ended with {told(ended)}",
                "compare the id in the answer with order.exchange_id and raise OutcomeUnknown where they differ",
            )

    async def _clear_no(self, world: World, at: int) -> bytes | None:
        if not world.server.declines:
            return None
        world.server.will_decline(world.server.declines[0])
        order = await world.order()
        await world.debit(order)
        no = world.answer_to(world.meeting.requests[at]) if len(world.meeting.requests) > at else None
        world.server.will_debit()
        return no

    # --- asking later --------------------------------------------------------------------------------------------

    @ume
    async def test_a_debit_is_found(self, world: World) -> None:
        order = await self._debited(world)
        reference = world.server.taken[order.exchange_id].reference
        world.server.remembers(order.exchange_id)
        ended = await world.end(lambda it: it.find_debit(order.exchange_id))
        if not isinstance(ended, Debited) or ended.reference != reference:
            world.complain(
                "find_debit",
                f"the partner remembers the debit and find_debit() ended with {told(ended)}: {ended}",
                "return Debited with the partner's reference",
            )
        if world.meeting.moving_at is not None:
            world.complain("find_debit", "find_debit() takes points", "ask, and move nothing")

    @ume
    async def test_a_debit_that_the_partner_does_not_know_is_admitted(self, world: World) -> None:
        exchange_id = world.new_id()
        world.server.forgets(exchange_id)
        ended = await world.end(lambda it: it.find_debit(exchange_id))
        if not isinstance(ended, NoRecord):
            world.complain(
                "find_debit",
                f"the partner knows nothing of it and find_debit() ended with {told(ended)}: {ended}",
                "return NoRecord; the gateway knows how long debits may hide",
            )

    @ume
    async def test_an_unclear_look_up_is_no_answer(self, world: World) -> None:
        order = await self._debited(world)
        world.server.remembers(order.exchange_id)
        await world.end(lambda it: it.find_debit(order.exchange_id))
        like = world.answered(world.meeting.requests[-1])
        await world.end(lambda it: it.find_debit(order.exchange_id))
        again = world.answer_to(world.meeting.requests[-1])
        world.server.forgets(order.exchange_id)
        await world.end(lambda it: it.find_debit(order.exchange_id))
        no = world.answer_to(world.meeting.requests[-1])
        answers = unclear_answers(like.content, no, again=again, like=like)
        world.server.remembers(order.exchange_id)
        last = len(world.meeting.requests) - 1
        for name, answer in answers.items():
            await self._is_unanswered(world, order.exchange_id, last, name, answer)
        for lost in (*LOST, refused):
            await self._is_unanswered(world, order.exchange_id, last, "nothing, the reply was lost", lost())

    async def _is_unanswered(
        self, world: World, exchange_id: ExchangeId, at: int, name: str, answer: Any
    ) -> None:
        ended = await world.end(lambda it: it.find_debit(exchange_id), {at: answer})
        if not isinstance(ended, PartnerUnavailable):
            world.complain(
                "find_debit",
                f"the partner answered {name} and find_debit() ended with {told(ended)}",
                "raise: only the partner's documented word means NoRecord, or points would be given back twice",
            )

    async def _debited(self, world: World) -> DebitOrder:
        world.server.will_debit()
        order = await world.order()
        ended = await self.decided(world, order)
        if not isinstance(ended, Debited) or order.exchange_id not in world.server.taken:
            world.complain(
                "debit",
                f"the partner said yes and debit() ended with {told(ended)}",
                "return Debited, and send order.exchange_id",
            )
        return order
