"""A card's life in two browsers: issued and printed at the desk, taken by a shop, lost, stopped, refused, replaced.

Begins before the city's month ends (tests/municipal/test_city_story.py), with which most of the members' points end.
"""

from __future__ import annotations

import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Browser, ViewportSize

from gateway.demo.city import PASSWORD
from gateway.demo.environment import DemoEnvironment
from tests.axe import faults
from tests.municipal.conftest import At
from tests.municipal.staffer import Staffer
from tests.portal.camera import Modules, film
from tests.portal.conftest import with_camera

pytestmark = pytest.mark.xdist_group("browser")

PHONE: ViewportSize = {"width": 390, "height": 844}
PIN = "4627"
QUIET = 4


class Till(Staffer):
    """A shop's person with a phone, signed in by the password alone."""

    def open(self) -> Till:
        self.give_password()
        assert self.path() == "/shop/take", self.text()
        return self

    def charge(self, points: int, code: str) -> Till:
        """As far as the answer: taken, not taken, or the page for the PIN."""
        self.to("/shop/take").fill(points=str(points)).press("お客様のコードを読み取る")
        self.fill(code=code).press("次へ")
        self.page.click("form[action='/shop/take'] button.primary")
        self.page.wait_for_selector("#taken-points, #not-taken, #pin")
        return self

    def type_pin(self, pin: str) -> Till:
        self.page.fill("#pin", pin)
        with self.page.expect_navigation():
            self.page.click("form[action='/shop/take'] button.primary")
        self.page.wait_for_selector("#taken-points, #not-taken, #pin")
        return self


@pytest.fixture
def till(chromium: Browser, filled: DemoEnvironment) -> Iterator[Till]:
    context = chromium.new_context(viewport=PHONE, locale="ja-JP")
    yield Till(context.new_page(), filled, "shop-06", {}, PASSWORD).open()
    context.close()


def rich_member(town: DemoEnvironment, skip: int = 0) -> str:
    """The MyKey ID of one who has most points of Kasama's that were given lately: none of them ends during these stories."""
    lately = (town.clock() - timedelta(days=30)).date().isoformat()
    with closing(sqlite3.connect(town.folder / "gateway.db")) as book:
        rows = book.execute(
            "SELECT mykey_id, heaps FROM members JOIN accounts ON accounts.book_id = 'member:' || member_id"
            " WHERE account LIKE '%:municipality:082163:kasama-ouen' ORDER BY mykey_id"
        ).fetchall()
    points = {
        mykey_id: sum(free - held for day, (free, held) in json.loads(heaps).items() if day >= lately)
        for mykey_id, heaps in rows
    }
    mykey_id = sorted(points, key=lambda each: -points[each])[skip]
    assert points[mykey_id] > 3_000
    return str(mykey_id)


def look_up(desk: Staffer, mykey_id: str) -> Staffer:
    desk.to("/support").fill(mykey_id=mykey_id, reason="窓口に来た方").press("照会する")
    return desk.press("ポイントカード")


def issued(desk: Staffer, button: str) -> str:
    desk.page.fill("#issue-reason", "スマートフォンを持っていない")
    desk.press(button)
    assert "この画面でだけ表示されます" in desk.text(), desk.text()
    return desk.text("[data-card-number]")


def test_the_desk_issues_a_card_a_shop_takes_points_it_is_lost_stopped_refused_and_replaced(
    at: At, filled: DemoEnvironment, till: Till
) -> None:
    desk, mykey_id = at("fukushi"), rich_member(filled)
    number = issued(look_up(desk, mykey_id).picture("card"), "発行する")
    assert faults(desk.page) == []
    assert mykey_id not in number
    desk.picture("card-issued")
    with desk.page.expect_download() as download:
        desk.page.click("form[action='/cards/sheets'] button")
    paper = pypdf.PdfReader(io.BytesIO(download.value.path().read_bytes())).pages
    assert number in paper[0].extract_text()
    assert mykey_id not in paper[0].extract_text()

    till.charge(300, number).picture("card-taken")
    assert till.page.inner_text("#taken-points b") == "300"
    assert till.text("#taken-way") == "ポイントカード"
    till.charge(1_001, number)
    assert "このカードには暗証番号がありません" in till.text("#not-taken")
    assert "1,000 ポイントまで" in till.text("#not-taken")

    look_up(desk, mykey_id).fill(pin=PIN, pin_again="9999")
    desk.page.fill("#pin-reason", "本人が入力")
    desk.press("設定する")
    assert "暗証番号が一致しません" in desk.text("#trouble")
    desk.fill(pin=PIN, pin_again=PIN)
    desk.page.fill("#pin-reason", "本人が入力")
    desk.press("設定する")
    assert "暗証番号を設定しました" in desk.text()
    till.charge(1_001, number).picture("card-pin")
    assert faults(till.page) == []
    till.type_pin("0000")
    assert "あと 4 回" in till.text("#trouble")
    till.page.reload()
    assert "あと 4 回" in till.text("#trouble")
    till.type_pin(PIN)
    assert till.page.inner_text("#taken-points b") == "1,001"

    look_up(desk, mykey_id)
    desk.page.fill("#stop-reason", "なくしたという電話")
    desk.press("停止する")
    assert "カードを停止しました" in desk.text()
    till.charge(300, number).picture("card-stopped")
    assert "このカードは停止されています" in till.text("#not-taken")
    assert "ポイントは受け取っていません" in till.text("#not-taken")

    new = issued(desk, "発行する")
    assert new != number
    till.charge(200, new)
    assert till.page.inner_text("#taken-points b") == "200"
    day = till.to("/shop/day").text("tbody")
    assert day.count("ポイントカード") == 3

    desk.to("/support").fill(mykey_id=mykey_id, reason="確認").press("照会する")
    assert re.search(r"加盟店での利用\s*ポイントカード", desk.picture("timeline-card").text("table"))
    log = at("kanri").to("/audit").text("table")
    for said in (
        "ポイントカードの発行",
        "ポイントカードの印刷",
        "ポイントカードの暗証番号の設定",
        "ポイントカードの停止",
        "なくしたという電話",
    ):
        assert said in log, said
    assert number not in log


