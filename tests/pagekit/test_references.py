"""A reference that is read out leads to its page, keeps what was typed where it is none, and asks where it is missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pagekit.test_site import House, house
from tests.portal.scripted_gateway import member

__all__ = ["house"]

EXCHANGE = "01890000-0000-7000-8000-0123456789ab"
PAYMENT = "01890000-0000-7000-8000-aa23456789ab"


def found(*, exchanges: list[str], spends: list[str]) -> dict[str, Any]:
    at = "2018-07-20T10:00:00+09:00"
    return {
        "exchanges": [{"exchange_id": one, "started_at": at} for one in exchanges],
        "spends": [{"spend_id": one, "at": at} for one in spends],
    }


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        (found(exchanges=[EXCHANGE], spends=[]), f"/exchanges/{EXCHANGE}"),
        (found(exchanges=[], spends=[PAYMENT]), f"/pay/done/{PAYMENT}"),
    ],
)
async def test_it_leads_to_what_it_stands_for(house: House, answer: dict[str, Any], address: str) -> None:
    async with (
        member(house, {"/v1/references/4D2P-F2DB": answer}) as browser,
        browser.http.get(
            f"{house.portal}/references?reference=４Ｄ２Ｐ－Ｆ２ＤＢ", allow_redirects=False
        ) as led,
    ):
        assert (led.status, led.headers["Location"]) == (303, address)


async def test_two_that_fit_are_both_shown(house: House) -> None:
    answers = {"/v1/references/4D2PF2DB": found(exchanges=[EXCHANGE], spends=[PAYMENT])}
    async with member(house, answers) as browser:
        page = await browser.page("/references?reference=4D2PF2DB")
    assert f'href="/exchanges/{EXCHANGE}"' in page
    assert f'href="/pay/done/{PAYMENT}"' in page


async def test_what_is_none_stays_in_the_field(house: House) -> None:
    refused = (404, {"type": "/problems/unknown-reference", "title": "見つかりません", "remedy": "x"})
    async with member(house, {"/v1/references/zz": refused}) as browser:
        page = await browser.page("/references?reference=zz")
    assert 'value="zz"' in page
    assert "エラー：" in page
    assert 'aria-invalid="true"' in page


async def test_what_is_missing_is_asked_for(house: House) -> None:
    async with member(house, {}) as browser:
        assert "控えの番号を入力してください" in await browser.page("/references?reference=　")
        assert "エラー：" not in await browser.page("/references")
