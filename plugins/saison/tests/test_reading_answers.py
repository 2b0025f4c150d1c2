"""The plugin by itself, without the gateway's own checks around it: it must not lean on them."""

from __future__ import annotations

import json

import httpx
import pytest
import respx
from gateway_saison import Saison

from gateway import (
    ExchangeId,
    HandoffRefused,
    HandoffRequest,
    HandoffReturn,
    OutcomeUnknown,
    PartnerRefused,
    PartnerSetup,
    Secret,
)
from gateway.partners.http_client import GuardedHttp
from gateway.testkit.stubs import PlainSettings

BASE = "https://points.saison.example"


@pytest.fixture
async def plugin(clock, log):
    http = GuardedHttp("saison", log, testing=True)
    settings = PlainSettings(
        {"base_url": BASE, "merchant_id": "us"}, {"api_key": Secret("a key that both sides know")}
    )
    saison = Saison(PartnerSetup(settings=settings, http=http, clock=clock, log=log))
    http.allow(saison.partner_profile().hosts, timeout_s=5)
    yield saison
    await http.aclose()


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"NaN", b'"captured"'])
async def test_rubbish_is_unclear_and_not_a_crash(plugin, body):
    with respx.mock(base_url=BASE) as partner:
        partner.get("/api/captures/x-1").respond(200, content=body)
        with pytest.raises(OutcomeUnknown, match="neither yes nor no"):
            await plugin.find_debit(ExchangeId("x-1"))


@pytest.mark.parametrize(
    "url", ["http://points.saison.example/login", "https://points.saison.example.evil.test/"]
)
async def test_a_browser_is_sent_to_the_partners_own_site_only(plugin, clock, url):

    def reply(request):
        asked = json.loads(request.content)
        values = {"result": "accepted", "orderId": "x-1", "requestId": asked["requestId"], "loginUrl": url}
        return httpx.Response(200, json=values)

    with respx.mock(base_url=BASE) as partner:
        partner.post("/api/orders").mock(side_effect=reply)
        with pytest.raises(OutcomeUnknown, match="another site"):
            await plugin.begin_handoff(
                HandoffRequest(
                    exchange_id=ExchangeId("x-1"), return_url="https://gateway.example/r", at=clock()
                )
            )


@pytest.mark.parametrize(
    ("status", "order_id", "kept", "reason"),
    [
        ("agreed", "x-1", "x-2", "other_exchange"),
        ("agreed", "x-2", "x-1", "other_exchange"),
        ("agreed", "x-2", "x-2", "other_exchange"),
        ("agreed", "x-1", "", "other_exchange"),
        ("agreed", "", "", "other_exchange"),
        ("declined", "x-2", "x-1", "other_exchange"),
        ("AGREED", "x-1", "x-1", "malformed_return"),
        ("declined", "x-1", "x-1", "member_declined"),
    ],
)
async def test_a_return_must_be_for_the_exchange_that_was_begun(
    plugin, clock, status, order_id, kept, reason
):
    query = {"status": status, "orderId": order_id, "code": "abc"}
    returned = HandoffReturn(exchange_id=ExchangeId("x-1"), query=query, kept={"order_id": kept}, at=clock())
    with pytest.raises(HandoffRefused) as refused:
        await plugin.complete_handoff(returned)
    assert refused.value.reason == reason


async def test_an_exchange_id_of_more_than_100_characters_is_refused_before_it_is_sent(plugin, clock):
    request = HandoffRequest(
        exchange_id=ExchangeId("x" * 101), return_url="https://gateway.example/r", at=clock()
    )
    with pytest.raises(PartnerRefused) as refused:
        await plugin.begin_handoff(request)
    assert refused.value.reason == "order_id_too_long"


async def test_a_signature_that_is_not_accepted_says_what_to_compare(plugin):
    with respx.mock(base_url=BASE) as partner:
        partner.get("/api/hello").respond(401)
        with pytest.raises(PartnerRefused, match="merchant_id, api_key and this machine's clock"):
            await plugin.check_connection()
