"""At the counter with two telephones at once: the shop's and the member's, on real processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect

from gateway.demo.environment import DemoEnvironment
from municipal.app import make_app
from municipal.counter import code_of
from municipal.session import Session, staff_seal
from municipal.settings import Settings
from pagekit.session_cookie import begun
from tests.municipal.clerk import Clerk
from tests.portal.camera import film, on_screen
from tests.portal.city_hall import CityHall
from tests.portal.conftest import Loop, shifted, with_camera
from tests.portal.test_every_page import is_good, watched
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong

NOWHERE = "http://127.0.0.1:9"  # the discard port, at which nobody answers
LOSE_ONE_ANSWER = """() => {
  const whole = window.fetch;
  window.fetch = async (...asked) => {
    await whole(...asked);
    window.fetch = whole;
    throw new TypeError("the answer was lost");
  };
}"""
"""The request arrives, and is done; its answer does not come back."""
PHONE: ViewportSize = {"width": 390, "height": 844}


@contextmanager
def telephone(browser: Browser, *, scripts: bool = True) -> Iterator[BrowserContext]:
    browser_context = browser.new_context(viewport=PHONE, locale="ja-JP", java_script_enabled=scripts)
    yield browser_context
    browser_context.close()


@pytest.fixture
def member(chromium: Browser, town: DemoEnvironment, payer: str) -> Iterator[Walk]:
    """The member with 1,000 points, signed in."""
    with telephone(chromium) as context:
        yield Walk(context.new_page(), town, name=payer).sign_in()


@pytest.fixture
def soba(chromium: Browser, town: DemoEnvironment, city: CityHall) -> Iterator[Clerk]:
    with telephone(chromium) as context:
        yield Clerk(context.new_page(), town, "soba@mise", "counter").sign_in()


@pytest.fixture
def toki(chromium: Browser, town: DemoEnvironment, city: CityHall) -> Iterator[Clerk]:
    with telephone(chromium) as context:
        yield Clerk(context.new_page(), town, "toki@mise").sign_in()


def code_shown(member: Walk) -> str:
    """The digits on the member's screen."""
    member.to("/pay").page.click("button.service")
    member.page.wait_for_selector("#pay-code svg")
    return member.page.inner_text(".digits")


def test_the_shops_camera_reads_the_members_screen_and_both_see_the_payment(
    chromium: Browser, member: Walk, city: CityHall, tmp_path: Path
) -> None:
    code_shown(member)
    seen = film(on_screen(member.page), tmp_path / "screen.y4m")
    with with_camera(chromium, seen) as browser, telephone(browser) as context:
        clerk = Clerk(context.new_page(), member.town, "soba@mise", "counter").sign_in()
        clerk.picture("amount")
        clerk.amount(300)
        clerk.page.wait_for_selector("form[action='/shop/take']")
        clerk.picture("confirm")
        assert "300 ポイントを受け取ります" in clerk.page.inner_text(".sentence")
        clerk.take()
        assert clerk.taken() == 300
        clerk.picture("taken")
        member.page.wait_for_url("**/pay/done/**")
        assert member.page.inner_text("#paid-shop") == "そば処 見本"
        assert member.points("#paid-left") == 700
        assert member.page.url.rpartition("/")[2] == clerk.page.url.rpartition("/")[2]


def test_typed_digits_take_points_without_scripts_on_either_telephone(
    chromium: Browser, town: DemoEnvironment, payer: str, city: CityHall
) -> None:
    with telephone(chromium, scripts=False) as browser_context, telephone(chromium, scripts=False) as other:
        member = Walk(browser_context.new_page(), town, name=payer).sign_in()
        clerk = Clerk(other.new_page(), town, "soba@mise").sign_in()
        digits = code_shown(member)
        clerk.amount(250).code(digits).take()
        assert clerk.taken() == 250
        member.page.click("a:has-text('最新の状態を見る')")
        member.page.wait_for_selector("#paid-points")
        assert member.points("#paid-points") == 250


def test_what_a_member_pays_by_the_shops_qr_appears_on_the_shops_screen(
    member: Walk, soba: Clerk, city: CityHall, loop: Loop
) -> None:
    soba.to("/shop/take")
    member.to(f"/pay/shop?code={loop.run(city.shop_code('soba'))}")
    member.page.fill("#points", "137")
    member.page.click("form[action='/pay/shop/confirm'] button.primary")
    member.page.click("form[action='/pay/shop'] button.primary")
    member.page.wait_for_selector("#paid-points")
    first = soba.page.locator("#latest li").first
    expect(first).to_contain_text("137")
    expect(first).to_contain_text("お客様が読み取り")
    soba.to("/shop/day").picture("day")
    assert "137" in soba.page.inner_text("tbody tr:first-child")


