"""After a restore or a failover: which confirmed orders this database has forgotten, and how they come back.

A forgotten order comes from the journal, or else from the partner's own list. It becomes an exchange again with its
hold, as `sending`, with operator and reason in its story; then the partner is asked as about every open outcome, and
its answer alone gives the points. So an order is never guessed, and never comes back twice. One of which the partner has
given something back, or that a person has closed or left, does not come back by itself.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import product
from typing import Any, Final

from sqlalchemy import Connection, select
from uuid_utils import uuid7

from core_ledger import chart, ledger
from gateway.exchanges import coupon_claims, link_rows
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.outcome import holds_for
from gateway.exchanges.pricing import MAX_UNITS, Drawing, DrawnLine, rate_in_force
from gateway.exchanges.quotes import QUOTE_TTL, Quote, make_quote
from gateway.exchanges.states import State
from gateway.model import DebitLine, DebitRecord, Destination, LinkKind, RateTable, amounts_by_wallet
from gateway.partners.calls.debit_proof import account_key
from gateway.partners.partner import Partner
from gateway.platform import tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import write as write_audit
from gateway.platform.roles import PLATFORM

CONFIRMED: Final = "confirmed"
"""The kind of a journal's line about an order."""

DEALT_WITH: Final = "left"
"""The kind of a line that says: a person has dealt with this order otherwise, it is not missing any more."""

_PAGE: Final = 500


class Source(StrEnum):
    JOURNAL = "journal"
    PARTNER = "partner's list"


class Obstacle(StrEnum):
    """Why an order cannot be brought back by a machine: somebody calls."""

    MEMBER_UNKNOWN = "the member is not in this database"
    ACCOUNT_UNKNOWN = "nobody is linked to the partner's account"
    LINKED_LATER = "the partner's account was linked after it had paid"
    OTHER_MEMBER = "the id belongs to another member here"
    ENDED = "the exchange has ended here before it was confirmed"
    NO_RATE = "no rate of that day is known for what the partner took"
    GIVEN_BACK = "the partner has given points back of it"
    CLOSED = "a person has closed it as a difference"
    NOT_ASKED = "the partner cannot be asked about that day now"


WHOSE: Final = frozenset({Obstacle.MEMBER_UNKNOWN, Obstacle.ACCOUNT_UNKNOWN, Obstacle.LINKED_LATER})
"""Obstacles that end where a person says whose order it is."""


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
    link_kind: LinkKind
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
        "link_kind": exchange.kind,
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
        link_kind=LinkKind(line["link_kind"]),
        coupon_hash=line["coupon_hash"],
        coupon_sealed=base64.b64decode(sealed) if sealed is not None else None,
    )


def list_forgotten(conn: Connection, lines: Iterable[Mapping[str, Any]]) -> list[ForgottenOrder]:
    """Those orders of the journal that this database does not have, or not as confirmed; oldest first.

    What a person has left, or closed as a difference, is not missing.
    """
    orders: dict[str, Mapping[str, Any]] = {}
    left: set[str] = set()
    for line in lines:
        if line["kind"] == CONFIRMED:
            orders[line["exchange_id"]] = line
        elif line["kind"] == DEALT_WITH:
            left.add(line["exchange_id"])
    ids, known = [id_ for id_ in orders if id_ not in left], set(left)
    x = tables.exchanges
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        books = {orders[id_]["book"] for id_ in page}
        query = select(x.c.exchange_id).where(
            x.c.book_id.in_(books), x.c.exchange_id.in_(page), x.c.sent_at.is_not(None)
        )
        known |= set(conn.scalars(query))
        known |= _closed(conn, page)
        known |= _under_other_books(conn, [id_ for id_ in page if id_ not in known], orders)
    forgotten = [place(conn, read_order(line)) for id_, line in orders.items() if id_ not in known]
    return sorted(forgotten, key=lambda order: order.confirmed_at)


def _closed(conn: Connection, ids: Sequence[str]) -> set[str]:
    c = tables.closed_differences.c
    return set(conn.scalars(select(c.exchange_id).where(c.exchange_id.in_(ids))))


