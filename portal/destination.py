"""Where the points of an exchange go, as forms, addresses and the gateway's calls name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pagekit.api import Call
from point_gateway_client import UnsetType, calls, models


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the points shall go: to the reserve, or straight to a point service (直接交換)."""

    municipality: str = ""
    point_service: str = ""

    @property
    def is_reserve(self) -> bool:
        return not self.municipality

    @property
    def fields(self) -> dict[str, str]:
        """What names it in forms and addresses."""
        if self.is_reserve:
            return {"destination": "reserve"}
        return {
            "destination": "municipality",
            "municipality": self.municipality,
            "point_service": self.point_service,
        }

    def offer(self, exchange_id: str) -> Call[models.OfferView]:
        if self.is_reserve:
            return calls.offer(exchange_id, destination="reserve")
        return calls.offer(
            exchange_id,
            destination="municipality",
            municipality=self.municipality,
            point_service=self.point_service,
        )

    def quote(self, exchange_id: str, units: str | UnsetType) -> Call[models.ExchangeView]:
        """`units` are unset for a coupon, which is exchanged whole."""
        if self.is_reserve:
            return calls.quote(exchange_id, destination=models.ToReserve(), units=units)
        goal = models.ToMunicipality(municipality=self.municipality, point_service=self.point_service)
        return calls.quote(exchange_id, destination=goal, units=units)


RESERVE: Final = Destination()


def destination_of(quote: models.QuoteView) -> Destination:
    return Destination(quote.destination.municipality or "", quote.destination.point_service or "")
