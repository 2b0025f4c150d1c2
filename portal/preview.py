"""What so many units bring at the rates of an offer, before the gateway is asked for a quote that holds.

The gateway's quote decides. This is its rule for wallets: each unit is drawn from the first wallet in the order of
priority that still has a whole unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from point_gateway_client import models


@dataclass(frozen=True, slots=True, kw_only=True)
class BestRate:
    """The most that one unit brings at a destination. `ends_at` is None where the rate has no last day."""

    points_per_unit: int
    ends_at: datetime | None
    is_campaign: bool


def rates_in_use(offer: models.OfferView) -> list[models.RateView]:
    """The rates a member gets, in the order in which wallets are drawn: a campaign's stands in for the usual one."""
    on_campaign = {rate.wallet for rate in offer.rates if rate.campaign}
    rates = [rate for rate in offer.rates if rate.campaign or rate.wallet not in on_campaign]
    order = {wallet: place for place, wallet in enumerate(offer.priority)}
    return sorted(rates, key=lambda rate: order.get(rate.wallet, len(order)))


def points_for(offer: models.OfferView, units: int) -> int | None:
    """The points that `units` bring; None where the wallets have fewer whole units."""
    left, points = units, 0
    for rate in rates_in_use(offer):
        drawn = min(left, offer.available.get(rate.wallet, 0) // rate.cost_per_unit)
        left, points = left - drawn, points + drawn * rate.points_per_unit
    return None if left else points


def best_rate(offer: models.OfferView) -> BestRate | None:
    """The best of the rates in use; None where there is none."""
    rates = rates_in_use(offer)
    if not rates:
        return None
    best = max(rates, key=lambda rate: rate.points_per_unit)
    return BestRate(
        points_per_unit=best.points_per_unit, ends_at=best.ends_at, is_campaign=best.campaign is not None
    )
