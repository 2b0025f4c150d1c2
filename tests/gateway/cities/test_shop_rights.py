"""What a log-in of a shop may do: the owner all, a till its counter and its day, a book-keeper the books. Over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.cities.shops import shop_rows
from gateway.model import JST
from gateway.platform.short_reference import short_reference

from .conftest import KASAMA, NOON, OUEN, give, new_id

OPERATIONS = {
    "GET /v1/shop": "shop till bookkeeper",
    "GET /v1/shop/announcements": "shop till bookkeeper",
    "GET /v1/shop/code": "shop till",
    "POST /v1/shop/spends": "shop till",
    "GET /v1/shop/spends": "shop till bookkeeper",
    "GET /v1/shop/spends?day=2018-07-30": "shop bookkeeper",
    "GET /v1/shop/spends/{spend}": "shop till bookkeeper",
    "GET /v1/shop/references/{reference}": "shop till bookkeeper",
    "POST /v1/shop/spends/{spend}/refunds": "shop",
    "GET /v1/shop/settlements": "shop bookkeeper",
    "GET /v1/shop/settlements/2018-07-16": "shop bookkeeper",
    "GET /v1/shop/settlements/2018-07-16/csv": "shop bookkeeper",
    "GET /v1/shop/settlements/2018-07-16/pdf": "shop bookkeeper",
    "GET /v1/shop/report?since=2018-07-01&until=2018-07-31": "shop bookkeeper",
    "GET /v1/shop/report/csv?since=2018-07-01&until=2018-07-31": "shop bookkeeper",
    "GET /v1/shop/company/shops": "shop till bookkeeper",
    "POST /v1/shop/company/sessions": "shop till bookkeeper",
    "GET /v1/shop/company": "shop bookkeeper",
    "GET /v1/shop/company/report?since=2018-07-01&until=2018-07-31": "shop bookkeeper",
    "GET /v1/shop/company/report/csv?since=2018-07-01&until=2018-07-31": "shop bookkeeper",
    "GET /v1/shop/company/settlements": "shop bookkeeper",
    "GET /v1/shop/company/settlements/2018-07-16/csv": "shop bookkeeper",
    "GET /v1/shop/company/settlements/2018-07-16/pdf": "shop bookkeeper",
    "GET /v1/shop/account-notices": "shop bookkeeper",
    "POST /v1/shop/account-notices/{notice}/answer": "shop",
    "GET /v1/shop/people": "shop",
    "PUT /v1/shop/till-refunds": "shop",
    "GET /v1/shop/tills": "shop",
    "POST /v1/shop/tills": "shop",
    "DELETE /v1/shop/tills/{till}": "shop",
    "PUT /v1/shop/till-pin": "shop",
    "DELETE /v1/shop/till-pin": "shop",
}
"""Every operation of a shop by the rights that may call it, as people agreed on it."""
REFUSED = {"role-not-allowed", "till-refunds-off"}


async def register(site: Any, *shop_ids: str) -> str:
    clerk: str = await site.staff_token("operator")
    for shop_id in shop_ids:
        body = {"shop_id": shop_id, "name": f"見本 {shop_id}"}
        assert (await site.call("POST", "/v1/city/shops", clerk, json=body))[0] == 201
    return clerk


async def pay(site: Any, shop_id: str = "soba", points: int = 300) -> str:
    """A member pays by the shop's code; gives the payment's id."""
    member, token = await site.member_token()

    def furnished(conn: Any) -> Any:
        give(conn, member.member_id, points, site.clock().date(), site.clock())
        return shop_rows.require(conn, KASAMA, shop_id)

    code = site.services.city.shops.code_of(await site.services.store.run(furnished))
    body = {"spend_id": new_id(), "shop_code": code, "points": points, "point_service": OUEN}
    status, paid = await site.call("POST", "/v1/spends", token, json=body)
    assert status == 201, paid
    spend_id: str = paid["spend"]["spend_id"]
    return spend_id


def asked(operation: str, spend_id: str) -> tuple[str, str, Any]:
    """A request that only the right can refuse, or that names nothing that exists."""
    method, path = operation.split()
    bodies = {
        "/spends": {"spend_id": new_id(), "code": "123456789012", "points": 1},
        "/refunds": {"refund_id": new_id(), "points": 1, "reason": "返品"},
        "/answer": {"answer": "confirmed"},
        "/till-refunds": {"allowed": False},
        "/tills": {"name": "レジ1", "password": "not-the-right-one"},
        "/company/sessions": {"shop_id": "soba"},
        "/till-pin": {"pin": "4821", "password": "not-the-right-one"},
    }
    body = None
    if method not in ("GET", "DELETE"):
        body = next(body for end, body in bodies.items() if path.endswith(end))
    reference = short_reference(spend_id)
    return method, path.format(spend=spend_id, reference=reference, notice="0" * 32, till="0" * 32), body


def word_of(answer: Any) -> str:
    return answer.get("type", "").rpartition("/")[2] if isinstance(answer, dict) else ""


class TestEveryOperation:
    @pytest.mark.parametrize("role", ["shop", "till", "bookkeeper"])
    async def test_is_open_to_the_rights_that_were_agreed_on_and_to_no_other(
        self, site: Any, role: str
    ) -> None:
        await register(site, "soba")
        spend_id = await pay(site)
        token = await site.staff_token(role, shop_id="soba")
        wrong = []
        for operation, rights in OPERATIONS.items():
            method, path, body = asked(operation, spend_id)
            status, answer = await site.call(method, path, token, json=body)
            let_in = word_of(answer) not in REFUSED
            if let_in != (role in rights.split()) or status >= 500 or (not let_in and status != 403):
                wrong.append((operation, status, word_of(answer)))
        assert wrong == []

    def test_stands_in_the_list(self) -> None:
        from gateway.api.city.routes import api

        listed = {operation.partition("?")[0] for operation in OPERATIONS}
        places = {
            "{spend}": "{spend_id}",
            "{notice}": "{notice_id}",
            "{till}": "{till_id}",
            "2018-07-16": "{starts_on}",
        }
        for short, whole in places.items():
            listed = {operation.replace(short, whole) for operation in listed}
        of_shops = {
            f"{route.method} {route.template}"
            for route in api.routes
            if route.template.startswith("/v1/shop/") or route.template == "/v1/shop"
        }
        assert of_shops == listed


class TestATill:
    async def test_finds_a_payment_until_the_next_midnight_but_one(self, site: Any) -> None:
        await register(site, "soba")
        site.set_clock(datetime(2018, 7, 31, 23, 59, 57, tzinfo=JST))
        spend_id = await pay(site)
        reference = short_reference(spend_id)
        for at, found in (
            (datetime(2018, 8, 1, 0, 0, 5, tzinfo=JST), 200),
            (datetime(2018, 8, 2, 0, 0, 0, tzinfo=JST), 404),
        ):
            site.set_clock(at)
            till, owner = [await site.staff_token(role, shop_id="soba") for role in ("till", "shop")]
            for path in (f"/v1/shop/spends/{spend_id}", f"/v1/shop/references/{reference}"):
                assert (await site.call("GET", path, till))[0] == found, path
                assert (await site.call("GET", path, owner))[0] == 200, path

    async def test_gives_back_while_the_owner_lets_it_and_hears_the_same_when_it_asks_again(
        self, site: Any
    ) -> None:
        clerk = await register(site, "soba")
        spend_id = await pay(site)
        till, owner = [await site.staff_token(role, shop_id="soba") for role in ("till", "shop")]
        path, body = (
            f"/v1/shop/spends/{spend_id}/refunds",
            {"refund_id": new_id(), "points": 100, "reason": "返品"},
        )

        async def day(token: str) -> bool:
            answer = (await site.call("GET", "/v1/shop/spends", token))[1]
            may_refund: bool = answer["may_refund"]
            return may_refund

        assert (await day(till), await day(owner)) == (False, True)
        assert word_of((await site.call("POST", path, till, json=body))[1]) == "till-refunds-off"
        status, shop = await site.call("PUT", "/v1/shop/till-refunds", owner, json={"allowed": True})
        assert (status, shop["till_refunds"], await day(till)) == (200, True, True)
        assert (await site.call("POST", path, till, json=body))[0] == 201
        await site.call("PUT", "/v1/shop/till-refunds", owner, json={"allowed": False})
        assert (await site.call("POST", path, till, json=body))[
            0
        ] == 200  # it was given back: the same answer
        another = body | {"refund_id": new_id()}
        assert word_of((await site.call("POST", path, till, json=another))[1]) == "till-refunds-off"
        lines = (await site.call("GET", "/v1/city/audit", await site.staff_token("approver")))[1]["lines"]
        changes = [line["facts"] for line in lines if line["action"] == "till refunds changed"]
        assert [facts["till_refunds"] for facts in changes] == ["no", "yes"]
        assert (await site.call("GET", "/v1/city/shops/soba", clerk))[1]["till_refunds"] is False

    async def test_set_to_what_it_is_already_is_no_line_of_the_log(self, site: Any) -> None:
        await register(site, "soba")
        owner = await site.staff_token("shop", shop_id="soba")
        for _ in range(2):
            assert (await site.call("PUT", "/v1/shop/till-refunds", owner, json={"allowed": True}))[0] == 200
        lines = (await site.call("GET", "/v1/city/audit", await site.staff_token("approver")))[1]["lines"]
        assert len([line for line in lines if line["action"] == "till refunds changed"]) == 1


class TestTheLastOwner:
    async def test_is_lowered_only_when_another_keeps_the_shop_or_it_is_closed(self, site: Any) -> None:
        clerk, boss = await register(site, "soba"), await site.staff_token("administrator")

        async def lower(person: str) -> tuple[int, str]:
            body = {"role": "till", "reason": "異動"}
            status, answer = await site.call("PUT", f"/v1/city/staff/{person}/role", boss, json=body)
            return status, word_of(answer) if status >= 400 else answer["role"]

        for _ in range(2):
            await site.staff_token("shop", shop_id="soba")
        people = (await site.call("GET", "/v1/city/shops/soba/staff", boss))[1]["staff"]
        first, second = [person["staff_id"] for person in people]
        assert await lower(first) == (200, "till")
        assert await lower(second) == (409, "last-owner")
        closing = {"reason": "閉店"}
        assert (await site.call("POST", "/v1/city/shops/soba/closure", clerk, json=closing))[0] == 200
        assert await lower(second) == (200, "till")


class TestARight:
    async def test_is_named_when_a_log_in_is_proposed_and_is_the_owners_without_a_word(
        self, site: Any
    ) -> None:
        clerk = await register(site, "soba")
        for login, more, role in (
            ("reji@mise", {"role": "till"}, "till"),
            ("keiri@mise", {"role": "bookkeeper"}, "bookkeeper"),
            ("tencho@mise", {}, "shop"),
        ):
            body = {"login": login, "display_name": "見本", "reason": new_id(), **more}
            status, answer = await site.decided("/v1/city/shops/soba/staff", clerk, body)
            assert (status, answer["staff"]["role"]) == (200, role)
        owner = await site.staff_token("shop", shop_id="soba")
        people = (await site.call("GET", "/v1/shop/people", owner))[1]["people"]
        assert {"reji@mise": "till", "keiri@mise": "bookkeeper", "tencho@mise": "shop"}.items() <= {
            person["login"]: person["role"] for person in people
        }.items()

    async def test_of_the_city_is_none_of_a_shop(self, site: Any) -> None:
        clerk, boss = await register(site, "soba"), await site.staff_token("administrator")
        body = {"login": "reji@mise", "display_name": "見本", "reason": "新しいレジ", "role": "till"}
        staff_id = (await site.decided("/v1/city/shops/soba/staff", clerk, body))[1]["staff"]["staff_id"]
        path, change = f"/v1/city/staff/{staff_id}/role", {"reason": "異動"}
        assert (
            word_of((await site.call("PUT", path, boss, json=change | {"role": "viewer"}))[1]) == "role-unfit"
        )
        viewer = await site.hire("viewer", "mita@kasama")
        path = f"/v1/city/staff/{viewer}/role"
        assert (
            word_of((await site.call("PUT", path, boss, json=change | {"role": "till"}))[1]) == "role-unfit"
        )

    async def test_that_lets_do_more_waits_for_a_second_person_and_one_of_less_is_at_once(
        self, site: Any
    ) -> None:
        clerk, boss = await register(site, "soba"), await site.staff_token("administrator")
        owner = await site.staff_token("shop", shop_id="soba")
        body = {"login": "reji@mise", "display_name": "見本", "reason": "新しいレジ", "role": "till"}
        staff_id = (await site.decided("/v1/city/shops/soba/staff", clerk, body))[1]["staff"]["staff_id"]
        path = f"/v1/city/staff/{staff_id}/role"
        for role in ("bookkeeper", "shop"):  # neither is a part of the one before
            status, _ = await site.decided(path, boss, {"role": role, "reason": "店長になった"}, "PUT")
            assert status == 200
        status, person = await site.call("PUT", path, boss, json={"role": "till", "reason": "レジに戻る"})
        assert (status, person["role"]) == (200, "till")
        changes = (await site.call("GET", "/v1/shop/people", owner))[1]["changes"]
        assert [change["change"] for change in changes] == ["role", "role", "role", "added"]

    async def test_taken_away_ends_the_open_session(self, site: Any) -> None:
        await register(site, "soba")
        boss, owner = await site.staff_token("administrator"), await site.staff_token("shop", shop_id="soba")
        people = (await site.call("GET", "/v1/city/shops/soba/staff", boss))[1]["staff"]
        await site.staff_token("shop", shop_id="soba")  # another owner
        path = f"/v1/city/staff/{people[0]['staff_id']}/role"
        assert (await site.call("PUT", path, boss, json={"role": "till", "reason": "退任"}))[0] == 200
        assert (await site.call("GET", "/v1/shop", owner))[0] == 401


async def test_a_till_of_yesterday_sees_no_list_of_it(site: Any) -> None:
    await register(site, "soba")
    site.set_clock(NOON + timedelta(days=1))
    till = await site.staff_token("till", shop_id="soba")
    assert (await site.call("GET", "/v1/shop/spends?day=2018-08-01", till))[0] == 200
    status, answer = await site.call("GET", "/v1/shop/spends?day=2018-07-31", till)
    assert (status, word_of(answer)) == (403, "role-not-allowed")
