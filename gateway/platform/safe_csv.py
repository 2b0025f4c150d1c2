"""CSV that Excel opens as it was meant: UTF-8 with a byte order mark, CRLF, and no cell that starts a formula."""

from __future__ import annotations

import csv
import io
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


def excel_csv(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """The whole file. Numbers stay numbers, below zero too; a text that would be run as a formula gets a quote mark."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def starts_a_formula(cell: str) -> bool:
    return cell.lstrip(" \u3000\u00a0").startswith(_STARTS_A_FORMULA) or cell.startswith(("\t", "\r", "\n"))


def _safe(cell: str | int) -> str | int:
    return "'" + cell if isinstance(cell, str) and starts_a_formula(cell) else cell
