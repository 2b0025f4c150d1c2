"""The pages in the dark, in a person's own colours, with text twice as large, and 320 px wide."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from gateway.demo.environment import DemoEnvironment
from tests.axe import faults
from tests.pictures_taken import take
from tests.portal.test_every_page import PUBLIC
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")

PICTURES = Path(__file__).parents[2] / "var" / "portal" / "schemes"
PATHS = [
    "/",
    "/login",
    "/navi/08",
    "/mypage",
    "/partners",
    "/settings/mykey-id",
    "/coupon",
    "/help",
    "/allocate",
    "/exchanges",
]
CONTRAST = ["color-contrast", "link-in-text-block"]


def signed_in(chromium: Browser, town: DemoEnvironment, **options: object) -> Page:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP", **options)  # type: ignore[arg-type]
    return Walk(context.new_page(), town).sign_in().link_saison().to_kasama().units("1").page


@pytest.fixture(scope="module")
def in_the_dark(chromium: Browser, town: DemoEnvironment) -> Iterator[Page]:
    page = signed_in(chromium, town, color_scheme="dark")
    page.click("form[action$='/confirm'] button.primary")
    page.wait_for_selector("#outcome")
    yield page
    page.context.close()


@pytest.mark.parametrize("path", PATHS)
def test_in_the_dark_every_text_is_read_as_well(in_the_dark: Page, town: DemoEnvironment, path: str) -> None:
    in_the_dark.goto(town.portal_url + path)
    background = in_the_dark.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(18, 18, 20)"
    if os.environ.get("PICTURES"):
        take(in_the_dark, PICTURES / f"dark{path.replace('/', '-')}.png", full_page=True)
    assert faults(in_the_dark, CONTRAST) == []


def test_in_the_dark_an_error_and_the_focus_are_read_as_well(
    in_the_dark: Page, town: DemoEnvironment
) -> None:
    in_the_dark.goto(town.portal_url + "/settings/mykey-id")
    in_the_dark.fill("#mykey_id", "!?")
    in_the_dark.click("button[value=check]")
    in_the_dark.wait_for_selector("#trouble")
    assert faults(in_the_dark, CONTRAST) == []
    for selector in (
        "#mykey_id",
        "button.primary",
        "a.button",
        ".brand",
        ".languages summary",
        ".menu a, .lines a",
    ):
        if in_the_dark.locator(selector).count() == 0:
            in_the_dark.goto(town.portal_url + "/mypage")
        in_the_dark.focus(selector)
        in_the_dark.keyboard.press("Shift")  # a hand on the keyboard: the focus is to be seen
        assert faults(in_the_dark, CONTRAST) == []


def test_in_the_dark_a_qr_stays_black_on_white(in_the_dark: Page, town: DemoEnvironment) -> None:
    in_the_dark.goto(town.portal_url + "/pay")
    in_the_dark.click("button.service >> nth=0")
    colours = in_the_dark.eval_on_selector_all(".qr > *", "parts => parts.map(p => getComputedStyle(p).fill)")
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_in_a_persons_own_colours_what_colour_alone_said_is_said_by_lines(
    chromium: Browser, town: DemoEnvironment
) -> None:
    page = signed_in(chromium, town, forced_colors="active")
    assert page.eval_on_selector(".steps [aria-current]", "e => getComputedStyle(e).borderTopWidth") == "8px"
    page.goto(town.portal_url + "/exchanges")
    assert page.eval_on_selector(".badge", "e => getComputedStyle(e).borderTopStyle") == "solid"
    page.goto(town.portal_url + "/navi")
    ink, paper = page.eval_on_selector(
        ".map text", "e => [getComputedStyle(e).fill, getComputedStyle(document.body).backgroundColor]"
    )
    assert ink != paper
    page.context.close()


@pytest.mark.parametrize("path", sorted({*PATHS, *PUBLIC}))
def test_with_text_twice_as_large_nothing_is_cut_off(
    in_the_dark: Page, town: DemoEnvironment, path: str
) -> None:
    in_the_dark.goto(town.portal_url + path)
    in_the_dark.evaluate("document.documentElement.style.fontSize = '200%'")
    assert in_the_dark.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("points", ["10,450", "999,999"])
def test_a_large_balance_with_text_twice_as_large_is_read_whole(
    in_the_dark: Page, town: DemoEnvironment, points: str
) -> None:
    in_the_dark.goto(town.portal_url + "/mypage")
    in_the_dark.evaluate("document.documentElement.style.fontSize = '200%'")
    in_the_dark.locator("#reserve-points b").evaluate(
        "(number, points) => { number.textContent = points; }", points
    )
    assert in_the_dark.evaluate("document.documentElement.scrollWidth") <= 390
