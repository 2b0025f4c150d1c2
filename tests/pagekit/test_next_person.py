"""What one person leaves behind at a browser, which the next one must not find."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from pagekit.form_state import FORM_STATE_TTL
from portal.app import make_app
from tests.pagekit.test_forms import browser, page_of, refused
from tests.pagekit.test_site import ENTERED, House, house, post, saying

__all__ = ["house"]


async def away(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def enter(house: House, http: aiohttp.ClientSession, **form: str) -> str:
    """Sign in; gives a form token of the session."""
    house.answer = saying(ENTERED, 201)
    await post(house, "/login", http, mykey_id="12345678", password="a", **form)
    _, page = await page_of(house, http, "/signed-out")
    token = re.search(r'name="form_token" value="(\w+)"', page)
    assert token
    return token[1]


def names(http: aiohttp.ClientSession) -> set[str]:
    return {cookie.key for cookie in http.cookie_jar if cookie.value}


class TestWhatWasTypedIntoARefusedForm:
    async def test_opens_no_longer_after_a_sign_in_and_a_sign_out(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
            assert "form" in names(http)
            token = await enter(house, http)
            assert "form" not in names(http)
            house.answer = saying(None, 204)
            await post(house, "/logout", http, form_token=token)
            house.answer = saying({"open": False, "providers": []})
            status, page = await page_of(house, http, address)
        assert (status, "ＡＢ cd" in page) == (200, False)

    async def test_opens_no_longer_after_the_screen_has_cleared_itself(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
            await page_of(house, http, "/signed-out?why=idle")
            _, page = await page_of(house, http, address)
        assert "ＡＢ cd" not in page

    async def test_opens_no_longer_where_an_idle_session_was_found(self, house: House) -> None:
        async with browser() as http:
            await enter(house, http, shared_terminal="yes")
            # The cookie of a browser in which somebody had mistyped before.
            http.cookie_jar.update_cookies({"form": "a" * 43, "portal-other": "x"}, URL(house.portal))
            house.later = 2 * FORM_STATE_TTL
            await page_of(house, http, "/mypage")
            assert "form" not in names(http)
            assert "portal-other" in names(http)

    async def test_the_key_to_it_lasts_no_longer_than_what_it_opens(self, house: House) -> None:
        house.answer = saying({"type": "/problems/sign-in-refused", "title": "x"}, 401)
        async with browser() as http:
            answer = await post(house, "/login", http, mykey_id="x", password="y")
        assert answer.cookies["form"]["max-age"] == str(int(FORM_STATE_TTL.total_seconds()))


class TestASignOut:
    @pytest.mark.parametrize("word", [None, "session-ended", "internal-error"])
    async def test_ends_on_its_own_page_whatever_the_gateway_says(
        self, house: House, word: str | None
    ) -> None:
        async with browser() as http:
            token = await enter(house, http)
            http.cookie_jar.update_cookies({"moved": "a.1"}, URL(house.portal))
            status = {"session-ended": 401, "internal-error": 500}.get(word or "", 0)
            house.answer = saying({"type": f"/problems/{word}", "title": "x"}, status) if word else away
            answer = await post(house, "/logout", http, form_token=token)
            assert answer.headers["Location"] == "/signed-out"
            assert "storage" in answer.headers["Clear-Site-Data"]
            assert names(http) == set()


@asynccontextmanager
async def behind_https(house: House) -> AsyncIterator[str]:
    settings = replace(house.settings(), public_url="https://portal.example")
    async with TestServer(make_app(settings)) as portal:
        yield str(portal.make_url("")).rstrip("/")


async def test_every_cookie_is_this_hosts_alone_behind_https(house: House) -> None:
    house.answer = saying(
        {"value": "c", "purpose": "login", "type": "/problems/sign-in-refused", "title": "x"}, 401
    )
    headers = {"Origin": "https://portal.example"}
    cookies = {}
    async with behind_https(house) as portal, aiohttp.ClientSession() as http:
        for path, status in (("/login", 401), ("/language", 200), ("/card/challenge", 200)):
            if path == "/card/challenge":
                house.answer = saying({"value": "c", "purpose": "login"}, 201)
            data = {"language": "en", "mykey_id": "a", "password": "b", "purpose": "login"}
            async with http.post(portal + path, data=data, headers=headers, allow_redirects=False) as answer:
                assert answer.status in (303, status)
                cookies |= answer.cookies
    assert set(cookies) == {"__Host-form", "__Host-language", "__Host-card-browser"}
    assert all(cookie["secure"] and cookie["path"] == "/" for cookie in cookies.values())
