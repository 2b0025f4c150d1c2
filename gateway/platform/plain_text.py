"""Text that people and editors have saved: without the marks of its file format, which are no part of what it says.

A byte order mark, or one per file that was put together, and the line ends of Windows are such marks.
"""

from __future__ import annotations

from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"


def plain_text(text: str) -> str:
    """The same text with the line ends of Unix and no byte order mark at the beginning of a line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.removeprefix(BYTE_ORDER_MARK) for line in lines)


def decode_list(raw: bytes) -> str:
    """A list as a spreadsheet or editor saves it: UTF-8 with or without mark, else CP932 (Shift_JIS of Windows).

    Raises UnicodeDecodeError where it is neither.
    """
    try:
        return plain_text(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return plain_text(raw.decode("cp932"))
