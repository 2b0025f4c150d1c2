"""What a list of grants says, line by line: whatever is wrong with a line is named with what was typed there. Pure.

The first row that names a column of MyKey IDs is the header; what stands above it is a title. Other columns (氏名,
宛名番号, 世帯番号) are dropped, or kept where the upload says so. A file that is no such list is refused as a whole; a
line that cannot be granted is a line with its `fault`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from gateway.cities.grants.list_file import ListRow, is_workbook, read_sheets, text_of_rows
from gateway.errors import ProblemError
from gateway.members import mykey_ids
from gateway.platform.invisible_chars import is_printable
from gateway.platform.typed_text import plain_width, same_note, search_key
from httpkit.safe_csv import starts_a_formula, without_quote

MAX_LINES: Final = 100_000
MAX_POINTS: Final = 1_000_000
MAX_NOTE_LENGTH: Final = 200
MAX_TYPED_LENGTH: Final = 100
"""Of a cell that is wrong or kept: what a report shows of it."""
MAX_ROWS_ABOVE: Final = 20
MAX_KEPT: Final = 10

MYKEY_ID, POINTS, NOTE = "マイキーID", "ポイント", "摘要"
"""What the columns are called in reports, so that a report is a file to send again."""
_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "mykey_id": (MYKEY_ID, "mykey_id", "mykeyid", "mykey-id", "mykey id", "マイキー番号"),
    "points": (POINTS, "ポイント数", "付与ポイント", "給付ポイント", "付与ポイント数", "給付ポイント数", "給付額", "支給額", "points"),
    "note": (NOTE, "備考", "note"),
}  # fmt: skip
_BY_NAME: Final = {search_key(name): field for field, names in _KNOWN.items() for name in names}
_WHOLE: Final = re.compile(
    r"[¥\\]?([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:円|ポイント|点|pt|p)?", re.IGNORECASE
)
_MADE_A_NUMBER: Final = re.compile(r"[0-9.]+E[+-]?[0-9]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumns:
    """How the upload says the columns are to be read; all of it may be left out.

    The first three name a column where its header is none of the usual ones. `keep` are columns that are kept with the
    lines; in those of `once` each value stands once (宛名番号: a person; 世帯番号: a household). `points_for_all` is what
    each line gets in a list that has no column of points.
    """

    mykey_id: str = ""
    points: str = ""
    note: str = ""
    keep: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    points_for_all: int | None = None


DEFAULT_COLUMNS: Final = ListColumns()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLayout:
    """Where a list's columns stand, by their place from the left. `kept` and `dropped` are names as the header has them."""

    width: int
    places: Mapping[str, int]
    kept: Mapping[str, int]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TypedCells:
    """What stood in a line that is wrong, shortened."""

    mykey_id: str
    points: str
    note: str


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One line of the list, by its number there. `fault` is a stable word, "" for none; `typed` is how its cells were typed."""

    line: int
    mykey_id: str
    points: int
    note: str
    fault: str = ""
    typed: TypedCells | None = None
    kept: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in words: the column that it is in, what is wrong and what to do."""

    column: str
    text: str
    remedy: str


