"""What in a cycle of settlement corrects earlier ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from gateway.api.city.exports import log_export
from gateway.api.city.fields import CSV, CyclePath, attachment
from gateway.api.city.settlements import CYCLE, CycleView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.settlement.cycle_corrections import Correction
from gateway.cities.settlement.settlement import CycleCorrections
from gateway.cities.settlement.settlement_csv import corrections_csv
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, Content, TypedResponse
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class CorrectionView(View):
    """One line that corrects the cycle `corrects`, by what it adds to the shop's sum: a refund is below zero.

    Without a `refund_id` it is the payment itself, committed after the closing of its own cycle.
    """

    shop_id: str
    shop_name: str
    spend_id: str
    refund_id: str | None
    paid_at: datetime
    corrects: CycleView
    at: datetime
    points: int
    yen: int
    reason: str
    made_by: str

    @classmethod
    def of(cls, one: Correction) -> CorrectionView:
        plain: dict[str, Any] = {name: getattr(one, name) for name in cls.model_fields if name != "corrects"}
        return cls(**plain, corrects=CycleView.of(one.corrects))


class CorrectionsList(View):
    """What in a cycle corrects earlier ones, and its sums; it can still change while `closed_at` is null."""

    cycle: CycleView
    closed_at: datetime | None
    points: int
    yen: int
    corrections: list[CorrectionView]

    @classmethod
    def of(cls, found: CycleCorrections) -> CorrectionsList:
        return cls(
            cycle=CycleView.of(found.cycle),
            closed_at=found.closed_at,
            points=found.points,
            yen=found.yen,
            corrections=[CorrectionView.of(correction) for correction in found.corrections],
        )


@api.get(
    "/v1/city/settlements/{starts_on}/corrections",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CyclePath,
    returns={200: CorrectionsList},
    refuses=CYCLE,
)
async def get_corrections(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """What in a cycle corrects cycles that were closed before it (訂正): refunds of their payments, late payments."""
    cycle_corrections = await call.services.city.settlements.corrections(
        call.staff.municipality, call.path.starts_on
    )
    return TypedResponse(200, CorrectionsList.of(cycle_corrections))


@api.get(
    "/v1/city/settlements/{starts_on}/corrections/csv",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CyclePath,
    returns={200: "text/csv"},
    refuses=CYCLE,
)
async def get_corrections_csv(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """A cycle's corrections for Excel, with the names of those who made them."""
    await log_export(call, ExportedList.CORRECTIONS, call.path.starts_on)
    cycle_corrections = await call.services.city.settlements.corrections(
        call.staff.municipality, call.path.starts_on
    )
    name = f"corrections-{call.path.starts_on}.csv"
    return TypedResponse(200, Content(corrections_csv(cycle_corrections), CSV), attachment(name))
