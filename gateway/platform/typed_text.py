"""Text as people type it, folded before it is compared: every width, dash, space and normal form is the same text.

    nfc(text)                 how a name is kept: composed, so that a name typed on a Mac is the name typed elsewhere
    without_separators(text)  a code or number: no dash, dot or space is a part of it
    plain_width(text)         a number as it was typed, in half width
    search_key(text)          a name as it is looked for: width, case, kana, small ヶ and ヵ, ヱ and エ, dashes, 髙 and 高 do not tell names apart

Sources: Unicode Standard Annex #15 (normal forms); the differing tables of CP932 and JIS X 0208 for wave dash, double
vertical line, minus, cent, pound and not sign.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_DASHES_BESIDE_PD: Final = frozenset("\u2212\u2043\u2500\u2501\u30fc\uff70\u02d7\u2796\u23af\u2015")
"""Minus, bullet, box drawing, the long vowel mark and others that stand where a hyphen is meant; all of category Pd too."""

_WAVES: Final = frozenset("~\u301c\uff5e\u223c\u223e\u02dc")
_BETWEEN: Final = frozenset("._,\u00b7\u30fb\uff65\u2022")
_NO_ASCII_SEPARATORS: Final = str.maketrans(dict.fromkeys("-~._, \t\n\v\f\r\x1c\x1d\x1e\x1f"))
_SAME_SIGN: Final = str.maketrans(
    dict.fromkeys(_WAVES | {"\u203e", "\uffe3"}, "~")
    | {
        "\u2225": "\u2016",
        "\uff0d": "\u2212",
        "\uffe0": "\u00a2",
        "\uffe1": "\u00a3",
        "\uffe2": "\u00ac",
        "\u00a5": "\\",
        "\uffe5": "\\",
    }
)
"""Signs that the tables of CP932, JIS X 0208 and JIS X 0201 name differently, and that keyboards give for each other."""
_BEST_FIT: Final = str.maketrans("¡¦©®«»·¸¯ÐØÞßÆæðøþゔ", "!|cR≪≫・,~DOTsAadotヴ")
"""What Excel writes in Shift_JIS for signs that CP932 has not (WideCharToMultiByte, "best fit"); accents it drops."""
_SAME_KANJI: Final = str.maketrans(
    "髙﨑嵜𠮷德濵濱邊邉齋齊斎澤廣櫻國靑黑嶋嶌冨瀧龍眞惠榮藏實壽萬與賴峯嶽曾條學會圓舘邨桒栁槇檜鷗鹽",
    "高崎崎吉徳浜浜辺辺斉斉斉沢広桜国青黒島島富滝竜真恵栄蔵実寿万与頼峰岳曽条学会円館村桑柳槙桧鴎塩",
)
"""Forms of one kanji in names: whoever looks for one means the other."""
_SOUND_MARKS: Final = str.maketrans({"\u309b": "\u3099", "\u309c": "\u309a"})
"""Sound marks that stand alone: NFKC would make a space and a mark of each."""
_SMALL_KA_KE: Final = str.maketrans("ヵヶゕゖヰヱゐゑ", "カケかけイエいえ")


def nfc(text: str) -> str:
    """`text` composed, its lone sound marks joined to the kana before them."""
    return unicodedata.normalize("NFC", text.translate(_SOUND_MARKS))


def plain_width(text: str) -> str:
    """`text` in half width, without unseen characters; what hides a digit (`①`, `10²`, `½`) stays as it is."""
    if text.isascii():
        return text  # as nearly all of a file's hundred thousand cells are
    return _without_unseen("".join(map(_plain_character, text))).translate(_SAME_SIGN)


def _plain_character(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    is_wide = unicodedata.decomposition(character).startswith("<wide>")
    return character if not is_wide and any(map(str.isdigit, plain)) else plain


def is_dash(letter: str) -> bool:
    """Whether people type it for a hyphen."""
    return letter in _DASHES_BESIDE_PD or unicodedata.category(letter) == "Pd"


def without_separators(text: str) -> str:
    """`text` in half width (NFKC), without dashes, dots and spaces of any kind."""
    if text.isascii():
        return text.translate(_NO_ASCII_SEPARATORS)
    return "".join(
        letter
        for letter in _without_unseen(unicodedata.normalize("NFKC", text))
        if not letter.isspace() and letter not in _BETWEEN and not is_dash(letter) and letter not in _WAVES
    )


def same_note(text: str) -> str:
    """Free text so that one content is one text, whether it came as UTF-8, CP932 or from a Mac.

    CP932 has one long dash for all (U+2015), and Excel writes what it has not as its best fit: dashes are one, and so
    are a letter with and without its accent. Spaces say nothing.
    """
    plain = text.translate(_SOUND_MARKS).translate(_SAME_SIGN).translate(_BEST_FIT)
    folded = unicodedata.normalize("NFKC", plain).translate(_SAME_SIGN)
    letters = _without_unseen(_plain_signs(folded))
    return "".join(_without_accent(letter) for letter in letters if not letter.isspace())


def _plain_signs(text: str) -> str:
    """`text` with one wave and one dash. Waves first: U+301C is of category Pd."""
    return "".join("~" if letter in _WAVES else "-" if is_dash(letter) else letter for letter in text)


def _without_accent(letter: str) -> str:
    split = unicodedata.normalize("NFD", letter)
    base, marks = split[:1], split[1:]
    return base if marks and all("\u0300" <= mark <= "\u036f" for mark in marks) else letter


def _without_unseen(text: str) -> str:
    """`text` without format characters and variation selectors, which choose a glyph and say nothing."""
    return "".join(
        letter
        for letter in text
        if unicodedata.category(letter) != "Cf"
        and not ("\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef")
    )


def search_key(text: str) -> str:
    """`text` as it is compared when a name is looked for."""
    if text.isascii():
        return " ".join(text.casefold().split())
    folded = _without_unseen(
        unicodedata.normalize("NFKC", text.translate(_SOUND_MARKS).translate(_SAME_SIGN))
    )
    letters = []
    for letter in _plain_signs(folded.translate(_SMALL_KA_KE).translate(_SAME_KANJI).casefold()):
        if letter.isspace():
            letters.append(" ")
        else:
            letters.append(_in_hiragana(letter))
    return " ".join("".join(letters).split())


def in_hiragana(text: str) -> str:
    """`text` in plain width (NFKC), hiragana for katakana."""
    return "".join(map(_in_hiragana, unicodedata.normalize("NFKC", text)))


def _in_hiragana(letter: str) -> str:
    return chr(ord(letter) - 0x60) if "ァ" <= letter <= "ヶ" else letter
