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
from gateway.partner import Partner
from gateway.testkit.contract.behaviour import SafeAmongOthers
from gateway.testkit.contract.levels import matsu
from gateway.testkit.contract.unclear import LOST, refused, unclear_answers
from gateway.testkit.contract.world import World, told


class FullPartner(SafeAmongOthers):
    """Hooks and answers that not every partner has; what a partner cannot do is exempted by name."""

    @matsu
    async def test_a_decision_that_comes_later_is_in_progress(self, world: World) -> None:
        order = await world.order()
        world.server.will_decide_later()
        ended = await world.debit(order)
        if not isinstance(ended, InProgress):
            world.complain(
                "debit",
                f"the partner will decide later and debit() ended with {told(ended)}: {ended}",
                "return InProgress",
            )
        found = await world.end(lambda it: it.find_debit(order.exchange_id))
        if isinstance(found, NoRecord | Declined):
            world.complain(
                "find_debit",
                f"the partner has not decided yet and find_debit() ended with {told(found)}",
                "return InProgress: the points would be given back, and the partner may still take them",
            )

    @matsu
    async def test_sixteen_orders_at_once_stay_apart(self, world: World) -> None:
        world.server.will_debit()
        orders = [await world.order(member=f"kit-member-{number}") for number in range(16)]
        await world.end(lambda it: it.check_connection())
        ended = await asyncio.gather(
            *(world.partner.debit(order) for order in orders), return_exceptions=True
        )
        wanted = InProgress if world.server.always_later else Debited
        for order, end in zip(orders, ended, strict=True):
            taken = world.server.taken.get(order.exchange_id)
            if (
                not isinstance(end, wanted)
                or taken is None
                or taken.holder not in world.holder(order)
                or (isinstance(end, Debited) and taken.reference != end.reference)
            ):
                world.complain(
                    "debit",
                    f"of sixteen orders at once one ended with {told(end)} or was taken from another member",
                    "keep nothing of an order on self: several calls run at the same time",
                )

    @matsu
    async def test_a_partner_that_asks_for_patience_is_given_it(self, world: World) -> None:
        answer = httpx.Response(503, headers={"retry-after": "60"})
        exchange_id = world.new_id()
        world.server.forgets(exchange_id)
        ended = await world.end(lambda it: it.find_debit(exchange_id), {0: answer})
        if not isinstance(ended, PartnerUnavailable) or ended.retry_after_s != 60:
            world.complain(
                "find_debit",
                "the partner said Retry-After: 60 and nobody is told",
                "raise PartnerUnavailable(text, retry_after_s=60) for a 503 that has the header",
            )

    @matsu
    async def test_a_day_is_listed_with_every_debit(self, world: World) -> None:
        self._needs(world, "debits_on")
        world.server.will_debit()
        orders = [await world.order() for _ in range(3)]
        for order in orders:
            await world.debit(order)
        day = world.clock().astimezone(JST).date()
        world.server.lists(day)
        ended = await world.end(lambda it: it.debits_on(day))
        if isinstance(ended, Exception):
            world.complain("debits_on", str(ended), "give a DebitRecord for each debit of the day")
        assert isinstance(ended, tuple)
        listed = {
            it.exchange_id: (it.reference, {line.wallet: line.amount for line in it.lines}) for it in ended
        }
        wanted = {it.exchange_id: (it.reference, dict(it.amounts)) for it in world.server.taken.values()}
        if listed != wanted:
            world.complain(
                "debits_on",
                f"the partner has {len(wanted)} debits on that day, debits_on() tells {len(listed)} or other amounts",
                "give one DebitRecord for each, page by page where the partner answers in pages",
            )

    @matsu
    async def test_a_day_tells_what_was_given_back(self, world: World) -> None:
        self._needs(world, "debits_on")
        whole = await self._reversal(world)
        one, part = await self._reversal(world), await self._reversal(world)
        untouched = await self._reversal(world)
        first = part.lines[0]
        half = replace(first, units=first.units // 2, amount=first.amount // 2)
        for reversal in (whole, replace(part, lines=(half,)), *_in_two(one)):
            await world.end(partial(Partner.reverse_debit, reversal=reversal))
        day = world.clock().astimezone(JST).date()
        world.server.lists(day)
        ended = await world.end(lambda it: it.debits_on(day))
        if isinstance(ended, Exception):
            world.complain("debits_on", str(ended), "give a DebitRecord for each debit of the day")
        assert isinstance(ended, tuple)
        listed = {it.exchange_id: _given_back(it) for it in ended}
        wanted = {
            it.exchange_id: world.server.returned(it.exchange_id) for it in (whole, one, part, untouched)
        }
        if listed != wanted:
            world.complain(
                "debits_on",
                "the partner gave points of some debits back, wholly and in parts, and the day tells otherwise",
                "fill DebitRecord.given_back with what the partner returned until now; where its list tells no"
                " parts, exempt this test with the reason",
            )

    @matsu
    async def test_points_are_given_back_once(self, world: World) -> None:
        reversal = await self._reversal(world)
        for _ in range(2):
            ended = await world.end(lambda it: it.reverse_debit(reversal))
            if not isinstance(ended, Reversed):
                world.complain(
                    "reverse_debit",
                    f"the partner said yes and reverse_debit() ended with {told(ended)}: {ended}",
                    "return Reversed",
                )
        amounts = {line.wallet: line.amount for line in reversal.lines}
        if world.server.given_back != {reversal.reversal_id: (reversal.exchange_id, amounts)}:
            world.complain(
                "reverse_debit",
                "the partner gave back something else than was asked for, or twice",
                "send reversal.reversal_id as the idempotency key, reversal.exchange_id and the lines",
            )
        world.refuse_complaints("reverse_debit")

    @matsu
    async def test_a_reversal_without_a_clear_answer_is_unknown(self, world: World) -> None:
        reversal = await self._reversal(world)
        await world.end(lambda it: it.reverse_debit(reversal))
        at = world.meeting.moving_at
        if at is None:
            world.complain("reverse_debit", "the partner gave nothing back", "send the reversal")
        like = world.answered(world.meeting.requests[at])
        answers = unclear_answers(like.content, like=like)
        faults = [*answers.items(), *(("nothing", lost()) for lost in LOST)]
        for name, fault in faults:
            ended = await world.end(lambda it: it.reverse_debit(reversal), {at: fault})  # type: ignore[dict-item]
            if not isinstance(ended, OutcomeUnknown) or world.sent_again(at):
                world.complain(
                    "reverse_debit",
                    f"the partner answered {name} and reverse_debit() ended with {told(ended)}",
                    "send it once and raise OutcomeUnknown",
                )
        ended = await world.end(lambda it: it.reverse_debit(reversal), {0: refused()})
        if not isinstance(ended, NotSent):
            world.complain(
                "reverse_debit",
                f"the connection was refused and reverse_debit() ended with {told(ended)}",
                "let NotSent pass",
            )

    async def ask_everything(self, world: World, order: DebitOrder) -> None:
        await super().ask_everything(world, order)
        if world.partner.can("debits_on"):
            day = world.clock().astimezone(JST).date()
            world.server.lists(day)
            await world.end(lambda it: it.debits_on(day))

    async def _reversal(self, world: World) -> Reversal:
        self._needs(world, "reverse_debit")
        world.server.will_debit()
        order = await world.order()
        debited = await self.decided(world, order)
        if not isinstance(debited, Debited | Declined):
            world.complain("debit", f"debit() ended with {told(debited)}", "return Debited")
        assert isinstance(debited, Debited)
        world.server.will_give_back()
        world.clock.forward(timedelta(minutes=5))
        return Reversal(
            reversal_id=f"kit-reversal-{order.exchange_id}",
            exchange_id=order.exchange_id,
            debit=debited,
            lines=order.lines,
            at=world.clock(),
            account=order.account,
        )

    def _needs(self, world: World, hook: str) -> None:
        if not world.partner.can(hook):
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
