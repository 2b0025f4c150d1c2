"""Languages: 日本語 is what the pages are written in; the others are catalogues beside it.

Catalogues are Babel's .po files, read at the start; there is no compiled copy that could be older. What every site
says stands in `pagekit/locales`, what one site says in its own folder. やさしい日本語, where a site speaks it, says
hard sentences in its own way and takes the others as they are; over every word of the source stands its reading,
as ruby: `{漢字|かんじ}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Final, Literal, Protocol, TypeAlias

import budoux
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from httpkit.clock import JST

Language: TypeAlias = Literal["ja", "en", "ja-easy"]

JAPANESE: Final = "ja"
EASY: Final = "ja-easy"
NAMES: Final[Mapping[Language, str]] = {JAPANESE: "日本語", "en": "English", EASY: "やさしい日本語"}
"""Each language as it calls itself."""


@dataclass(frozen=True, slots=True)
class TaggedWord:
    """A word in a language that need not be the page's; `tag` is for `lang=`."""

    tag: str
    word: str


WORD_FOR_OTHER_READERS: Final[Mapping[str, TaggedWord]] = {
    "ja": TaggedWord("en", "Language"),
    "en": TaggedWord("ja", "言語"),
}
"""What the choice of languages is called on a page of this tag: a word for who cannot read the page."""

MAX_CACHED_SENTENCES: Final = 4_096

_HERE: Final = Path(__file__).parent / "locales"
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
_RUBY: Final = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
_VALUE: Final = re.compile(r"%\((\w+)\)s")


class Label(Protocol):
    """A text of the gateway's in both of its languages."""

    @property
    def ja(self) -> str: ...
    @property
    def en(self) -> str: ...


class Wording(Label, Protocol):
    """A text in all three languages."""

    @property
    def easy(self) -> str: ...


