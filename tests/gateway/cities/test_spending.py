"""At the counter: one code, one payment, one clear answer; oldest points first, expired never."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from core_ledger import Transfer, audit, chart, ledger
from gateway.cities import daily_limits
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed, DeedRule
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.spending import pay_codes
from gateway.cities.spending import spend_rows as records
from gateway.errors import ProblemError
from gateway.points import account_positions
from gateway.points.rules import Expiry, PointRule

from .conftest import KASAMA, MITO, NOON, OUEN, new_id
from .test_grants import plan


@pytest.fixture
async def shop(town):
    who = await town.who("operator")
    return await town.city.shops.register(who, "soba-ya", ShopEntry(name="そば処 見本"))


async def clerk(town, shop_id="soba-ya", city=KASAMA):
    return await town.who("shop", city, shop_id)


async def show(town, member):
    return await town.city.codes.make(member.member_id, KASAMA, OUEN)


async def take(town, code, points=300, spend_id=None, who=None):
    return await town.city.spending.receive_payment(
        who or await clerk(town), spend_id or new_id(), code, points
    )


async def refused(awaited):
    with pytest.raises(ProblemError) as caught:
        await awaited
    return caught.value


async def test_the_shop_scans_the_members_code_and_both_see_it_at_once(town, shop):
    member = await town.member(points=1_000)
    code = await show(town, member)
    paid = await take(town, code.qr)
    assert (paid.spend.points, paid.spend.yen, paid.left, paid.shop_name) == (300, 300, 700, "そば処 見本")
    assert await town.balance(member.member_id) == 700
    assert await town.total(chart.shop(KASAMA, "soba-ya")) == 300
    assert await town.city.codes.used_for(member.member_id, code.digits) == paid.spend.spend_id


async def test_the_typed_digits_work_like_the_scan_in_any_width(town, shop):
    member = await town.member(points=1_000)
    code = await show(town, member)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code.digits)
    assert (await take(town, f"{wide[:4]} {wide[4:8]}-{wide[8:]}")).spend.points == 300


async def test_a_code_serves_once_whoever_comes_second(town, shop):
    await town.city.shops.register(await town.who("operator"), "cafe", ShopEntry(name="カフェ"))
    member = await town.member(points=1_000)
    code = await show(town, member)
    one, other = await clerk(town), await clerk(town, "cafe")
    outcomes = await asyncio.gather(
        *(take(town, code.qr, who=who) for who in (one, other) * 10), return_exceptions=True
    )
    assert [getattr(outcome, "type", "paid") for outcome in outcomes].count("paid") == 1
    assert {outcome.type for outcome in outcomes if isinstance(outcome, ProblemError)} == {"pay-code-used"}
    assert await town.balance(member.member_id) == 700


async def test_the_same_payment_asked_for_again_is_the_same_payment(town, shop):
    member, spend_id = await town.member(points=1_000), new_id()
    code = await show(town, member)
    first, again = await take(town, code.qr, 300, spend_id), await take(town, code.qr, 300, spend_id)
    assert (first.replayed, again.replayed) == (False, True)
    assert await town.balance(member.member_id) == 700
    assert (await refused(take(town, code.qr, 301, spend_id))).type == "id-reused"


@pytest.mark.parametrize(("seconds", "word"), [(59, None), (60, "pay-code-ended")])
async def test_a_code_lives_sixty_seconds(town, shop, seconds, word):
    code = await show(town, await town.member(points=1_000))
    town.clock.forward(seconds=seconds)
    if word is None:
        assert (await take(town, code.qr)).spend.points == 300
    else:
        assert (await refused(take(town, code.qr))).type == word


async def test_a_code_that_somebody_has_already_is_drawn_again(town, shop, monkeypatch):
    """Of a hundred thousand codes a day two are the same once in some months."""
    first, second = await town.member(points=500), await town.member(points=500)
    drawn = iter((7, 7, 8))
    monkeypatch.setattr(pay_codes.secrets, "randbelow", lambda _: next(drawn))
    one, other = await show(town, first), await show(town, second)
    assert (one.digits, other.digits) == ("000000000007", "000000000008")
    assert (await take(town, other.digits)).spend.book_id == chart.member_book(second.member_id)
    assert await town.city.codes.used_for(first.member_id, one.digits) is None


async def test_made_up_codes_are_refused(town, shop):
    code = await show(town, await town.member(points=1_000))
    flipped = code.qr[:-1] + ("0" if code.qr[-1] != "0" else "1")
    for text in (
        "000000000000",
        flipped,
        "PGP1",
        "PGP1..",
        "12",
        "",
        code.qr.replace("PGP1", "PGP2"),
        "٣" * 12,
    ):
        assert (await refused(take(town, text))).type == "pay-code-unknown"


async def test_another_citys_shop_cannot_take_this_citys_points(town, shop):
    await town.city.shops.register(await town.who("operator", MITO), "mito", ShopEntry(name="水戸の店"))
    code = await show(town, await town.member(points=1_000))
    stranger = await clerk(town, "mito", MITO)
    assert (await refused(take(town, code.qr, who=stranger))).type == "pay-code-unknown"


async def test_more_than_the_balance_takes_nothing_and_the_code_still_serves(town, shop):
    member = await town.member(points=200)
    code = await show(town, member)
    short = await refused(take(town, code.qr, 201))
    assert (short.type, short.facts["available"]) == ("not-enough-points", 200)
    assert (await take(town, code.qr, 200)).left == 0


async def test_thirty_two_shops_at_once_never_take_more_than_there_is(town, shop):
    operator, member = await town.who("operator"), await town.member(points=1_000)
    clerks = []
    for number in range(32):
        await town.city.shops.register(operator, f"shop-{number}", ShopEntry(name=f"{number}"))
        clerks.append(await clerk(town, f"shop-{number}"))
    codes = [await show(town, member) for _ in clerks]
    outcomes = await asyncio.gather(
        *(take(town, code.qr, 150, who=who) for code, who in zip(codes, clerks, strict=True)),
        return_exceptions=True,
    )
    assert sum(1 for outcome in outcomes if not isinstance(outcome, Exception)) == 6
    assert await town.balance(member.member_id) == 100
    assert (await town.store.read(audit.verify)).ok


async def rule(town, **changes):
    await town.announce(PointRule(**changes), NOON.date())


async def test_the_oldest_points_go_first_and_expired_ones_never(town, shop):
    await rule(town, expiry=Expiry.MONTHS, expiry_count=6)
    member = await town.member(points=100, issued_on=date(2018, 1, 10))
    await town.give(member.member_id, 200, date(2018, 3, 1))
    await town.give(member.member_id, 400, date(2018, 2, 10))
    short = await refused(take(town, (await show(town, member)).qr, 601))
    assert short.facts["available"] == 600
    paid = await take(town, (await show(town, member)).qr, 450)
    assert [(lot.issued_on, lot.points) for lot in paid.spend.lots] == [
        (date(2018, 2, 10), 400),
        (date(2018, 3, 1), 50),
    ]
    assert paid.left == 150
    assert await town.total(chart.expired(KASAMA)) == 100
    town.clock.forward(days=60)  # the 150 of March are over, and not swept off yet
    again = await town.city.spending.get_of_member(member.member_id, paid.spend.spend_id)
    assert again.left == 0


async def test_a_limit_of_the_day_holds_and_a_refund_gives_room_again(town, shop):
    await rule(town, most_spent_a_day=500)
    member = await town.member(points=1_000)
    paid = await take(town, (await show(town, member)).qr, 400)
    over = await refused(take(town, (await show(town, member)).qr, 101))
    assert (over.type, over.facts["available"]) == ("limit-of-the-day", 100)
    await town.city.spending.refund_by_shop(await clerk(town), new_id(), paid.spend.spend_id, 100, "返品")
    await take(town, (await show(town, member)).qr, 200)


async def test_a_refund_is_not_stopped_by_a_limit_that_was_passed_before(town, shop):
    """Two books of one person were merged, or a lower limit took effect: what comes back only makes the day's sum smaller."""
    await rule(town, most_spent_a_day=500)
    member = await town.member(points=1_000)
    paid = await take(town, (await show(town, member)).qr, 400)
    book = chart.member_book(member.member_id)
    other = chart.member_book((await town.member()).member_id)
    count = partial(daily_limits.count_many, code=KASAMA, service=OUEN, day=NOON.date(), kind="spent")
    await town.store.run(lambda conn: count(conn, points={other: 300}))
    await town.store.run(lambda conn: daily_limits.add_counts(conn, other, book, NOON.date()))
    refund = town.city.spending.refund_by_shop
    done = await refund(await clerk(town), new_id(), paid.spend.spend_id, 100, "返品")
    assert done.spend.refundable == 300
    assert await town.balance(member.member_id) == 700
    over = await refused(take(town, (await show(town, member)).qr, 1))
    assert (over.type, over.facts["available"]) == ("limit-of-the-day", 0)
    await refund(await clerk(town), new_id(), paid.spend.spend_id, 200, "返品")
    assert (await take(town, (await show(town, member)).qr, 100)).left == 800


