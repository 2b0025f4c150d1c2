"""What the member exchanged before, so that it can be offered again: 前回と同じ and よく使う移行先.

Only what was carried out counts, and nothing here is stored: the gateway's list of the member's exchanges says it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from point_gateway_client import models
from portal.destination import RESERVE, Destination, destination_of

MAX_EXCHANGES_READ: Final = 50
"""The newest; what lies further back is not what the member does now."""
MAX_DESTINATIONS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LastExchange:
    """Where the last exchange with a partner went, and its units (口)."""

    destination: Destination
    units: int


def last_exchange(exchanges: Sequence[models.ExchangeView], partner_id: str) -> LastExchange | None:
    """The last one with the partner that was carried out, of `exchanges`, newest first.

    A coupon's is none: it is exchanged whole, so nobody chose its units.
    """
    for exchange in exchanges:
        if exchange.partner_id != partner_id or exchange.coupon_value is not None:
            continue
        if exchange.state == "settled" and exchange.quote is not None:
            return LastExchange(destination=destination_of(exchange.quote), units=exchange.quote.units)
    return None


def destinations_used_often(
    exchanges: Sequence[models.ExchangeView], reserve_lines: Sequence[models.HistoryLine] = ()
) -> list[Destination]:
    """The point services that exchanges with any partner, and moves out of the reserve, went to; at most three.

    Most often first, then the newest. `reserve_lines` are of the reserve's history, newest first.
    """
    used = Counter(
        destination_of(exchange.quote)
        for exchange in exchanges
        if exchange.state == "settled" and exchange.quote is not None
    )
    for line in reserve_lines:
        match line.from_or_to.split(":"):
            case ["municipality", municipality, point_service] if line.points < 0:
                used[Destination(municipality, point_service)] += 1
    del used[RESERVE]
    return [destination for destination, _ in used.most_common(MAX_DESTINATIONS)]
