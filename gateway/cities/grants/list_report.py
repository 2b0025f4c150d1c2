"""A checked list for whoever mends it: every line as it was typed, what is wrong and what to do, to be sent again.

The lines with a fault come first, with their numbers in the file. The columns that a list needs stand at the left under
their usual names and the kept ones beside them; the upload passes over the others. In Excel every cell is text, so that
no program turns an ID into a number.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from gateway.cities.grants.grant_files import FileLine
from gateway.cities.grants.grant_list import FAULTS, MYKEY_ID, NOTE, POINTS

MARKS: Final = ("行", "誤りのある列", "誤り", "直し方")
"""Columns that the report adds; `MARKS[0]` is the line's number in the file that was sent."""
_WIDTHS: Final = {MYKEY_ID: 14, NOTE: 30, "誤り": 34, "直し方": 60}


def report_header(kept: Sequence[str]) -> tuple[str, ...]:
    return (MYKEY_ID, POINTS, NOTE, *kept, *MARKS)


def report_rows(lines: Iterable[FileLine], kept: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """A row a line, without the header."""
    for line in lines:
        typed = line.typed
        cells = (
            (line.mykey_id, str(line.points), line.note)
            if typed is None
            else (typed.mykey_id, typed.points, typed.note)
        )
        fault = FAULTS.get(line.fault or "")
        marks = ("", "", "") if fault is None else (fault.column, fault.text, fault.remedy)
        yield (*cells, *(line.kept.get(name, "") for name in kept), str(line.line), *marks)


def report_workbook(lines: Iterable[FileLine], kept: Sequence[str]) -> bytes:
    """The same as an Excel workbook, written as a stream."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import TYPE_STRING

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("確認の結果")
    sheet.freeze_panes = "A2"
    header = report_header(kept)
    for place, name in enumerate(header):
        sheet.column_dimensions[chr(ord("A") + place)].width = _WIDTHS.get(name, 12)
    sheet.append(list(header))
    for row in report_rows(lines, kept):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=text)
            cell.data_type, cell.number_format = TYPE_STRING, "@"  # text also where it looks like a formula
            cells.append(cell)
        sheet.append(cells)
    workbook_bytes = io.BytesIO()
    workbook.save(workbook_bytes)
    return workbook_bytes.getvalue()