async def test_a_closed_shop_takes_nothing(town, shop):
    await town.city.shops.close(await town.who("operator"), "soba-ya", "閉店")
    code = await show(town, await town.member(points=1_000))
    assert (await refused(take(town, code.qr))).type == "shop-closed"


# --- the member scans the shop's code -------------------------------------------------------------------------------


async def pay(town, member, code, points=300, spend_id=None, service=OUEN):
    return await town.city.spending.pay(member.member_id, spend_id or new_id(), code, service, points)


async def test_a_member_pays_by_the_shops_code(town, shop):
    member, code = await town.member(points=1_000), town.city.shops.code_of(shop)
    assert (await town.city.shops.by_code(code)).name == "そば処 見本"
    paid = await pay(town, member, code)
    assert (paid.left, paid.spend.way) == (700, "member_pays")
    day = NOON.replace(hour=0)
    seen = await town.store.read(
        lambda conn: records.list_by_shop(conn, KASAMA, "soba-ya", since=day, until=day + timedelta(days=1))
    )
    assert [one.spend_id for one in seen] == [paid.spend.spend_id]


async def test_a_made_up_shop_code_pays_nobody(town, shop):
    member, code = await town.member(points=1_000), town.city.shops.code_of(shop)
    for text in (code[:-1] + "z", code.replace("soba-ya", "soba-yb"), "", "PGS1.082163.soba-ya"):
        assert (await refused(pay(town, member, text))).type == "shop-code-wrong"
    assert await town.balance(member.member_id) == 1_000


