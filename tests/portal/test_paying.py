"""支払う: the code on the member's screen, from the first look to the receipt, with a shop at the other end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect

from gateway.demo.environment import DemoEnvironment
from tests.portal.city_hall import Answered, CityHall
from tests.portal.conftest import Loop, shifted
from tests.portal.test_every_page import is_good, watched
from tests.portal.walk import Walk
from tests.site_header import choose_language

pytestmark = pytest.mark.xdist_group("browser")
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong

PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    browser_context = chromium.new_context(
        viewport=PHONE, locale="ja-JP", java_script_enabled=getattr(request, "param", True)
    )
    yield browser_context
    browser_context.close()


@pytest.fixture
def walk(context: BrowserContext, town: DemoEnvironment, payer: str) -> Walk:
    return Walk(context.new_page(), town, name=payer, pictures="paying").sign_in()


def shown(walk: Walk) -> str:
    """From the member's page to the code; gives its digits."""
    walk.to("/mypage")
    walk.page.click("a[href='/pay']")
    walk.picture("choice")
    walk.page.click("button.service")
    walk.page.wait_for_selector("#pay-code svg")
    walk.picture("code")
    return digits(walk)


def digits(walk: Walk) -> str:
    return walk.page.inner_text(".digits").replace(" ", "")


def test_the_screen_says_by_itself_that_a_shop_has_taken_points(
    walk: Walk, city: CityHall, loop: Loop
) -> None:
    code = shown(walk)
    spend_id = loop.run(city.take("soba", code, 300))
    walk.page.wait_for_url(f"**/pay/done/{spend_id}")
    walk.picture("paid")
    assert walk.points("#paid-points") == 300
    assert walk.page.inner_text("#paid-shop") == "そば処 見本"
    assert walk.points("#paid-left") == 700
    assert next((one["spend_id"], one["points"]) for one in loop.run(city.day("soba"))) == (spend_id, 300)


@pytest.mark.parametrize("context", [False], ids=["no-scripts"], indirect=True)
def test_without_scripts_a_reload_says_it(walk: Walk, city: CityHall, loop: Loop) -> None:
    spend_id = loop.run(city.take("soba", shown(walk), 300))
    walk.page.click("noscript a, a:has-text('最新の状態を見る')")
    walk.page.wait_for_url(f"**/pay/done/{spend_id}")
    assert walk.points("#paid-points") == 300


def test_the_code_changes_by_itself_and_the_one_before_is_still_watched(
    walk: Walk, city: CityHall, loop: Loop
) -> None:
    first, address = shown(walk), walk.page.url
    with shifted(walk.town, timedelta(seconds=31)):
        expect(walk.page.locator(".digits")).not_to_contain_text(first[:4])
        assert digits(walk) != first
        assert walk.page.url == address  # nothing was loaded anew
        spend_id = loop.run(city.take("soba", first, 120))  # scanned a moment before the screen changed
        walk.page.wait_for_url(f"**/pay/done/{spend_id}")
    assert walk.points("#paid-points") == 120


def test_the_back_button_after_a_payment_shows_no_code(walk: Walk, city: CityHall, loop: Loop) -> None:
    code = shown(walk)
    screen = walk.page.url
    spend_id = loop.run(city.take("soba", code, 10))
    walk.page.wait_for_url(f"**/pay/done/{spend_id}")
    walk.page.go_back()
    walk.page.wait_for_url(f"**/pay/done/{spend_id}")
    walk.page.goto(screen)
    assert walk.page.url.endswith(f"/pay/done/{spend_id}")


def test_a_copied_or_photographed_code_takes_nothing_after_its_first_use(
    walk: Walk, city: CityHall, loop: Loop
) -> None:
    code = shown(walk)
    loop.run(city.take("soba", code, 300))
    for shop in ("soba", "toki"):
        with pytest.raises(Answered, match="pay-code-used"):
            loop.run(city.take(shop, code, 300))
    walk.to("/mypage")
    assert walk.points(".tile.municipal") == 700


