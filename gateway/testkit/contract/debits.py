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
from gateway.partners.loading.checks import hook_faults, missing_for_link
from gateway.partners.loading.profile_checks import coherence
from gateway.testkit.contract.environment import Environment, about, make_environment, moment_of, told
from gateway.testkit.contract.fake import FakePartner
from gateway.testkit.contract.levels import level_1, level_2, promises
from gateway.testkit.contract.unclear import LOST, like_it, refused, unclear_answers
from gateway.testkit.stubs import HandClock


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
    async def env(self) -> AsyncIterator[Environment]:
        clock = HandClock(moment_of(self))
        server = self.server(clock)
        watch = respx.MockRouter(assert_all_called=False)
        watch.route().mock(side_effect=server.meet)
        with watch, server.router:
            env = make_environment(self, server, clock)
            server.is_well()
            await env.signs_in()
            yield env
            await env.partner.aclose()

    # --- what the registry asks ------------------------------------------------------------------------------

    @level_1
    async def test_the_gateway_takes_the_plugin(self, env: Environment) -> None:
        profile = env.partner.profile
        if profile.link is not self.link:
            env.complain(
                "partner_profile",
                f"the profile says {profile.link}, the contract is for {self.link}",
                "use AccountContract for LinkKind.ACCOUNT and CouponContract for LinkKind.COUPON",
            )
        for fault in (*hook_faults(env.plugin), *missing_for_link(env.plugin, profile.link)):
            pytest.fail(f"{env.id}: {fault.text} ({fault.file}:{fault.line})", pytrace=False)
        table = await env.end(lambda it: it.rate_table(env.clock()))
        if not isinstance(table, RateTable):
            env.complain("rate_table", str(table), "correct the rate")
        for text in coherence(profile, table):
            env.complain("rate_table", text, "correct it")

    @level_1
    async def test_a_connection_is_proven_and_a_broken_one_is_told(self, env: Environment) -> None:
        ended = await env.end(lambda it: it.check_connection())
        if ended is not None:
            env.complain(
                "check_connection", str(ended), "let it return when the partner answers as is_well() says"
            )
        if not env.meeting.requests:
            env.complain(
                "check_connection",
                "check_connection() asks nobody",
                "send a request that needs our credentials",
            )
        at = len(env.meeting.requests) - 1
        like = env.answered(env.meeting.requests[at])
        for name, answer in unclear_answers(like.content, like=like).items():
            ended = await env.end(lambda it: it.check_connection(), {at: answer})
            if not isinstance(ended, PartnerUnavailable):
                env.complain(
                    "check_connection",
                    f"check_connection() is content with {name}",
                    "raise unless the answer is the one the partner documents",
                )

    # --- yes and no ------------------------------------------------------------------------------------------

    @level_1
    async def test_a_yes_is_debited(self, env: Environment) -> None:
        env.server.will_debit()
        order = await env.order()
        ended = await self.decided(env, order)
        taken = env.server.taken
        if not isinstance(ended, Debited):
            env.complain(
                "debit",
                f"the partner said yes and debit() ended with {told(ended)}: {ended}",
                "return Debited",
            )
        env.refuse_complaints("debit")
        for entry in taken.values():
            if entry.amounts != order.amounts:
                env.complain(
                    "debit",
                    f"{dict(entry.amounts)} was sent for an order of {order.amounts}",
                    "send order.amounts, each wallet in its own points",
                )
            if entry.holder not in env.holder(order):
                env.complain(
                    "debit", "the debit was sent for somebody else", "send the token or code of this order"
                )
            if ended.reference != entry.reference:
                env.complain(
                    "debit",
                    "the reference is not the partner's own",
                    "give Debited the reference of the partner's answer",
                )

    @level_1
    async def test_the_exchange_id_is_the_idempotency_key(self, env: Environment) -> None:
        env.server.will_debit()
        order = await env.order()
        await env.debit(order)
        if order.exchange_id not in env.server.taken:
            env.complain(
                "debit",
                f"the partner took it under {next(iter(env.server.taken), 'no id')!r}, not under the exchange id",
                "send order.exchange_id as the idempotency key, so that find_debit can ask for it",
            )

    @level_1
    async def test_the_same_order_twice_is_one_debit(self, env: Environment) -> None:
        env.server.will_debit()
        order = await env.order()
        for _ in range(2):
            await env.debit(order)
        if len(env.server.taken) != 1:
            env.complain(
                "debit",
                f"the same order was taken {len(env.server.taken)} times",
                "send order.exchange_id as the idempotency key, and nothing that is new at each call",
            )
        env.refuse_complaints("debit")

    @level_1
    async def test_an_explicit_no_is_declined(self, env: Environment) -> None:
        if not env.server.declines:
            pytest.fail("declines is empty; name the reasons that the partner gives for a no", pytrace=False)
        for reason in env.server.declines:
            env.server.will_decline(reason)
            order = await env.order()
            ended = await self.decided(env, order)
            if not isinstance(ended, Declined):
                env.complain(
                    "debit",
                    f"the partner said no ({reason}) and debit() ended with {told(ended)}: {ended}",
                    "return Declined for the partner's documented words for a no",
                )
            if ended.reason is not reason:
                env.complain(
                    "debit",
                    f"{reason} became {ended.reason}",
                    f"return Declined(reason=DeclineReason.{reason.name})",
                )

    async def decided(self, env: Environment, order: DebitOrder) -> object:
        """How an order ends: with the answer to it, or to `find_debit` where the partner always decides later."""
        ended = await env.debit(order)
        if not env.server.always_later:
            return ended
        if not isinstance(ended, InProgress):
            env.complain(
                "debit",
                f"the partner always decides later and debit() ended with {told(ended)}: {ended}",
                "return InProgress for the word with which it takes an order in",
            )
        if order.exchange_id in env.server.taken:
            env.server.remembers(order.exchange_id)
        return await env.end(lambda it: it.find_debit(order.exchange_id))

    # --- neither -----------------------------------------------------------------------------------------------

    @level_1
    async def test_a_lost_reply_is_unknown_and_was_sent_once(self, env: Environment) -> None:
        at, _ = await env.clear_debit()
        for lost in LOST:
            order = await env.order()
            ended = await env.debit(order, {at: lost()})
            if env.sent_again(at):
                env.complain(
                    "debit",
                    "the reply was lost and the debit was sent again",
                    "send it once and let OutcomeUnknown pass; the gateway asks find_debit",
                )
            if not isinstance(ended, OutcomeUnknown):
                env.complain(
                    "debit",
                    f"the reply was lost and debit() ended with {told(ended)}",
                    "let OutcomeUnknown pass: the points may have been taken",
                )

    @level_1
    async def test_a_refused_connection_is_not_sent(self, env: Environment) -> None:
        at, _ = await env.clear_debit()
        for position in range(at + 1):
            order = await env.order()
            ended = await env.debit(order, {position: refused()})
            if position < at and env.meeting.moving_at is not None:
                env.complain(
                    "debit",
                    "a request before the debit failed and the debit was sent all the same",
                    "let NotSent pass",
                )
            if len(env.meeting.requests) > position + 1 and env.sent_again(position):
                env.complain(
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
                env.complain(
                    "debit",
                    f"the connection was refused, {why}, and debit() ended with {told(ended)}",
                    f"let the client's {wanted.__name__} pass",
                )

    @level_1
    async def test_an_unclear_answer_is_unknown_and_was_sent_once(self, env: Environment) -> None:
        at, yes = await env.clear_debit()
        like = env.answered(env.meeting.requests[at])
        _, again = await env.clear_debit()
        no = await self._clear_no(env, at)

        def answers(order: DebitOrder) -> dict[str, httpx.Response]:
            clear_no = about(order, no) if no is not None else None
            return unclear_answers(about(order, yes), clear_no, again=about(order, again), like=like)

        for name in answers(await env.order()):
            order = await env.order()
            answer = answers(order)[name]
            ended = await env.debit(order, {at: answer})
            if env.sent_again(at):
                env.complain(
                    "debit",
                    f"the partner answered {name} and the debit was sent again",
                    "send it once and raise OutcomeUnknown; the gateway asks find_debit",
                )
            if not isinstance(ended, OutcomeUnknown):
                env.complain(
                    "debit",
                    f"the partner answered {name} and debit() ended with {told(ended)}",
                    "raise OutcomeUnknown: only a documented yes is Debited and only a documented no is Declined",
                )

    @level_2
    async def test_an_answer_about_another_exchange_is_unknown(self, env: Environment) -> None:
        at, yes = await env.clear_debit()
        like = env.answered(env.meeting.requests[at])
        order = await env.order()
        of_another = like_it(like, about(order, yes))
        order = await env.order()
        ended = await env.debit(order, {at: of_another})
        if not isinstance(ended, OutcomeUnknown):
            env.complain(
                "debit",
                f"the partner answered about another exchange and debit() ended with {told(ended)}",
                "compare the id in the answer with order.exchange_id and raise OutcomeUnknown where they differ",
            )

    async def _clear_no(self, env: Environment, at: int) -> bytes | None:
        if not env.server.declines:
            return None
        env.server.will_decline(env.server.declines[0])
        order = await env.order()
        await env.debit(order)
        no = env.answer_to(env.meeting.requests[at]) if len(env.meeting.requests) > at else None
        env.server.will_debit()
        return no

    # --- asking later --------------------------------------------------------------------------------------------

    @level_1
    async def test_a_debit_is_found(self, env: Environment) -> None:
        order = await self._debited(env)
        reference = env.server.taken[order.exchange_id].reference
        env.server.remembers(order.exchange_id)
        ended = await env.end(lambda it: it.find_debit(order.exchange_id))
        if not isinstance(ended, Debited) or ended.reference != reference:
            env.complain(
                "find_debit",
                f"the partner remembers the debit and find_debit() ended with {told(ended)}: {ended}",
                "return Debited with the partner's reference",
            )
        if env.meeting.moving_at is not None:
            env.complain("find_debit", "find_debit() takes points", "ask, and move nothing")

    @level_1
    async def test_a_debit_that_the_partner_does_not_know_is_admitted(self, env: Environment) -> None:
        exchange_id = env.new_id()
        env.server.forgets(exchange_id)
        ended = await env.end(lambda it: it.find_debit(exchange_id))
        if not isinstance(ended, NoRecord):
            env.complain(
                "find_debit",
                f"the partner knows nothing of it and find_debit() ended with {told(ended)}: {ended}",
                "return NoRecord; the gateway knows how long debits may hide",
            )

    @level_1
    async def test_an_unclear_look_up_is_no_answer(self, env: Environment) -> None:
        order = await self._debited(env)
        env.server.remembers(order.exchange_id)
        await env.end(lambda it: it.find_debit(order.exchange_id))
        like = env.answered(env.meeting.requests[-1])
        await env.end(lambda it: it.find_debit(order.exchange_id))
        again = env.answer_to(env.meeting.requests[-1])
        env.server.forgets(order.exchange_id)
        await env.end(lambda it: it.find_debit(order.exchange_id))
        no = env.answer_to(env.meeting.requests[-1])
        answers = unclear_answers(like.content, no, again=again, like=like)
        env.server.remembers(order.exchange_id)
        last = len(env.meeting.requests) - 1
        for name, answer in answers.items():
            await self._is_unanswered(env, order.exchange_id, last, name, answer)
        for lost in (*LOST, refused):
            await self._is_unanswered(env, order.exchange_id, last, "nothing, the reply was lost", lost())

    async def _is_unanswered(
        self, env: Environment, exchange_id: ExchangeId, at: int, name: str, answer: Any
    ) -> None:
        ended = await env.end(lambda it: it.find_debit(exchange_id), {at: answer})
        if not isinstance(ended, PartnerUnavailable):
            env.complain(
                "find_debit",
                f"the partner answered {name} and find_debit() ended with {told(ended)}",
                "raise: only the partner's documented word means NoRecord, or points would be given back twice",
            )

    async def _debited(self, env: Environment) -> DebitOrder:
        env.server.will_debit()
        order = await env.order()
        ended = await self.decided(env, order)
        if not isinstance(ended, Debited) or order.exchange_id not in env.server.taken:
            env.complain(
                "debit",
                f"the partner said yes and debit() ended with {told(ended)}",
                "return Debited, and send order.exchange_id",
            )
        return order
