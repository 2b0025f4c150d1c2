"""What the API gives: one model for each answer, made from the values of the use cases.

Points are whole numbers, moments are RFC 3339 with an offset, texts come in both languages.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.link_rows import Link
from gateway.exchanges.quote_confirm import Offer
from gateway.exchanges.quotes import Quote, QuoteLine
from gateway.model import Campaign, Destination, DestinationKind, Label, PartnerProfile, Rate
from gateway.partners.availability import PartnerAvailability


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class LabelView(View):
    ja: str
    en: str

    @classmethod
    def of(cls, label: Label) -> LabelView:
        return cls(ja=label.ja, en=label.en)


class WalletView(View):
    id: str
    name: LabelView


class MaintenanceView(View):
    """When the partner cannot be used (メンテナンス), half-open."""

    starts_at: datetime
    ends_at: datetime
    reason: str


class PartnerView(View):
    partner_id: str
    name: LabelView
    kind: str
    link: str
    points_name: LabelView
    wallets: list[WalletView]
    arrives_within_s: int
    terms: LabelView
    notes: list[LabelView]
    linked: bool
    open: bool = True
    """False while the partner is paused or in maintenance: nothing new can be begun."""
    closed_until: datetime | None = None
    maintenance: list[MaintenanceView] = []

    @classmethod
    def of(
        cls, profile: PartnerProfile, *, linked: bool, standing: PartnerAvailability | None = None
    ) -> PartnerView:
        windows = () if standing is None else (standing.window, *standing.upcoming)
        return cls(
            partner_id=profile.id,
            name=LabelView.of(profile.name),
            kind=profile.kind,
            link=profile.link,
            points_name=LabelView.of(profile.points_name),
            wallets=[WalletView(id=w.id, name=LabelView.of(w.name)) for w in profile.wallets],
            arrives_within_s=int(profile.arrives_within.total_seconds()),
            terms=LabelView.of(profile.terms),
            notes=[LabelView.of(note) for note in profile.notes],
            linked=linked,
            open=standing is None or standing.open,
            closed_until=standing.window.ends_at if standing is not None and standing.window else None,
            maintenance=[
                MaintenanceView(starts_at=one.starts_at, ends_at=one.ends_at, reason=one.reason)
                for one in windows
                if one is not None
            ],
        )


class Partners(View):
    partners: list[PartnerView]


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


class OfferView(View):
    """The figures of the input screen. `available` is in each wallet's own points, in order of priority."""

    destination: DestinationView
    available: dict[str, int]
    priority: list[str]
    rates: list[RateView]
    most_units: int
    terms: LabelView
    notes: list[LabelView]

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
        )


class QuoteLineView(View):
    """`amount` leaves the wallet; `points` arrive, of which `campaign_points` are paid by `funder`."""

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


class LinkView(View):
    """How the partner knows the member; `shown_as` is for the member to recognise."""

    partner_id: str
    service_id: str
    shown_as: str
    linked_at: datetime

    @classmethod
    def of(cls, link: Link) -> LinkView:
        return cls(
            partner_id=link.partner_id,
            service_id=link.service_id,
            shown_as=link.shown_as,
            linked_at=link.linked_at,
        )


class Links(View):
    links: list[LinkView]


class ExchangeView(View):
    """One exchange. `redirect_url` is where the browser goes while the state is `awaiting_return`."""

    exchange_id: str
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

    @classmethod
    def of(cls, exchange: Exchange, link: Link | None = None) -> ExchangeView:
        coupon = exchange.coupon_hash is not None
        return cls(
            exchange_id=exchange.exchange_id,
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
        )


class ExchangesPage(View):
    exchanges: list[ExchangeView]
    next_before: str | None