def test_a_photographed_code_is_worthless_after_a_minute(walk: Walk, city: CityHall, loop: Loop) -> None:
    code = shown(walk)
    with shifted(walk.town, timedelta(seconds=60)), pytest.raises(Answered, match="pay-code-ended"):
        loop.run(city.take("soba", code, 300))


def test_the_address_of_a_code_opens_nothing_for_anybody_else(walk: Walk, chromium: Browser) -> None:
    code = shown(walk)
    address = walk.page.url
    assert code not in address
    other = chromium.new_context(viewport=PHONE, locale="ja-JP")
    try:
        stranger = Walk(other.new_page(), walk.town, name="見本次郎").sign_in()
        stranger.page.goto(address)
        assert stranger.page.url.endswith("/pay")
        assert code not in stranger.page.content().replace(" ", "")
        for broken in (address[:-8] + "AAAAAAAA", address[:60]):
            walk.page.goto(broken)
            assert not walk.page.is_visible("#pay-code")
    finally:
        other.close()


def test_a_code_that_is_left_open_keeps_no_session_alive(walk: Walk) -> None:
    shown(walk)
    with shifted(walk.town, timedelta(minutes=10)):
        walk.page.wait_for_url("**/login?**")
        assert not walk.page.is_visible("#pay-code")


def test_more_than_there_is_is_refused_and_the_code_serves_for_less(
    walk: Walk, city: CityHall, loop: Loop
) -> None:
    code = shown(walk)
    with pytest.raises(Answered, match="not-enough-points"):
        loop.run(city.take("soba", code, 1_001))
    assert walk.page.is_visible("#pay-code")
    spend_id = loop.run(city.take("soba", code, 1_000))
    walk.page.wait_for_url(f"**/pay/done/{spend_id}")
    assert walk.points("#paid-left") == 0
    assert "使える自治体ポイントがありません" in walk.to("/pay").page.inner_text("main")


def test_history_and_receipt_name_the_shop_and_what_came_back(walk: Walk, city: CityHall, loop: Loop) -> None:
    spend_id = loop.run(city.take("toki", shown(walk), 400))
    walk.page.wait_for_url(f"**/pay/done/{spend_id}")
    loop.run(city.give_back("toki", spend_id, 150))
    walk.page.reload()
    assert walk.points("#paid-refunded") == 150
    assert walk.points("#paid-left") == 750
    walk.page.click("a:has-text('履歴へ戻る')")
    walk.picture("history")
    lines = walk.page.locator(".history tbody tr")
    assert [line.split() for line in lines.locator(".what").all_inner_texts()] == [
        ["お店での支払いの取消", "陶器店", "見本"],
        ["お店での支払い", "陶器店", "見本"],
        ["自治体からの給付", "子育て応援給付"],
    ]
    lines.nth(1).locator("a").click()
    walk.picture("receipt")
    text = walk.page.inner_text("main")
    assert "陶器店 見本" in text
    assert spend_id in text
    assert "協力会社" not in text


def test_a_payment_of_somebody_else_is_not_there(
    walk: Walk, city: CityHall, loop: Loop, chromium: Browser
) -> None:
    spend_id = loop.run(city.take("soba", shown(walk), 10))
    other = chromium.new_context(locale="ja-JP")
    try:
        stranger = Walk(other.new_page(), walk.town, name="見本次郎").sign_in()
        stranger.to(f"/pay/done/{spend_id}")
        assert stranger.page.inner_text("h1") == "この支払いは見つかりません"
    finally:
        other.close()


def test_the_pages_are_accessible_light_and_quiet(walk: Walk, city: CityHall, loop: Loop) -> None:
    seen = watched(walk.page, walk.town.portal_url)
    code = shown(walk)
    screen = walk.page.url.removeprefix(walk.town.portal_url)
    is_good(seen, screen)
    spend_id = loop.run(city.take("soba", code, 10))
    for path in ("/pay", f"/pay/done/{spend_id}"):
        is_good(seen, path)
    for language in ("English", "やさしい日本語"):
        choose_language(walk.page, language)
        is_good(seen, "/pay")
