"""What a form leads to has an address of its own, which holds all that it shows and sends nothing again."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web

from tests.pagekit.test_site import ENTERED, House, house, post, saying

__all__ = ["house"]


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield http


async def page_of(house: House, http: aiohttp.ClientSession, path: str) -> tuple[int, str]:
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
            status, page = await page_of(house, http, await refused(house, http))
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
            first, second = await page_of(house, http, address), await page_of(house, http, address)
        assert first == second
        assert [asked for asked in house.asked if asked.startswith("POST")] == sent == ["POST /v1/sessions"]

    async def test_is_the_same_after_a_change_of_the_language(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
            response = await post(house, "/language", http, language="en", next=address)
            assert response.headers["Location"] == address
            _, page = await page_of(house, http, address)
        assert "<title>Error: " in page
        assert 'value="ＡＢ cd"' in page

    async def test_shows_no_password_and_its_address_has_none(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
            _, page = await page_of(house, http, address)
        assert "sesame" not in page + address

    async def test_is_nothing_to_another_browser(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
        async with browser() as other:
            status, page = await page_of(house, other, address)
        assert status == 200
        assert "エラー" not in page
        assert "ＡＢ cd" not in page

    async def test_is_forgotten_after_half_an_hour(self, house: House) -> None:
        async with browser() as http:
            address = await refused(house, http)
            house.later = timedelta(minutes=31)
            status, page = await page_of(house, http, address)
        assert (status, "エラー" in page) == (200, False)

    @pytest.mark.parametrize("token", ["x", "A" * 80, "é", "=" * 7_000])
    async def test_an_address_that_is_made_up_shows_the_empty_form(self, house: House, token: str) -> None:
        async with browser() as http:
            await refused(house, http)
            status, page = await page_of(house, http, f"/login?form={token}")
        assert (status, "エラー" in page) == (200, False)


class TestTheFormThatIsForgotten:
    """After another sign-in, or too late: the page that it was sent from still knows what it was about."""

    SOURCE = "/pay/shop/confirm?code=PGS1.a&points=300&id=0197"

    async def sent_from(self, house: House, http: aiohttp.ClientSession, source: str) -> str:
        house.answer = saying({"type": "/problems/sign-in-refused", "title": "x"}, 401)
        headers = {"Origin": house.portal, "Referer": source}
        async with http.post(
            f"{house.portal}/login", data={"mykey_id": "x"}, headers=headers, allow_redirects=False
        ) as answer:
            return answer.headers["Location"]

    async def test_leads_to_the_page_it_was_sent_from(self, house: House) -> None:
        async with browser() as http:
            address = await self.sent_from(house, http, house.portal + self.SOURCE)
            house.later = timedelta(minutes=31)
            async with http.get(house.portal + address, allow_redirects=False) as answer:
                assert answer.headers["Location"] == self.SOURCE

    async def test_and_so_does_an_answer_to_an_answer(self, house: House) -> None:
        async with browser() as http:
            first = await self.sent_from(house, http, house.portal + self.SOURCE)
            second = await self.sent_from(house, http, house.portal + first)
        async with browser() as other, other.get(house.portal + second, allow_redirects=False) as answer:
            assert answer.headers["Location"] == self.SOURCE

    async def test_and_so_does_a_sign_in_after_the_session_has_ended(self, house: House) -> None:
        address = f"/pay/shop?form=old&from={quote(self.SOURCE)}"
        async with browser() as http, http.get(house.portal + address, allow_redirects=False) as answer:
            assert answer.headers["Location"] == f"/login?next={quote(self.SOURCE, safe='')}"

    @pytest.mark.parametrize(
        "source",
        ["http://[", "http://[::1", "https://else.example/x", "//else.example", "é", "/\\else.example"],
    )
    async def test_what_is_no_page_of_ours_is_not_gone_to(self, house: House, source: str) -> None:
        async with browser() as http:
            address = await self.sent_from(house, http, source)
            assert "from=" not in address
            for path in (f"/login?form=old&from={quote(source)}", f"/pay/shop?form=old&from={quote(source)}"):
                async with http.get(house.portal + path, allow_redirects=False) as answer:
                    where = answer.headers.get("Location", "")
                    assert answer.status in (200, 303)
                    assert "else.example" not in where

    async def test_a_referer_that_is_none_is_no_fault_of_ours(self, house: House) -> None:
        headers = {"Origin": house.portal, "Referer": "http://[", "HX-Current-URL": "http://["}
        for more in ({}, {"HX-Request": "true"}):
            async with (
                browser() as http,
                http.post(
                    f"{house.portal}/settings/default", headers=headers | more, allow_redirects=False
                ) as answer,
            ):
                where = answer.headers.get("HX-Redirect") or answer.headers["Location"]
                assert where == "/login?next=%2Fmypage"


class TestAFormThatIsTooLarge:
    async def test_says_so_at_an_address_of_its_own(self, house: House) -> None:
        async with browser() as http:
            answer = await post(house, "/login", http, mykey_id="x" * 60_000)
            assert answer.status == 303
            for _ in range(2):
                status, page = await page_of(house, http, answer.headers["Location"])
                assert (status, "入力が長すぎます" in page) == (413, True)


class TestAGatewayThatIsAway:
    async def test_the_same_form_can_be_sent_again_where_nothing_secret_was_typed(self, house: House) -> None:
        async with browser() as http:
            house.answer = saying(ENTERED, 201)
            await post(house, "/login", http, mykey_id="12345678", password="a")
            _, page = await page_of(house, http, "/signed-out")
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
            status, page = await page_of(house, http, answer.headers["Location"])
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
            pages = [await page_of(house, http, "/signed-out") for _ in range(2)]
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
