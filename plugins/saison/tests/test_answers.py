"""What the plugin makes of each answer a partner could give, byte for byte; no partner is running."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import respx
from gateway_saison.rates import EIKYU, RATES, WALLET

from gateway import (
    JST,
    Debited,
    DebitLine,
    Declined,
    DeclineReason,
    Destination,
    DestinationKind,
    ExchangeId,
    HandoffRefused,
    HandoffRequest,
    IdReused,
    InProgress,
    LinkedAccount,
    LinkEnded,
    NotProcessed,
    NotSent,
    OutcomeUnknown,
    PartnerUnavailable,
    Secret,
)
from gateway.partners.loading.profile_checks import coherence
from gateway.testkit.stubs import handoff_return

BASE = "https://points.saison.example"
ACCOUNT = LinkedAccount(service_id="SZ1", shown_as="見本", token=Secret("the token of a link"))
AT = "2018-07-31T12:00:00+09:00"
CAPTURED = {
    "result": "captured",
    "orderId": "x-1",
    "reference": "SZ1",
    "serviceId": "SZ1",
    "walletAmount": 0,
    "cardAmount": 200,
    "capturedAt": AT,
}
REUSED = {"result": "conflict", "reason": "order_id_reused", "orderId": "x-1"}


@pytest.fixture
def saison(make_saison):
    return make_saison(BASE, testing=True)


@pytest.fixture
def partner():
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        yield router


NEITHER_YES_NOR_NO = {
    "500": httpx.Response(500, json={**CAPTURED, "result": "declined", "reason": "not_enough"}),
    "503": httpx.Response(503, headers={"Retry-After": "60"}),
    "502 html": httpx.Response(502, html="<h1>Bad gateway</h1>"),
    "200 html": httpx.Response(200, html="<h1>maintenance</h1>"),
    "302": httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
    "400": httpx.Response(400, json={"result": "malformed"}),
    "401 {}": httpx.Response(401, json={}),
    "401 with a yes in it": httpx.Response(401, json=CAPTURED),
    "200 that is not authorized": httpx.Response(200, json={"result": "unauthorized", "orderId": "x-1"}),
    "404": httpx.Response(404, json={"result": "not_found", "orderId": "x-1"}),
    "409 without an id": httpx.Response(409, json={"result": "conflict", "reason": "order_id_reused"}),
    "409 with a yes in it": httpx.Response(409, json=CAPTURED),
    "409 for another reason": httpx.Response(409, json=REUSED | {"reason": "busy"}),
    "200 that is a conflict": httpx.Response(200, json=REUSED),
    "429": httpx.Response(429),
    "201": httpx.Response(201, json=CAPTURED),
    "empty": httpx.Response(200),
    "{}": httpx.Response(200, json={}),
    "[]": httpx.Response(200, json=[]),
    "null": httpx.Response(200, json=None),
    "half": httpx.Response(200, content=json.dumps(CAPTURED).encode()[:40]),
    "not utf-8": httpx.Response(200, content=b'{"result": "\xff\xfe"}'),
    "deep": httpx.Response(200, content=b"[" * 100_000),
    "another id": httpx.Response(200, json={**CAPTURED, "orderId": "x-2"}),
    "no id": httpx.Response(200, json={k: v for k, v in CAPTURED.items() if k != "orderId"}),
    "unknown result": httpx.Response(200, json={**CAPTURED, "result": "CAPTURED"}),
    "unknown reason": httpx.Response(200, json={"result": "declined", "orderId": "x-1", "reason": "busy"}),
    "no reason": httpx.Response(200, json={"result": "declined", "orderId": "x-1"}),
    "result true": httpx.Response(200, json={**CAPTURED, "result": True}),
    "no reference": httpx.Response(200, json={**CAPTURED, "reference": ""}),
    "no time zone": httpx.Response(200, json={**CAPTURED, "capturedAt": "2018-07-31T12:00:00"}),
    "no moment": httpx.Response(200, json={**CAPTURED, "capturedAt": "now"}),
    "no amount": httpx.Response(200, json={k: v for k, v in CAPTURED.items() if k != "cardAmount"}),
    "no whole amount": httpx.Response(200, json={**CAPTURED, "cardAmount": 200.0}),
    "nothing taken": httpx.Response(200, json={**CAPTURED, "cardAmount": 0}),
    "nobody's": httpx.Response(200, json={**CAPTURED, "serviceId": ""}),
}


async def test_a_yes_is_debited(saison, partner, an_order):
    partner.post("/api/captures").respond(json=CAPTURED)
    answer = await saison.debit(an_order(ACCOUNT, eikyu=2))
    assert answer == Debited(
        exchange_id=ExchangeId("x-1"),
        reference="SZ1",
        at=datetime(2018, 7, 31, 3, tzinfo=UTC),
        lines=(DebitLine(wallet=EIKYU, amount=200),),
        service_id="SZ1",
    )


@pytest.mark.parametrize(
    "shown",
    [
        {"cardAmount": 100},
        {"walletAmount": 450},
        {"cardAmount": 0, "walletAmount": 200},
        {"serviceId": "SZ2"},
    ],
)
async def test_a_yes_that_shows_another_debit_is_none(saison, partner, an_order, shown):
    partner.post("/api/captures").respond(json={**CAPTURED, **shown})
    assert isinstance(await saison.debit(an_order(ACCOUNT, eikyu=2)), IdReused)


async def test_an_order_id_that_came_with_another_content_is_said_to_be_reused(saison, partner, an_order):
    partner.post("/api/captures").respond(409, json=REUSED)
    assert await saison.debit(an_order(ACCOUNT, eikyu=2)) == IdReused(exchange_id=ExchangeId("x-1"))


async def test_a_signature_that_is_not_believed_has_taken_nothing(saison, partner, an_order):
    partner.post("/api/captures").respond(401, json={"result": "unauthorized", "reason": "signature"})
    assert await saison.debit(an_order(ACCOUNT, eikyu=2)) == NotProcessed(exchange_id=ExchangeId("x-1"))


@pytest.mark.parametrize(("seconds", "after"), [(30, timedelta(seconds=30)), (None, None)])
async def test_later_is_in_progress(saison, partner, an_order, seconds, after):
    partner.post("/api/captures").respond(
        json={"result": "in_progress", "orderId": "x-1", "askAfterSeconds": seconds}
    )
    assert await saison.debit(an_order(ACCOUNT, eikyu=2)) == InProgress(
        exchange_id=ExchangeId("x-1"), ask_after=after
    )


@pytest.mark.parametrize("answer", NEITHER_YES_NOR_NO.values(), ids=NEITHER_YES_NOR_NO)
async def test_what_is_neither_yes_nor_no_is_unknown_and_was_sent_once(saison, partner, an_order, answer):
    route = partner.post("/api/captures").mock(return_value=answer)
    with pytest.raises(OutcomeUnknown):
        await saison.debit(an_order(ACCOUNT, eikyu=2))
    assert route.call_count == 1


@pytest.mark.parametrize("answer", NEITHER_YES_NOR_NO.values(), ids=NEITHER_YES_NOR_NO)
async def test_a_look_up_that_is_neither_yes_nor_no_is_not_an_answer(saison, partner, answer):
    partner.get("/api/captures/x-1").mock(return_value=answer)
    with pytest.raises(PartnerUnavailable):
        await saison.find_debit(ExchangeId("x-1"))


async def test_the_exchange_id_is_the_idempotency_key_and_wallets_are_told_apart(saison, partner, an_order):
    route = partner.post("/api/captures").respond(json={**CAPTURED, "walletAmount": 1_350})
    assert isinstance(await saison.debit(an_order(ACCOUNT, "x-1", eikyu=2, wallet=3)), Debited)
    assert json.loads(route.calls.last.request.content) == {
        "orderId": "x-1",
        "token": "the token of a link",
        "walletAmount": 1_350,
        "cardAmount": 200,
    }


async def test_a_request_is_signed_over_method_path_moment_and_body(saison, partner, an_order, clock):
    route = partner.post("/api/captures").respond(json=CAPTURED)
    await saison.debit(an_order(ACCOUNT, eikyu=2))
    sent = route.calls.last.request
    stamp = str(int(clock().timestamp()))
    text = f"POST\n/api/captures\n{stamp}\n{hashlib.sha256(sent.content).hexdigest()}"
    expected = hmac.new(b"a key that both sides know", text.encode(), hashlib.sha256).hexdigest()
    assert (sent.headers["X-Timestamp"], sent.headers["X-Signature"]) == (stamp, expected)
    assert sent.headers["X-Merchant-Id"] == "point-gateway"


async def test_a_link_without_its_token_is_declined_before_anything_is_sent(saison, partner, an_order):
    account = LinkedAccount(service_id="SZ1", shown_as="見本")
    declined = Declined(exchange_id=ExchangeId("x-1"), reason=DeclineReason.LINK_ENDED)
    assert await saison.debit(an_order(account, eikyu=1)) == declined
    with pytest.raises(LinkEnded):
        await saison.balances(account)
    assert not partner.calls


async def test_a_coupon_or_a_strange_wallet_is_never_sent(saison, partner, an_order):
    with pytest.raises(NotSent):
        await saison.debit(an_order(None, eikyu=1))
    assert not partner.calls


def echo(**answer):
    """Answers with the request's own `requestId`, as the partner does."""

    def reply(request):
        return httpx.Response(200, json={**answer, "requestId": json.loads(request.content)["requestId"]})

    return reply


