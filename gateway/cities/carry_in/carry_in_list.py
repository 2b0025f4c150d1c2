"""What a predecessor's list of balances says, line by line: a lot of one member with its day of issue and its last day. Pure.

The first row that names a column of numbers is the header; what stands above it is a title, other columns are dropped. A
file that is no such list is refused as a whole; a line that cannot be carried in is a line with its `fault`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain, islice
from typing import Final

from gateway.cities.grants.grant_list import MAX_ROWS_ABOVE, Fault, points_of, shown
from gateway.cities.grants.list_file import ListRow, is_workbook, read_sheets, text_of_rows
from gateway.errors import ProblemError
from gateway.members import mykey_ids
from gateway.platform.typed_text import plain_width, search_key, without_separators
from httpkit.safe_csv import starts_a_formula, without_quote

MAX_LINES: Final = 100_000
MAX_POINTS: Final = 10_000_000
FIRST_DAY: Final = date(1990, 1, 1)
"""No system of points is older; an earlier day is a slip."""

NUMBER, MYKEY_ID, CODE, SERVICE = "利用者番号", "マイキーID", "引継ぎコード", "ポイント制度"
POINTS, ISSUED_ON, LAST_DAY, ORIGIN = "ポイント", "発行日", "最終日", "有償・無償"
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": (NUMBER, "会員番号", "カード番号", "前の番号", "number"),
    "mykey_id": (MYKEY_ID, "mykey_id", "mykeyid"),
    "code": (CODE, "code"),
    "service": (SERVICE, "ポイントサービス", "point_service"),
    "points": (POINTS, "残高", "ポイント残高", "points"),
    "issued_on": (ISSUED_ON, "付与日", "取得日", "issued_on"),
    "last_day": (LAST_DAY, "有効期限", "利用期限", "last_day"),
    "origin": (ORIGIN, "有償無償", "区分", "origin"),
}
"""What each column is called; the first name is the reports', so that a report is a file to send again."""
_BY_NAME: Final = {search_key(name): field for field, names in COLUMNS.items() for name in names}
_MAY_BE_LEFT_OUT: Final = frozenset({"mykey_id", "code"})
_NUMBER: Final = re.compile(r"[0-9A-Z]{1,64}")
_CODE: Final = re.compile(r"[0-9A-Z]{10,64}")
_MADE_A_NUMBER: Final = re.compile(r"[0-9.]+E\+?[0-9]+", re.IGNORECASE)
_DAY: Final = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日|([0-9]{2})([0-9]{2}))"
)
_NEVER: Final = frozenset({"", "なし", "無し", "無期限", "never"})


class Origin(StrEnum):
    """Whether members paid for the points when they were issued; the legal report is made of it."""

    PAID = "paid"
    FREE = "free"


_ORIGINS: Final = {search_key(name): origin for origin, names in {
    Origin.PAID: ("有償", "paid", "チャージ"), Origin.FREE: ("無償", "free", "付与"),
}.items() for name in names}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CarryInLine:
    """One lot. `typed` is how its cells were typed, in the order of `COLUMNS`; `code` is a secret and never shown again."""

    line: int
    number: str
    mykey_id: str
    code: str
    service: str
    points: int
    issued_on: date | None
    last_day: date | None
    origin: str
    typed: tuple[str, ...]
    fault: str = ""


