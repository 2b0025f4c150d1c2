"""操作説明書 over HTTP: every chapter in every language, a search whose address holds it, and nothing that needs a script."""

from __future__ import annotations

import re

import aiohttp
import pytest

from portal.manual import CHAPTERS, MANUAL
from tests.pagekit.test_site import House, house

__all__ = ["house"]


async def got(house: House, path: str, language: str = "ja") -> tuple[int, str]:
    async with (
        aiohttp.ClientSession(cookies={"language": language}) as http,
        http.get(house.portal + path) as answer,
    ):
        return answer.status, await answer.text()


@pytest.mark.parametrize("language", ["ja", "en", "ja-easy"])
async def test_every_chapter_is_a_light_page_that_leads_on_and_back(house: House, language: str) -> None:
    chapters = MANUAL.chapters(language)
    for at, slug in enumerate(CHAPTERS):
        status, page = await got(house, f"/manual/{slug}", language)
        assert status == 200
        assert len(page.encode()) < 100_000
        assert f"<title>{chapters[at].title} " in page
        assert page.count("<h1>") == 1
        assert 'href="/manual"' in page
        assert re.findall(r'rel="(?:prev|next)" href="/manual/([a-z]+)"', page) == [
            *CHAPTERS[max(at - 1, 0) : at],
            *CHAPTERS[at + 1 : at + 2],
        ]
    assert house.asked == [], "a manual is read where the gateway is away"


async def test_the_contents_lead_to_every_chapter_and_the_top_page_to_them(house: House) -> None:
    _, top = await got(house, "/")
    assert 'href="/manual"' in top
    _, page = await got(house, "/manual")
    assert re.findall(r'<li><a href="/manual/([a-z-]+)"', page) == list(CHAPTERS)
    assert 'id="found"' not in page


async def test_a_search_has_an_address_that_keeps_what_was_looked_for(house: House) -> None:
    status, page = await got(house, "/manual?q=%EF%BC%B1%EF%BC%B2%E3%82%B3%E3%83%BC%E3%83%89")
    assert status == 200
    found = page[page.index('id="found"') : page.index('id="contents"')]
    assert re.findall(r'href="/manual/([a-z]+)"', found) == ["pay", "words"]
    assert 'value="ＱＲコード"' in page
    # The switch of languages leads back to the same address.
    assert re.search(r'name="next" value="/manual\?q=[^"]*B1', page)


async def test_what_is_not_found_is_said_with_what_to_do(house: House) -> None:
    _, page = await got(house, "/manual?q=%3Cb%3Ezz", "en")
    assert 'id="none"' in page
    assert "Try a shorter word" in page
    assert "<b>zz" not in page
    assert "&lt;b&gt;zz" in page
    _, long = await got(house, "/manual?q=" + "z" * 500)
    assert f'value="{"z" * 60}"' in long


async def test_help_and_errors_lead_to_it(house: House) -> None:
    assert 'href="/manual"' in (await got(house, "/help"))[1]
    status, page = await got(house, "/nothing-here")
    assert status == 404
    assert 'href="/manual/trouble"' in page


async def test_no_other_chapter_is_there(house: House) -> None:
    for path in ("/manual/none", "/manual/Pay", "/manual/..%2Fhelp"):
        assert (await got(house, path))[0] == 404
