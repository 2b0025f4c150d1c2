"""What partners owe for a month, over all cities."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from sqlalchemy import Connection

from gateway.api.city.fields import CSV, attachment
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import LabelView, View
from gateway.cities.settlement import partner_settlement
from gateway.cities.settlement.partner_settlement import PartnerMonth
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedRequest, TypedResponse
from gateway.platform.roles import Action
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF


class MonthQuery(Strict):
    year: Annotated[int, Field(ge=2000, le=2999)]
    month: Annotated[int, Field(ge=1, le=12)]


class RateLineView(View):
    """One rate of a month. `owed_by` is the partner's id, or that of the funder who pays for the campaign."""

    owed_by: str
    owed_by_name: LabelView
    wallet: str
    wallet_name: LabelView
    cost_per_unit: int
    points_per_unit: int
    campaign: str
    campaign_name: LabelView | None
    exchanges: int
    units: int
    points: int


class PartnerMonthView(View):
    """`owes` is the partner's own part, after reversals and corrections; campaigns are owed by their funders.

    `compared` exchanges were laid beside the partner's book since they ended; on `days_left` days nobody has compared
    yet, and `differences` of the others nobody has closed.

    `funders_reversed` comes off what each funder's lines say, and `funders_corrected` comes on top of it (or off it,
    below zero).
    """

    partner_id: str
    name: LabelView
    month: str
    lines: list[RateLineView]
    exchanges: int
    compared: int
    days_left: int
    differences: int
    reversed_points: int
    closed_differences: int
    corrected_points: int
    funders_reversed: dict[str, int] = Field(examples=[{"kasama": 100}])
    funders_corrected: dict[str, int] = Field(examples=[{"kasama": -100}])
    open_outcomes: int
    owes: int
    reconciled: bool

    @classmethod
    def of(cls, month: PartnerMonth) -> PartnerMonthView:
        return cls.model_validate(month, from_attributes=True)


class PartnerMonths(View):
    partners: list[PartnerMonthView]


@api.get(
    "/v1/platform/partner-settlements",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_PARTNERS,
    query=MonthQuery,
    returns={200: PartnerMonths},
)
async def partner_settlements(call: StaffRequest[None, MonthQuery]) -> TypedResponse:
    """What each partner owes for a month, per rate and campaign, by name, and how far both books agree."""
    partner_months = await _months(call)
    return TypedResponse(
        200,
        PartnerMonths(partners=[PartnerMonthView.of(partner_month) for partner_month in partner_months]),
    )


@api.get(
    "/v1/platform/partner-settlements/csv",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_PARTNERS,
    query=MonthQuery,
    returns={200: "text/csv"},
)
async def partner_invoice(call: StaffRequest[None, MonthQuery]) -> TypedResponse:
    """The month's invoice for Excel; each id has its name beside it."""
    partner_months = await _months(call)
    name = f"partners-{call.query.year:04}-{call.query.month:02}.csv"
    return TypedResponse(200, Content(partner_settlement.invoice_csv(partner_months), CSV), attachment(name))


async def _months(call: TypedRequest[None, Services, MonthQuery]) -> list[PartnerMonth]:
    query = call.query
    names = {id_: partner.profile.name for id_, partner in call.services.context.partners.items()}

    def job(conn: Connection) -> list[PartnerMonth]:
        return [
            partner_settlement.month_of(conn, partner_id, query.year, query.month, names)
            for partner_id in partner_settlement.partners_with_business(conn)
        ]

    return await call.services.store.read(job)
