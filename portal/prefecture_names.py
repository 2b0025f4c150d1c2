"""Prefectures as a reader of English knows them, with the name that stands on every sign behind.

In the order of their two digits; the gateway tells the Japanese names and readings only.
"""

from __future__ import annotations

from typing import Final

from pagekit.i18n import Translator

_ENGLISH: Final = (
    "Hokkaido", "Aomori", "Iwate", "Miyagi", "Akita", "Yamagata", "Fukushima", "Ibaraki", "Tochigi",
    "Gunma", "Saitama", "Chiba", "Tokyo", "Kanagawa", "Niigata", "Toyama", "Ishikawa", "Fukui",
    "Yamanashi", "Nagano", "Gifu", "Shizuoka", "Aichi", "Mie", "Shiga", "Kyoto", "Osaka", "Hyogo",
    "Nara", "Wakayama", "Tottori", "Shimane", "Okayama", "Hiroshima", "Yamaguchi", "Tokushima",
    "Kagawa", "Ehime", "Kochi", "Fukuoka", "Saga", "Nagasaki", "Kumamoto", "Oita", "Miyazaki",
    "Kagoshima", "Okinawa",
)  # fmt: skip


def prefecture_name(speech: Translator, code: str, name: str, kana: str = "") -> str:
    """`Ibaraki (茨城県)` in English, the name alone in Japanese. `code` begins with the prefecture's two digits.

    With its reading `kana` the name has it as ruby in やさしい日本語: for text, not for titles and attributes.
    """
    if speech.language != "en":
        return speech.with_reading(name, kana)
    return f"{_ENGLISH[int(code[:2]) - 1]} ({name})"


def prefecture_in_list(speech: Translator, code: str, name: str) -> str:
    """One language only, for a list that opens: no part of a choice there can be marked as Japanese."""
    return _ENGLISH[int(code[:2]) - 1] if speech.language == "en" else name
