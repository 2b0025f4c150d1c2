"""QRコードを読み取る: a shop's code that the camera sees, or that a hand types; a venue's code, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer
from playwright.sync_api import Browser, BrowserContext, Route, ViewportSize, expect

from gateway.api.city.routes import api
from gateway.demo.environment import DemoEnvironment
from portal.app import make_app
from portal.error_messages import TROUBLES
from portal.session import members_seal, new_session
from portal.settings import Settings
from tests.portal.camera import film, printed
from tests.portal.city_hall import CityHall
from tests.portal.conftest import Loop, shifted, with_camera
from tests.portal.test_every_page import is_good, watched
from tests.portal.walk import PASSWORDS, Walk

pytestmark = pytest.mark.xdist_group("browser")
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong

NOWHERE = "http://127.0.0.1:9"  # the discard port, at which nobody answers
PHONE: ViewportSize = {"width": 390, "height": 844}
with_and_without_scripts = pytest.mark.parametrize(
    "context", [True, False], ids=["scripts", "no-scripts"], indirect=True
)


@pytest.fixture
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    browser_context = chromium.new_context(
        viewport=PHONE, locale="ja-JP", java_script_enabled=getattr(request, "param", True)
    )
    yield browser_context
    browser_context.close()


@pytest.fixture
def walk(context: BrowserContext, town: DemoEnvironment, payer: str) -> Walk:
    return Walk(context.new_page(), town, name=payer, pictures="scanning").sign_in()


@pytest.fixture(scope="module")
def reader(chromium: Browser, town: DemoEnvironment, city: CityHall, loop: Loop) -> Iterator[Walk]:
    """One member with 1,000 points for all the stories in which nothing is paid."""
    name, PASSWORDS[name] = loop.run(city.member(1_000))
    context = chromium.new_context(viewport=PHONE, locale="ja-JP")
    yield Walk(context.new_page(), town, name=name, pictures="scanning").sign_in()
    context.close()


@pytest.fixture(scope="session")
def soba(city: CityHall, loop: Loop) -> str:
    """The text of the QR on the counter of そば処 見本."""
    return str(loop.run(city.shop_code("soba")))


def typed(walk: Walk, code: str) -> None:
    walk.to("/scan")
    walk.page.fill("#code", code)
    walk.page.click("form[action='/scan'] button.primary")
    walk.page.wait_for_load_state()


def to_confirm(walk: Walk, code: str, points: str) -> None:
    typed(walk, code)
    walk.page.fill("#points", points)
    walk.page.click("form[action='/pay/shop/confirm'] button.primary")
    walk.page.wait_for_load_state()


def test_the_camera_reads_the_shops_code_and_the_member_sees_whose_it_is_before_paying(
    chromium: Browser,
    town: DemoEnvironment,
    payer: str,
    soba: str,
    tmp_path: Path,
    city: CityHall,
    loop: Loop,
) -> None:
    with with_camera(chromium, film(printed(soba), tmp_path / "counter.y4m")) as browser:
        page = browser.new_context(viewport=PHONE, locale="ja-JP").new_page()
        walk = Walk(page, town, name=payer, pictures="scanning").sign_in()
        page.click("a[href='/scan']")
        page.wait_for_url("**/pay/shop?code=**")
        assert page.inner_text("#shop-name") == "そば処 見本"
        assert "笠間1-2-3" in page.inner_text("main")
        walk.picture("amount")
        page.fill("#points", "150")
        page.click("form[action='/pay/shop/confirm'] button.primary")
        walk.picture("confirm")
        assert page.inner_text(".sentence") == "「そば処 見本」へ、150 ポイントを支払います。"
        page.click("form[action='/pay/shop'] button.primary")
        page.wait_for_selector("#paid-points")
        assert (walk.points("#paid-points"), walk.points("#paid-left")) == (150, 850)
        taken = loop.run(city.day("soba"))[0]
        assert (taken["points"], taken["way"]) == (150, "member_pays")
        assert page.url.endswith(taken["spend_id"])


@with_and_without_scripts
def test_a_member_without_a_camera_pays_by_the_six_digits_on_the_counter(
    walk: Walk, soba: str, city: CityHall, loop: Loop
) -> None:
    number = loop.run(city.shop_number("soba"))
    in_full_width = number.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    to_confirm(walk, f"{in_full_width[:3]}－{in_full_width[3:]}", "200")
    assert walk.page.inner_text(".sentence") == "「そば処 見本」へ、200 ポイントを支払います。"
    walk.page.click("form[action='/pay/shop'] button.primary")
    walk.page.wait_for_selector("#paid-points")
    assert walk.points("#paid-left") == 800


def test_a_number_that_no_shop_has_is_told_where_it_was_typed(
    reader: Walk, city: CityHall, loop: Loop
) -> None:
    number = loop.run(city.shop_number("soba"))
    typed(reader, wrong := number[:5] + str((int(number[5]) + 1) % 10))
    assert "この番号のお店はありません" in reader.page.inner_text("[role=alert]")
    assert reader.page.input_value("#code") == wrong
    assert reader.page.evaluate("document.activeElement.closest('[role=alert]') !== null")


def test_where_the_camera_is_refused_the_page_says_so_and_the_field_is_there(reader: Walk) -> None:
    reader.to("/scan")
    expect(reader.page.locator("#scanner [role=status]")).to_contain_text("コードを入力してください")
    assert reader.page.is_visible("#code")
    reader.picture("no-camera")


def test_the_camera_is_open_to_the_page_that_scans_and_to_no_other(reader: Walk) -> None:
    policies = {
        path: reader.page.request.get(reader.town.portal_url + path).headers["permissions-policy"]
        for path in ("/scan", "/pay", "/mypage", "/login")
    }
    assert {path: "camera=(self)" in policy for path, policy in policies.items()} == {
        "/scan": True, "/pay": False, "/mypage": False, "/login": False,
    }  # fmt: skip


@with_and_without_scripts
def test_a_double_click_pays_once_and_the_way_back_leads_to_what_was_paid(walk: Walk, soba: str) -> None:
    to_confirm(walk, soba, "200")
    confirm = walk.page.url
    walk.page.dblclick("form[action='/pay/shop'] button.primary")
    walk.page.wait_for_selector("#paid-points")
    paid = walk.page.url
    walk.page.goto(confirm)  # the back button, a reload, a second window
    assert walk.page.url == paid
    assert walk.points("#paid-left") == 800


def test_the_same_confirm_page_in_two_windows_pays_once(walk: Walk, soba: str) -> None:
    to_confirm(walk, soba, "200")
    other = walk.page.context.new_page()
    other.goto(walk.page.url)
    for page in (walk.page, other):
        page.click("form[action='/pay/shop'] button.primary")
        page.wait_for_selector("#paid-points")
    assert other.url == walk.page.url
    assert walk.points("#paid-left") == 800


def test_a_payment_whose_answer_is_lost_is_sent_again_and_is_one(walk: Walk, soba: str) -> None:
    to_confirm(walk, soba, "200")
    confirm = walk.page.url

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)  # it has arrived, and been done
        route.abort()

    walk.page.route("**/pay/shop", lose)
    with walk.page.expect_event("requestfailed"):
        walk.page.click("form[action='/pay/shop'] button.primary", no_wait_after=True)
    walk.page.unroute("**/pay/shop")
    walk.page.goto(confirm)
    assert "/pay/done/" in walk.page.url
    assert walk.points("#paid-left") == 800


def test_where_the_gateway_does_not_answer_the_same_payment_can_be_sent_again(
    town: DemoEnvironment, loop: Loop
) -> None:
    """The portal alone, with nobody behind it: it says that the result is not known, and keeps the id."""
    settings = replace(Settings.load(town.folder / "portal.toml"), gateway_url=NOWHERE)
    session = new_session("token", "見本太郎", "AAAABBBB", shared_terminal=False, now=settings.clock())
    cookie = {"portal": members_seal(settings.seal_secret).seal(session)}
    form = {
        "form_token": session.form_token(), "code": "PGS1.082163.soba.x", "point_service": "kasama-ouen",
        "points": "200", "id": "01a205a7-0000-7000-8000-000000000001",
    }  # fmt: skip

    async def ask() -> tuple[int, str]:
        async with (
            TestServer(make_app(settings)) as server,
            ClientSession(cookies=cookie, cookie_jar=CookieJar(unsafe=True)) as http,
            http.post(server.make_url("/pay/shop"), data=form, headers={"Origin": settings.origin}) as answer,
        ):
            return answer.status, await answer.text()

    status, text = loop.run(ask())
    assert status == 503
    assert "二重に支払われることはありません" in text
    for name in ("code", "point_service", "points", "id"):
        assert f'name="{name}" value="{form[name]}"' in text


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ("1001", "ポイントが足りません"),
        ("１，５", "整数"),
        ("0", "整数"),
        ("1.5", "整数"),
    ],
)
def test_an_amount_that_cannot_be_paid_is_told_and_nothing_is_paid(
    reader: Walk, soba: str, points: str, said: str
) -> None:
    to_confirm(reader, soba, points)
    assert said in reader.page.inner_text("#trouble")
    assert reader.page.input_value("#points") == points
    assert reader.points(".facts") == 1_000


def test_points_that_went_elsewhere_in_the_meantime_are_not_paid_twice(
    walk: Walk, soba: str, city: CityHall, loop: Loop
) -> None:
    to_confirm(walk, soba, "800")
    other = walk.page.context.new_page()
    other.goto(f"{walk.town.portal_url}/pay")
    other.click("button.service")
    other.wait_for_selector("#pay-code svg")
    loop.run(city.take("toki", other.inner_text(".digits").replace(" ", ""), 500))
    walk.page.click("form[action='/pay/shop'] button.primary")
    walk.page.wait_for_selector("#trouble")
    assert "支払いは行われていません" in walk.page.inner_text("#trouble")
    assert "あと 500 ポイント" in walk.page.inner_text("main")


def test_a_shop_that_has_closed_is_paid_nothing(reader: Walk, city: CityHall, loop: Loop) -> None:
    code = loop.run(city.shop_code("toki"))
    to_confirm(reader, code, "100")
    loop.run(city.close_shop("toki"))
    try:
        reader.page.click("form[action='/pay/shop'] button.primary")
        reader.page.wait_for_load_state()
        assert reader.page.inner_text("h1") == "このお店ではポイントを使えなくなりました"
        typed(reader, code)
        assert "このお店ではポイントを使えなくなりました" in reader.page.inner_text("#trouble")
    finally:
        loop.run(city.reopen_shop("toki"))
    assert reader.to("/mypage").points(".tile.municipal") == 1_000


def test_a_code_pasted_over_the_shops_shows_the_other_shops_name(
    reader: Walk, soba: str, city: CityHall, loop: Loop
) -> None:
    """A sticker with another shop's code is a valid code: the name is what tells. A made-up one is no code at all."""
    sticker = loop.run(city.shop_code("toki"))
    typed(reader, sticker)
    assert reader.page.inner_text("#shop-name") == "陶器店 見本"
    to_confirm(reader, sticker, "10")
    assert "「陶器店 見本」へ" in reader.page.inner_text(".sentence")
    assert "目の前のお店の名前と同じか" in reader.page.inner_text("main")
    forged = soba.replace("soba", "toki")
    typed(reader, forged)
    assert "お店のコードではありません" in reader.page.inner_text("#trouble")
    assert reader.page.input_value("#code") == forged


