"""The municipal cloud's 操作説明書 over HTTP: each role finds its own chapters first, and every chapter opens for everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from gateway.platform.roles import ALLOWED, Role
from municipal.manual import CHAPTERS, MANUAL, SECTIONS, pages
from pagekit.manual import Section, add_pages
from tests.pagekit.test_form_answers import SESSION, SiteUnderTest, site_under_test

SHOPS = ["sign-in", "take", "take-back", "stuck", "statements", "shop-log-ins", "tills", "words"]


def somebody(role: Role, **values: object) -> Mapping[str, object]:
    shop = {"shop_id": "b-1"} if role is Role.SHOP else {}
    actions = [action.value for action in ALLOWED[role]]
    return SESSION | {"role": role.value, "actions": actions} | shop | values


async def listed(browser: SiteUnderTest, path: str = "/manual") -> list[str]:
    status, page = await browser.page(path)
    assert status == 200
    return re.findall(r'<li><a href="/manual/([a-z-]+)"', page[page.index('id="contents"') :])


async def test_who_is_not_signed_in_finds_every_chapter() -> None:
    async with site_under_test({}) as browser:
        browser.http.cookie_jar.clear()
        assert await listed(browser) == list(CHAPTERS)
        _, page = await browser.page("/manual/sign-in")
        assert 'rel="next" href="/manual/take"' in page
        assert 'href="/manual"' in (await browser.page("/login"))[1]


async def test_a_shop_finds_its_own_chapters_and_the_others_on_request() -> None:
    async with site_under_test({}, who=somebody(Role.SHOP)) as browser:
        assert await listed(browser) == SHOPS
        _, page = await browser.page("/manual")
        assert "市の職員" not in page[page.index('id="contents"') :]
        assert 'href="/manual?all=yes"' in page
        assert await listed(browser, "/manual?all=yes") == list(CHAPTERS)
        assert 'id="others"' not in (await browser.page("/manual?all=yes"))[1]


async def test_a_search_stays_in_ones_own_chapters_until_all_are_asked_for() -> None:
    def found(page: str) -> list[str]:
        return re.findall(
            r'href="/manual/([a-z-]+)"', page[page.index('id="found"') : page.index('id="contents"')]
        )

    async with site_under_test({}, who=somebody(Role.SHOP)) as browser:
        _, page = await browser.page("/manual?q=取消")
        assert found(page) == [slug for slug in found(page) if slug in SHOPS]
        assert "/manual?q=%E5%8F%96%E6%B6%88&all=yes" in page
        _, page = await browser.page("/manual?q=取消&all=yes")
        assert "refund" in found(page)
        assert 'name="all" value="yes"' in page


async def test_a_shop_goes_from_chapter_to_chapter_of_its_own() -> None:
    async with site_under_test({}, who=somebody(Role.SHOP)) as browser:
        _, page = await browser.page("/manual/shop-log-ins")
        assert re.findall(r'rel="(?:prev|next)" href="/manual/([a-z-]+)"', page) == ["statements", "tills"]
        _, page = await browser.page("/manual/closing")  # a colleague's link
        assert re.findall(r'rel="(?:prev|next)" href="/manual/([a-z-]+)"', page) == ["shops", "bank"]


async def test_who_has_still_to_set_up_finds_how_to_sign_in() -> None:
    async with site_under_test({}, who=somebody(Role.OPERATOR, first_password=True)) as browser:
        assert await listed(browser) == ["sign-in", "words"]


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_chapter_is_a_light_page_in_both_languages(language: str) -> None:
    async with site_under_test({}, who=somebody(Role.ADMINISTRATOR)) as browser:
        browser.http.cookie_jar.update_cookies({"language": language})
        for slug, chapter in zip(CHAPTERS, MANUAL.chapters(language), strict=True):
            status, page = await browser.page(f"/manual/{slug}")
            assert status == 200
            assert len(page.encode()) < 100_000
            assert f"<title>{chapter.title} " in page
            assert page.count("<h1>") == 1


async def test_help_footer_and_errors_lead_to_it() -> None:
    async with site_under_test({}, who=somebody(Role.SHOP)) as browser:
        _, page = await browser.page("/help")
        assert page.count('href="/manual"') == 2
        status, page = await browser.page("/nothing-here")
        assert status == 404
        assert 'href="/manual/stuck"' in page
        assert 'href="/manual"' in page[page.index("<footer") :]


async def test_no_other_chapter_is_there() -> None:
    async with site_under_test({}) as browser:
        assert (await browser.page("/manual/none"))[0] == 404


def test_sections_that_leave_a_chapter_out_stop_the_start() -> None:
    with pytest.raises(ValueError, match="the sections have"):
        add_pages(pages, MANUAL, SECTIONS[:-1])
    with pytest.raises(ValueError, match="the sections have"):
        add_pages(pages, MANUAL, [*SECTIONS, Section(title="", chapters={"words": ""})])
