"""Pages promise what is so: no rate of another city, no points that did not come, no balance before a shop's eyes."""

from __future__ import annotations

import re
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web

from tests.pagekit.test_site import House, house
from tests.portal.scripted_gateway import member

__all__ = ["house"]

EXCHANGE = "01890000-0000-7000-8000-000000000001"
SAISON = {
    "partner_id": "saison", "name": {"ja": "セゾン", "en": "Saison"}, "kind": "card", "link": "account",
    "points_name": {"ja": "永久不滅", "en": "Eikyufumetsu"},
    "wallets": [{"id": "main", "name": {"ja": "永久不滅", "en": "x"}}],
}  # fmt: skip
KASAMA = {
    "municipality": "082163", "municipality_name": "笠間市", "point_service": "kasama", "name": "笠間応援ポイント",
}  # fmt: skip


def exchange(state: str = "ready", **values: object) -> dict[str, object]:
    return {
        "exchange_id": EXCHANGE, "partner_id": "saison", "state": state, "quote": None, "points": None, "link": None,
        "coupon_value": None, "started_at": "2018-08-01T09:00:00+09:00", "ended_at": None,
    } | values  # fmt: skip


def offer(request: web.Request) -> dict[str, object]:
    """550 to a municipality, 450 to the reserve."""
    points = 450 if request.query["destination"] == "reserve" else 550
    rate = {
        "wallet": "main",
        "cost_per_unit": 200,
        "points_per_unit": points,
        "campaign": None,
        "ends_at": None,
    }
    text = {"ja": "x", "en": "x"}
    return {
        "rates": [rate], "priority": ["main"], "available": {"main": 900}, "most_units": 4, "notes": [], "terms": text,
    }  # fmt: skip


class TestTheDirectRate:
    @pytest.mark.parametrize(
        ("me", "services", "mine"),
        [
            ({"default_municipality": "082163", "default_point_service": "kasama"}, [KASAMA], True),
            # Another service of the city, none of it open, and nobody's default: no city stands for another.
            ({"default_municipality": "082163", "default_point_service": "other"}, [KASAMA], False),
            ({"default_municipality": "082163", "default_point_service": "kasama"}, [], False),
            ({"default_municipality": None, "default_point_service": None}, [KASAMA], False),
        ],
    )
    async def test_is_that_of_ones_own_city_or_none(
        self, house: House, me: dict[str, object], services: list[object], *, mine: bool
    ) -> None:
        answers = {
            f"/v1/exchanges/{EXCHANGE}": exchange(),
            f"/v1/exchanges/{EXCHANGE}/offer": offer,
            "/v1/exchanges": {"exchanges": [], "next_before": None},
            "/v1/partners": {"partners": [SAISON]},
            "/v1/point-services": {"point_services": services},
            "/v1/me": me,
        }
        async with member(house, answers) as browser:
            page = await browser.page(f"/exchanges/{EXCHANGE}/destination")
            units = await browser.page(f"/exchanges/{EXCHANGE}/units?destination=reserve")
        page = re.sub("<wbr>", "", page)
        assert ("笠間応援ポイントへ直接交換" in page) == mine
        # On this page a city may stand as an example, named as one; beside the units there is none.
        assert ("例：笠間市" in page) == (bool(services) and not mine)
        assert ("直接交換すると" in units) == mine


