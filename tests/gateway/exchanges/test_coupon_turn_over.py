"""One coupon serves one exchange, also where two gateways hash its code by different keys."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

import pytest
import sqlalchemy as sa

from gateway.errors import ProblemError
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.quote_confirm import QuoteConfirm
from gateway.exchanges.start_exchange import ExchangeStarter
from gateway.exchanges.states import State
from gateway.model import Declined, DeclineReason, Destination
from gateway.platform import tables
from gateway.platform.encryption import Vault

from .conftest import MILES, World, new_id

pytestmark = pytest.mark.xdist_group("postgres")
SEALING, OLD, NEW = [b"s" * 32], b"l" * 32, b"n" * 32
ONLY_OLD, KNOWS_NEW, USES_NEW = ([OLD], None), ([OLD], NEW), ([NEW, OLD], None)
PAIRS = [
    pair
    for pair in combinations_with_replacement((ONLY_OLD, KNOWS_NEW, USES_NEW), 2)
    if pair != (ONLY_OLD, USES_NEW)
]
"""What two gateways can have at one time: none uses a key that the other does not know."""


def with_keys(world: World, keys) -> World:
    """Another gateway on the same database."""
    context = replace(world.context, vault=Vault(SEALING, *keys))
    return replace(world, context=context, openings=ExchangeStarter(context), exchanges=QuoteConfirm(context))


async def begun(gateway: World, member: str, code: str) -> Exchange:
    exchange, _ = await gateway.openings.start(member, new_id(), MILES, coupon_code=code)
    return await gateway.exchanges.quote(member, exchange.exchange_id, Destination.reserve(), None)


async def confirmed(gateway: World, member: str, exchange: Exchange) -> State | str:
    try:
        return (await gateway.exchanges.confirm(member, exchange.exchange_id, exchange.quote.quote_id)).state
    except ProblemError as refused:
        return refused.type


@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_of_two_exchanges_one_is_refused(world: World, pair) -> None:
    gateways, member = [with_keys(world, keys) for keys in pair], await world.member()
    for number, (first, second) in enumerate((gateways, gateways[::-1])):
        exchanges = [await begun(gateway, member, f"COUPON-{number}") for gateway in (first, second)]
        assert await confirmed(first, member, exchanges[0]) is State.SETTLED
        assert await confirmed(second, member, exchanges[1]) == "coupon-already-used"
        for gateway in gateways:
            with pytest.raises(ProblemError, match="exchanged before"):
                await begun(gateway, member, f"COUPON-{number}")


async def test_one_of_before_the_turn_over_is_known_after_it(world: World) -> None:
    before, after, member = with_keys(world, ONLY_OLD), with_keys(world, USES_NEW), await world.member()
    waiting, used = await begun(before, member, "COUPON-1"), await begun(before, member, "COUPON-2")
    assert await confirmed(before, member, used) is State.SETTLED
    with pytest.raises(ProblemError, match="exchanged before"):
        await begun(after, member, "COUPON-2")
    # The same request, repeated: the same exchange.
    again, is_new = await after.openings.start(member, waiting.exchange_id, MILES, coupon_code="COUPON-1")
    assert (again.exchange_id, is_new) == (waiting.exchange_id, False)
    other = await begun(after, member, "COUPON-1")
    assert await confirmed(after, member, waiting) is State.SETTLED
    assert await confirmed(after, member, other) == "coupon-already-used"


async def test_one_that_the_partner_declines_is_free_again_under_every_key(world: World) -> None:
    gateway, member = with_keys(world, USES_NEW), await world.member()
    exchange = await begun(gateway, member, "COUPON-1")
    world.script.debit = lambda order: Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)
    assert await confirmed(gateway, member, exchange) is State.DECLINED
    left = await world.store.read(lambda conn: conn.execute(sa.select(tables.coupon_claims)).all())
    assert left == []