class Catalog:
    """One site's languages and its catalogues."""

    def __init__(self, folder: Path, languages: Sequence[Language]) -> None:
        self.languages: Mapping[Language, str] = {tag: NAMES[tag] for tag in languages}
        self._folder = folder
        self._singulars: dict[str, dict[str, str]] = {tag: {} for tag in languages}
        self._catalogues: dict[str, dict[str, str]] = {tag: dict(self._read(tag)) for tag in languages}
        self._speeches: dict[str, Translator] = {tag: Translator(self, tag) for tag in languages}

    def speech(self, language: str) -> Translator:
        """日本語 for a language that the site does not speak."""
        return self._speeches.get(language) or self._speeches[JAPANESE]

    def catalogue(self, language: str) -> Mapping[str, str]:
        """Source sentence → sentence. Empty for 日本語."""
        return self._catalogues[language]

    def singulars(self, language: str) -> Mapping[str, str]:
        """Source sentence → sentence for one, where it differs. 日本語 has one form for every number."""
        return self._singulars[language]

    def files(self, language: str) -> list[Path]:
        return [path for folder in (_HERE, self._folder) if (path := folder / f"{language}.po").exists()]

    @cached_property
    def readings(self) -> tuple[re.Pattern[str], Mapping[str, str]]:
        """The words whose reading is known, the longest first, and each with its reading marked.

        None is known to a site that does not speak やさしい日本語.
        """
        if EASY not in self.languages:
            return re.compile(r"(?!)"), {}
        text = (self._folder / "readings.txt").read_text("utf-8")
        marked = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
        known = {_RUBY.sub(r"\1", word): word for word in marked}
        return re.compile("|".join(sorted(map(re.escape, known), key=len, reverse=True))), known

    def _read(self, language: str) -> Iterator[tuple[str, str]]:
        for path in self.files(language):
            with path.open("rb") as file:
                for message in read_po(file):
                    if isinstance(message.id, tuple | list):
                        one, many = tuple(message.string or ())
                        self._singulars[language][str(message.id[0])] = str(one)
                        yield str(message.id[0]), str(many)
                    elif message.id and message.string:
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

    def __init__(self, words: Catalog, language: Language) -> None:
        self.language: Language = language
        self._words = words
        self._said = words.catalogue(language)
        self._singular = words.singulars(language)
        # The API's sentences pass here too, so the caches have a bound.
        self._heading = lru_cache(MAX_CACHED_SENTENCES)(in_phrases)
        self._sentence = lru_cache(MAX_CACHED_SENTENCES)(self._make)

    @property
    def tag(self) -> str:
        """The tag for `lang=`, of BCP 47."""
        return "en" if self.language == "en" else "ja"

    @property
    def word_for_other_readers(self) -> TaggedWord:
        """What the choice of languages is called, for who cannot read this one."""
        return WORD_FOR_OTHER_READERS[self.tag]

    def say(self, source: str, **values: object) -> Markup:
        """The sentence with its values, escaped; readings become ruby."""
        markup = self._sentence(source, is_one=self._is_one(source, values))
        return markup % values if values else markup  # Markup escapes what is put in

    def _is_one(self, source: str, values: Mapping[str, object]) -> bool:
        """Whether the sentence has a form of its own for one, and its first number is that."""
        singular = self._singular.get(source)
        if singular is None:
            return False
        first = _VALUE.search(singular)
        return str(values.get(first[1] if first else "count")) == "1"

    def _make(self, source: str, *, is_one: bool = False) -> Markup:
        return self.with_readings(self._singular[source] if is_one else self._said.get(source, source))

    def with_readings(self, text: str) -> Markup:
        """A text of this language, escaped; readings become ruby."""
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

    def without_readings(self, text: str) -> str:
        """A text of this language for an attribute or a title."""
        return _RUBY.sub(r"\1", text)

    def in_kana(self, text: str) -> str:
        """A text of this language with each word whose reading is known in kana, to look for it; English as it is."""
        return _RUBY.sub(r"\2", text if self.language == "en" else self._mark_readings(text))

    def heading(self, source: str, **values: object) -> Markup:
        """`say`, with a place to break after each phrase, for lines set large. In 日本語 only: ruby has its own."""
        if self.language != JAPANESE:
            return self.say(source, **values)
        return in_phrases(self.plain(source, **values)) if values else self._heading(source)

    def plain(self, source: str, **values: object) -> str:
        is_one = self._is_one(source, values)
        text = _RUBY.sub(r"\1", self._singular[source] if is_one else self._said.get(source, source))
        return text % values if values else text

    def with_reading(self, name: str, kana: str, romaji: str = "") -> str:
        """A name with its reading over it in やさしい日本語, `Kasama City (笠間市)` in English; the name alone elsewhere."""
        if self.language == "en" and romaji:
            return f"{romaji} ({name})"
        if self.language != EASY or not kana:
            return name
        return Markup("<ruby>{}<rt>{}</rt></ruby>").format(name, kana)

    def label(self, text: Label | Mapping[str, str]) -> str:
        """One of the gateway's texts, which come as `ja` and `en`."""
        if isinstance(text, Mapping):
            return text["en" if self.language == "en" else "ja"]
        return text.en if self.language == "en" else text.ja

    def labels(self, choices: Mapping[str, str]) -> dict[str, str]:
        """What the words of a choice are called, for an attribute or to be escaped."""
        return {word: self.plain(source) for word, source in choices.items()}

    def wording(self, text: Wording) -> str:
        """What a city or the platform has written in three languages, in the reader's."""
        return {"en": text.en, EASY: text.easy}.get(self.language, text.ja)

    def points(self, number: int) -> Markup:
        """`10,000 ポイント`, the number larger than its unit."""
        unit = self.plain("ポイント", count=number)
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

    def day(self, day: date | str) -> str:
        """A day (`2018-07-31`) or an instant, as 2018年7月31日 or 31 July 2018 (in Japan)."""
        return self._day(_in_japan(day))

    def month(self, text: str) -> str:
        """`2018-07` as 2018年7月 or July 2018."""
        year, month = text.split("-")
        if self.language == "en":
            return f"{_MONTHS[int(month) - 1]} {year}"
        return f"{year}年{int(month)}月"

    def last_day(self, ends_at: datetime | str) -> str:
        """The last day before an end that is not included: midnight of 1 August is the end of 31 July."""
        return self._day(_in_japan(_instant(ends_at) - timedelta(microseconds=1)))

    def moment(self, at: datetime | str) -> str:
        """`2018年7月31日 12:00`, in Japan."""
        in_japan = _in_japan(_instant(at))
        return f"{self._day(in_japan)} {in_japan:%H:%M}"

    def _day(self, day: date) -> str:
        if self.language == "en":
            return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
        return f"{day.year}年{day.month}月{day.day}日"

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


def _instant(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _in_japan(day: date | str) -> date:
    """The day or the instant, as a clock in Japan shows it."""
    if isinstance(day, str):
        day = datetime.fromisoformat(day)
    return day.astimezone(JST) if isinstance(day, datetime) and day.tzinfo else day
