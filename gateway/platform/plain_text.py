"""Text that people and editors have saved: without the marks of its file format, which are no part of what it says.

A byte order mark, or one per file that was put together, and the line ends of Windows are such marks.
"""

from __future__ import annotations

import codecs
import unicodedata
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"


def plain_text(text: str) -> str:
    """The same text with the line ends of Unix and no byte order mark, or several, at the beginning of a line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.lstrip(BYTE_ORDER_MARK) for line in lines)


def secret_text(text: str) -> str:
    """A secret as it was meant: what nobody sees at the ends of its lines is an editor's, and empty lines at the end are none.

    Raises ValueError, which says where, for what nobody sees in the middle of a line: whether it belongs there nobody knows.
    """
    lines = [_trimmed(line) for line in plain_text(text).split("\n")]
    for number, line in enumerate(lines, 1):
        for column, character in enumerate(line, 1):
            if _is_unseen(character) and character != " ":
                raise ValueError(
                    f"line {number} has a character that nobody sees (U+{ord(character):04X}) at {column}"
                )
    return "\n".join(lines).rstrip("\n")


def _trimmed(line: str) -> str:
    start, end = 0, len(line)
    while start < end and _is_unseen(line[start]):
        start += 1
    while end > start and _is_unseen(line[end - 1]):
        end -= 1
    return line[start:end]


def _is_unseen(character: str) -> bool:
    """Controls, formats (zero widths, marks of direction) and every kind of blank."""
    return unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def decode_list(raw: bytes) -> str:
    """A list as a spreadsheet or editor saves it: UTF-8 with or without mark, UTF-16 with its mark, else CP932.

    The end-of-file mark of old programs (0x1A) is no part of it. Raises UnicodeDecodeError where it is none of these.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = raw.decode("utf-16")
    else:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("cp932")
    return plain_text(text).rstrip("\x1a\n")
