"""A day that cannot be read in an address: said beside its field, and never answered with other days without a word."""

from __future__ import annotations

import pytest
from aiohttp import web

from point_gateway_client import models
from tests.pagekit.test_form_answers import SESSION, site_under_test
from tests.pagekit.whole_answers import whole

WHO = SESSION | {
    "role": "shop", "shop_id": "soba", "actions": ["see_own_shop", "see_shop_books", "take_points", "keep_own_shop"],
}  # fmt: skip
PATH = "/v1/shop/spends"
SAID = "日付を読み取れません"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/shop/day?day=2018-02-30", "day"),
        ("/shop/day?day=%22%3E%3Cscript%3E", "day"),
        ("/shop/report?since=x&until=2018-03-01", "since"),
        ("/shop/report?since=2018-03-01&until=2018-03-32", "until"),
        ("/shop/company?since=2018-02-30&until=2018-03-01", "since"),
    ],
)
async def test_is_said_beside_its_field(path: str, field: str) -> None:
    async with site_under_test({}, who=WHO, more={"day": "2018-07-31"}) as browser:
        status, page = await browser.page(path)
    assert (status, SAID in page, f'id="{field}-error"' in page) == (422, True, True)
    assert "<script>" not in page.partition("</head>")[2]


@pytest.mark.parametrize(
    "path", ["/shop/day?day=2018-07-01", "/shop/day", "/shop/report", "/shop/company?since="]
)
async def test_is_not_said_of_a_day_or_of_none(path: str) -> None:
    async with site_under_test({}, who=WHO, more={"day": "2018-07-31"}) as browser:
        status, page = await browser.page(path)
    assert (status, SAID in page) == (200, False)


@pytest.mark.parametrize("page", ["/shop/report", "/shop/company"])
async def test_makes_no_file_of_other_days(page: str) -> None:
    where = f"{page}/csv?since=2018-02-30&until=2018-03-01"
    async with (
        site_under_test({}, who=WHO) as browser,
        browser.http.get(browser.site + where, allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (303, where.replace("/csv", ""))


async def test_a_day_that_the_gateway_refuses_is_said_too() -> None:
    async def shop_day(request: web.Request) -> web.StreamResponse:
        if "day" in request.query:
            problem = {
                "type": "/problems/query-invalid",
                "title": "x",
                "errors": [{"parameter": "day", "detail": "x"}],
            }
            return web.json_response(problem, status=422)
        return web.json_response(whole(models.ShopDay, day="2018-07-31"))

    async with site_under_test({}, who=WHO, answers={PATH: shop_day}) as browser:
        status, page = await browser.page("/shop/day?day=1999-01-01")
    assert (status, 'id="day-error"' in page) == (422, True)
