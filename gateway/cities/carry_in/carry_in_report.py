"""A checked file of balances for whoever mends it, and the reconciliation for whoever signs for it, as CSV for Excel.

The first is itself a file to send again: every line under the usual names of its columns, those with a fault first, with
what was typed, what is wrong and what to do. Codes are in it until the file is approved, sent back or cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.cities.carry_in.carry_in_list import COLUMNS, FAULTS, Origin
from gateway.cities.carry_in.carry_ins import FileLine
from gateway.cities.carry_in.reconciliation import Reconciliation
from httpkit.safe_csv import excel_csv

NEVER: Final = "なし"
ORIGINS: Final = {Origin.PAID.value: "有償", Origin.FREE.value: "無償", "": ""}
MARKS: Final = ("行", "ルールの最終日", "誤りのある列", "誤り", "直し方")


REPORT_HEADER: Final = (*(names[0] for names in COLUMNS.values()), *MARKS)


def report_rows(lines: Iterable[FileLine]) -> Iterator[tuple[str, ...]]:
    """A row a line, without the header."""
    for line in lines:
        last_day = line.last_day.isoformat() if line.last_day else NEVER
        cells = line.typed or {
            "number": line.number, "mykey_id": line.mykey_id, "service": line.point_service, "points": str(line.points),
            "issued_on": line.issued_on.isoformat() if line.issued_on else "", "last_day": last_day,
            "origin": ORIGINS[line.origin],
        }  # fmt: skip
        fault = FAULTS.get(line.fault or "")
        marks = ("", "", "") if fault is None else (fault.column, fault.text, fault.remedy)
        cells = {**cells, "code": line.code}
        yield (*(cells.get(field, "") for field in COLUMNS), str(line.line), last_day, *marks)


def reconciliation_csv(report: Reconciliation) -> bytes:
    """A row for each point service, last day and origin, then the sums and the city's source accounts."""
    names = ("file", "ledger", "waiting", "refused", "difference")
    rows: list[tuple[str | int, ...]] = [
        (
            lot.point_service, lot.last_day.isoformat() if lot.last_day else NEVER, ORIGINS[lot.origin],
            *(getattr(lot, name) for name in names),
        )
        for lot in report.lots
    ]  # fmt: skip
    rows.append(("合計", "", "", *(sum(getattr(lot, name) for lot in report.lots) for name in names)))
    rows.append(("名簿にない引継ぎ", "", "", 0, report.unexpected, 0, 0, -report.unexpected))
    rows.append(
        (
            "市全体の引継ぎ",
            "",
            "",
            report.city_moves,
            report.city_ledger,
            0,
            0,
            report.city_moves - report.city_ledger,
        )
    )
    header = [
        "ポイント制度",
        "最終日",
        "有償・無償",
        "ファイル",
        "台帳",
        "引継ぎ待ち",
        "引き継げなかった",
        "差",
    ]
    return excel_csv(header, rows)
