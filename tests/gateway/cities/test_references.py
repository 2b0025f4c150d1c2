"""The eight characters on a payment's page are found by the member, the shop and the city's desk, and by nobody else."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from urllib.parse import quote

from gateway.cities.shops.shops import ShopEntry
from gateway.cities.spending import spend_rows
from gateway.errors import ProblemError

from .conftest import KASAMA, MITO, NOON, OUEN, give


async def paid(site):
    """A member's payment of 30 at soba; gives the member's token and the payment as the member sees it."""
    member, token = await site.member_token()
    await site.services.store.run(lambda conn: give(conn, member.member_id, 100, NOON.date(), NOON))
    operator = await site.staff_token("administrator")
    for shop_id in ("soba", "toki"):
        body = {"shop_id": shop_id, "name": f"見本 {shop_id}"}
        assert (await site.call("POST", "/v1/city/shops", operator, json=body))[0] == 201
    shop = await site.services.city.shops.get(KASAMA, "soba")
    status, made = await site.call(
        "POST",
        "/v1/spends",
        token,
        json={
            "spend_id": str(uuid.uuid4()), "shop_code": site.services.city.shops.code_of(shop),
            "point_service": OUEN, "points": 30,
        },
    )  # fmt: skip
    assert status == 201
    return token, made["spend"]


async def test_all_three_sides_find_a_payment_however_the_reference_is_typed(site):
    token, spend = await paid(site)
    reference = spend["short_reference"]
    shop, desk = await site.staff_token("shop", shop_id="soba"), await site.staff_token("viewer")
    wide = reference.lower().translate(str.maketrans("0123456789-", "０１２３４５６７８９ー"))
    for typed in (reference, reference.replace("-", ""), wide):
        path = quote(typed, safe="")
        status, mine = await site.call("GET", f"/v1/references/{path}", token)
        assert (status, [one["spend_id"] for one in mine["spends"]]) == (200, [spend["spend_id"]])
        assert mine["exchanges"] == []
        status, taken = await site.call("GET", f"/v1/shop/references/{path}", shop)
        assert (status, [one["spend_id"] for one in taken["spends"]]) == (200, [spend["spend_id"]])
        status, seen = await site.call("GET", f"/v1/city/references/{path}", desk)
        assert (status, seen["spends"][0]["shop_id"]) == (200, "soba")
        assert seen["spends"][0]["spend"]["short_reference"] == reference
    (line,) = [
        line
        for line in (await site.call("GET", f"/v1/history/municipal/{KASAMA}/{OUEN}", token))[1]["lines"]
        if line["kind"] == "spend"
    ]
    assert line["short_reference"] == reference


async def test_nobody_else_finds_it(site):
    _, spend = await paid(site)
    reference = spend["short_reference"]
    _, stranger = await site.member_token()
    others = {
        f"/v1/references/{reference}": stranger,
        f"/v1/shop/references/{reference}": await site.staff_token("shop", shop_id="toki"),
        f"/v1/city/references/{reference}": await site.staff_token("viewer", municipality=MITO),
    }
    for path, token in others.items():
        status, problem = await site.call("GET", path, token)
        assert (status, problem["type"].rpartition("/")[2]) == (404, "unknown-reference")


async def test_a_shop_and_a_city_find_it_for_four_hundred_days(site):
    _, spend = await paid(site)
    for days, status in ((399, 200), (402, 404)):
        site.set_clock(NOON + timedelta(days=days))
        desk = await site.staff_token("viewer")
        assert (await site.call("GET", f"/v1/city/references/{spend['short_reference']}", desk))[0] == status


async def test_a_members_payments_are_looked_for_in_the_members_own_shard(town):
    """Another member's payment with the same end is not even read."""

    def asked(conn, book):
        statements = []
        driver = conn.connection.driver_connection
        driver.set_trace_callback(statements.append)
        spend_rows.list_by_reference(conn, "0123abcd", book=book)
        driver.set_trace_callback(None)
        return " ".join(statements)

    assert "spends.book_id = 'member:1'" in await town.store.read(lambda conn: asked(conn, "member:1"))
    assert "spends.book_id =" not in await town.store.read(lambda conn: asked(conn, ""))


class TestAShopsReferences:
    """What is random in each id comes from a source that gives the same again."""

    async def pay(self, town, shop_id, first):
        shop = await town.city.shops.get(KASAMA, shop_id)
        member = await town.member(points=10)
        spend_id = f"{first:08x}-0000-4000-8000-{0x7C0FFEE123:012x}"
        code = town.city.shops.code_of(shop)
        return (await town.city.spending.pay(member.member_id, spend_id, code, OUEN, 1)).spend

    async def refused(self, town, shop_id, first):
        try:
            await self.pay(town, shop_id, first)
        except ProblemError as problem:
            return problem.type
        return None

    async def test_are_each_of_one_payment_for_four_hundred_days(self, town_on_each_database):
        town = town_on_each_database
        for shop_id in ("soba", "toki"):
            await town.city.shops.register(await town.who("operator"), shop_id, ShopEntry(name=shop_id))
        words = await asyncio.gather(*(self.refused(town, "soba", first) for first in range(1, 7)))
        assert sorted(map(str, words)) == ["None", *["id-reused"] * 5]
        assert await self.refused(town, "toki", 7) is None
        town.clock.now = NOON + timedelta(days=399)
        assert await self.refused(town, "soba", 8) == "id-reused"
        town.clock.now = NOON + timedelta(days=401)
        assert await self.refused(town, "soba", 9) is None

    async def test_the_same_id_again_is_the_same_payment(self, town_on_each_database):
        town = town_on_each_database
        await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="そば"))
        shop, member, spend_id = (
            await town.city.shops.get(KASAMA, "soba"),
            await town.member(points=10),
            str(uuid.uuid4()),
        )
        code = town.city.shops.code_of(shop)
        paid = [await town.city.spending.pay(member.member_id, spend_id, code, OUEN, 1) for _ in range(2)]
        assert [each.replayed for each in paid] == [False, True]
