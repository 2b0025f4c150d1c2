"""What shops are paid by is held against the signed ledger: whoever writes the database alone is named."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from gateway.cities.shops.shops import ShopEntry
from gateway.cities.spending.payments_check import payment_faults
from gateway.points.rules import PointRule

from .conftest import KASAMA, NOON, OUEN, Town, new_id

MADE_UP = (
    "INSERT INTO spends SELECT book_id, 'made-up', municipality, point_service, shop_id, points, yen, lots, way, taken_by, at,"
    " 0, NULL FROM spends WHERE spend_id = :id"
)


async def faults(town: Town) -> list[str]:
    return await town.store.read(payment_faults)


@pytest.fixture
async def paid(town: Town) -> Any:
    """A day at a shop: three payments, one of them given back in part, at two yen a point."""
    await town.announce(PointRule(unit_value_yen=2), NOON.date())
    await town.city.shops.register(await town.who("operator"), "soba-ya", ShopEntry(name="そば処 見本"))
    member, clerk = await town.member(points=1_000), await town.who("shop", shop_id="soba-ya")
    made = []
    for points in (100, 200, 300):
        code = await town.city.codes.make(member.member_id, KASAMA, OUEN)
        made.append((await town.city.spending.receive_payment(clerk, new_id(), code.qr, points)).spend)
    await town.city.spending.refund_by_shop(clerk, new_id(), made[1].spend_id, 50, "返品")
    assert made[0].yen == 200
    assert await faults(town) == []
    return made


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (
            "UPDATE spends SET points = 900 WHERE spend_id = :id",
            "says 900 points at soba-ya, and the ledger 100",
        ),
        ("UPDATE spends SET yen = 20000 WHERE spend_id = :id", "says 20,000 yen for 100 points"),
        (
            "UPDATE spends SET shop_id = 'cafe' WHERE spend_id = :id",
            "says 100 points at cafe, and the ledger 100",
        ),
        (MADE_UP, "payment made-up of member:"),
        ("UPDATE spends SET yen = points WHERE spend_id = :id", "says 100 yen for 100 points"),
        ("DELETE FROM spends WHERE spend_id = :id", "a shop was given points, and no payment says so"),
        (
            "UPDATE spends SET refunded_points = 99 WHERE spend_id = :id",
            "99 points are given back by its own number, 0",
        ),
        (
            "DELETE FROM refunds",
            "50 points are given back by its own number, 0 by its refunds and 50 by the ledger",
        ),
        ("UPDATE refunds SET yen = 1", "or their yen are others"),
        ("UPDATE refunds SET spend_id = 'none'", "is of no payment"),
    ],
)
async def test_a_row_that_was_written_behind_the_ledgers_back_is_named(
    town: Town, paid: Any, statement: str, sentence: str
) -> None:
    await town.store.run(lambda conn: conn.execute(sa.text(statement), {"id": paid[0].spend_id}))
    assert any(sentence in fault for fault in await faults(town)), await faults(town)
