"""Statements (支払通知書) of a cycle, shop by shop, for the city's staff."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from gateway.api.city.cycle_corrections import CorrectionView
from gateway.api.city.exports import log_export
from gateway.api.city.fields import CSV, PDF, Day, ShopId, attachment
from gateway.api.city.settlements import CYCLE, CycleView, ShopLineView, StatementTermsView
from gateway.api.city.shops import ShopView
from gateway.api.city.spends import RefundView, ShopSpendView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.settlement.settlement import ShopStatement
from gateway.cities.settlement.settlement_csv import statement_csv
from gateway.cities.settlement.statement_pdf import statement_pdf
from gateway.cities.settlement.transfer_fees import tax_in
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedResponse
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action
from gateway.points.directory import require_municipality

api = Api()
STAFF: Final = AuthLevel.STAFF


class CycleShopPath(Strict):
    starts_on: Day
    shop_id: ShopId


class StatementView(View):
    """A shop's statement of a cycle, payment by payment; `closed_at` is null while it can still change.

    `corrections` tells which of the payments and refunds correct earlier cycles. `fee_tax_yen` is the tax in the line's fees.
    """

    cycle: CycleView
    closed_at: datetime | None
    shop: ShopView
    line: ShopLineView
    spends: list[ShopSpendView]
    refunds: list[RefundView]
    corrections: list[CorrectionView]
    terms: StatementTermsView | None
    fee_tax_yen: int

    @classmethod
    def of(cls, statement: ShopStatement) -> StatementView:
        return cls(
            cycle=CycleView.of(statement.cycle),
            closed_at=statement.closed_at,
            shop=ShopView.of(statement.shop),
            line=ShopLineView.of(statement.line),
            spends=[ShopSpendView.of(spend) for spend in statement.spends],
            refunds=[RefundView.of(refund) for refund in statement.refunds],
            corrections=[CorrectionView.of(correction) for correction in statement.corrections],
            terms=StatementTermsView.of(statement.terms),
            fee_tax_yen=tax_in(statement.line.deducted_yen, statement.terms.fee_tax_percent)
            if statement.terms
            else 0,
        )


@api.get(
    "/v1/city/settlements/{starts_on}/shops/{shop_id}",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CycleShopPath,
    returns={200: StatementView},
    refuses=(*CYCLE, "unknown-shop"),
)
async def city_statement(call: StaffRequest[None, None, CycleShopPath]) -> TypedResponse:
    """A shop's statement of a cycle, payment by payment."""
    shop_statement = await call.services.city.settlements.statement(
        call.staff.municipality, call.path.starts_on, call.path.shop_id
    )
    return TypedResponse(200, StatementView.of(shop_statement))


@api.get(
    "/v1/city/settlements/{starts_on}/shops/{shop_id}/csv",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CycleShopPath,
    returns={200: "text/csv"},
    refuses=(*CYCLE, "unknown-shop"),
)
async def city_statement_csv(call: StaffRequest[None, None, CycleShopPath]) -> TypedResponse:
    """A shop's statement for Excel."""
    await log_export(call, ExportedList.STATEMENT, f"{call.path.starts_on}/{call.path.shop_id}")
    shop_statement = await call.services.city.settlements.statement(
        call.staff.municipality, call.path.starts_on, call.path.shop_id
    )
    name = f"statement-{call.path.shop_id}-{call.path.starts_on}.csv"
    return TypedResponse(200, Content(statement_csv(shop_statement), CSV), attachment(name))


@api.get(
    "/v1/city/settlements/{starts_on}/shops/{shop_id}/pdf",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CycleShopPath,
    returns={200: PDF},
    refuses=(*CYCLE, "unknown-shop"),
)
async def city_statement_pdf(call: StaffRequest[None, None, CycleShopPath]) -> TypedResponse:
    """A shop's statement to print and to send."""
    await log_export(call, ExportedList.STATEMENT, f"{call.path.starts_on}/{call.path.shop_id}")
    code, shop_id = call.staff.municipality, call.path.shop_id
    shop_statement = await call.services.city.settlements.statement(code, call.path.starts_on, shop_id)
    data = await asyncio.to_thread(statement_pdf, shop_statement, require_municipality(code).name)
    return TypedResponse(
        200, Content(data, PDF), attachment(f"statement-{shop_id}-{call.path.starts_on}.pdf")
    )
