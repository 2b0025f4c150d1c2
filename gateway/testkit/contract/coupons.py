"""A coupon link: what a code is worth is told without spending it, and a no is told as a no."""

from __future__ import annotations

import asyncio
from functools import partial

from gateway.errors import CouponRefused, GatewayError, PartnerUnavailable
from gateway.model import Coupon, CouponValue, DebitOrder, LinkKind, Secret
from gateway.partners.partner import Partner
from gateway.testkit.contract.debits import Question, amount_of
from gateway.testkit.contract.environment import Environment, type_name
from gateway.testkit.contract.fake import Fault
from gateway.testkit.contract.full import FullPartner
from gateway.testkit.contract.levels import level_1, level_2
from gateway.testkit.contract.safety import Ask
from gateway.testkit.contract.unclear import body_of, unclear_answers, with_values, without_value
from gateway.testkit.contract.unknown_words import UNKNOWN_WORD


class CouponContract(FullPartner):
    """For a plugin whose profile says `LinkKind.COUPON`. Name it `class TestAcme(CouponContract)`."""

    link = LinkKind.COUPON

    @level_1
    async def test_a_coupons_value_is_told_and_it_is_not_spent(self, env: Environment) -> None:
        env.server.will_debit()
        coupon, amount = await self._coupon(env)
        ended = await env.end(lambda it: it.coupon_value(coupon))
        if env.server.taken:
            env.complain("coupon_value", "asking for the value spent the coupon", "ask, and move nothing")
        if not isinstance(ended, CouponValue) or ended.amount != amount:
            env.complain(
                "coupon_value",
                f"the coupon is worth {amount} and coupon_value() ended with {type_name(ended)}: {ended}",
                "return CouponValue with the partner's number",
            )

    @level_1
    async def test_each_coupon_has_its_own_value(self, env: Environment) -> None:
        env.server.values_coupons()
        cost = (await env.rates_now())[0].cost_per_unit
        coupons = [(env.coupon(cost * (which + 1), which), cost * (which + 1)) for which in (0, 1)]

        async def ask(coupon: Coupon) -> object:
            try:
                return await env.partner.coupon_value(coupon)
            except GatewayError as fault:
                return fault

        await env.end(lambda it: it.check_connection())
        one_by_one = [await ask(coupon) for coupon, _ in coupons]
        at_once = await asyncio.gather(*(ask(coupon) for coupon, _ in coupons))
        for ended, (_, amount) in zip((*one_by_one, *at_once), (*coupons, *coupons), strict=True):
            if not isinstance(ended, CouponValue) or ended.amount != amount:
                env.complain(
                    "coupon_value",
                    f"coupon_value() told another coupon's value, or ended with {type_name(ended)}",
                    "ask with the code that was given, and keep nothing of a call on self",
                )

    @level_1
    async def test_a_coupon_is_asked_about_each_time(self, env: Environment) -> None:
        coupon, _ = await self._coupon(env)
        await env.end(lambda it: it.coupon_value(coupon))
        del env.server.coupons[coupon.code.reveal()]  # spent at the partner's own counter since
        ended = await env.end(lambda it: it.coupon_value(coupon))
        if not isinstance(ended, CouponRefused):
            env.complain(
                "coupon_value",
                f"the coupon is not there any more and coupon_value() ended with {type_name(ended)}",
                "ask the partner at each call and keep no value: a quote is made from it",
            )

    @level_2
    async def test_a_value_that_is_no_number_of_points_is_not_believed(self, env: Environment) -> None:
        coupon, amount = await self._coupon(env)
        await env.end(lambda it: it.coupon_value(coupon), signed_in=True)
        last, body = len(env.meeting.requests) - 1, body_of(env.answer_at())
        for path, value in (body.values if body is not None else {}).items():
            if amount_of(value) != amount:
                continue
            wrong: list[tuple[str, Fault]] = [
                ("a word", with_values({path: UNKNOWN_WORD})),
                ("nothing", with_values({path: "" if isinstance(value, str) else None})),
                ("a debt", with_values({path: f"-{value}" if isinstance(value, str) else -amount})),
                ("no amount at all", without_value(path)),
            ]
            for what, fault in wrong:
                ended = await env.end(lambda it: it.coupon_value(coupon), {last: fault}, sticky=True)
                if not isinstance(ended, PartnerUnavailable):
                    env.complain(
                        "coupon_value",
                        f"the partner answered with {what} in {path} and coupon_value() ended with {type_name(ended)}",
                        "raise for an amount that is no whole number of points above 0",
                    )

    @level_2
    async def test_an_unknown_coupon_is_refused(self, env: Environment) -> None:
        env.server.values_coupons()
        coupon = Coupon(code=Secret(env.server.coupon_codes[1]))
        ended = await env.end(lambda it: it.coupon_value(coupon))
        if not isinstance(ended, CouponRefused):
            env.complain(
                "coupon_value",
                f"the partner does not know the coupon and coupon_value() ended with {type_name(ended)}: {ended}",
                "raise CouponRefused for the partner's documented words for a no",
            )

    @level_2
    async def test_an_unclear_value_is_not_believed(self, env: Environment) -> None:
        coupon, _ = await self._coupon(env)
        answers = []
        for _ in range(2):
            await env.end(lambda it: it.coupon_value(coupon), signed_in=True)
            answers.append(env.answer_at())
        last = len(env.meeting.requests) - 1
        unknown = Coupon(code=Secret(env.server.coupon_codes[1]))
        await env.end(lambda it: it.coupon_value(unknown), signed_in=True)
        others = [env.answer_at()] if env.meeting.requests else []
        for case in unclear_answers(answers[0], answers[1], others):
            played = unknown if case.of_no else coupon
            ended = await env.end(
                partial(Partner.coupon_value, coupon=played), {last: case.fault}, sticky=True
            )
            if not isinstance(ended, PartnerUnavailable):
                env.complain(
                    "coupon_value",
                    f"the partner answered {case.name} and coupon_value() ended with {type_name(ended)}",
                    "raise unless the answer is a documented one",
                )

    async def question(self, env: Environment, hook: str) -> Question | None:
        if hook != "coupon_value":
            return await super().question(env, hook)
        coupon, _ = await self._coupon(env)
        await env.end(lambda it: it.coupon_value(coupon), signed_in=True)
        return Question(lambda it: it.coupon_value(coupon), len(env.meeting.requests) - 1, {})

    async def told_while_asking(self, env: Environment) -> list[str]:
        coupon, _ = await self._coupon(env)
        return [repr(await env.end(lambda it: it.coupon_value(coupon)))]

    async def ask_everything(self, env: Environment, order: DebitOrder, ask: Ask) -> None:
        await super().ask_everything(env, order, ask)
        coupon, _ = await self._coupon(env)
        await ask(lambda it: it.coupon_value(coupon))
        unknown = Coupon(code=Secret(env.server.coupon_codes[1]))
        await ask(lambda it: it.coupon_value(unknown))

    async def _coupon(self, env: Environment) -> tuple[Coupon, int]:
        env.server.values_coupons()
        amount = 3 * (await env.rates_now())[0].cost_per_unit
        return env.coupon(amount), amount
