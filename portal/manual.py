"""操作説明書: how everything here is done, chapter by chapter, with a search that needs no script.

The text is in `manual/<language>.md`; pictures of its chapters, where there are any, are in `static/manual`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pagekit.files import Files
from pagekit.manual import Manual, Section, add_pages
from portal.i18n import WORDS
from portal.site import Pages

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


add_pages(pages, MANUAL, [Section(title="", chapters=dict.fromkeys(CHAPTERS, ""))])
