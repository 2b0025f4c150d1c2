"""Exchanges as rows: sync functions of a Connection, each a part of somebody's transaction.

Every change of state goes through `transition`, which refuses what `states.LEGAL` does not allow and adds a step to
the exchange's story in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, bindparam, false, func, or_, select, update

from core_ledger import add_notes
from gateway.errors import ProblemError
from gateway.exchanges import step_rows
from gateway.exchanges.link_rows import Link
from gateway.exchanges.quotes import Quote
from gateway.exchanges.states import BEFORE_SENDING, ENDED, HELD, LEGAL, State
from gateway.exchanges.step_rows import NewStep
from gateway.model import ExchangeId, LinkKind
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.metrics import ExchangeMoved
from gateway.platform.short_reference import ends_with, short_reference
from gateway.platform.sql import insert_new
from gateway.webhooks import outbox

MAX_LEASE: Final = timedelta(hours=1)
MAX_WAIT: Final = timedelta(hours=2)
"""What lies further ahead was written by a clock that has been set back since, and binds nobody."""

NOTIFIED_STATES: Final = ENDED | {State.NEEDS_A_PERSON}
"""Portals hear of these by webhook, in the transaction that makes them true."""

MAX_SHOWN: Final = 20
"""Of the exchanges that wait, on a first page; the list of exchanges has all."""

_x = tables.exchanges
_s = tables.exchange_steps
_o = tables.exchange_owners

# Made once: putting a statement together costs several times what the database takes to carry it out.
_THIS: Final = (_x.c.book_id == bindparam("of_book"), _x.c.exchange_id == bindparam("of_exchange"))
_UPDATE: Final = update(_x).where(*_THIS)
_CHANGE: Final = CompiledStatement(_UPDATE)
_FIND: Final = CompiledStatement(select(_x).where(*_THIS))
_FIND_LOCKED: Final = CompiledStatement(select(_x).where(*_THIS).with_for_update())
_TELL: Final = CompiledStatement(_UPDATE.values(steps=_x.c.steps + 1).returning(_x.c.steps))
_OWNER: Final = CompiledStatement(select(_o.c.book_id).where(_o.c.exchange_id == bindparam("of_exchange")))
_UNCLAIMED: Final = (
    _x.c.leased_until.is_(None)
    | (_x.c.leased_until <= bindparam("now"))
    | (_x.c.leased_until > bindparam("no_lease"))
)
_LEASE: Final = CompiledStatement(
    _UPDATE.where(or_(*(_x.c.state == state for state in sorted(HELD))), _UNCLAIMED).returning(*_x.c)
)
_WAITING: Final = CompiledStatement(
    select(_x)
    .where(_x.c.book_id == bindparam("of_book"), or_(*(_x.c.state == state for state in sorted(HELD))))
    .order_by(_x.c.started_at.desc(), _x.c.exchange_id.desc())
    .limit(MAX_SHOWN)
)
_facts_text: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode


@dataclass(frozen=True, kw_only=True)  # without slots for the sake of `from_row`
class Exchange:
    """One exchange as it stands. Sealed columns stay sealed; only `exchange` and `outcome` open them."""

    book_id: str
    exchange_id: ExchangeId
    partner_id: str
    kind: LinkKind
    """How the partner knows whose points move: stored, so that a new kind is asked for by its name."""
    state: State
    request_hash: str
    started_at: datetime
    client_return_url: str | None
    redirect_url: str | None
    handoff_nonce: str | None
    handoff_ends_at: datetime | None
    handoff_sealed: bytes | None
    return_code_hash: str | None
    coupon_sealed: bytes | None
    coupon_hash: str | None
    available: Mapping[str, int] | None
    quote: Quote | None
    points: int | None
    promised_by: datetime | None
    reference: str | None
    service_id: str | None
    reason: str | None
    attempts: int
    asked_at: datetime | None
    ask_at: datetime | None
    leased_until: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    reversed_points: int
    retry_at: datetime | None
    link: Link | None = field(default=None, compare=False, repr=False)
    """The member's link to the partner, where it was read along; not a part of the row."""

    @property
    def coupon_hashes(self) -> tuple[str, ...]:
        """The coupon's hash by each look-up key that was known when the exchange began, the newest key's first."""
        return tuple(self.coupon_hash.split()) if self.coupon_hash is not None else ()

    @property
    def short_reference(self) -> str:
        return short_reference(self.exchange_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of an exchange's story."""

    step: int
    at: datetime
    state: State
    what: str
    facts: Mapping[str, Any]


def find(conn: Connection, book_id: str, exchange_id: str) -> Exchange | None:
    row = _FIND.first(conn, _this(book_id, exchange_id))
    return from_row(row) if row is not None else None


def get(conn: Connection, book_id: str, exchange_id: str) -> Exchange:
    """Raises ProblemError (404) for an unknown id and for another member's alike."""
    exchange = find(conn, book_id, exchange_id)
    if exchange is None:
        raise unknown()
    return exchange


def get_locked(conn: Connection, book_id: str, exchange_id: str, *, link: Link | None = None) -> Exchange:
    """The same, holding the row until the transaction ends, so that two movers take turns.

    `link` is the member's, where it has been read: it stays with the exchange through every move.
    """
    row = _FIND_LOCKED.first(conn, _this(book_id, exchange_id))
    if row is None:
        raise unknown()
    return from_row(row, link=link)


def unknown() -> ProblemError:
    """The same words for an id that nobody has and for another member's."""
    return ProblemError("unknown-exchange", "there is no exchange of yours with this id; list yours")


def claim_id(conn: Connection, book_id: str, exchange_id: str) -> bool:
    """Take an exchange id for one book; False when it is taken, be it by the same book."""
    return insert_new(conn, _o, exchange_id=exchange_id, book_id=book_id)


def find_owner(conn: Connection, exchange_id: str) -> str | None:
    """The book that an exchange id belongs to."""
    row = _OWNER.first(conn, {"of_exchange": exchange_id})
    return row["book_id"] if row is not None else None


def list_by_member(conn: Connection, book_id: str, *, before: str | None, limit: int) -> Sequence[Exchange]:
    """A member's exchanges, newest first. `before` is the exchange id that the last page ended with."""
    query = select(_x).where(_x.c.book_id == book_id)
    if before is not None:
        last = get(conn, book_id, before)
        query = query.where(
            (_x.c.started_at < last.started_at)
            | ((_x.c.started_at == last.started_at) & (_x.c.exchange_id < before))
        )
    query = query.order_by(_x.c.started_at.desc(), _x.c.exchange_id.desc()).limit(limit)
    return [from_row(row._asdict()) for row in conn.execute(query)]


def list_in_period(
    conn: Connection, book_id: str, *, since: datetime | None, until: datetime | None, limit: int
) -> Sequence[Exchange]:
    """A member's exchanges begun from `since` (inclusive) to `until` (exclusive), newest first; None is no bound."""
    query = select(_x).where(_x.c.book_id == book_id)
    if since is not None:
        query = query.where(_x.c.started_at >= since)
    if until is not None:
        query = query.where(_x.c.started_at < until)
    query = query.order_by(_x.c.started_at.desc(), _x.c.exchange_id.desc()).limit(limit)
    return [from_row(row._asdict()) for row in conn.execute(query)]


def list_by_reference(conn: Connection, book_id: str, tail: str) -> Sequence[Exchange]:
    """A member's exchanges whose id ends so, newest first."""
    query = select(_x).where(_x.c.book_id == book_id, ends_with(_x.c.exchange_id, tail))
    return [from_row(row._asdict()) for row in conn.execute(query.order_by(_x.c.started_at.desc()))]


def ids_by_reference(conn: Connection, tail: str) -> Sequence[str]:
    """Ids of all members' exchanges that end so, by an index."""
    query = select(_o.c.exchange_id).where(ends_with(_o.c.exchange_id, tail)).order_by(_o.c.exchange_id)
    return [row.exchange_id for row in conn.execute(query)]


def waiting(conn: Connection, book_id: str) -> Sequence[Exchange]:
    """A member's newest exchanges whose outcome is not known yet: their hold stands."""
    return [from_row(row) for row in _WAITING.all(conn, {"of_book": book_id})]


def lock_unfinished(conn: Connection, book_id: str) -> list[Exchange]:
    """A member's exchanges that have not ended, each held until the transaction ends; the oldest first."""
    query = select(_x).where(_x.c.book_id == book_id, _x.c.state.in_([*BEFORE_SENDING, *HELD]))
    query = query.order_by(_x.c.started_at, _x.c.exchange_id).with_for_update()
    return [from_row(row._asdict()) for row in conn.execute(query)]


def due(conn: Connection, now: datetime, limit: int, partner_ids: Collection[str]) -> list[tuple[str, str]]:
    """Exchanges whose outcome is to be asked for now: (book, exchange id), the longest waiting first.

    Only of these partners: one that cannot be asked must not stand in the way of the others.
    """
    asked = {f"partner_{number}": id_ for number, id_ in enumerate(sorted(partner_ids))}
    rows = _due(len(asked)).all(conn, asked | _by_clock(now) | {"no_wait": now + MAX_WAIT, "most": limit})
    return [(row["book_id"], row["exchange_id"]) for row in rows]


def abandoned(conn: Connection, before: datetime, limit: int) -> list[tuple[str, str]]:
    """Exchanges begun before a moment and never confirmed: (book, exchange id)."""
    query = (
        select(_x.c.book_id, _x.c.exchange_id)
        .where(_x.c.state.in_(list(BEFORE_SENDING)), _x.c.started_at < before)
        .limit(limit)
    )
    return [(row.book_id, row.exchange_id) for row in conn.execute(query)]


def lease(
    conn: Connection, book_id: str, exchange_id: str, now: datetime, until: datetime
) -> Exchange | None:
    """Claim an exchange for asking, if its hold stands and nobody else has the claim. A claim ends by itself."""
    this = _this(book_id, exchange_id)
    row = _LEASE.first(conn, this | _by_clock(now) | {"leased_until": until, "asked_at": now})
    return from_row(row) if row is not None else None


def add(
    conn: Connection,
    book_id: str,
    exchange_id: str,
    state: State,
    at: datetime,
    *,
    kind: LinkKind,
    link: Link | None = None,
    **values: Any,
) -> Exchange:
    """A new exchange in its first state, under an id that was claimed; the first line of its story."""
    if isinstance(values.get("available"), dict):
        values["available"] = json.dumps(values["available"])
    first = {"book_id": book_id, "exchange_id": exchange_id, "kind": kind, "state": state, "started_at": at}
    row = step_rows.add_exchange(conn, first | values, NewStep(at, state, "started", "{}"))
    return from_row(row, link=link)


def transition(
    conn: Connection,
    exchange: Exchange,
    new: State,
    at: datetime,
    what: str,
    facts: Mapping[str, Any] | None = None,
    **values: Any,
) -> Exchange:
    """Move to `new` and tell the story. The caller holds the row (`get_locked`), or gives a new quote with it.

    Raises ProblemError `exchange-state` where that is not allowed, or the row is not in the state of `exchange` any more.
    """
    if new not in LEGAL[exchange.state]:
        raise ProblemError(
            "exchange-state",
            f"the exchange is {exchange.state} and cannot become {new}; look at it again",
            state=exchange.state,
        )
    # The row is held, so a quote that is not replaced is the one that was read: it need not be read out again.
    quote = exchange.quote
    if "quote" in values:
        quote = values["quote"]
        values["quote"] = quote.to_json() if quote is not None else None
    is_told = new in NOTIFIED_STATES
    changed = step_rows.update_exchange(
        conn,
        (exchange.book_id, exchange.exchange_id),
        exchange.state,
        {"state": new} | values,
        NewStep(at, new, what, _facts_text(facts or {})),
        with_portals=is_told,
    )
    if changed is None:
        raise ProblemError(
            "exchange-state", "the exchange has moved on; look at it again", state=exchange.state
        )
    if is_told:
        message_id, news = f"{exchange.exchange_id}-{new}", _news(changed.row)
        outbox.enqueue(conn, message_id, f"exchange.{new}", news, at, changed.portals)
    add_notes(conn, [ExchangeMoved(exchange.partner_id, new)])
    return from_row(changed.row | {"quote": None}, quote, exchange.link)


def _news(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a portal is told: enough to look at the exchange, nothing about whose it is."""
    return {
        "exchange_id": row["exchange_id"],
        "partner_id": row["partner_id"],
        "state": row["state"],
        "points": row["points"],
        "reason": row["reason"],
    }


def update_columns(conn: Connection, exchange: Exchange, **values: Any) -> None:
    """Change columns that are not the state."""
    _CHANGE.all(conn, _this(exchange.book_id, exchange.exchange_id) | values)


def add_step(conn: Connection, exchange: Exchange, at: datetime, what: str, facts: Mapping[str, Any]) -> None:
    """Add a line to the story. Facts are plain values, already free of secrets."""
    number = _TELL.all(conn, _this(exchange.book_id, exchange.exchange_id))[0]["steps"]
    step = NewStep(at, exchange.state, what, _facts_text(facts))
    step_rows.add(conn, exchange.book_id, exchange.exchange_id, number, step)


def list_by(
    conn: Connection, *, states: Sequence[State], partner_id: str | None = None, limit: int = 100
) -> list[Exchange]:
    """Exchanges of all members in these states, the longest waiting first."""
    query = select(_x).where(_x.c.state.in_(list(states)))
    if partner_id is not None:
        query = query.where(_x.c.partner_id == partner_id)
    return [from_row(row._asdict()) for row in conn.execute(query.order_by(_x.c.started_at).limit(limit))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Exchanges of one partner in one state whose outcome is not known."""

    partner_id: str
    state: State
    exchanges: int
    oldest_sent_at: datetime | None


def waiting_by_partner(conn: Connection) -> list[Waiting]:
    """How many exchanges wait for an answer or for a person, over all members."""
    oldest = func.min(_x.c.sent_at, type_=_x.c.sent_at.type)
    query = (
        select(_x.c.partner_id, _x.c.state, func.count(), oldest)
        .where(_x.c.state.in_([state.value for state in HELD]))
        .group_by(_x.c.partner_id, _x.c.state)
    )
    return [
        Waiting(partner_id=partner_id, state=State(state), exchanges=exchanges, oldest_sent_at=sent_at)
        for partner_id, state, exchanges, sent_at in conn.execute(query)
    ]


def list_steps(conn: Connection, book_id: str, exchange_id: str) -> list[Step]:
    query = select(_s).where(_s.c.book_id == book_id, _s.c.exchange_id == exchange_id).order_by(_s.c.step)
    return [
        Step(step=row.step, at=row.at, state=State(row.state), what=row.what, facts=json.loads(row.facts))
        for row in conn.execute(query)
    ]


PUSHED: Final = "pushed"
"""The step that is written when a partner's push tells its own number for a debit."""


def find_pushed_reference(conn: Connection, book_id: str, exchange_id: str) -> str | None:
    """The partner's own number for the debit, as its last push told it."""
    pushed = [step for step in list_steps(conn, book_id, exchange_id) if step.what == PUSHED]
    return str(pushed[-1].facts["reference"]) if pushed else None


@cache
def _due(partners: int) -> CompiledStatement:
    """The question for so many partners: a list has no place in a statement that is made once."""
    x = _x.c
    return CompiledStatement(
        select(x.book_id, x.exchange_id)
        .where(
            or_(x.state == State.SENDING, x.state == State.OPEN),
            or_(false(), *(x.partner_id == bindparam(f"partner_{number}") for number in range(partners))),
            (x.ask_at <= bindparam("now")) | (x.ask_at > bindparam("no_wait")),
            _UNCLAIMED,
        )
        .order_by(x.ask_at)
        .limit(bindparam("most"))
    )


def _by_clock(now: datetime) -> dict[str, datetime]:
    return {"now": now, "no_lease": now + MAX_LEASE}


def _this(book_id: str, exchange_id: str) -> dict[str, Any]:
    return {"of_book": book_id, "of_exchange": exchange_id}


def from_row(row: Mapping[str, Any], quote: Quote | None = None, link: Link | None = None) -> Exchange:
    """A whole row, by column name. `quote` spares reading it out where the caller has it."""
    values = dict(row)
    values["state"] = State(values["state"])
    values["kind"] = LinkKind(values["kind"])
    values["exchange_id"] = ExchangeId(values["exchange_id"])
    values["available"] = json.loads(values["available"]) if values["available"] else None
    if values["quote"] and quote is None:
        quote = Quote.from_json(values["quote"])
    values["quote"] = quote
    values["link"] = link
    del values["quote_id"], values["steps"]
    # A frozen class sets its 29 fields one by one, which takes longer than the database does for the row.
    exchange = object.__new__(Exchange)
    exchange.__dict__.update(values)
    return exchange
