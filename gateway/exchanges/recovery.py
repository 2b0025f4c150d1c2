"""After a restore or a failover: which confirmed orders this database has forgotten, and how they come back.

A forgotten order comes from the journal, or else from the partner's own list. It becomes an exchange again with its
hold, as `sending`, with operator and reason in its story; then the partner is asked as about every open outcome, and
its answer alone gives the points. So an order is never guessed, and never comes back twice.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, select
from uuid_utils import uuid7

from core_ledger import ledger
from gateway.exchanges import coupon_claims, link_rows
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.outcome import holds_for
from gateway.exchanges.pricing import Drawing, DrawnLine
from gateway.exchanges.quotes import Quote, make_quote
from gateway.exchanges.states import State
from gateway.model import DebitRecord, Destination, DestinationKind, RateTable
from gateway.partners.partner import Partner
from gateway.platform import tables
from gateway.platform.audit_log import write as write_audit
from gateway.platform.roles import PLATFORM

CONFIRMED: Final = "confirmed"
"""The kind of a journal's line about an order."""

_PAGE: Final = 500


class Source(StrEnum):
    JOURNAL = "journal"
    PARTNER = "partner's list"


class Obstacle(StrEnum):
    """Why an order cannot be brought back by a machine: somebody calls."""

    MEMBER_UNKNOWN = "the member is not in this database"
    ACCOUNT_UNKNOWN = "nobody is linked to the partner's account"
    OTHER_MEMBER = "the id belongs to another member here"
    ENDED = "the exchange has ended here before it was confirmed"
    NO_RATE = "no rate of that day is known for what the partner took"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenOrder:
    """An order that was confirmed and that this database does not know as confirmed."""

    exchange_id: str
    book: str
    partner_id: str
    service_id: str | None
    points: int
    confirmed_at: datetime
    promised_by: datetime | None
    quote: Quote
    coupon_hash: str | None = None
    coupon_sealed: bytes | None = None
    source: Source = Source.JOURNAL
    obstacle: Obstacle | None = None


def journal_line(exchange: Exchange) -> dict[str, Any]:
    """What the journal keeps of an order that is about to be sent."""
    assert exchange.quote is not None
    assert exchange.sent_at is not None
    sealed = exchange.coupon_sealed
    return {
        "exchange_id": exchange.exchange_id,
        "book": exchange.book_id,
        "partner": exchange.partner_id,
        "service_id": exchange.service_id,
        "points": exchange.points,
        "sent_at": exchange.sent_at.isoformat(),
        "promised_by": exchange.promised_by.isoformat() if exchange.promised_by is not None else None,
        "quote": exchange.quote.to_json(),
        "coupon_hash": exchange.coupon_hash,
        "coupon_sealed": base64.b64encode(sealed).decode() if sealed is not None else None,
    }


def read_order(line: Mapping[str, Any]) -> ForgottenOrder:
    """An order from its line in the journal."""
    sealed, promised_by = line["coupon_sealed"], line["promised_by"]
    return ForgottenOrder(
        exchange_id=line["exchange_id"],
        book=line["book"],
        partner_id=line["partner"],
        service_id=line["service_id"],
        points=line["points"],
        confirmed_at=datetime.fromisoformat(line["sent_at"]),
        promised_by=datetime.fromisoformat(promised_by) if promised_by is not None else None,
        quote=Quote.from_json(line["quote"]),
        coupon_hash=line["coupon_hash"],
        coupon_sealed=base64.b64decode(sealed) if sealed is not None else None,
    )


def list_forgotten(conn: Connection, lines: Iterable[Mapping[str, Any]]) -> list[ForgottenOrder]:
    """Those orders of the journal that this database does not have, or not as confirmed; oldest first."""
    orders = {line["exchange_id"]: line for line in lines if line["kind"] == CONFIRMED}
    ids, known = list(orders), set()
    x = tables.exchanges
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        books = {orders[id_]["book"] for id_ in page}
        query = select(x.c.exchange_id).where(
            x.c.book_id.in_(books), x.c.exchange_id.in_(page), x.c.sent_at.is_not(None)
        )
        known |= set(conn.scalars(query))
    forgotten = [read_order(line) for id_, line in orders.items() if id_ not in known]
    return sorted(forgotten, key=lambda order: order.confirmed_at)


