"""How a city settles with its bank, as its bank's own sheet says: settings that only two persons change.

A city without a row has the defaults, which are what every closed cycle before was made with. A change counts for what is
made after it: a closed cycle, its statements and its files stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from gateway.cities import tables
from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.drawn_from import version_of
from gateway.cities.proposals.propose import Ground
from gateway.cities.settlement import customer_fields, cycle_rules, zengin
from gateway.cities.settlement.business_days import STANDARD, CycleRule
from gateway.cities.settlement.customer_fields import CustomerField
from gateway.cities.settlement.transfer_fees import (
    MAX_BANDS,
    MAX_FEE_YEN,
    MAX_TAX_PERCENT,
    BankSide,
    FeeBand,
    FeeBearer,
    StatementTerms,
    is_invoice_number,
)
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_into

_settings: Final = tables.settlement_settings
MAX_CODE_LENGTH: Final = 3
_CODE: Final = re.compile(r"[0-9A-Z]{1,3}")


class ResultWord(StrEnum):
    """What a bank says became of a transfer: 済, 振込不能, 組戻し, or 保留 (not yet known)."""

    PAID = "paid"
    RETURNED = "returned"
    RECALLED = "recalled"
    PENDING = "pending"


class JournalField(StrEnum):
    """What a column of the journal for the city's accounting holds."""

    NUMBER = "number"
    FISCAL_YEAR = "fiscal_year"
    CLOSED_ON = "closed_on"
    PAYS_ON = "pays_on"
    STARTS_ON = "starts_on"
    ENDS_ON = "ends_on"
    DEBIT = "debit"
    CREDIT = "credit"
    YEN = "yen"
    FEE = "fee"
    FEE_TAX = "fee_tax"
    RETURN_FEE = "return_fee"
    TRANSFER = "transfer"
    SHOP_ID = "shop_id"
    SHOP_NAME = "shop_name"
    SUMMARY = "summary"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalColumn:
    """A column's header and what stands in it."""

    title: str
    field: JournalField

    def __str__(self) -> str:
        return f"{self.title}={self.field.value}"