def pay_by_the_shops_code(member: Walk, code: str, points: int) -> None:
    member.to(f"/pay/shop?code={code}")
    member.page.fill("#points", str(points))
    member.page.click("form[action='/pay/shop/confirm'] button.primary")
    member.page.click("form[action='/pay/shop'] button.primary")
    member.page.wait_for_selector("#paid-points")


class TestSound:
    """What arrives is said, marked, and heard by who has switched that on; the browser keeps the choice."""

    def test_an_arrival_is_said_and_marked_and_is_silent_until_switched_on(
        self, member: Walk, soba: Clerk, city: CityHall, loop: Loop
    ) -> None:
        code = loop.run(city.shop_code("soba"))
        word, sound = soba.to("/shop/take").page.locator("#arrival"), soba.page.locator("#sound")
        expect(word).to_be_empty()  # what was there before has not arrived now
        expect(sound).not_to_be_checked()
        pay_by_the_shops_code(member, code, 11)
        expect(word).to_have_text("お客様から 11 ポイントを受け取りました。")
        expect(soba.page.locator("#latest li.arrived")).to_have_count(1)
        expect(soba.page.locator("#latest li.arrived")).to_contain_text("11")
        expect(sound).not_to_have_attribute("data-played", "1")
        soba.picture("arrived")

        sound.check()
        expect(sound).to_have_attribute("data-played", "1")  # heard once as it is switched on
        pay_by_the_shops_code(member, code, 12)
        expect(word).to_have_text("お客様から 12 ポイントを受け取りました。")
        expect(sound).to_have_attribute("data-played", "2")

        expect(soba.to("/shop/take").page.locator("#sound")).to_be_checked()
        soba.page.click("h1")  # a browser sounds only after a touch
        expect(soba.page.locator("#sound-hint")).to_be_hidden()
        pay_by_the_shops_code(member, code, 13)
        expect(sound).to_have_attribute("data-played", "1")
        sound.uncheck()
        pay_by_the_shops_code(member, code, 14)
        expect(word).to_have_text("お客様から 14 ポイントを受け取りました。")
        expect(sound).to_have_attribute("data-played", "1")

    def test_what_the_shop_took_itself_is_no_arrival(
        self, member: Walk, soba: Clerk, chromium: Browser
    ) -> None:
        with telephone(chromium) as context:
            other = Clerk(context.new_page(), soba.town, "soba@mise").sign_in().to("/shop/take")
            soba.amount(159).code(code_shown(member)).take()
            assert soba.taken() == 159
            expect(other.page.locator("#latest li").first).to_contain_text("159")
            assert (
                other.page.locator("#latest li.arrived").count() == 0
            )  # not waited for: a mark ends by itself
            assert other.page.inner_text("#arrival") == ""

    def test_without_scripts_there_is_nothing_to_switch(self, chromium: Browser, soba: Clerk) -> None:
        with telephone(chromium, scripts=False) as context:
            clerk = Clerk(context.new_page(), soba.town, "soba@mise").sign_in().to("/shop/take")
            expect(clerk.page.locator("#sound-row")).to_be_hidden()
            expect(clerk.page.locator("#points")).to_be_visible()


def test_two_shops_with_one_code_at_once_take_points_once(member: Walk, soba: Clerk, toki: Clerk) -> None:
    digits = code_shown(member)
    for clerk in (soba, toki):
        clerk.amount(400).code(digits)
    for clerk in (soba, toki):
        clerk.page.evaluate("document.querySelector('[data-take]').requestSubmit()")
    for clerk in (soba, toki):
        clerk.page.wait_for_selector("#taken-points, #not-taken")
    told = [clerk.page.inner_text("h1") for clerk in (soba, toki)]
    assert sorted(told) == sorted(["ポイントを受け取りました", "このコードは使用済みです"])
    member.page.wait_for_url("**/pay/done/**")
    assert member.points("#paid-left") == 600


def test_a_double_click_a_second_scan_and_the_back_button_take_points_once(member: Walk, soba: Clerk) -> None:
    digits = code_shown(member)
    soba.amount(400).code(digits)
    soba.page.dblclick("form[action='/shop/take'] button.primary")
    assert soba.taken() == 400
    soba.page.go_back()
    soba.amount(400).code(digits).take()  # the same screen, scanned once more
    assert "このコードは使用済みです" in soba.not_taken()
    soba.picture("used")
    member.page.wait_for_url("**/pay/done/**")
    assert member.points("#paid-left") == 600


