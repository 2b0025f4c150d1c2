"""A payment as the city's staff looks it up, and its refund."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.api.city.fields import RefundWanted, SpendPath
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.spending import spend_rows
from gateway.cities.spending.refunds import RefundResult, refundable_of
from gateway.cities.spending.spend_rows import Refund, Spend
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class ShopSpendView(View):
    """A payment as the shop sees it: no member, no days of issue.

    `short_reference` has 8 characters that a person can read out.
    """

    spend_id: str
    short_reference: str
    points: int
    yen: int
    refunded_points: int
    way: str
    at: datetime

    @classmethod
    def of(cls, spend: Spend) -> ShopSpendView:
        return cls(**{name: getattr(spend, name) for name in cls.model_fields})


class RefundView(View):
    refund_id: str
    spend_id: str
    points: int
    yen: int
    reason: str
    made_by: str
    at: datetime

    @classmethod
    def of(cls, refund: Refund) -> RefundView:
        return cls(**{name: getattr(refund, name) for name in cls.model_fields})


class GivenBackView(View):
    refund: RefundView
    spend: ShopSpendView
    replayed: bool

    @classmethod
    def of(cls, done: RefundResult) -> GivenBackView:
        return cls(
            refund=RefundView.of(done.refund), spend=ShopSpendView.of(done.spend), replayed=done.replayed
        )


class CitySpend(View):
    """A payment as the city's staff looks it up, with what was given back of it.

    Of what has not come back `refundable_points` still can; `expired_points` would be gone at once and stay with the shop.
    """

    spend: ShopSpendView
    shop_id: str
    refundable_points: int
    expired_points: int
    refunds: list[RefundView]


@api.get(
    "/v1/city/spends/{spend_id}",
    tag="spending",
    caller=STAFF,
    action=Action.SEE,
    path=SpendPath,
    returns={200: CitySpend},
    refuses=("unknown-spend",),
)
async def city_spend(call: StaffRequest[None, None, SpendPath]) -> TypedResponse:
    """A payment at one of the city's shops, with what was given back of it."""
    code, spend_id = call.staff.municipality, call.path.spend_id
    today = call.services.city.context.today

    def job(conn: Connection) -> CitySpend:
        spend = spend_rows.require_of_city(conn, code, spend_id)
        left = refundable_of(conn, spend, today)
        refunds = spend_rows.refunds_of(conn, spend.book_id, spend_id)
        return CitySpend(
            spend=ShopSpendView.of(spend),
            shop_id=spend.shop_id,
            refundable_points=left.points,
            expired_points=left.expired,
            refunds=[RefundView.of(refund) for refund in refunds],
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.post(
    "/v1/city/spends/{spend_id}/refunds",
    tag="spending",
    caller=STAFF,
    action=Action.REFUND,
    path=SpendPath,
    body=RefundWanted,
    returns={201: GivenBackView, 200: GivenBackView, 202: ProposalView},
    refuses=(
        "unknown-spend",
        "unknown-shop",
        "refund-too-much",
        "refund-expired",
        "id-reused",
        "reason-missing",
        *PROPOSING,
    ),
)
async def city_refund(
    call: StaffRequest[RefundWanted, None, SpendPath],
) -> TypedResponse:
    """Give points of a payment back, at any time; after its cycle was closed it comes into the next one.

    Above the city's sum, beyond what one person gives in a day, or of a closed cycle it waits for a second person (202).
    """
    done = await call.services.city.spending.refund_by_city(
        call.staff, call.body.refund_id, call.path.spend_id, call.body.points, call.body.reason
    )
    if isinstance(done, Proposal):
        return TypedResponse(202, ProposalView.of(done))
    return TypedResponse(200 if done.replayed else 201, GivenBackView.of(done))
