"""What corrects a closed cycle is told in the cycle that it comes into, and in no other."""

import csv
import io
import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.cities.settlement import cycle_corrections, cycle_rules, settlement_scope
from gateway.cities.settlement.business_days import CycleCalendar
from gateway.cities.settlement.settlement_csv import corrections_csv, settlement_csv, statement_csv
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError

from .conftest import KASAMA, MITO
from .test_settlement import AUG_1, JULY_1, JULY_16, at, close, pay


@pytest.fixture
async def soba(town):
    for shop_id in ("cafe", "soba"):
        await town.city.shops.register(await town.who("operator"), shop_id, ShopEntry(name=f"見本 {shop_id}"))
        await town.set_account(shop_id)


async def give_back(town, spend, points, reason="金額の間違い"):
    return await town.refund(spend, points, reason)


async def corrections(town, starts_on):
    return (await town.city.settlements.corrections(KASAMA, starts_on)).corrections


def rows(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


async def test_a_refund_of_a_closed_cycle_tells_what_it_corrects_and_who_made_it_why(town, soba):
    paid = await pay(town, at(2), 1_000)
    town.clock.now = at(17)
    await close(town, JULY_1)
    made = await give_back(town, paid, 700)
    (one,) = await corrections(town, JULY_16)
    assert (one.shop_id, one.shop_name, one.spend_id, one.refund_id) == (
        "soba",
        "見本 soba",
        paid.spend_id,
        made.refund_id,
    )
    assert (one.corrects.starts_on, one.paid_at, one.at) == (JULY_1, at(2), at(17))
    assert (one.points, one.yen, one.reason, one.made_by) == (-700, -700, "金額の間違い", made.made_by)
    town.clock.now = at(2, 8)
    line = (await close(town, JULY_16)).lines[0]
    assert (line.corrections, line.corrected_points, line.corrected_yen) == (1, -700, -700)
    assert await corrections(town, JULY_16) == (one,)


async def test_a_payment_that_comes_after_the_closing_of_its_cycle_is_a_correction_that_adds(town, soba):
    await pay(town, at(2), 100)
    town.clock.now = at(17)
    await close(town, JULY_1)
    late = await pay(town, at(15, hour=23), 40)
    on_time = await pay(town, at(16, hour=0), 5)
    (one,) = await corrections(town, JULY_16)
    assert (one.spend_id, one.refund_id, one.points, one.corrects.starts_on) == (
        late.spend_id,
        None,
        40,
        JULY_1,
    )
    assert one.made_by == "member"
    assert on_time.spend_id != one.spend_id


async def test_a_refund_within_the_open_cycle_corrects_nothing(town, soba):
    paid = await pay(town, at(2), 100)
    town.clock.now = at(14)
    await give_back(town, paid, 30)
    assert await corrections(town, JULY_1) == ()
    town.clock.now = at(17)
    (line,) = (await close(town, JULY_1)).lines
    assert (line.refunded, line.corrections, line.corrected_yen) == (30, 0, 0)


async def test_a_late_payment_and_its_refund_correct_one_cycle_and_a_later_refund_the_one_that_paid(
    town, soba
):
    await pay(town, at(2), 100)
    town.clock.now = at(17)
    await close(town, JULY_1)
    late = await pay(town, at(15), 40)
    await give_back(town, late, 10)
    assert [(one.points, one.corrects.starts_on) for one in await corrections(town, JULY_16)] == [
        (40, JULY_1),
        (-10, JULY_1),
    ]
    town.clock.now = at(2, 8)
    await close(town, JULY_16)
    await give_back(town, late, 30)
    assert [(one.points, one.corrects.starts_on) for one in await corrections(town, AUG_1)] == [
        (-30, JULY_16)
    ]


async def test_a_cycle_without_corrections_says_so_and_one_that_is_none_is_refused(town, soba):
    await pay(town, at(2), 100)
    found = await town.city.settlements.corrections(KASAMA, JULY_1)
    assert (found.corrections, found.points, found.yen, found.closed_at) == ((), 0, 0, None)
    with pytest.raises(ProblemError) as refused:
        await town.city.settlements.corrections(KASAMA, date(2018, 7, 2))
    assert refused.value.type == "unknown-cycle"


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_payments_less_refunds_with_corrections_are_the_line(town, soba, seed):
    """Payments and refunds as they come, some of them late, and a closing now and then."""
    chance, paid, day = random.Random(seed), [], date(2018, 7, 1)
    for _ in range(40):
        day += timedelta(days=chance.randint(0, 3))
        town.clock.now = at(1) + timedelta(days=(day - JULY_1).days)
        what = chance.choice(("pay", "pay", "late", "refund", "refund", "close"))
        if what in ("pay", "late"):
            moment = town.clock.now - timedelta(days=chance.randint(5, 20) if what == "late" else 0)
            paid.append(await pay(town, moment, chance.randint(1, 500), chance.choice(("cafe", "soba"))))
        elif what == "refund" and paid:
            one = chance.choice(paid)
            points = chance.randint(1, one.points - one.refunded_points)
            await give_back(town, one, points)
            paid.remove(one)
            if one.refunded_points + points < one.points:
                paid.append(replace(one, refunded_points=one.refunded_points + points))
        elif what == "close":
            await close_what_is_over(town)
    counted, of_lines = Counter(), Counter()
    for cycle in CycleCalendar().cycles(date(2018, 6, 1), day):
        lines = {
            line.shop_id: line for line in (await town.city.settlements.get(KASAMA, cycle.starts_on)).lines
        }
        found = await corrections(town, cycle.starts_on)
        counted.update((one.spend_id, one.refund_id) for one in found)
        for shop_id in ("cafe", "soba"):
            told = await town.city.settlements.statement(KASAMA, cycle.starts_on, shop_id)
            assert told.line == lines.get(shop_id, told.line)
            assert told.corrections == tuple(one for one in found if one.shop_id == shop_id)
            corrected = {(correction.spend_id, correction.refund_id) for correction in told.corrections}
            payments = sum(spend.yen for spend in told.spends if (spend.spend_id, None) not in corrected)
            refunds = sum(
                refund.yen for refund in told.refunds if (refund.spend_id, refund.refund_id) not in corrected
            )
            assert (
                payments - refunds + sum(correction.yen for correction in told.corrections) == told.line.yen
            )
            assert told.line.corrected_yen == sum(correction.yen for correction in told.corrections)
            assert told.line.corrections == len(told.corrections)
            assert all(correction.corrects.ends_on < cycle.starts_on for correction in told.corrections)
            of_lines.update(spend.spend_id for spend in told.spends)
            of_lines.update(refund.refund_id for refund in told.refunds)
    assert counted
    assert set(counted.values()) == {1}
    assert set(of_lines.values()) == {1}


async def close_what_is_over(town):
    for cycle, yen in reversed(await town.city.settlements.listed(KASAMA)):
        if yen is None and cycle.ends_on < town.clock().date():
            await close(town, cycle.starts_on)


async def test_without_corrections_no_calendar_is_loaded(town, soba, monkeypatch):
    paid = await pay(town, at(2), 1_000)
    scope = settlement_scope.of_closed(KASAMA, CycleCalendar().cycle_of(JULY_1))
    loaded = []

    def load(conn, code):
        loaded.append(code)
        return CycleCalendar()

    monkeypatch.setattr(cycle_rules, "find_calendar", load)
    assert await town.store.read(lambda conn: cycle_corrections.of_cycle(conn, scope)) == []
    assert loaded == []
    town.clock.now = at(17)
    await close(town, JULY_1)
    await give_back(town, paid, 700)
    scope = settlement_scope.of_closed(KASAMA, CycleCalendar().cycle_of(JULY_16))
    town.clock.now = at(2, 8)
    await close(town, JULY_16)
    loaded.clear()
    assert len(await town.store.read(lambda conn: cycle_corrections.of_cycle(conn, scope))) == 1
    assert loaded == [KASAMA]


async def test_a_shops_list_of_cycles_tells_its_corrections(town, soba):
    paid = await pay(town, at(2), 1_000)
    town.clock.now = at(17)
    await close(town, JULY_1)
    await give_back(town, paid, 700)
    await pay(town, at(18), 900)
    town.clock.now = at(2, 8)
    await close(town, JULY_16)
    found = await town.city.settlements.list_by_shop(KASAMA, "soba")
    assert [(line.corrections, line.corrected_yen, line.paid_yen) for _, line in found] == [
        (1, -700, 200),
        (0, 0, 1_000),
    ]


async def test_the_papers_mark_a_correction_with_the_day_of_its_payment(town, soba):
    paid = await pay(town, at(2), 1_000)
    town.clock.now = at(17)
    await close(town, JULY_1)
    await give_back(town, paid, 700, "=1+1")
    await pay(town, at(18), 900)
    town.clock.now = at(2, 8)
    closed = await close(town, JULY_16)
    statement = await town.city.settlements.statement(KASAMA, JULY_16, "soba")
    assert [
        (one["区分"], one["金額(円)"], one["訂正する利用の日"]) for one in rows(statement_csv(statement))
    ] == [
        ("訂正・取消", "-700", "2018-07-02"),
        ("利用", "900", ""),
    ]
    (line,) = rows(settlement_csv(closed))
    assert (line["うち訂正件数"], line["うち訂正ポイント"], line["うち訂正(円)"]) == ("1", "-700", "-700")
    (one,) = rows(corrections_csv(await town.city.settlements.corrections(KASAMA, JULY_16)))
    assert one == {
        "区分": "取消", "加盟店番号": "soba", "加盟店名": "見本 soba", "訂正する期間": "2018-07-01〜2018-07-15",
        "利用の日": "2018-07-02", "利用の番号": paid.spend_id, "訂正の日時": "2018-07-17 12:00:00", "ポイント": "-700",
        "金額(円)": "-700", "理由": "'=1+1", "担当": "見本 operator",
    }  # fmt: skip


async def test_another_city_sees_no_corrections_of_this_one(town, soba):
    paid = await pay(town, at(2), 1_000)
    town.clock.now = at(17)
    await close(town, JULY_1)
    await give_back(town, paid, 700)
    assert (await town.city.settlements.corrections(MITO, JULY_16)).corrections == ()