def test_more_than_the_balance_is_one_clear_answer_that_tells_no_balance(member: Walk, soba: Clerk) -> None:
    soba.amount(1_001).code(code_shown(member)).take()
    said = soba.not_taken()
    assert "お客様のポイントが足りません" in said
    assert "ポイントは受け取っていません" in said
    assert "1,000" not in soba.page.inner_text("main")
    soba.page.click("a:has-text('もう一度受け付ける')")
    assert soba.page.input_value("#points") == "1001"


def test_an_old_code_and_one_of_nobody_take_nothing(member: Walk, soba: Clerk) -> None:
    digits = code_shown(member)
    with shifted(member.town, timedelta(seconds=61)):
        soba.amount(10).code(digits).take()
        assert "コードの有効時間が切れました" in soba.not_taken()
    soba.amount(10).code("000000000000").take()
    assert "このコードは使えません" in soba.not_taken()
    soba.amount(10).code("PGS1.082163.soba.x")
    assert "お客様の支払いコードではありません" in soba.page.inner_text("#trouble")


def test_without_a_network_the_page_says_that_nothing_was_taken_and_the_same_payment_is_sent_later(
    member: Walk, soba: Clerk, city: CityHall, loop: Loop
) -> None:
    before = len(loop.run(city.day("soba")))
    soba.amount(300).code(code_shown(member))
    expect(soba.page.locator("#offline")).to_be_hidden()
    soba.page.context.set_offline(True)
    expect(soba.page.locator("#offline")).to_be_visible()
    soba.take()
    expect(soba.page.locator("#no-answer")).to_contain_text("ポイントは受け取っていません")
    soba.picture("offline")
    soba.page.click("#again")
    expect(soba.page.locator("#no-answer")).to_contain_text("ポイントは受け取っていません")
    assert len(loop.run(city.day("soba"))) == before
    soba.page.context.set_offline(False)
    soba.page.click("#again")
    assert soba.taken() == 300
    assert len(loop.run(city.day("soba"))) == before + 1


def test_an_answer_that_is_lost_is_asked_for_again_and_the_payment_is_one(
    member: Walk, soba: Clerk, city: CityHall, loop: Loop
) -> None:
    before = len(loop.run(city.day("soba")))
    soba.amount(300).code(code_shown(member))
    soba.page.evaluate(LOSE_ONE_ANSWER)
    soba.take()
    expect(soba.page.locator("#no-answer")).to_contain_text("結果が届きませんでした")
    soba.picture("lost")
    for _ in range(100):  # a machine that is busy loses the answer before the payment is done
        if len(loop.run(city.day("soba"))) == before + 1:
            break
        soba.page.wait_for_timeout(100)
    assert len(loop.run(city.day("soba"))) == before + 1
    with shifted(member.town, timedelta(seconds=90)):  # the code has ended; the payment has not
        soba.page.click("#again")
        assert soba.taken() == 300
    assert len(loop.run(city.day("soba"))) == before + 1


def test_a_refund_within_the_day_goes_back_at_once_and_never_twice(
    member: Walk, soba: Clerk, city: CityHall
) -> None:
    soba.amount(500).code(code_shown(member)).take()
    assert soba.taken() == 500
    soba.page.click("a:has-text('間違えたときは取り消す')")
    soba.picture("refund")
    soba.page.fill("#points", "501")
    soba.page.fill("#reason", "返品")
    soba.page.click("form[action$='/refund/confirm'] button")
    assert "数字を読み取れません" in soba.page.inner_text("#trouble")
    soba.page.fill("#points", "200")
    soba.page.click("form[action$='/refund/confirm'] button")
    soba.picture("refund-confirm")
    soba.page.dblclick("form[action$='/refund'] button.primary")
    soba.page.wait_for_url("**/shop/day?done=**")
    row = soba.page.locator("tbody tr").first
    expect(row).to_contain_text("500")
    expect(row).to_contain_text("200")
    assert member.to("/mypage").points(".tile.municipal") == 700


def test_the_shops_own_sheet_can_be_scanned_and_names_the_shop(
    chromium: Browser, member: Walk, soba: Clerk, tmp_path: Path
) -> None:
    soba.to("/shop/code").picture("sheet")
    assert soba.page.inner_text("h1") == "そば処 見本"
    with with_camera(chromium, film(on_screen(soba.page), tmp_path / "sheet.y4m")) as browser:
        page = browser.new_context(viewport=PHONE, locale="ja-JP").new_page()
        Walk(page, member.town, name=member.name).sign_in().to("/scan")
        page.wait_for_url("**/pay/shop?code=**")
        assert page.inner_text("#shop-name") == "そば処 見本"


