"""Points given back in parts, over real HTTP: by the gateway, by the partner's own desk, and by only one of the two."""

from __future__ import annotations

import uuid

import pytest

from gateway.exchanges.corrections import CorrectionService
from gateway.exchanges.reconciliation import Line, Reconciliation, Verdict
from tests.faults.house import House, open_house


async def line_of(house: House, exchange_id: str) -> Line:
    report = await Reconciliation(house.context).compare("saison", house.clocks.calendar().date())
    (line,) = [line for line in report.lines if line.exchange_id == exchange_id]
    return line


async def give_back(house: House, exchange_id: str, units: int, *, by_hand: bool = False) -> None:
    await house.reversals.reverse(
        exchange_id, str(uuid.uuid4()), units=units, reason="誤り", operator="test", by_hand=by_hand
    )


async def test_a_part_that_was_given_back_through_the_gateway_is_matched(tmp_path) -> None:
    async with open_house(tmp_path) as house:
        person = await house.person()
        exchange = await person.confirmed()
        await give_back(house, exchange.exchange_id, 1)
        line = await line_of(house, exchange.exchange_id)
        assert (line.verdict, line.our_amounts, line.their_amounts, line.points) == (
            Verdict.MATCHED,
            {"eikyu": 100},
            {"eikyu": 100},
            450,
        )
        assert await person.points() == 450
        assert await house.books_agree()


@pytest.mark.parametrize(("at_their_desk", "here", "points"), [(100, 0, 450), (0, 1, 900), (200, 1, 0)])
async def test_a_part_given_back_on_one_side_only_is_seen_and_closed_to_what_the_partner_has(
    tmp_path, at_their_desk, here, points
) -> None:
    async with open_house(tmp_path) as house:
        person = await house.person()
        exchange = await person.confirmed()
        if here:
            await give_back(house, exchange.exchange_id, here, by_hand=True)
        if at_their_desk:
            now = house.clocks.calendar()
            done = await house.site.give_back(exchange.exchange_id, {"eikyu": at_their_desk}, now)
            assert done.reason == ""
        assert not await house.books_agree()
        assert (await line_of(house, exchange.exchange_id)).verdict is Verdict.AMOUNT_DIFFERS
        await CorrectionService(house.context).close(
            "saison",
            house.clocks.calendar().date(),
            exchange.exchange_id,
            reason="照合の結果",
            operator="test",
        )
        assert await person.points() == points
        assert await house.books_agree()
