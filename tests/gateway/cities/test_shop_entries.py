"""A shop's entry and its account: what is none of the city's, and what only equals what is asked for."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from gateway.api.city.bank_accounts import BankAccountWanted
from gateway.cities import tables
from gateway.http.inputs import read_body
from gateway.http.problems import InvalidInput
from tests.gateway.cities.conftest import MITO

ACCOUNT = {
    "bank_code": "0130", "bank_name": "ジョウヨウ", "branch_code": "001", "branch_name": "カサマ",
    "kind": 1, "number": "1234567", "holder": "カ)ミホン",
}  # fmt: skip


class TestAKindOfAccount:
    @pytest.mark.parametrize("written", ["1e0", "1.0", "true", '"1"', "3"])
    def test_is_a_whole_number_and_not_what_equals_one(self, written: str) -> None:
        body = json.dumps(ACCOUNT).replace('"kind": 1', f'"kind": {written}').encode()
        with pytest.raises(InvalidInput):
            read_body(body, BankAccountWanted)

    def test_is_taken_and_published_as_it_is(self) -> None:
        assert read_body(json.dumps(ACCOUNT).encode(), BankAccountWanted).kind == 1
        schema = BankAccountWanted.model_json_schema()["properties"]["kind"]
        assert (schema["enum"], schema["type"]) == ([1, 2, 4, 9], "integer")


class TestAReading:
    ENTRY = {"shop_id": "soba-1", "name": "そば処 見本"}

    @pytest.mark.parametrize("typed", ['"><script>', "蕎麦", "Soba", "ソバ1"])
    async def test_is_kana_and_is_named_where_it_is_not(self, site, typed):
        operator = await site.staff_token("operator")
        status, problem = await site.call(
            "POST", "/v1/city/shops", operator, json=self.ENTRY | {"name_kana": typed}
        )
        assert (status, problem["type"], problem["field"]) == (422, "/docs/problems/bad-shop", "name_kana")
        assert (await site.call("POST", "/v1/city/shops", operator, json=self.ENTRY))[0] == 201
        wanted = {"name": "そば処 見本", "name_kana": typed}
        status, problem = await site.call("PUT", "/v1/city/shops/soba-1", operator, json=wanted)
        assert (status, problem["field"]) == (422, "name_kana")
        status, shop = await site.call(
            "PUT", "/v1/city/shops/soba-1", operator, json=wanted | {"name_kana": "ｿﾊﾞ"}
        )
        assert (status, shop["name_kana"]) == (200, "ソバ")

    async def test_that_was_taken_before_is_read_and_stays_with_another_change(self, site):
        operator = await site.staff_token("operator")
        await site.call("POST", "/v1/city/shops", operator, json=self.ENTRY)
        await site.services.store.run(
            lambda conn: conn.execute(
                update(tables.shops).where(tables.shops.c.shop_id == "soba-1").values(name_kana="ｿﾊﾞ 24")
            )
        )
        shop = (await site.call("GET", "/v1/city/shops/soba-1", operator))[1]
        assert shop["name_kana"] == "ｿﾊﾞ 24"
        wanted = {"name": "そば処 見本", "name_kana": "ｿﾊﾞ 24", "address": "笠間市2"}
        status, shop = await site.call("PUT", "/v1/city/shops/soba-1", operator, json=wanted)
        assert (status, shop["name_kana"], shop["address"]) == (200, "ｿﾊﾞ 24", "笠間市2")
        exported = (await site.call("GET", "/v1/city/shop-list", operator))[1]
        status, checked = await site.call(
            "POST", "/v1/city/shop-list/check", operator, content=(exported, "text/csv")
        )
        assert (status, [line["state"] for line in checked["lines"]]) == (200, ["known"])


class TestThePeopleOfAShop:
    async def test_that_does_not_exist_are_not_an_empty_list(self, site):
        operator = await site.staff_token("operator")
        entry = {"shop_id": "soba-1", "name": "そば処 見本"}
        assert (await site.call("POST", "/v1/city/shops", operator, json=entry))[0] == 201
        assert await site.call("GET", "/v1/city/shops/soba-1/staff", operator) == (200, {"staff": []})
        elsewhere = await site.staff_token("operator", MITO)
        for who, shop_id in ((operator, "nobody"), (elsewhere, "soba-1")):
            status, problem = await site.call("GET", f"/v1/city/shops/{shop_id}/staff", who)
            assert (status, problem["type"]) == (404, "/docs/problems/unknown-shop")
