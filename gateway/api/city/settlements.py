"""Settlement (精算): the cycles, their papers, and the closing."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Final

from gateway.api.city.exports import log_export
from gateway.api.city.fields import CSV, PDF, CyclePath, ReasonGiven, attachment
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.settlement.business_days import CycleCalendar, SettlementCycle
from gateway.cities.settlement.journal_csv import journal_csv
from gateway.cities.settlement.settlement_csv import settlement_csv
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.statement_pdf import settlement_pdf
from gateway.cities.settlement.transfer_fees import StatementTerms
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, Content, TypedResponse
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action
from gateway.points.directory import require_municipality

api = Api()
STAFF: Final = AuthLevel.STAFF

CYCLE: Final = ("unknown-cycle",)


class CycleView(View):
    starts_on: date
    ends_on: date
    pays_on: date

    @classmethod
    def of(cls, cycle: SettlementCycle) -> CycleView:
        return cls(starts_on=cycle.starts_on, ends_on=cycle.ends_on, pays_on=cycle.pays_on)


class CycleListed(View):
    """`paid_yen` is null while the cycle is not closed."""

    cycle: CycleView
    paid_yen: int | None


class CycleRuleView(View):
    """From `since` on (null: from the beginning) cycles end on these days of the month, 31 being its last.

    The cycle of each end is paid on its day of `pay_days`, or `pay_after` bank days after the end; on the next bank day where
    banks are closed.
    """

    since: date | None
    ends: list[int]
    pay_days: list[int]
    pay_after: int

    @classmethod
    def list_of(cls, calendar: CycleCalendar, today: date) -> list[CycleRuleView]:
        """The rule of today, and those that are to come."""
        coming = [each for each in calendar.rules if each[0] > today]
        now = [each for each in calendar.rules if each[0] <= today][-1]
        return [
            cls(
                since=None if since == date.min else since, ends=list(rule.ends), pay_days=list(rule.pay_days),
                pay_after=rule.pay_after,
            )
            for since, rule in (now, *coming)
        ]  # fmt: skip


class CyclesList(View):
    """`rules`: how cycles end and are paid today, then each change that is to come."""

    cycles: list[CycleListed]
    rules: list[CycleRuleView]


class ShopLineView(View):
    """Of what is in it, `corrections` lines correct earlier cycles, and change the sum by `corrected_yen`.

    Of `paid_yen` the shop bears `fee_yen` for the transfer and `return_fee_yen` for earlier ones that came back, and `transfer_yen` is
    transferred; `city_fee_yen` and `city_return_fee_yen` are borne by the city, `open_return_fee_yen` is left for a later payment. `carried_why`: owes, no_account, within_fee (the fee would take the whole payment), or empty.
    """

    shop_id: str
    shop_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    yen: int
    corrections: int
    corrected_points: int
    corrected_yen: int
    brought_yen: int
    paid_yen: int
    carried_yen: int
    fee_yen: int
    city_fee_yen: int
    transfer_yen: int
    carried_why: str
    return_fee_yen: int
    city_return_fee_yen: int
    open_return_fee_yen: int

    @classmethod
    def of(cls, line: ShopLine) -> ShopLineView:
        return cls(**{name: getattr(line, name) for name in cls.model_fields})


class StatementTermsView(View):
    """What statements of a cycle say besides its sums: the tax in the fee, the issuer's registration number, a note on tax."""

    fee_tax_percent: int
    invoice_number: str
    tax_note: str

    @classmethod
    def of(cls, terms: StatementTerms | None) -> StatementTermsView | None:
        return None if terms is None else cls.model_validate(terms, from_attributes=True)


class SettlementView(View):
    """A cycle with a line a shop; not closed, it shows what closing now would give.

    `yen` is paid, `transfer_yen` of it transferred, after the `fee_yen` and `return_fee_yen` that shops bear; `has_fees` says whether a
    transfer costs anything, `has_return_fees` whether the bank asked for what came back. `terms` is null where the city had set nothing of fees and tax.
    """

    cycle: CycleView
    closed_at: datetime | None
    closed_by: str | None
    yen: int
    fee_yen: int
    city_fee_yen: int
    transfer_yen: int
    has_fees: bool
    return_fee_yen: int
    city_return_fee_yen: int
    open_return_fee_yen: int
    has_return_fees: bool
    terms: StatementTermsView | None
    lines: list[ShopLineView]

    @classmethod
    def of(cls, settlement: Settlement) -> SettlementView:
        return cls(
            cycle=CycleView.of(settlement.cycle),
            closed_at=settlement.closed_at,
            closed_by=settlement.closed_by,
            yen=settlement.yen,
            fee_yen=settlement.fee_yen,
            city_fee_yen=settlement.city_fee_yen,
            transfer_yen=settlement.transfer_yen,
            has_fees=settlement.has_fees,
            return_fee_yen=settlement.return_fee_yen,
            city_return_fee_yen=settlement.city_return_fee_yen,
            open_return_fee_yen=settlement.open_return_fee_yen,
            has_return_fees=settlement.has_return_fees,
            terms=StatementTermsView.of(settlement.terms),
            lines=[ShopLineView.of(line) for line in settlement.lines],
        )