async def test_one_member_cannot_use_anothers_spend_id(town, shop):
    one, other, code = (
        await town.member(points=500),
        await town.member(points=500),
        town.city.shops.code_of(shop),
    )
    spend_id = new_id()
    await pay(town, one, code, spend_id=spend_id)
    assert (await refused(pay(town, other, code, spend_id=spend_id))).type == "id-reused"


async def test_a_payment_is_shown_to_the_member_whose_it_is_and_to_nobody_else(town, shop):
    one, other = await town.member(points=500), await town.member(points=500)
    paid = await pay(town, one, town.city.shops.code_of(shop))
    seen = await town.city.spending.get_of_member(one.member_id, paid.spend.spend_id)
    assert (seen.spend, seen.shop_name, seen.left) == (paid.spend, "そば処 見本", 200)
    with_another = town.city.spending.get_of_member(other.member_id, paid.spend.spend_id)
    assert (await refused(with_another)).type == "unknown-spend"


# --- refunds ------------------------------------------------------------------------------------------------------------


async def test_a_refund_gives_points_back_with_their_first_days_of_issue(town, shop):
    member = await town.member(points=100, issued_on=date(2018, 5, 1))
    await town.give(member.member_id, 200, date(2018, 6, 1))
    paid = await take(town, (await show(town, member)).qr, 250)
    who, refund = await clerk(town), town.city.spending.refund_by_shop
    await refund(who, new_id(), paid.spend.spend_id, 200, "返品")

    async def heaps():
        book, account = chart.member_book(member.member_id), chart.municipal(member.member_id, KASAMA, OUEN)
        lots = await town.store.read(lambda conn: ledger.lots(conn, book, account))
        return [(lot.issued_on, lot.points) for lot in lots]

    assert await heaps() == [(date(2018, 5, 1), 50), (date(2018, 6, 1), 200)]
    over = await refused(refund(who, new_id(), paid.spend.spend_id, 51, "返品"))
    assert (over.type, over.facts["available"]) == ("refund-too-much", 50)
    await refund(who, new_id(), paid.spend.spend_id, 50, "返品")
    assert await heaps() == [(date(2018, 5, 1), 100), (date(2018, 6, 1), 200)]
    assert await town.total(chart.shop(KASAMA, "soba-ya")) == 0


