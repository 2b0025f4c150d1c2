"""The demonstration's exchanges, kept as in service: each with its quote, its debit at the partner, and the night's comparison.

So the platform's invoice of a month and the city's figures of that month say the same sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, insert

from core_ledger import Transfer, chart
from gateway.exchanges.quotes import Quote, QuoteLine
from gateway.exchanges.states import State
from gateway.model import JST, Destination, Label
from gateway.platform import tables

NAMES_OF_WALLETS: Final[Mapping[str, tuple[str, Label, str]]] = {
    "saison": ("eikyu", Label("永久不滅ポイント", "Eikyufumetsu points"), "account"),
    "airline_miles": ("miles", Label("マイル", "Miles"), "coupon"),
}
"""Each partner's wallet, its name, and the kind of link as it is stored."""
RATES: Final[Mapping[str, tuple[int, int]]] = {"saison": (100, 450), "airline_miles": (1_000, 450)}
"""What a unit costs at the partner, and the points that it brings."""
_TERMS: Final = Label("見本の規約", "Sample terms")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoExchange:
    """One that was settled at `at`: `units` of the partner's rate into a city's point service."""

    exchange_id: str
    member_id: str
    partner_id: str
    units: int
    at: datetime
    municipality: str
    point_service: str

    @property
    def points(self) -> int:
        return self.units * RATES[self.partner_id][1]

    def move(self) -> Transfer:
        return Transfer(
            id=f"{self.exchange_id}:0", book=chart.member_book(self.member_id),
            source=chart.partner_due(self.partner_id),
            target=chart.municipal(self.member_id, self.municipality, self.point_service), points=self.points,
            at=self.at, kind="exchange", issued_on=self.at.astimezone(JST).date(), reference=self.reference,
            details={"partner_id": self.partner_id, "exchange_id": self.exchange_id},
        )  # fmt: skip

    @property
    def reference(self) -> str:
        return f"DEMO-{self.exchange_id[:8]}"

    def quote(self) -> Quote:
        wallet, name, _ = NAMES_OF_WALLETS[self.partner_id]
        cost, points = RATES[self.partner_id]
        line = QuoteLine(
            wallet=wallet, wallet_name=name, units=self.units, amount=self.units * cost, points=self.points,
            cost_per_unit=cost, points_per_unit=points,
        )  # fmt: skip
        return Quote(
            quote_id=self.exchange_id, destination=Destination.to_municipality(self.municipality, self.point_service),
            units=self.units, lines=(line,), points=self.points, partner_points=self.points, terms=_TERMS, notes=(),
            quoted_at=self.at, ends_at=self.at + timedelta(minutes=10), arrives_within_s=0,
        )  # fmt: skip


def add_settled(conn: Connection, exchanges: Sequence[DemoExchange]) -> None:
    """Keep them beside their moves."""
    if not exchanges:
        return
    owners, rows, debits = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for exchange in exchanges:
        key = {"book_id": chart.member_book(exchange.member_id), "exchange_id": exchange.exchange_id}
        owners.append(key)
        rows.append(
            key
            | {
                "partner_id": exchange.partner_id, "state": State.SETTLED.value, "request_hash": "demo",
                "kind": NAMES_OF_WALLETS[exchange.partner_id][2], "quote": exchange.quote().to_json(),
                "points": exchange.points, "reference": exchange.reference, "started_at": exchange.at,
                "sent_at": exchange.at, "ended_at": exchange.at,
            }
        )  # fmt: skip
        day = exchange.at.astimezone(JST).date().isoformat()
        debits.append(key | {"partner_id": exchange.partner_id, "day": day})
    conn.execute(insert(tables.exchange_owners), owners)
    conn.execute(insert(tables.exchanges), rows)
    conn.execute(insert(tables.partner_debits), debits)


def add_comparisons(
    conn: Connection, first_day: date, last_day: date, exchanges: Sequence[DemoExchange]
) -> None:
    """Each day of each partner was compared in the night after it, and came out even."""
    days = [first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)]
    conn.execute(
        insert(tables.compared_days),
        [
            {
                "partner_id": partner_id, "day": day.isoformat(), "open": 0, "differences": 0,
                "lines": sum(
                    exchange.partner_id == partner_id and exchange.at.astimezone(JST).date() == day
                    for exchange in exchanges
                ),
                "compared_at": datetime.combine(day + timedelta(days=1), time(1), JST),
            }
            for partner_id in RATES
            for day in days
        ],
    )  # fmt: skip
