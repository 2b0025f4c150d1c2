"""What a short reference (控えの番号) stands for: for the member, for the shop and for the city's desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import StringConstraints
from sqlalchemy import Connection

from core_ledger import chart
from gateway.api.city.spending import SpendView
from gateway.api.city.spends import ShopSpendView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.exchanges import ExchangeView
from gateway.api.fields import View
from gateway.api.member_request import MemberRequest
from gateway.cities.shops import shop_rights
from gateway.cities.spending import spend_rows
from gateway.exchanges import exchange_rows
from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action
from gateway.platform.short_reference import tail_of, unknown_reference

api = Api()

PERIOD: Final = timedelta(days=400)
"""As far back as a shop and a city find payments by it: a year and the weeks in which somebody still asks."""


class ReferencePath(Strict):
    """As a person types it: any width and case, with or without the hyphen."""

    reference: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1F\x7F]+$")]


class MemberReferences(View):
    """The member's own exchanges and payments with this reference: nearly always one."""

    exchanges: list[ExchangeView]
    spends: list[SpendView]


class ShopReferences(View):
    spends: list[ShopSpendView]


class CityReference(View):
    shop_id: str
    spend: ShopSpendView


class CityReferences(View):
    """Payments of the last 400 days at the city's shops, newest first: nearly always one."""

    spends: list[CityReference]


@api.get(
    "/v1/references/{reference}",
    tag="spending",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.SEE,
    path=ReferencePath,
    returns={200: MemberReferences},
    refuses=("unknown-reference",),
)
async def member_references(call: MemberRequest[None, None, ReferencePath]) -> TypedResponse:
    """The member's own exchange or payment by the 8 characters that stand on its page."""
    book, tail = chart.member_book(call.member.member_id), tail_of(call.path.reference)

    def job(conn: Connection) -> MemberReferences:
        exchanges = exchange_rows.list_by_reference(conn, book, tail)
        spends = spend_rows.list_by_reference(conn, tail, book=book)
        if not exchanges and not spends:
            raise unknown_reference()
        return MemberReferences(
            exchanges=[ExchangeView.of(exchange) for exchange in exchanges],
            spends=[SpendView.of(spend) for spend in spends],
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/shop/references/{reference}",
    tag="counter",
    caller=AuthLevel.STAFF,
    action=Action.SEE_OWN_SHOP,
    path=ReferencePath,
    returns={200: ShopReferences},
    refuses=("unknown-reference",),
)
async def shop_references(call: StaffRequest[None, None, ReferencePath]) -> TypedResponse:
    """A payment at this shop in the last 400 days, by the 8 characters on the customer's page; for a till since yesterday."""
    code, shop_id, tail = call.staff.municipality, call.staff.own_shop, tail_of(call.path.reference)
    seen_since = shop_rights.sees_payments_since(call.staff, call.services.city.context.today)
    since = seen_since or _since(call.services.clock())
    spends = await call.services.store.read(
        lambda conn: spend_rows.list_by_reference(conn, tail, code=code, shop_id=shop_id, since=since)
    )
    if not spends:
        raise unknown_reference()
    return TypedResponse(200, ShopReferences(spends=[ShopSpendView.of(spend) for spend in spends]))


@api.get(
    "/v1/city/references/{reference}",
    tag="spending",
    caller=AuthLevel.STAFF,
    action=Action.SEE,
    path=ReferencePath,
    returns={200: CityReferences},
    refuses=("unknown-reference",),
)
async def city_references(call: StaffRequest[None, None, ReferencePath]) -> TypedResponse:
    """A payment at any of the city's shops in the last 400 days, by the 8 characters that both sides have."""
    code, tail = call.staff.municipality, tail_of(call.path.reference)
    since = _since(call.services.clock())
    spends = await call.services.store.read(
        lambda conn: spend_rows.list_by_reference(conn, tail, code=code, since=since)
    )
    if not spends:
        raise unknown_reference()
    references = [CityReference(shop_id=spend.shop_id, spend=ShopSpendView.of(spend)) for spend in spends]
    return TypedResponse(200, CityReferences(spends=references))


def _since(now: datetime) -> datetime:
    return now - PERIOD
