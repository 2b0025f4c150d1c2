"""What members look up and set: histories, their CSV and receipts; ID, password, default, links, other devices."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from gateway.demo.environment import DemoEnvironment
from tests.portal.conftest import Loop, add_member
from tests.portal.walk import PASSWORDS, Walk
from tests.site_header import choose_language

pytestmark = pytest.mark.xdist_group("browser")
KASAMA = "/history/municipal/082163/kasama-ouen"


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    browser_context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    yield browser_context
    browser_context.close()


@pytest.fixture
def walk(context: BrowserContext, town: DemoEnvironment) -> Walk:
    return Walk(context.new_page(), town)


@pytest.fixture
def newcomer(walk: Walk, town: DemoEnvironment, loop: Loop) -> Walk:
    """A member of this test's own, whose settings may be changed."""
    walk.name = loop.run(add_member(town))
    PASSWORDS[walk.name] = f"password of {walk.name}"
    return walk.sign_in()


def test_a_history_line_tells_both_sides_names_and_prints_as_a_receipt(walk: Walk) -> None:
    walk.sign_in().link_saison().to_kasama().units("1").confirm()
    reference = walk.page.inner_text(".facts dd.code >> nth=0")
    walk.to(KASAMA)
    assert "応援ポイントの移行" in walk.page.inner_text("tbody")
    assert "セゾン" in walk.page.inner_text("tbody")
    walk.to(KASAMA + "?kind=exchange")
    walk.page.click("tbody tr:first-child a")
    assert reference in walk.page.inner_text("main")
    walk.page.emulate_media(media="print")
    assert not walk.page.is_visible("footer")
    assert not walk.page.is_visible("form[action='/logout']")
    assert walk.page.is_visible(f"text={reference}")


def test_the_csv_has_the_lines_of_the_page_and_adds_up(walk: Walk) -> None:
    walk.sign_in().link_saison().to_reserve().units("1").confirm()
    answer = walk.page.request.get(walk.town.portal_url + "/history/reserve/csv")
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.body().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    balance = 0
    for row in reversed(rows):
        balance += int(row["ポイント"])
        assert int(row["残高"]) == balance
    walk.to("/history/reserve")
    assert len(rows) == walk.page.locator("tbody tr").count()


def test_a_filter_leaves_what_was_asked_for(walk: Walk) -> None:
    walk.sign_in().link_saison().to_reserve().units("1").confirm()
    walk.to("/history/reserve?kind=exchange&partner=saison&since=2018-07-31&until=2018-07-31")
    assert walk.page.locator("tbody tr").count() >= 1
    for nothing in (
        "kind=grant",
        "partner=airline_miles&kind=allocate",
        "until=2018-07-30",
        "since=2018-08-02",
    ):
        walk.to("/history/reserve?" + nothing)
        assert "この条件に合う履歴はありません" in walk.page.inner_text("main"), nothing


def test_a_mykey_id_is_checked_generated_and_changed(newcomer: Walk) -> None:
    page = newcomer.to("/settings/mykey-id").page
    page.fill("#mykey_id", newcomer.town.mykey_ids["見本太郎"])
    page.click("button[value=check]")
    assert "すでに使われています" in page.inner_text(".notice")
    page.fill("#mykey_id", "!?")
    page.click("button[value=check]")
    assert "使えない文字" in page.inner_text("#trouble")
    page.click("button[value=generate]")
    assert page.input_value("#mykey_id") == "!?"
    assert page.input_value("[name=picked]:checked") == ""  # none is chosen before a hand has
    page.check("[name=picked] >> nth=0")
    offered = page.input_value("[name=picked]:checked")
    assert len(offered) == 8
    page.click("button[value=change]")
    assert "現在のパスワードを入力してください" in page.inner_text("#trouble")
    page.fill("#password", "no password of mine")
    page.click("button[value=change]")
    assert "現在のパスワードが違います" in page.inner_text("#trouble")
    assert page.input_value("[name=picked]:checked") == offered
    page.fill("#password", PASSWORDS[newcomer.name])
    page.click("button[value=change]")
    page.wait_for_url("**/settings?done=mykey-id")
    assert offered in page.inner_text("main")
    page.click("header .whose > summary")
    assert f"{offered[:2]}＊＊＊＊{offered[-2:]}" in page.inner_text(".whose")


