"""The exchange and the move to a city forgive mistakes: before a gateway whose every answer the test decides."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from point_gateway_client import models
from portal.preview import points_for
from tests.pagekit.test_site import ENTERED, House, house
from tests.pagekit.whole_answers import model

__all__ = ["house"]

EXCHANGE = "01a205a7-0000-7000-8000-000000000001"
MOVE = "01a205a7-0000-7000-8000-000000000009"
SERVICE = {
    "municipality": "082163",
    "municipality_name": "笠間市",
    "point_service": "ouen",
    "name": "笠間応援ポイント",
}
LABEL = {"ja": "語", "en": "word"}


def rate(points: int, *, campaign: str | None = None, ends_at: str | None = None) -> dict[str, Any]:
    return {
        "wallet": "main",
        "cost_per_unit": 100,
        "points_per_unit": points,
        "campaign": {"id": campaign} if campaign else None,
        "ends_at": ends_at,
        "sample": False,
    }


@dataclass
class FakeGateway:
    """The answers of the gateway: one exchange that is ready, 10,000 points at the partner, 2,800 in reserve."""

    house: House
    exchange: dict[str, Any] = field(default_factory=dict)
    quotes: list[dict[str, Any]] = field(default_factory=list)
    refuses: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    default: bool = True
    reserve: int = 2_800
    moved: list[dict[str, Any]] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exchange = {
            "exchange_id": EXCHANGE,
            "partner_id": "saison",
            "state": "ready",
            "link": {"shown_as": "見＊＊郎"},
            "coupon_value": None,
            "quote": None,
            "points": None,
            "started_at": "2018-07-20T10:00:00+09:00",
            "sent_at": None,
            "ended_at": None,
            "promised_by": None,
            "reference": None,
        }
        self.house.answer = self.answer

    def quote(self, units: int, destination: dict[str, Any]) -> dict[str, Any]:
        per_unit = 450 if destination["kind"] == "reserve" else 550
        ends_at = self.house.clock() + timedelta(minutes=10)
        return {
            "quote_id": f"q-{len(self.quotes)}",
            "destination": {"municipality": None, "point_service": None} | destination,
            "points": units * per_unit,
            "ends_at": ends_at.isoformat(),
            "lines": [
                {"wallet": "main", "wallet_name": LABEL, "units": units, "amount": units * 100,
                 "points": units * per_unit, "campaign_name": None}
            ],
            "notes": [],
            "terms": LABEL,
        }  # fmt: skip

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path, method = request.path.removeprefix("/v1"), request.method
        if f"{method} {path}" in self.refuses:
            status, problem = self.refuses[f"{method} {path}"]
            return web.json_response({"title": "x", **problem}, status=status)
        body = json.loads(await request.read() or b"null")
        match method, path:
            case "POST", "/sessions":
                return web.json_response(ENTERED, status=201)
            case "GET", "/me":
                code, service = ("082163", "ouen") if self.default else (None, None)
                return web.json_response(
                    {"default_municipality": code, "default_point_service": service, "mykey_id": "ABCD2345",
                     "has_password": True}
                )  # fmt: skip
            case "GET", "/partners":
                partner = {"partner_id": "saison", "name": {"ja": "セゾン", "en": "Saison"}, "points_name": LABEL,
                           "wallets": [{"id": "main", "name": LABEL}], "link": "account", "kind": "card"}  # fmt: skip
                return web.json_response({"partners": [partner]})
            case "GET", "/point-services":
                return web.json_response({"point_services": [SERVICE]})
            case "GET", "/oidc":
                return web.json_response({"providers": []})
            case "GET", "/passkeys":
                return web.json_response({"open": False})
            case "GET", "/prefectures":
                return web.json_response({"prefectures": []})
            case "GET", "/balances":
                return web.json_response(
                    {"reserve": {"available": self.reserve}, "municipal": [], "events": []}
                )
            case "PUT", "/me/language":
                return web.json_response({})
            case "GET", "/overview":
                reserve = {"available": self.reserve, "coming": 0}
                balances = {"reserve": reserve, "reserve_heaps": [], "municipal": [], "events": []}
                me = {"default_municipality": "082163" if self.default else None}
                return web.json_response({"member": me, "balances": balances, "expiring": [], "waiting": []})
            case "GET", "/history/reserve":
                return web.json_response({"entries": [], "next_before": None})
            case "GET", "/exchanges":
                return web.json_response({"exchanges": self.listed, "next_before": None})
            case "POST", "/allocations":
                self.moved.append(body)
                self.reserve -= body["points"]
                return web.json_response({"seq": 7}, status=201)
            case _:
                return web.json_response(self._exchange(method, path, request.query, body))

    def _exchange(self, method: str, path: str, query: Any, body: Any) -> Any:
        match method, path.removeprefix(f"/exchanges/{EXCHANGE}"):
            case "GET", "":
                return self.exchange
            case "GET", "/offer":
                direct = query["destination"] == "municipality"
                usual = [rate(550, campaign="up", ends_at="2018-08-01T00:00:00+09:00")] if direct else []
                return {"rates": [rate(450), *usual], "available": {"main": 10_000}, "priority": ["main"],
                        "most_units": 100, "notes": [], "terms": LABEL}  # fmt: skip
            case "POST", "/quote":
                self.quotes.append(body)
                quote = self.quote(int(body["units"]), body["destination"])
                self.exchange |= {"state": "quoted", "quote": quote}
                return self.exchange
        raise AssertionError(f"{method} {path}")


@dataclass
class Visitor:
    http: aiohttp.ClientSession
    house: House
    token: str = ""

    async def get(self, path: str, **headers: str) -> tuple[str, str]:
        """Follow redirects; gives the address at the end, and the page."""
        async with self.http.get(self.house.portal + path, headers=headers) as answer:
            page = html.unescape(await answer.text()).replace("<wbr>", "")
            if match_ := re.search(r'name="form_token" value="(\w+)"', page):
                self.token = match_[1]
            return answer.url.path_qs, page

    async def post(self, path: str, **form: str) -> tuple[str, str]:
        async with self.http.post(
            self.house.portal + path,
            data=form | {"form_token": self.token},
            headers={"Origin": self.house.portal},
            allow_redirects=False,
        ) as answer:
            assert answer.status == 303, await answer.text()
        return await self.get(answer.headers["Location"])


@asynccontextmanager
async def member(house: House) -> AsyncIterator[tuple[Visitor, FakeGateway]]:
    gateway = FakeGateway(house)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        visitor = Visitor(http, house)
        form = {"mykey_id": "12345678", "password": "a", "next": "/help"}
        async with http.post(f"{house.portal}/login", data=form, headers={"Origin": house.portal}) as answer:
            assert answer.status == 200
        await visitor.get("/help")
        yield visitor, gateway


UNITS = f"/exchanges/{EXCHANGE}/units"
TO_KASAMA = {"destination": "municipality", "municipality": "082163", "point_service": "ouen"}


class TestADestination:
    @pytest.mark.parametrize("query", ["", "?destination=", "?destination=x", "?destination=municipality"])
    async def test_that_is_missing_is_asked_for_and_never_assumed(self, house: House, query: str) -> None:
        async with member(house) as (visitor, gateway):
            assert (await visitor.get(UNITS + query))[0] == f"/exchanges/{EXCHANGE}/destination"
            assert (await visitor.post(UNITS, units="1"))[0] == f"/exchanges/{EXCHANGE}/destination"
            assert gateway.quotes == []

    async def test_stays_through_an_error_a_reload_and_a_change_of_the_language(self, house: House) -> None:
        async with member(house) as (visitor, gateway):
            gateway.refuses[f"POST /exchanges/{EXCHANGE}/quote"] = (409, {"type": "/problems/not-enough"})
            address, page = await visitor.post(UNITS, units="500", **TO_KASAMA)
            assert "ポイントが足りません" in page
            for _ in range(2):
                address, page = await visitor.post("/language", language="en", next=address)
                assert "550" in page
                assert 'name="municipality" value="082163"' in page
                assert 'value="500"' in page
            gateway.refuses.clear()
            await visitor.post(UNITS, units="1", **TO_KASAMA)
        assert gateway.quotes[0]["destination"] == {
            "kind": "municipality", "municipality": "082163", "point_service": "ouen",
        }  # fmt: skip

    async def test_is_chosen_with_both_rates_and_the_last_day_in_sight(self, house: House) -> None:
        async with member(house) as (visitor, _):
            _, page = await visitor.get(f"/exchanges/{EXCHANGE}/destination")
            _, reserve = await visitor.get(f"{UNITS}?destination=reserve")
        assert page.index("笠間応援ポイントへ直接交換") < page.index("留保ポイントへ交換</b>")
        assert "1口で 550 ポイント" in page
        assert "1口で 450 ポイント" in page
        assert "2018年7月31日まで" in page
        assert "直接交換すると、1口が 550 ポイントになります" in reserve


class TestANumberOfUnits:
    @pytest.mark.parametrize("typed", ["２", "2口", " 2 "])
    async def test_is_read_in_every_width(self, house: House, typed: str) -> None:
        async with member(house) as (visitor, gateway):
            await visitor.post(UNITS, units=typed, destination="reserve")
        assert [quote["units"] for quote in gateway.quotes] == ["2"]

    @pytest.mark.parametrize("typed", ["", "0", "-5", "1.5", "１，５", "abc"])
    async def test_that_is_none_stays_in_the_field_and_the_field_says_so(
        self, house: House, typed: str
    ) -> None:
        async with member(house) as (visitor, gateway):
            _, page = await visitor.post(UNITS, units=typed, destination="reserve")
        assert gateway.quotes == []
        assert f'value="{typed}"' in page
        assert 'aria-invalid="true"' in page
        assert 'id="units-error"' in page
        assert "<title>エラー：" in page

    async def test_shows_what_it_brings_and_the_most_is_one_press_away(self, house: House) -> None:
        async with member(house) as (visitor, _):
            address, page = await visitor.post(UNITS, units="2", do="calculate", **TO_KASAMA)
            assert "units=2" in address
            assert "2口で 1,100 ポイントになります" in page
            most = re.search(r'href="([^"]+)">最大', page)
            assert most
            _, page = await visitor.get(most[1])
            assert 'value="100"' in page
            _, part = await visitor.get(
                f"{UNITS}/result?destination=reserve&units=101", **{"HX-Request": "true"}
            )
            assert "最大 100 口" in part

    @pytest.mark.parametrize("units", ["101", "１，０００", "99999", "1万"])
    async def test_that_is_too_many_is_told_with_the_most(self, house: House, units: str) -> None:
        async with member(house) as (visitor, gateway):
            gateway.refuses[f"POST /exchanges/{EXCHANGE}/quote"] = (
                422,
                {"type": "x/units-not-allowed", "status": 422},
            )
            _, page = await visitor.post(UNITS, units=units, destination="reserve")
        assert "交換できるのは最大 100 口です。" in page
        assert "口数を読み取れません" not in page
        assert f'value="{units}"' in page

    def test_the_preview_draws_whole_units_in_the_order_of_the_wallets(self) -> None:
        offer = model(
            models.OfferView,
            rates=[rate(450), rate(450) | {"wallet": "first", "cost_per_unit": 450}],
            priority=["first", "main"],
            available={"first": 899, "main": 250},
        )
        assert [points_for(offer, units) for units in (1, 2, 3, 4)] == [450, 900, 1_350, None]


class TestAnExpiredQuote:
    async def test_is_drawn_up_again_and_says_what_has_changed(self, house: House) -> None:
        async with member(house) as (visitor, gateway):
            await visitor.post(UNITS, units="3", destination="reserve")
            gateway.exchange["quote"] |= {"points": 1_650, "ends_at": "2018-07-31T12:24:00+09:00"}
            address, page = await visitor.get(f"/exchanges/{EXCHANGE}")
        assert "before=1650" in address
        assert "1,650 から 1,350 に変わりました" in page
        assert [quote["units"] for quote in gateway.quotes] == ["3", "3"]
        assert "2018年7月31日 12:24" not in page

    async def test_leads_to_the_number_where_it_cannot_be_drawn_up(self, house: House) -> None:
        async with member(house) as (visitor, gateway):
            await visitor.post(UNITS, units="3", **TO_KASAMA)
            gateway.exchange["quote"]["ends_at"] = "2018-07-31T12:24:00+09:00"
            gateway.refuses[f"POST /exchanges/{EXCHANGE}/quote"] = (409, {"type": "/problems/no-rate"})
            _, page = await visitor.get(f"/exchanges/{EXCHANGE}/confirm")
        assert "有効な交換レートがありません" in page
        assert "この内容で移行する" not in page
        assert 'name="municipality" value="082163"' in page

    async def test_that_another_tab_has_replaced_is_told_before_anything_moves(self, house: House) -> None:
        async with member(house) as (visitor, gateway):
            await visitor.post(UNITS, units="3", destination="reserve")
            gateway.refuses[f"POST /exchanges/{EXCHANGE}/confirm"] = (
                409,
                {"type": "/problems/quote-replaced"},
            )
            _, page = await visitor.post(f"/exchanges/{EXCHANGE}/confirm", quote_id="q-0")
        assert "別の画面で入力し直されています" in page


class TestAnOutcome:
    @pytest.mark.parametrize("state", ["declined", "not_sent"])
    async def test_of_a_failed_exchange_says_who_said_no_and_promises_nothing(
        self, house: House, state: str
    ) -> None:
        async with member(house) as (visitor, gateway):
            await visitor.post(UNITS, units="3", destination="reserve")
            gateway.exchange |= {"state": state, "ended_at": "2018-07-31T12:00:00+09:00"}
            _, page = await visitor.get(f"/exchanges/{EXCHANGE}")
        assert "ポイントはセゾンに残っています" in page
        assert "受け取るポイント" not in page
        assert "完了日時" not in page
        assert "1,350" not in page
        assert 'action="/partners/saison/start"' in page
        assert "<title>移行できませんでした" in page

    @pytest.mark.parametrize(
        ("retry_at", "says"),
        [
            ("2018-08-01T12:00:00+09:00", "2018年8月1日 12:00より後に、もう一度お試しください"),
            (None, "少し待ってから、もう一度お試しください"),
        ],
    )
    async def test_that_the_partner_has_not_looked_at_says_when_to_try_again(
        self, house: House, retry_at: str | None, says: str
    ) -> None:
        async with member(house) as (visitor, gateway):
            await visitor.post(UNITS, units="3", destination="reserve")
            gateway.exchange |= {"state": "not_sent", "reason": "not_processed", "retry_at": retry_at}
            _, page = await visitor.get(f"/exchanges/{EXCHANGE}")
        text = re.sub("<wbr>", "", page)
        assert "セゾンは、今は新しい手続きを受け付けていません" in text
        assert "接続できませんでした" not in text
        assert says in text

    async def test_that_a_person_has_ended_promises_nothing_about_the_partners_points(
        self, house: House
    ) -> None:
        async with member(house) as (visitor, gateway):
            await visitor.post(UNITS, units="3", destination="reserve")
            gateway.exchange |= {"state": "declined", "reason": "resolved_by_a_person"}
            _, page = await visitor.get(f"/exchanges/{EXCHANGE}")
        assert "窓口で確認して、この移行を終わりにしました" in re.sub("<wbr>", "", page)
        assert "減っていません" not in page

    async def test_that_is_waited_for_replaces_nothing_until_it_has_changed(self, house: House) -> None:
        async with member(house) as (visitor, gateway):
            await visitor.post(UNITS, units="3", destination="reserve")
            gateway.exchange["state"] = "open"
            _, page = await visitor.get(f"/exchanges/{EXCHANGE}")
            poll = re.search(r'data-hx-get="([^"]+)"', page)
            assert poll
            outcome = page[page.index('id="outcome"') : page.index("</main>")]
            assert len(re.findall('role="status"', outcome)) == 1
            headers = {"HX-Request": "true"}
            async with visitor.http.get(house.portal + poll[1], headers=headers) as same:
                assert (same.status, "HX-Redirect" in same.headers) == (204, False)
            gateway.exchange["state"] = "settled"
            async with visitor.http.get(house.portal + poll[1], headers=headers) as changed:
                assert changed.headers["HX-Redirect"] == f"/exchanges/{EXCHANGE}"


class TestAMoveOutOfTheReserve:
    CHECK = f"/allocate/confirm?municipality=082163&point_service=ouen&id={MOVE}&points="

    async def test_of_more_than_there_is_is_never_offered(self, house: House) -> None:
        async with member(house) as (visitor, gateway):
            _, page = await visitor.get(f"{self.CHECK}999999")
            assert "この内容で移行する" not in page
            assert "2,800 ポイントまで" in page
            assert 'value="999999"' in page
            _, page = await visitor.get(f"{self.CHECK}２，８００")
        assert "この内容で移行する" in page
        assert re.search(r'id="left">.*<b>0</b>', page)
        assert gateway.moved == []

    async def test_that_was_made_is_what_the_page_before_leads_to(self, house: House) -> None:
        async with member(house) as (visitor, gateway):
            await visitor.get(f"{self.CHECK}2000")
            form = {"municipality": "082163", "point_service": "ouen", "points": "2000", "id": MOVE}
            async with visitor.http.post(
                f"{house.portal}/allocate",
                data=form | {"form_token": visitor.token},
                headers={"Origin": house.portal},
                allow_redirects=False,
            ) as answer:
                assert "/allocate/done" in answer.headers["Location"]
            async with visitor.http.get(house.portal + self.CHECK + "2000", allow_redirects=False) as again:
                assert again.headers["Location"] == answer.headers["Location"]
        assert len(gateway.moved) == 1


class TestTheMembersPage:
    async def test_tells_of_an_exchange_that_came_to_nothing_and_of_one_that_is_half_done(
        self, house: House
    ) -> None:
        async with member(house) as (visitor, gateway):
            now = house.clock()
            gateway.listed = [
                gateway.exchange | {"state": "quoted"},
                gateway.exchange | {"state": "declined", "ended_at": (now - timedelta(days=1)).isoformat()},
                gateway.exchange | {"state": "declined", "ended_at": (now - timedelta(days=8)).isoformat()},
            ]
            _, page = await visitor.get("/mypage")
        assert page.count("不成立でした") == 1
        assert "途中の移行" in page
        assert "手続きを続ける" in page
        assert re.search(r'action="/exchanges/[0-9a-f-]+/cancel"', page)
        assert "はじめに" not in page

    async def test_leads_a_new_member_to_a_city(self, house: House) -> None:
        async with member(house) as (visitor, gateway):
            gateway.default = False
            _, page = await visitor.get("/mypage")
        assert page.index('id="first-steps"') < page.index("/settings/default")


async def test_a_name_that_is_japanese_only_is_marked_so_on_an_english_page(house: House) -> None:
    async with member(house) as (visitor, _):
        await visitor.post("/language", language="en", next="/help")
        _, page = await visitor.get(
            f"{UNITS}?destination=municipality&municipality=082163&point_service=ouen"
        )
        assert '<dd><span lang="ja">笠間市</span></dd>' in page
        await visitor.post("/language", language="ja", next="/help")
        _, page = await visitor.get(
            f"{UNITS}?destination=municipality&municipality=082163&point_service=ouen"
        )
    assert "<dd>笠間市</dd>" in page


class TestWhatIsMissing:
    @pytest.mark.parametrize(
        ("path", "choice"),
        [
            ("/allocate/points", "/allocate"),
            ("/allocate/points?municipality=082163", "/allocate"),
            ("/allocate/confirm?points=5", "/allocate"),
            ("/settings/default/confirm", "/settings/default"),
            ("/settings/default/confirm?point_service=ouen", "/settings/default"),
            ("/pay/shop", "/scan"),
            ("/pay/shop/confirm?points=5", "/scan"),
        ],
    )
    async def test_in_an_address_is_asked_for(self, house: House, path: str, choice: str) -> None:
        async with member(house) as (visitor, _):
            address, page = await visitor.get(path)
            assert address == choice
            assert "エラー：" not in page

    @pytest.mark.parametrize(
        ("path", "form", "said"),
        [
            ("/coupon", {"coupon_code": " "}, "クーポンコードを入力してください"),
            ("/scan", {"code": "　"}, "コードを入力してください"),
            (
                "/settings/password",
                {"new": "a" * 12, "again": "a" * 12},
                "現在のパスワードを入力してください",
            ),
            ("/settings/password", {"current": "a"}, "新しいパスワードを入力してください"),
            ("/settings/mykey-id", {"do": "check"}, "マイキーIDを入力してください"),
            (
                "/settings/mykey-id",
                {"do": "change", "mykey_id": "SAKUGA22"},
                "現在のパスワードを入力してください",
            ),
            ("/settings/revoke", {"sure": "yes"}, "現在のパスワードを入力してください"),
        ],
    )
    async def test_in_a_form_is_named_and_nothing_is_asked_of_the_gateway(
        self, house: House, path: str, form: dict[str, str], said: str
    ) -> None:
        async with member(house) as (visitor, _):
            _, page = await visitor.post(path, **form)
            assert said in page
            assert 'id="trouble"' in page
            if "sure" in form:
                assert re.search(r'name="sure" value="yes" required checked', page)

    @pytest.mark.parametrize("form", [{"mykey_id": "x"}, {"password": "y"}])
    async def test_at_the_sign_in_is_no_wrong_password(self, house: House, form: dict[str, str]) -> None:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            visitor = Visitor(http, house)
            house.answer = FakeGateway(house).answer
            _, page = await visitor.post("/login", **form)
        missing = "パスワード" if "mykey_id" in form else "マイキーID"
        assert f"{missing}を入力してください" in page
        assert "ログインできませんでした" not in page


class TestAReturn:
    @pytest.mark.parametrize("query", ["", "?exchange=x", f"?exchange={EXCHANGE}&return_code=x"])
    async def test_that_no_site_of_ours_has_made_is_told_as_that(self, house: House, query: str) -> None:
        async with member(house) as (visitor, gateway):
            gateway.refuses[f"POST /exchanges/{EXCHANGE}/return"] = (422, {"type": "/problems/body-invalid"})
            _, page = await visitor.get(f"/exchanges/back{query}")
        assert "このブラウザーで始めた手続きではありません" in page


class TestASignOutByItself:
    async def test_leads_back_to_the_page_that_was_left(self, house: House) -> None:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            visitor = Visitor(http, house)
            house.answer = FakeGateway(house).answer
            _, page = await visitor.get("/signed-out?why=idle&next=%2Fexchanges%3Fbefore%3Da")
            assert '"/login?next=/exchanges%3Fbefore%3Da"' in page
            _, page = await visitor.get("/signed-out?why=idle&next=https://example.jp/")
            assert '"/login"' in page
