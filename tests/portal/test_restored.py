"""While the database is being completed after a restore, both sites say so on every page, and go on when it is over."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Page

from gateway.demo.environment import DemoEnvironment
from tests.axe import faults
from tests.pictures_taken import take
from tests.portal import pictures
from tests.portal.conftest import Loop
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")

LOOKED_FOR_S = 60
"""The gateway looks for a restore that was written down every half minute."""


def until(page: Page, url: str, count: int) -> None:
    """Load the page again and again until it says it, or says it no more."""
    ends = time.monotonic() + LOOKED_FOR_S
    while True:
        page.goto(url)
        if page.locator("#restored").count() == count:
            return
        assert time.monotonic() < ends, page.content()
        page.wait_for_timeout(1_000)


@pytest.mark.timeout(300)
def test_both_sites_say_so_and_take_nothing_until_it_is_over(
    chromium: Browser, town: DemoEnvironment, loop: Loop
) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="ja-JP", reduced_motion="reduce"
    )
    page = context.new_page()
    walk = Walk(page, town)
    page.goto(town.portal_url + "/login")
    assert page.locator("#restored").count() == 0
    code, said = loop.run(town.run("restore", "begin", "--operator", "Sato", "--reason", "disk"))
    assert code == 0, said
    try:
        until(page, town.portal_url + "/login", 1)
        assert "データを復旧しています" in page.inner_text("#restored")
        assert faults(page) == []
        pictures.check(
            "restored-phone", take(page, full_page=True, animations="disabled", caret="hide", scale="css")
        )
        walk.sign_in()
        assert page.locator("#restored").count() == 1
        # What would move points is refused by a sentence.
        page.goto(town.portal_url + "/partners")
        page.click("form[action='/partners/saison/start'] button")
        assert "復旧作業中" in page.inner_text("main")
        page.goto(town.municipal_url + "/login")
        page.fill("#login", "nobody")
        page.fill("#password", "no-password-at-all")
        page.click("form[action='/login'] button")
        assert page.locator("#restored").count() == 1
    finally:
        code, said = loop.run(town.run("restore", "end", "--operator", "Sato", "--reason", "disk"))
        assert code == 0, said
        until(page, town.portal_url + "/login", 0)
    context.close()