def test_a_password_is_changed_with_the_old_one_and_typed_twice(newcomer: Walk) -> None:
    page, old = newcomer.page, PASSWORDS[newcomer.name]
    for current, new, again, said in (
        (old, "a wholly new secret", "another one", "一致しません"),
        ("not the old one", "a wholly new secret", "a wholly new secret", "現在のパスワードが違います"),
        (old, "password12", "password12", "このパスワードは使えません"),
    ):
        newcomer.to("/settings/password")
        for field, typed in (("#current", current), ("#new", new), ("#again", again)):
            page.fill(field, typed)
        page.click("main button.primary")
        assert said in page.inner_text("#trouble")
    newcomer.to("/settings/password")
    for field, typed in (
        ("#current", old),
        ("#new", "a wholly new secret"),
        ("#again", "a wholly new secret"),
    ):
        page.fill(field, typed)
    page.click("main button.primary")
    page.wait_for_url("**/settings?done=password")


def test_a_default_municipality_is_chosen_and_shown(newcomer: Walk) -> None:
    page = newcomer.to("/settings/default?prefecture=08").page
    page.click("a:has-text('笠間応援ポイント')")
    assert "笠間市の「笠間応援ポイント」を基本自治体にします" in page.inner_text(".sentence")
    page.click("main button.primary")
    page.wait_for_url("**/settings?done=default")
    assert "笠間市 笠間応援ポイント" in page.inner_text("main")


def test_a_link_is_shown_and_ended(walk: Walk) -> None:
    walk.name = "見本花子"
    walk.sign_in().link_saison().to("/links")
    assert "セゾン" in walk.page.inner_text("main")
    walk.page.click("form[action='/links/saison/remove'] button")
    assert "連携を解除しました" in walk.page.inner_text(".notice")
    assert "設定されているサービスIDはありません" in walk.page.inner_text("main")


def test_other_devices_are_signed_out_from_here(newcomer: Walk, chromium: Browser) -> None:
    elsewhere = chromium.new_context(locale="ja-JP")
    try:
        other = Walk(elsewhere.new_page(), newcomer.town, name=newcomer.name).sign_in()
        newcomer.to("/settings/sessions")
        assert newcomer.page.locator("text=ほかの端末").count() >= 1
        newcomer.page.click("button:has-text('ほかの端末をすべて')")
        newcomer.page.wait_for_url("**done=sessions")
        other.to("/mypage")
        assert other.page.url.endswith("/login?next=%2Fmypage&why=ended")
    finally:
        elsewhere.close()


def test_a_revoked_mykey_id_opens_nothing_any_more(newcomer: Walk) -> None:
    page = newcomer.to("/settings/revoke").page
    page.check("[name=sure]")
    page.fill("#password", PASSWORDS[newcomer.name])
    page.click("button.danger")
    page.wait_for_url("**/signed-out**")
    newcomer.to("/login")
    page.fill("#mykey_id", newcomer.town.mykey_ids[newcomer.name])
    page.fill("#password", PASSWORDS[newcomer.name])
    page.click("form[action='/login'] button")
    assert "ログインできませんでした" in page.inner_text("#trouble")


def test_a_language_that_was_chosen_stays(newcomer: Walk) -> None:
    page = newcomer.page
    choose_language(page, "English")
    assert page.inner_text("h1") == "My page"
    assert page.get_attribute("html", "lang") == "en"
    choose_language(page, "やさしい日本語")
    assert page.locator("h1 ruby").count() == 1
    assert page.get_attribute("html", "lang") == "ja"
    newcomer.to("/help")
    assert page.locator("ruby").count() > 10
