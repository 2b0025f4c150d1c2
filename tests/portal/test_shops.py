"""自治体ポイントナビ: where a town's points can be used, page by page, and by a part of the name; without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from gateway.demo.environment import DemoEnvironment

pytestmark = pytest.mark.xdist_group("browser")

SHOPS = "/navi/08/082163"


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="ja-JP", java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def names(page: Page) -> list[str]:
    return page.locator("#shops b").all_inner_texts()


def test_a_resident_finds_the_shops_of_a_town_from_the_map(page: Page, town: DemoEnvironment) -> None:
    page.goto(f"{town.portal_url}/navi")
    assert page.locator("svg.map a").count() == 47
    page.click("svg a[href='/navi/08#found']")
    page.click("a:has-text('笠間応援ポイント')")
    first = names(page)
    assert len(first) == 20
    page.click("a:text-is('次のお店を見る')")
    second = names(page)
    assert second
    assert not set(first) & set(second)
    assert page.query_selector("a:text-is('次のお店を見る')") is None
    page.click("a:text-is('最初のページへ')")
    assert names(page) == first


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("うらら", {"そば処 うらら"}),
        ("ウララ", {"そば処 うらら"}),
        ("ｳﾗﾗ", {"そば処 うらら"}),
        ("くりの", {"栗の家"}),
        ("こうぼう", {"パン工房 麦"}),
        ("sample", {"ベーカリー Sample"}),
        ("ＳＡＭＰＬＥ", {"ベーカリー Sample"}),
        ("urara", {"そば処 うらら"}),
        ("Soba-dokoro", {"そば処 うらら"}),
        ("kurino", {"栗の家"}),
        ("koubou", {"パン工房 麦"}),
        ("Kōbō", {"パン工房 麦"}),
    ],
)
def test_a_shop_is_found_by_a_part_of_its_name_however_it_is_typed(
    page: Page, town: DemoEnvironment, typed: str, found: set[str]
) -> None:
    page.goto(town.portal_url + SHOPS)
    page.fill("#name", typed)
    page.click("form[role=search] button")
    assert set(names(page)) == found
    assert page.input_value("#name") == typed


@pytest.mark.parametrize("typed", ["%", "_", "zz", "<b>"])
def test_what_matches_nothing_finds_nothing_and_says_what_to_do(
    page: Page, town: DemoEnvironment, typed: str
) -> None:
    page.goto(town.portal_url + SHOPS)
    page.fill("#name", typed)
    page.click("form[role=search] button")
    assert names(page) == []
    assert typed in page.inner_text("#none")
    page.click("a:text-is('すべてのお店を見る')")
    assert len(names(page)) == 20


@pytest.mark.parametrize(
    "path", ["/navi/08/082155", "/navi/13/082163", "/navi/08/999999", f"{SHOPS}?after=../x"]
)
def test_a_town_that_is_not_there_is_a_page_that_says_so(
    page: Page, town: DemoEnvironment, path: str
) -> None:
    answer = page.goto(town.portal_url + path)
    assert answer is not None
    assert answer.status == 404
    assert "ません" in page.inner_text("h1")


@pytest.mark.parametrize(
    "typed", ["笠間", "かさま", "カサマ", "ｶｻﾏ", "笠間応援", "kasama", "KASAMA City", "笠\u200b間"]
)
def test_a_town_is_found_by_its_name_or_its_reading(page: Page, town: DemoEnvironment, typed: str) -> None:
    page.goto(f"{town.portal_url}/navi")
    page.fill("#name", typed)
    page.click("form[role=search] button")
    assert page.locator("#towns a").count() == 1
    page.click("#towns a")
    assert page.url.endswith(SHOPS)


def test_a_town_that_is_not_found_is_told_and_keeps_what_was_typed(page: Page, town: DemoEnvironment) -> None:
    page.goto(f"{town.portal_url}/navi?name=zz")
    assert page.input_value("#name") == "zz"
    assert page.locator("#none").count() == 1
    assert page.locator("ul.prefectures a").count() == 47


@pytest.mark.parametrize("language", ["en-US", "ja-JP"])
def test_the_map_is_whole_in_every_language(chromium: Browser, town: DemoEnvironment, language: str) -> None:
    context = chromium.new_context(locale=language)
    page = context.new_page()
    page.goto(f"{town.portal_url}/navi")
    assert page.locator("svg.map > a > rect").count() == 47
    assert page.locator("svg.map > a > text").count() == 47
    assert page.locator("svg.map a[tabindex='-1']").count() == 47
    context.close()


def test_towns_and_shops_are_written_in_latin_letters_too_for_who_reads_english(
    page: Page, town: DemoEnvironment
) -> None:
    page.context.add_cookies([{"name": "language", "value": "en", "url": town.portal_url}])
    try:
        page.goto(f"{town.portal_url}/navi/08")
        assert "Kasama City (笠間市)" in page.inner_text("#towns")
        page.goto(f"{town.portal_url}{SHOPS}?name=urara")
        assert names(page) == ["Sobadokoro Urara (そば処 うらら)"]
        marked = page.locator("#shops b [lang=ja]").all_inner_texts()
    finally:
        page.context.clear_cookies(name="language")
    assert [text.strip("() ") for text in marked] == ["そば処 うらら"]


def test_a_shop_is_shown_with_its_reading_to_who_reads_easy_japanese(
    page: Page, town: DemoEnvironment
) -> None:
    page.context.add_cookies([{"name": "language", "value": "ja-easy", "url": town.portal_url}])
    try:
        page.goto(f"{town.portal_url}{SHOPS}?name=かふぇ")
        readings = page.locator("#shops b rt").all_inner_texts()
    finally:
        page.context.clear_cookies(name="language")
    assert readings
    assert len(readings) == page.locator("#shops b").count()
    page.goto(f"{town.portal_url}{SHOPS}?name=かふぇ")
    assert page.locator("#shops b rt").count() == 0