_COLUMNS: Final = tuple(
    JournalColumn(title=title, field=field)
    for title, field in (
        ("会計年度", JournalField.FISCAL_YEAR),
        ("伝票番号", JournalField.NUMBER),
        ("伝票日付", JournalField.CLOSED_ON),
        ("支払予定日", JournalField.PAYS_ON),
        ("借方科目", JournalField.DEBIT),
        ("貸方科目", JournalField.CREDIT),
        ("金額", JournalField.YEN),
        ("債権者番号", JournalField.SHOP_ID),
        ("債権者名", JournalField.SHOP_NAME),
        ("摘要", JournalField.SUMMARY),
    )
)
MAX_COLUMNS: Final = 40
MAX_NOTE_LENGTH: Final = 200
MAX_SEND_DAYS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementSettings:
    """`bank_sheet` names the bank's own sheet that the rest was read from.

    A result file holds the transfer's records with a code of `result_length` characters from `result_column` on (1 is a
    record's first); 0 says that no sheet was read, and no result file is taken. Each code is in one of the four lists.

    `journal_*` say how the journal of a closing is written for the city's accounting: its columns in their order, its
    letters and days, the codes of the accounts that are debited and credited, and the text of each entry.

    `fee_bands` say what the bank asks for a transfer, `fee_bearer` who bears it, `fee_tax_percent` the tax in it.
    `invoice_number` and `tax_note` stand on statements. No bands: no fees. `return_fee_yen` is what the bank usually asks for a
    transfer that came back, and `return_fee_bearer` who bears that.

    `cycle_*` are the rule of the cycles (`CycleRule`), which counts from the next one on.

    `customer_field` says what the bank's file writes of each transfer where its customer codes stand, `edi_text` the text for the
    payee (`customer_fields`), `end_mark` whether 0x1A ends the file. It has to be sent `send_days` bank days before the transfer;
    0: nobody has said until when.

    Raises ProblemError `bad-settlement-settings` (422), naming the field.
    """

    bank_sheet: str = ""
    result_column: int = 0
    result_length: int = 1
    paid_codes: tuple[str, ...] = ()
    returned_codes: tuple[str, ...] = ()
    recalled_codes: tuple[str, ...] = ()
    pending_codes: tuple[str, ...] = ()
    journal_columns: tuple[JournalColumn, ...] = _COLUMNS
    journal_encoding: Literal["utf-8", "shift_jis"] = "utf-8"
    journal_days: Literal["dashes", "slashes", "plain"] = "dashes"
    journal_debit: str = ""
    journal_credit: str = ""
    journal_summary: str = ""
    fee_bands: tuple[FeeBand, ...] = ()
    fee_bearer: FeeBearer = FeeBearer.CITY
    fee_tax_percent: int = 10
    invoice_number: str = ""
    tax_note: str = ""
    cycle_ends: tuple[int, ...] = STANDARD.ends
    cycle_pay_days: tuple[int, ...] = STANDARD.pay_days
    cycle_pay_after: int = STANDARD.pay_after
    customer_field: CustomerField = CustomerField.LINE
    edi_text: str = ""
    end_mark: Literal["none", "eof"] = "none"
    send_days: int = 0
    return_fee_yen: int = 0
    return_fee_bearer: FeeBearer = FeeBearer.CITY

    def __post_init__(self) -> None:
        object.__setattr__(self, "edi_text", _edi_text(self.edi_text))
        _require_result_layout(self)
        _require_journal_layout(self)
        _require_fees(self)
        _require_cycles(self)
        _require_transfer_file(self)

    @property
    def version(self) -> str:
        return version_of(*asdict(self).values())

    @property
    def cycle_rule(self) -> CycleRule:
        return CycleRule(ends=self.cycle_ends, pay_days=self.cycle_pay_days, pay_after=self.cycle_pay_after)

    @property
    def terms(self) -> StatementTerms | None:
        """What statements say of fees and tax; None where the city has set nothing of it."""
        is_set = self.fee_bands or self.invoice_number or self.tax_note
        return self.terms_of_returns if is_set else None

    @property
    def terms_of_returns(self) -> StatementTerms:
        """The same where there are fees for returns: whatever is set, the tax in them has its rate."""
        return StatementTerms(
            fee_tax_percent=self.fee_tax_percent,
            invoice_number=self.invoice_number,
            tax_note=self.tax_note,
        )

    @property
    def result_words(self) -> dict[str, ResultWord]:
        """The bank's codes and what each means."""
        return {code: word for word in ResultWord for code in getattr(self, f"{word.value}_codes")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSettlementSettings:
    """The command that waits for a second person: all settings as they shall be."""

    settings: SettlementSettings


def find_settings(conn: Connection, code: str) -> SettlementSettings:
    """A city's settings; the defaults where it has changed none."""
    text = conn.execute(
        select(_settings.c.settings).where(_settings.c.municipality == code)
    ).scalar_one_or_none()
    return SettlementSettings() if text is None else _ADAPTER.validate_json(text)


def settings_facts(
    before: SettlementSettings, after: SettlementSettings, next_start: date
) -> dict[str, str | int]:
    """What changes, as «from → to»; and the sheet by which the second person checks it.

    `next_start` is the first day of the next cycle, with which other cycles begin.
    """
    shown: dict[str, str | int] = {"bank_sheet": _shown(after.bank_sheet)}
    for each in fields(SettlementSettings):
        old, new = (_shown(getattr(settings, each.name)) for settings in (before, after))
        if old != new:
            shown[each.name] = f"{old} → {new}"
    if after.cycle_rule != before.cycle_rule:
        shown["starts_on"] = next_start.isoformat()
    return shown


def settings_ground(
    context: CityContext, conn: Connection, code: str, command: ChangeSettlementSettings
) -> Ground:
    """The settings that the author saw; for other cycles also the day with which they were to begin."""
    before = find_settings(conn, code)
    if command.settings.cycle_rule == before.cycle_rule:
        return {"version": before.version}
    next_start = cycle_rules.next_start(conn, code, context.clock())
    return {"version": before.version, "next_start": next_start.isoformat()}


def change_settings(
    conn: Connection, who: StaffActor, command: ChangeSettlementSettings, reason: str, at: datetime
) -> None:
    """Carry it out, for what is made from now on."""
    before = find_settings(conn, who.municipality)
    facts = settings_facts(before, command.settings, cycle_rules.next_start(conn, who.municipality, at))
    if command.settings.cycle_rule != before.cycle_rule:
        cycle_rules.change_rule(conn, who.municipality, command.settings.cycle_rule, at)
    text = _ADAPTER.dump_json(command.settings).decode()
    conn.execute(
        insert_into(conn, _settings)
        .values(municipality=who.municipality, settings=text, changed_at=at)
        .on_conflict_do_update(
            index_elements=[_settings.c.municipality], set_={"settings": text, "changed_at": at}
        )
    )
    write_audit(conn, who, at, AuditAction.SETTLEMENT_SETTINGS_CHANGED, "", reason, facts)


def bad_settings(field: str, text: str) -> ProblemError:
    return ProblemError("bad-settlement-settings", f"{field}: {text}", field=field)


def _require_result_layout(settings: SettlementSettings) -> None:
    if not 0 <= settings.result_column <= zengin.LENGTH:
        raise bad_settings("result_column", f"give a column from 1 to {zengin.LENGTH}, or 0 for none")
    if not 1 <= settings.result_length <= MAX_CODE_LENGTH:
        raise bad_settings("result_length", f"a code has 1 to {MAX_CODE_LENGTH} characters")
    if settings.result_column + settings.result_length - 1 > zengin.LENGTH:
        raise bad_settings("result_column", f"a record ends after column {zengin.LENGTH}")
    seen: set[str] = set()
    for word in ResultWord:
        name = f"{word.value}_codes"
        for code in getattr(settings, name):
            if not _CODE.fullmatch(code) or len(code) != settings.result_length:
                raise bad_settings(name, f"{code}: a code has {settings.result_length} capitals or digits")
            if code in seen:
                raise bad_settings(name, f"{code} stands for something else already")
            seen.add(code)
    if settings.result_column and not (settings.bank_sheet and settings.paid_codes):
        raise bad_settings(
            "paid_codes" if settings.bank_sheet else "bank_sheet",
            "name the bank's sheet, and the code for what was paid",
        )


def _require_journal_layout(settings: SettlementSettings) -> None:
    if not 1 <= len(settings.journal_columns) <= MAX_COLUMNS:
        raise bad_settings("journal_columns", f"give 1 to {MAX_COLUMNS} columns")
    if JournalField.YEN not in {column.field for column in settings.journal_columns}:
        raise bad_settings("journal_columns", "a journal has a column with the sum")
    texts = {name: getattr(settings, name) for name in ("journal_debit", "journal_credit", "journal_summary")}
    texts |= {"journal_columns": "".join(column.title for column in settings.journal_columns)}
    if settings.journal_encoding == "shift_jis":
        for name, text in texts.items():
            try:
                text.encode("cp932")
            except UnicodeEncodeError:
                raise bad_settings(name, "a letter cannot be written in Shift_JIS") from None


def _require_fees(settings: SettlementSettings) -> None:
    if len(settings.fee_bands) > MAX_BANDS:
        raise bad_settings("fee_bands", f"give at most {MAX_BANDS} bands")
    for side in BankSide:
        _require_side(side, [band for band in settings.fee_bands if band.side is side])
    sides = {band.side for band in settings.fee_bands}
    if sides and not {BankSide.SAME_BANK, BankSide.OTHER_BANK} <= sides:
        raise bad_settings("fee_bands", "give bands for the same bank and for other banks")
    if settings.fee_bearer is FeeBearer.SHOP:
        if not sides:
            raise bad_settings("fee_bands", "shops can bear a fee only where there are bands")
        if not {JournalField.FEE, JournalField.TRANSFER} & {each.field for each in settings.journal_columns}:
            raise bad_settings(
                "journal_columns",
                "where shops bear the fee, a journal has a column with fee or with transfer",
            )
    if not 0 <= settings.return_fee_yen <= MAX_FEE_YEN:
        raise bad_settings("return_fee_yen", f"a fee is 0 to {MAX_FEE_YEN} yen")
    titles = {each.field for each in settings.journal_columns}
    if settings.return_fee_bearer is FeeBearer.SHOP and not titles & {
        JournalField.RETURN_FEE,
        JournalField.TRANSFER,
    }:
        raise bad_settings(
            "journal_columns",
            "where shops bear the fee for a return, a journal has a column with return_fee or with transfer",
        )
    if not 0 <= settings.fee_tax_percent <= MAX_TAX_PERCENT:
        raise bad_settings("fee_tax_percent", f"give 0 to {MAX_TAX_PERCENT}")
    if settings.invoice_number and not is_invoice_number(settings.invoice_number):
        raise bad_settings("invoice_number", "give T and 13 digits; the check digit or their count is wrong")
    if len(settings.tax_note) > MAX_NOTE_LENGTH:
        raise bad_settings("tax_note", f"give at most {MAX_NOTE_LENGTH} characters")


def _require_cycles(settings: SettlementSettings) -> None:
    try:
        _ = settings.cycle_rule
    except ValueError as wrong:
        name, text = wrong.args
        raise bad_settings(f"cycle_{name}", text) from None


def _require_transfer_file(settings: SettlementSettings) -> None:
    if settings.customer_field is CustomerField.EDI and not settings.edi_text:
        raise bad_settings("edi_text", "give the text that payees see")
    if not 0 <= settings.send_days <= MAX_SEND_DAYS:
        raise bad_settings("send_days", f"give 1 to {MAX_SEND_DAYS} bank days, or 0")
    usual = (CustomerField.LINE, "none", 0)
    if (settings.customer_field, settings.end_mark, settings.send_days) != usual and not settings.bank_sheet:
        raise bad_settings("bank_sheet", "name the bank's sheet, by which the second person checks this")


def _edi_text(text: str) -> str:
    try:
        return customer_fields.normal_text(text)
    except ValueError as wrong:
        raise bad_settings("edi_text", str(wrong)) from None


def _require_side(side: BankSide, bands: list[FeeBand]) -> None:
    if bands and bands[0].from_yen != 1:
        raise bad_settings("fee_bands", f"{side.value}: the first band begins with 1 yen")
    for place, band in enumerate(bands):
        if place and band.from_yen <= bands[place - 1].from_yen:
            raise bad_settings("fee_bands", f"{band}: give the bands of a side in their order, each once")
        if band.from_yen > zengin.MAX_YEN:
            raise bad_settings("fee_bands", f"{band}: no transfer carries more than {zengin.MAX_YEN} yen")
        if not 0 <= band.fee_yen <= MAX_FEE_YEN:
            raise bad_settings("fee_bands", f"{band}: a fee is 0 to {MAX_FEE_YEN} yen")


def _shown(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text or "–"


_ADAPTER: Final = TypeAdapter(SettlementSettings)
