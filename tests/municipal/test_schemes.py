"""The staff's and shops' pages in the dark and in a person's own colours: every text is read as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from gateway.demo.environment import DemoEnvironment
from tests.axe import faults
from tests.municipal.conftest import Desk
from tests.municipal.staffer import Staffer
from tests.pictures_taken import keep_for_people
from tests.portal.test_schemes import CONTRAST, PICTURES

pytestmark = pytest.mark.xdist_group("browser")

PATHS = [
    "/", "/figures", "/services", "/services/kasama-ouen", "/proposals", "/deeds", "/projects", "/files", "/cards", "/cards/limits",
    "/events", "/shops", "/shops/shop-01", "/shops/shop-01/code", "/settlements", "/settlements/2018-07-01", "/spends", "/staff",
    "/staff/new", "/audit", "/account", "/help",
]  # fmt: skip


def signed_in(chromium: Browser, filled: DemoEnvironment, desk: Desk, **options: object) -> Page:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP", **options)  # type: ignore[arg-type]
    return Staffer(context.new_page(), filled, "kanri", desk.seeds).sign_in().page


@pytest.fixture(scope="module")
def in_the_dark(chromium: Browser, filled: DemoEnvironment, desk: Desk) -> Iterator[Page]:
    page = signed_in(chromium, filled, desk, color_scheme="dark")
    yield page
    page.context.close()


@pytest.mark.parametrize("path", PATHS)
def test_in_the_dark_every_text_is_read_as_well(
    in_the_dark: Page, filled: DemoEnvironment, path: str
) -> None:
    in_the_dark.goto(filled.municipal_url + path)
    background = in_the_dark.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(18, 18, 20)"
    keep_for_people(in_the_dark, PICTURES / f"staff-dark{path.replace('/', '-')}.png")
    assert faults(in_the_dark, CONTRAST) == []


def test_in_the_dark_an_error_and_the_focus_are_read_as_well(
    in_the_dark: Page, filled: DemoEnvironment
) -> None:
    in_the_dark.goto(filled.municipal_url + "/cards/limits")
    in_the_dark.goto(filled.municipal_url + "/shops/new")
    in_the_dark.eval_on_selector("main form", "form => { form.noValidate = true; form.requestSubmit(); }")
    in_the_dark.wait_for_selector("#trouble")
    assert faults(in_the_dark, CONTRAST) == []
    for selector in ("main form button", ".sections a >> nth=1", ".sections a[aria-current]", ".brand"):
        in_the_dark.focus(selector)
        in_the_dark.keyboard.press("Shift")
        assert faults(in_the_dark, CONTRAST) == [], selector


def test_a_qr_stays_black_on_white_in_every_scheme(in_the_dark: Page, filled: DemoEnvironment) -> None:
    in_the_dark.goto(filled.municipal_url + "/shops/shop-01/code")
    fills = in_the_dark.eval_on_selector_all(".qr > *", "parts => parts.map(p => getComputedStyle(p).fill)")
    assert set(fills) == {"rgb(255, 255, 255)", "rgb(0, 0, 0)"}


def test_in_a_persons_own_colours_charts_and_the_open_section_are_seen(
    chromium: Browser, filled: DemoEnvironment, desk: Desk
) -> None:
    page = signed_in(chromium, filled, desk, forced_colors="active")
    page.goto(filled.municipal_url + "/figures")
    keep_for_people(page, PICTURES / "staff-forced-figures.png")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    of = "e => { const s = getComputedStyle(e); return [s.fill, s.stroke]; }"
    for selector in (".chart text", ".chart .part-0", ".strip rect"):
        assert page.eval_on_selector(selector, of)[0] != paper, selector
    first, second = (page.eval_on_selector(f".chart .part-{part}", of) for part in (0, 1))
    assert first[0] != second[0]
    assert second[1] == first[1] != "none"  # the second part is paper with a line around it
    shade = "e => getComputedStyle(e, '::before').backgroundColor"
    keys = page.eval_on_selector_all(".legend .key", f"keys => keys.map({shade})")
    assert keys == [first[0], second[0]]
    line = "e => getComputedStyle(e).textDecorationLine"
    assert page.eval_on_selector(".sections a[aria-current]", line) == "underline"
    page.context.close()
