"""The six digits beside a shop's QR: no mistyped digit names another shop, and one way or the other it is paid the same."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from gateway.cities import tables
from gateway.cities.shops import shop_numbers, shop_rows
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.platform.check_digit import with_check_digit

from .conftest import KASAMA, MITO, NOON, OUEN, new_id


@pytest.fixture
async def shop(town):
    return await town.city.shops.register(
        await town.who("operator"), "soba-ya", ShopEntry(name="そば処 見本")
    )


async def pay(town, member, code, points=300):
    return await town.city.spending.pay(member.member_id, new_id(), code, OUEN, points)


async def refused(job):
    with pytest.raises(ProblemError) as refusal:
        await job
    return refusal.value.type


def is_number(text):
    return shop_numbers.read(text) == text


# ISO/IEC 7064, MOD 11,10: 0794 with its check digit 5 is the example of the standard.
def test_the_check_digit_is_the_standards():
    assert with_check_digit("0794") == "07945"


def test_no_digit_that_is_mistyped_makes_another_number(shop):
    for place in range(6):
        for digit in set("0123456789") - {shop.number[place]}:
            assert not is_number(shop.number[:place] + digit + shop.number[place + 1 :])


async def test_a_member_pays_by_the_number_as_it_is_typed(town, shop):
    member = await town.member(points=1_000)
    for typed in (
        shop.number,
        f"{shop.number[:3]} {shop.number[3:]}",
        f" {shop.number[:3]}-{shop.number[3:]}",
    ):
        assert (await town.city.shops.by_code(typed)).shop_id == "soba-ya"
    assert (await pay(town, member, shop.number)).left == 700
    assert (await pay(town, member, town.city.shops.code_of(shop))).left == 400


async def test_a_number_that_no_shop_has_pays_nobody(town, shop):
    member = await town.member(points=1_000)
    free = await town.store.read(shop_numbers.next_free)
    wrong = shop.number[:5] + str((int(shop.number[5]) + 1) % 10)
    for typed in (free, wrong, shop.number[:5], shop.number + "0", ""):
        assert await refused(pay(town, member, typed)) == "shop-code-wrong"
    assert await town.balance(member.member_id) == 1_000


async def test_a_closed_shop_is_told_by_its_number_too(town, shop):
    await town.city.shops.close(await town.who("operator"), "soba-ya", "閉店")
    assert await refused(town.city.shops.by_code(shop.number)) == "shop-closed"


async def test_no_two_shops_have_one_number_in_any_city(town, shop, monkeypatch):
    """Somebody takes the same number between the look and the row: another is drawn."""
    drawn = iter([shop.number, "100008"])
    monkeypatch.setattr(shop_numbers, "next_free", lambda conn: next(drawn))
    other = await town.store.run(
        lambda conn: shop_rows.add(conn, replace(shop, municipality=MITO, shop_id="cafe"))
    )
    assert other.number == "100008"


async def test_where_none_is_left_nothing_is_registered(town, shop, monkeypatch):
    monkeypatch.setattr(shop_numbers, "find", lambda conn, number: (KASAMA, "soba-ya"))
    entry = ShopEntry(name="カフェ")
    assert await refused(town.city.shops.register(await town.who("operator"), "cafe", entry)) == "busy"
    assert [one.shop_id for one in await town.city.shops.listed(KASAMA)] == ["soba-ya"]


async def test_a_shop_that_an_older_release_registered_gets_its_number_once(town, shop):
    await town.store.run(lambda conn: conn.execute(update(tables.shops).values(number=None)))
    assert (await town.city.shops.get(KASAMA, "soba-ya")).number is None
    assert await town.store.run(shop_numbers.assign_missing) == 1
    first = (await town.city.shops.get(KASAMA, "soba-ya")).number
    assert is_number(first)
    assert await town.store.run(shop_numbers.assign_missing) == 0
    assert (await town.city.shops.get(KASAMA, "soba-ya")).number == first


async def test_the_register_is_searched_by_number(town, shop):
    await town.city.shops.register(await town.who("operator"), "cafe", ShopEntry(name="カフェ"))
    assert [one.shop_id for one in await town.city.shops.listed(KASAMA, named=shop.number)] == ["soba-ya"]
    assert shop.registered_at == NOON