FAULTS: Final[Mapping[str, Fault]] = {
    "columns": Fault("", "見出しより列が多い行です", "余分なセルを消すか、1行目に列の名前を足してください。"),
    "formula": Fault("", "数式の形のセルがあります", "=、+、-、@ で始まらない文字にしてください。"),
    "mykey-id": Fault(MYKEY_ID, "マイキーIDの形ではありません", "英数字8文字です。本人の控えで確かめてください。"),
    "mykey-id-number": Fault(MYKEY_ID, "表計算ソフトがIDを数値に変えています", "列の書式を「文字列」にして、IDを入力し直してください。"),
    "points": Fault(POINTS, "ポイントを整数として読み取れません", "500 や 1,000 のように入力してください。小数や計算式は使えません。"),
    "points-range": Fault(POINTS, f"ポイントは1から{MAX_POINTS:,}までです", "桁を確かめてください。"),
    "note-too-long": Fault(NOTE, f"摘要は{MAX_NOTE_LENGTH}文字までです", "短くしてください。"),
    "note-unseen": Fault(NOTE, "摘要に改行か、見えない文字があります", "セルの内容を消して、入力し直してください。"),
    "duplicate": Fault(MYKEY_ID, "同じマイキーIDが前の行にあります", "どちらか一方の行を消してください。"),
    "duplicate-kept": Fault("", "1回だけとした列に、前の行と同じ番号があります", "同じ人または世帯の行を、1行だけ残してください。"),
    "unknown-member": Fault(MYKEY_ID, "このマイキーIDの利用者はありません", "番号を本人に確かめてください。登録前や廃止後の番号かもしれません。"),
    "limit-of-the-day": Fault(POINTS, "1日の上限を超えています", "ポイントを減らすか、日を分けてください。"),
    "limit-of-the-project": Fault(POINTS, "この事業のお一人の上限を超えています", "この方への給付の履歴を確かめてください。"),
    "not-granted": Fault(MYKEY_ID, "承認後に給付できなくなりました", "利用者の状態を確かめて、必要なら窓口で給付してください。"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentDigest:
    """What makes a list the same list, and how it is laid out. `as_typed` is the hash of releases before 0.2."""

    digest: str
    as_typed: str
    lines: int
    layout: ListLayout


def digest(raw: bytes, columns: ListColumns = DEFAULT_COLUMNS) -> ContentDigest:
    """Hash what the list grants and count its lines; reads to the end.

    Form (CSV or Excel), encoding, normal form, width, line ends, other columns and the order of the lines make no other
    list of it. Raises ProblemError (422): `csv-unreadable`, `csv-columns`, `csv-too-long`.
    """
    layout, lines = read(raw, columns)
    as_typed, parts = hashlib.sha256(), list[bytes]()
    for line in lines:
        as_typed.update(_line_text(line, line.note))
        parts.append(hashlib.sha256(_line_text(line, same_note(line.note))).digest())
    content = hashlib.sha256(b"".join(sorted(parts))).hexdigest()
    return ContentDigest(digest=content, as_typed=as_typed.hexdigest(), lines=len(parts), layout=layout)


def _line_text(line: GrantLine, note: str) -> bytes:
    return f"{line.mykey_id}\x1f{line.points}\x1f{note}\x1f{line.fault}\x1e".encode()


def read(raw: bytes, columns: ListColumns = DEFAULT_COLUMNS) -> tuple[ListLayout, Iterator[GrantLine]]:
    """The list's columns and its lines. Raises ProblemError as `digest`, the last two also at the line concerned."""
    header, rows = _find_header(raw, columns)
    layout = _layout(header.cells, columns)
    assert isinstance(layout, ListLayout)
    return layout, _lines(rows, layout, columns)


def _find_header(raw: bytes, columns: ListColumns) -> tuple[ListRow, Iterator[ListRow]]:
    """The header and the rows below it, on the first sheet that has one."""
    fault: ProblemError | None = None
    for rows in read_sheets(raw):
        for row in islice(rows, MAX_ROWS_ABOVE):
            layout = _layout(row.cells, columns)
            if isinstance(layout, ListLayout):
                return row, rows
            fault = layout or fault
    raise fault or _wrong_columns("mykey_id", f"No row names a column {MYKEY_ID}.")


def as_text(raw: bytes, columns: ListColumns = DEFAULT_COLUMNS) -> bytes:
    """A workbook's list as CSV, from its header on and with the same numbers of rows; CSV as it is.

    Raises ProblemError as `read`.
    """
    if not is_workbook(raw):
        return raw
    header, rows = _find_header(raw, columns)
    return text_of_rows(chain((header,), islice(rows, MAX_LINES + 1)))


def lines(raw: bytes, columns: ListColumns = DEFAULT_COLUMNS) -> Iterator[GrantLine]:
    """The lines alone. Raises ProblemError as `read`."""
    return read(raw, columns)[1]


# --- the header ------------------------------------------------------------------------------------------------------


def _layout(header: Sequence[str], columns: ListColumns) -> ListLayout | ProblemError | None:
    """The columns that this row names; None where it names no MyKey ID, and so is a title."""
    keys = [search_key(cell) for cell in header]
    told = {search_key(name): field for field in _KNOWN if (name := getattr(columns, field))}
    by_name = {name: field for name, field in _BY_NAME.items() if field not in told.values()} | told
    places: dict[str, int] = {}
    for place, key in enumerate(keys):
        field = by_name.get(key)
        if field is None:
            continue
        if field in places:
            return _wrong_columns(field, f"The header names the column of {field} twice; say which is meant.")
        places[field] = place
    if "mykey_id" not in places:
        return None
    if "points" not in places and columns.points_for_all is None:
        return _wrong_columns("points", f"The header names no column {POINTS}.")
    if columns.points_for_all is not None and "points" in places:
        return _wrong_columns("points", "The list has points of its own; leave out what everybody gets.")
    wanted = {search_key(name): name for name in (*columns.keep, *columns.once)}
    missing = [name for key, name in wanted.items() if key not in keys]
    if missing or len(wanted) > MAX_KEPT:
        return _wrong_columns("keep", "The header does not name every column that is to be kept.")
    kept = {
        header[keys.index(key)]: keys.index(key) for key in wanted if keys.index(key) not in places.values()
    }
    others = [
        name for place, name in enumerate(header) if name and place not in (*places.values(), *kept.values())
    ]
    return ListLayout(width=len(header), places=places, kept=kept, dropped=tuple(others))


def _wrong_columns(field: str, text: str) -> ProblemError:
    return ProblemError(
        "csv-columns",
        f"{text} The first row names the columns: {MYKEY_ID},{POINTS},{NOTE} (the last may be left out).",
        column=field,
    )


# --- the lines -------------------------------------------------------------------------------------------------------


def _lines(rows: Iterator[ListRow], layout: ListLayout, columns: ListColumns) -> Iterator[GrantLine]:
    once = {search_key(name) for name in columns.once}
    counted = {name: set[str]() for name in layout.kept if search_key(name) in once}
    seen = set[str]()
    for number, row in enumerate(rows, 1):
        if number > MAX_LINES:
            raise ProblemError("csv-too-long", f"A file has at most {MAX_LINES:,} lines.")
        yield _line(row, layout, columns.points_for_all, seen, counted)


def _line(
    row: ListRow,
    layout: ListLayout,
    points_for_all: int | None,
    seen: set[str],
    counted: Mapping[str, set[str]],
) -> GrantLine:
    cells = (*map(without_quote, row.cells), *("",) * (layout.width - len(row.cells)))
    id_text = cells[layout.places["mykey_id"]]
    points_text = cells[layout.places["points"]] if "points" in layout.places else str(points_for_all)
    note = cells[layout.places["note"]] if "note" in layout.places else ""
    kept = {name: shown(cells[place]) for name, place in layout.kept.items()}
    mykey_id, points = mykey_ids.read(id_text), points_of(points_text)
    fault = _fault(len(row.cells) > layout.width, (id_text, points_text, note), mykey_id, points)
    if not fault and mykey_id in seen:
        fault = "duplicate"
    seen.add(mykey_id or "")
    for name, values in counted.items():
        value = search_key(kept[name])
        if not fault and value and value in values:
            fault = "duplicate-kept"
        values.add(value)
    typed = TypedCells(shown(id_text), shown(points_text), shown(note))
    if not fault:
        return GrantLine(row.number, mykey_id or "", points, note, typed=typed, kept=kept or None)
    fits = fault in ("duplicate", "duplicate-kept")
    return GrantLine(
        row.number,
        (mykey_id or "") if fault not in ("columns", "formula") else "",
        max(points, 0) if fits or fault.startswith(("mykey-id", "note", "points-range")) else 0,
        note[:MAX_NOTE_LENGTH] if fault not in ("columns", "formula") else "",
        fault,
        typed,
        kept or None,
    )


def _fault(too_wide: bool, texts: Sequence[str], mykey_id: str | None, points: int) -> str:
    note = texts[-1]
    if too_wide:
        return "columns"
    if any(starts_a_formula(text) for text in texts):
        return "formula"
    if mykey_id is None:
        return "mykey-id-number" if _MADE_A_NUMBER.fullmatch(plain_width(texts[0])) else "mykey-id"
    if points < 0:
        return "points"
    if not 1 <= points <= MAX_POINTS:
        return "points-range"
    if len(note) > MAX_NOTE_LENGTH:
        return "note-too-long"
    return "" if is_printable(note) else "note-unseen"


def points_of(text: str) -> int:
    """A whole number as people write it: full width, thousands with commas, 円 behind it. -1 for anything else."""
    match_ = _WHOLE.fullmatch(plain_width(text).replace(" ", ""))
    return -1 if match_ is None else int(match_[1].replace(",", ""))


def shown(text: str) -> str:
    """A cell as a report may show it: shortened, and each unseen character as a box."""
    short = text[:MAX_TYPED_LENGTH]
    return (
        short if is_printable(short) else "".join(letter if is_printable(letter) else "□" for letter in short)
    )
