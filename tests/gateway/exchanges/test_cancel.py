"""An exchange is given up before it is confirmed, in whatever state it stands, and never after."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges.states import State
from gateway.model import Destination
from tests.gateway.exchanges.conftest import CARDS, MILES, PORTAL, new_id

RESERVE = Destination.reserve()


async def refused(work: Awaitable[object]) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        await work
    return caught.value


async def started(world: Any, member: str) -> Any:
    exchange, _ = await world.openings.start(member, new_id(), CARDS, return_url=PORTAL)
    return exchange


class TestGivenUp:
    @pytest.mark.parametrize("state", [State.AWAITING_RETURN, State.READY, State.QUOTED])
    async def test_from_every_state_before_confirming_and_once_more_is_the_same(
        self, world: Any, state: State
    ) -> None:
        member = await world.member()
        begin = {
            State.AWAITING_RETURN: started,
            State.READY: type(world).linked,
            State.QUOTED: type(world).quoted,
        }
        exchange = await begin[state](world, member)
        assert exchange.state is state
        ended = await world.exchanges.cancel(member, exchange.exchange_id)
        assert (ended.state, ended.ended_at) == (State.CANCELLED, world.clock())
        assert await world.exchanges.cancel(member, exchange.exchange_id) == ended
        assert world.script.orders == []

    async def test_it_can_be_neither_quoted_nor_confirmed_and_takes_no_points(self, world: Any) -> None:
        member = await world.member()
        exchange = await world.quoted(member)
        await world.exchanges.cancel(member, exchange.exchange_id)
        no = await refused(world.exchanges.quote(member, exchange.exchange_id, RESERVE, 1))
        assert (no.type, no.facts["state"]) == ("exchange-state", "cancelled")
        after = await world.exchanges.confirm(member, exchange.exchange_id, exchange.quote.quote_id)
        assert after.state is State.CANCELLED
        assert world.script.orders == []
        assert (await world.balance(member)).coming == 0

    async def test_a_return_from_the_partners_site_that_comes_later_begins_nothing(self, world: Any) -> None:
        member = await world.member()
        exchange = await started(world, member)
        await world.exchanges.cancel(member, exchange.exchange_id)
        assert (await refused(world.come_back())).type == "state-used"

    async def test_a_coupon_of_it_serves_another_exchange(self, world: Any) -> None:
        member = await world.member()
        exchange, _ = await world.openings.start(member, new_id(), MILES, coupon_code="C-1")
        await world.exchanges.quote(member, exchange.exchange_id, RESERVE, None)
        await world.exchanges.cancel(member, exchange.exchange_id)
        other, new = await world.openings.start(member, new_id(), MILES, coupon_code="C-1")
        quoted = await world.exchanges.quote(member, other.exchange_id, RESERVE, None)
        ended = await world.exchanges.confirm(member, other.exchange_id, quoted.quote.quote_id)
        assert (new, ended.state) == (True, State.SETTLED)


class TestTooLate:
    async def test_what_is_confirmed_is_not_given_up(self, world: Any) -> None:
        member = await world.member()
        world.script.debit = OutcomeUnknown("no answer")
        exchange = await world.settled(member)
        assert exchange.state is State.OPEN
        no = await refused(world.exchanges.cancel(member, exchange.exchange_id))
        assert (no.type, no.facts["state"]) == ("exchange-state", "open")

    async def test_of_a_confirm_and_a_cancel_at_once_one_counts(self, world: Any) -> None:
        member = await world.member()
        await world.linked(member)
        for _ in range(5):
            exchange = await started(world, member)
            exchange = await world.exchanges.quote(member, exchange.exchange_id, RESERVE, 1)
            before = len(world.script.orders)
            results: tuple[Any, Any] = await asyncio.gather(
                world.exchanges.confirm(member, exchange.exchange_id, exchange.quote.quote_id),
                world.exchanges.cancel(member, exchange.exchange_id),
                return_exceptions=True,
            )
            confirmed, cancelled = results
            if isinstance(cancelled, ProblemError):
                assert cancelled.type == "exchange-state"
                assert confirmed.state is State.SETTLED
                assert len(world.script.orders) == before + 1
            else:
                assert confirmed.state is cancelled.state is State.CANCELLED
                assert len(world.script.orders) == before

    async def test_nobody_gives_up_another_members(self, world: Any) -> None:
        member, other = await world.member(), await world.member()
        exchange = await world.quoted(member)
        assert (await refused(world.exchanges.cancel(other, exchange.exchange_id))).type == "unknown-exchange"
