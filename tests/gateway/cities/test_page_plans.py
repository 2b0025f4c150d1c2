"""No page of a member or a shop reads a table that grows with use from one end to the other. On SQLite, by HTTP."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.query_plans import Questions

from .conftest import KASAMA, OUEN
from .test_references import paid

ROWS_OF_A_CYCLE = {"account_notices", "cycle_rules", "payouts", "settlement_lines", "shop_debts"}
"""A row or so for each shop and cycle, or for each change of the cycles: a shop's statement looks through its city's."""

WITHOUT_AN_INDEX = {"carry_ins", "grant_files", "grant_lines", "retired_mykey_ids"}
"""By member in the member's own record (開示) alone: lists, given-up MyKey IDs, and the few files of a carrying-in by their ids."""

COUNTED_FOR_METRICS = {"outbox", "proposals"}
"""Once a minute beside the requests, and of no page here."""

OF_STAFF_AND_OPERATORS = re.compile(r"/v1/(city|platform)/")


@pytest.fixture
def questions():
    questions = Questions()
    with questions.taken_down():
        yield questions


async def test_pages_of_members_and_shops_read_no_large_table_whole(questions, site):
    token, spend = await paid(site)
    shop = await site.staff_token("shop", shop_id="soba")
    filled = {
        "reference": spend["short_reference"], "spend_id": spend["spend_id"], "municipality": KASAMA,
        "point_service": OUEN, "shop_id": "soba", "starts_on": "2018-07-01", "month": "2018-07", "day": "2018-07-31",
    }  # fmt: skip
    described = (await site.call("GET", "/openapi.json"))[1]
    answered, whole = set(), {}
    for path, operations in described["paths"].items():
        if "get" not in operations or OF_STAFF_AND_OPERATORS.match(path):
            continue
        where = re.sub(r"{(\w+)}", lambda name: quote(filled.get(name[1], "x"), safe=""), path)
        required = [
            f"{each['name']}={filled.get(each['name'], '2018-07-01')}"
            for each in operations["get"].get("parameters", [])
            if each["in"] == "query" and each.get("required")
        ]
        for who in (token, shop):
            questions.asked.clear()
            status, _ = await site.call("GET", f"{where}?{'&'.join(required)}" if required else where, who)
            if status == 200:
                answered.add(path)
                for table, steps in (await site.services.store.read(questions.whole_reads)).items():
                    if table not in ROWS_OF_A_CYCLE | COUNTED_FOR_METRICS | (
                        WITHOUT_AN_INDEX if path == "/v1/me/record" else set()
                    ):
                        whole.setdefault(path, {})[table] = steps
    assert {
        "/v1/me/record",
        "/v1/overview",
        "/v1/shop/spends",
        "/v1/shop/settlements/{starts_on}",
    } <= answered
    assert len(answered) > 30
    assert whole == {}
