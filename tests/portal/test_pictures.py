"""The main pages look as they should, on a phone and on a desk; and a page that does not is caught."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from gateway.demo.environment import DemoEnvironment, open_town
from tests.pictures_taken import take
from tests.portal import pictures
from tests.portal.conftest import Loop
from tests.portal.walk import Walk
from tests.site_header import choose_language

pytestmark = pytest.mark.xdist_group("browser")

ALLOCATE: Final = "municipality=082163&point_service=kasama-ouen"
PUBLIC: Final = {
    "top": "/",
    "login": "/login",
    "register": "/register",
    "navi": "/navi/08",
    "shops": "/navi/08/082163",
    "help": "/help",
}
MEMBERS_ONLY: Final = {
    "mypage": "/mypage",
    "partners": "/partners",
    "coupon": "/coupon",
    "municipalities": "/allocate?prefecture=08",
    "points": f"/allocate/points?{ALLOCATE}",
    "move-confirm": f"/allocate/confirm?{ALLOCATE}&points=10&id=01a205a7-0000-7000-8000-000000000009",
    "history": "/history/reserve",
    "settings": "/settings",
    "mykey-id": "/settings/mykey-id",
}
LANGUAGES: Final = {"English": "mypage-english", "やさしい日本語": "mypage-easy"}


@dataclass(frozen=True, slots=True)
class Screen:
    """A kind of screen."""

    name: str
    width: int
    height: int


HOW: Final[dict[str, Any]] = {
    "full_page": True,
    "animations": "disabled",
    "caret": "hide",
    "scale": "css",
}
SCREENS: Final = (Screen("phone", 390, 844), Screen("desk", 1280, 900))


@pytest.fixture(scope="module", autouse=True)
def fonts() -> None:
    """Pages are drawn with Debian's fonts-noto-cjk; with others nothing can be compared."""
    found = ""
    if shutil.which("fc-match"):
        completed_process = subprocess.run(
            ["fc-match", "Noto Sans CJK JP", "family"], capture_output=True, text=True, check=False
        )
        found = completed_process.stdout
    if "Noto Sans CJK" not in found:
        if os.environ.get("CI") == "true":
            pytest.fail("needs apt packages fontconfig and fonts-noto-cjk")
        pytest.skip("needs apt packages fontconfig and fonts-noto-cjk")


@pytest.fixture(scope="module")
def quiet_town(tmp_path_factory: pytest.TempPathFactory, loop: Loop) -> Iterator[DemoEnvironment]:
    """A town in which nothing happens but what is done here, so that its pages are the same each time."""
    opened = open_town(tmp_path_factory.mktemp("quiet-town"))
    town: DemoEnvironment = loop.run(opened.__aenter__())
    yield town
    loop.run(opened.__aexit__(None, None, None))


@pytest.fixture(scope="module", params=SCREENS, ids=lambda screen: screen.name)
def screen(request: pytest.FixtureRequest) -> Screen:
    found: Screen = request.param
    return found


@pytest.fixture(scope="module")
def walk(screen: Screen, chromium: Browser, quiet_town: DemoEnvironment) -> Iterator[Walk]:
    """Somebody with points of each kind, the same on each kind of screen."""
    name = "見本太郎" if screen.name == "phone" else "見本花子"
    context = opened(chromium, screen)
    walk = Walk(context.new_page(), quiet_town, name=name)
    walk.sign_in().link_saison().to_reserve().units("4").confirm()
    walk.to(f"/allocate/points?{ALLOCATE}").page.fill("#points", "300")
    walk.page.click("button.primary")
    walk.page.click("form[data-once] button.primary")
    walk.page.wait_for_selector("#settled-points")
    yield walk
    context.close()


def opened(chromium: Browser, screen: Screen) -> BrowserContext:
    return chromium.new_context(
        viewport={"width": screen.width, "height": screen.height}, locale="ja-JP", reduced_motion="reduce"
    )


def taken(page: Page) -> bytes:
    """The whole page once it has come to rest: two screenshots in a row are the same."""
    page.evaluate("document.fonts.ready")
    shots = [b"", *(take(page, **HOW) for _ in range(2))]
    while shots[-1] != shots[-2] and len(shots) < 8:
        shots.append(take(page, **HOW))
    return shots[-1]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_page_looks_as_it_should(
    chromium: Browser, quiet_town: DemoEnvironment, screen: Screen, name: str
) -> None:
    context = opened(chromium, screen)
    page = context.new_page()
    page.goto(quiet_town.portal_url + PUBLIC[name])
    pictures.check(f"{name}-{screen.name}", taken(page))
    context.close()


