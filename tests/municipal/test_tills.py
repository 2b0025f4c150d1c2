"""A till that stays signed in: a real browser is bound, goes on after the session, and opens nothing but the till."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from gateway.demo.environment import DemoEnvironment
from municipal.session import staff_seal
from tests.axe import faults
from tests.municipal.clerk import Clerk
from tests.municipal.test_counter import code_shown, telephone
from tests.portal.city_hall import PASSWORD, CityHall
from tests.portal.test_every_page import is_good, watched
from tests.portal.walk import Walk
from tests.site_header import sign_out

pytestmark = pytest.mark.xdist_group("browser")
PIN = "4627"


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    with telephone(chromium) as context:
        yield context


@pytest.fixture
def member(chromium: Browser, town: DemoEnvironment, payer: str) -> Iterator[Walk]:
    with telephone(chromium) as context:
        yield Walk(context.new_page(), town, name=payer).sign_in()


@pytest.fixture
def toki(phone: BrowserContext, town: DemoEnvironment, city: CityHall) -> Clerk:
    return Clerk(phone.new_page(), town, "toki@mise", "tills").sign_in()


def bind(clerk: Clerk, name: str) -> Clerk:
    clerk.to("/shop/tills")
    clerk.page.fill("#name", name)
    clerk.page.fill("#password-bind", PASSWORD)
    clerk.page.click("form[action='/shop/tills'] button.primary")
    clerk.page.wait_for_selector(".settled")
    return clerk


def leave(clerk: Clerk) -> Clerk:
    """The person signs out, and the device is a till."""
    clerk.page.click("main form[action='/logout'] button")
    clerk.page.click("a:has-text('レジに戻る')")
    clerk.page.wait_for_selector("#till-name")
    return clerk


def set_pin(clerk: Clerk, pin: str, again: str | None = None) -> Clerk:
    clerk.to("/shop/tills")
    clerk.page.fill("#pin", pin)
    clerk.page.fill("#pin_again", again or pin)
    clerk.page.fill("#password-pin", PASSWORD)
    clerk.page.click("form[action='/shop/tills/pin'] button.primary")
    clerk.page.wait_for_load_state()
    return clerk


def secret_of(phone: BrowserContext) -> str:
    return next(cookie["value"] for cookie in phone.cookies() if cookie["name"].endswith("till"))


def sign_in_again(clerk: Clerk) -> Clerk:
    clerk.to("/login?why=till")
    clerk.page.fill("#login", clerk.login)
    clerk.page.fill("#password", PASSWORD)
    clerk.page.click("form[action='/login'] button")
    clerk.page.wait_for_url("**/shop/take")
    return clerk


def test_a_bound_phone_takes_points_after_the_session_and_opens_nothing_else(
    toki: Clerk, phone: BrowserContext, member: Walk
) -> None:
    bind(toki, "レジ1").picture("bound")
    cookie = next(cookie for cookie in phone.cookies() if cookie["name"].endswith("till"))
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert cookie["value"].startswith("pgb_")
    assert cookie["value"] not in toki.page.content()
    toki.page.click("a:has-text('レジの端末の一覧に戻る')")
    expect(toki.page.locator("#tills li").first).to_contain_text("レジ1")
    toki.picture("list")
    bind(toki, "レジ2")

    leave(toki).picture("till")
    assert toki.page.inner_text("#till-name") == "レジ2"
    assert toki.page.locator("#idle").count() == 0
    links = toki.page.locator(".sections a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert links == ["/shop/take", "/shop/day"]
    for path in ("/shop/settlements", "/shop/people", "/shop/tills", "/shop/code", "/account"):
        toki.to(path)
        assert toki.page.url.endswith("/login?why=till"), path
    toki.picture("sign-in")
    toki.page.click("a:has-text('レジに戻る')")

    toki.amount(120).code(code_shown(member)).take()
    assert toki.taken() == 120
    toki.to("/shop/day").picture("till-day")
    expect(toki.page.locator("tbody tr").first).to_contain_text("120")
    assert toki.page.locator("#day, #reference").count() == 0


def test_it_is_told_to_the_shop_and_one_that_is_ended_is_a_strangers_phone(
    toki: Clerk, chromium: Browser, town: DemoEnvironment
) -> None:
    bind(toki, "なくすレジ")
    leave(toki)
    with telephone(chromium) as context:
        owner = Clerk(context.new_page(), town, "toki@mise").sign_in()
        owner.page.click("#till-new a")
        owner.page.click("button[aria-label='登録を終了する なくすレジ']")
        expect(owner.page.locator(".notice.good")).to_contain_text("登録を終了しました")
        assert "なくすレジ" not in owner.page.inner_text("main")
    toki.to("/shop/take")
    assert "/login" in toki.page.url
    assert not [cookie for cookie in toki.page.context.cookies() if cookie["name"].endswith("till")]


def test_a_till_gives_back_with_the_pin_alone(toki: Clerk, member: Walk) -> None:
    set_pin(toki, "1234")
    expect(toki.page.locator("#trouble")).to_contain_text("この暗証番号は使えません")
    set_pin(toki, PIN, "4628")
    expect(toki.page.locator("#trouble")).to_contain_text("一致しません")
    set_pin(toki, PIN)
    expect(toki.page.locator(".notice.good")).to_contain_text("設定しました")
    leave(bind(toki, "レジ3"))
    toki.amount(80).code(code_shown(member)).take()
    assert toki.taken() == 80
    toki.page.click("a:has-text('間違えたときは取り消す')")
    toki.page.fill("#reason", "打ち間違い")
    toki.page.click("form.card button.primary")
    toki.picture("pin")
    for typed, told in (("4628", "あと 4 回"), ("12", "4〜8桁の数字")):
        toki.page.fill("#pin", typed)
        toki.page.click("form.card button.primary")
        expect(toki.page.locator("#trouble")).to_contain_text(told)
    toki.picture("pin-wrong")
    assert faults(toki.page) == []
    toki.page.fill("#pin", PIN)
    toki.page.click("form.card button.primary")
    expect(toki.page.locator(".notice.good")).to_contain_text("ポイントをお客様に戻しました")


def test_signing_in_at_the_till_opens_everything_until_one_signs_out(toki: Clerk) -> None:
    leave(bind(toki, "レジ4"))
    sign_in_again(toki)
    assert toki.page.locator("#till-name").count() == 0
    toki.to("/shop/settlements")
    assert toki.page.url.endswith("/shop/settlements")
    sign_out(toki.page)
    toki.page.click("a:has-text('レジに戻る')")
    assert toki.page.inner_text("#till-name") == "レジ4"


def test_a_till_that_slept_shows_its_secret_again_and_goes_on_at_the_till(
    toki: Clerk, phone: BrowserContext
) -> None:
    leave(bind(toki, "レジ5"))
    before = secret_of(phone)
    session = next(cookie["name"] for cookie in phone.cookies() if cookie["name"].endswith("municipal"))
    phone.clear_cookies(name=session)
    toki.to("/shop/take")
    assert toki.page.inner_text("#till-name") == "レジ5"
    assert secret_of(phone) != before


def test_without_scripts_a_till_is_bound_and_takes_points(
    chromium: Browser, town: DemoEnvironment, city: CityHall
) -> None:
    with telephone(chromium, scripts=False) as context:
        clerk = Clerk(context.new_page(), town, "toki@mise").sign_in()
        leave(bind(clerk, "スクリプトなし"))
        expect(clerk.to("/shop/take").page.locator("#points")).to_be_visible()


def test_the_pages_are_accessible_light_and_quiet(toki: Clerk) -> None:
    seen = watched(toki.page, toki.town.municipal_url)
    is_good(seen, "/shop/tills")
    leave(bind(toki, "レジ6"))
    for path in ("/shop/take", "/shop/day", "/login?why=till"):
        is_good(seen, path)


def test_a_form_sent_after_a_day_is_drawn_again_at_the_till(
    toki: Clerk, phone: BrowserContext, town: DemoEnvironment
) -> None:
    leave(bind(toki, "レジ6"))
    toki.amount(90)
    cookie = next(cookie for cookie in phone.cookies() if cookie["name"].endswith("municipal"))
    cipher = staff_seal((town.folder / "municipal_seal.secret").read_text("utf-8").strip().encode())
    session = cipher.open(cookie["value"])
    assert session is not None
    older = replace(session, used_at=session.used_at - 24 * 3_600)
    phone.add_cookies(
        [{"name": cookie["name"], "value": cipher.seal(older), "url": town.municipal_url, "httpOnly": True}]
    )
    toki.code("123456789012")
    expect(toki.page.locator("main")).to_contain_text("90")
    assert toki.page.locator("form[action='/shop/take'] button.primary").count() == 1
    assert toki.page.inner_text("#till-name") == "レジ6"
