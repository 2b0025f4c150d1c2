"""Every wrong request gets a problem that says what to do, and nothing changes."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from gateway.client import SignedClient, new_key_pair, sign_headers
from gateway.demo.environment import MEMBERS, RETURN_URL, DemoEnvironment
from gateway.demo.scenario import AT_SAISON

pytestmark = pytest.mark.xdist_group("town")
TARO, HANAKO, _ = MEMBERS


def new_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture
async def portal(town: DemoEnvironment):
    async with town.portal() as client:
        yield client


async def call(portal: SignedClient, method: str, path: str, **options: Any) -> tuple[int, Any]:
    async with await portal.request(method, path, **options) as answer:
        text = await answer.read()
        return answer.status, json.loads(text) if text else None


async def token(town: DemoEnvironment, portal: SignedClient, who: Any = TARO) -> str:
    body = {"mykey_id": town.mykey_ids[who.name], "password": who.password}
    status, told = await call(portal, "POST", "/v1/sessions", json=body)
    assert status == 201, told
    return told["token"]


async def ready(town: DemoEnvironment, portal: SignedClient, who: Any = TARO) -> tuple[str, str]:
    """A signed-in member with an exchange that can be quoted: (token, exchange id)."""
    from gateway.demo.browser import Browser

    signed_in = await token(town, portal, who)
    body = {"exchange_id": new_id(), "partner_id": "saison", "return_url": RETURN_URL}
    _, exchange = await call(portal, "POST", "/v1/exchanges", json=body, session_token=signed_in)
    if exchange["state"] == "awaiting_return":
        number, password = AT_SAISON[who.name]
        async with Browser(stop_at=RETURN_URL) as browser:
            page = await browser.open(exchange["redirect_url"])
            page = await browser.submit(
                page, page.form_with("number", "password"), number=number, password=password
            )
            page = await browser.submit(page, page.form_with("decision"), decision="agree")
        code = page.location.partition("return_code=")[2]
        path = f"/v1/exchanges/{body['exchange_id']}/return"
        status, told = await call(portal, "POST", path, json={"return_code": code}, session_token=signed_in)
        assert status == 200, told
    return signed_in, body["exchange_id"]


def word(problem: Any) -> str:
    return problem["type"].rsplit("/", 1)[-1]


@pytest.mark.parametrize(
    "units",
    ["２", "+2", "-2", "1e3", "1.0", "", "0", "10000", "9" * 400, " 2", 0, -1, 10_000, 1.5, True, [2]],
)
async def test_units_are_half_width_digits_from_1_to_9999(town, portal, units) -> None:
    signed_in, exchange_id = await ready(town, portal)
    body = {"destination": {"kind": "reserve"}, "units": units}
    status, problem = await call(
        portal, "POST", f"/v1/exchanges/{exchange_id}/quote", json=body, session_token=signed_in
    )
    assert status == 422
    assert word(problem) == "body-invalid"
    assert problem["errors"][0]["pointer"].startswith("#/units")
    assert str(units) not in json.dumps(problem["errors"]) or len(str(units)) < 2


async def test_units_may_be_the_digits_that_a_person_typed(town, portal) -> None:
    signed_in, exchange_id = await ready(town, portal)
    for units in (2, "2"):
        body = {"destination": {"kind": "reserve"}, "units": units}
        status, told = await call(
            portal, "POST", f"/v1/exchanges/{exchange_id}/quote", json=body, session_token=signed_in
        )
        assert (status, told["quote"]["points"]) == (200, 900)


@pytest.mark.parametrize(
    ("body", "content_type", "status", "expected"),
    [
        (b"\xff\xfe{}", "application/json", 400, "body-not-json"),
        (b"{", "application/json", 400, "body-not-json"),
        (b"", "application/json", 400, "body-not-json"),
        (b"[]", "application/json", 422, "body-invalid"),
        (b"null", "application/json", 422, "body-invalid"),
        (b'{"mykey_id": 1, "password": "x"}', "application/json", 422, "body-invalid"),
        (b'{"mykey_id": "A", "password": "x", "more": 1}', "application/json", 422, "body-invalid"),
        (b'{"mykey_id": "A", "mykey_id": "B", "password": "x"}', "application/json", 400, "body-not-json"),
        (b"[" * 60_000, "application/json", 400, "body-not-json"),
        (b'{"a": "' + b"x" * 70_000 + b'"}', "application/json", 413, "body-too-large"),
        (b"{}", "text/plain", 415, "content-type-wrong"),
    ],
)
async def test_a_body_that_is_not_what_is_asked_for(town, body, content_type, status, expected) -> None:
    url = f"{town.gateway_url}/v1/sessions"
    headers = sign_headers(
        "POST",
        url,
        {"Content-Type": content_type},
        body,
        key_id=town.portal_key_id,
        private_key=_key(town),
        created=town.clock(),
    )
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, word(problem)) == (status, expected)
        assert problem["detail"]


async def test_another_members_exchange_is_not_found(town, portal) -> None:
    signed_in, exchange_id = await ready(town, portal)
    other = await token(town, portal, HANAKO)
    for method, path, body in (
        ("GET", f"/v1/exchanges/{exchange_id}", None),
        ("POST", f"/v1/exchanges/{exchange_id}/quote", {"destination": {"kind": "reserve"}, "units": 1}),
        ("POST", f"/v1/exchanges/{exchange_id}/confirm", {"quote_id": "q" * 32}),
        ("POST", f"/v1/exchanges/{exchange_id}/return", {"return_code": "r" * 32}),
    ):
        status, problem = await call(portal, method, path, json=body, session_token=other)
        assert (status, word(problem)) == (404, "unknown-exchange"), path
    status, told = await call(portal, "GET", f"/v1/exchanges/{exchange_id}", session_token=signed_in)
    assert (status, told["state"]) == (200, "ready")


@pytest.mark.parametrize("path", ["nonsense", "0" * 36, "0198f2c4-7a00-7000-8000-00000000ffff"])
async def test_an_id_that_names_nothing_is_not_found(town, portal, path) -> None:
    signed_in = await token(town, portal)
    status, _ = await call(portal, "GET", f"/v1/exchanges/{path}", session_token=signed_in)
    assert status == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "state-invalid"),
        ("?state=", "state-invalid"),
        ("?state=forged", "state-invalid"),
        ("?state=" + "A" * 3_000, "state-invalid"),
        ("?status=ok&orderId=1", "state-invalid"),
    ],
)
async def test_a_forged_return_is_refused(town, query, expected) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{town.gateway_url}/returns/saison{query}"
        async with session.get(url, allow_redirects=False) as answer:
            problem = await answer.json(content_type="application/problem+json")
            assert (answer.status, word(problem)) == (400, expected)


async def test_a_return_replayed_is_refused(town, portal) -> None:
    from gateway.demo.browser import Browser

    signed_in = await token(town, portal, MEMBERS[2])
    # Another story may have linked the account; then nobody is sent to the partner's site.
    await call(portal, "DELETE", "/v1/links/saison", session_token=signed_in)
    body = {"exchange_id": new_id(), "partner_id": "saison", "return_url": RETURN_URL}
    _, exchange = await call(portal, "POST", "/v1/exchanges", json=body, session_token=signed_in)
    number, password = AT_SAISON[MEMBERS[2].name]
    gateway_return = f"{town.gateway_url}/returns/saison"
    async with Browser(stop_at=gateway_return) as browser:
        page = await browser.open(exchange["redirect_url"])
        page = await browser.submit(
            page, page.form_with("number", "password"), number=number, password=password
        )
        page = await browser.submit(page, page.form_with("decision"), decision="agree")
    async with aiohttp.ClientSession() as session:
        async with session.get(page.location, allow_redirects=False) as first:
            assert first.status == 303
            assert first.headers["Location"].startswith(RETURN_URL)
        async with session.get(page.location, allow_redirects=False) as again:
            problem = await again.json(content_type="application/problem+json")
            assert (again.status, word(problem)) == (409, "state-used")


async def test_who_is_not_signed_or_not_signed_in_is_told_which(town, portal) -> None:
    url = f"{town.gateway_url}/v1/partners"
    async with aiohttp.ClientSession() as session, session.get(url) as unsigned:
        assert word(await unsigned.json(content_type=None)) == "signature-missing"
    status, problem = await call(portal, "GET", "/v1/partners")
    assert (status, word(problem)) == (401, "session-missing")
    status, problem = await call(portal, "GET", "/v1/partners", session_token="pgs_" + "A" * 43)
    assert (status, word(problem)) == (401, "session-ended")


async def test_stale_replayed_and_unknown_signatures_are_told_apart(town, portal) -> None:
    signed_in = await token(town, portal)
    url = f"{town.gateway_url}/v1/partners"

    async def send(headers: dict[str, str]) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            told = await answer.json(content_type=None)
            return answer.status, word(told) if answer.status != 200 else ""

    def signed(ago: timedelta = timedelta(0), key_id: str = town.portal_key_id, key: Any = None):
        return sign_headers(
            "GET",
            url,
            {"Authorization": f"Bearer {signed_in}"},
            None,
            key_id=key_id,
            private_key=key or _key(town),
            created=town.clock() - ago,
        )

    once = signed()
    assert await send(once) == (200, "")
    assert await send(once) == (401, "signature-replayed")
    assert await send(signed(timedelta(seconds=120))) == (401, "signature-stale")
    assert await send(signed(timedelta(seconds=-120))) == (401, "signature-stale")
    stranger = new_key_pair()
    from gateway.client import load_private_key

    assert await send(signed(key_id=stranger.key_id, key=load_private_key(stranger.private_pem))) == (
        401,
        "signature-key-unknown",
    )
    assert await send(signed(key=load_private_key(stranger.private_pem))) == (401, "signature-invalid")
    other_session = signed() | {"Authorization": "Bearer pgs_" + "A" * 43}
    assert await send(other_session) == (401, "signature-invalid")


async def test_a_session_is_worthless_after_sign_out(town, portal) -> None:
    signed_in = await token(town, portal)
    assert (await call(portal, "DELETE", "/v1/sessions/current", session_token=signed_in))[0] == 204
    status, problem = await call(portal, "GET", "/v1/me", session_token=signed_in)
    assert (status, word(problem)) == (401, "session-ended")


async def test_sign_in_refusals_do_not_tell_which_half_was_wrong(town, portal) -> None:
    wrong_password = {"mykey_id": town.mykey_ids[HANAKO.name], "password": "not-the-password"}
    nobody = {"mykey_id": "3CGH4KPR", "password": "not-the-password"}
    answers = [await call(portal, "POST", "/v1/sessions", json=body) for body in (wrong_password, nobody)]
    kept = [{k: v for k, v in problem.items() if k != "instance"} for _, problem in answers]
    assert kept[0] == kept[1]
    assert [status for status, _ in answers] == [401, 401]


async def test_a_return_url_that_the_operator_has_not_listed_is_refused(town, portal) -> None:
    signed_in = await token(town, portal)
    body = {"exchange_id": new_id(), "partner_id": "saison", "return_url": "https://evil.example/"}
    status, problem = await call(portal, "POST", "/v1/exchanges", json=body, session_token=signed_in)
    assert (status, word(problem)) == (422, "return-url-not-allowed")


async def test_problems_speak_japanese_to_who_asks_for_it(town, portal) -> None:
    _, problem = await call(portal, "GET", "/v1/partners", headers={"Accept-Language": "ja"})
    assert problem["title"] == "サインインしていません"


def _key(town: DemoEnvironment):
    from gateway.client import load_private_key

    return load_private_key(town.portal_key_file.read_bytes())
