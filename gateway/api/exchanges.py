"""Exchanges (移行): one, and a member's list of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from core_ledger import chart
from gateway.api.fields import LabelView, Uuid, View
from gateway.api.member_request import MemberRequest
from gateway.api.partners import LinkView
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.link_rows import Link
from gateway.exchanges.quotes import Quote, QuoteLine
from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.members import representations
from gateway.model import Destination, DestinationKind, LinkKind
from gateway.services import Services

api = Api()

PARTNER_REFUSALS = ("unknown-exchange", "unknown-partner", "link-missing", "partner-unavailable")

PARTNER_CLOSED = ("partner-paused", "partner-in-maintenance")


class ExchangePath(Strict):
    exchange_id: Uuid


class ExchangesQuery(Strict):
    before: Uuid | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class DestinationView(View):
    kind: Literal["reserve", "municipality"]
    municipality: str | None = None
    point_service: str | None = None

    @classmethod
    def of(cls, destination: Destination) -> DestinationView:
        if destination.kind is DestinationKind.RESERVE:
            return cls(kind="reserve")
        return cls(
            kind="municipality",
            municipality=destination.municipality,
            point_service=destination.point_service,
        )


class QuoteLotView(View):
    """A part of what leaves the wallet. `last_day` is null where it has no end."""

    amount: int
    last_day: date | None


class QuoteLineView(View):
    """`amount` leaves the wallet; `points` arrive, of which `campaign_points` are paid by `funder`.

    `lots` are what `amount` is drawn from, first to last; empty where the partner tells no last days.
    """

    wallet: str
    wallet_name: LabelView
    units: int
    amount: int
    points: int
    cost_per_unit: int
    points_per_unit: int
    campaign: str | None
    campaign_name: LabelView | None
    campaign_points: int
    funder: str | None
    rate_ends_at: str | None
    rate_sample: bool
    lots: list[QuoteLotView]

    @classmethod
    def of(cls, line: QuoteLine) -> QuoteLineView:
        return cls(
            wallet=line.wallet,
            wallet_name=LabelView.of(line.wallet_name),
            units=line.units,
            amount=line.amount,
            points=line.points,
            cost_per_unit=line.cost_per_unit,
            points_per_unit=line.points_per_unit,
            campaign=line.campaign or None,
            campaign_name=LabelView.of(line.campaign_name) if line.campaign_name else None,
            campaign_points=line.campaign_points,
            funder=line.funder or None,
            rate_ends_at=line.rate_ends_at,
            rate_sample=line.rate_sample,
            lots=[
                QuoteLotView(
                    amount=lot.amount,
                    last_day=date.fromisoformat(lot.last_day) if lot.last_day is not None else None,
                )
                for lot in line.lots
            ],
        )


class QuoteView(View):
    quote_id: str
    destination: DestinationView
    units: int
    lines: list[QuoteLineView]
    points: int
    campaign_points: int
    terms: LabelView
    notes: list[LabelView]
    quoted_at: datetime
    ends_at: datetime
    arrives_within_s: int

    @classmethod
    def of(cls, quote: Quote) -> QuoteView:
        return cls(
            quote_id=quote.quote_id,
            destination=DestinationView.of(quote.destination),
            units=quote.units,
            lines=[QuoteLineView.of(line) for line in quote.lines],
            points=quote.points,
            campaign_points=quote.points - quote.partner_points,
            terms=LabelView.of(quote.terms),
            notes=[LabelView.of(note) for note in quote.notes],
            quoted_at=quote.quoted_at,
            ends_at=quote.ends_at,
            arrives_within_s=quote.arrives_within_s,
        )


class ExchangeView(View):
    """One exchange. `redirect_url` is where the browser goes while the state is `awaiting_return`.

    `short_reference` has 8 characters that a person can read out. `retry_at`: the partner has not looked at it (`not_sent` with `not_processed`), and takes a new one from then on.
    """

    exchange_id: str
    short_reference: str
    partner_id: str
    state: str
    redirect_url: str | None
    coupon_value: dict[str, int] | None
    link: LinkView | None
    quote: QuoteView | None
    points: int | None
    reference: str | None
    reason: str | None
    promised_by: datetime | None
    started_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    next_look_at: datetime | None
    retry_at: datetime | None
    representative: str | None = None
    """Who confirmed it for the member, by name; told where one exchange is read."""

    @classmethod
    def of(
        cls, exchange: Exchange, link: Link | None = None, representative: str | None = None
    ) -> ExchangeView:
        coupon = exchange.kind is LinkKind.COUPON
        return cls(
            exchange_id=exchange.exchange_id,
            short_reference=exchange.short_reference,
            partner_id=exchange.partner_id,
            state=exchange.state,
            redirect_url=exchange.redirect_url if exchange.state == "awaiting_return" else None,
            coupon_value=dict(exchange.available) if coupon and exchange.available else None,
            link=LinkView.of(link) if link else None,
            quote=QuoteView.of(exchange.quote) if exchange.quote else None,
            points=exchange.points,
            reference=exchange.reference,
            reason=exchange.reason,
            promised_by=exchange.promised_by,
            started_at=exchange.started_at,
            sent_at=exchange.sent_at,
            ended_at=exchange.ended_at,
            next_look_at=exchange.ask_at,
            retry_at=exchange.retry_at,
            representative=representative,
        )


class ExchangesPage(View):
    exchanges: list[ExchangeView]
    next_before: str | None


@api.get(
    "/v1/exchanges/{exchange_id}",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.SEE,
    path=ExchangePath,
    returns={200: ExchangeView},
    refuses=("unknown-exchange",),
)
async def show_exchange(call: MemberRequest[None, None, ExchangePath]) -> TypedResponse:
    """One exchange as it stands. An open one is asked about at the partner when it is looked at."""
    member_id, exchange_id = call.member.member_id, call.path.exchange_id
    exchange = await call.services.settler.get_and_refresh(member_id, exchange_id)
    actors = await call.services.store.read(
        lambda conn: representations.actors_of(conn, member_id, [exchange_id])
    )
    return TypedResponse(200, await _view(call.services, exchange, actors.get(exchange_id)))


@api.get(
    "/v1/exchanges",
    tag="exchanges",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.SEE,
    query=ExchangesQuery,
    returns={200: ExchangesPage},
    refuses=("unknown-exchange",),
)
async def list_exchanges(call: MemberRequest[None, ExchangesQuery]) -> TypedResponse:
    """The member's exchanges, newest first, a page at a time."""
    book, page = chart.member_book(call.member.member_id), call.query

    def job(conn: Connection) -> list[Exchange]:
        return list(records.list_by_member(conn, book, before=page.before, limit=page.limit))

    exchanges = await call.services.store.read(job)
    return TypedResponse(
        200,
        ExchangesPage(
            exchanges=[ExchangeView.of(exchange) for exchange in exchanges],
            next_before=exchanges[-1].exchange_id if len(exchanges) == page.limit else None,
        ),
    )


async def _view(services: Services, exchange: Exchange, representative: str | None = None) -> ExchangeView:
    def job(conn: Connection) -> Link | None:
        return link_rows.find(conn, exchange.book_id, exchange.partner_id)

    link = exchange.link if exchange.link is not None else await services.store.read_inline(job)
    return ExchangeView.of(exchange, link, representative)
