"""A grant file as bytes, read line by line: whatever is wrong with it is named with its line. Pure.

UTF-8 (with or without byte order mark) or Shift_JIS as Excel writes it; the first line names the columns. A file
that is no such thing is refused as a whole; a line that cannot be granted is a line with its `fault`.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.errors import ProblemError
from gateway.members import mykey_ids
from gateway.platform.invisible_chars import is_printable
from gateway.platform.safe_csv import starts_a_formula
from gateway.platform.typed_text import same_note

MAX_LINES: Final = 100_000
MAX_POINTS: Final = 1_000_000
MAX_NOTE_LENGTH: Final = 200
_PIECE: Final = 64 * 1024

_COLUMNS: Final[Mapping[str, str]] = {
    "マイキーid": "mykey_id", "mykey_id": "mykey_id", "mykeyid": "mykey_id", "mykey id": "mykey_id",
    "ポイント": "points", "ポイント数": "points", "points": "points",
    "摘要": "note", "備考": "note", "note": "note",
}  # fmt: skip
_WHOLE: Final = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class CsvLine:
    """One line of the file, by its number there (the header is 1). `fault` is a stable word, "" for none."""

    line: int
    mykey_id: str
    points: int
    note: str
    fault: str = ""


FAULTS: Final = {
    "columns": "列の数が見出しと違います",
    "formula": "数式の形のセルがあります",
    "mykey-id": "マイキーIDの形ではありません",
    "points": "ポイントは半角数字の整数で入力してください",
    "points-range": f"ポイントは1から{MAX_POINTS:,}までです",
    "note-too-long": f"摘要は{MAX_NOTE_LENGTH}文字までです",
    "duplicate": "同じマイキーIDが前の行にあります",
    "unknown-member": "このマイキーIDの利用者はありません",
    "limit-of-the-day": "1日の上限を超えています",
    "limit-of-the-project": "この事業のお一人の上限を超えています",
    "not-granted": "承認後に給付できなくなりました",
}
"""What can be wrong with a line, in words for the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentDigest:
    """What makes a file the same file. `as_typed` is the hash of releases before 0.2, which older files have."""

    digest: str
    as_typed: str
    lines: int


def digest(raw: bytes) -> ContentDigest:
    """Hash what the file says and count its lines; reads to the end.

    Encoding, normal form, width, line ends and the order of the lines make no other file of it.
    Raises ProblemError (422): `csv-unreadable`, `csv-columns`, `csv-too-long`.
    """
    as_typed, parts = hashlib.sha256(), list[bytes]()
    for line in lines(raw):
        as_typed.update(_line_text(line, line.note))
        parts.append(hashlib.sha256(_line_text(line, same_note(line.note))).digest())
    content = hashlib.sha256(b"".join(sorted(parts))).hexdigest()
    return ContentDigest(digest=content, as_typed=as_typed.hexdigest(), lines=len(parts))


def _line_text(line: CsvLine, note: str) -> bytes:
    return f"{line.mykey_id}\x1f{line.points}\x1f{note}\x1f{line.fault}\x1e".encode()


def lines(raw: bytes) -> Iterator[CsvLine]:
    """Read line by line. Raises ProblemError as `digest`, the last two at the line concerned."""
    # Decoded as it is read: a file is held once, as the bytes that came.
    text = io.TextIOWrapper(io.BytesIO(raw), encoding=_encoding(raw), newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = next(reader, None)
        places = _places(header or [])
        width, seen, count = len(header or []), set[str](), 0
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            count += 1
            if count > MAX_LINES:
                raise ProblemError("csv-too-long", f"A file has at most {MAX_LINES:,} lines.")
            yield _line(reader.line_num, row, width, places, seen)
    except csv.Error as fault:
        raise _unreadable("quotes", reader.line_num) from fault


def _line(number: int, row: list[str], width: int, places: Mapping[str, int], seen: set[str]) -> CsvLine:
    if len(row) != width:
        return CsvLine(number, "", 0, "", "columns")
    cells = {name: row[place].strip() for name, place in places.items()}
    if any(starts_a_formula(cell) for cell in cells.values()):
        return CsvLine(number, "", 0, "", "formula")
    mykey_id = mykey_ids.read(cells["mykey_id"])
    note = cells.get("note", "")
    points_text = unicodedata.normalize("NFKC", cells["points"])
    points = int(points_text) if _WHOLE.fullmatch(points_text) else -1
    fault = ""
    if mykey_id is None:
        fault = "mykey-id"
    elif points < 0:
        fault = "points"
    elif not 1 <= points <= MAX_POINTS:
        fault = "points-range"
    elif len(note) > MAX_NOTE_LENGTH or not is_printable(note):
        fault = "note-too-long"
    elif mykey_id in seen:
        fault = "duplicate"
    seen.add(mykey_id or "")
    # What was typed is kept for the report only as far as it is an id, a number and a note.
    return CsvLine(number, mykey_id or "", max(points, 0), note[:MAX_NOTE_LENGTH], fault)


def _places(header: list[str]) -> Mapping[str, int]:
    names = [unicodedata.normalize("NFKC", cell).strip().casefold() for cell in header]
    known = [_COLUMNS.get(name) for name in names]
    places = {name: place for place, name in enumerate(known) if name is not None}
    if None in known or len(places) != len(known) or not {"mykey_id", "points"} <= set(places):
        raise ProblemError(
            "csv-columns",
            "The first line names the columns: マイキーID,ポイント,摘要 (the last may be left out), and no others.",
        )
    return places


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unreadable("utf-16", 1)
    if b"\x00" in raw:
        raise _unreadable("nul", raw[: raw.index(b"\x00")].count(b"\n") + 1)
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _unreadable("excel", 1)
    fault = _first_fault(raw, "utf-8-sig")
    if fault is None:
        return "utf-8-sig"
    if _first_fault(raw, "cp932") is None:
        return "cp932"
    raise _unreadable("encoding", raw[:fault].count(b"\n") + 1)


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


def _unreadable(why: str, line: int) -> ProblemError:
    return ProblemError(
        "csv-unreadable",
        f"The file cannot be read as CSV in UTF-8 or Shift_JIS at line {line} ({why}); save it as CSV again.",
        why=why,
        line=line,
    )
