"""A recorded exchange with a partner is played back to the plugin, and what was not recorded fails the test."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest
from gateway_airline_miles import AirlineMiles

from gateway import hookimpl
from gateway.errors import OutcomeUnknown, PartnerUnavailable
from gateway.model import JST, Coupon, CouponValue, Debited, DebitLine, ExchangeId, NoRecord, Secret, WalletId
from gateway.testkit.replay import Recorded, replayed

BASE = "https://miles.example"
SETTINGS = {"base_url": BASE, "merchant_id": "us"}
SECRETS = {"api_key": "a key that both sides know"}
FOUND = f"{BASE}/api/redemptions/x-1"


async def test_a_recorded_answer_is_read_as_it_was_then():
    answer = {
        "result": "redeemed",
        "orderId": "x-1",
        "reference": "AM1",
        "redeemedAt": "2018-07-31T12:00:00+09:00",
        "miles": 3000,
    }
    lines = (DebitLine(wallet=WalletId("miles"), amount=3_000),)
    noon = datetime(2018, 7, 31, 12, tzinfo=JST)
    async with replayed(AirlineMiles, SETTINGS, SECRETS) as bench:
        bench.answers(Recorded("GET", FOUND, answer=json.dumps(answer)))
        await bench.ends_with(
            Debited(exchange_id=ExchangeId("x-1"), reference="AM1", at=noon, lines=lines),
            "find_debit",
            ExchangeId("x-1"),
        )
        bench.answers(Recorded("GET", FOUND, answer=json.dumps({"result": "not_found", "orderId": "x-1"})))
        await bench.ends_with(NoRecord(exchange_id=ExchangeId("x-1")), "find_debit", ExchangeId("x-1"))


async def test_an_id_that_the_partner_repeated_is_put_in_anew():
    asked = {"code": "SAMPLE5000M1LE0A", "requestId": "then"}
    answer = {"result": "valid", "miles": 3000, "expiresAt": "2019-03-31T23:59:59+09:00", "requestId": "then"}
    value = CouponValue(
        wallet=WalletId("miles"), amount=3_000, expires_at=datetime(2019, 3, 31, 23, 59, 59, tzinfo=JST)
    )
    async with replayed(AirlineMiles, SETTINGS, SECRETS) as bench:
        bench.answers(
            Recorded("POST", f"{BASE}/api/coupons/value", body=json.dumps(asked), answer=json.dumps(answer))
        )
        await bench.ends_with(value, "coupon_value", Coupon(code=Secret("SAMPLE5000M1LE0A")))


async def test_a_lost_reply_is_lost_again_and_another_end_fails_the_test():
    async with replayed(AirlineMiles, SETTINGS, SECRETS) as bench:
        bench.answers(Recorded("GET", FOUND, lost=True))
        await bench.ends_with(PartnerUnavailable, "find_debit", ExchangeId("x-1"))
        bench.answers(Recorded("GET", FOUND, answer=json.dumps({"result": "not_found", "orderId": "x-1"})))
        with pytest.raises(AssertionError, match="ended with NoRecord"):
            await bench.ends_with(PartnerUnavailable, "find_debit", ExchangeId("x-1"))


async def test_a_request_that_was_not_recorded_and_one_that_was_not_made_fail_the_test():
    async with replayed(AirlineMiles, SETTINGS, SECRETS) as bench:
        bench.answers(Recorded("GET", f"{BASE}/api/hello"))
        with pytest.raises(AssertionError, match="asked what was not recorded"):
            await bench.ends_with(PartnerUnavailable, "find_debit", ExchangeId("x-1"))
        hello = Recorded("GET", f"{BASE}/api/hello", answer='{"result": "ok"}')
        bench.answers(hello, hello)
    async with replayed(AirlineMiles, SETTINGS, SECRETS) as bench:
        bench.answers(hello, hello)
        with pytest.raises(AssertionError, match="did not ask GET"):
            await bench.ends_with(None, "check_connection")


class Reader:
    """A plugin that looks at the header, the charset and the clock, and signs its query anew each time."""

    def __init__(self, setup):
        self._setup, self._numbers = setup, iter(range(100))
        self._miles = AirlineMiles(setup)

    @hookimpl
    def partner_profile(self):
        return self._miles.partner_profile()

    @hookimpl
    async def check_connection(self):
        query = {"nonce": f"nonce-{next(self._numbers)}", "page": "1"}
        answer = await self._setup.http.get(f"{BASE}/api/hello", params=query)
        if answer.headers.get("x-kind") != "hello" or query["nonce"] not in answer.body.decode("shift_jis"):
            raise OutcomeUnknown("not what was asked for")
        if "元気" not in answer.body.decode("shift_jis") or self._setup.clock().year != 2026:
            raise OutcomeUnknown("not what was said then")


async def test_headers_charset_clock_and_new_numbers_are_as_they_were():
    hello = Recorded(
        "GET",
        f"{BASE}/api/hello?nonce=nonce-then&page=1",
        headers={"X-Kind": "hello"},
        answer="元気 nonce-then",
        charset="shift_jis",
    )
    async with replayed(Reader, SETTINGS, SECRETS) as bench:
        bench.at(datetime(2026, 11, 29, 12, tzinfo=JST))
        bench.answers(hello)
        await bench.ends_with(None, "check_connection")
        bench.answers(replace(hello, url=f"{BASE}/api/hello?nonce=nonce-then&page=2"))
        with pytest.raises(AssertionError, match="asked what was not recorded"):
            await bench.ends_with(None, "check_connection")
    async with replayed(Reader, SETTINGS, SECRETS) as bench:
        bench.at(datetime(2026, 11, 29, 12, tzinfo=JST))
        bench.answers(
            replace(hello, content=hello.answer.encode("shift_jis"), url=f"{BASE}/api/hello?page=1")
        )
        with pytest.raises(AssertionError, match="asked what was not recorded"):
            await bench.ends_with(None, "check_connection")