async def test_the_shop_refunds_today_and_the_city_tomorrow(town, shop):
    member = await town.member(points=500)
    paid = await take(town, (await show(town, member)).qr, 250)
    town.clock.now = NOON.replace(hour=0) + timedelta(days=1)
    spending = town.city.spending
    late = await refused(
        spending.refund_by_shop(await clerk(town), new_id(), paid.spend.spend_id, 50, "返品")
    )
    assert late.type == "refund-too-late"
    stranger = await town.who("operator", MITO)
    assert (
        await refused(spending.refund_by_city(stranger, new_id(), paid.spend.spend_id, 50, "x"))
    ).type == "unknown-spend"
    done = await spending.refund_by_city(
        await town.who("operator"), new_id(), paid.spend.spend_id, 50, "誤り"
    )
    assert (done.refund.yen, done.spend.refundable) == (50, 200)


async def test_a_day_at_the_counter_is_a_day_in_japan_wherever_the_server_is(town, shop):
    await town.announce(PointRule(most_spent_a_day=500), date(2018, 8, 1))
    member = await town.member(points=2_000)
    refund, who = town.city.spending.refund_by_shop, await clerk(town)
    town.clock.now = datetime(2018, 7, 31, 15, 30, tzinfo=UTC)  # half past midnight on 1 August
    paid = await take(town, (await show(town, member)).qr, 400)
    over = await refused(take(town, (await show(town, member)).qr, 101))
    assert (over.type, over.facts["available"]) == ("limit-of-the-day", 100)
    await refund(who, new_id(), paid.spend.spend_id, 300, "返品")
    town.clock.now = datetime(2018, 8, 1, 14, 30, tzinfo=UTC)  # half an hour before its end
    await take(town, (await show(town, member)).qr, 400)
    assert (await refused(take(town, (await show(town, member)).qr, 1))).type == "limit-of-the-day"
    town.clock.now = datetime(2018, 8, 1, 15, 30, tzinfo=UTC)  # half past midnight on 2 August
    assert (await refused(refund(who, new_id(), paid.spend.spend_id, 100, "返品"))).type == "refund-too-late"
    await take(town, (await show(town, member)).qr, 500)


async def test_a_refund_is_proposed_with_the_day_in_japan_on_which_was_paid(town, shop):
    member = await town.member(points=20_000)
    await town.who("approver")
    town.clock.now = datetime(2018, 7, 31, 15, 30, tzinfo=UTC)  # half past midnight on 1 August
    paid = (await take(town, (await show(town, member)).qr, 15_000)).spend
    proposal = await town.city.spending.refund_by_city(
        await town.who("operator"), new_id(), paid.spend_id, 10_001, "誤り"
    )
    assert proposal.facts["paid_on"] == "2018-08-01"


async def test_a_refund_of_yesterday_gives_no_room_today(town, shop):
    await rule(town, most_spent_a_day=500)
    member = await town.member(points=1_000)
    paid = await take(town, (await show(town, member)).qr, 400)
    town.clock.forward(days=1)
    await take(town, (await show(town, member)).qr, 400)
    await town.city.spending.refund_by_city(
        await town.who("operator"), new_id(), paid.spend.spend_id, 400, "誤り"
    )
    over = await refused(take(town, (await show(town, member)).qr, 101))
    assert (over.type, over.facts["available"]) == ("limit-of-the-day", 100)


async def test_a_refund_is_worth_what_the_payment_was_worth(town, shop):
    await rule(town, unit_value_yen=2)
    member = await town.member(points=1_000)
    paid = await take(town, (await show(town, member)).qr, 250)
    assert paid.spend.yen == 500
    await town.announce(PointRule(unit_value_yen=3), NOON.date() + timedelta(days=1))
    town.clock.forward(days=1)
    done = await town.city.spending.refund_by_city(
        await town.who("operator"), new_id(), paid.spend.spend_id, 50, "誤り"
    )
    assert (done.refund.points, done.refund.yen) == (50, 100)


