"""The pictures of the residents' 操作説明書: each is there, and still shows what its page has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext

from gateway.demo.environment import DemoEnvironment
from portal.i18n import SOURCES, WORDS
from portal.manual import HERE, MANUAL
from tests.manual_pictures import Album, faults
from tests.portal.test_pictures import ALLOCATE, SCREENS, opened, quiet_town
from tests.portal.walk import Walk

__all__ = ["quiet_town"]

pytestmark = pytest.mark.xdist_group("browser")

ALBUM: Final = Album(MANUAL, HERE / "static", Path(__file__).parent / "manual_pictures.json", WORDS, SOURCES)
TOP: Final = "main > :is(p, h1)"
"""The heading, with the line over it where a page has one."""


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = opened(chromium, SCREENS[0])
    yield context
    context.close()


@pytest.fixture(scope="module")
def walk(chromium: Browser, quiet_town: DemoEnvironment) -> Iterator[Walk]:
    """Somebody with points of the reserve and of a city."""
    context = opened(chromium, SCREENS[0])
    walk = Walk(context.new_page(), quiet_town).sign_in()
    walk.link_saison().to_reserve().units("4").confirm()
    walk.to(f"/allocate/points?{ALLOCATE}").page.fill("#points", "300")
    walk.page.click("button.primary")
    walk.page.click("form[data-once] button.primary")
    walk.page.wait_for_selector("#settled-points")
    yield walk
    context.close()


@pytest.mark.parametrize(
    ("name", "path", "first", "last"),
    [
        ("login", "/login", "h1", "form[action='/login']"),
        ("restore", "/restore", "h1", "form[action='/restore']"),
    ],
)
def test_a_picture_of_a_public_page_shows_what_is_there(
    phone: BrowserContext, quiet_town: DemoEnvironment, name: str, path: str, first: str, last: str
) -> None:
    page = phone.new_page()
    page.goto(quiet_town.portal_url + path)
    ALBUM.hold(page, name, first, last)
    page.close()


@pytest.mark.parametrize(
    ("name", "path", "first", "last"),
    [
        ("ahead", "/mypage", ".ahead", ".ahead"),
        ("allocate", f"/allocate/points?{ALLOCATE}", TOP, "main form"),
        ("notices", "/notices", "h1", "ul.notices"),
        ("settings", "/settings", "h1", ".menus nav:first-child"),
    ],
)
def test_a_picture_of_a_members_page_shows_what_is_there(
    walk: Walk, name: str, path: str, first: str, last: str
) -> None:
    ALBUM.hold(walk.to(path).page, name, first, last)


def test_the_pictures_of_an_exchange_show_what_is_there(walk: Walk) -> None:
    walk.link_saison().to_reserve()
    ALBUM.hold(walk.page, "units", TOP, "form[action$='/units'] button.primary")
    walk.units("2")
    ALBUM.hold(walk.page, "confirm", TOP, "form[action$='/confirm'] button.primary")


def test_the_picture_of_the_payment_code_shows_what_is_there(walk: Walk) -> None:
    walk.to("/pay").page.click("button.service")
    walk.page.wait_for_selector("#pay-code svg")
    ALBUM.hold(walk.page, "pay-code", "h1", "#pay-code")


def test_every_picture_is_there_small_and_of_todays_pages() -> None:
    assert faults(ALBUM) == []