def order_from_partner(
    conn: Connection, partner: Partner, record: DebitRecord, rates: RateTable
) -> ForgottenOrder | None:
    """An order from the partner's list: account → link → member, rates of that day. None: its id is known here.

    Where it was to go nobody knows any more: it goes to the member's reserve, who allocates it.
    """
    if records.find_owner(conn, record.exchange_id) is not None:
        owner = records.find_owner(conn, record.exchange_id)
        assert owner is not None
        stored = records.find(conn, owner, record.exchange_id)
        if stored is not None and stored.sent_at is not None:
            return None
    destination, obstacle = Destination.reserve(), None
    drawn = [_drawn(line.wallet, line.amount, rates, record.at) for line in record.lines]
    lines = tuple(line for line in drawn if line is not None)
    if not lines or len(lines) < len(drawn):
        obstacle = Obstacle.NO_RATE
    book = (
        link_rows.find_owner(conn, partner.id, record.service_id) if record.service_id is not None else None
    )
    quote = make_quote(Drawing(lines=lines), partner.profile, destination, (), uuid7().hex, record.at)
    return ForgottenOrder(
        exchange_id=record.exchange_id,
        book=book or "",
        partner_id=partner.id,
        service_id=record.service_id,
        points=quote.points,
        confirmed_at=record.at,
        promised_by=None,
        quote=quote,
        source=Source.PARTNER,
        obstacle=obstacle or (Obstacle.ACCOUNT_UNKNOWN if book is None else None),
    )


def recover_order(
    conn: Connection, order: ForgottenOrder, *, operator: str, reason: str, at: datetime
) -> Exchange | Obstacle | None:
    """Make the order an exchange that waits for the partner's answer. None: it is here already, nothing was done.

    One transaction: the exchange, its hold, its story, and a line of the platform's audit log.
    """
    if order.obstacle is not None:
        return order.obstacle
    member = order.book.removeprefix("member:")
    members = tables.members
    if conn.scalar(select(members.c.member_id).where(members.c.member_id == member)) is None:
        return Obstacle.MEMBER_UNKNOWN
    owner = records.find_owner(conn, order.exchange_id)
    if owner is not None and owner != order.book:
        return Obstacle.OTHER_MEMBER
    exchange = records.find(conn, order.book, order.exchange_id)
    if exchange is not None:
        exchange = records.get_locked(conn, order.book, order.exchange_id)
        if exchange.sent_at is not None:
            return None
    facts = {"by": operator, "because": reason, "from": order.source.value}
    quoted = _quoted(conn, exchange, order, at, facts)
    if isinstance(quoted, Obstacle):
        return quoted
    if quoted.coupon_hash is not None:
        coupon_claims.claim(conn, quoted)
    ledger.apply(conn, holds_for(quoted, order.quote, order.confirmed_at))
    recovered = records.transition(
        conn, quoted, State.SENDING, at, "recovered", facts,
        sent_at=order.confirmed_at, ask_at=at, leased_until=None, promised_by=order.promised_by,
        service_id=order.service_id,
    )  # fmt: skip
    write_audit(
        conn, PLATFORM, at=at, actor="operator", actor_name=operator, action="exchange recovered",
        subject=order.exchange_id, reason=reason, facts={"from": order.source.value, "points": order.points},
    )  # fmt: skip
    return recovered


def _quoted(
    conn: Connection, exchange: Exchange | None, order: ForgottenOrder, at: datetime, facts: Mapping[str, Any]
) -> Exchange | Obstacle:
    """The exchange with the order's own quote, by the legal moves of its states."""
    quote = {"quote": order.quote, "quote_id": order.quote.quote_id, "points": order.points}
    if exchange is None:
        records.claim_id(conn, order.book, order.exchange_id)
        exchange = records.add(
            conn, order.book, order.exchange_id, State.READY, order.confirmed_at,
            partner_id=order.partner_id, request_hash=f"recovered {order.exchange_id}",
            coupon_hash=order.coupon_hash, coupon_sealed=order.coupon_sealed,
        )  # fmt: skip
    if exchange.state is State.AWAITING_RETURN:
        exchange = records.transition(
            conn, exchange, State.READY, at, "recovered", facts, handoff_sealed=None
        )
    if exchange.state not in (State.READY, State.QUOTED):
        return Obstacle.ENDED
    return records.transition(conn, exchange, State.QUOTED, at, "recovered", facts, **quote)


def _drawn(wallet: str, amount: int, rates: RateTable, at: datetime) -> DrawnLine | None:
    """The line of a quote that takes just this amount; a partner's list need not tell units."""
    for rate in rates.rates:
        units, rest = divmod(amount, rate.cost_per_unit)
        if rate.wallet == wallet and units and not rest and rate.in_force(DestinationKind.RESERVE, at):
            return DrawnLine(rate=rate, units=units)
    return None