def balance(**changes):
    values = {"result": "ok", "serviceId": "SZ1", "cardPoints": 100, "walletPoints": 0, "asOf": AT}
    return values | changes


async def test_balances_are_told_per_wallet(saison, partner):
    partner.post("/api/balances").mock(side_effect=echo(**balance(walletPoints=449)))
    told = await saison.balances(ACCOUNT)
    assert told.available == {EIKYU: 100, WALLET: 449}
    assert told.as_of == datetime(2018, 7, 31, 12, tzinfo=JST)


@pytest.mark.parametrize(
    "wrong",
    [
        {"serviceId": "SZ2"},
        {"cardPoints": -1},
        {"cardPoints": 1.0},
        {"cardPoints": True},
        {"cardPoints": "100"},
        {"walletPoints": None},
        {"result": "OK"},
    ],
)
async def test_balances_that_are_not_this_members_whole_numbers_are_not_believed(saison, partner, wrong):
    partner.post("/api/balances").mock(side_effect=echo(**balance(**wrong)))
    with pytest.raises(PartnerUnavailable):
        await saison.balances(ACCOUNT)


async def test_an_answer_to_another_question_is_not_believed(saison, partner):
    partner.post("/api/balances").respond(json=balance(requestId="an earlier one"))
    with pytest.raises(PartnerUnavailable):
        await saison.balances(ACCOUNT)