class TestTheMembersPage:
    """The balances and 支払う come first; the first steps only where there is nothing to be paid with or to look at."""

    EMPTY: Final[dict[str, Any]] = {
        "member": {"default_municipality": None},
        "balances": {"reserve": {"available": 0, "coming": 0}, "municipal": [], "events": [], "reserve_heaps": []},
        "waiting": [], "expiring": [], "unread_notices": 2,
    }  # fmt: skip

    async def page(self, house: House, exchanges: list[object], **other: object) -> str:
        answers = {
            "/v1/overview": self.EMPTY | other,
            "/v1/exchanges": {"exchanges": exchanges, "next_before": None},
            "/v1/partners": {"partners": [SAISON]},
        }
        async with member(house, answers) as browser:
            page: str = await browser.page("/mypage")
        return page

    @pytest.mark.parametrize(
        ("exchanges", "other"),
        [
            ([exchange("settled", quote={"points": 1350})], {}),
            ([], {"member": {"default_municipality": "082163"}}),
        ],
    )
    async def test_begins_with_the_balances(
        self, house: House, exchanges: list[object], other: dict[str, object]
    ) -> None:
        page = await self.page(house, exchanges, **other)
        assert 'id="first-steps"' not in page
        self.in_order(
            page, "<h1", 'id="reserve-points"', 'href="/pay"', 'id="notices"', "flow.svg", 'class="menus"'
        )

    @pytest.mark.parametrize(
        "held",
        [
            {"reserve": {"available": 1, "coming": 0}},
            {"reserve": {"available": 0, "coming": 1}},
            {"municipal": [KASAMA | {"point_service_name": "笠間"}]},
        ],
    )
    async def test_of_a_new_member_with_points_has_the_first_steps_below_them(
        self, house: House, held: dict[str, object]
    ) -> None:
        page = await self.page(house, [], balances=self.EMPTY["balances"] | held)
        self.in_order(
            page, 'id="reserve-points"', 'href="/pay"', 'id="notices"', 'id="first-steps"', 'class="menus"'
        )
        assert page.count("flow.svg") == 1

    async def test_of_an_empty_account_begins_with_the_first_steps(self, house: House) -> None:
        page = await self.page(house, [])
        self.in_order(page, 'id="first-steps"', "flow.svg", 'id="reserve-points"', 'id="notices"')
        assert page.count("flow.svg") == 1

    async def test_tells_what_is_half_done_below_the_way_to_pay(self, house: House) -> None:
        page = await self.page(house, [exchange("ready")])
        self.in_order(
            page, 'id="reserve-points"', 'href="/pay"', 'id="notices"', 'id="half-done"', 'class="menus"'
        )

    @staticmethod
    def in_order(page: str, *parts: str) -> None:
        places = [page.index(part) for part in parts]
        assert places == sorted(places), dict(zip(parts, places, strict=True))


class TestTheSameAsLastTime:
    """Offered at the rates of now, where it can be done now as it was; a page to confirm comes all the same."""

    @pytest.mark.parametrize(
        ("units", "to", "services", "now", "promised"),
        [
            (3, "municipality", [KASAMA], {}, "3口で 1,650 ポイント"),
            (3, "reserve", [], {}, "3口で 1,350 ポイント"),
            # More than there is, a city that takes nothing directly any more, and a coupon, which is exchanged whole.
            (5, "municipality", [KASAMA], {}, None),
            (3, "municipality", [], {}, None),
            (3, "municipality", [KASAMA], {"coupon_value": {"main": 900}}, None),
        ],
    )
    async def test_is_offered_where_it_can_be_done_again(
        self,
        house: House,
        units: int,
        to: str,
        services: list[object],
        now: dict[str, object],
        promised: str | None,
    ) -> None:
        goal = {"kind": to, "municipality": None, "point_service": None}
        if to == "municipality":
            goal |= {"municipality": "082163", "point_service": "kasama"}
        before = exchange("settled", quote={"destination": goal, "units": units})
        answers = {
            f"/v1/exchanges/{EXCHANGE}": exchange() | now,
            f"/v1/exchanges/{EXCHANGE}/offer": offer,
            "/v1/exchanges": {"exchanges": [before], "next_before": None},
            "/v1/partners": {"partners": [SAISON]},
            "/v1/point-services": {"point_services": services},
            "/v1/me": {"default_municipality": None, "default_point_service": None},
        }
        async with member(house, answers) as browser:
            page = await browser.page(f"/exchanges/{EXCHANGE}/destination")
        assert ('id="again"' in page) == (promised is not None)
        assert promised is None or promised in page
        # The place alone is offered again where it still takes points directly.
        assert ('id="often"' in page) == (to == "municipality" and bool(services))


