"""What a site does when things go wrong, before a gateway whose every answer the test decides."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from httpkit.clock import system_clock
from municipal.forms import credential_of
from pagekit.api import Gateway, Unreachable
from pagekit.runner import SiteRunner
from point_gateway_client import Call, calls, models
from portal import sign_in as portal_sign_in
from portal.app import make_app
from portal.settings import Settings
from tests.pagekit.whole_answers import whole_response

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
ENTERED = {"token": "tok-sesame", "member": {"display_name": "見本太郎", "mykey_id": "12345678"}}


@dataclass
class House:
    """The portal's address; `answer` is what the gateway says, `asked` what it was asked.

    What a test leaves out of an answer is filled in where the answers are `whole`.
    """

    portal: str = ""
    behind: str = ""
    answer: Answer | None = None
    asked: list[str] = field(default_factory=list)
    later: timedelta = timedelta()
    proxies: int = 0
    whole: bool = True
    state: dict[str, str] = field(default_factory=dict)
    """Headers of every answer of the gateway's."""

    def settings(self) -> Settings:
        return Settings(
            gateway_url=self.behind,
            key_id="pgk_a",
            private_key=Ed25519PrivateKey.generate(),
            seal_secret=b"s" * 32,
            public_url=self.portal,
            clock=self.clock,
            tries_at_once=2,
            trusted_proxies=self.proxies,
        )

    def clock(self) -> datetime:
        return system_clock() + self.later

    async def gateway(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        await request.read()
        if request.path == "/v1/card":
            return web.json_response({"open": False, "only_tests": False}, headers=self.state)
        assert self.answer is not None
        response = await self.answer(request)
        return whole_response(request, response) if self.whole else response


@pytest.fixture
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    made = House(proxies=getattr(request, "param", 0))
    behind = web.Application()
    behind.router.add_route("*", "/{path:.*}", made.gateway)
    async with TestServer(behind) as gateway:
        site = TestServer(web.Application())
        await site.start_server()
        port = site.port
        await site.close()
        assert port is not None
        made.portal = f"http://127.0.0.1:{port}"
        made.behind = str(gateway.make_url("")).rstrip("/")
        async with TestServer(make_app(made.settings()), port=port):
            yield made


def saying(told: object, status: int = 200) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(told, status=status)

    return answer


async def post(house: House, path: str, http: aiohttp.ClientSession, **form: str) -> aiohttp.ClientResponse:
    async with http.post(
        house.portal + path, data=form, headers={"Origin": house.portal}, allow_redirects=False
    ) as answer:
        await answer.read()
        return answer


async def test_a_fault_of_ours_is_told_by_type_and_place_and_no_password_or_token_of_the_moment_with_it(
    house: House, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_visit: object, started: models.SessionStarted, **_values: bool) -> None:
        raise KeyError(started.token)

    monkeypatch.setattr(portal_sign_in, "enter", broken)
    house.answer = saying(ENTERED, 201)
    async with aiohttp.ClientSession() as http:
        answer = await post(house, "/login", http, mykey_id="12345678", password="pass-sesame")
    assert answer.status == 500
    told = "".join(capfd.readouterr())
    assert "sesame" not in told
    assert "site fault" in told
    assert "KeyError at " in told
    assert "sign_in.py" in told
    assert "sesame" not in told
    assert "12345678" not in told


async def test_an_answer_that_lacks_a_member_is_no_answer(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    house.answer, house.whole = saying({"token": "tok-sesame"}, 201), False
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        answer = await post(house, "/login", http, mykey_id="12345678", password="pass-sesame")
        async with http.get(house.portal + answer.headers["Location"]) as drawn:
            assert drawn.status == 503
            assert "portal" not in drawn.cookies
    assert "sesame" not in "".join(capfd.readouterr())


FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
NAMED = b'--abc\r\nContent-Disposition: form-data; name="mykey_id"\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"mykey_id=\xff\xfe"),
        (f"{FORM}; charset=none-such", b"mykey_id=a"),
        (f"{FORM}; charset=base64", b"abc"),
        (f"{FORM}; charset=utf-7", b"mykey_id=+2AA-"),  # half a character
        (PARTS, b"x"),
        (f"{PARTS}; boundary=abc", b"x"),
        (f"{PARTS}; boundary=abc", NAMED + b"\r\nx"),
        (f"{PARTS}; boundary=abc", NAMED + b"Content-Transfer-Encoding: none-such\r\n\r\nx\r\n--abc--\r\n"),
        (f"{PARTS}; boundary=abc", NAMED + b"Content-Type: text/plain; charset=no\r\n\r\nx\r\n--abc--\r\n"),
        (f"{PARTS}; boundary=abc", b"--abc\r\nContent-Disposition: form-data\r\n\r\nx\r\n--abc--\r\n"),
        (f"{PARTS}; boundary={'a' * 80}", b"--abc\r\n"),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused_and_is_no_fault_of_ours(
    house: House, kind: str, body: bytes
) -> None:
    headers = {"Origin": house.portal, "Content-Type": kind}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{house.portal}/login", data=body, headers=headers) as answer,
    ):
        assert answer.status == 400
        assert "ポイントは動いていません" in await answer.text()
    assert house.asked == []


async def test_a_member_signs_in_where_an_older_session_had_lain_idle(house: House) -> None:
    house.answer = saying(ENTERED, 201)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await post(house, "/login", http, mykey_id="12345678", password="a")
        house.later = timedelta(minutes=11)
        again = await post(house, "/login", http, mykey_id="12345678", password="a")
        assert again.headers["Location"] == "/mypage"
        assert [cookie.value != "" for cookie in http.cookie_jar if cookie.key == "portal"] == [True]


async def test_another_sites_link_signs_nobody_out_and_keeps_no_session_alive(house: House) -> None:
    house.answer = saying(ENTERED, 201)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await post(house, "/login", http, mykey_id="12345678", password="a")
        async with http.get(f"{house.portal}/signed-out?why=idle") as page:
            assert page.status == 200
            assert "まだログインしています" in await page.text()
            assert "Set-Cookie" not in page.headers
        assert [cookie.value != "" for cookie in http.cookie_jar if cookie.key == "portal"] == [True]
    assert not [asked for asked in house.asked if asked.startswith("DELETE")]


async def test_an_idle_screen_is_nobodys_also_while_the_gateway_is_away(house: House) -> None:
    house.answer = saying(ENTERED, 201)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await post(house, "/login", http, mykey_id="12345678", password="a", shared_terminal="yes")
        async with http.get(f"{house.portal}/signed-out") as page:
            token = re.search(r'name="form_token" value="(\w+)"', await page.text())
        assert token is not None

        async def away(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        house.answer = away
        await post(house, "/logout", http, form_token=token[1])  # as the page does by itself
        async with http.get(f"{house.portal}/signed-out?why=idle") as left:
            assert left.status == 200
            assert "見＊＊郎" not in await left.text()
            assert "storage" in left.headers["Clear-Site-Data"]
        assert [cookie for cookie in http.cookie_jar if cookie.key == "portal"] == []


@pytest.mark.parametrize(
    "change", [calls.set_language(language="ja"), calls.sign_out()], ids=["PUT", "DELETE"]
)
async def test_what_changes_something_is_sent_once_also_where_a_kept_connection_breaks(
    house: House, change: Call[Any]
) -> None:
    """The second of two with one nonce would be told as refused, whatever became of the first."""
    house.answer = saying({})
    gateway = Gateway(house.settings())
    opened = gateway.opened()
    await anext(opened)
    await gateway.send(calls.list_prefectures())

    async def breaks(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    house.answer = breaks
    with pytest.raises(Unreachable):
        await gateway.send(change, token="tok")
    assert house.asked == ["GET /v1/prefectures", f"{change.method} {change.target}"]
    with pytest.raises(StopAsyncIteration):
        await anext(opened)


async def test_what_only_looks_is_signed_anew_where_a_gateway_was_started_anew(house: House) -> None:
    signatures: list[str] = []

    async def breaks_once(request: web.Request) -> web.StreamResponse:
        signatures.append(request.headers["Signature-Input"])
        if len(signatures) == 2:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"count": len(signatures)})

    house.answer = breaks_once
    gateway = Gateway(house.settings())
    async with asynccontextmanager(gateway.opened)():
        await gateway.send(calls.list_prefectures())
        assert (await gateway.send(calls.list_point_services())).count == 3
    assert len(set(signatures)) == 3


@pytest.mark.parametrize(
    "told",
    [[], None, "x", {"errors": None}, {"errors": "x"}, {"errors": [1, None]}, {"type": 7, "title": {}}],
)
async def test_an_error_that_is_no_problem_document_of_the_gateways_is_no_fault_of_the_sites(
    house: House, told: object, capfd: pytest.CaptureFixture[str]
) -> None:
    house.answer = saying(told, 400)  # what a proxy between the two may say
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        answer = await post(house, "/login", http, mykey_id="12345678", password="a")
        async with http.get(house.portal + answer.headers["Location"]) as drawn:
            assert drawn.status == 503
    assert "site fault" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("typed", ["[" * 40_000, '"\\ud800"', "{"])
def test_a_credential_that_is_none_is_sent_on_as_nothing_that_could_fit(typed: str) -> None:
    assert credential_of({"credential": typed}).id == ""


@pytest.mark.parametrize(
    ("house", "seen"), [(0, [401, 401, 429, 429]), (1, [401, 401, 429, 401])], indirect=["house"]
)
async def test_behind_our_proxy_tries_are_counted_by_the_address_that_it_saw(
    house: House, seen: list[int]
) -> None:
    """And without one, what the sender claims counts for nothing."""
    house.answer = saying({"type": "/problems/sign-in-refused"}, 401)
    addresses = ("made-up, 192.0.2.1", "other, 192.0.2.1", "192.0.2.1", "192.0.2.2")
    statuses = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        for address in addresses:
            headers = {"Origin": house.portal, "X-Forwarded-For": address}
            async with http.post(
                f"{house.portal}/login", data={"mykey_id": "1", "password": "a"}, headers=headers
            ) as answer:
                statuses.append(answer.status)
    assert statuses == seen


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nCookie: portal=tok-sesame\x01\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: tok-sesame\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nExpect: tok-sesame\r\n\r\n",
        b"tok-sesame\r\n\r\n",
    ],
)
async def test_a_head_that_cannot_be_read_is_neither_repeated_nor_logged(
    house: House, capfd: pytest.CaptureFixture[str], head: bytes
) -> None:
    runner = SiteRunner(make_app(house.settings()), is_https=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        writer.write(head)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        writer.close()
    finally:
        await runner.cleanup()
    assert b"sesame" not in answer
    assert b"X-Content-Type-Options: nosniff" in answer
    assert b"Content-Security-Policy" in answer
    assert b"Cache-Control: no-store" in answer
    if b"Expect" not in head:  # which is left aside, so that this is a page of the site
        assert b"Strict-Transport-Security: max-age=" in answer
    assert "sesame" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("beginning", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX: "])
async def test_a_head_that_never_ends_holds_no_place(
    house: House, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr("httpkit.runner.HEAD_DEADLINE_S", 0.2)
    runner = SiteRunner(make_app(house.settings()))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        writer.write(beginning)
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()
    finally:
        await runner.cleanup()


async def test_a_form_whose_body_never_ends_is_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pagekit.pages.FORM_DEADLINE_S", 0.2)
    runner = SiteRunner(make_app(house.settings()))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        origin = house.portal.encode()
        writer.write(
            b"POST /login HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\nContent-Length: 100\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nmykey" % origin
        )
        assert (await asyncio.wait_for(reader.readline(), 20)).startswith(b"HTTP/1.1 408 ")
        writer.close()
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(("origin", "first"), [("", b"100"), ("https://evil.example", b"403")])
async def test_a_form_is_asked_for_once_it_is_known_to_be_ours(
    house: House, origin: str, first: bytes
) -> None:
    runner = SiteRunner(make_app(house.settings()))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        writer.write(
            b"POST /login HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\nContent-Length: 9\r\nExpect: 100-continue\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" % (origin or house.portal).encode()
        )
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        assert answer.split(b" ", 2)[1] == first
        if first == b"100":
            writer.write(b"mykey_id=")
            assert (await asyncio.wait_for(reader.readline(), 20)).startswith(b"HTTP/1.1 303 ")
        writer.close()
    finally:
        await runner.cleanup()


async def test_every_page_says_that_nothing_is_confirmed_as_long_as_the_gateway_does(house: House) -> None:
    house.state["Point-Gateway-State"] = "restored"

    async def answer(_request: web.Request) -> web.StreamResponse:
        body = {"type": "urn:problem:sign-in-refused", "title": "no", "status": 401, "remedy": "again"}
        return web.json_response(
            body, status=401, headers=house.state, content_type="application/problem+json"
        )

    house.answer = answer
    async with aiohttp.ClientSession() as http:
        for language, sentence in (("ja", "データを復旧しています"), ("en", "Data is being restored")):
            await post(house, "/login", http, mykey_id="12345678", password="pass-sesame")
            async with http.get(house.portal + "/help", headers={"Accept-Language": language}) as page:
                text = await page.text()
            assert 'id="restored"' in text
            assert sentence in text
        house.state.clear()
        async with http.get(house.portal + "/login"):  # asks the gateway about cards
            pass
        async with http.get(house.portal + "/help") as page:
            assert 'id="restored"' not in await page.text()
