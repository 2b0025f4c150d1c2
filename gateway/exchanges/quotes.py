"""A quote: the numbers, rates and terms that a member was shown, kept with the exchange for good.

It is stored as JSON, so that what was promised years ago can be read without the code of that time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from gateway.exchanges.pricing import Drawing, DrawnLine, lots_drawn
from gateway.model import BalanceLot, DebitLine, Destination, DestinationKind, Label, PartnerProfile, WalletId

QUOTE_TTL: Final = timedelta(minutes=10)
"""How long the numbers hold, also over a change of rates in between: the member was shown them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLot:
    """A part of what a wallet's line draws, with its last day as `2018-08-31`; None where it has none."""

    amount: int
    last_day: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLine:
    """One wallet's part. `campaign_points` are contained in `points` and paid by `funder`.

    `lots` are what `amount` is drawn from, first to last, where the partner's points have different last days.
    """

    wallet: str
    wallet_name: Label
    units: int
    amount: int
    points: int
    cost_per_unit: int
    points_per_unit: int
    campaign: str = ""
    campaign_name: Label | None = None
    campaign_points: int = 0
    funder: str = ""
    rate_starts_at: str | None = None
    rate_ends_at: str | None = None
    rate_source: str = ""
    rate_sample: bool = False
    lots: tuple[QuoteLot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    quote_id: str
    destination: Destination
    units: int
    lines: tuple[QuoteLine, ...]
    points: int
    partner_points: int
    terms: Label
    notes: tuple[Label, ...]
    quoted_at: datetime
    ends_at: datetime
    arrives_within_s: int

    @property
    def campaigns(self) -> dict[tuple[str, str], int]:
        """(funder, campaign) → points that this funder pays."""
        paid: dict[tuple[str, str], int] = {}
        for line in self.lines:
            if line.campaign_points:
                key = (line.funder, line.campaign)
                paid[key] = paid.get(key, 0) + line.campaign_points
        return paid

    @property
    def debit_lines(self) -> tuple[DebitLine, ...]:
        return tuple(
            DebitLine(wallet=WalletId(line.wallet), units=line.units, amount=line.amount)
            for line in self.lines
        )

    def to_json(self) -> str:
        return json.dumps(_fields(self), ensure_ascii=False, separators=(",", ":"), default=_fields)

    @classmethod
    def from_json(cls, text: str) -> Quote:
        return _quote_from(text)


def make_quote(
    drawing: Drawing,
    profile: PartnerProfile,
    destination: Destination,
    notes: tuple[Label, ...],
    lots: Sequence[BalanceLot],
    quote_id: str,
    at: datetime,
) -> Quote:
    """What the member is shown before confirming, out of what `pricing.draw` found."""
    names = {wallet.id: wallet.name for wallet in profile.wallets}
    return Quote(
        quote_id=quote_id,
        destination=destination,
        units=drawing.units,
        lines=tuple(_line(line, names, lots) for line in drawing.lines),
        points=drawing.points,
        partner_points=drawing.partner_points,
        terms=profile.terms,
        notes=(*profile.notes, *notes),
        quoted_at=at,
        ends_at=at + QUOTE_TTL,
        arrives_within_s=int(profile.arrives_within.total_seconds()),
    )


def _line(line: DrawnLine, names: Mapping[WalletId, Label], lots: Sequence[BalanceLot]) -> QuoteLine:
    rate, campaign = line.rate, line.rate.campaign
    drawn = lots_drawn(line.amount, [lot for lot in lots if lot.wallet == line.wallet])
    return QuoteLine(
        wallet=line.wallet,
        wallet_name=names[line.wallet],
        units=line.units,
        amount=line.amount,
        points=line.points,
        cost_per_unit=rate.cost_per_unit,
        points_per_unit=rate.points_per_unit,
        campaign=campaign.id if campaign else "",
        campaign_name=campaign.name if campaign else None,
        campaign_points=line.campaign_points,
        funder=campaign.funder if campaign else "",
        rate_starts_at=rate.starts_at.isoformat() if rate.starts_at else None,
        rate_ends_at=rate.ends_at.isoformat() if rate.ends_at else None,
        rate_source=rate.source,
        rate_sample=rate.sample,
        lots=tuple(
            QuoteLot(amount=lot.amount, last_day=lot.last_day.isoformat() if lot.last_day else None)
            for lot in drawn
        ),
    )


@lru_cache(maxsize=1024)
def _quote_from(text: str) -> Quote:
    """Between the quote and its answer the same text is read some five times, and nothing in a quote can change."""
    stored: dict[str, Any] = json.loads(text)
    destination = stored.pop("destination")
    return Quote(
        destination=Destination(DestinationKind(destination.pop("kind")), **destination),
        lines=tuple(_line_from(line) for line in stored.pop("lines")),
        terms=Label(**stored.pop("terms")),
        notes=tuple(Label(**note) for note in stored.pop("notes")),
        quoted_at=datetime.fromisoformat(stored.pop("quoted_at")),
        ends_at=datetime.fromisoformat(stored.pop("ends_at")),
        **stored,
    )


def _fields(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    fields = {f: getattr(value, f) for f in value.__slots__}
    if isinstance(value, QuoteLine) and not value.lots:
        del fields["lots"]  # a release that knows none reads such a quote too
    return fields


def _line_from(stored: dict[str, Any]) -> QuoteLine:
    campaign_name = stored.pop("campaign_name")
    return QuoteLine(
        wallet_name=Label(**stored.pop("wallet_name")),
        campaign_name=Label(**campaign_name) if campaign_name else None,
        lots=tuple(QuoteLot(**lot) for lot in stored.pop("lots", ())),
        **stored,
    )
