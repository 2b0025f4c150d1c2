"""松: a full partner. It decides later, gives back, lists its day, says when to come again, serves many at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

import httpx
import pytest

from gateway.errors import NotSent, OutcomeUnknown, PartnerUnavailable
from gateway.model import (
    JST,
    Debited,
    DebitOrder,
    DebitRecord,
    Declined,
    InProgress,
    NoRecord,
    Reversal,
    Reversed,
)
from gateway.partners.partner import Partner
from gateway.testkit.contract.environment import Environment, told
from gateway.testkit.contract.levels import level_3
from gateway.testkit.contract.safety import SafeAmongOthers
from gateway.testkit.contract.unclear import LOST, refused, unclear_answers


class FullPartner(SafeAmongOthers):
    """Hooks and answers that not every partner has; what a partner cannot do is exempted by name."""

    @level_3
    async def test_a_decision_that_comes_later_is_in_progress(self, env: Environment) -> None:
        order = await env.order()
        env.server.will_decide_later()
        ended = await env.debit(order)
        if not isinstance(ended, InProgress):
            env.complain(
                "debit",
                f"the partner will decide later and debit() ended with {told(ended)}: {ended}",
                "return InProgress",
            )
        found = await env.end(lambda it: it.find_debit(order.exchange_id))
        if isinstance(found, NoRecord | Declined):
            env.complain(
                "find_debit",
                f"the partner has not decided yet and find_debit() ended with {told(found)}",
                "return InProgress: the points would be given back, and the partner may still take them",
            )

    @level_3
    async def test_sixteen_orders_at_once_stay_apart(self, env: Environment) -> None:
        env.server.will_debit()
        orders = [await env.order(member=f"kit-member-{number}") for number in range(16)]
        await env.end(lambda it: it.check_connection())
        ended = await asyncio.gather(*(env.partner.debit(order) for order in orders), return_exceptions=True)
        wanted = InProgress if env.server.always_later else Debited
        for order, end in zip(orders, ended, strict=True):
            taken = env.server.taken.get(order.exchange_id)
            if (
                not isinstance(end, wanted)
                or taken is None
                or taken.holder not in env.holder(order)
                or (isinstance(end, Debited) and taken.reference != end.reference)
            ):
                env.complain(
                    "debit",
                    f"of sixteen orders at once one ended with {told(end)} or was taken from another member",
                    "keep nothing of an order on self: several calls run at the same time",
                )

    @level_3
    async def test_a_partner_that_asks_for_patience_is_given_it(self, env: Environment) -> None:
        answer = httpx.Response(503, headers={"retry-after": "60"})
        exchange_id = env.new_id()
        env.server.forgets(exchange_id)
        ended = await env.end(lambda it: it.find_debit(exchange_id), {0: answer})
        if not isinstance(ended, PartnerUnavailable) or ended.retry_after_s != 60:
            env.complain(
                "find_debit",
                "the partner said Retry-After: 60 and nobody is told",
                "raise PartnerUnavailable(text, retry_after_s=60) for a 503 that has the header",
            )

    @level_3
    async def test_a_day_is_listed_with_every_debit(self, env: Environment) -> None:
        self._needs(env, "debits_on")
        env.server.will_debit()
        orders = [await env.order() for _ in range(3)]
        for order in orders:
            await env.debit(order)
        day = env.clock().astimezone(JST).date()
        env.server.lists(day)
        ended = await env.end(lambda it: it.debits_on(day))
        if isinstance(ended, Exception):
            env.complain("debits_on", str(ended), "give a DebitRecord for each debit of the day")
        assert isinstance(ended, tuple)
        listed = {
            it.exchange_id: (it.reference, {line.wallet: line.amount for line in it.lines}) for it in ended
        }
        wanted = {it.exchange_id: (it.reference, dict(it.amounts)) for it in env.server.taken.values()}
        if listed != wanted:
            env.complain(
                "debits_on",
                f"the partner has {len(wanted)} debits on that day, debits_on() tells {len(listed)} or other amounts",
                "give one DebitRecord for each, page by page where the partner answers in pages",
            )

    @level_3
    async def test_a_day_tells_what_was_given_back(self, env: Environment) -> None:
        self._needs(env, "debits_on")
        whole = await self._reversal(env)
        one, part = await self._reversal(env), await self._reversal(env)
        untouched = await self._reversal(env)
        first = part.lines[0]
        half = replace(first, units=first.units // 2, amount=first.amount // 2)
        for reversal in (whole, replace(part, lines=(half,)), *_in_two(one)):
            await env.end(partial(Partner.reverse_debit, reversal=reversal))
        day = env.clock().astimezone(JST).date()
        env.server.lists(day)
        ended = await env.end(lambda it: it.debits_on(day))
        if isinstance(ended, Exception):
            env.complain("debits_on", str(ended), "give a DebitRecord for each debit of the day")
        assert isinstance(ended, tuple)
        listed = {it.exchange_id: _given_back(it) for it in ended}
        wanted = {it.exchange_id: env.server.returned(it.exchange_id) for it in (whole, one, part, untouched)}
        if listed != wanted:
            env.complain(
                "debits_on",
                "the partner gave points of some debits back, wholly and in parts, and the day tells otherwise",
                "fill DebitRecord.given_back with what the partner returned until now; where its list tells no"
                " parts, exempt this test with the reason",
            )

    @level_3
    async def test_points_are_given_back_once(self, env: Environment) -> None:
        reversal = await self._reversal(env)
        for _ in range(2):
            ended = await env.end(lambda it: it.reverse_debit(reversal))
            if not isinstance(ended, Reversed):
                env.complain(
                    "reverse_debit",
                    f"the partner said yes and reverse_debit() ended with {told(ended)}: {ended}",
                    "return Reversed",
                )
        amounts = {line.wallet: line.amount for line in reversal.lines}
        if env.server.given_back != {reversal.reversal_id: (reversal.exchange_id, amounts)}:
            env.complain(
                "reverse_debit",
                "the partner gave back something else than was asked for, or twice",
                "send reversal.reversal_id as the idempotency key, reversal.exchange_id and the lines",
            )
        env.refuse_complaints("reverse_debit")

    @level_3
    async def test_a_reversal_without_a_clear_answer_is_unknown(self, env: Environment) -> None:
        reversal = await self._reversal(env)
        await env.end(lambda it: it.reverse_debit(reversal))
        at = env.meeting.moving_at
        if at is None:
            env.complain("reverse_debit", "the partner gave nothing back", "send the reversal")
        like = env.answered(env.meeting.requests[at])
        answers = unclear_answers(like.content, like=like)
        faults = [*answers.items(), *(("nothing", lost()) for lost in LOST)]
        for name, fault in faults:
            ended = await env.end(lambda it: it.reverse_debit(reversal), {at: fault})  # type: ignore[dict-item]
            if not isinstance(ended, OutcomeUnknown) or env.sent_again(at):
                env.complain(
                    "reverse_debit",
                    f"the partner answered {name} and reverse_debit() ended with {told(ended)}",
                    "send it once and raise OutcomeUnknown",
                )
        ended = await env.end(lambda it: it.reverse_debit(reversal), {0: refused()})
        if not isinstance(ended, NotSent):
            env.complain(
                "reverse_debit",
                f"the connection was refused and reverse_debit() ended with {told(ended)}",
                "let NotSent pass",
            )

    async def ask_everything(self, env: Environment, order: DebitOrder) -> None:
        await super().ask_everything(env, order)
        if env.partner.can("debits_on"):
            day = env.clock().astimezone(JST).date()
            env.server.lists(day)
            await env.end(lambda it: it.debits_on(day))

    async def _reversal(self, env: Environment) -> Reversal:
        self._needs(env, "reverse_debit")
        env.server.will_debit()
        order = await env.order()
        debited = await self.decided(env, order)
        if not isinstance(debited, Debited | Declined):
            env.complain("debit", f"debit() ended with {told(debited)}", "return Debited")
        assert isinstance(debited, Debited)
        env.server.will_give_back()
        env.clock.forward(timedelta(minutes=5))
        return Reversal(
            reversal_id=f"kit-reversal-{order.exchange_id}",
            exchange_id=order.exchange_id,
            debit=debited,
            lines=order.lines,
            at=env.clock(),
            account=order.account,
        )

    def _needs(self, env: Environment, hook: str) -> None:
        if not env.partner.can(hook):
            pytest.skip(f"the plugin has no {hook}(); add it, or exempt this test with the reason")


def _in_two(reversal: Reversal) -> tuple[Reversal, Reversal]:
    """The same points in two steps, so that the day has to tell their sum."""
    first = reversal.lines[0]
    half = replace(first, units=first.units // 2, amount=first.amount // 2)
    return replace(reversal, lines=(half,)), replace(
        reversal, reversal_id=f"{reversal.reversal_id}-2", lines=(half,)
    )


def _given_back(record: DebitRecord) -> dict[str, int] | None:
    if record.given_back is None:
        return None
    amounts: dict[str, int] = {}
    for line in record.given_back:
        amounts[line.wallet] = amounts.get(line.wallet, 0) + line.amount
    return amounts