async def test_maintenance_says_when_to_ask_again(saison, partner):
    partner.post("/api/balances").respond(503, headers={"Retry-After": "120"})
    with pytest.raises(PartnerUnavailable) as unavailable:
        await saison.balances(ACCOUNT)
    assert unavailable.value.retry_after_s == 120


@pytest.mark.parametrize(
    "url", ["https://evil.example/login", "http://points.saison.example/login", "javascript:x"]
)
async def test_a_login_page_on_another_site_is_not_followed(saison, partner, clock, url):
    partner.post("/api/orders").mock(side_effect=echo(result="accepted", orderId="x-1", loginUrl=url))
    with pytest.raises(PartnerUnavailable):
        await saison.begin_handoff(
            HandoffRequest(exchange_id=ExchangeId("x-1"), return_url="https://gateway.example/r", at=clock())
        )


async def test_a_tampered_return_is_refused_before_the_partner_is_asked(saison, partner, clock):
    url = "https://gateway.example/r?status=agreed&orderId=x-2&code=abc"
    with pytest.raises(HandoffRefused):
        await saison.complete_handoff(handoff_return(url, "x-1", clock(), {"order_id": "x-1"}))
    assert not partner.calls


async def test_a_consent_for_another_order_is_not_believed(saison, partner, clock):
    partner.post("/api/orders/x-1/consent").mock(
        side_effect=echo(result="consented", orderId="x-2", serviceId="SZ9", shownAs="他人", token="t")
    )
    url = "https://gateway.example/r?status=agreed&orderId=x-1&code=abc"
    with pytest.raises(PartnerUnavailable):
        await saison.complete_handoff(handoff_return(url, "x-1", clock(), {"order_id": "x-1"}))


async def test_pages_that_go_round_in_a_circle_are_left(saison, partner, clock):
    partner.get("/api/captures").respond(
        json={"result": "ok", "day": "2018-07-31", "captures": [], "next": 0}
    )
    with pytest.raises(PartnerUnavailable):
        await saison.debits_on(clock().date())


async def test_no_secret_is_in_a_log_a_repr_or_an_error(saison, partner, an_order, log, clock):
    partner.post("/api/captures").respond(
        200, json={"result": "x", "orderId": "x-1", "echo": "the token of a link"}
    )
    partner.post("/api/orders/x-1/consent").mock(
        side_effect=echo(
            result="consented", orderId="x-1", serviceId="SZ1", shownAs="見本", token="a new token"
        )
    )
    with pytest.raises(OutcomeUnknown) as unknown:
        await saison.debit(an_order(ACCOUNT, eikyu=2))
    url = "https://gateway.example/r?status=agreed&orderId=x-1&code=the-code"
    account = await saison.complete_handoff(handoff_return(url, "x-1", clock(), {"order_id": "x-1"}))
    written = f"{log} {unknown.value!r} {unknown.value.__cause__!r} {account!r} {saison!r} {vars(saison)!r}"
    assert log.lines
    for secret in ("the token of a link", "a new token", "the-code", "a key that both sides know"):
        assert secret not in written


def test_rates_and_wallets_fit_together(saison):
    assert coherence(saison.profile, RATES) == ()


@pytest.mark.parametrize(
    "bad", ["points.example", "ftp://points.example", "https://points.example/api", "https://"]
)
def test_an_address_that_is_not_scheme_and_host_is_refused_at_the_start(make_saison, bad):
    with pytest.raises(ValueError, match="base_url"):
        make_saison(bad)


LAST_MOMENT = datetime(2018, 7, 31, 23, 59, 59, 999999, tzinfo=JST)


@pytest.mark.parametrize(
    ("kind", "at", "points"),
    [
        (DestinationKind.MUNICIPALITY, LAST_MOMENT, {450, 550}),
        (DestinationKind.MUNICIPALITY, LAST_MOMENT + timedelta(microseconds=1), {450}),
        (DestinationKind.RESERVE, LAST_MOMENT, {450}),
    ],
)
def test_the_campaign_is_for_municipalities_and_ends_with_july(kind, at, points):
    assert {
        it.points_per_unit for it in RATES.rates if it.wallet == EIKYU and it.in_force(kind, at)
    } == points


async def test_the_wallet_is_drawn_on_first(saison, clock):
    assert await saison.wallet_priority(Destination.reserve(), clock()) == (WALLET, EIKYU)
