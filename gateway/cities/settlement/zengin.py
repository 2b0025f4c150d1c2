"""The bank transfer file (全銀フォーマット, 総合振込): records of 120 bytes, half-width kana, JIS X 0201. Pure.

    1 header    who pays, on which day, from which account
    2 data      one for each payee
    8 trailer   how many, how much
    9 end

Layout: the record format of the Japanese Bankers Association for 総合振込 (種別コード 21), as the banks publish it;
`docs/decisions/051` compares it field by field. Numbers are right-aligned with zeros, texts left-aligned with
spaces; each record is followed by CR LF.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from gateway.platform.typed_text import is_dash

LENGTH: Final = 120
MAX_YEN: Final = 9_999_999_999
"""Ten digits for one transfer."""
MAX_TOTAL_YEN: Final = 999_999_999_999
"""Twelve digits for the sum in the trailer."""
EDI_LENGTH: Final = 20
END_MARK: Final = b"\x1a"
"""Some hosts want it after the last record (EOF)."""

_SMALL: Final = str.maketrans(
    "ァィゥェォッャュョヮヲヵヶヰヱㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ",
    "アイウエオツヤユヨワオカケイエクシストヌハヒフヘホムラリルレロ",
)
"""Names of accounts hold no small kana, no ヲ, ヰ or ヱ: each is written as its plain neighbour."""
_MARKS: Final = {"\u3099": "ﾞ", "\u309a": "ﾟ"}
_LONE_MARKS: Final = str.maketrans({"\u309b": "\u3099", "\u309c": "\u309a"})
"""NFKC makes a space and a mark of each; the mark belongs to the kana before it."""
_GAP_BEFORE_MARK: Final = re.compile(r"\s+(?=[\u3099\u309a])")
"""Left by a program that has folded U+309B by NFKC before it came to us."""
_WAVES: Final = frozenset("~\u301c\u223c\u02dc")
_REPEATS: Final = frozenset("ゝヽ")
"""いすゞ is ｲｽｽﾞ at the bank: the mark repeats the kana before it, and NFD splits ゞ into ゝ and a sound mark."""
_HALF: Final = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF71, 0xFF9E)}
_ALLOWED: Final = re.compile(r"[0-9A-Z ｱ-ﾝﾞﾟ().,/\\｢｣-]*")
_SAME: Final = str.maketrans(
    {
        "・": ".",
        "·": ".",
        "•": ".",
        "「": "｢",
        "」": "｣",
        "、": ",",
        "。": ".",
        "¥": "\\",
        "　": " ",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFrom:
    """Who pays. Texts as `half_width` writes them; `pays_on` is the day of the transfer (取組日)."""

    client_code: str
    client_name: str
    pays_on: date
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_kind: int
    account_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferTo:
    """One payee. `reference` is up to ten digits by which the payer knows it (顧客コード1).

    `edi` is a text that the payee sees, up to twenty characters; it stands where both customer codes would (識別表示 Y).
    """

    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_kind: int
    account_number: str
    holder: str
    yen: int
    reference: str = ""
    edi: str = ""


def transfer_file(source: TransferFrom, targets: Sequence[TransferTo], *, end_mark: bool = False) -> bytes:
    """The whole file. Raises ValueError naming the field that does not fit."""
    records = [_header(source), *map(_data, targets), _trailer(targets), "9" + " " * 119]
    for record in records:
        if len(record) != LENGTH:
            raise ValueError(f"a record has {len(record)} characters instead of {LENGTH}")
    file = "".join(record + "\r\n" for record in records).encode("shift_jis")
    return file + END_MARK if end_mark else file


def half_width(text: str) -> str:
    """A name as transfer files write it: half-width kana with sound marks of their own, capitals, digits, few signs.

    Hiragana and full-width forms are converted, small kana become large, ヲ becomes ｵ, the long vowel mark a hyphen, ゝ the
    kana that it repeats.
    Raises ValueError naming the first character that banks do not take (a kanji, say).
    """
    # NFKC makes full-width kana of half-width ones and composes; NFD splits the sound marks off again.
    kata = "".join(
        chr(ord(letter) + 0x60) if "ぁ" <= letter <= "ゖ" else letter
        for letter in _GAP_BEFORE_MARK.sub("", unicodedata.normalize("NFKC", text.translate(_LONE_MARKS)))
    )
    written: list[str] = []
    # NFD before the small kana: ヸ is ヰ and a sound mark.
    for letter in unicodedata.normalize("NFD", kata).translate(_SMALL).translate(_SAME).upper():
        if letter in _REPEATS:
            before = next((kana for kana in reversed(written) if kana not in _MARKS.values()), "")
            half = before if "ｱ" <= before <= "ﾝ" else letter
        elif is_dash(letter) or letter in _WAVES:
            half = "-"
        else:
            half = _MARKS.get(letter) or _HALF.get(letter, letter)
        if not _ALLOWED.fullmatch(half):
            shown = letter if letter.isprintable() else f"U+{ord(letter):04X}"
            raise ValueError(f"{shown} cannot stand in a transfer file; use kana, letters and digits")
        written.append(half)
    return "".join(written).strip()


def _header(source: TransferFrom) -> str:
    return "".join(
        (
            "1",  # データ区分
            "21",  # 種別コード: 総合振込
            "0",  # コード区分: JIS
            _number("client_code", source.client_code, 10),
            _text("client_name", source.client_name, 40),
            f"{source.pays_on:%m%d}",
            _number("bank_code", source.bank_code, 4),
            _text("bank_name", source.bank_name, 15),
            _number("branch_code", source.branch_code, 3),
            _text("branch_name", source.branch_name, 15),
            str(source.account_kind),
            _number("account_number", source.account_number, 7),
            " " * 17,
        )
    )


def _data(target: TransferTo) -> str:
    if not 0 < target.yen <= MAX_YEN:
        raise ValueError(f"yen: {target.yen} is no amount that one transfer can carry")
    return "".join(
        (
            "2",
            _number("bank_code", target.bank_code, 4),
            _text("bank_name", target.bank_name, 15),
            _number("branch_code", target.branch_code, 3),
            _text("branch_name", target.branch_name, 15),
            "0" * 4,  # 手形交換所番号: a number that is not used
            str(target.account_kind),
            _number("account_number", target.account_number, 7),
            _text("holder", target.holder, 30),
            f"{target.yen:010}",
            "0",  # 新規コード: その他
            *(
                [_text("edi", target.edi, EDI_LENGTH)]
                if target.edi
                else [_number("reference", target.reference, 10), "0" * 10]  # 顧客コード2 is not used
            ),
            "7",  # 振込指定区分: テレ振込
            "Y" if target.edi else " ",  # 識別表示
            " " * 7,
        )
    )


def _trailer(targets: Sequence[TransferTo]) -> str:
    return f"8{len(targets):06}{sum(target.yen for target in targets):012}" + " " * 101


def _number(name: str, digits: str, length: int) -> str:
    if len(digits) > length or not re.fullmatch(r"[0-9]*", digits):
        raise ValueError(f"{name}: give at most {length} half-width digits")
    return digits.rjust(length, "0")


def _text(name: str, text: str, length: int) -> str:
    if len(text) > length or not _ALLOWED.fullmatch(text):
        raise ValueError(f"{name}: give at most {length} characters that a transfer file can carry")
    return text.ljust(length)
