"""お知らせ as a page: each notice a sentence that leads to the whole of it, and read only when the member says so."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from portal.notices import SENTENCES
from tests.pagekit.test_site import House, house
from tests.portal.scripted_gateway import member

__all__ = ["house"]

EXCHANGE = "01890000-0000-7000-8000-0123456789ab"
PARTNERS = {"partners": [{"partner_id": "saison", "name": {"ja": "セゾン", "en": "Saison"}}]}


def notice(kind: str, **values: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("points", "municipality", "municipality_name", "point_service", "point_service_name", "exchange_id",
         "partner_id", "last_day")
    )  # fmt: skip
    return empty | {"kind": kind, "at": "2018-07-20T10:00:00+09:00", "unread": True} | values


KASAMA = {
    "municipality": "082163", "municipality_name": "笠間市", "point_service": "ouen",
    "point_service_name": "笠間応援ポイント",
}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "said", "leads_to"),
    [
        (
            notice("exchange_failed", exchange_id=EXCHANGE, partner_id="saison"),
            "セゾンからの移行は不成立でした。",
            f"/exchanges/{EXCHANGE}",
        ),
        (notice("granted", points=1_300, **KASAMA), "1,300 ポイントの給付", "/history/municipal/082163/ouen"),
        (
            notice("expired", points=-20, **KASAMA),
            "20 ポイントが失効しました（笠間応援ポイント）",
            "/history/municipal/082163/ouen",
        ),
        (notice("event_given_back", points=5), "5 ポイントが留保ポイントに戻りました", "/history/reserve"),
        (notice("signed_in_anew"), "新しい端末から", "/settings/sessions"),
        (
            notice("will_expire", points=7, last_day="2018-08-10", **KASAMA),
            "7 ポイントは、2018年8月10日 まで使えます",
            "/history/municipal/082163/ouen",
        ),
    ],
)
async def test_a_notice_is_a_sentence_that_leads_to_the_whole(
    house: House, told: dict[str, Any], said: str, leads_to: str
) -> None:
    answers = {"/v1/notices": {"unread": 1, "notices": [told]}, "/v1/partners": PARTNERS}
    async with member(house, answers) as browser:
        page = await browser.page("/notices")
    assert said in page
    assert f'<a href="{leads_to}">' in page
    assert "お知らせ（未読 1 件）" in page


async def test_every_kind_that_the_gateway_tells_has_its_sentence(house: House) -> None:
    told = [
        notice(kind, **KASAMA, points=1, partner_id="saison", last_day="2018-08-10") for kind in SENTENCES
    ]
    answers = {
        "/v1/notices": {"unread": 0, "notices": [*told, notice("of_a_newer_gateway")]},
        "/v1/partners": PARTNERS,
    }
    async with member(house, answers) as browser:
        page = await browser.page("/notices")
    assert page.count("<li><a") == len(SENTENCES)


async def test_looking_marks_nothing_as_read_and_a_press_marks_what_was_there(house: House) -> None:
    marked: list[str] = []

    def mark(request: web.Request) -> tuple[int, None]:
        marked.append(request.path)
        return 204, None

    older = notice("granted", points=1, **KASAMA) | {"at": "2018-07-19T10:00:00+09:00", "unread": False}
    answers: dict[str, Any] = {
        "/v1/notices": {"unread": 1, "notices": [older, notice("signed_in_anew")]},
        "/v1/partners": PARTNERS,
        "PUT /v1/notices/read": mark,
    }
    async with member(house, answers) as browser:
        page = await browser.page("/notices")
        assert 'name="until" value="2018-07-20T10:00:00+09:00"' in page
        assert page.count("未読</b>") == 1
        assert marked == []
        for until, calls in (("yesterday", 0), ("2018-07-20T10:00:00+09:00", 1)):
            sent = await browser.send("/notices/read", until=until)
            assert (sent.status, sent.headers["Location"], len(marked)) == (303, "/notices", calls)
