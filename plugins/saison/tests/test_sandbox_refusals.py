"""What the sandbox itself refuses: unsigned and malformed requests, guessed passwords, forms of other sites."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json

import aiohttp
import pytest

from gateway import ExchangeId, HandoffRequest
from gateway.testkit.sandbox import Fault, FaultKind
from gateway.testkit.sandbox.browser import Browser

KEY = b"a key that both sides know"


@pytest.fixture
async def merchant(site, clock):
    """Sends a signed request: `merchant("POST", "/api/orders", body)` → status, answer."""
    async with aiohttp.ClientSession(site.url) as session:

        async def send(method, path, body=None, *, key=KEY):
            content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            stamp = str(int(clock().timestamp()))
            text = f"{method}\n{path}\n{stamp}\n{hashlib.sha256(content).hexdigest()}".encode()
            headers = {
                "X-Merchant-Id": "point-gateway",
                "X-Timestamp": stamp,
                "X-Signature": hmac.new(key, text, hashlib.sha256).hexdigest(),
            }
            async with session.request(method, path, data=content or None, headers=headers) as answer:
                return answer.status, json.loads(await answer.text())

        yield send


async def test_a_request_that_is_not_signed_with_our_key_does_nothing(merchant, site):
    capture = {"orderId": "x-1", "token": "t", "walletAmount": 0, "cardAmount": 100}
    status, answer = await merchant("POST", "/api/captures", capture, key=b"another key")
    assert (status, answer["reason"]) == (401, "bad_signature")
    assert await site.entries() == []


GOOD = {"orderId": "x-1", "token": "t", "walletAmount": 0, "cardAmount": 100}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[" * 50_000,
        [],
        {},
        {**GOOD, "orderId": ""},
        {**GOOD, "orderId": "x" * 101},
        {**GOOD, "orderId": 1},
        {**GOOD, "cardAmount": -100},
        {**GOOD, "cardAmount": 1.5},
        {**GOOD, "cardAmount": True},
        {**GOOD, "cardAmount": "100"},
        {**GOOD, "cardAmount": 2**53},
        {**GOOD, "cardAmount": 0},
    ],
)
async def test_a_malformed_capture_is_refused_and_not_written_down(merchant, site, body):
    status, answer = await merchant("POST", "/api/captures", body)
    assert (status, answer["result"]) == (400, "malformed")
    assert await site.entries() == []


@pytest.mark.parametrize(
    "url", ["", "javascript:alert(1)", "/relative", "https://x/#part", "https://x/" + "a" * 2_000]
)
async def test_a_return_address_that_a_browser_should_not_go_to_is_refused(merchant, url):
    order = {"orderId": "x-1", "returnUrl": url, "language": "ja", "requestId": "r"}
    assert (await merchant("POST", "/api/orders", order))[0] == 400


@pytest.mark.parametrize("query", ["", "?day=yesterday", "?day=2018-07-31&after=x"])
async def test_a_day_that_is_none_is_refused(merchant, query):
    assert (await merchant("GET", f"/api/captures{query}"))[0] == 400


async def test_a_token_that_was_never_given_is_an_ended_link(merchant):
    assert await merchant("POST", "/api/balances", {"token": "guessed", "requestId": "r"}) == (
        200,
        {"result": "link_ended", "requestId": "r"},
    )


async def test_after_five_wrong_passwords_the_right_one_waits_too(member, site):
    page = await member.browser.get(site.url + "/")
    for _ in range(5):
        page = await member.browser.submit(page, "/login", number="1001-0001", password="guess")
    page = await member.browser.submit(page, "/login", number="1001-0001", password="sample-taro")
    assert page.status == 429


async def test_consent_cannot_be_given_by_a_browser_that_is_not_signed_in(member, saison, clock):
    request = HandoffRequest(
        exchange_id=ExchangeId("visit-1"), return_url="https://gateway.example/r", at=clock()
    )
    url = (await saison.begin_handoff(request)).url
    page = await member.browser.get(url)
    await member.browser.submit(page, "/login", number="1001-0001", password="sample-taro")
    async with Browser() as other:
        theirs = await other.get(url)
        token = theirs.form("/login").fields["form_token"]
        handle = theirs.form("/login").fields["request"]
        async with other._session.post(
            url.partition("/connect")[0] + "/consent",
            data={"form_token": token, "request": handle, "decision": "agree"},
            allow_redirects=False,
        ) as answer:
            assert answer.headers["Location"].startswith("/connect")


async def test_a_form_that_another_site_sends_is_refused(member, site):
    page = await member.browser.get(site.url + "/")
    form = page.form("/login")
    sent = {**form.fields, "number": "1001-0001", "password": "sample-taro"}
    headers = {"Sec-Fetch-Site": "cross-site"}
    async with member.browser._session.post(site.url + "/login", data=sent, headers=headers) as answer:
        assert answer.status == 403


async def test_signing_out_ends_the_visit(member, site):
    page = await member.browser.get(site.url + "/")
    await member.browser.submit(page, "/login", number="1001-0001", password="sample-taro")
    page = await member.browser.get(site.url + "/")
    assert "見本　太郎" in page.text
    await member.browser.submit(page, "/logout")
    assert "見本　太郎 様" not in (await member.browser.get(site.url + "/")).text


async def test_a_site_that_refuses_for_a_while_comes_back_by_itself(saison, site):
    await site.refuse(0.01)
    async with asyncio.timeout(5):
        while site._site is None:  # noqa: ASYNC110 - the site is another program as far as a partner can see
            await asyncio.sleep(0.001)
    await saison.check_connection()


def test_a_failure_of_an_operation_that_is_not_there_is_refused(site):
    with pytest.raises(ValueError, match="operation is one of authorize, balances"):
        site.order(Fault(operation="pay", kind=FaultKind.HTML))
    with pytest.raises(ValueError, match="refuse closes the whole site"):
        site.order(Fault(operation="capture", kind=FaultKind.REFUSE))