def printed_qr(paper: pypdf.PageObject) -> Modules:
    """The QR of a sheet's first card, as its black rectangles stand on the page."""
    stream = paper.get_contents()
    assert stream is not None
    rectangles = [
        tuple(float(number) for number in found)
        for found in re.findall(
            r"n ([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re f\*", stream.get_data().decode("latin-1")
        )
    ]
    size = min(height for _, _, _, height in rectangles)
    side = round(max(x + width for x, _, width, _ in rectangles) / size) + QUIET
    rows = [[False] * side for _ in range(side)]
    for x, y, width, height in rectangles:
        for row in range(round(y / size), round((y + height) / size)):
            for column in range(round(x / size), round((x + width) / size)):
                rows[side - 1 - row][column] = True
    return rows


def test_a_shops_camera_reads_the_printed_card(
    chromium: Browser, at: At, filled: DemoEnvironment, tmp_path: Path
) -> None:
    desk = at("fukushi")
    issued(look_up(desk, rich_member(filled, 30)), "発行する")
    with desk.page.expect_download() as download:
        desk.page.click("form[action='/cards/sheets'] button")
    paper = pypdf.PdfReader(io.BytesIO(download.value.path().read_bytes())).pages[0]
    with with_camera(chromium, film(printed_qr(paper), tmp_path / "card.y4m")) as browser:
        context = browser.new_context(viewport=PHONE, locale="ja-JP")
        till = Till(context.new_page(), filled, "shop-06", {}, PASSWORD).open()
        till.to("/shop/take").fill(points="300").press("お客様のコードを読み取る")
        till.page.wait_for_selector("form[action='/shop/take']")
        till.page.click("form[action='/shop/take'] button.primary")
        till.page.wait_for_selector("#taken-way")
        assert till.page.inner_text("#taken-points b") == "300"


def test_many_are_issued_and_printed_and_who_gets_none_is_named(at: At, filled: DemoEnvironment) -> None:
    desk = at("fukushi")
    ids = [rich_member(filled, skip) for skip in range(5, 11)]
    desk.to("/cards").picture("cards")
    desk.page.fill("#mykey_ids", "\n".join([*ids, "NOBODY00"]))
    desk.fill(reason="希望した方への郵送").press("発行する")
    assert desk.page.locator("[data-card-number]").count() == 6
    assert "この自治体の利用者ではありません" in desk.text("section[aria-labelledby=left-out]")
    with desk.page.expect_download() as download:
        desk.page.click("form[action='/cards/sheets'] button")
    assert len(pypdf.PdfReader(io.BytesIO(download.value.path().read_bytes())).pages) == 2
    desk.page.go_back()
    assert not desk.page.locator("[data-card-number]").count()


def test_an_administrator_sets_the_limits_and_a_till_keeps_to_them(
    at: At, filled: DemoEnvironment, till: Till
) -> None:
    desk, boss, mykey_id = at("fukushi"), at("kanri"), rich_member(filled, 20)
    number = issued(look_up(desk, mykey_id), "発行する")
    boss.to("/cards/limits").fill(no_pin_points="200", points_a_day="５００", reason="要綱の改正").press(
        "変更する"
    )
    assert "1回 200 ポイント" in boss.text()
    till.charge(201, number)
    assert "200 ポイントまで" in till.text("#not-taken")
    till.charge(200, number).charge(200, number).charge(200, number)
    assert "お客様の1日の上限を超えます" in till.text("#not-taken")
    boss.to("/cards/limits").fill(no_pin_points="1000", points_a_day="5000", reason="元に戻す").press(
        "変更する"
    )
    assert boss.path().startswith("/proposals/"), boss.text()
    assert "1回 200 ポイント" in boss.to("/cards").text()
