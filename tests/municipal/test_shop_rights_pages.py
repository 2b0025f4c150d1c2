"""A till and a book-keeper at their telephones: each sees the pages of its right, and is refused the others by the site too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, ViewportSize

from gateway.demo.environment import DemoEnvironment
from tests.municipal.clerk import Clerk
from tests.portal.city_hall import CityHall
from tests.portal.conftest import Loop
from tests.portal.test_every_page import is_good, watched
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")

PHONE: ViewportSize = {"width": 390, "height": 844}
PAGES = {
    "reji@mise": {"/shop/take", "/shop/day", "/shop/code", "/shop/announcements"},
    "keiri@mise": {"/shop/day", "/shop/report", "/shop/settlements", "/shop/announcements"},
    "soba@mise": {
        "/shop/take", "/shop/day", "/shop/code", "/shop/tills", "/shop/people", "/shop/report", "/shop/settlements",
        "/shop/announcements",
    },
}  # fmt: skip
"""Which pages each log-in has in its menu, and opens."""
ALL_PAGES = set().union(*PAGES.values())


@pytest.fixture(scope="session")
def people(loop: Loop, city: CityHall) -> None:
    loop.run(city.shop_person("soba", "reji@mise", "レジ 見本", "till"))
    loop.run(city.shop_person("soba", "keiri@mise", "経理 見本", "bookkeeper"))


@pytest.fixture
def phone(chromium: Browser, town: DemoEnvironment, people: None) -> Iterator[object]:
    contexts = []

    def sit_down(login: str) -> Clerk:
        contexts.append(chromium.new_context(viewport=PHONE, locale="ja-JP"))
        return Clerk(contexts[-1].new_page(), town, login, "shop-rights").sign_in()

    yield sit_down
    for context in contexts:
        context.close()


@pytest.mark.parametrize("login", PAGES)
def test_each_sees_the_pages_of_its_right_and_no_other(phone, town, login: str) -> None:
    clerk = phone(login)
    links = clerk.page.locator(".sections a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert set(links) == PAGES[login]
    seen = watched(clerk.page, town.municipal_url)
    for path in sorted(ALL_PAGES):
        if path in PAGES[login]:
            is_good(seen, path)
            clerk.picture(f"{login.partition('@')[0]}{path.replace('/', '-')}")
        else:
            answer = clerk.page.request.get(town.municipal_url + path)
            assert answer.status == 403, path
            assert "この権限では行えません" in answer.text()
    is_good(seen, "/help")


def test_a_book_keeper_comes_to_the_statements_and_a_till_to_its_till(phone) -> None:
    assert phone("keiri@mise").page.url.endswith("/shop/settlements")
    till = phone("reji@mise")
    assert till.page.url.endswith("/shop/take")
    assert till.to("/shop/day").page.locator("#day").count() == 0
    yesterday = (till.town.clock().date() - timedelta(days=1)).isoformat()
    assert till.page.request.get(f"{till.town.municipal_url}/shop/day?day={yesterday}").status == 403


def test_a_till_gives_back_once_the_owner_has_let_it_on_the_page(
    phone, chromium: Browser, town: DemoEnvironment, payer: str
) -> None:
    context = chromium.new_context(viewport=PHONE, locale="ja-JP")
    member = Walk(context.new_page(), town, name=payer).sign_in()
    member.to("/pay").page.click("button.service")
    member.page.wait_for_selector("#pay-code svg")
    till = phone("reji@mise")
    till.amount(200).code(member.page.inner_text(".digits")).take()
    assert till.taken() == 200
    taken = till.page.url
    refund = "a[href$='/refund']"
    assert till.page.locator(refund).count() == 0
    assert till.to("/shop/day").page.locator(refund).count() == 0
    owner = phone("soba@mise").to("/shop/people")
    owner.page.click("button[name='allowed']")
    owner.page.wait_for_selector("[role='status']")
    owner.picture("till-refunds-allowed")
    assert "レジのログインでも" in owner.page.inner_text("main")
    till.page.goto(taken)
    till.page.click(refund)
    till.page.fill("#reason", "返品")
    till.page.click("form[action$='/refund/confirm'] button.primary")
    owner.page.click("button[name='allowed']")  # meanwhile the owner stops it: the gateway decides
    owner.page.wait_for_selector("text=レジのログインでは取り消せません")
    till.page.click("form[action$='/refund'] button")
    till.page.wait_for_selector("#trouble")
    assert "レジからの取消はできません" in till.page.inner_text("#trouble")
    till.picture("till-refunds-off")
    context.close()


def test_a_book_keepers_report_is_the_same_on_the_page_and_in_its_file(
    phone, loop: Loop, city: CityHall, chromium: Browser, town: DemoEnvironment, payer: str
) -> None:
    context = chromium.new_context(viewport=PHONE, locale="ja-JP")
    member = Walk(context.new_page(), town, name=payer).sign_in()
    member.to("/pay").page.click("button.service")
    member.page.wait_for_selector("#pay-code svg")
    loop.run(city.take("soba", member.page.inner_text(".digits").replace(" ", ""), 130))
    books = phone("keiri@mise").to("/shop/report")
    books.picture("report-with-a-payment")
    spent = books.page.inner_text("#spent b").replace(",", "")
    path = books.page.get_attribute("a[href^='/shop/report/csv']", "href")
    answer = books.page.request.get(f"{town.municipal_url}{path}")
    lines = answer.body().decode("utf-8-sig").splitlines()
    assert lines[-1].split(",")[5] == spent
    assert int(spent) >= 130
    assert "text/csv" in answer.headers["content-type"]
    books.page.select_option("#by", "month")
    books.page.click("form[action='/shop/report'] button")
    assert books.page.inner_text("#spent b").replace(",", "") == spent
    assert books.page.inner_text("tbody td:first-child").count("-") == 1
    books.to("/shop/report?since=2010-01-01&until=2018-07-31")
    assert books.page.locator("#trouble").is_visible()
    context.close()