FAULTS: Final[Mapping[str, Fault]] = {
    "columns": Fault("", "見出しより列が多い行です", "余分なセルを消すか、見出しに列の名前を足してください。"),
    "formula": Fault("", "数式の形のセルがあります", "=、+、-、@ で始まらない文字にしてください。"),
    "number": Fault(NUMBER, "番号として読み取れません", "前のシステムの番号を、英数字64文字までで入力してください。"),
    "number-made": Fault(NUMBER, "表計算ソフトが番号を短い数値に変えています", "列の書式を「文字列」にして、番号を入力し直してください。"),
    "mykey-id": Fault(MYKEY_ID, "マイキーIDの形ではありません", "英数字8文字です。まだ利用者でない方は空にして、引継ぎコードを入力してください。"),
    "code": Fault(CODE, "引継ぎコードの形ではありません", "英数字10文字から64文字までです。"),
    "nobody": Fault(MYKEY_ID, "マイキーIDも引継ぎコードもありません", "どちらかを入力してください。"),
    "points": Fault(POINTS, "ポイントを整数として読み取れません", "500 や 1,000 のように入力してください。小数や計算式は使えません。"),
    "points-range": Fault(POINTS, f"ポイントは1から{MAX_POINTS:,}までです", "残高のない行は消してください。"),
    "issued-on": Fault(ISSUED_ON, "発行日を日付として読み取れません", "2025-04-01 や 2025/4/1 のように入力してください。"),
    "issued-later": Fault(ISSUED_ON, "発行日が今日より後です", "日付を確かめてください。"),
    "last-day": Fault(LAST_DAY, "最終日を日付として読み取れません", "2027-03-31 のように入力するか、期限がなければ空にしてください。"),
    "last-day-differs": Fault(LAST_DAY, "最終日が、ポイント制度のルールと違います", "「ルールの最終日」と比べ、ファイルかポイント制度のルールを直してください。"),
    "expired": Fault(LAST_DAY, "最終日を過ぎています", "失効済みのポイントです。行を消して、合計も確かめてください。"),
    "origin": Fault(ORIGIN, "有償か無償かを読み取れません", "「有償」か「無償」と入力してください。"),
    "service": Fault(SERVICE, "そのポイント制度はありません", "ポイント制度のIDを入力するか、先にポイント制度を登録してください。"),
    "duplicate": Fault(NUMBER, "同じ番号・制度・発行日・区分の行が前にあります", "1行に合計するか、どちらかを消してください。"),
    "two-people": Fault(NUMBER, "同じ番号の前の行と、マイキーIDか引継ぎコードが違います", "どちらが正しいか確かめて、そろえてください。"),
    "code-twice": Fault(CODE, "同じ引継ぎコードが別の番号にあります", "番号ごとに違うコードにしてください。"),
    "unknown-member": Fault(MYKEY_ID, "このマイキーIDの利用者はありません", "番号を本人に確かめるか、空にして引継ぎコードを入力してください。"),
    "carried-before": Fault(NUMBER, "この番号は、前に引き継いでいます", "行を消してください。二重には引き継げません。"),
    "not-carried": Fault(MYKEY_ID, "承認後に引き継げなくなりました", "利用者の状態を確かめ、この行だけのファイルでもう一度送ってください。"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentDigest:
    """What makes a list the same list: neither form, encoding, width nor the order of its lines."""

    digest: str
    lines: int


def digest(raw: bytes, today: date) -> ContentDigest:
    """Hash what the list says; reads to the end. Raises ProblemError (422): `csv-unreadable`, `csv-columns`, `csv-too-long`."""
    parts = [hashlib.sha256("\x1f".join(_same(line)).encode()).digest() for line in lines(raw, today)]
    return ContentDigest(digest=hashlib.sha256(b"".join(sorted(parts))).hexdigest(), lines=len(parts))


def _same(line: CarryInLine) -> tuple[str, ...]:
    if line.fault:
        return (line.fault, *line.typed)
    return (
        line.number, line.mykey_id, line.code, line.service, str(line.points), str(line.issued_on), str(line.last_day),
        line.origin,
    )  # fmt: skip


def as_text(raw: bytes) -> bytes:
    """A workbook's list as CSV, with the same numbers of rows; CSV as it is. Raises ProblemError as `digest`."""
    if not is_workbook(raw):
        return raw
    header, _, rows = _find_header(raw)
    return text_of_rows(chain((header,), islice(rows, MAX_LINES + 1)))


def lines(raw: bytes, today: date) -> Iterator[CarryInLine]:
    """The list's lines. Raises ProblemError as `digest`, also at the line concerned."""
    header, places, rows = _find_header(raw)
    seen = _Seen()
    for count, row in enumerate(rows, 1):
        if count > MAX_LINES:
            raise ProblemError("csv-too-long", f"A file has at most {MAX_LINES:,} lines.")
        yield seen.checked(_line(row, len(header.cells), places, today))


def number_of(text: str) -> str:
    """A predecessor's number so that one number is one text: no separators, capitals, no zeros before digits alone.

    Spreadsheets take those zeros away; with them a number would be carried in a second time.
    """
    plain = without_separators(text).upper()
    return (plain.lstrip("0") or "0") if plain.isdigit() and plain.isascii() else plain


def code_of(text: str) -> str:
    """A code as it is compared, however it was typed."""
    return without_separators(text).upper()


def day_of_text(text: str) -> date | None:
    """`2025-04-01`, `2025/4/1`, `２０２５年４月１日` or `20250401`; None for what is no day."""
    match_ = _DAY.fullmatch(plain_width(text).replace(" ", ""))
    if match_ is None:
        return None
    year, month, day = (int(part) for part in (match_[1], match_[3] or match_[5] or match_[7], match_[4] or match_[6] or match_[8]))  # fmt: skip
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _find_header(raw: bytes) -> tuple[ListRow, Mapping[str, int], Iterator[ListRow]]:
    fault: ProblemError | None = None
    for rows in read_sheets(raw):
        for row in islice(rows, MAX_ROWS_ABOVE):
            keys = [_BY_NAME.get(search_key(cell)) for cell in row.cells]
            if "number" not in keys:
                continue
            twice = next((field for field in COLUMNS if keys.count(field) > 1), None)
            missing = [field for field in COLUMNS if field not in keys and field not in _MAY_BE_LEFT_OUT]
            if twice is None and not missing:
                return row, {field: place for place, field in enumerate(keys) if field is not None}, rows
            fault = fault or _wrong_columns(twice or missing[0])
    raise fault or _wrong_columns("number")


def _wrong_columns(field: str) -> ProblemError:
    names = "、".join(alternatives[0] for alternatives in COLUMNS.values())
    return ProblemError(
        "csv-columns",
        f"A row above the lines names each of these columns once ({MYKEY_ID} and {CODE} may be left out): {names}.",
        column=COLUMNS[field][0],
    )


def _line(row: ListRow, width: int, places: Mapping[str, int], today: date) -> CarryInLine:
    cells = (*map(without_quote, row.cells), *("",) * (width - len(row.cells)))
    text = {field: cells[places[field]] if field in places else "" for field in COLUMNS}
    points, issued_on = points_of(text["points"]), day_of_text(text["issued_on"])
    origin = _ORIGINS.get(text["origin"]) or _ORIGINS.get(search_key(text["origin"])) or ""
    last_day = day_of_text(text["last_day"])
    line = CarryInLine(
        line=row.number,
        number=number_of(text["number"]),
        mykey_id=mykey_ids.read(text["mykey_id"]) or "" if text["mykey_id"] else "",
        code=code_of(text["code"]),
        service=plain_width(text["service"]).strip(),
        points=max(points, 0),
        issued_on=issued_on,
        last_day=last_day,
        origin=origin,
        typed=tuple("" if field == "code" else shown(text[field]) for field in COLUMNS),
    )
    return _with(line, "columns" if len(row.cells) > width else _fault(text, line, points, today))


def _fault(text: Mapping[str, str], line: CarryInLine, points: int, today: date) -> str:
    if any(starts_a_formula(cell) for cell in text.values()):
        return "formula"
    if _MADE_A_NUMBER.fullmatch(plain_width(text["number"])):
        return "number-made"
    if not _NUMBER.fullmatch(line.number):
        return "number"
    if text["mykey_id"] and not line.mykey_id:
        return "mykey-id"
    if line.code and not _CODE.fullmatch(line.code):
        return "code"
    if not line.mykey_id and not line.code:
        return "nobody"
    if points < 0:
        return "points"
    if not 1 <= points <= MAX_POINTS:
        return "points-range"
    if line.issued_on is None or line.issued_on < FIRST_DAY:
        return "issued-on"
    if line.issued_on > today:
        return "issued-later"
    if line.last_day is None and search_key(text["last_day"]) not in _NEVER:
        return "last-day"
    if line.last_day is not None and line.last_day < today:
        return "expired"
    return "" if line.origin else "origin"


def _with(line: CarryInLine, fault: str) -> CarryInLine:
    if not fault:
        return line
    return CarryInLine(
        line.line, line.number, line.mykey_id, line.code, line.service, line.points, line.issued_on, line.last_day,
        line.origin, line.typed, fault,
    )  # fmt: skip


class _Seen:
    """What stood in the lines before: each lot once, one person behind a number, one number behind a code."""

    def __init__(self) -> None:
        self._lots: set[Sequence[object]] = set()
        self._people: dict[str, tuple[str, str]] = {}
        self._codes: dict[str, str] = {}

    def checked(self, line: CarryInLine) -> CarryInLine:
        if line.fault:
            return line
        lot, person = (line.number, line.service, line.issued_on, line.origin), (line.mykey_id, line.code)
        if self._people.setdefault(line.number, person) != person:
            return _with(line, "two-people")
        if line.code and self._codes.setdefault(line.code, line.number) != line.number:
            return _with(line, "code-twice")
        if lot in self._lots:
            return _with(line, "duplicate")
        self._lots.add(lot)
        return line