class TestPointsWithDifferentLastDays:
    """Which there are is told before the units are typed; which are drawn, before the press that moves points."""

    LOTS = (
        {"wallet": "main", "amount": 150, "last_day": "2018-12-31"},
        {"wallet": "main", "amount": 750, "last_day": None},
    )

    @pytest.mark.parametrize(
        ("language", "held", "taken"),
        [
            (
                "ja",
                "うち 150 ポイントは 2018年12月31日まで",
                "減らすポイントのうち 150 ポイントは 2018年12月31日までのもの",
            ),
            (
                "en",
                "150 of them until 31 December 2018",
                "of the points taken, 150 would have lasted until 31 December 2018",
            ),
        ],
    )
    async def test_are_shown_on_both_pages(self, house: House, language: str, held: str, taken: str) -> None:
        lots = [{name: it[name] for name in ("amount", "last_day")} for it in self.LOTS]
        text = {"ja": "x", "en": "x"}
        line = {
            "wallet": "main", "wallet_name": text, "units": 1, "amount": 200, "points": 450, "campaign_name": None,
            "lots": [lots[0], {"amount": 50, "last_day": None}],
        }  # fmt: skip
        quote = {
            "quote_id": "q", "destination": {"kind": "reserve"}, "units": 1, "lines": [line], "points": 450, "notes": [],
            "terms": text, "ends_at": "2099-08-01T09:10:00+09:00",
        }  # fmt: skip
        answers = {
            f"/v1/exchanges/{EXCHANGE}": exchange(),
            f"/v1/exchanges/{EXCHANGE}/offer": lambda request: offer(request) | {"lots": self.LOTS},
            "/v1/partners": {"partners": [SAISON]},
            "/v1/point-services": {"point_services": []},
            "/v1/balances": {"reserve": {"available": 0}, "municipal": [], "events": []},
            "/v1/me": {"default_municipality": None, "default_point_service": None},
        }
        async with member(house, answers) as browser:
            browser.http.headers["Accept-Language"] = language
            units = await browser.page(f"/exchanges/{EXCHANGE}/units?destination=reserve")
            browser.answers[f"/v1/exchanges/{EXCHANGE}"] = exchange("quoted", quote=quote)
            confirm = await browser.page(f"/exchanges/{EXCHANGE}/confirm")
        assert held in re.sub("<wbr>", "", units)
        assert taken in re.sub("<wbr>", "", confirm)
        assert "50" in confirm


class TestTheListOfExchanges:
    @pytest.mark.parametrize(
        ("state", "shown"),
        [("settled", True), ("open", True), ("sending", True), ("quoted", True), ("needs_a_person", True),
         ("declined", False), ("not_sent", False), ("refused", False), ("expired", False)],
    )  # fmt: skip
    async def test_has_no_points_where_none_came(self, house: House, state: str, *, shown: bool) -> None:
        answers = {
            "/v1/exchanges": {"exchanges": [exchange(state, quote={"points": 1350})], "next_before": None},
            "/v1/partners": {"partners": [SAISON]},
        }
        async with member(house, answers) as browser:
            assert ("1,350" in await browser.page("/exchanges")) == shown


async def test_the_page_that_a_shop_looks_at_has_no_balance(house: House) -> None:
    balance = {
        "municipality": "082163", "point_service": "kasama", "municipality_name": "笠間市",
        "point_service_name": "笠間応援ポイント", "balance": {"available": 98_765},
    }  # fmt: skip
    made = {
        "qr": "PGP1.x", "digits": "123456789012", "made_at": "2018-08-01T09:00:00+09:00",
        "ends_at": "2018-08-01T09:01:00+09:00",
    }  # fmt: skip
    answers = {
        "/v1/pay-codes": made,
        "/v1/pay-codes/123456789012": {"spend": None},
        "/v1/balances": {"municipal": [balance]},
    }
    async with member(house, answers) as browser:
        answer = await browser.send("/pay", municipality="082163", point_service="kasama")
        page = await browser.page(answer.headers["Location"])
    assert "1234 5678 9012" in page
    assert "笠間応援ポイント" in page
    assert "98,765" not in page


