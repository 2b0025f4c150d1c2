"""The header on a phone: one line, nothing cut off, and all it offers by hand and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize

from gateway.demo.environment import DemoEnvironment
from portal.i18n import WORDS
from tests.axe import faults
from tests.portal.walk import Walk
from tests.site_header import choose_language, sign_out

pytestmark = pytest.mark.xdist_group("browser")

PHONE: ViewportSize = {"width": 390, "height": 844}
BOXES = """() => [...document.querySelectorAll("header.site .brand, header.site summary")].map(element => {
  const box = element.getBoundingClientRect();
  return [Math.round(box.top + box.height / 2), box.width, box.height, box.right];
})"""


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    browser_context = chromium.new_context(viewport=PHONE, locale="ja-JP", java_script_enabled=request.param)
    yield browser_context
    browser_context.close()


@pytest.fixture(scope="module")
def member(chromium: Browser, town: DemoEnvironment) -> Iterator[Walk]:
    browser_context = chromium.new_context(viewport=PHONE, locale="ja-JP")
    yield Walk(browser_context.new_page(), town).sign_in()
    browser_context.close()


@pytest.mark.parametrize("language", list(WORDS.languages))
@pytest.mark.parametrize("width", [320, 360, 390])
def test_it_is_one_line_of_targets_for_a_finger(member: Walk, width: int, language: str) -> None:
    page = member.page
    page.set_viewport_size({"width": width, "height": 640})
    page.context.add_cookies([{"name": "language", "value": language, "url": member.town.portal_url}])
    try:
        boxes = member.to("/mypage").page.evaluate(BOXES)
        assert len(boxes) == 3
        assert max(box[0] for box in boxes) - min(box[0] for box in boxes) <= 2
        for _, breadth, height, right in boxes:
            assert min(breadth, height) >= 44
            assert right <= width
    finally:
        page.context.clear_cookies(name="language")
        page.set_viewport_size(PHONE)


def test_a_voice_hears_the_whole_name_and_what_each_choice_is(member: Walk) -> None:
    header = member.to("/mypage").page.locator("header.site").aria_snapshot()
    assert 'link "マイキープラットフォーム ポータルサイト"' in header
    assert "Language" in header
    assert "表示する言語" in header
    assert "ログイン中 見＊＊郎" in header


@pytest.mark.parametrize("choice", [".languages", ".whose"])
def test_what_opens_pushes_the_page_down_and_is_as_accessible(member: Walk, choice: str) -> None:
    page = member.to("/mypage").page
    top = page.locator("h1").bounding_box()
    page.click(f"header {choice} > summary")
    pushed = page.locator("h1").bounding_box()
    assert top
    assert pushed
    assert pushed["y"] >= top["y"] + 44  # so no focus ever lies beneath what is open
    assert faults(page) == []


def test_language_and_signing_out_are_two_presses_with_and_without_scripts(
    context: BrowserContext, town: DemoEnvironment
) -> None:
    walk = Walk(context.new_page(), town).sign_in()
    choose_language(walk.page, "English")
    assert walk.page.inner_text("h1") == "My page"
    sign_out(walk.page)
    assert walk.page.url.endswith("/signed-out")


def test_at_a_shared_terminal_signing_out_stands_open(context: BrowserContext, town: DemoEnvironment) -> None:
    walk = Walk(context.new_page(), town).sign_in(shared_terminal=True)
    assert walk.page.is_visible("header .whose .badge:text-is('共用端末')")
    walk.page.click("header form[action='/logout'] button")
    assert walk.page.url.endswith("/signed-out?at=shared")


def test_on_a_wide_screen_nothing_has_to_be_opened(member: Walk) -> None:
    page = member.page
    page.set_viewport_size({"width": 1280, "height": 900})
    try:
        member.to("/mypage")
        assert not page.locator("header summary").locator("visible=true").count()
        assert page.is_visible("header .languages button:text-is('English')")
        assert page.is_visible("header form[action='/logout'] button")
        assert page.evaluate("document.querySelector('header.site').offsetHeight") < 80
    finally:
        page.set_viewport_size(PHONE)
