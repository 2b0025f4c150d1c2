"""Payments of one moment: each is decided for itself, in its own words, and none harms another."""

import asyncio
from datetime import date

import pytest

from core_ledger import Transfer, audit, chart, ledger
from core_ledger.read_model import accounts
from gateway.cities.shops import shop_codes
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.points.rules import Expiry, PointRule

from .conftest import KASAMA, MITO, NOON, OUEN, another_town, new_id


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
    ]
)
async def town(request, tmp_path):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres")
    async with another_town(tmp_path, url) as opened:
        yield opened


@pytest.fixture
async def shops(town):
    who = await town.who("operator")
    for number in range(3):
        await town.city.shops.register(who, f"shop-{number}", ShopEntry(name=f"見本の店{number}"))
    await town.city.shops.register(await town.who("operator", MITO), "mito", ShopEntry(name="水戸の店"))
    return [await town.who("shop", KASAMA, f"shop-{number}") for number in range(3)]


async def show(town, member):
    return (await town.city.codes.make(member.member_id, KASAMA, OUEN)).qr


def word(outcome):
    if isinstance(outcome, ProblemError):
        return outcome.type
    assert not isinstance(outcome, BaseException), outcome
    return "again" if outcome.replayed else "paid"


async def all_at_once(payments):
    return [word(one) for one in await asyncio.gather(*payments, return_exceptions=True)]


async def rule(town, **values):
    await town.announce(PointRule(open_for_direct_exchange=True, **values), NOON.date())


async def test_a_hall_full_of_shops_is_paid_at_once(town, shops):
    members = [await town.member(points=1_000) for _ in range(30)]
    codes = [await show(town, member) for member in members]
    take = town.city.spending.receive_payment
    paid = await asyncio.gather(
        *(take(shops[n % 3], new_id(), code, 100 + n) for n, code in enumerate(codes))
    )
    assert [one.left for one in paid] == [900 - n for n in range(30)]
    assert [one.shop_name for one in paid[:3]] == ["見本の店0", "見本の店1", "見本の店2"]
    assert [await town.balance(member.member_id) for member in members] == [one.left for one in paid]
    assert sum([await town.total(chart.shop(KASAMA, f"shop-{n}")) for n in range(3)]) == sum(
        one.spend.points for one in paid
    )
    assert (await town.store.read(audit.verify)).ok
    # The same asked for again is known.
    assert await take(shops[0], paid[0].spend.spend_id, codes[0], 100) == paid_again(paid[0])
    assert word(await refusal(take(shops[0], new_id(), codes[0], 100))) == "pay-code-used"


def paid_again(paid):
    return type(paid)(spend=paid.spend, shop_name=paid.shop_name, left=paid.left, replayed=True)


async def refusal(awaited):
    with pytest.raises(ProblemError) as caught:
        await awaited
    return caught.value


async def test_whatever_is_refused_gets_its_own_word_and_harms_nobody_beside_it(town, shops):
    take, pay = town.city.spending.receive_payment, town.city.spending.pay
    shop, closed, other = shops
    plain = [await town.member(points=500) for _ in range(4)]
    poor, twice = await town.member(points=99), await town.member(points=150)
    old = await show(town, await town.member(points=500))
    town.clock.forward(seconds=61)
    used, known = await show(town, await town.member(points=500)), new_id()
    await take(shop, known, used, 100)
    await town.city.shops.close(await town.who("operator"), "shop-1", "見本")
    stranger = await town.who("shop", MITO, "mito")
    shop_code = shop_codes.make(town.city.context, KASAMA, "shop-0")
    same_id = new_id()
    found = await all_at_once(
        [
            take(shop, new_id(), await show(town, plain[0]), 100),
            take(shop, known, used, 100),
            take(shop, new_id(), used, 100),
            take(shop, new_id(), old, 100),
            take(shop, new_id(), "000000000000", 100),
            take(closed, new_id(), await show(town, plain[1]), 100),
            take(stranger, new_id(), await show(town, plain[1]), 100),
            take(shop, new_id(), await show(town, poor), 100),
            take(shop, new_id(), await show(town, twice), 100),
            take(other, new_id(), await show(town, twice), 100),
            take(other, same_id, await show(town, plain[2]), 100),
            take(other, same_id, await show(town, plain[2]), 101),
            pay(plain[3].member_id, new_id(), shop_code, OUEN, 100),
            pay(plain[3].member_id, new_id(), shop_code, "nowhere", 100),
        ]
    )
    assert found == [
        "paid", "again", "pay-code-used", "pay-code-ended", "pay-code-unknown", "shop-closed", "pay-code-unknown",
        "not-enough-points", "paid", "not-enough-points", "paid", "id-reused", "paid", "unknown-point-service",
    ]  # fmt: skip
    assert (await town.store.read(audit.verify)).ok


