"""Numbers and codes as people type them: in every width, with every dash, with spaces and separators."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

DASHES: Final = "‐‑‒–—―−－ーｰ─━﹘﹣⁃˗"
"""Dashes, minus signs, the long-vowel mark and box lines: keyboards give each of them for a hyphen."""
_TO_HYPHEN: Final = str.maketrans(dict.fromkeys(DASHES, "-"))
_UNIT: Final = re.compile(r"\s*(口|ポイント|円|点|points?|pts?|p|units?)$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[0-9]{1,15}|[0-9]{1,3}(?:[, ][0-9]{3}){1,4}")
"""Separators stand between thousands only: `1,5` is no 15."""


def number(text: str) -> int | None:
    """`１，０００` is 1000. None for what is no whole number, also for one below zero."""
    plain = _UNIT.sub("", unicodedata.normalize("NFKC", text).replace("、", ",").strip())
    return int(plain.replace(",", "").replace(" ", "")) if _NUMBER.fullmatch(plain) else None


def code(text: str) -> str:
    """A code without spaces, in half width, with plain hyphens; letters keep their case."""
    plain = unicodedata.normalize("NFKC", text.translate(_TO_HYPHEN)).translate(_TO_HYPHEN)
    return "".join(letter for letter in plain if not letter.isspace() and letter.isprintable())


def digits(text: str) -> str:
    """The digits of a number that is written in groups: `1234-5678 9012`."""
    return code(text).replace("-", "")
