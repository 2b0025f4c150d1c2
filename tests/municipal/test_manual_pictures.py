"""The pictures of the municipal cloud's 操作説明書: each is there, and still shows what its page has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from gateway.demo.environment import DemoEnvironment
from municipal.i18n import SOURCES, WORDS
from municipal.manual import HERE, MANUAL
from tests.manual_pictures import MAX_BYTES_IN_ALL, Album, bytes_of, faults
from tests.municipal.conftest import At, Desk, filled_town
from tests.municipal.staffer import Staffer
from tests.municipal.test_city_story import members_of
from tests.municipal.test_every_page import found_in
from tests.portal.conftest import Loop
from tests.portal.test_manual_pictures import ALBUM as PORTALS

pytestmark = pytest.mark.xdist_group("browser")

ALBUM: Final = Album(MANUAL, HERE / "static", Path(__file__).parent / "manual_pictures.json", WORDS, SOURCES)
DESK: ViewportSize = {"width": 760, "height": 900}
CRUMBS: Final = "main > :is(nav, h1)"
"""Where one is, with the heading below it."""


SHOP: Final = "shop-07"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, loop: Loop) -> Iterator[DemoEnvironment]:
    """A town of its own: a picture shows it as it was filled, and no story has closed a cycle there."""
    with filled_town(tmp_path_factory.mktemp("pictured"), loop) as town:
        yield town


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def till(chromium: Browser, filled: DemoEnvironment) -> Iterator[Page]:
    """A shop's phone, signed in; the shop knows of its account."""
    with sqlite3.connect(filled.folder / "gateway.db") as book:
        (login,) = book.execute("SELECT login FROM staff WHERE shop_id = ?", (SHOP,)).fetchone()
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="ja-JP", reduced_motion="reduce"
    )
    person = Staffer(context.new_page(), filled, login, {}).give_password().to("/shop/settlements")
    if person.page.locator("button[value=confirmed]").count():
        person.press("確認しました")
    yield person.page
    context.close()


@pytest.mark.parametrize(
    ("name", "path", "first", "last"),
    [
        ("take", "/shop/take", "h1", "form[action='/shop/take/scan']"),
        ("take-code", "/shop/take/scan?points=500", "form[action='/shop/take/check']", ""),
        ("take-back", "/shop/spends/{spend}/refund", "h1", "form[action$='/refund/confirm']"),
        ("statements", "/shop/settlements", "h1", "ul.lines"),
        ("tills", "/shop/tills", "h1", "form[action='/shop/tills']"),
    ],
)
def test_a_picture_of_the_till_shows_what_is_there(
    till: Page, filled: DemoEnvironment, name: str, path: str, first: str, last: str
) -> None:
    with sqlite3.connect(filled.folder / "gateway.db") as book:
        (spend,) = book.execute(
            "SELECT spend_id FROM spends WHERE shop_id = ? ORDER BY at DESC", (SHOP,)
        ).fetchone()
    till.goto(filled.municipal_url + path.format(spend=spend))
    ALBUM.hold(till, name, first, last)


@pytest.mark.parametrize(
    ("login", "name", "path", "first", "last"),
    [
        ("kacho", "day", "/", "h1", "dl.numbers"),
        ("fukushi", "project", "/projects/new", "h1", "#budget"),
        ("fukushi", "grant", "/projects/{project}/grant", CRUMBS, "main form"),
        ("fukushi", "list", "/projects/{project}/file", CRUMBS, "main form"),
        ("kacho", "settlement", "/settlements/2018-07-16", CRUMBS, "table tbody tr:nth-child(5)"),
        ("fukushi", "support", "/support", "h1", "form[action='/support']"),
        ("fukushi", "cards", "/cards", "form[action='/cards']", ""),
        ("kanri", "staff-reset", "/staff/{person}", "form[action$='/reset']", ""),
        ("platform", "partner", "/platform/partners/saison", CRUMBS, "form[action$='/pause']"),
        ("platform", "keys", "/platform/keys/new", CRUMBS, "#last_day"),
    ],
)
def test_a_picture_of_the_desk_shows_what_is_there(
    at: At, login: str, name: str, path: str, first: str, last: str
) -> None:
    person = at(login)
    person.page.set_viewport_size(DESK)
    person.to(path.format(**found_in(person.town)))
    ALBUM.hold(person.page, name, first, last)


def test_the_picture_of_a_proposal_shows_what_is_there(at: At) -> None:
    author, approver = at("fukushi"), at("kacho")
    author.to("/projects/new").fill(
        name="子育て応援の給付", project_id="tebiki", starts_on="2018-07-01", ends_on="2018-12-31",
        points_each="500", budget="10000",
    ).press("登録する")  # fmt: skip
    approver.page.set_viewport_size(DESK)
    approver.to(author.path().partition("?")[0])
    ALBUM.hold(approver.page, "proposal", CRUMBS, "form[action$='/return']")
    author.fill(reason="手引きの写真のため").press("取り下げる")


def test_the_picture_of_a_new_way_in_shows_what_is_there(at: At) -> None:
    clerk = at("fukushi")
    (mykey_id,) = members_of(clerk.town, 1)
    clerk.page.set_viewport_size(DESK)
    clerk.to("/support").fill(mykey_id=mykey_id, reason="電話").press("照会する").press("ログインの再設定")
    ALBUM.hold(clerk.page, "access", CRUMBS, "main form")


def test_every_picture_is_there_small_and_of_todays_pages() -> None:
    assert faults(ALBUM) == []


def test_all_pictures_of_both_sites_together_stay_small() -> None:
    assert 0 < bytes_of([ALBUM, PORTALS]) < MAX_BYTES_IN_ALL
