"""Somebody acts for a member: begun as themselves, seen on every page, refused what is the member's own, ended at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gateway.demo.environment import DemoEnvironment
from tests.axe import faults
from tests.portal.city_hall import CityHall
from tests.portal.conftest import Loop
from tests.portal.walk import PASSWORDS, Walk
from tests.site_header import choose_language

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def pair(
    chromium: Browser, town: DemoEnvironment, loop: Loop, city: CityHall, payer: str
) -> Iterator[tuple[Walk, Walk]]:
    """A member with 1,000 points, and somebody whom the desk has appointed for them; both signed in."""
    name, PASSWORDS[name] = loop.run(city.member(100))
    loop.run(city.appoint(payer, name, 300))
    contexts = [
        chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP") for _ in range(2)
    ]
    mother, son = (
        Walk(context.new_page(), town, person, "phone")
        for context, person in zip(contexts, (payer, name), strict=True)
    )
    yield mother.sign_in(), son.sign_in()
    for context in contexts:
        context.close()


def text(walk: Walk) -> str:
    return walk.page.inner_text("body")


def test_somebody_acts_for_a_member_who_sees_it_and_ends_it(pair: tuple[Walk, Walk]) -> None:
    mother, son = pair
    son.to("/settings")
    son.page.click("a[href='/representatives']")
    assert faults(son.page) == []
    assert "お店で1日 300 ポイントまで支払う" in text(son)
    son.picture("representatives")
    son.page.click("button:has-text('代理を始める')")
    son.page.wait_for_url("**/mypage")
    assert "さんが代理で操作しています" in son.page.inner_text("#acting")
    assert "1,000" in text(son)
    assert faults(son.page) == []
    son.picture("acting")
    for path in ("/history/municipal/082163/kasama-ouen", "/exchanges", "/notices"):
        son.to(path)
        assert son.page.locator("#acting").is_visible(), path
    for path in ("/settings/proofs", "/representatives", "/settings/sessions", "/settings/mail"):
        son.to(path)
        assert "ご本人だけができる操作です" in text(son), path
        assert son.page.locator("#acting").is_visible(), path
    mother.to("/notices")
    assert "代理人が登録されました" in text(mother)
    mother.to("/representatives")
    assert faults(mother.page) == []
    mother.page.click("button:has-text('この代理を終わらせる')")
    assert "代理を終わりました" in text(mother)
    mother.picture("representation-ended")
    son.to("/mypage")
    assert "/login" in son.page.url


def test_the_pages_speak_three_languages(pair: tuple[Walk, Walk]) -> None:
    _, son = pair
    choose_language(son.to("/representatives").page, "English")
    assert "People you act for" in text(son)
    son.page.click("button:has-text('Begin to act')")
    assert "is acting for this person" in son.page.inner_text("#acting")
    choose_language(son.page, "やさしい日本語")
    assert "かわりに" in son.page.inner_text("#acting")
    assert faults(son.page) == []
