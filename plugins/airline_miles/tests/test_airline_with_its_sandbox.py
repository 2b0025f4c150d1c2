"""A member makes a coupon on the airline's pages and spends it here: over real HTTP, failures included."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta

import pytest
from gateway_airline_miles.rates import MILES
from gateway_airline_miles.sandbox.coupons import new_code

from gateway import (
    Coupon,
    CouponRefused,
    Debited,
    DebitLine,
    Declined,
    DeclineReason,
    ExchangeId,
    InProgress,
    NoRecord,
    OutcomeUnknown,
    PartnerUnavailable,
    Secret,
)
from gateway.testkit.sandbox import EntryState, Fault, FaultKind
from gateway.testkit.sandbox.browser import Browser

FIVE_THOUSAND = "SAMP-LE50-00M1-LE0A"
ONE_THOUSAND = "SAMP-LE10-00M1-LE0M"
EXPIRED = "SAMP-LEEX-P1RE-D00Z"


def coupon(code):
    return Coupon(code=Secret(code))


@pytest.fixture
async def browser():
    async with Browser() as opened:
        yield opened


async def signed_in(browser, site, number="90010001", password="sample-taro"):
    page = await browser.get(site.url + "/")
    return await browser.follow(await browser.submit(page, "/login", number=number, password=password))


async def test_a_member_turns_miles_into_a_coupon_and_sees_its_code_once(airline, site, browser, an_order):
    page = await signed_in(browser, site)
    assert "30,000" in page.text
    page = await browser.follow(await browser.submit(page, "/coupons", miles="2000"))
    code = re.search(r'id="code">([^<]+)<', page.text).group(1)
    assert "28,000" in page.text
    assert code not in (await browser.get(site.url + "/")).text
    assert (await airline.coupon_value(coupon(code))).amount == 2_000
    assert isinstance(await airline.debit(an_order(code, miles=2_000)), Debited)


@pytest.mark.parametrize("miles", ["", "0", "150", "-100", "1e3", "３００", "30100", "999999999999"])
async def test_a_coupon_that_cannot_be_made_takes_no_miles(site, browser, miles):
    page = await browser.submit(await signed_in(browser, site), "/coupons", miles=miles)
    assert page.status == 422
    assert "30,000" in page.text


async def test_a_strange_browser_sees_no_account(site, browser):
    await signed_in(browser, site)
    async with Browser() as other:
        page = await other.get(site.url + "/")
    assert "30,000 " not in page.text
    assert page.form("/login")


async def test_asking_what_a_coupon_is_worth_does_not_spend_it(airline, an_order):
    values = [await airline.coupon_value(coupon(FIVE_THOUSAND)) for _ in range(3)]
    assert [(it.wallet, it.amount) for it in values] == [(MILES, 5_000)] * 3
    assert isinstance(await airline.debit(an_order(FIVE_THOUSAND)), Debited)


async def test_the_same_coupon_again_is_declined(airline, an_order, site):
    first = await airline.debit(an_order(FIVE_THOUSAND, "x-1"))
    assert await airline.debit(an_order(FIVE_THOUSAND, "x-1")) == first
    again = await airline.debit(an_order(FIVE_THOUSAND, "x-2"))
    assert again == Declined(exchange_id=ExchangeId("x-2"), reason=DeclineReason.COUPON_USED)
    with pytest.raises(CouponRefused) as refused:
        await airline.coupon_value(coupon(FIVE_THOUSAND))
    assert refused.value.reason == "used"
    assert [(it.order_id, it.state) for it in await site.entries()] == [
        ("x-1", EntryState.DONE),
        ("x-2", EntryState.REFUSED),
    ]


async def test_two_exchanges_at_once_spend_a_coupon_once(airline, an_order):
    answers = await asyncio.gather(*(airline.debit(an_order(FIVE_THOUSAND, f"x-{n}")) for n in range(8)))
    assert sum(isinstance(it, Debited) for it in answers) == 1
    assert sum(isinstance(it, Declined) for it in answers) == 7


async def test_an_expired_coupon_is_refused_and_declined(airline, an_order):
    with pytest.raises(CouponRefused) as refused:
        await airline.coupon_value(coupon(EXPIRED))
    assert refused.value.reason == "expired"
    assert await airline.debit(an_order(EXPIRED)) == Declined(
        exchange_id=ExchangeId("x-1"), reason=DeclineReason.COUPON_EXPIRED
    )


async def test_a_coupon_expires_at_its_moment(airline, clock):
    expires_at = (await airline.coupon_value(coupon(FIVE_THOUSAND))).expires_at
    clock.now = expires_at - timedelta(seconds=1)
    assert (await airline.coupon_value(coupon(FIVE_THOUSAND))).amount == 5_000
    clock.now = expires_at
    with pytest.raises(CouponRefused):
        await airline.coupon_value(coupon(FIVE_THOUSAND))


async def test_a_coupon_that_was_never_issued_is_unknown(airline, an_order):
    never = new_code()
    with pytest.raises(CouponRefused) as refused:
        await airline.coupon_value(coupon(never))
    assert refused.value.reason == "unknown"
    assert await airline.debit(an_order(never)) == Declined(
        exchange_id=ExchangeId("x-1"), reason=DeclineReason.COUPON_UNKNOWN
    )


async def test_a_part_of_a_coupon_is_declined_and_the_coupon_stays_good(airline, an_order):
    declined = await airline.debit(an_order(FIVE_THOUSAND, "x-1", miles=1_000))
    assert declined == Declined(exchange_id=ExchangeId("x-1"), reason=DeclineReason.REFUSED)
    assert isinstance(await airline.debit(an_order(FIVE_THOUSAND, "x-2")), Debited)


async def test_the_list_of_the_day_names_what_was_spent(airline, an_order):
    debit = await airline.debit(an_order(ONE_THOUSAND, miles=1_000))
    await airline.debit(an_order(EXPIRED, "x-2"))
    [record] = await airline.debits_on(date(2018, 7, 31))
    assert (record.exchange_id, record.reference) == ("x-1", debit.reference)
    assert record.lines == (DebitLine(wallet=MILES, amount=1_000),)
    assert (record.reversed, record.given_back) == (False, ())
    assert await airline.debits_on(date(2018, 8, 1)) == ()


@pytest.mark.parametrize(("miles", "whole"), [(400, False), (1_000, True)])
async def test_miles_that_the_airlines_desk_returned_are_told_with_their_day(
    airline, site, an_order, clock, miles, whole
):
    await airline.debit(an_order(ONE_THOUSAND, miles=1_000))
    assert (await site.give_back("x-1", {MILES: miles}, clock())).reason == ""
    [record] = await airline.debits_on(date(2018, 7, 31))
    assert record.given_back == (DebitLine(wallet=MILES, amount=miles),)
    assert record.reversed is whole


UNCLEAR = [
    (kind, done)
    for kind in ("reset", "server_error", "unavailable", "redirect", "html", "empty_json")
    for done in (False, True)
] + [("half", True), ("wrong_id", True)]


@pytest.mark.parametrize(("kind", "done"), UNCLEAR)
async def test_an_unclear_debit_is_unknown_and_found_out_afterwards(airline, site, an_order, kind, done):
    site.order(Fault(operation="redeem", kind=FaultKind(kind), done=done))
    with pytest.raises(OutcomeUnknown):
        await airline.debit(an_order(FIVE_THOUSAND))
    assert isinstance(await airline.find_debit(ExchangeId("x-1")), Debited if done else NoRecord)


@pytest.mark.parametrize(("kind", "done"), UNCLEAR)
@pytest.mark.parametrize("operation", ["hello", "value", "find", "list"])
async def test_asking_that_fails_is_unavailable_and_works_the_next_time(airline, site, operation, kind, done):
    ask = {
        "hello": airline.check_connection,
        "value": lambda: airline.coupon_value(coupon(FIVE_THOUSAND)),
        "find": lambda: airline.find_debit(ExchangeId("x-1")),
        "list": lambda: airline.debits_on(date(2018, 7, 31)),
    }[operation]
    if kind == "wrong_id" and operation in {"hello", "list"}:
        with pytest.raises(ValueError, match="no meaning"):
            site.order(Fault(operation=operation, kind=FaultKind(kind)))
        return
    site.order(Fault(operation=operation, kind=FaultKind(kind), done=done))
    with pytest.raises(PartnerUnavailable):
        await ask()
    await ask()


async def test_a_late_airline_keeps_the_coupon_for_the_order_that_waits(airline, site, an_order):
    site.order(Fault(operation="redeem", kind=FaultKind.LATE))
    assert isinstance(await airline.debit(an_order(FIVE_THOUSAND, "x-1")), InProgress)
    assert isinstance(await airline.debit(an_order(FIVE_THOUSAND, "x-2")), Declined)
    await site.finish()
    assert isinstance(await airline.find_debit(ExchangeId("x-1")), Debited)
