"""Lists of shops as CSV for Excel: the register as it is, and a checked list for whoever mends it. Both are lists to send again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.cities.shops.application_duplicates import Duplicate
from gateway.cities.shops.bank_accounts import KIND_NAMES, BankAccount
from gateway.cities.shops.shop_list import COLUMNS, FAULTS, CellFault
from gateway.cities.shops.shop_list_check import CheckedLine
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.staff.staff_rows import Staff
from gateway.platform.romaji import romaji
from httpkit.safe_csv import excel_csv

MARKS: Final = ("行", "誤りのある列", "誤り", "直し方", "似ている店")
"""Columns that the report adds; a list that is sent again may have them."""
STATE: Final = ("ローマ字", "状態", "ログイン名", "責任者")
"""Columns of the export that no import reads: of the reading, of the register, and of the shop's owners."""
OPEN, CLOSED = "利用中", "終了"
SAMENESS: Final = {"name": "店名", "phone": "電話", "account": "口座"}
_HEADER: Final = tuple(names[0] for names in COLUMNS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedShop:
    """A shop with where it is paid now and who owns its log-ins."""

    shop: Shop
    account: BankAccount | None
    owners: tuple[Staff, ...]


def export_csv(exported: Iterable[ExportedShop], *, with_accounts: bool) -> bytes:
    """A row a shop, in order of id. Without `with_accounts` a number's last three digits stand for it."""
    rows = []
    for each in exported:
        shop, account = each.shop, each.account
        cells = {
            "number": shop.number or "", "shop_id": shop.shop_id, "name": shop.name, "name_kana": shop.name_kana,
            "category": shop.category, "address": shop.address, "phone": shop.phone,
        }  # fmt: skip
        if account is not None:
            cells |= {
                "bank_code": account.bank_code, "bank_name": account.bank_name, "branch_code": account.branch_code,
                "branch_name": account.branch_name, "kind": KIND_NAMES[account.kind], "holder": account.holder,
                "account": account.number if with_accounts else f"****{account.number[-3:]}",
            }  # fmt: skip
        state = OPEN if shop.closed_at is None else CLOSED
        people = [
            " ".join(getattr(person, name) for person in each.owners) for name in ("login", "display_name")
        ]
        rows.append([*(cells.get(field, "") for field in COLUMNS), romaji(shop.name_kana), state, *people])
    return excel_csv((*_HEADER, *STATE), rows)


def report_csv(lines: Sequence[CheckedLine]) -> bytes:
    """Every line as it was typed, those with a fault first, with what is wrong and what to do in each field."""
    rows = [
        [
            *(each.line.typed.get(field, "") for field in COLUMNS), str(each.line.line), *_marks(each.faults),
            " / ".join(map(_alike, each.duplicates)),
        ]
        for each in sorted(lines, key=lambda each: not each.faults)
    ]  # fmt: skip
    return excel_csv((*_HEADER, *MARKS), rows)


def column_name(fault: CellFault) -> str:
    return COLUMNS[fault.field][0] if fault.field else ""


def _marks(faults: Sequence[CellFault]) -> tuple[str, str, str]:
    return (
        " / ".join(map(column_name, faults)),
        " / ".join(FAULTS[fault.word].text for fault in faults),
        " / ".join(FAULTS[fault.word].remedy for fault in faults),
    )


def _alike(duplicate: Duplicate) -> str:
    same = "・".join(SAMENESS[part] for part in duplicate.same)
    where = {"shop": "加盟店", "application": "申請", "line": "行"}[duplicate.kind]
    return f"{where} {duplicate.key} {duplicate.name}（同じ{same}）"
