"""Every page of the staff, looked at the same way: accessible, light, quiet, from this site alone; each role its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gateway.demo.environment import DemoEnvironment
from municipal.app import PARTS
from municipal.menu import ENTRIES
from tests.axe import faults
from tests.municipal.conftest import At, Desk
from tests.municipal.staffer import Staffer
from tests.portal.test_every_page import Watched, is_good, watched
from tests.site_header import choose_language

pytestmark = pytest.mark.xdist_group("browser")

PUBLIC = [
    "/login",
    "/login?why=idle",
    "/login?why=half",
    "/signed-out",
    "/signed-out?why=idle",
    "/help",
    "/manual",
    "/manual?q=%E5%8F%96%E6%B6%88",
    "/manual/take",
    "/manual/closing",
    "/manual/words",
    "/nothing-here",
    "/apply/082163",
    "/apply/082015",
    "/application",
]
ADMINISTRATORS = [
    "/", "/account", "/account/password", "/account/passkey", "/account/totp", "/account/totp/remove",
    "/account/sessions",
    "/figures", "/figures?since=2018-05-01&until=2018-07-31", "/figures?since=2001-01-01&until=2018-07-31",
    "/figures?since=2017-01-01&until=2017-01-02", "/figures/unused", "/figures/unused?day=2018-06-30", "/figures/half-year", "/services/kasama-ouen/issuer", "/services/kasama-ouen/reading", "/services/kasama-ouen/reading",
    "/services", "/services/new", "/services/kasama-ouen", "/services/kasama-ouen/new", "/services/kasama-ouen/closing",
    "/proposals", "/proposals?ended=yes", "/proposals/{proposal}", "/deeds", "/deeds/grant",
    "/projects", "/projects/new", "/projects/{project}", "/projects/{project}/budget", "/projects/{project}/open",
    "/projects/{project}/grant", "/projects/{project}/grants", "/projects/{project}/venue", "/projects/{project}/file", "/files", "/carry-ins", "/carry-ins/new", "/carry-ins/join", "/members", "/support", "/cards", "/cards/limits",
    "/events", "/events/new", "/announcements", "/announcements/new", "/applications", "/applications?state=refused", "/applications/{application}", "/applications/{application}/return",
    "/applications/{application}/refusal", "/applications/{application}/acceptance", "/shop-terms", "/shops", "/shops?q=そば&closed=yes", "/shops/new", "/shops/list", "/companies", "/companies/new", "/shops/shop-01",
    "/shops/shop-01/edit", "/shops/shop-01/closing", "/shops/shop-01/code", "/shops/shop-01/people", "/shops/shop-01/tills",
    "/shops/shop-01/people/{cashier}", "/shops/shop-01/bank", "/shops/shop-01/bank?by=yucho", "/payer", "/settlement-settings", "/privacy-text", "/settlements", "/settlements/2018-07-01", "/settlements/2018-07-01/bank-results", "/settlements/2018-07-16",
    "/settlements/2018-05-01/corrections", "/settlements/2018-07-16/corrections",
    "/settlements/2018-07-01/shops/shop-02", "/settlements/2018-07-01/payouts/shop-02", "/settlements/debts", "/spends", "/spends?spend=x",
    "/spends/{spend}", "/staff", "/staff?who=shops", "/staff/new", "/staff/{person}", "/audit", "/audit?action=granted&since=2018-07-01", "/projects/unknown",
]  # fmt: skip


def found_in(town: DemoEnvironment) -> dict[str, str]:
    with sqlite3.connect(town.folder / "gateway.db") as book:
        (project,) = book.execute("SELECT project_id FROM grant_projects ORDER BY project_id").fetchone()
        (spend,) = book.execute(
            "SELECT spend_id FROM spends WHERE shop_id = 'shop-02' ORDER BY at DESC"
        ).fetchone()
        (person,) = book.execute("SELECT staff_id FROM staff WHERE login = 'fukushi'").fetchone()
        (cashier,) = book.execute("SELECT staff_id FROM staff WHERE shop_id = 'shop-01'").fetchone()
        (application,) = book.execute("SELECT number FROM shop_applications ORDER BY applied_at").fetchone()
    (proposal,) = book.execute("SELECT proposal_id FROM proposals ORDER BY proposal_id").fetchone()
    return {
        "project": project,
        "spend": spend,
        "person": person,
        "cashier": cashier,
        "proposal": proposal,
        "application": application,
    }


@pytest.fixture(scope="module")
def places(filled: DemoEnvironment) -> dict[str, str]:
    return found_in(filled)


@pytest.fixture(scope="module")
def boss(chromium: Browser, filled: DemoEnvironment, desk: Desk) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    person = Staffer(context.new_page(), filled, "kanri", desk.seeds).sign_in()
    yield watched(person.page, filled.municipal_url)
    context.close()


@pytest.fixture(scope="module")
def stranger(chromium: Browser, filled: DemoEnvironment) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    yield watched(context.new_page(), filled.municipal_url)
    context.close()


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_is_accessible_light_and_quiet(stranger: Watched, path: str) -> None:
    is_good(stranger, path)


@pytest.mark.parametrize("path", ADMINISTRATORS)
def test_a_staff_page_is_accessible_light_and_quiet(boss: Watched, places: dict[str, str], path: str) -> None:
    is_good(boss, path.format(**places))
    assert boss.page.url.startswith(boss.site + path.partition("?")[0].format(**places))


@pytest.mark.parametrize("path", ["/figures", "/shops", "/audit"])
def test_on_a_phone_the_section_that_one_is_in_stands_in_sight_with_the_one_before(
    boss: Watched, path: str
) -> None:
    boss.look(path)
    box = boss.page.locator(".sections a[aria-current]").bounding_box()
    before = boss.page.locator(".sections li:has(+ li a[aria-current]) a").bounding_box()
    assert box is not None
    assert before is not None
    assert before["x"] > -1
    assert box["x"] <= 390 - box["width"]


def test_a_box_to_check_stands_beside_its_words(boss: Watched) -> None:
    boss.look("/shops")
    box = boss.page.locator("label.check input").bounding_box()
    words = boss.page.locator("label.check span").bounding_box()
    assert box is not None
    assert words is not None
    assert words["x"] - (box["x"] + box["width"]) < 20


def test_what_forms_answer_is_as_accessible(at: At) -> None:
    """Pages that no address leads to: confirmations, and forms that come back with what was wrong."""
    person = at("kanri")
    seen = watched(person.page, person.town.municipal_url)
    where = found_in(person.town)

    person.to(f"/projects/{where['project']}/grant").fill(mykey_id="nobody00").press("確認する")
    looks_good(seen)
    person.to(f"/spends/{where['spend']}").fill(points="1", reason="確認").press("確認する")
    looks_good(seen)
    person.to("/members").fill(mykey_id="nobody00").press("照会する")
    looks_good(seen)
    person.to("/support").fill(reference="7K3M-Q9TX", reason="電話").press("照会する")
    assert person.page.locator("#trouble").is_visible()
    looks_good(seen)
    person.to("/payer").fill(
        client_code="1234567890", bank_code="0001", bank_name="ミホン", branch_code="001", branch_name="シテン",
        number="1234567", number_again="1234567", holder="!!!", reason="確認",
    ).press("提案する")  # fmt: skip
    assert person.page.locator("#trouble").is_visible()
    looks_good(seen)
    person.to("/audit").press("改ざんがないか検証する")
    looks_good(seen)


@pytest.mark.parametrize(
    "path", ["/figures", "/settlements/2018-07-01", "/settlements/2018-07-01/corrections", "/audit"]
)
def test_english_and_a_wide_screen_are_as_accessible(at: At, path: str) -> None:
    person = at("kanri").to(path)
    choose_language(person.page, "English")
    seen = watched(person.page, person.town.municipal_url)
    person.to(path)
    looks_good(seen)
    assert person.page.get_attribute("html", "lang") == "en"


def looks_good(seen: Watched) -> None:
    assert faults(seen.page) == []
    assert not seen.complaints
    assert all(request.url.startswith(seen.site) for request in seen.requests)


# --- each role its own ---------------------------------------------------------------------------------------------

SEES = {
    "/",
    "/figures",
    "/projects",
    "/files",
    "/carry-ins",
    "/events",
    "/services",
    "/shops",
    "/settlements",
    "/announcements",
}
MENUS = {
    "shimin": SEES,
    "fukushi": SEES | {"/applications", "/support", "/cards", "/members", "/spends", "/proposals"},
    "kacho": SEES | {"/applications", "/support", "/members", "/spends", "/audit", "/proposals"},
    "kanri": SEES
    | {
        "/applications",
        "/support",
        "/cards",
        "/members",
        "/spends",
        "/audit",
        "/payer",
        "/settlement-settings",
        "/privacy-text",
        "/staff",
        "/proposals",
    },
    "platform": {
        "/",
        "/partners",
        "/platform/exchanges",
        "/platform/differences",
        "/platform/partners",
        "/platform/members",
        "/platform/keys",
        "/platform/stops",
        "/proposals",
        "/staff",
    },
}
"""Who sees what, written a second time, so that a slip in the menu shows."""


@pytest.mark.parametrize("login", MENUS)
def test_a_role_is_shown_what_it_may_do_and_refused_the_rest_without_data(at: At, login: str) -> None:
    person = at(login).to("/").picture(f"start-{login}")
    links = person.page.locator(".sections a, .doors a").evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    assert set(links) >= MENUS[login] - {"/"}
    assert {link for link in links if link in {entry.path for entry in ENTRIES}} <= MENUS[login]
    for entry in ENTRIES:
        if entry.path == "/":
            continue
        answer = person.page.request.get(person.town.municipal_url + entry.path, max_redirects=0)
        if entry.path in MENUS[login]:
            assert answer.status == 200, entry.path
        else:
            assert answer.status == 403, entry.path
            assert "この権限では行えません" in answer.text()


def test_every_page_of_a_city_says_what_it_needs() -> None:
    """All but one's own account and the first page, which lead on by themselves."""
    free = {page.path for part in PARTS for page in part.pages.all if not page.public and not page.needs}
    assert free == {
        "/", "/setup", "/account", "/account/password", "/account/passkey", "/account/passkey/begin",
        "/account/passkey/remove", "/account/totp", "/account/totp/begin", "/account/totp/remove", "/account/sessions",
        "/logout", "/still-here",
    }  # fmt: skip


def test_the_pages_need_no_script_but_the_passkeys(at: At) -> None:
    at("fukushi")
    person = at("fukushi", scripts=False)
    person.to("/members").fill(mykey_id="nobody00").press("照会する")
    assert person.page.locator("#trouble").is_visible()
    assert person.to("/figures").page.locator("svg.chart").count() >= 2


def test_the_way_to_a_grant_needs_no_mouse(at: At) -> None:
    person = at("fukushi")
    page, place = person.page, found_in(person.town)["project"]

    def reach(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"Tab never reaches {selector}")

    person.to(f"/projects/{place}")
    reach(f"a[href='/projects/{place}/grant']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#mykey_id")
    reach("#mykey_id")
    page.keyboard.type("nobody00")
    page.keyboard.press("Enter")
    page.wait_for_selector("#trouble")
