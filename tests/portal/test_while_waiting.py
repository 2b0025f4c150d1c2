"""What a person sees while the partner's answer is not known, and what impatience does: nothing."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext

from gateway.demo.environment import DemoEnvironment
from tests.portal.conftest import Loop, shifted
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")


def order(town: DemoEnvironment, method: str, path: str, body: object = None) -> None:
    """Tell the partner's sandbox to break, or to go on."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(town.saison_control_url + path, data=content, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


@pytest.fixture
def trouble(town: DemoEnvironment) -> Iterator[None]:
    yield
    order(town, "POST", "/finish")
    order(town, "DELETE", "/faults")


@pytest.fixture
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    browser_context = chromium.new_context(
        viewport={"width": 390, "height": 844},
        locale="ja-JP",
        java_script_enabled=getattr(request, "param", True),
    )
    yield browser_context
    browser_context.close()


with_and_without_scripts = pytest.mark.parametrize(
    "context", [True, False], ids=["scripts", "no-scripts"], indirect=True
)


@pytest.fixture
def walk(context: BrowserContext, town: DemoEnvironment) -> Walk:
    return Walk(context.new_page(), town)


@with_and_without_scripts
@pytest.mark.usefixtures("trouble")
def test_an_exchange_in_progress_says_so_and_shows_its_end_by_itself(
    walk: Walk, request: pytest.FixtureRequest
) -> None:
    order(walk.town, "POST", "/faults", {"operation": "capture", "kind": "late", "seconds": 3600})
    walk.sign_in().link_saison().to_reserve().units("1").confirm().picture("waiting")
    assert walk.page.inner_text("h1") == "協力会社に確認しています"
    assert "お届け予定" in walk.page.inner_text("#outcome")
    address = walk.page.url
    assert "確認中の移行があります" in walk.to("/mypage").page.inner_text("main")
    walk.page.goto(address)  # as somebody who closed the browser and came back
    order(walk.town, "POST", "/finish")
    if "no-scripts" in request.node.name:
        for look in range(
            1, 11
        ):  # the partner is not asked at every look, and a look may come before its answer
            with shifted(walk.town, timedelta(seconds=30 * look)):
                walk.page.click("#outcome a")
                walk.page.wait_for_load_state()
            if walk.page.locator("#outcome.settled").count():
                break
    walk.page.wait_for_selector("#outcome.settled", timeout=15_000)
    assert walk.points("#settled-points") == 450


@pytest.mark.usefixtures("trouble")
def test_a_partner_that_is_away_moves_nothing_and_says_so(walk: Walk) -> None:
    walk.sign_in().link_saison().to_reserve().units("1")
    before = walk.page.url
    order(walk.town, "POST", "/faults", {"kind": "refuse", "seconds": 5})
    walk.confirm()
    assert walk.page.inner_text("h1") == "移行できませんでした"
    assert "ポイントはセゾンに残っています" in walk.page.inner_text("main")
    assert before.endswith("/confirm")


@with_and_without_scripts
def test_a_double_click_exchanges_once(walk: Walk) -> None:
    walk.sign_in().to("/mypage")
    before = walk.points("#reserve-points")
    walk.link_saison().to_reserve().units("1")
    walk.page.dblclick("form[action$='/confirm'] button.primary")
    walk.page.wait_for_selector("#settled-points")
    walk.to("/mypage")
    assert walk.points("#reserve-points") == before + 450


def test_the_same_move_sent_twice_from_two_windows_is_one(walk: Walk) -> None:
    walk.sign_in().link_saison().to_reserve().units("1").confirm()
    before = walk.to("/mypage").points("#reserve-points")
    walk.to("/allocate/points?municipality=082163&point_service=kasama-ouen")
    walk.page.fill("#points", "100")
    walk.page.click("button.primary")
    confirm = walk.page.url
    second = (
        walk.page.context.new_page()
    )  # the same page in a second window, opened before the first has sent it
    second.goto(confirm)
    for window in (walk.page, second):
        window.click("form[data-once] button.primary")
        window.wait_for_selector("#settled-points")
    walk.page.goto(confirm)  # as the back button does: what was moved is shown
    walk.page.wait_for_selector("#settled-points")
    assert walk.to("/mypage").points("#reserve-points") == before - 100


def test_a_coupon_becomes_points_whole_and_once(walk: Walk, coupon: str) -> None:
    walk.sign_in()
    before = walk.to("/mypage").points("#reserve-points")
    walk.to("/coupon")
    walk.page.fill("#coupon_code", coupon)
    walk.page.click("form.card button")
    walk.page.wait_for_url("**/destination")
    walk.page.click("a[href$='units?destination=reserve']")
    assert not walk.page.is_visible("#units")
    walk.page.click("form[action$='/units'] button.primary")
    assert walk.points("#quoted-points") == 1_000
    walk.confirm()
    assert walk.to("/mypage").points("#reserve-points") == before + 1_000
    walk.to("/coupon")
    walk.page.fill("#coupon_code", coupon)
    walk.page.click("form.card button")
    assert "このクーポンコードは使用済みです" in walk.page.inner_text("#trouble")


def test_the_way_to_an_exchange_needs_no_mouse(walk: Walk) -> None:
    """From the login to the outcome with Tab, Enter and letters alone."""
    page = walk.page

    def reach(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"Tab never reaches {selector}")

    walk.to("/login")
    reach("#mykey_id")
    page.keyboard.type(walk.town.mykey_ids["見本太郎"])
    reach("#password")
    page.keyboard.type("sample-1001-1001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mypage")
    walk.link_saison()
    reach("a[href$='units?destination=reserve']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#units")
    reach("#units")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm")
    reach("form[action$='/confirm'] button.primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#settled-points")


@pytest.mark.usefixtures("trouble")
def test_a_partner_in_maintenance_says_until_when_and_cannot_be_chosen(
    walk: Walk, town: DemoEnvironment, loop: Loop
) -> None:
    now = town.clock()
    ends_at = now + timedelta(hours=2)
    words = ("saison", f"{now:%Y-%m-%dT%H:%M}", f"{ends_at:%Y-%m-%dT%H:%M}")
    code, told = loop.run(town.run("partners maintenance", *words, "--reason", "点検"))
    assert code == 0, told
    try:
        walk.sign_in().to("/partners").picture("partners-in-maintenance")
        closed = walk.page.locator(".partner.closed")
        assert closed.count() == 1
        assert "ただいま利用できません" in closed.inner_text()
        assert f"{ends_at:%H:%M}" in closed.inner_text()
        assert walk.page.locator("form[action='/partners/saison/start']").count() == 0
    finally:
        loop.run(town.run("partners maintenance", *words, "--withdraw"))
    assert walk.to("/partners").page.locator("form[action='/partners/saison/start']").count() == 1
