"""What keeps one person's points from another: at a library, on a phone that is passed on, from another site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext

from gateway.demo.environment import DemoEnvironment
from tests.portal.conftest import shifted
from tests.portal.walk import Walk
from tests.site_header import sign_out

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    browser_context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    yield browser_context
    browser_context.close()


@pytest.fixture
def walk(context: BrowserContext, town: DemoEnvironment) -> Walk:
    return Walk(context.new_page(), town)


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(walk: Walk, context: BrowserContext) -> None:
    walk.sign_in()
    cookie = next(one for one in context.cookies() if one["name"] == "portal")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert cookie["expires"] == -1  # it goes with the browser
    assert walk.town.mykey_ids["見本太郎"] not in cookie["value"]


def test_a_page_says_whose_it_is_and_not_more_than_that(walk: Walk) -> None:
    header = walk.sign_in().page.inner_text(".whose")
    assert "見＊＊郎" in header
    assert walk.town.mykey_ids["見本太郎"] not in walk.page.content()


@pytest.mark.parametrize("half", ["mykey_id", "password"])
def test_a_wrong_login_does_not_say_which_half_was_wrong(walk: Walk, half: str) -> None:
    walk.to("/login")
    walk.page.fill("#mykey_id", "AAAAAAAA" if half == "mykey_id" else walk.town.mykey_ids["見本次郎"])
    walk.page.fill("#password", "not the right one")
    walk.page.click("form[action='/login'] button")
    assert "マイキーIDまたはパスワードが違います" in walk.page.inner_text("#trouble")
    assert walk.page.input_value("#password") == ""


def test_after_logout_the_back_button_shows_nothing(walk: Walk, context: BrowserContext) -> None:
    kept = next(cookie for cookie in walk.sign_in().page.context.cookies() if cookie["name"] == "portal")
    sign_out(walk.page)
    assert walk.page.url.endswith("/signed-out")
    assert not [cookie for cookie in context.cookies() if cookie["name"] == "portal"]
    # By the page itself: the driver asks for the history of a page that the browser may be dropping just now.
    walk.page.wait_for_load_state("networkidle")
    walk.page.evaluate("setTimeout(() => history.back(), 0)")
    walk.page.wait_for_url("**/login**")
    assert "見＊＊郎" not in walk.page.inner_text("body")
    # A copy of the cookie, kept by somebody.
    context.add_cookies([kept])  # type: ignore[list-item]
    walk.to("/mypage")
    assert "/login" in walk.page.url


def test_an_idle_session_ends_and_the_page_answers_with_login(walk: Walk, context: BrowserContext) -> None:
    walk.sign_in()
    with shifted(walk.town, timedelta(minutes=10)):
        walk.to("/mypage")
        assert walk.page.url.endswith("why=idle")
        assert "操作がなかったため" in walk.page.inner_text("main")
        assert not [cookie for cookie in context.cookies() if cookie["name"] == "portal"]


def test_at_a_shared_terminal_two_minutes_end_it_and_the_screen_says_so(walk: Walk) -> None:
    walk.page.clock.install()
    walk.sign_in(shared_terminal=True)
    assert "共用端末" in walk.page.inner_text(".whose")
    walk.page.clock.run_for(91_000)
    assert walk.page.is_visible("#idle")
    walk.page.clock.run_for(30_000)
    walk.page.wait_for_url("**/signed-out?why=idle*")
    assert "前の方の情報は残っていません" in walk.page.inner_text("main")
    walk.to("/mypage")
    assert "/login" in walk.page.url


def test_the_warning_can_be_answered_and_the_session_goes_on(walk: Walk) -> None:
    walk.page.clock.install()
    walk.sign_in()
    walk.page.clock.run_for(545_000)
    assert walk.page.is_visible("#idle")
    with walk.page.expect_response("**/still-here") as answer:
        walk.page.click("#idle-stay")
    assert answer.value.status == 204
    walk.page.wait_for_selector("#idle", state="hidden")
    walk.page.clock.run_for(60_000)
    assert walk.to("/mypage").page.inner_text("h1") == "利用者マイページ"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_site_does_nothing(walk: Walk, headers: dict[str, str]) -> None:
    walk.sign_in()
    token = walk.page.get_attribute("form[action='/logout'] input", "value") or ""
    given = {"Origin": walk.town.portal_url} | headers if "Sec-Fetch-Site" in headers else headers
    answer = walk.page.request.post(
        f"{walk.town.portal_url}/logout", form={"form_token": token}, headers=given, max_redirects=0
    )
    assert answer.status == 403
    assert walk.to("/mypage").page.inner_text("h1") == "利用者マイページ"


def test_a_form_without_its_token_does_nothing(walk: Walk) -> None:
    walk.sign_in()
    for token in ("", "0" * 32, "é"):
        answer = walk.page.request.post(
            f"{walk.town.portal_url}/logout",
            form={"form_token": token},
            headers={"Origin": walk.town.portal_url},
            max_redirects=0,
        )
        assert answer.status == 403
    assert walk.to("/mypage").page.inner_text("h1") == "利用者マイページ"


def test_login_leads_back_to_the_page_that_was_asked_for_and_never_elsewhere(walk: Walk) -> None:
    for wanted, found in (
        ("/settings", "/settings"),
        ("//elsewhere.example", "/mypage"),
        ("https://elsewhere.example", "/mypage"),
        ("/\\elsewhere.example", "/mypage"),
    ):
        walk.page.context.clear_cookies()
        walk.to("/login?next=" + wanted.replace("/", "%2F").replace("\\", "%5C"))
        walk.page.fill("#mykey_id", walk.town.mykey_ids["見本太郎"])
        walk.page.fill("#password", "sample-1001-1001")
        walk.page.click("form[action='/login'] button")
        assert walk.page.url == walk.town.portal_url + found


def test_every_answer_forbids_inline_scripts_frames_and_being_kept(walk: Walk) -> None:
    walk.sign_in()
    for path in ("/", "/mypage", "/nothing-here", "/login"):
        headers = walk.page.request.get(walk.town.portal_url + path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def test_another_members_exchange_is_not_there(walk: Walk, chromium: Browser) -> None:
    walk.sign_in().link_saison()
    address = walk.page.url.removeprefix(walk.town.portal_url)
    other = chromium.new_context(locale="ja-JP")
    try:
        stranger = Walk(other.new_page(), walk.town, name="見本次郎").sign_in()
        for path in (
            address,
            address.removesuffix("/destination"),
            address.replace("destination", "confirm"),
        ):
            stranger.to(path)
            assert stranger.page.inner_text("h1") == "この移行は見つかりません"
    finally:
        other.close()


def test_a_partner_account_of_another_member_is_refused_in_words(chromium: Browser, walk: Walk) -> None:
    walk.sign_in().link_saison()
    other = chromium.new_context(locale="ja-JP")
    try:
        page = other.new_page()
        Walk(page, walk.town, name="見本次郎").sign_in().to("/partners")
        page.click("form[action='/partners/saison/start'] button")
        page.click(".card a.primary")
        page.fill("[name=number]", "1001-0001")
        page.fill("[name=password]", "sample-taro")
        page.click("button")
        page.click("button[value=agree]")
        assert page.inner_text("h1") == "この会員番号は別の方と連携済みです"
    finally:
        other.close()