async def test_an_id_of_a_refund_is_of_one_payment_and_one_sum(town, shop):
    member, refund_id = await town.member(points=500), new_id()
    first, second = [await take(town, (await show(town, member)).qr, 200) for _ in range(2)]
    refund, who = town.city.spending.refund_by_shop, await clerk(town)
    await refund(who, refund_id, first.spend.spend_id, 100, "返品")
    for spend, points in ((first, 99), (second, 100)):
        again = refund(who, refund_id, spend.spend.spend_id, points, "返品")
        assert (await refused(again)).type == "id-reused"
    assert await town.balance(member.member_id) == 200


async def test_a_payment_of_the_same_id_in_another_city_is_another_one(town, shop):
    natto = await town.city.shops.register(await town.who("operator", MITO), "natto", ShopEntry(name="見本"))
    one, other, spend_id = await town.member(points=500), await town.member(), new_id()
    points = Transfer(
        id=new_id(), book=chart.member_book(other.member_id), source=chart.granted(MITO), points=500, at=NOON,
        target=chart.municipal(other.member_id, MITO, "mito-ouen"), kind="grant", issued_on=NOON.date(),
    )  # fmt: skip
    await town.store.run(lambda conn: ledger.transfer(conn, points))
    await pay(town, one, town.city.shops.code_of(shop), spend_id=spend_id)
    await pay(town, other, town.city.shops.code_of(natto), spend_id=spend_id, service="mito-ouen")
    await town.city.spending.refund_by_shop(await clerk(town), new_id(), spend_id, 100, "返品")
    seen = [await town.city.spending.get_of_member(each.member_id, spend_id) for each in (one, other)]
    assert [each.spend.refundable for each in seen] == [200, 300]


