"""Balances, histories and receipts, as the API gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from core_ledger import Balance, Entry, Receipt
from gateway.api.responses import View


class LotView(View):
    issued_on: date
    points: int


class ReceiptView(View):
    """Proof that a move is in the member's book, sealed at place `seq` by `hash`."""

    move_id: str
    seq: int
    hash: str
    points: int
    lots: list[LotView]
    replayed: bool

    @classmethod
    def of(cls, receipt: Receipt) -> ReceiptView:
        return cls(
            move_id=receipt.move_id,
            seq=receipt.seq,
            hash=receipt.hash,
            points=receipt.points,
            lots=[LotView(issued_on=lot.issued_on, points=lot.points) for lot in receipt.lot_movements],
            replayed=receipt.replayed,
        )


class BalanceView(View):
    """`available` can be used now; `held` is promised away, `coming` is promised and not here yet."""

    points: int
    available: int
    held: int
    coming: int

    @classmethod
    def of(cls, balance: Balance) -> BalanceView:
        return cls(
            points=balance.posted, available=balance.available, held=balance.held, coming=balance.coming
        )


class MunicipalBalanceView(View):
    municipality: str
    municipality_name: str
    point_service: str
    point_service_name: str
    is_default: bool
    balance: BalanceView


class EventBalanceView(View):
    event_id: str
    event_name: str
    balance: BalanceView


class HeapView(View):
    """Reserve points issued on one day, and the day on which they move by themselves."""

    issued_on: date
    points: int
    moves_on: date


class Balances(View):
    reserve: BalanceView
    reserve_heaps: list[HeapView]
    municipal: list[MunicipalBalanceView]
    events: list[EventBalanceView]


class HistoryLine(View):
    """One line: what it was (`kind`), when, how many points (signed), the balance after it, both sides' names.

    `reference` is the partner's own, or a payment's id; `exchange_id` is ours, which the partner knows too.
    `party` is what the shop or the grant project on the other side is called.
    """

    seq: int
    at: datetime
    kind: str
    points: int
    balance: int
    from_or_to: str
    reference: str | None
    exchange_id: str | None
    partner_id: str | None
    campaign: str | None
    party: str | None
    issued: list[LotView]

    @classmethod
    def of(cls, entry: Entry, party: str | None) -> HistoryLine:
        return cls(
            seq=entry.seq,
            at=entry.at,
            kind=entry.kind,
            points=entry.points,
            balance=entry.balance,
            from_or_to=_other_side(entry.counterparty),
            reference=entry.reference or None,
            exchange_id=entry.details.get("exchange_id"),
            partner_id=entry.details.get("partner_id"),
            campaign=entry.details.get("campaign"),
            party=party,
            issued=[LotView(issued_on=lot.issued_on, points=lot.points) for lot in entry.lots],
        )


def _other_side(account: str) -> str:
    """The other account without the member's own id: `partner:saison:due`, `reserve`, `municipality:082163:…`."""
    if account.startswith("member:"):
        return account.split(":", 2)[2]
    return account


class HistoryPage(View):
    lines: list[HistoryLine]
    next_before: int | None

    @classmethod
    def of(cls, entries: Iterable[Entry], parties: Mapping[int, str], limit: int) -> HistoryPage:
        """`parties` are names by the lines' places in the book."""
        lines = [HistoryLine.of(entry, parties.get(entry.seq)) for entry in entries]
        return cls(lines=lines, next_before=lines[-1].seq if len(lines) == limit else None)