def _under_other_books(
    conn: Connection, ids: Sequence[str], orders: Mapping[str, Mapping[str, Any]]
) -> set[str]:
    """Those that came back under another book: the member has registered anew since, or a person said whose it is."""
    x, owners = tables.exchanges.c, tables.exchange_owners.c
    query = select(owners.exchange_id, owners.book_id).where(owners.exchange_id.in_(ids))
    others = {
        row.exchange_id: row.book_id
        for row in conn.execute(query)
        if row.book_id != orders[row.exchange_id]["book"]
    }
    if not others:
        return set()
    rows = conn.execute(
        select(x.exchange_id, x.service_id, x.coupon_hash).where(
            x.book_id.in_(set(others.values())), x.exchange_id.in_(others), x.sent_at.is_not(None)
        )
    )
    # The id used again by somebody else is another order, with an account or a coupon of its own.
    return {
        row.exchange_id
        for row in rows
        if (row.service_id, row.coupon_hash)
        == (orders[row.exchange_id]["service_id"], orders[row.exchange_id]["coupon_hash"])
    }


def place(conn: Connection, order: ForgottenOrder) -> ForgottenOrder:
    """Say whose the order is now. A member who is forgotten as well has registered anew, and linked the account again."""
    if order.obstacle is not None or _is_member(conn, order.book):
        return order
    link = _link_as_ordered(conn, order)
    # One that was linked before the order was somebody else's then: the order names another member.
    if link is None or link.linked_at < order.confirmed_at:
        return replace(order, obstacle=Obstacle.MEMBER_UNKNOWN)
    return replace(order, book=link.book_id)


def order_from_partner(
    conn: Connection, partner: Partner, record: DebitRecord, rates: RateTable
) -> ForgottenOrder | None:
    """An order from the partner's list: account → link → member, rates of that day. None: nothing of it is missing.

    Where it was to go nobody knows any more: it goes to the member's reserve, who allocates it.
    """
    if not amounts_left(record) or _closed(conn, [record.exchange_id]):
        return None
    owner = records.find_owner(conn, record.exchange_id)
    if owner is not None:
        stored = records.find(conn, owner, record.exchange_id)
        if stored is not None and stored.sent_at is not None:
            return None
    drawing = _drawing(record, rates)
    link = None
    if record.service_id is not None:
        link = _link_of(conn, partner.id, account_key(record.service_id, partner.profile))
    obstacle = None
    if is_given_back(record):
        obstacle = Obstacle.GIVEN_BACK
    elif drawing is None:
        obstacle = Obstacle.NO_RATE
    elif link is None:
        obstacle = Obstacle.ACCOUNT_UNKNOWN
    elif link.linked_at.replace(microsecond=0) > record.at:  # partners tell whole seconds
        obstacle = Obstacle.LINKED_LATER
    quote = make_quote(
        drawing or Drawing(lines=()), partner.profile, Destination.reserve(), (), (), uuid7().hex, record.at
    )
    return ForgottenOrder(
        exchange_id=record.exchange_id,
        book=link.book_id if link is not None else "",
        partner_id=partner.id,
        service_id=record.service_id,
        points=quote.points,
        confirmed_at=record.at,
        promised_by=None,
        quote=quote,
        link_kind=partner.profile.link,
        source=Source.PARTNER,
        obstacle=obstacle,
    )


def for_member(order: ForgottenOrder, member_id: str) -> ForgottenOrder:
    """The order as of a member whom a person names, where no machine can say whose it is."""
    if order.obstacle not in WHOSE:
        return order
    return replace(order, book=chart.member_book(member_id), obstacle=None)


def is_given_back(record: DebitRecord) -> bool:
    """Whether the partner has returned any of it."""
    return record.reversed or any(amounts_by_wallet(record.given_back or ()).values())


def amounts_left(record: DebitRecord) -> dict[str, int]:
    """What the partner still has of a debit, by wallet."""
    if record.reversed:
        return {}
    back = amounts_by_wallet(record.given_back or ())
    left = {
        str(wallet): amount - back.get(wallet, 0)
        for wallet, amount in amounts_by_wallet(record.lines).items()
    }
    return {wallet: amount for wallet, amount in left.items() if amount > 0}


