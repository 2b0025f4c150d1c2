"""A list as a city has it, row by row: CSV in UTF-8, UTF-16 or Shift_JIS, text with tabs, or an Excel workbook. Pure.

What offices' programs leave in a file is no part of the list: a byte order mark, an end-of-file mark (0x1A), empty
columns at the right, empty rows. An Excel workbook is read as a stream: only the texts that its cells share are held.
It is unpacked within bounds, and XML that defines entities is refused, so that no small file becomes a large one.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from gateway.errors import ProblemError

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_COLUMNS: Final = 64
MAX_SHEETS: Final = 50
MAX_UNPACKED_BYTES: Final = 256 * 1024 * 1024
"""100,000 rows of 15 columns are some 80 MB of XML."""
MAX_SHARED_TEXT_BYTES: Final = 64 * 1024 * 1024
"""Texts that cells share are the one part of a workbook that is held in memory."""
MAX_PARTS: Final = 2_000
_PIECE: Final = 64 * 1024
_END_OF_FILE: Final = b"\x1a"
_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row by its number in the file, without the empty cells at its right end."""

    number: int
    cells: tuple[str, ...]


def read_sheets(raw: bytes) -> Iterator[Iterator[ListRow]]:
    """The file's sheets, each as its rows with something in them; CSV is one sheet. Read them in their order.

    Raises ProblemError `csv-unreadable` (422) with `why` and `line`, also while rows are read.
    """
    if raw.startswith(_OLE):
        raise unreadable("excel-old", 1)
    if raw.startswith(_ZIP):
        yield from _sheets_of_workbook(raw)
    else:
        yield _rows_of_text(raw)


def is_workbook(raw: bytes) -> bool:
    return raw.startswith(_ZIP)


def text_of_rows(rows: Iterable[ListRow]) -> bytes:
    """Rows as CSV in UTF-8 in which each keeps its number: a list is read twice, and unpacking a workbook is the dear part."""
    text = io.StringIO()
    writer, line = csv.writer(text, lineterminator="\n"), 1
    for row in rows:
        text.write("\n" * (row.number - line))
        # A line break in a cell would move all numbers below it; this one stays unseen, and so a fault.
        writer.writerow([cell.replace("\r", "\v").replace("\n", "\v") for cell in row.cells])
        line = row.number + 1
    return text.getvalue().encode("utf-8", "replace")


def unreadable(why: str, line: int) -> ProblemError:
    return ProblemError(
        "csv-unreadable",
        f"The file cannot be read as Excel or as CSV in UTF-8, UTF-16 or Shift_JIS at line {line} ({why}); "
        "save it as CSV or .xlsx again.",
        why=why,
        line=line,
    )


# --- text ------------------------------------------------------------------------------------------------------------


def _rows_of_text(raw: bytes) -> Iterator[ListRow]:
    # Decoded as it is read: a file is held once, as the bytes that came.
    trimmed = _without_end_mark(raw)
    encoding = _encoding(trimmed)
    text = io.TextIOWrapper(io.BytesIO(trimmed), encoding=encoding, newline="")
    first = text.readline()
    delimiter = "\t" if "\t" in first and "," not in first else ","
    text.seek(0)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if row := _trimmed(cells):
                yield ListRow(reader.line_num, row)
    except csv.Error as fault:
        raise unreadable("quotes", reader.line_num) from fault
    except UnicodeDecodeError as fault:
        raise unreadable("encoding", reader.line_num + 1) from fault


def _without_end_mark(raw: bytes) -> bytes:
    """Without 0x1A at the end, as hosts and old programs write it, in either width."""
    stripped = raw.rstrip(b"\r\n")
    if raw.startswith(_BOMS):
        for mark in (b"\x1a\x00", b"\x00\x1a"):
            at = raw.rfind(mark)
            if at > 0 and at % 2 == 0 and not raw[at + 2 :].strip(b"\r\n\x00"):
                return raw[:at]
        return raw
    return stripped.rstrip(_END_OF_FILE) if stripped.endswith(_END_OF_FILE) else raw


def _encoding(raw: bytes) -> str:
    if raw.startswith(_BOMS):
        if _first_fault(raw, "utf-16") is not None:
            raise unreadable("encoding", 1)
        return "utf-16"
    if b"\x00" in raw:
        raise unreadable("nul", raw[: raw.index(b"\x00")].count(b"\n") + 1)
    fault = _first_fault(raw, "utf-8-sig")
    if fault is None:
        return "utf-8-sig"
    if _first_fault(raw, "cp932") is None:
        return "cp932"
    raise unreadable("encoding", raw[:fault].count(b"\n") + 1)


def _first_fault(raw: bytes, encoding: str) -> int | None:
    """Where the bytes stop being text of this encoding; None where all of them are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(raw) + 1, _PIECE):
        piece = raw[start : start + _PIECE]
        try:
            decoder.decode(piece, final=start + _PIECE > len(raw))
        except UnicodeDecodeError as fault:
            # The decoder may have kept the beginning of a letter from the piece before.
            return start + len(piece) - len(fault.object) + fault.start
    return None


# --- Excel -----------------------------------------------------------------------------------------------------------


def _sheets_of_workbook(raw: bytes) -> Iterator[Iterator[ListRow]]:
    # Loaded where a workbook comes: it is 20 MB of code that most processes never need.
    from defusedxml.common import DefusedXmlException
    from openpyxl import load_workbook

    _require_bounds(raw)
    broken = (
        *(KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError, OSError, ParseError),
        *(zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, DefusedXmlException),
    )
    """openpyxl raises whatever its parts raise over a file that is none."""
    try:
        # `data_only`: what a formula came to is what the clerk saw.
        workbook = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
    except broken as fault:
        raise unreadable("excel-broken", 1) from fault
    try:
        for sheet in workbook.worksheets[:MAX_SHEETS]:
            if sheet.sheet_state == "visible":
                yield _rows_of_sheet(sheet, broken)
    finally:
        workbook.close()


def _rows_of_sheet(sheet: Any, broken: tuple[type[BaseException], ...]) -> Iterator[ListRow]:
    sheet.reset_dimensions()  # what a file says of its size is no reason to make cells
    number = 0
    try:
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), 1):
            width = len(cells)
            while width and cells[width - 1] is None:
                width -= 1
            if row := _trimmed(map(_text_of, cells[:width])):
                yield ListRow(number, row)
    except broken as fault:
        if isinstance(fault, ProblemError):
            raise
        raise unreadable("excel-broken", number + 1) from fault


def _require_bounds(raw: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, OSError, NotImplementedError) as fault:
        raise unreadable("excel-broken", 1) from fault
    shared = sum(part.file_size for part in parts if not part.filename.startswith("xl/worksheets/"))
    unpacked = sum(part.file_size for part in parts)
    # zipfile reads no more of a part than its size says, whatever is packed in it.
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED_BYTES or shared > MAX_SHARED_TEXT_BYTES:
        raise unreadable("excel-too-large", 1)
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise unreadable("excel-broken", 1)


def _text_of(value: object) -> str:
    """A cell as its sheet shows it, without the sheet's formats: 500.0 is 500, a day is 2018-07-31."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _trimmed(cells: Iterable[str]) -> tuple[str, ...]:
    headings = [cell.strip() for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    return tuple(headings)
