"""An exchange that is not confirmed stands on the member's page, to be continued or given up."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from gateway.demo.environment import DemoEnvironment
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    browser_context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="ja-JP", java_script_enabled=request.param
    )
    yield browser_context
    browser_context.close()


def test_it_is_continued_from_the_members_page_and_given_up_there(
    context: BrowserContext, town: DemoEnvironment
) -> None:
    walk = Walk(context.new_page(), town).sign_in().link_saison().to_reserve().units("1")
    address = re.search(r"/exchanges/([0-9a-f-]+)/confirm", walk.page.url)
    assert address
    walk.to("/mypage")
    half_done = walk.page.locator(f".half-done:has(a[href='/exchanges/{address[1]}'])")
    assert "セゾン" in half_done.inner_text()
    assert "450" in half_done.inner_text()
    half_done.locator("a").click()
    assert walk.page.url.endswith(f"/exchanges/{address[1]}/confirm")

    walk.to("/mypage")
    half_done.locator("button").click()
    walk.page.wait_for_url(f"**/exchanges/{address[1]}")
    assert "手続きをやめました" in walk.said("main h1")
    assert "受け取るポイント" not in walk.page.inner_text("main")
    walk.to("/mypage")
    assert half_done.count() == 0
    walk.to("/exchanges")
    assert "取りやめ" in walk.page.inner_text(f"a[href='/exchanges/{address[1]}']")


def test_the_page_to_confirm_has_a_way_out_and_a_second_press_changes_nothing(
    context: BrowserContext, town: DemoEnvironment
) -> None:
    walk = Walk(context.new_page(), town).sign_in().link_saison().to_reserve().units("1")
    confirm = walk.page.url
    walk.page.click(".give-up button")
    walk.page.wait_for_selector("#outcome.cancelled")
    walk.page.goto(confirm)
    assert "手続きをやめました" in walk.said("main h1")
    assert walk.page.locator(".give-up").count() == 0
