"""Numbers and codes as people type them: in every width, with every dash, with spaces and separators."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final, TypeVar

DASHES: Final = "‐‑‒–—―−－ーｰ─━﹘﹣⁃˗"
"""Dashes, minus signs, the long-vowel mark and box lines: keyboards give each of them for a hyphen."""
_TO_HYPHEN: Final = str.maketrans(dict.fromkeys(DASHES, "-"))
_UNIT: Final = re.compile(r"\s*(口|ポイント|円|点|回|人|名|件|points?|pts?|p|units?|times?)$", re.IGNORECASE)
_MAN: Final = re.compile(r"([0-9]{1,8})\s*万\s*([0-9]{0,4})")
"""`1万` is 10,000 and `2万5000` is 25,000; nothing else with 万 is clear."""
_TO_HIRAGANA: Final = {ord("ァ") + at: ord("ぁ") + at for at in range(ord("ヶ") - ord("ァ") + 1)}
_ERAS: Final = {"": 0, "平成": 1988, "H": 1988, "令和": 2018, "R": 2018}
"""The year before the first of each era that a payment can lie in."""
_DAY: Final = re.compile(
    r"(?P<era>平成|令和|[HR])?\s*(?P<year>[0-9]{1,4}|元)(?:(?P<sep>[-/.])|\s*年\s*|(?=[0-9]{4}$))"
    r"(?P<month>[0-9]{1,2})(?:(?(sep)(?P=sep))|\s*月\s*|(?=[0-9]{2}$))(?P<day>[0-9]{1,2})\s*日?"
)
_NUMBER: Final = re.compile(r"[0-9]{1,15}|[0-9]{1,3}(?:[, ][0-9]{3}){1,4}")
"""Separators stand between thousands only: `1,5` is no 15."""


WordT = TypeVar("WordT", bound=str)


def choice_of(text: str, words: Iterable[WordT]) -> WordT | None:
    """`text` as one of the words of a choice, such as those that a call takes; None for any other."""
    return next((word for word in words if word == text), None)


def number(text: str) -> int | None:
    """`１，０００` is 1000. None for what is no whole number, also for one below zero."""
    plain = _UNIT.sub("", _in_plain_width(text).replace("、", ",").strip())
    if (man := _MAN.fullmatch(plain.replace(",", ""))) is not None:
        return int(man[1]) * 10_000 + int(man[2] or 0)
    return int(plain.replace(",", "").replace(" ", "")) if _NUMBER.fullmatch(plain) else None


def day(text: str) -> date | None:
    """`2018-07-31`, `2018/7/31`, `２０１８年７月３１日`, `平成30年7月31日` or `20180731`; None for what is no day."""
    plain = _in_plain_width(text.translate(_TO_HYPHEN)).strip()
    match = _DAY.fullmatch(plain)
    if match is None:
        return None
    era, year = match["era"], int(match["year"].replace("元", "1"))
    if (era is None) != (len(match["year"]) == 4):
        return None
    try:
        return date(year + _ERAS.get(era or "", 0), int(match["month"]), int(match["day"]))
    except ValueError:
        return None


def code(text: str) -> str:
    """A code without spaces, in half width, with plain hyphens; letters keep their case."""
    plain = _in_plain_width(text.translate(_TO_HYPHEN)).translate(_TO_HYPHEN)
    return "".join(letter for letter in plain if not letter.isspace() and letter.isprintable())


def folded(text: str) -> str:
    """Text to look for: one width, one case, hiragana for katakana, without spaces."""
    plain = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return plain.translate(_TO_HIRAGANA)


def search_words(text: str, max_length: int) -> str:
    """What somebody looks for, on one line, without what is not seen: a pasted name often has it."""
    seen = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
    return " ".join(seen.split())[:max_length].rstrip()


def digits(text: str) -> str:
    """The digits of a number that is written in groups: `1234-5678 9012`."""
    return code(text).replace("-", "")


def _in_plain_width(text: str) -> str:
    """NFKC, but for characters that hide digits: `10²`, `①`, `½` and `㍘` are no 102, 1, 12 and 0."""
    return unicodedata.normalize("NFC", "".join(map(_plain_character, text)))


def _plain_character(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    is_wide = unicodedata.decomposition(character).startswith("<wide>")
    return character if not is_wide and any(map(str.isdigit, plain)) else plain
