"""What a form leads to has an address of its own, which holds all that it shows and sends nothing again."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from tests.pagekit.test_site import ENTERED, House, house, post, saying

__all__ = ["house"]


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield http


async def look(house: House, http: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with http.get(house.portal + path, allow_redirects=False) as answer:
        return answer.status, html.unescape(await answer.text())


async def refused(house: House, http: aiohttp.ClientSession) -> str:
    """A sign-in that the gateway has refused; gives the address that it led to."""
    house.answer = saying({"type": "/problems/sign-in-refused", "title": "x"}, 401)
    answer = await post(house, "/login", http, mykey_id="ＡＢ cd", password="pass-sesame", next="/allocate")
    assert answer.status == 303
    return answer.headers["Location"]


class TestARefusedForm:
    async def test_leads_to_an_address_that_shows_it_with_what_was_typed(self, house: House) -> None:
        async with browser() as http:
            status, page = await look(house, http, await refused(house, http))
        assert status == 401
        assert "<title>エラー：" in page
        assert "ログインできませんでした" in page
        assert 'value="ＡＢ cd"' in page
        assert 'value="/allocate"' in page
        assert re.search(r'<div class="notice error" role="alert"[^>]* tabindex="-1" autofocus', page)

    async def test_reloads_to_the_same_and_sends_nothing_again(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
            sent = [asked for asked in house.asked if asked.startswith("POST")]
            first, second = await look(house, http, address), await look(house, http, address)
        assert first == second
        assert [asked for asked in house.asked if asked.startswith("POST")] == sent == ["POST /v1/sessions"]

    async def test_is_the_same_after_a_change_of_the_language(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
            response = await post(house, "/language", http, language="en", next=address)
            assert response.headers["Location"] == address
            _, page = await look(house, http, address)
        assert "<title>Error: " in page
        assert 'value="ＡＢ cd"' in page

    async def test_shows_no_password_and_its_address_has_none(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
            _, page = await look(house, http, address)
        assert "sesame" not in page + address

    async def test_is_nothing_to_another_browser(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
        async with browser() as other:
            status, page = await look(house, other, address)
        assert status == 200
        assert "エラー" not in page
        assert "ＡＢ cd" not in page

    async def test_is_forgotten_after_half_an_hour(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
            house.later = timedelta(minutes=31)
            status, page = await look(house, http, address)
        assert (status, "エラー" in page) == (200, False)

    @pytest.mark.parametrize("token", ["x", "A" * 80, "é", "=" * 7_000])
    async def test_an_address_that_is_made_up_shows_the_empty_form(self, house: House, token: str) -> None:
        async with browser() as http:
            await refused(house, http)
            status, page = await look(house, http, f"/login?form={token}")
        assert (status, "エラー" in page) == (200, False)


class TestAGatewayThatIsAway:
    async def test_the_same_form_can_be_sent_again_where_nothing_secret_was_typed(self, house: House) -> None:
        async with browser() as http:
            house.answer = saying(ENTERED, 201)
            await post(house, "/login", http, mykey_id="12345678", password="a")
            _, page = await look(house, http, "/signed-out")
            token = re.search(r'name="form_token" value="(\w+)"', page)
            assert token

            async def away(request: web.Request) -> web.StreamResponse:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()

            house.answer = away
            answer = await post(
                house,
                "/settings/default",
                http,
                form_token=token[1],
                municipality="082163",
                point_service="k",
            )
            status, page = await look(house, http, answer.headers["Location"])
        assert status == 503
        assert 'action="/settings/default"' in page
        assert 'name="municipality" value="082163"' in page
        assert "もう一度" in page


class TestASession:
    async def test_that_is_signed_in_over_ends_at_the_gateway(self, house: House) -> None:
        async with browser() as http:
            house.answer = saying(ENTERED, 201)
            await post(house, "/login", http, mykey_id="12345678", password="a")
            assert not [asked for asked in house.asked if asked.startswith("DELETE")]
            house.answer = saying(ENTERED | {"token": "tok-second"}, 201)
            await post(house, "/login", http, mykey_id="87654321", password="b")
        assert [asked for asked in house.asked if asked.startswith("DELETE")] == [
            "DELETE /v1/sessions/current"
        ]

    async def test_is_still_seen_at_an_address_that_is_none_and_is_not_kept_alive_by_it(
        self, house: House
    ) -> None:
        async with browser() as http:
            house.answer = saying(ENTERED, 201)
            await post(house, "/login", http, mykey_id="12345678", password="a")
            async with http.get(f"{house.portal}/nothing-here") as answer:
                assert answer.status == 404
                assert "見＊＊郎" in await answer.text()
                assert "Set-Cookie" not in answer.headers

    async def test_a_form_token_is_masked_anew_on_each_page_and_all_of_them_are_good(
        self, house: House
    ) -> None:
        async with browser() as http:
            house.answer = saying(ENTERED, 201)
            await post(house, "/login", http, mykey_id="12345678", password="a")
            pages = [await look(house, http, "/signed-out") for _ in range(2)]
            tokens = [re.search(r'name="form_token" value="(\w+)"', page) for _, page in pages]
            assert tokens[0]
            assert tokens[1]
            assert tokens[0][1] != tokens[1][1]
            for token in tokens:
                assert token
                assert (await post(house, "/still-here", http, form_token=token[1])).status == 204
            for wrong in ("", "00" * 32, tokens[0][1][:-2] + "zz", tokens[0][1][:32]):
                assert (await post(house, "/still-here", http, form_token=wrong)).status == 403

    @pytest.mark.parametrize(
        ("site", "compressed"),
        [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False), (None, False)],
    )
    async def test_a_page_that_another_site_has_asked_for_is_not_compressed(
        self, house: House, site: str | None, *, compressed: bool
    ) -> None:
        async with browser() as http:
            house.answer = saying(ENTERED, 201)
            await post(house, "/login", http, mykey_id="12345678", password="a")
            headers = {"Accept-Encoding": "gzip"} | ({"Sec-Fetch-Site": site} if site else {})
            async with http.get(f"{house.portal}/help?x=guess", headers=headers) as answer:
                assert (answer.headers.get("Content-Encoding") == "gzip") == compressed

    async def test_that_has_ended_leads_back_to_the_page_and_never_to_a_fragment(self, house: House) -> None:
        fragment = "/exchanges/00000000-0000-4000-8000-000000000000/live"
        async with browser() as http:
            for headers, wanted in (
                ({}, "%2Fmypage"),
                ({"HX-Request": "true"}, "%2Fmypage"),
                (
                    {"HX-Request": "true", "HX-Current-URL": f"{house.portal}/settings?x=1"},
                    "%2Fsettings%3Fx%3D1",
                ),
                ({"HX-Request": "true", "HX-Current-URL": "https://else.example/a"}, "%2Fmypage"),
            ):
                async with http.get(
                    house.portal + fragment, headers=headers, allow_redirects=False
                ) as answer:
                    where = answer.headers.get("HX-Redirect") or answer.headers["Location"]
                    assert where == f"/login?next={wanted}", headers

    async def test_a_form_that_comes_too_late_leads_back_to_the_page_it_stood_on(self, house: House) -> None:
        headers = {"Origin": house.portal, "Referer": f"{house.portal}/allocate/points?municipality=082163"}
        async with (
            browser() as http,
            http.post(f"{house.portal}/allocate", data={}, headers=headers, allow_redirects=False) as answer,
        ):
            where = answer.headers["Location"]
        assert where == "/login?next=%2Fallocate%2Fpoints%3Fmunicipality%3D082163"
