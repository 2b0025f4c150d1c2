"""The journal of a closed cycle for the city's own accounting (財務会計), a line for each shop that is paid. Pure.

Each accounting system takes columns of its own, in its own order, letters and way of writing days. They are the city's
settings; nothing here knows a system. The lines sum to what the closing paid, and to what is transferred of it after the
fees that shops bear, for transfers and returns: bank file, statements and ledger say the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.settlement_settings import JournalField, SettlementSettings
from gateway.cities.settlement.transfer_fees import tax_in
from gateway.errors import ProblemError
from httpkit.clock import day_of

_DAYS: Final = {"dashes": "%Y-%m-%d", "slashes": "%Y/%m/%d", "plain": "%Y%m%d"}
_ENCODINGS: Final = {"utf-8": "utf-8-sig", "shift_jis": "cp932"}


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One entry: what a shop is paid. `number` counts the lines from 1."""

    number: int
    settlement: Settlement
    line: ShopLine
    settings: SettlementSettings

    @property
    def fee_tax_percent(self) -> int:
        return self.settlement.terms.fee_tax_percent if self.settlement.terms else 0

    def day(self, day: date) -> str:
        return day.strftime(_DAYS[self.settings.journal_days])


def journal_csv(settlement: Settlement, settings: SettlementSettings) -> bytes:
    """The whole file, CRLF, with a header. Raises ProblemError: `cycle-not-closed`, `journal-unwritable` (409).

    Cells are written as they are, without the quote mark that a spreadsheet needs: a program reads them.
    """
    if settlement.closed_at is None:
        raise ProblemError("cycle-not-closed", "Close this cycle first.")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.title for column in settings.journal_columns])
    paid = [line for line in settlement.lines if line.paid_yen > 0]
    for number, line in enumerate(paid, 1):
        entry = JournalLine(number=number, settlement=settlement, line=line, settings=settings)
        writer.writerow([_CELLS[column.field](entry) for column in settings.journal_columns])
    try:
        return text.getvalue().encode(_ENCODINGS[settings.journal_encoding])
    except UnicodeEncodeError as wrong:
        letter = wrong.object[wrong.start]
        raise ProblemError(
            "journal-unwritable",
            f"{letter} (U+{ord(letter):04X}) cannot be written in {settings.journal_encoding}; nothing was left out.",
            letter=letter,
        ) from None


def fiscal_year(day: date) -> int:
    """会計年度: from 1 April to 31 March."""
    return day.year if day.month >= 4 else day.year - 1


def _closed_on(entry: JournalLine) -> str:
    assert entry.settlement.closed_at is not None
    return entry.day(day_of(entry.settlement.closed_at))


_CELLS: Final[Mapping[JournalField, Callable[[JournalLine], str | int]]] = {
    JournalField.NUMBER: lambda entry: entry.number,
    JournalField.FISCAL_YEAR: lambda entry: fiscal_year(entry.settlement.cycle.ends_on),
    JournalField.CLOSED_ON: _closed_on,
    JournalField.PAYS_ON: lambda entry: entry.day(entry.settlement.cycle.pays_on),
    JournalField.STARTS_ON: lambda entry: entry.day(entry.settlement.cycle.starts_on),
    JournalField.ENDS_ON: lambda entry: entry.day(entry.settlement.cycle.ends_on),
    JournalField.DEBIT: lambda entry: entry.settings.journal_debit,
    JournalField.CREDIT: lambda entry: entry.settings.journal_credit,
    JournalField.YEN: lambda entry: entry.line.paid_yen,
    JournalField.FEE: lambda entry: entry.line.fee_yen,
    # As the statement says it: the tax is computed once, in all that is deducted.
    JournalField.FEE_TAX: lambda entry: tax_in(entry.line.deducted_yen, entry.fee_tax_percent),
    JournalField.RETURN_FEE: lambda entry: entry.line.return_fee_yen,
    JournalField.TRANSFER: lambda entry: entry.line.transfer_yen,
    JournalField.SHOP_ID: lambda entry: entry.line.shop_id,
    JournalField.SHOP_NAME: lambda entry: entry.line.shop_name,
    JournalField.SUMMARY: lambda entry: entry.settings.journal_summary,
    JournalField.EMPTY: lambda _: "",
}
