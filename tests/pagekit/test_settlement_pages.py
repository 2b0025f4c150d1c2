"""What the pages of a settlement say, before a gateway that the test decides."""

from __future__ import annotations

import re

import pytest

from tests.pagekit.test_form_answers import SESSION, site_under_test

WHO = SESSION | {"actions": ["see", "settle", "keep_banks"]}
CYCLE = {"starts_on": "2018-07-01", "ends_on": "2018-07-15", "pays_on": "2018-07-31"}
NO_ACCOUNT = "口座が未登録か"
WITHIN_FEE = "金額が振込手数料を超えない"


def line(name: str, **values: object) -> dict[str, object]:
    return {"shop_id": name, "shop_name": name} | values


@pytest.mark.parametrize("path", ["/settlements/2018-07-01", "/settlements/2018-07-01/close"])
@pytest.mark.parametrize(
    ("why", "said"), [("no_account", NO_ACCOUNT), ("within_fee", WITHIN_FEE), ("owes", None), ("", None)]
)
async def test_a_shop_is_without_an_account_only_where_that_is_why(
    path: str, why: str, said: str | None
) -> None:
    lines = [line("soba", carried_yen=500, carried_why=why)]
    async with site_under_test(
        {}, who=WHO, more={"cycle": CYCLE, "closed_at": None, "lines": lines}
    ) as browser:
        status, page = await browser.page(path)
    assert status == 200
    text = re.sub("<wbr>", "", page)
    assert [each for each in (NO_ACCOUNT, WITHIN_FEE) if each in text] == ([said] if said else [])


@pytest.mark.parametrize("path", ["/settlements/2018-07-01", "/settlements/2018-07-01/close"])
@pytest.mark.parametrize("has_fees", [True, False])
async def test_fees_are_shown_where_there_are_any(path: str, *, has_fees: bool) -> None:
    terms = {"fee_tax_percent": 10, "invoice_number": "", "tax_note": "注記"}
    more = {"cycle": CYCLE, "closed_at": None, "lines": [line("soba")], "terms": terms, "has_fees": has_fees}
    async with site_under_test({}, who=WHO, more=more) as browser:
        status, page = await browser.page(path)
    assert status == 200
    assert ("振込手数料" in re.sub("<wbr>", "", page)) == has_fees


@pytest.mark.parametrize("path", ["/settlements/2018-07-01", "/settlements/2018-07-01/close"])
@pytest.mark.parametrize(
    ("send_by", "is_late", "said"),
    [
        (None, False, None),
        ("2018-07-26", False, "2018年7月26日 までに銀行に送信します。"),
        ("2018-08-02", True, "支払日に間に合う送信期限を過ぎています。"),
    ],
)
async def test_says_until_when_the_file_is_sent(
    path: str, send_by: str | None, said: str | None, *, is_late: bool
) -> None:
    more = {
        "cycle": CYCLE, "closed_at": None, "lines": [line("soba", paid_yen=500)], "transfer_on": "2018-07-31",
        "send_by": send_by, "is_late": is_late,
    }  # fmt: skip
    async with site_under_test({}, who=WHO, more=more) as browser:
        status, page = await browser.page(path)
    assert status == 200
    text = re.sub("<wbr>", "", page)
    assert (said in text) if said else ('id="send-by"' not in text)


async def test_a_clerk_who_may_not_settle_sees_a_cycle_without_its_file() -> None:
    who = SESSION | {"actions": ["see"]}
    more = {"cycle": CYCLE, "closed_at": None, "lines": [line("soba", paid_yen=500)]}
    problems = {"/v1/city/settlements/2018-07-01/transfer-files": (403, "not-allowed")}
    async with site_under_test(problems, who=who, more=more) as browser:
        status, _ = await browser.page("/settlements/2018-07-01")
    assert status == 200