@pytest.mark.parametrize("code", ["PGS1.082163.soba.made-up", "000000", "%00", "PGS1.%E7%AC%A0"])
def test_an_address_with_a_code_of_no_shop_opens_the_page_that_reads_codes(reader: Walk, code: str) -> None:
    """As a camera's own application opens it."""
    reader.to(f"/pay/shop?code={code}")
    assert "エラー：" in reader.page.title()
    said = "この番号のお店はありません" if code == "000000" else "お店のコードではありません"
    assert said in reader.page.inner_text("#trouble")
    assert reader.page.locator("form[action='/scan'] #code").count() == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("123456789012", "これは支払う人のコードです"),
        ("PGP1.123456789012.AAAA", "これは支払う人のコードです"),
        ("https://elsewhere.example/pay", "このコードは読み取れません"),
        ("<script>alert(1)</script>", "このコードは読み取れません"),
    ],
)
def test_what_is_no_code_of_a_shop_is_told_in_words(reader: Walk, code: str, said: str) -> None:
    typed(reader, code)
    assert said in reader.page.inner_text("#trouble")
    assert reader.page.input_value("#code") == code


def test_a_venues_code_is_granted_once_and_on_its_day(walk: Walk, city: CityHall, loop: Loop) -> None:
    loop.run(city.project("himatsuri", "陶炎祭 会場給付", 200, 400, venue=True))
    code = loop.run(city.venue_code("himatsuri"))
    typed(walk, code)
    walk.page.wait_for_selector("#granted-points")
    walk.picture("granted")
    assert walk.points("#granted-points") == 200
    assert "陶炎祭 会場給付" in walk.page.inner_text("main")
    walk.page.reload()
    assert walk.points("#granted-points") == 200
    typed(walk, code)
    assert walk.page.inner_text("h1") == "この給付はすでに受け取っています"
    with shifted(walk.town, timedelta(hours=13)):
        walk.page.context.clear_cookies()
        walk.sign_in()
        typed(walk, code)
        assert "今日の会場のコードではありません" in walk.page.inner_text("#trouble")
    walk.page.context.clear_cookies()
    walk.sign_in()
    assert walk.points(".tile.municipal") == 1_200


