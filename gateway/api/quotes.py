"""What a member is shown before points move: offer, quote (確認), and its confirmation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from core_ledger import chart
from gateway.api.exchanges import (
    PARTNER_CLOSED,
    PARTNER_REFUSALS,
    DestinationView,
    ExchangePath,
    ExchangeView,
    _view,
)
from gateway.api.fields import LabelView, MunicipalityCode, OpaqueCode, PointServiceId, Units, View
from gateway.api.member_request import MemberRequest
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows
from gateway.exchanges.quote_confirm import Offer
from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.members import representations
from gateway.members.sessions import Session
from gateway.model import Campaign, Destination, Rate

api = Api()

DESTINATION_REFUSALS = ("unknown-municipality", "unknown-point-service", "not-open-for-direct-exchange")


class ToReserve(Strict):
    kind: Literal["reserve"]


class ToMunicipality(Strict):
    kind: Literal["municipality"]
    municipality: MunicipalityCode
    point_service: PointServiceId


class QuoteWanted(Strict):
    destination: Annotated[ToReserve | ToMunicipality, Field(discriminator="kind")]
    units: Units | None = None


class OfferQuery(Strict):
    destination: Literal["reserve", "municipality"]
    municipality: MunicipalityCode | None = None
    point_service: PointServiceId | None = None


class QuoteConfirmed(Strict):
    quote_id: OpaqueCode


class CampaignView(View):
    id: str
    name: LabelView
    funder: str
    extra_points_per_unit: int

    @classmethod
    def of(cls, campaign: Campaign) -> CampaignView:
        return cls(
            id=campaign.id,
            name=LabelView.of(campaign.name),
            funder=campaign.funder,
            extra_points_per_unit=campaign.extra_points_per_unit,
        )


class RateView(View):
    """One unit (口): `cost_per_unit` of the wallet become `points_per_unit`. `sample`: no source confirms it."""

    wallet: str
    cost_per_unit: int
    points_per_unit: int
    starts_at: datetime | None
    ends_at: datetime | None
    campaign: CampaignView | None
    sample: bool
    source: str

    @classmethod
    def of(cls, rate: Rate) -> RateView:
        return cls(
            wallet=rate.wallet,
            cost_per_unit=rate.cost_per_unit,
            points_per_unit=rate.points_per_unit,
            starts_at=rate.starts_at,
            ends_at=rate.ends_at,
            campaign=CampaignView.of(rate.campaign) if rate.campaign else None,
            sample=rate.sample,
            source=rate.source,
        )


class OfferLotView(View):
    """Points of a wallet that end together. `last_day` is null where they have no end."""

    wallet: str
    amount: int
    last_day: date | None


class OfferView(View):
    """The figures of the input screen. `available` is in each wallet's own points, in order of priority.

    `lots` are what it is made of, in the order in which the partner draws on it; empty where the partner tells none.
    """

    destination: DestinationView
    available: dict[str, int]
    priority: list[str]
    rates: list[RateView]
    most_units: int
    terms: LabelView
    notes: list[LabelView]
    lots: list[OfferLotView]

    @classmethod
    def of(cls, offer: Offer) -> OfferView:
        return cls(
            destination=DestinationView.of(offer.destination),
            available={str(wallet): points for wallet, points in offer.available.items()},
            priority=[str(wallet) for wallet in offer.priority],
            rates=[RateView.of(rate) for rate in offer.rates],
            most_units=offer.most_units,
            terms=LabelView.of(offer.terms),
            notes=[LabelView.of(note) for note in offer.notes],
            lots=[
                OfferLotView(wallet=lot.wallet, amount=lot.amount, last_day=lot.last_day)
                for lot in offer.lots
            ],
        )


@api.get(
    "/v1/exchanges/{exchange_id}/offer",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.EXCHANGE,
    path=ExchangePath,
    query=OfferQuery,
    returns={200: OfferView},
    refuses=(
        "exchange-state",
        "not-returned",
        "destination-incomplete",
        *PARTNER_REFUSALS,
        *DESTINATION_REFUSALS,
    ),
)
async def offer(
    call: MemberRequest[None, OfferQuery, ExchangePath],
) -> TypedResponse:
    """What the member has at the partner, the rates in force and the most units (口) that can be drawn."""
    destination = _destination(call.query)
    offer = await call.services.exchanges.offer(call.member.member_id, call.path.exchange_id, destination)
    return TypedResponse(200, OfferView.of(offer))


@api.post(
    "/v1/exchanges/{exchange_id}/quote",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.EXCHANGE,
    path=ExchangePath,
    body=QuoteWanted,
    returns={200: ExchangeView},
    refuses=(
        "exchange-state",
        "not-returned",
        "units-missing",
        "units-not-allowed",
        "units-not-for-coupons",
        "coupon-not-whole-units",
        "not-enough",
        "no-rate",
        *PARTNER_REFUSALS,
        *DESTINATION_REFUSALS,
    ),
)
async def quote(
    call: MemberRequest[QuoteWanted, None, ExchangePath],
) -> TypedResponse:
    """Show what will happen (確認): the numbers, rates and terms, which hold for ten minutes.

    They hold also when a rate changes in between: the member was shown them. A new quote replaces the old one.
    """
    exchange = await call.services.exchanges.quote(
        call.member.member_id,
        call.path.exchange_id,
        destination_of(call.body.destination),
        call.body.units,
    )
    return TypedResponse(200, await _view(call.services, exchange))


@api.post(
    "/v1/exchanges/{exchange_id}/confirm",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.EXCHANGE,
    path=ExchangePath,
    body=QuoteConfirmed,
    returns={200: ExchangeView},
    refuses=(
        "not-quoted",
        "quote-replaced",
        "quote-expired",
        "exchange-state",
        "unknown-representation",
        "representation-over",
        "coupon-already-used",
        *PARTNER_CLOSED,
        *PARTNER_REFUSALS,
        *DESTINATION_REFUSALS,
    ),
)
async def confirm(
    call: MemberRequest[QuoteConfirmed, None, ExchangePath],
) -> TypedResponse:
    """Carry the quote out. There is one debit, however often this is sent.

    The state is then `settled`, `declined`, `not_sent`, or `open` when the partner's answer is not known yet:
    look at the exchange again, nothing is lost.
    """
    if call.member.acting is not None:
        await call.services.store.run(
            lambda conn: _record_act(conn, call.member, call.path.exchange_id, call.services.clock())
        )
    exchange = await call.services.exchanges.confirm(
        call.member.member_id, call.path.exchange_id, call.body.quote_id
    )
    return TypedResponse(200, await _view(call.services, exchange))


@api.post(
    "/v1/exchanges/{exchange_id}/cancellation",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.EXCHANGE,
    path=ExchangePath,
    returns={200: ExchangeView},
    refuses=("unknown-exchange", "exchange-state"),
)
async def cancel(call: MemberRequest[None, None, ExchangePath]) -> TypedResponse:
    """Give up an exchange that is not confirmed yet (やめる): no points have moved. Once more is the same."""
    exchange = await call.services.exchanges.cancel(call.member.member_id, call.path.exchange_id)
    return TypedResponse(200, await _view(call.services, exchange))


def _record_act(conn: Connection, member: Session, exchange_id: str, now: datetime) -> None:
    """Before it is confirmed: in the exchange's own story as well, which the desk and the platform read."""
    assert member.acting is not None
    exchange = exchange_rows.get(conn, chart.member_book(member.member_id), exchange_id)
    kind = representations.ActKind.EXCHANGE
    if representations.record_act(conn, member.acting, kind, exchange_id, now, points=exchange.points or 0):
        facts = {"representation": member.acting.representation_id}
        exchange_rows.add_step(conn, exchange, now, "a representative confirms", facts)


def _destination(query: OfferQuery) -> Destination:
    if query.destination == "reserve":
        if query.municipality is not None or query.point_service is not None:
            raise ProblemError(
                "destination-incomplete", "the reserve has no municipality; leave both names out"
            )
        return Destination.reserve()
    if query.municipality is None or query.point_service is None:
        raise ProblemError("destination-incomplete", "name the municipality and its point_service")
    return Destination.to_municipality(query.municipality, query.point_service)


def destination_of(wanted: ToReserve | ToMunicipality) -> Destination:
    if isinstance(wanted, ToReserve):
        return Destination.reserve()
    return Destination.to_municipality(wanted.municipality, wanted.point_service)