@pytest.mark.parametrize("name", MEMBERS_ONLY)
def test_a_members_page_looks_as_it_should(walk: Walk, screen: Screen, name: str) -> None:
    walk.to(MEMBERS_ONLY[name])
    pictures.check(f"{name}-{screen.name}", taken(walk.page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_members_page_looks_as_it_should_in_other_languages(
    walk: Walk, screen: Screen, language: str
) -> None:
    choose_language(walk.to("/mypage").page, language)
    try:
        pictures.check(f"{LANGUAGES[language]}-{screen.name}", taken(walk.page))
    finally:
        choose_language(walk.page, "日本語")


def test_the_pages_of_an_exchange_look_as_they_should(walk: Walk, screen: Screen) -> None:
    steps = {
        "destination": walk.link_saison,
        "units": walk.to_kasama,
        "confirm": lambda: walk.units("2"),
        "done": walk.confirm,
    }
    for name, step in steps.items():
        step()
        pictures.check(f"{name}-{screen.name}", taken(walk.page))


# --- what must be caught, and what must not -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(chromium: Browser, quiet_town: DemoEnvironment) -> Iterator[Walk]:
    """Somebody whose page is spoiled here."""
    context = opened(chromium, SCREENS[0])
    yield Walk(context.new_page(), quiet_town, name="見本花子").sign_in()
    context.close()


def differs(walk: Walk, spoil: str, screen: Screen = SCREENS[0]) -> pictures.Difference:
    """By how much the member's page differs from itself after this script has spoiled it."""
    walk.page.set_viewport_size({"width": screen.width, "height": screen.height})
    walk.to("/mypage")
    before = pictures.made_small(taken(walk.page))
    walk.page.evaluate(spoil)
    return pictures.difference(before, pictures.made_small(taken(walk.page)))


@pytest.mark.parametrize(
    "spoil",
    [
        "document.querySelectorAll('link[rel=stylesheet]').forEach(link => link.remove())",
        "document.querySelector('link[href$=\"portal.css\"]').remove()",
        "document.querySelector('.menus nav').remove()",
        "document.querySelector('.ahead').remove()",
        "document.querySelector('footer.site').style.display = 'none'",
        "document.querySelector('.flow').remove()",
        "document.querySelector('header .bar').remove()",
        "document.querySelector('.menus').style.marginLeft = '4rem'",
        "document.querySelectorAll('.menu').forEach(one => { one.style.background = '#ffd' })",
        "document.querySelectorAll('.menu a').forEach(one => { one.style.minHeight = '44px' })",
    ],
)
def test_a_missing_section_a_moved_layout_or_a_lost_style_is_caught(plain: Walk, spoil: str) -> None:
    assert differs(plain, spoil).too_much


@pytest.mark.parametrize(
    "spoil",
    [
        "document.querySelector('link[href$=\"portal.css\"]').remove()",
        "document.querySelector('.menus nav').remove()",
        "document.querySelector('.menus').style.marginLeft = '4rem'",
    ],
)
def test_it_is_caught_on_a_desk_too(plain: Walk, spoil: str) -> None:
    assert differs(plain, spoil, SCREENS[1]).too_much


@pytest.mark.parametrize(
    "spoil",
    [
        "undefined",
        "document.body.style.textRendering = 'geometricPrecision'",
        "document.body.style.fontKerning = 'none'",
        "document.body.style.webkitFontSmoothing = 'none'",
        "document.body.style.color = '#222'",
        "document.querySelector('main').style.transform = 'translate(1px, 2px)'",
    ],
)
def test_letters_drawn_a_shade_or_a_pixel_differently_are_not(plain: Walk, spoil: str) -> None:
    assert not differs(plain, spoil).too_much


def test_another_density_of_pixels_is_the_same_picture(
    chromium: Browser, quiet_town: DemoEnvironment
) -> None:
    small = []
    for density in (1, 2):
        context = chromium.new_context(
            viewport={"width": 390, "height": 844}, locale="ja-JP", device_scale_factor=density
        )
        page = context.new_page()
        page.goto(f"{quiet_town.portal_url}/login")
        shot = take(page, full_page=True, animations="disabled", scale="device")
        small.append(pictures.made_small(shot, pictures.TIMES * density))
        context.close()
    assert not pictures.difference(*small).too_much


def test_a_page_that_differs_leaves_its_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Walk
) -> None:
    monkeypatch.setattr(pictures, "LEFT", tmp_path / "left")
    monkeypatch.setattr(pictures, "STORED", tmp_path)
    monkeypatch.setattr(pictures, "RENEW", False)
    plain.to("/settings")
    pictures.made_small(taken(plain.page)).save(tmp_path / "settings.png")
    pictures.check("settings", taken(plain.page))
    plain.page.evaluate("document.querySelector('main').remove()")
    with pytest.raises(AssertionError, match="settings looks different"):
        pictures.check("settings", taken(plain.page))
    assert sorted(path.name for path in (tmp_path / "left").iterdir()) == [
        "settings-actual.png",
        "settings.png",
    ]