def recover_order(
    conn: Connection, order: ForgottenOrder, *, operator: str, reason: str, at: datetime
) -> Exchange | Obstacle | None:
    """Make the order an exchange that waits for the partner's answer. None: it is here already, nothing was done.

    One transaction: the exchange, its hold, its story, and a line of the platform's audit log.
    """
    if _closed(conn, [order.exchange_id]):
        return Obstacle.CLOSED
    order = place(conn, order)
    if order.obstacle is not None:
        return order.obstacle
    if not _is_member(conn, order.book):
        return Obstacle.MEMBER_UNKNOWN
    owner = records.find_owner(conn, order.exchange_id)
    if owner is not None and owner != order.book:
        return Obstacle.OTHER_MEMBER
    if owner is None and not records.claim_id(conn, order.book, order.exchange_id):
        return Obstacle.OTHER_MEMBER  # somebody has taken the id between the two statements
    exchange = records.find(conn, order.book, order.exchange_id)
    if exchange is not None:
        exchange = records.get_locked(conn, order.book, order.exchange_id)
        if exchange.sent_at is not None:
            return None
    facts = {"by": operator, "because": reason, "from": order.source.value}
    quoted = _quoted(conn, exchange, order, at, facts)
    if isinstance(quoted, Obstacle):
        return quoted
    if quoted.kind is LinkKind.COUPON:
        coupon_claims.claim(conn, quoted)
    ledger.apply(conn, holds_for(quoted, order.quote, order.confirmed_at))
    recovered = records.transition(
        conn, quoted, State.SENDING, at, "recovered", facts,
        sent_at=order.confirmed_at, ask_at=at, leased_until=None, promised_by=order.promised_by,
        service_id=order.service_id,
    )  # fmt: skip
    write_audit(
        conn, PLATFORM, at=at, actor="operator", actor_name=operator, action=AuditAction.EXCHANGE_RECOVERED,
        subject=order.exchange_id, reason=reason, facts={"from": order.source.value, "points": order.points},
    )  # fmt: skip
    return recovered


def _quoted(
    conn: Connection, exchange: Exchange | None, order: ForgottenOrder, at: datetime, facts: Mapping[str, Any]
) -> Exchange | Obstacle:
    """The exchange with the order's own quote, by the legal moves of its states."""
    quote = {"quote": order.quote, "quote_id": order.quote.quote_id, "points": order.points}
    if exchange is None:
        exchange = records.add(
            conn, order.book, order.exchange_id, State.READY, order.confirmed_at,
            partner_id=order.partner_id, request_hash=f"recovered {order.exchange_id}",
            kind=order.link_kind, coupon_hash=order.coupon_hash, coupon_sealed=order.coupon_sealed,
        )  # fmt: skip
    if exchange.state is State.AWAITING_RETURN:
        exchange = records.transition(
            conn, exchange, State.READY, at, "recovered", facts, handoff_sealed=None
        )
    if exchange.state not in (State.READY, State.QUOTED):
        return Obstacle.ENDED
    return records.transition(conn, exchange, State.QUOTED, at, "recovered", facts, **quote)


def _drawing(record: DebitRecord, rates: RateTable) -> Drawing | None:
    """What was promised for just these amounts; None unless there is one answer only.

    The rate was the one in force, for all units together, when the member was shown it: at most a quote's life before.
    """
    drawings = _drawings_at(record.lines, rates, record.at)
    if len(drawings) != 1 or _drawings_at(record.lines, rates, record.at - QUOTE_TTL) != drawings:
        return None
    return drawings[0]


def _drawings_at(lines: Sequence[DebitLine], rates: RateTable, at: datetime) -> list[Drawing]:
    """Every drawing that takes these amounts at rates in force; a partner's list need not tell units."""
    choices = [
        [
            DrawnLine(rate=rate, units=line.amount // rate.cost_per_unit)
            for rate in rates.rates
            if rate.wallet == line.wallet
            and line.amount >= rate.cost_per_unit
            and not line.amount % rate.cost_per_unit
            and line.units in (0, line.amount // rate.cost_per_unit)
        ]
        for line in lines
    ]
    drawings = []
    for choice in product(*choices):
        drawing = Drawing(lines=choice)
        in_force = all(
            rate_in_force(rates.rates, line.wallet, Destination.reserve(), at, drawing.units) == line.rate
            for line in choice
        )
        if choice and drawing.units <= MAX_UNITS and in_force and drawing not in drawings:
            drawings.append(drawing)
    return drawings


def _is_member(conn: Connection, book: str) -> bool:
    members = tables.members.c
    query = select(members.member_id).where(members.member_id == book.removeprefix("member:"))
    return conn.scalar(query) is not None


def _link_of(conn: Connection, partner_id: str, key: str) -> link_rows.Link | None:
    """The link to an account of the partner, whosever it is. `key` is the `account_key`."""
    book = link_rows.find_owner(conn, partner_id, key)
    return link_rows.find(conn, book, partner_id) if book is not None else None


def _link_as_ordered(conn: Connection, order: ForgottenOrder) -> link_rows.Link | None:
    """The link that the order was taken from, in its own spelling; the journal knows no profile to say more."""
    if order.service_id is None:
        return None
    keys = {order.service_id, order.service_id.casefold()}
    links = [_link_of(conn, order.partner_id, key) for key in sorted(keys)]
    return next((link for link in links if link is not None and link.service_id == order.service_id), None)