async def test_what_has_expired_leaves_first_beside_others(town, shops):
    await rule(town, expiry=Expiry.MONTHS, expiry_count=6)
    member, fresh = await town.member(points=300), await town.member(points=300)
    await town.give(member.member_id, 1_000, date(2017, 12, 31))
    take = town.city.spending.receive_payment
    codes = [await show(town, one) for one in (member, fresh)]
    found = await asyncio.gather(*(take(shops[0], new_id(), code, 200) for code in codes))
    assert [one.left for one in found] == [100, 100]
    assert await town.balance(member.member_id) == 100
    assert await town.total(chart.expired(KASAMA)) == 1_000


async def test_the_limit_of_the_day_holds_at_several_shops_at_once(town, shops):
    await rule(town, most_spent_a_day=250)
    members = [await town.member(points=1_000) for _ in range(3)]
    take = town.city.spending.receive_payment

    async def round_of(points):
        codes = [await show(town, member) for member in members]
        return await all_at_once(
            [take(shops[0], new_id(), code, points) for code in codes]
            + [take(shops[1], new_id(), await show(town, members[0]), points)]
        )

    assert await round_of(100) == ["paid"] * 4  # the last is the first member's second
    assert await round_of(100) == ["limit-of-the-day", "paid", "paid", "limit-of-the-day"]
    assert await round_of(50) == ["paid", "paid", "paid", "limit-of-the-day"]
    assert [await town.balance(member.member_id) for member in members] == [750, 750, 750]


async def test_an_id_that_the_ledger_knows_for_something_else_is_refused_alone(town, shops):
    members = [await town.member(points=1_000) for _ in range(3)]
    ids = [new_id() for _ in members]
    book = chart.member_book(members[1].member_id)
    await town.store.run(
        lambda conn: ledger.transfer(
            conn,
            Transfer(
                id=f"spend:{ids[1]}", book=book, source=chart.granted(KASAMA),
                target=chart.municipal(members[1].member_id, KASAMA, OUEN), points=1, at=NOON, kind="grant",
                issued_on=NOON.date(),
            ),
        )
    )  # fmt: skip
    codes = [await show(town, member) for member in members]
    found = await all_at_once(
        [
            town.city.spending.receive_payment(shops[0], id_, code, 100)
            for id_, code in zip(ids, codes, strict=True)
        ]
    )
    assert found == ["paid", "id-reused", "paid"]
    assert [await town.balance(member.member_id) for member in members] == [900, 1_001, 900]
    # The code of the one that was refused was not used up by it.
    assert word(await town.city.spending.receive_payment(shops[0], new_id(), codes[1], 100)) == "paid"


async def test_of_several_that_want_the_same_code_one_uses_it(town, shops):
    member = await town.member(points=1_000)
    code = await show(town, member)
    found = await all_at_once([town.city.spending.receive_payment(who, new_id(), code, 100) for who in shops])
    assert sorted(found) == ["paid", "pay-code-used", "pay-code-used"]
    assert await town.balance(member.member_id) == 900


async def test_a_damaged_account_is_told_of_in_its_own_payment_alone(town, shops):
    members = [await town.member(points=500) for _ in range(4)]
    codes = [await show(town, member) for member in members]
    damaged = members[1].member_id

    def damage(conn):
        mine = accounts.c.account == chart.municipal(damaged, KASAMA, OUEN)
        conn.execute(accounts.update().where(mine).values(heaps="no heaps"))

    await town.store.run(damage)
    told = await asyncio.gather(
        *(town.city.spending.receive_payment(shops[0], new_id(), code, 100) for code in codes),
        return_exceptions=True,
    )
    assert [type(one).__name__ for one in told] == [
        "PaymentResult",
        "Damaged",
        "PaymentResult",
        "PaymentResult",
    ]
