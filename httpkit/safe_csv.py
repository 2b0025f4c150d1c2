"""CSV that Excel opens as it was meant: UTF-8 with a byte order mark, CRLF, and no cell that it runs or changes.

A text that a spreadsheet would run as a formula, or turn into a number or a day (`0012`, `234567E2`, `3-1`), gets a quote mark
before it. Days, months and moments as ISO writes them stay so; numbers are cells of their own.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

_STARTS_A_FORMULA: Final = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
    "﹦",
    "﹢",
    "﹣",
    "﹫",
    "−",
)
"""Excel reads the full-width and small forms, and the minus sign, as it reads the plain ones."""
_MONTHS: Final = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_DAY: Final = (
    r"(?:[0-9]{1,4}[-/][0-9]{1,4}(?:[-/][0-9]{1,4})?"
    rf"|(?:{_MONTHS})[- ]?[0-9]{{1,4}}(?:[-, ]{{1,2}}[0-9]{{2,4}})?"
    rf"|[0-9]{{1,4}}[- ]?(?:{_MONTHS})[- ]?(?:[0-9]{{2,4}})?"  # 2MAY2345 is a MyKey ID and a day
    r"|[MTSHR][0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{1,2}"  # H30.7.31: a day of an era
    r"|(?:[0-9]{2,4}|(?:明治|大正|昭和|平成|令和)[0-9]{1,2})年[0-9]{1,2}月(?:[0-9]{1,2}日)?|[0-9]{1,2}月[0-9]{1,2}日)"
)
_HOUR: Final = (
    r"(?:[0-9]{1,4}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]+)?)?(?: [AP]M?)?|[0-9]{1,2} [AP]M?"
    r"|[0-9]{1,2}時[0-9]{1,2}分)"
)
_CHANGED: Final = re.compile(
    r"0[0-9]+"  # loses its zeros
    r"|[0-9]{12,}|(?=(?:,?[0-9]){16})[0-9]{1,3}(?:,[0-9]{3})+"  # shown as 1.23E+11, and beyond 15 digits others
    r"|[0-9]*\.[0-9]*0|0*\.[0-9]+|0+[0-9]+\.[0-9]*|[0-9]+\."  # 1.50, .5, 01.5
    r"|(?:[0-9]+\.?[0-9]*|\.[0-9]+)E[+-]?[0-9]{1,3}"
    r"|\([0-9.,]+\)"  # below zero, as accountants write it
    r"|[0-9.]+ ?%|[0-9]+ [0-9]+/[0-9]+"  # 0.5 of 50%, 1.5 of 1 1/2
    rf"|{_DAY}(?:[ T]{_HOUR})?|{_HOUR}",
    re.IGNORECASE,
)
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?: [0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?)?")


def excel_csv(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """The whole file. Numbers stay numbers, below zero too; a text that would be run or changed gets a quote mark."""
    return excel_head(header) + excel_lines(rows)


def excel_head(header: Sequence[str]) -> bytes:
    """How the file begins: `excel_lines` of any number of parts of its rows follow, and the whole is `excel_csv`'s."""
    return b"\xef\xbb\xbf" + _written([header])


def excel_lines(rows: Iterable[Sequence[str | int]]) -> bytes:
    """Some rows of the file, in their order."""
    return _written([_safe(cell) for cell in row] for row in rows)


def _written(rows: Iterable[Sequence[str | int]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def starts_a_formula(cell: str) -> bool:
    return cell.lstrip(" \u3000\u00a0").startswith(_STARTS_A_FORMULA) or cell.startswith(("\t", "\r", "\n"))


def is_changed(cell: str) -> bool:
    """Whether a spreadsheet makes a number or a day of this text, and so another text."""
    plain = unicodedata.normalize("NFKC", cell).strip()
    return _CHANGED.fullmatch(plain) is not None and _ISO_DAY.fullmatch(plain) is None


def without_quote(cell: str) -> str:
    """A cell as it was before `excel_csv` kept it from being changed; a formula stays quoted."""
    return cell[1:] if cell.startswith("'") and is_changed(cell[1:]) else cell


def _safe(cell: str | int) -> str | int:
    return "'" + cell if isinstance(cell, str) and (starts_a_formula(cell) or is_changed(cell)) else cell