class TestRefundsByTheCity:
    async def test_a_large_one_waits_for_a_second_person(self, town, shop):
        member, who = await town.member(points=20_000), await town.who("operator")
        await town.who("approver")
        paid = (await take(town, (await show(town, member)).qr, 15_000)).spend
        refund_id = new_id()
        proposal = await town.city.spending.refund_by_city(who, refund_id, paid.spend_id, 10_001, "誤り")
        again = await town.city.spending.refund_by_city(who, refund_id, paid.spend_id, 10_001, "誤り")
        assert (proposal.points, proposal.facts["shop_id"]) == (10_001, "soba-ya")
        assert again.proposal_id == proposal.proposal_id
        assert await town.balance(member.member_id) == 5_000
        await town.decided(proposal)
        assert await town.balance(member.member_id) == 15_001
        done = await town.city.spending.refund_by_city(who, refund_id, paid.spend_id, 10_001, "誤り")
        assert done.replayed

    async def test_many_small_ones_and_grants_pass_no_ceiling_of_the_day_together(self, town, shop):
        who, member = await town.who("operator"), await town.member(points=500_000)
        await town.add_project(plan(budget=100_000))
        table = DeedRule(deed=Deed.REFUND, from_points=50_000, points_a_day=100_000)
        await town.store.run(lambda conn: deeds.save_rule(conn, KASAMA, table))
        alone, members = 0, [member]
        spends = [(await take(town, (await show(town, member)).qr, 30_000)).spend for _ in range(5)]
        for spend in spends:
            done = await town.city.spending.refund_by_city(who, new_id(), spend.spend_id, 30_000, "誤り")
            alone += 0 if isinstance(done, Proposal) else 30_000
        for _ in range(5):
            members.append(await town.member())
            done = await town.city.grants.to_one(who, "kosodate", new_id(), members[-1].mykey_id, 3_000)
            alone += 0 if isinstance(done, Proposal) else 3_000
        held = sum([await town.balance(each.member_id) for each in members])
        assert held == 500_000 - 150_000 + alone
        assert alone == 99_000

    async def test_one_of_a_closed_cycle_waits_however_small(self, town, shop):
        member, who = await town.member(points=500), await town.who("operator")
        paid = (await take(town, (await show(town, member)).qr, 250)).spend
        await town.set_account("soba-ya")
        town.clock.now = NOON + timedelta(days=1)
        await town.close_cycle(date(2018, 7, 16))
        proposal = await town.city.spending.refund_by_city(who, new_id(), paid.spend_id, 1, "誤り")
        assert proposal.facts["settled_in"] == "2018-07-16"
        assert await town.balance(member.member_id) == 250
        await town.decided(proposal)
        assert await town.balance(member.member_id) == 251

    async def test_what_has_expired_goes_to_nobody_and_is_charged_to_nobody(self, town, shop):
        await rule(town, expiry=Expiry.MONTHS, expiry_count=6)
        member = await town.member(points=100, issued_on=date(2018, 2, 5))
        await town.give(member.member_id, 200, date(2018, 7, 1))
        paid = (await take(town, (await show(town, member)).qr, 250)).spend
        town.clock.now = NOON + timedelta(days=10)  # the 100 of February are over since 4 August
        who, spending = await town.who("operator"), town.city.spending
        short = await refused(spending.refund_by_city(who, new_id(), paid.spend_id, 250, "誤り"))
        assert (short.type, short.facts["available"], short.facts["expired"]) == ("refund-expired", 150, 100)
        assert await town.total(chart.shop(KASAMA, "soba-ya")) == 250
        await spending.refund_by_city(who, new_id(), paid.spend_id, 60, "誤り")
        done = await spending.refund_by_city(who, new_id(), paid.spend_id, 90, "誤り")
        assert (done.refund.yen, await town.total(chart.shop(KASAMA, "soba-ya"))) == (90, 100)
        await town.city.expiries.sweep(town.city.context.today)
        assert await town.balance(member.member_id) == 200

    async def test_a_city_that_wants_to_gives_it_with_a_new_day_by_two_persons(self, town, shop):
        await rule(town, expiry=Expiry.MONTHS, expiry_count=6)
        member = await town.member(points=100, issued_on=date(2018, 2, 5))
        paid = (await take(town, (await show(town, member)).qr, 100)).spend
        town.clock.now = NOON + timedelta(days=10)
        who, city = await town.who("operator"), town.city
        assert (await refused(city.spending.refund_by_city(who, new_id(), paid.spend_id, 100, "誤り"))).facts[
            "available"
        ] == 0
        proposal = await city.corrections.correct_balance(who, new_id(), member.mykey_id, OUEN, 100, "返品")
        assert await town.balance(member.member_id) == 0
        await town.decided(proposal)
        account = chart.municipal(member.member_id, KASAMA, OUEN)
        (lot,) = await town.store.read(
            lambda conn: account_positions.of_account(conn, chart.member_book(member.member_id), account).lots
        )
        assert (lot.issued_on, lot.available) == (town.city.context.today, 100)
        await town.city.expiries.sweep(town.city.context.today)
        assert await town.balance(member.member_id) == 100
        assert await town.total(chart.shop(KASAMA, "soba-ya")) == 100


async def test_ten_refunds_at_once_give_back_no_more_than_was_paid(town, shop):
    member = await town.member(points=500)
    paid = await take(town, (await show(town, member)).qr, 250)
    who = await clerk(town)
    outcomes = await asyncio.gather(
        *(
            town.city.spending.refund_by_shop(who, new_id(), paid.spend.spend_id, 100, "返品")
            for _ in range(10)
        ),
        return_exceptions=True,
    )
    assert sum(1 for outcome in outcomes if not isinstance(outcome, Exception)) == 2
    assert await town.balance(member.member_id) == 450


async def test_a_repeated_refund_is_one_refund(town, shop):
    member, refund_id = await town.member(points=500), new_id()
    paid = await take(town, (await show(town, member)).qr, 250)
    who = await clerk(town)
    for expected in (False, True):
        done = await town.city.spending.refund_by_shop(who, refund_id, paid.spend.spend_id, 100, "返品")
        assert done.replayed is expected
    assert await town.balance(member.member_id) == 350


async def test_old_codes_are_forgotten_after_a_day(town, shop):
    await show(town, await town.member(points=1))
    town.clock.forward(days=1, seconds=61)
    assert await town.store.run(lambda conn: pay_codes.forget_ended(conn, town.clock())) == 1