@api.get(
    "/v1/city/settlements",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    returns={200: CyclesList},
)
async def list_settlements(call: StaffRequest) -> TypedResponse:
    """Every cycle since the first payment, newest first."""
    settlements = await call.services.city.settlements.listed(call.staff.municipality)
    calendar = await call.services.city.settlements.calendar(call.staff.municipality)
    return TypedResponse(
        200,
        CyclesList(
            cycles=[CycleListed(cycle=CycleView.of(cycle), paid_yen=yen) for cycle, yen in settlements],
            rules=CycleRuleView.list_of(calendar, call.services.city.context.today),
        ),
    )


@api.get(
    "/v1/city/settlements/{starts_on}",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CyclePath,
    returns={200: SettlementView},
    refuses=CYCLE,
)
async def get_settlement(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """A closed cycle, or what closing it now would give."""
    settlement = await call.services.city.settlements.get(call.staff.municipality, call.path.starts_on)
    return TypedResponse(200, SettlementView.of(settlement))


@api.get(
    "/v1/city/settlements/{starts_on}/csv",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CyclePath,
    returns={200: "text/csv"},
    refuses=CYCLE,
)
async def get_settlement_csv(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """A cycle for Excel, a line a shop."""
    await log_export(call, ExportedList.SETTLEMENT, call.path.starts_on)
    settlement = await call.services.city.settlements.get(call.staff.municipality, call.path.starts_on)
    name = f"settlement-{call.path.starts_on}.csv"
    return TypedResponse(200, Content(settlement_csv(settlement), CSV), attachment(name))


@api.get(
    "/v1/city/settlements/{starts_on}/journal",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CyclePath,
    returns={200: "text/csv"},
    refuses=(*CYCLE, "cycle-not-closed", "journal-unwritable"),
)
async def get_settlement_journal(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """The journal of a closed cycle for the city's accounting (財務会計), as the settings say: a line for each shop that is paid."""
    await log_export(call, ExportedList.JOURNAL, call.path.starts_on)
    settlements, code = call.services.city.settlements, call.staff.municipality
    settings = await settlements.settings(code)
    data = journal_csv(await settlements.get(code, call.path.starts_on), settings)
    media_type = CSV if settings.journal_encoding == "utf-8" else "text/csv; charset=shift_jis"
    return TypedResponse(200, Content(data, media_type), attachment(f"journal-{call.path.starts_on}.csv"))


@api.get(
    "/v1/city/settlements/{starts_on}/pdf",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CyclePath,
    returns={200: PDF},
    refuses=CYCLE,
)
async def get_settlement_pdf(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """A cycle to print and to keep, a line a shop."""
    await log_export(call, ExportedList.SETTLEMENT, call.path.starts_on)
    code = call.staff.municipality
    settlement = await call.services.city.settlements.get(code, call.path.starts_on)
    data = await asyncio.to_thread(settlement_pdf, settlement, require_municipality(code).name)
    return TypedResponse(200, Content(data, PDF), attachment(f"settlement-{call.path.starts_on}.pdf"))


@api.post(
    "/v1/city/settlements/{starts_on}/closing",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=CyclePath,
    body=ReasonGiven,
    returns={200: SettlementView, 202: ProposalView},
    refuses=(
        *CYCLE,
        "cycle-not-over",
        "cycle-closed",
        "earlier-cycle-open",
        "sum-too-large",
        "shop-number-missing",
        *PROPOSING,
    ),
)
async def close_settlement(call: StaffRequest[ReasonGiven, None, CyclePath]) -> TypedResponse:
    """Propose to close a cycle, which happens once (202); corrections come into the next one."""
    closed = await call.services.city.settlements.close(call.staff, call.path.starts_on, call.body.reason)
    if isinstance(closed, Proposal):
        return TypedResponse(202, ProposalView.of(closed))
    return TypedResponse(200, SettlementView.of(closed))
