"""How the city settles with its bank (精算と銀行の設定): one form, always a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, chosen, differences, drawn_again, number, status, without_number
from municipal.labels import (
    CUSTOMER_FIELDS,
    END_MARKS,
    FEE_BEARERS,
    FEE_SIDES,
    JOURNAL_DAYS,
    JOURNAL_ENCODINGS,
    JOURNAL_FIELDS,
    SETTLEMENT_SETTINGS,
)
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.typed_text import code
from point_gateway_client import calls, models

pages = Pages(needs="see")

NUMBERS: Final = (
    "result_column",
    "result_length",
    "fee_tax_percent",
    "cycle_pay_after",
    "send_days",
    "return_fee_yen",
)
_MONTH_END: Final = 31
ENCODINGS: Final[tuple[Literal["utf-8", "shift_jis"], ...]] = ("utf-8", "shift_jis")
DAYS: Final[tuple[Literal["dashes", "slashes", "plain"], ...]] = ("dashes", "slashes", "plain")
BEARERS: Final[tuple[Literal["city", "shop"], ...]] = ("city", "shop")
CUSTOMERS: Final[tuple[Literal["line", "shop_number", "edi"], ...]] = ("line", "shop_number", "edi")
ENDS: Final[tuple[Literal["none", "eof"], ...]] = ("none", "eof")
_LINES: Final = frozenset({"journal_columns", "fee_bands"})
"""Lists that the form shows a line each; of the others each has a comma."""


@pages.get("/settlement-settings", needs="keep_banks")
async def settings_page(visit: Visit) -> web.Response:
    settings = await visit.send(calls.get_settlement_settings())
    return _settings_page(visit, settings, _typed(settings), None)


@pages.post("/settlement-settings", needs="keep_banks")
async def propose_settings(visit: Visit) -> web.Response:
    """Always a proposal: a wrong column reads what came back as paid."""
    typed = dict(visit.form)
    trouble = without_number(typed, *NUMBERS)
    if trouble is None:
        try:
            return to_proposal(visit, await visit.send(_change(typed)))
        except Problem as problem:
            trouble = beside(visit, problem)
            if problem.word == "bad-settlement-settings":
                trouble = replace(trouble, field=str(problem.facts.get("field", "")))
    settings = await visit.send(calls.get_settlement_settings())
    return _settings_page(visit, settings, drawn_again(trouble, settings, typed), trouble)


def _change(typed: Mapping[str, str]) -> Any:
    return calls.change_settlement_settings(
        bank_sheet=typed.get("bank_sheet", ""),
        result_column=number(typed["result_column"]) or 0,
        result_length=number(typed["result_length"]) or 0,
        paid_codes=_codes(typed, "paid_codes"),
        returned_codes=_codes(typed, "returned_codes"),
        recalled_codes=_codes(typed, "recalled_codes"),
        pending_codes=_codes(typed, "pending_codes"),
        journal_columns=_columns(typed.get("journal_columns", "")),
        journal_encoding=chosen(typed, "journal_encoding", ENCODINGS),
        journal_days=chosen(typed, "journal_days", DAYS),
        journal_debit=typed.get("journal_debit", ""),
        journal_credit=typed.get("journal_credit", ""),
        journal_summary=typed.get("journal_summary", ""),
        fee_bands=_bands(typed.get("fee_bands", "")),
        fee_bearer=chosen(typed, "fee_bearer", BEARERS),
        fee_tax_percent=number(typed["fee_tax_percent"]) or 0,
        invoice_number=code(typed.get("invoice_number", "")).upper(),
        tax_note=typed.get("tax_note", ""),
        cycle_ends=_month_days(typed, "cycle_ends"),
        cycle_pay_days=_month_days(typed, "cycle_pay_days"),
        cycle_pay_after=number(typed["cycle_pay_after"]) or 0,
        customer_field=chosen(typed, "customer_field", CUSTOMERS),
        edi_text=typed.get("edi_text", ""),
        end_mark=chosen(typed, "end_mark", ENDS),
        send_days=number(typed["send_days"]) or 0,
        return_fee_yen=number(typed["return_fee_yen"]) or 0,
        return_fee_bearer=chosen(typed, "return_fee_bearer", BEARERS),
        reason=typed.get("reason", ""),
        seen=typed.get("seen") or None,
    )


def _columns(typed: str) -> list[models.JournalColumnOf]:
    """Columns as the form has them: `見出し=word`, one a line or with commas between. Raises Problem for a word that is none."""
    parts = [part.strip() for part in typed.replace("\r", "").replace("\n", ",").split(",")]
    columns = []
    for part in filter(None, parts):
        title, _, word = part.rpartition("=")
        columns.append(models.JournalColumnOf(title=title, field_=_field(word.strip())))
    return columns


def _field(word: str) -> Any:
    if word not in JOURNAL_FIELDS:
        raise Problem("bad-settlement-settings", 422, facts={"field": "journal_columns"})
    return word


def _bands(typed: str) -> list[models.FeeBandOf]:
    """Fees as the form has them: `side/from=fee`, one a line. Raises Problem for a line that is none."""
    bands = []
    for line in filter(None, (part.strip() for part in typed.splitlines())):
        side, _, rest = line.replace("／", "/").partition("/")
        start, _, fee = rest.replace("＝", "=").partition("=")
        from_yen, fee_yen = number(start), number(fee)
        word = _SIDES.get(code(side))
        if word is None or not from_yen or fee_yen is None:
            raise Problem("bad-settlement-settings", 422, facts={"field": "fee_bands", "line": line})
        bands.append(models.FeeBandOf(side=word, from_yen=from_yen, fee_yen=fee_yen))
    return bands


_SIDES: Final[Mapping[str, Any]] = {word: word for word in FEE_SIDES} | {
    label: word for word, label in FEE_SIDES.items()
}
"""A side by its word, and by what it is called."""


def _month_days(typed: Mapping[str, str], name: str) -> list[int]:
    """Days of the month with commas between; 末 is the last one. Raises Problem for what is none."""
    days = []
    for part in _codes(typed, name):
        day = _MONTH_END if part in ("末", "月末") else number(part)
        if day is None or not 1 <= day <= _MONTH_END:
            raise Problem("bad-settlement-settings", 422, facts={"field": name})
        days.append(day)
    return days


def _codes(typed: Mapping[str, str], name: str) -> list[str]:
    parts = typed.get(name, "").replace("、", ",").replace("，", ",").replace(" ", ",").split(",")
    return [plain for part in parts if (plain := code(part))]


def _typed(settings: models.SettlementSettingsView) -> dict[str, str]:
    """The settings as the form shows them."""
    typed = {"seen": settings.version}
    for name in SETTLEMENT_SETTINGS:
        value = getattr(settings, name)
        between = "\n" if name in _LINES else ","
        typed[name] = between.join(map(_text, value)) if isinstance(value, list) else str(value)
    return typed


def _text(value: str | int | models.JournalColumnView | models.FeeBandView) -> str:
    if isinstance(value, models.JournalColumnView):
        return f"{value.title}={value.field_}"
    if isinstance(value, models.FeeBandView):
        return f"{FEE_SIDES[value.side]}/{value.from_yen}={value.fee_yen}"
    return str(value)


def _settings_page(
    visit: Visit,
    settings: models.SettlementSettingsView,
    typed: Mapping[str, str],
    trouble: ErrorMessage | None,
) -> web.Response:
    return visit.render(
        "settlement_settings.html",
        status=status(trouble),
        typed=typed,
        trouble=trouble,
        labels=SETTLEMENT_SETTINGS,
        encodings=JOURNAL_ENCODINGS,
        days=JOURNAL_DAYS,
        fields=JOURNAL_FIELDS,
        bearers=[(word, visit.speech.plain(label)) for word, label in FEE_BEARERS.items()],
        customers=[(word, visit.speech.plain(label)) for word, label in CUSTOMER_FIELDS.items()],
        ends=[(word, visit.speech.plain(label)) for word, label in END_MARKS.items()],
        differences=differences(trouble, SETTLEMENT_SETTINGS, settings, typed),
    )
