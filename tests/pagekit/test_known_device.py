"""A browser keeps the proof that it has signed in before, sends it at the next sign-in, and leaves none at a library."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from pagekit.known_device import MAX_DEVICES
from tests.pagekit.test_forms import browser, page_of
from tests.pagekit.test_site import ENTERED, House, house, post

__all__ = ["house"]

OVERVIEW: dict[str, Any] = {
    "member": {"default_municipality": None, "mykey_id": "12345678", "display_name": "見本"},
    "balances": {
        "reserve": {"available": 0, "coming": 0},
        "municipal": [],
        "reserve_heaps": [],
        "events": [],
    },
    "waiting": [],
    "expiring": [],
    "moving": [],
}


def token(number: int) -> str:
    return f"pgd_5b380000_{number:016x}_{'a' * 64}"


class GatewayCalls:
    """The gateway: gives a new token at each sign-in, and keeps what was sent."""

    def __init__(self, **more: Any) -> None:
        self.bodies: list[Any] = []
        self.more = more

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/v1/sessions":
            return web.json_response({"open": False})
        self.bodies.append(await request.json())
        return web.json_response(ENTERED | {"device": token(len(self.bodies))} | self.more, status=201)


async def test_it_is_sent_with_the_network_and_the_last_few_logins_stay(house: House) -> None:
    house.answer = calls = GatewayCalls()
    known = ".".join(token(number) for number in (97, 98, 99))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        http.cookie_jar.update_cookies({"device": known}, URL(house.portal))
        for _ in range(2):
            await post(house, "/login", http, mykey_id="12345678", password="a")
            http.cookie_jar.clear(lambda cookie: cookie.key == "portal")
        kept = http.cookie_jar.filter_cookies(URL(house.portal))["device"].value
    assert [body["source"] for body in calls.bodies] == ["127.0.0.1"] * 2
    assert calls.bodies[1]["devices"] == [token(1), token(97), token(98), token(99)]
    assert kept.split(".") == [token(2), token(1), token(97), token(98)]
    assert len(kept.split(".")) == MAX_DEVICES


async def test_it_lives_beyond_the_session_and_out_of_reach_of_scripts(house: House) -> None:
    house.answer = GatewayCalls()
    async with browser() as http:
        answer = await post(house, "/login", http, mykey_id="12345678", password="a")
        cookie = answer.cookies["device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert int(cookie["max-age"]) > 86_400


async def test_a_shared_terminal_keeps_none(house: House) -> None:
    house.answer = GatewayCalls(device=None)
    async with browser() as http:
        answer = await post(house, "/login", http, mykey_id="12345678", password="a", shared_terminal="yes")
    assert "device" not in answer.cookies


@pytest.mark.parametrize("value", ["nonsense", f"{token(1)}x", "pgd_", f"..{token(7)}.", "<script>"])
async def test_what_somebody_else_put_into_the_cookie_is_not_sent(house: House, value: str) -> None:
    house.answer = calls = GatewayCalls()
    async with aiohttp.ClientSession(cookies={"device": value}) as http:
        await post(house, "/login", http, mykey_id="12345678", password="a")
    assert calls.bodies[0]["devices"] in ([], [token(7)])


async def test_the_owner_is_told_how_often_somebody_else_has_tried(house: House) -> None:
    calls = GatewayCalls(missed_elsewhere=4)

    async def gateway(request: web.Request) -> web.StreamResponse:
        if request.path == "/v1/overview":
            return web.json_response(OVERVIEW)
        if request.path == "/v1/exchanges":
            return web.json_response({"exchanges": [], "next": None})
        return await calls(request)

    house.answer = gateway
    async with browser() as http:
        await post(house, "/login", http, mykey_id="12345678", password="a")
        status, page = await page_of(house, http, "/mypage")
    assert status == 200
    assert "誤ったパスワードが 4 回入力されました" in page