class TestAMyKeyID:
    async def test_that_was_generated_is_chosen_by_hand(self, house: House) -> None:
        choice = {
            "wanted": "",
            "available": False,
            "generated": "ACDEFGHJ",
            "offered": ["ACDEFGHJ", "KMNPQRTU"],
        }
        answers = {
            "/v1/me": {"mykey_id": "22222222", "has_password": True},
            "/v1/me/mykey-id/generate": choice,
        }
        async with member(house, answers) as browser:
            answer = await browser.send("/settings/mykey-id", do="generate")
            page = await browser.page(answer.headers["Location"])
            assert re.findall(r'name="picked" value="(\w*)" checked', page) == [""]
            answers["/v1/me/mykey-id/check"] = choice
            browser.answers |= answers
            answer = await browser.send(
                "/settings/mykey-id", do="check", picked="KMNPQRTU", offered="ACDEFGHJ KMNPQRTU"
            )
            page = await browser.page(answer.headers["Location"])
            assert re.findall(r'name="picked" value="(\w*)" checked', page) == ["KMNPQRTU"]


async def test_a_registration_at_a_librarys_reader_is_a_session_of_two_minutes(house: House) -> None:
    sent: list[object] = []
    async with member(house, {}) as browser:
        gateway = house.answer
        assert gateway is not None

        async def seen(request):  # type: ignore[no-untyped-def]
            if request.path == "/v1/card/registrations":
                sent.append((await request.json())["shared_terminal"])
            return await gateway(request)

        house.answer = seen
        refused = (422, {"type": "/problems/bad-display-name", "title": "x"})
        browser.answers["/v1/card/registrations"] = refused
        for form in ({"shared_terminal": "yes"}, {}):
            await browser.send(
                "/register", display_name="見本", client_data="x", certificate="x", signature="x", **form
            )
    assert sent == [True, False]


class TestAShopsSheet:
    @pytest.mark.parametrize(
        ("sheet", "leads"),
        [
            ("{portal}/pay/shop?code=PGS1.a.b-1.c", "/pay/shop?code=PGS1.a.b-1.c"),
            ("PGS1.a.b-1.c", "/pay/shop?code=PGS1.a.b-1.c"),
            ("{portal}/pay/shop?code=", None),
            ("{portal}/pay/shop", None),
            ("{portal}.else.example/pay/shop?code=PGS1.a.b-1.c", None),
            ("https://else.example/pay/shop?code=PGS1.a.b-1.c", None),
            ("{portal}/pay/shop?code=https://else.example", None),
        ],
    )
    async def test_is_read_as_an_address_of_ours_or_a_bare_code_and_nothing_else(
        self, house: House, sheet: str, leads: str | None
    ) -> None:
        shop = {
            "shop_id": "a", "municipality": "082163", "municipality_name": "笠間市", "name": "店", "name_kana": "みせ",
            "category": "food", "address": "x", "phone": "000",
        }  # fmt: skip
        async with member(house, {"/v1/shop-codes": shop}) as browser:
            answer = await browser.send("/scan", code=sheet.replace("{portal}", house.portal))
            page = await browser.page(answer.headers["Location"]) if leads is None else ""
        if leads is None:
            assert "このコードは読み取れません" in page
        else:
            assert answer.headers["Location"] == leads

    async def test_opens_from_any_camera_and_leads_on_after_the_sign_in(self, house: House) -> None:
        address = f"{house.portal}/pay/shop?code=PGS1.a.b-1.c"
        async with aiohttp.ClientSession() as http, http.get(address, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/login?next=%2Fpay%2Fshop%3Fcode%3DPGS1.a.b-1.c"
