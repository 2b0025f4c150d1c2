"""A shop's entry and its account: what is none of the city's, and what only equals what is asked for."""

from __future__ import annotations

import json

import pytest

from gateway.api.city.bank_accounts import BankAccountWanted
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