def test_a_venue_that_has_given_everything_or_has_closed_says_so(
    reader: Walk, city: CityHall, loop: Loop
) -> None:
    loop.run(city.project("chiisai", "小さな給付", 200, 100, venue=True))
    code = loop.run(city.venue_code("chiisai"))
    typed(reader, code)
    assert reader.page.inner_text("h1") == "この給付は予定の数に達しました"
    loop.run(city.close_project("chiisai"))
    typed(reader, code)
    assert reader.page.inner_text("h1") == "給付の期間外です"
    assert reader.to("/mypage").points(".tile.municipal") == 1_000


def test_every_refusal_at_the_counter_has_its_own_sentences() -> None:
    """All that the gateway declares for these calls; a page of ours never names a place that is not there."""
    ours = {
        "/v1/spends",
        "/v1/spends/{spend_id}",
        "/v1/shop-codes",
        "/v1/venue-grants",
        "/v1/pay-codes/{digits}",
    }
    refused = {word for route in api.routes if route.template in ours for word in route.refuses}
    assert len(refused) > 10
    # Who is erased while a grant is on its way has no session to read it in.
    never_seen = {"unknown-municipality", "unknown-point-service", "pay-code-unknown", "unknown-member"}
    assert refused - never_seen - TROUBLES.words.keys() == set()


def test_the_pages_are_accessible_light_and_quiet(reader: Walk, soba: str) -> None:
    seen = watched(reader.page, reader.town.portal_url)
    to_confirm(reader, soba, "100")
    for path in (
        "/scan",
        f"/pay/shop?code={soba}",
        reader.page.url.removeprefix(reader.town.portal_url),
        f"/pay/shop/confirm?code={soba}&points=x&id=01a205a7-0000-7000-8000-000000000001&point_service=kasama-ouen",
        "/pay/shop?code=nonsense",
    ):
        is_good(seen, path)
