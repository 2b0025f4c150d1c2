"""Languages: 日本語 is what the pages are written in; the others are catalogues beside it.

Catalogues are Babel's .po files, read at the start; there is no compiled copy that could be older. What every site
says stands in `pagekit/locales`, what one site says in its own folder. やさしい日本語, where a site speaks it, says
hard sentences in its own way and takes the others as they are; over every word of the source stands its reading,
as ruby: `{漢字|かんじ}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import budoux
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from pagekit.clock import JST

JAPANESE: Final = "ja"
EASY: Final = "ja-easy"
NAMES: Final[Mapping[str, str]] = {JAPANESE: "日本語", "en": "English", EASY: "やさしい日本語"}
"""Each language as it calls itself."""

MAX_CACHED_SENTENCES: Final = 4_096

_HERE: Final = Path(__file__).parent / "locales"
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
_RUBY: Final = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")


class Catalog:
    """One site's languages and its catalogues."""

    def __init__(self, folder: Path, languages: Sequence[str]) -> None:
        self.languages: Mapping[str, str] = {tag: NAMES[tag] for tag in languages}
        self._folder = folder
        self._catalogues = {tag: dict(self._read(tag)) for tag in languages}
        self._speeches = {tag: Translator(self, tag) for tag in languages}

    def speech(self, language: str) -> Translator:
        """日本語 for a language that the site does not speak."""
        return self._speeches.get(language) or self._speeches[JAPANESE]

    def catalogue(self, language: str) -> Mapping[str, str]:
        """Source sentence → sentence. Empty for 日本語."""
        return self._catalogues[language]

    def files(self, language: str) -> list[Path]:
        return [path for folder in (_HERE, self._folder) if (path := folder / f"{language}.po").exists()]

    @cached_property
    def readings(self) -> tuple[re.Pattern[str], Mapping[str, str]]:
        """The words whose reading is known, the longest first, and each with its reading marked."""
        text = (self._folder / "readings.txt").read_text("utf-8")
        marked = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
        known = {_RUBY.sub(r"\1", word): word for word in marked}
        return re.compile("|".join(sorted(map(re.escape, known), key=len, reverse=True))), known

    def _read(self, language: str) -> Iterator[tuple[str, str]]:
        for path in self.files(language):
            with path.open("rb") as file:
                for message in read_po(file):
                    if message.id and message.string:
                        yield str(message.id), str(message.string)


def language_of(accept_language: str) -> str:
    """The best of ours for a browser that has not chosen: 日本語 unless it asks for something else first."""
    first = accept_language.split(",", maxsplit=1)[0].strip().lower()
    return JAPANESE if not first or first.startswith(("ja", "*")) else "en"


def in_phrases(text: str) -> Markup:
    """Japanese text, escaped, with `<wbr>` between its phrases (文節), as BudouX finds them."""
    return Markup("<wbr>").join(_phrases().parse(text))


@cache
def _phrases() -> budoux.Parser:
    return budoux.load_default_japanese_parser()


class Translator:
    """One language. `say` gives what stands on a page, `plain` what stands in an attribute or a title."""

    def __init__(self, words: Catalog, language: str) -> None:
        self.language = language
        self._words = words
        self._said = words.catalogue(language)
        # The API's sentences pass here too, so the caches have a bound.
        self._heading = lru_cache(MAX_CACHED_SENTENCES)(in_phrases)
        self._sentence = lru_cache(MAX_CACHED_SENTENCES)(self._make)

    @property
    def tag(self) -> str:
        """The tag for `lang=`, of BCP 47."""
        return "en" if self.language == "en" else "ja"

    def say(self, source: str, **values: object) -> Markup:
        """The sentence with its values, escaped; readings become ruby."""
        markup = self._sentence(source)
        return markup % values if values else markup  # Markup escapes what is put in

    def _make(self, source: str) -> Markup:
        text = self._said.get(source, source)
        if self.language == EASY:
            text = self._mark_readings(text)
        pieces: list[Markup] = []
        at = 0
        for match_ in _RUBY.finditer(text):
            pieces.append(escape(text[at : match_.start()]))
            pieces.append(Markup("<ruby>{}<rt>{}</rt></ruby>").format(match_[1], match_[2]))
            at = match_.end()
        pieces.append(escape(text[at:]))
        markup = Markup("").join(pieces)
        if len(pieces) > 1:
            markup = Markup("<span>{}</span>").format(
                markup
            )  # one box, also where a row of boxes is laid out
        return markup

    def heading(self, source: str, **values: object) -> Markup:
        """`say`, with a place to break after each phrase, for lines set large. In 日本語 only: ruby has its own."""
        if self.language != JAPANESE:
            return self.say(source, **values)
        return in_phrases(self.plain(source, **values)) if values else self._heading(source)

    def plain(self, source: str, **values: object) -> str:
        text = _RUBY.sub(r"\1", self._said.get(source, source))
        return text % values if values else text

    def label(self, told: Mapping[str, Any]) -> str:
        """One of the gateway's texts, which come as `ja` and `en`."""
        return str(told["en" if self.language == "en" else "ja"])

    def points(self, number: int) -> Markup:
        """`10,000 ポイント`, the number larger than its unit."""
        unit = self.plain("ポイント")
        return Markup('<span class="points"><b>{}</b> <small>{}</small></span>').format(f"{number:,}", unit)

    def short(self, number: int) -> str:
        """`150万` or `1.5M`: a large number where there is little room, as beside an axis."""
        for size, unit in _LARGE["en" if self.language == "en" else "ja"]:
            if number >= size:
                return f"{number / size:g}{unit}"
        return f"{number:,}"

    def fact(self, value: object) -> str:
        """A fact of a problem: a number, an instant, a list, or a word."""
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value:,}"
        if isinstance(value, list):
            return ", ".join(map(str, value))
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return self.moment(value)
        return str(value)

    def day(self, told: str) -> str:
        """`2018-07-31` or an instant, as 2018年7月31日 or 31 July 2018 (in Japan)."""
        return self._day(_read(told))

    def month(self, told: str) -> str:
        """`2018-07` as 2018年7月 or July 2018."""
        year, month = told.split("-")
        if self.language == "en":
            return f"{_MONTHS[int(month) - 1]} {year}"
        return f"{year}年{int(month)}月"

    def last_day(self, ends_at: str) -> str:
        """The last day before an end that is not included: midnight of 1 August is the end of 31 July."""
        return self._day(_read(ends_at) - timedelta(microseconds=1))

    def moment(self, told: str) -> str:
        at_ = _read(told)
        return f"{self._day(at_)} {at_:%H:%M}"

    def _day(self, found: datetime) -> str:
        if self.language == "en":
            return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"
        return f"{found.year}年{found.month}月{found.day}日"

    def _mark_readings(self, text: str) -> str:
        """`text` with `{漢字|かんじ}` for each known word; what is marked already, or is a value's name, stays."""
        words, known = self._words.readings
        pieces = re.split(r"(\{[^{}|]+\|[^{}|]+\}|%\(\w+\)s)", text)
        return "".join(
            piece if number % 2 else words.sub(lambda match_: known[match_[0]], piece)
            for number, piece in enumerate(pieces)
        )


_LARGE: Final[Mapping[str, Sequence[tuple[int, str]]]] = {
    "en": ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")),
    "ja": ((100_000_000, "億"), (10_000, "万")),
}

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
    moment = datetime.fromisoformat(told)
    return moment.astimezone(JST) if moment.tzinfo else moment
