"""What a city's list of shops says, line by line and field by field: a shop with its account, or what is wrong with it. Pure.

The first row that names a column of shops' names is the header; what stands above it is a title, other columns are dropped.
A file that is no such list is refused as a whole; a line that cannot be imported has a fault for each field that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from gateway.cities.grants.grant_list import MAX_ROWS_ABOVE
from gateway.cities.grants.list_file import ListRow, read_sheets
from gateway.cities.shops import bank_register
from gateway.cities.shops.application_entry import MAX_LENGTH, is_telephone
from gateway.cities.shops.bank_accounts import KIND_NAMES, BankAccount
from gateway.cities.shops.bank_register import Listing
from gateway.cities.shops.shops import SHOP_ID, ShopEntry
from gateway.errors import ProblemError
from gateway.platform.invisible_chars import is_printable
from gateway.platform.kana_reading import kana_reading
from gateway.platform.typed_text import nfc, plain_width, search_key, without_separators
from httpkit.safe_csv import starts_a_formula, without_quote

MAX_LINES: Final = 500
"""Registered in one transaction, which keeps payments waiting for it."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("番号", "加盟店番号", "number"),
    "shop_id": ("加盟店ID", "shop_id"),
    "name": ("店名", "加盟店名", "店舗名", "名称", "name"),
    "name_kana": ("店名（カナ）", "カナ", "フリガナ", "店名カナ", "name_kana"),
    "category": ("業種", "category"),
    "address": ("住所", "所在地", "address"),
    "phone": ("電話", "電話番号", "TEL", "phone"),
    "bank_code": ("銀行コード", "金融機関コード", "bank_code"),
    "bank_name": ("銀行名", "金融機関名", "bank_name"),
    "branch_code": ("支店コード", "店番", "branch_code"),
    "branch_name": ("支店名", "branch_name"),
    "kind": ("預金種目", "口座種別", "kind"),
    "account": ("口座番号", "account"),
    "holder": ("口座名義", "口座名義人", "holder"),
    "unlisted": ("銀行の一覧にない口座", "unlisted"),
}
"""What each column is called; the first name is the reports', so that a report or an export is a list to send again."""
ENTRY: Final = ("name", "name_kana", "category", "address", "phone")
ACCOUNT: Final = ("bank_code", "bank_name", "branch_code", "branch_name", "kind", "account", "holder")
YES: Final = "はい"
_YES: Final = frozenset(map(search_key, (YES, "yes", "1", "○")))
_BY_NAME: Final = {search_key(name): field for field, names in COLUMNS.items() for name in names}
_KINDS: Final = {search_key(name): kind for kind, name in KIND_NAMES.items()} | {
    str(kind): kind for kind in KIND_NAMES
}
_DIGITS: Final = {"bank_code": 4, "branch_code": 3, "account": 7}
_MADE_A_NUMBER: Final = re.compile(r"[0-9.]+E\+?[0-9]+", re.IGNORECASE)
_MASKED: Final = re.compile(r"\*{4}[0-9]{3}")
_FIELDS_OF_ACCOUNTS: Final = {"number": "account"}
_LISTING_FIELDS: Final = {
    Listing.NO_BANK: "bank_code", Listing.NO_BRANCH: "branch_code", Listing.OTHER_BANK_NAME: "bank_name",
    Listing.OTHER_BRANCH_NAME: "branch_name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a cell and what to do about it, in the city's language."""

    text: str
    remedy: str


FAULTS: Final[Mapping[str, Wrong]] = {
    "columns": Wrong("見出しより列が多い行です", "余分なセルを消すか、見出しに列の名前を足してください。"),
    "too-many": Wrong(f"1つのファイルは{MAX_LINES}行までです", "ここから後の行を、別のファイルに分けてください。"),
    "missing": Wrong("空です", "入力してください。"),
    "formula": Wrong("数式の形のセルです", "= で始まらない文字にしてください。"),
    "unseen": Wrong("改行か、見えない文字があります", "そのセルを1行の文字で入力し直してください。"),
    "too-long": Wrong(f"{MAX_LENGTH}文字を超えています", "短くしてください。"),
    "number-unknown": Wrong("この番号の加盟店はありません", "新しい店の番号は登録のときに決まります。空にしてください。"),
    "shop-id": Wrong("加盟店IDの形ではありません", "英小文字・数字・ハイフンで40文字までです。空なら自動で決まります。"),
    "two-shops": Wrong("番号と加盟店IDが、別の店のものです", "どちらかを直してください。"),
    "kana": Wrong("読みに、かなでない文字があります", "カナかひらがなで入力してください。数字や英字も、読み方をかなにします。"),
    "phone": Wrong("電話番号として読み取れません", "市外局番から入力してください。最初の0が消えているときは、列の書式を「文字列」にして入力し直します。"),
    "digits": Wrong("桁数が違います", "銀行コードは4桁、支店コードは3桁、口座番号は7桁です。最初の0が消えているときは、列の書式を「文字列」にして入力し直します。"),
    "kind": Wrong("預金種目を読み取れません", "普通・当座・貯蓄・その他か、1・2・4・9です。"),
    "name-in-kana": Wrong("振込に使えない文字があるか、長すぎます", "カナ・英数字で入力してください。銀行名と支店名は15文字、口座名義は30文字までです。"),
    "not-listed": Wrong("銀行の一覧にありません", "通帳や届出書と比べてください。正しいときは「銀行の一覧にない口座」に「はい」と入力します。"),
    "other-name": Wrong("銀行の一覧と名前が違います", "コードと名前のどちらが正しいか比べてください。名前を空にすると、一覧の名前になります。"),
    "account-masked": Wrong("口座番号が伏せられています", "7桁の口座番号を入力するか、口座の列をすべて空にしてください。"),
    "duplicate-line": Wrong("同じ店名・住所の行が前にあります", "どちらかを消してください。"),
    "registered": Wrong("同じ店名・住所の店が登録済みです", "行を消してください。終了した店は、店のページから再開します。"),
    "changed": Wrong("登録済みの店の内容と違います", "登録済みの店は、ファイルでは変わりません。店のページで変更し、この行は消してください。"),
    "account-changed": Wrong("登録済みの店の口座と違います", "口座の変更は、店のページから1件ずつ提案します。この行は消してください。"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CellFault:
    """`field` is a column, "" where the whole line is wrong; `word` is one of `FAULTS`."""

    field: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLine:
    """One line by its number in the file. `typed` is how its cells were typed, by column; only columns that are there.

    `account` is None where no cell of an account is filled, or one is wrong; `is_masked` where its number is an export's.
    """

    line: int
    typed: Mapping[str, str]
    number: str
    shop_id: str
    entry: ShopEntry
    account: BankAccount | None
    is_masked: bool
    faults: tuple[CellFault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopList:
    """A list whole. `dropped` are the header's columns that are not read."""

    lines: tuple[ListLine, ...]
    dropped: tuple[str, ...]


def read(raw: bytes) -> ShopList:
    """Read a list to its end. Raises ProblemError (422): `csv-unreadable`, `csv-columns`."""
    header, places, rows = _find_header(raw)
    lines = tuple(
        _line(row, len(header.cells), places, is_too_many=count > MAX_LINES)
        for count, row in enumerate(islice(rows, MAX_LINES + 1), 1)
    )
    known = set(places.values())
    dropped = tuple(name for place, name in enumerate(header.cells) if name and place not in known)
    return ShopList(lines=lines, dropped=dropped)


def _find_header(raw: bytes) -> tuple[ListRow, Mapping[str, int], Iterator[ListRow]]:
    twice = ""
    for rows in read_sheets(raw):
        for row in islice(rows, MAX_ROWS_ABOVE):
            fields = [_BY_NAME.get(search_key(cell)) for cell in row.cells]
            if "name" not in fields:
                continue
            again = next((field for field in COLUMNS if fields.count(field) > 1), "")
            if not again:
                return row, {field: place for place, field in enumerate(fields) if field is not None}, rows
            twice = twice or again
    column = COLUMNS[twice or "name"][0]
    raise ProblemError(
        "csv-columns",
        f"A row above the lines names a column {COLUMNS['name'][0]}, and no column twice: {column}.",
        column=column,
    )


def _line(row: ListRow, width: int, places: Mapping[str, int], *, is_too_many: bool) -> ListLine:
    cells = (*map(_as_meant, row.cells), *("",) * (width - len(row.cells)))
    text = {field: cells[place] for field, place in places.items()}
    faults: list[CellFault] = []
    if is_too_many:
        faults.append(CellFault("", "too-many"))
    if len(row.cells) > width:
        faults.append(CellFault("", "columns"))
    faults += [CellFault(field, word) for field, cell in text.items() if (word := _fault_of_text(cell))]
    words = {field: nfc(text.get(field, "")).strip() for field in ENTRY}
    entry = ShopEntry(**words | {"name_kana": folded_reading(words["name_kana"])})
    number = without_separators(text.get("number", ""))
    shop_id = plain_width(text.get("shop_id", "")).strip()
    is_masked = _MASKED.fullmatch(text.get("account", "")) is not None
    account = None
    if any(text.get(field) for field in ACCOUNT):
        account, wrong = _account(text, is_masked=is_masked)
        faults += wrong
    if not (number or shop_id):
        faults += _faults_of_a_new_shop(entry)
    return ListLine(
        line=row.number, typed={field: _as_shown(cell) for field, cell in text.items()}, number=number, shop_id=shop_id,
        entry=entry, account=account, is_masked=is_masked, faults=_once(faults),
    )  # fmt: skip


def faults_of_an_id(line: ListLine) -> tuple[CellFault, ...]:
    """What is wrong with a new shop that brings its own id."""
    own = () if SHOP_ID.fullmatch(line.shop_id) else (CellFault("shop_id", "shop-id"),)
    return _once([*line.faults, *own, *_faults_of_a_new_shop(line.entry)])


def folded_reading(text: str) -> str:
    """A reading in one width; what the register took before it asked for kana stays as it is."""
    reading = kana_reading(text)
    return text if reading is None else reading


def _faults_of_a_new_shop(entry: ShopEntry) -> list[CellFault]:
    faults = []
    if not entry.name:
        faults.append(CellFault("name", "missing"))
    if kana_reading(entry.name_kana) is None:
        faults.append(CellFault("name_kana", "kana"))
    if entry.phone and not _is_phone(entry.phone):
        faults.append(CellFault("phone", "phone"))
    return faults


def _once(faults: Sequence[CellFault]) -> tuple[CellFault, ...]:
    """The first fault of each field."""
    first: dict[str, CellFault] = {}
    for fault in faults:
        first.setdefault(fault.field, fault)
    return tuple(first.values())


def _as_meant(cell: str) -> str:
    """A cell without the quote mark by which an export keeps a spreadsheet from running or changing it."""
    bare = without_quote(cell)
    return bare[1:] if bare.startswith("'") and starts_a_formula(bare[1:]) else bare


def _as_shown(cell: str) -> str:
    """A cell as a report holds it: whole, so that it is sent again as it was, and each unseen character as a box."""
    short = cell[: 2 * MAX_LENGTH]
    return "".join(letter if is_printable(letter) else "□" for letter in short)


def _fault_of_text(cell: str) -> str:
    if plain_width(cell).lstrip().startswith("="):
        return "formula"
    if not is_printable(cell):
        return "unseen"
    return "too-long" if len(cell) > MAX_LENGTH else ""


def _is_phone(phone: str) -> bool:
    return plain_width(phone).lstrip().startswith(("0", "+")) and is_telephone(plain_width(phone))


# --- the account -----------------------------------------------------------------------------------------------------


def _account(text: Mapping[str, str], *, is_masked: bool) -> tuple[BankAccount | None, list[CellFault]]:
    """The account that a line names, checked as the form checks it; or what is wrong with it, field by field."""
    faults: list[CellFault] = []
    digits = {field: without_separators(text.get(field, "")) for field in _DIGITS}
    if is_masked:
        digits["account"] = "0000" + text["account"][-3:]
    for field, length in _DIGITS.items():
        if not re.fullmatch(rf"[0-9]{{{length}}}", digits[field]):
            faults.append(CellFault(field, "digits" if digits[field] else "missing"))
    kind = _KINDS.get(search_key(text.get("kind", "")))
    if kind is None:
        faults.append(CellFault("kind", "kind" if text.get("kind") else "missing"))
    if not text.get("holder"):
        faults.append(CellFault("holder", "missing"))
    if faults or kind is None:
        return None, faults
    names = text.get("bank_name", ""), text.get("branch_name", "")
    code, branch = digits["bank_code"], digits["branch_code"]
    listing = bank_register.listing_of(code, names[0], branch, names[1])
    if listing is not Listing.LISTED and search_key(text.get("unlisted", "")) not in _YES:
        word = (
            "other-name" if listing in (Listing.OTHER_BANK_NAME, Listing.OTHER_BRANCH_NAME) else "not-listed"
        )
        return None, [CellFault(_LISTING_FIELDS[listing], word)]
    listed = bank_register.find_names(code, branch)
    try:
        account = BankAccount(
            bank_code=code, bank_name=names[0] or listed[0] or "", branch_code=branch,
            branch_name=names[1] or listed[1] or "", kind=kind, number=digits["account"], holder=text["holder"],
        )  # fmt: skip
    except ProblemError as problem:
        field = str(problem.facts["field"])
        return None, [CellFault(_FIELDS_OF_ACCOUNTS.get(field, field), "name-in-kana")]
    return account, []
