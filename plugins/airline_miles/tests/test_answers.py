"""What the plugin makes of each answer an airline could give, byte for byte; no airline is running."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
import respx
from gateway_airline_miles.rates import MILES, RATES

from gateway import (
    Coupon,
    CouponRefused,
    Debited,
    DebitLine,
    Declined,
    DeclineReason,
    ExchangeId,
    IdReused,
    InProgress,
    NotProcessed,
    OutcomeUnknown,
    PartnerUnavailable,
    Secret,
)
from gateway.partners.loading.profile_checks import coherence

BASE = "https://miles.airline.example"
CODE = "SAMPLE5000M1LE0A"
COUPON = Coupon(code=Secret(CODE))
REDEEMED = {
    "result": "redeemed",
    "orderId": "x-1",
    "reference": "SA1",
    "miles": 5_000,
    "redeemedAt": "2018-07-31T12:00:00+09:00",
}
REUSED = {"result": "conflict", "reason": "order_id_reused", "orderId": "x-1"}


@pytest.fixture
def airline(make_airline):
    return make_airline(BASE, testing=True)


@pytest.fixture
def partner():
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        yield router


NEITHER_YES_NOR_NO = {
    "500": httpx.Response(500, json={"result": "declined", "orderId": "x-1", "reason": "used"}),
    "503": httpx.Response(503, headers={"Retry-After": "60"}),
    "200 html": httpx.Response(200, html="<h1>maintenance</h1>"),
    "302": httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
    "401 {}": httpx.Response(401, json={}),
    "401 with a yes in it": httpx.Response(401, json=REDEEMED),
    "404": httpx.Response(404, json={"result": "not_found", "orderId": "x-1"}),
    "409 without an id": httpx.Response(409, json={"result": "conflict", "reason": "order_id_reused"}),
    "409 with a yes in it": httpx.Response(409, json=REDEEMED),
    "200 that is a conflict": httpx.Response(200, json=REUSED),
    "empty": httpx.Response(200),
    "{}": httpx.Response(200, json={}),
    "[]": httpx.Response(200, json=[]),
    "half": httpx.Response(200, content=json.dumps(REDEEMED).encode()[:40]),
    "another id": httpx.Response(200, json={**REDEEMED, "orderId": "x-2"}),
    "no id": httpx.Response(200, json={k: v for k, v in REDEEMED.items() if k != "orderId"}),
    "unknown result": httpx.Response(200, json={**REDEEMED, "result": "ok"}),
    "unknown reason": httpx.Response(200, json={"result": "declined", "orderId": "x-1", "reason": "busy"}),
    "no reference": httpx.Response(200, json={**REDEEMED, "reference": None}),
    "no time zone": httpx.Response(200, json={**REDEEMED, "redeemedAt": "2018-07-31T12:00:00"}),
    "no miles": httpx.Response(200, json={k: v for k, v in REDEEMED.items() if k != "miles"}),
}


async def test_a_yes_is_debited(airline, partner, an_order):
    partner.post("/api/redemptions").respond(json=REDEEMED)
    answer = await airline.debit(an_order(CODE))
    assert answer == Debited(
        exchange_id=ExchangeId("x-1"),
        reference="SA1",
        at=datetime(2018, 7, 31, 3, tzinfo=UTC),
        lines=(DebitLine(wallet=MILES, amount=5_000),),
    )


async def test_a_yes_for_other_miles_is_none(airline, partner, an_order):
    partner.post("/api/redemptions").respond(json={**REDEEMED, "miles": 500})
    assert isinstance(await airline.debit(an_order(CODE)), IdReused)


async def test_an_order_id_that_came_with_another_coupon_is_said_to_be_reused(airline, partner, an_order):
    partner.post("/api/redemptions").respond(409, json=REUSED)
    assert await airline.debit(an_order(CODE)) == IdReused(exchange_id=ExchangeId("x-1"))


async def test_a_signature_that_is_not_believed_has_spent_nothing(airline, partner, an_order):
    partner.post("/api/redemptions").respond(401, json={"result": "unauthorized", "reason": "signature"})
    assert await airline.debit(an_order(CODE)) == NotProcessed(exchange_id=ExchangeId("x-1"))


async def test_later_is_in_progress(airline, partner, an_order):
    partner.post("/api/redemptions").respond(json={"result": "in_progress", "orderId": "x-1"})
    assert await airline.debit(an_order(CODE)) == InProgress(exchange_id=ExchangeId("x-1"))


@pytest.mark.parametrize("answer", NEITHER_YES_NOR_NO.values(), ids=NEITHER_YES_NOR_NO)
async def test_what_is_neither_yes_nor_no_is_unknown_and_was_sent_once(airline, partner, an_order, answer):
    route = partner.post("/api/redemptions").mock(return_value=answer)
    with pytest.raises(OutcomeUnknown):
        await airline.debit(an_order(CODE))
    assert route.call_count == 1


@pytest.mark.parametrize("answer", NEITHER_YES_NOR_NO.values(), ids=NEITHER_YES_NOR_NO)
async def test_a_look_up_that_is_neither_yes_nor_no_is_not_an_answer(airline, partner, answer):
    partner.get("/api/redemptions/x-1").mock(return_value=answer)
    with pytest.raises(PartnerUnavailable):
        await airline.find_debit(ExchangeId("x-1"))


async def test_the_exchange_id_is_the_idempotency_key(airline, partner, an_order):
    route = partner.post("/api/redemptions").respond(json=REDEEMED)
    await airline.debit(an_order("samp-le50-00m1-le0a"))
    assert json.loads(route.calls.last.request.content) == {"orderId": "x-1", "code": CODE, "miles": 5_000}


async def test_a_mistyped_code_is_caught_before_anything_is_asked(airline, partner, an_order):
    with pytest.raises(CouponRefused) as refused:
        await airline.coupon_value(Coupon(code=Secret("SAMP-LE50-00M1-LE0B")))
    assert refused.value.reason == "malformed"
    assert await airline.debit(an_order("SAMP-LE50-00M1-LE0B")) == Declined(
        exchange_id=ExchangeId("x-1"), reason=DeclineReason.COUPON_UNKNOWN
    )
    assert not partner.calls


def echo(**answer):
    def reply(request):
        return httpx.Response(200, json={**answer, "requestId": json.loads(request.content)["requestId"]})

    return reply


@pytest.mark.parametrize(
    "answer",
    [
        {"result": "valid", "miles": 5_000.0, "expiresAt": "2018-12-31T00:00:00+09:00"},
        {"result": "valid", "miles": -5, "expiresAt": "2018-12-31T00:00:00+09:00"},
        {"result": "valid", "miles": 5_000},
        {"result": "refused", "reason": "busy"},
        {"result": "yes"},
        {},
    ],
)
async def test_a_value_that_is_not_clear_is_not_believed(airline, partner, answer):
    partner.post("/api/coupons/value").mock(side_effect=echo(**answer))
    with pytest.raises(PartnerUnavailable):
        await airline.coupon_value(COUPON)


async def test_the_value_of_another_question_is_not_believed(airline, partner):
    partner.post("/api/coupons/value").respond(
        json={
            "result": "valid",
            "miles": 9,
            "expiresAt": "2018-12-31T00:00:00+09:00",
            "requestId": "an earlier one",
        }
    )
    with pytest.raises(PartnerUnavailable):
        await airline.coupon_value(COUPON)


async def test_no_secret_is_in_a_log_a_repr_or_an_error(airline, partner, an_order, log):
    partner.post("/api/redemptions").respond(200, json={"result": CODE, "orderId": "x-1"})
    order = an_order(CODE)
    with pytest.raises(OutcomeUnknown) as unknown:
        await airline.debit(order)
    with pytest.raises(CouponRefused) as refused:
        await airline.coupon_value(Coupon(code=Secret("SAMP-LE50-00M1-LE0B")))
    written = f"{log} {unknown.value!r} {refused.value!r} {order!r} {vars(airline)!r}"
    assert log.lines
    for secret in (CODE, "SAMP-LE50-00M1-LE0B", "a key that both sides know"):
        assert secret not in written


def test_rates_and_wallets_fit_together_and_are_called_samples(airline):
    assert coherence(airline.profile, RATES) == ()
    assert all(rate.sample and rate.wallet == MILES for rate in RATES.rates)


def test_giving_back_is_done_by_hand(airline):
    assert not airline.can("reverse_debit")
