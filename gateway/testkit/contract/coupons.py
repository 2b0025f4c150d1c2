"""A coupon link: what a code is worth is told without spending it, and a no is told as a no."""

from __future__ import annotations

import asyncio

from gateway.errors import CouponRefused, GatewayError, PartnerUnavailable
from gateway.model import Coupon, CouponValue, DebitOrder, LinkKind, Secret
from gateway.testkit.contract.full import FullPartner
from gateway.testkit.contract.levels import take, ume
from gateway.testkit.contract.unclear import unclear_answers
from gateway.testkit.contract.world import World, told


class CouponContract(FullPartner):
    """For a plugin whose profile says `LinkKind.COUPON`. Name it `class TestAcme(CouponContract)`."""

    link = LinkKind.COUPON

    @ume
    async def test_a_coupons_value_is_told_and_it_is_not_spent(self, world: World) -> None:
        world.server.will_debit()
        coupon, amount = await self._coupon(world)
        ended = await world.end(lambda it: it.coupon_value(coupon))
        if world.server.taken:
            world.complain("coupon_value", "asking for the value spent the coupon", "ask, and move nothing")
        if not isinstance(ended, CouponValue) or ended.amount != amount:
            world.complain(
                "coupon_value",
                f"the coupon is worth {amount} and coupon_value() ended with {told(ended)}: {ended}",
                "return CouponValue with the partner's number",
            )

    @ume
    async def test_each_coupon_has_its_own_value(self, world: World) -> None:
        world.server.values_coupons()
        cost = (await world.rates_now())[0].cost_per_unit
        coupons = [(world.coupon(cost * (which + 1), which), cost * (which + 1)) for which in (0, 1)]

        async def ask(coupon: Coupon) -> object:
            try:
                return await world.partner.coupon_value(coupon)
            except GatewayError as fault:
                return fault

        await world.end(lambda it: it.check_connection())
        one_by_one = [await ask(coupon) for coupon, _ in coupons]
        at_once = await asyncio.gather(*(ask(coupon) for coupon, _ in coupons))
        for ended, (_, amount) in zip((*one_by_one, *at_once), (*coupons, *coupons), strict=True):
            if not isinstance(ended, CouponValue) or ended.amount != amount:
                world.complain(
                    "coupon_value",
                    f"coupon_value() told another coupon's value, or ended with {told(ended)}",
                    "ask with the code that was given, and keep nothing of a call on self",
                )

    @take
    async def test_an_unknown_coupon_is_refused(self, world: World) -> None:
        world.server.values_coupons()
        coupon = Coupon(code=Secret(world.server.coupon_codes[1]))
        ended = await world.end(lambda it: it.coupon_value(coupon))
        if not isinstance(ended, CouponRefused):
            world.complain(
                "coupon_value",
                f"the partner does not know the coupon and coupon_value() ended with {told(ended)}: {ended}",
                "raise CouponRefused for the partner's documented words for a no",
            )

    @take
    async def test_an_unclear_value_is_not_believed(self, world: World) -> None:
        coupon, _ = await self._coupon(world)
        await world.end(lambda it: it.coupon_value(coupon))
        last = len(world.meeting.requests) - 1
        like = world.answered(world.meeting.requests[last])
        for name, answer in unclear_answers(like.content, like=like).items():
            ended = await world.end(lambda it: it.coupon_value(coupon), {last: answer})
            if not isinstance(ended, PartnerUnavailable):
                world.complain(
                    "coupon_value",
                    f"the partner answered {name} and coupon_value() ended with {told(ended)}",
                    "raise unless the answer is a documented one",
                )

    async def told_while_asking(self, world: World) -> list[str]:
        coupon, _ = await self._coupon(world)
        return [repr(await world.end(lambda it: it.coupon_value(coupon)))]

    async def ask_everything(self, world: World, order: DebitOrder) -> None:
        await super().ask_everything(world, order)
        coupon, _ = await self._coupon(world)
        await world.end(lambda it: it.coupon_value(coupon))

    async def _coupon(self, world: World) -> tuple[Coupon, int]:
        world.server.values_coupons()
        amount = 3 * (await world.rates_now())[0].cost_per_unit
        return world.coupon(amount), amount
