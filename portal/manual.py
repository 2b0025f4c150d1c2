"""操作説明書: how everything here is done, chapter by chapter, with a search that needs no script.

The text is in `manual/<language>.md`; pictures of its chapters, where there are any, are in `static/manual`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web

from pagekit.files import Files
from pagekit.manual import MAX_QUERY, Manual
from pagekit.typed_text import search_words
from portal.i18n import WORDS
from portal.site import Pages, Visit

pages = Pages()

HERE: Final = Path(__file__).parent
CHAPTERS: Final = (
    "start",
    "exchange",
    "allocate",
    "pay",
    "refund",
    "expiry",
    "notices",
    "trouble",
    "representatives",
    "record",
    "words",
)
"""Addresses of the chapters, in the order of the files; the last explains words."""
TERMS: Final = (
    "mykey-id",
    "password",
    "pin",
    "partner",
    "unit",
    "reserve",
    "municipal-points",
    "default-municipality",
    "expiry",
    "reference",
    "qr-code",
    "desk",
    "representative",
)
"""Addresses of the words, in the order of the last chapter."""
MANUAL: Final = Manual(HERE / "manual", WORDS, Files(HERE / "static"), CHAPTERS, TERMS)


@pages.get("/manual", public=True)
async def contents(visit: Visit) -> web.Response:
    """The chapters, or those that have all the words looked for."""
    typed = search_words(visit.query("q"), MAX_QUERY)
    language = visit.speech.language
    return visit.render(
        "manual.html",
        typed=typed,
        hits=MANUAL.search(language, typed) if typed else None,
        chapters=MANUAL.chapters(language),
    )


@pages.get("/manual/{chapter:[a-z-]{1,40}}", public=True)
async def chapter(visit: Visit) -> web.Response:
    slug, chapters = visit.path_param("chapter"), MANUAL.chapters(visit.speech.language)
    if slug not in CHAPTERS:
        raise web.HTTPNotFound
    at = CHAPTERS.index(slug)
    return visit.render(
        "manual_chapter.html",
        chapter=chapters[at],
        before=chapters[at - 1] if at else None,
        after=chapters[at + 1] if at + 1 < len(chapters) else None,
    )