def test_a_closed_cycle_can_be_read_and_kept_by_the_shop(
    chromium: Browser, town: DemoEnvironment, city: CityHall, loop: Loop, payer: str
) -> None:
    with telephone(chromium) as browser_context, telephone(chromium) as other:
        member = Walk(browser_context.new_page(), town, name=payer).sign_in()
        Clerk(other.new_page(), town, "toki@mise").sign_in().amount(321).code(
            code_shown(member)
        ).take().taken()
    taken = sum(one["points"] - one["refunded_points"] for one in loop.run(city.day("toki")))
    with shifted(town, timedelta(days=1)), telephone(chromium) as context:
        loop.run(loop.run(CityHall(town).open()).close_cycle("2018-07-16"))
        clerk = Clerk(context.new_page(), town, "toki@mise", "counter").sign_in().to("/shop/settlements")
        clerk.picture("cycles")
        clerk.page.click("ul.lines a")
        clerk.picture("statement")
        assert f"{taken:,} 円" in clerk.page.inner_text("main")
        for kind, begins in (("csv", b"\xef\xbb\xbf"), ("pdf", b"%PDF-")):
            path = clerk.page.get_attribute(f"a[href$='/{kind}']", "href")
            answer = clerk.page.request.get(f"{town.municipal_url}{path}")
            assert answer.body().startswith(begins)
            assert f"2018-07-16.{kind}" in answer.headers["content-disposition"]
        is_good(watched(clerk.page, town.municipal_url), "/shop/settlements/2018-07-16")
    loop.run(city.back_to_work())


def test_where_the_gateway_does_not_answer_the_same_payment_can_be_sent_again(
    town: DemoEnvironment, loop: Loop
) -> None:
    """The pages alone, with nobody behind them: they say that the result is not known, and keep the id."""
    settings = replace(Settings.load(town.folder / "municipal.toml"), gateway_url=NOWHERE)
    now = settings.clock()
    session = Session(
        **begun("token", now), staff_id="1", login="soba@mise", name="そば処 見本", role="shop", municipality="082163",
        municipality_name="笠間市", shop_id="soba", actions="take_points own_account", strong=False,
        first_password=False,
    )  # fmt: skip
    form = {
        "form_token": session.form_token(), "code": "123456789012", "points": "200",
        "id": "01a205a7-0000-7000-8000-000000000001",
    }  # fmt: skip

    async def ask() -> tuple[int, str]:
        cookies = {"municipal": staff_seal(settings.seal_secret).seal(session)}
        async with (
            TestServer(make_app(settings)) as server,
            ClientSession(cookies=cookies, cookie_jar=CookieJar(unsafe=True)) as http,
            http.post(
                server.make_url("/shop/take"), data=form, headers={"Origin": settings.origin}
            ) as answer,
        ):
            return answer.status, await answer.text()

    status, text = loop.run(ask())
    assert status == 503
    assert "二重に受け取ることはありません" in text
    for name in ("code", "points", "id"):
        assert f'name="{name}" value="{form[name]}"' in text


def test_the_shops_pages_are_accessible_light_and_quiet(member: Walk, soba: Clerk) -> None:
    digits = code_shown(member)
    soba.amount(10).code(digits).take()
    soba.taken()
    seen = watched(soba.page, soba.town.municipal_url)
    spend = soba.page.url.rpartition("/")[2]
    for path in (
        "/shop/take",
        "/shop/take?points=10",
        "/shop/take/scan?points=10",
        "/shop/take/scan?points=x",
        f"/shop/taken/{spend}",
        "/shop/day",
        "/shop/day?day=2018-07-01",
        f"/shop/spends/{spend}/refund",
        "/shop/code",
        "/shop/settlements",
        "/shop/people",
    ):
        is_good(seen, path)


def test_a_shops_person_sees_no_page_of_the_city(soba: Clerk) -> None:
    for path in ("/figures", "/staff", "/audit", "/settlements"):
        assert soba.page.request.get(soba.town.municipal_url + path).status == 403
    assert soba.page.locator("nav.sections a").all_inner_texts() == [
        "受付", "今日の利用", "お店のQRコード", "レジの端末", "お店のログイン", "期間の集計", "精算の明細",
        "市からのお知らせ",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1234 5678-9012", "123456789012"),
        ("１２３４５６７８９０１２", "123456789012"),
        ("PGP1.123456789012.AbCd_-9", "PGP1.123456789012.AbCd_-9"),
        ("12345", None),
        ("PGS1.082163.soba.abc", None),
        ("", None),
    ],
)
def test_a_code_is_read_kindly_and_nothing_else_is_taken_for_one(typed: str, code: str | None) -> None:
    assert code_of(typed) == code
