"""Three languages: 日本語 is what the pages are written in; English and やさしい日本語 are catalogues beside it.

Catalogues are Babel's .po files, read at the start; there is no compiled copy that could be older. やさしい日本語
says hard sentences in its own way and takes the others as they are; over every word of the source stands its
reading, as ruby: `{漢字|かんじ}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from portal.clock import JST

LANGUAGES: Final[dict[str, str]] = {"ja": "日本語", "en": "English", "ja-easy": "やさしい日本語"}
_FOLDER: Final = Path(__file__).parent / "locales"
_RUBY: Final = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Source sentence → sentence. Empty for 日本語."""
    path = _FOLDER / f"{language}.po"
    if language not in LANGUAGES or language == "ja":
        return {}
    with path.open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.id and one.string}


def language_of(accept_language: str) -> str:
    """The best of ours for a browser that has not chosen: 日本語 unless it asks for something else first."""
    first = accept_language.split(",", maxsplit=1)[0].strip().lower()
    return "ja" if not first or first.startswith(("ja", "*")) else "en"


@cache
def readings() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """The words whose reading is known, the longest first, and each with its reading marked."""
    text = (_FOLDER / "readings.txt").read_text("utf-8")
    marked = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    known = {_RUBY.sub(r"\1", word): word for word in marked}
    return re.compile("|".join(sorted(map(re.escape, known), key=len, reverse=True))), known


@cache
def with_readings(text: str) -> str:
    """`text` with `{漢字|かんじ}` for each known word; what is marked already, or is a value's name, stays."""
    words, known = readings()
    pieces = re.split(r"(\{[^{}|]+\|[^{}|]+\}|%\(\w+\)s)", text)
    return "".join(
        piece if number % 2 else words.sub(lambda found: known[found[0]], piece)
        for number, piece in enumerate(pieces)
    )


class Speech:
    """One language. `say` gives what stands on a page, `plain` what stands in an attribute or a title."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "ja"
        self._words = catalogue(self.language)

    @property
    def tag(self) -> str:
        """The tag for `lang=`, of BCP 47."""
        return "en" if self.language == "en" else "ja"

    def say(self, source: str, **values: object) -> Markup:
        """The sentence with its values, escaped; readings become ruby."""
        text = self._words.get(source, source)
        if self.language == "ja-easy":
            text = with_readings(text)
        pieces: list[Markup] = []
        at = 0
        for found in _RUBY.finditer(text):
            pieces.append(escape(text[at : found.start()]))
            pieces.append(Markup("<ruby>{}<rt>{}</rt></ruby>").format(found[1], found[2]))
            at = found.end()
        pieces.append(escape(text[at:]))
        said = Markup("").join(pieces)
        if len(pieces) > 1:
            said = Markup("<span>{}</span>").format(said)  # one box, also where a row of boxes is laid out
        return said % values if values else said  # Markup escapes what is put in

    def plain(self, source: str, **values: object) -> str:
        text = _RUBY.sub(r"\1", self._words.get(source, source))
        return text % values if values else text

    def label(self, told: Mapping[str, Any]) -> str:
        """One of the gateway's texts, which come as `ja` and `en`."""
        return str(told["en" if self.language == "en" else "ja"])

    def points(self, number: int) -> Markup:
        """`10,000 ポイント`, the number larger than its unit."""
        unit = self.plain("ポイント")
        return Markup('<span class="points"><b>{}</b> <small>{}</small></span>').format(f"{number:,}", unit)

    def wallet(self, partner: Mapping[str, Any], wallet: str) -> str:
        """A wallet's name as its partner calls it."""
        for one in partner["wallets"]:
            if one["id"] == wallet:
                return self.label(one["name"])
        return wallet

    def other_side(
        self,
        line: Mapping[str, Any],
        partners: Mapping[str, str],
        services: Mapping[str, str],
        events: Mapping[str, str],
    ) -> str:
        """Where the points of a history line came from or went to, in words instead of an account's name."""
        if line["partner_id"]:
            return partners.get(line["partner_id"], line["partner_id"])
        match str(line["from_or_to"]).split(":"):
            case ["reserve"]:
                return self.plain("留保ポイント")
            case ["municipality", code, service]:
                return services.get(f"{code}:{service}", code)
            case ["event", event_id, *_]:
                return events.get(event_id, event_id)
            case ["funder", *_]:
                return self.plain("キャンペーン")
        return ""

    def day(self, told: str) -> str:
        """`2018-07-31` or an instant, as 2018年7月31日 or 31 July 2018 (in Japan)."""
        return self._day(_read(told))

    def last_day(self, ends_at: str) -> str:
        """The last day before an end that is not included: midnight of 1 August is the end of 31 July."""
        return self._day(_read(ends_at) - timedelta(microseconds=1))

    def moment(self, told: str) -> str:
        found = _read(told)
        return f"{self._day(found)} {found:%H:%M}"

    def _day(self, found: datetime) -> str:
        if self.language == "en":
            return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"
        return f"{found.year}年{found.month}月{found.day}日"


_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def _read(told: str) -> datetime:
    found = datetime.fromisoformat(told)
    return found.astimezone(JST) if found.tzinfo else found
