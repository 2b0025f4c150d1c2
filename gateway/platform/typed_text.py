"""Text as people type it, folded before it is compared: every width, dash, space and normal form is the same text.

    nfc(text)                 how a name is kept: composed, so that a name typed on a Mac is the name typed elsewhere
    without_separators(text)  a code or number: no dash, dot or space is a part of it
    search_key(text)          a name as it is looked for: width, case, kana, small ヶ and ヵ, and dashes do not tell names apart

Sources: Unicode Standard Annex #15 (normal forms); the differing tables of CP932 and JIS X 0208 for wave dash, double
vertical line, minus, cent, pound and not sign.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_DASHES_BESIDE_PD: Final = frozenset("\u2212\u2043\u2500\u2501\u30fc\uff70\u02d7\u2796\u23af\u2015")
"""Minus, bullet, box drawing, the long vowel mark and others that stand where a hyphen is meant; all of category Pd too."""

_WAVES: Final = frozenset("\u301c\uff5e\u223c\u223e\u02dc")
_BETWEEN: Final = frozenset("._,\u00b7\u30fb\uff65\u2022")
_CP932_PAIRS: Final = str.maketrans(
    {
        "\uff5e": "\u301c",
        "\u2225": "\u2016",
        "\uff0d": "\u2212",
        "\uffe0": "\u00a2",
        "\uffe1": "\u00a3",
        "\uffe2": "\u00ac",
    }
)
_SOUND_MARKS: Final = str.maketrans({"\u309b": "\u3099", "\u309c": "\u309a"})
"""Sound marks that stand alone: NFKC would make a space and a mark of each."""
_SMALL_KA_KE: Final = str.maketrans("ヵヶゕゖ", "カケかけ")


def nfc(text: str) -> str:
    """`text` composed, its lone sound marks joined to the kana before them."""
    return unicodedata.normalize("NFC", text.translate(_SOUND_MARKS))


def is_dash(letter: str) -> bool:
    """Whether people type it for a hyphen."""
    return letter in _DASHES_BESIDE_PD or unicodedata.category(letter) == "Pd"


def without_separators(text: str) -> str:
    """`text` in half width (NFKC), without dashes, dots and spaces of any kind."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKC", text)
        if not letter.isspace() and letter not in _BETWEEN and not is_dash(letter) and letter not in _WAVES
    )


def same_note(text: str) -> str:
    """Free text so that one content is one text, whether it came as UTF-8, CP932 or from a Mac."""
    return unicodedata.normalize("NFKC", text.translate(_SOUND_MARKS).translate(_CP932_PAIRS)).translate(
        _CP932_PAIRS
    )


def search_key(text: str) -> str:
    """`text` as it is compared when a name is looked for."""
    folded = unicodedata.normalize("NFKC", text.translate(_SOUND_MARKS)).translate(_SMALL_KA_KE).casefold()
    letters = []
    for letter in folded:
        if is_dash(letter):
            letters.append("-")
        elif letter in _WAVES:
            letters.append("~")
        elif letter.isspace():
            letters.append(" ")
        elif "ァ" <= letter <= "ヶ":
            letters.append(chr(ord(letter) - 0x60))
        else:
            letters.append(letter)
    return " ".join("".join(letters).split())
