"""Reversals as rows: sync functions of a Connection, each a part of somebody's transaction.

The caller holds the exchange's row, which is the lock of all its reversals.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from gateway import tables
from gateway.errors import Refused
from gateway.model import ExchangeId
from gateway.records.exchanges import LONGEST_LEASE, LONGEST_WAIT, Exchange

_r = tables.reversals


class ReversalState(StrEnum):
    SENDING = "sending"
    OPEN = "open"
    NEEDS_A_PERSON = "needs_a_person"
    REVERSED = "reversed"
    DECLINED = "declined"
    NOT_SENT = "not_sent"


ENDED: Final = frozenset({ReversalState.REVERSED, ReversalState.DECLINED, ReversalState.NOT_SENT})
_CAME_TO_NOTHING: Final = (ReversalState.DECLINED, ReversalState.NOT_SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an operator asked for. `units` None: all that is left."""

    exchange_id: str
    reversal_id: str
    units: int | None
    reason: str
    operator: str
    by_hand: bool
    reference: str
    taken_from: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBackLine:
    """A part of one line of the quote: `amount` goes back to the wallet, `points` leave the member."""

    line: int
    wallet: str
    units: int
    amount: int
    points: int
    campaign_points: int
    funder: str
    campaign: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalRecord:
    book_id: str
    reversal_id: str
    exchange_id: ExchangeId
    partner_id: str
    state: ReversalState
    lines: tuple[GivenBackLine, ...]
    points: int
    taken_from: str
    by_hand: bool
    reason: str
    operator: str
    reference: str | None
    attempts: int
    ask_at: datetime | None
    leased_until: datetime | None
    started_at: datetime
    ended_at: datetime | None

    def is_what(self, wish: Wish) -> bool:
        """Was this reversal asked for by the same wish?"""
        same = (self.exchange_id, self.by_hand, self.reason) == (wish.exchange_id, wish.by_hand, wish.reason)
        return same and wish.units in (None, sum(line.units for line in self.lines))


def find(conn: Connection, book_id: str, reversal_id: str) -> ReversalRecord | None:
    row = conn.execute(
        select(_r).where(_r.c.book_id == book_id, _r.c.reversal_id == reversal_id)
    ).one_or_none()
    return _record(row) if row is not None else None


def get(conn: Connection, book_id: str, reversal_id: str) -> ReversalRecord:
    found = find(conn, book_id, reversal_id)
    if found is None:
        raise Refused("unknown-reversal", "there is no reversal with this id", status=404)
    return found


def of(conn: Connection, exchange_id: str, reversal_id: str) -> ReversalRecord:
    """The reversal of an exchange, whosever it is. Raises Refused (404)."""
    row = conn.execute(
        select(_r).where(_r.c.exchange_id == exchange_id, _r.c.reversal_id == reversal_id)
    ).one_or_none()
    if row is None:
        raise Refused("unknown-reversal", "there is no reversal with this id", status=404)
    return _record(row)


def units_given_back(conn: Connection, exchange: Exchange) -> dict[int, int]:
    """Line of the quote → units that are, or may yet be, given back."""
    query = select(_r.c.lines).where(
        _r.c.book_id == exchange.book_id,
        _r.c.exchange_id == exchange.exchange_id,
        _r.c.state.not_in(_CAME_TO_NOTHING),
    )
    units: dict[int, int] = {}
    for lines in conn.scalars(query):
        for line in json.loads(lines):
            units[line["line"]] = units.get(line["line"], 0) + line["units"]
    return units


def corrected(conn: Connection, exchange: Exchange) -> bool:
    """Has a person closed a difference about this exchange by moving points?"""
    c = tables.closed_differences
    query = select(c.c.points).where(
        c.c.partner_id == exchange.partner_id, c.c.exchange_id == exchange.exchange_id, c.c.points != 0
    )
    return conn.execute(query).first() is not None


def due(conn: Connection, now: datetime, limit: int, partner_ids: Collection[str]) -> list[ReversalRecord]:
    """Reversals that are to be asked about now, the longest waiting first."""
    query = (
        select(_r)
        .where(
            _r.c.state.in_([ReversalState.SENDING, ReversalState.OPEN]),
            _r.c.partner_id.in_(list(partner_ids)),
            (_r.c.ask_at <= now) | (_r.c.ask_at > now + LONGEST_WAIT),
        )
        .order_by(_r.c.ask_at)
        .limit(limit)
    )
    return [_record(row) for row in conn.execute(query)]


def lease(
    conn: Connection, reversal: ReversalRecord, now: datetime, until: datetime
) -> ReversalRecord | None:
    """Claim a reversal for asking, if nobody else has the claim. A claim ends by itself."""
    claimed = _r.c.leased_until
    row = conn.execute(
        update(_r)
        .where(
            _r.c.book_id == reversal.book_id,
            _r.c.reversal_id == reversal.reversal_id,
            _r.c.state.in_([ReversalState.SENDING, ReversalState.OPEN]),
            claimed.is_(None) | (claimed <= now) | (claimed > now + LONGEST_LEASE),
        )
        # One that was sent, and whose answer was never written down, has been tried.
        .values(leased_until=until, ask_at=until, attempts=_r.c.attempts + 1)
        .returning(*_r.c)
    ).one_or_none()
    return _record(row) if row is not None else None


def add(
    conn: Connection,
    exchange: Exchange,
    wish: Wish,
    *,
    lines: Sequence[GivenBackLine],
    taken_from: str,
    at: datetime,
    ask_at: datetime | None,
) -> ReversalRecord:
    row = conn.execute(
        insert(_r)
        .values(
            book_id=exchange.book_id,
            reversal_id=wish.reversal_id,
            exchange_id=exchange.exchange_id,
            partner_id=exchange.partner_id,
            state=ReversalState.SENDING,
            lines=json.dumps([asdict(line) for line in lines]),
            points=sum(line.points for line in lines),
            taken_from=taken_from,
            by_hand=wish.by_hand,
            reason=wish.reason,
            operator=wish.operator,
            started_at=at,
            ask_at=ask_at,
            leased_until=ask_at,
        )
        .returning(*_r.c)
    ).one()
    return _record(row)


def change(conn: Connection, reversal: ReversalRecord, state: ReversalState, **values: Any) -> ReversalRecord:
    row = conn.execute(
        update(_r)
        .where(_r.c.book_id == reversal.book_id, _r.c.reversal_id == reversal.reversal_id)
        .values(state=state, **values)
        .returning(*_r.c)
    ).one()
    return _record(row)


def _record(row: Row[Any]) -> ReversalRecord:
    values: Mapping[str, Any] = row._asdict()
    return ReversalRecord(
        **{
            **values,
            "state": ReversalState(values["state"]),
            "exchange_id": ExchangeId(values["exchange_id"]),
            "lines": tuple(GivenBackLine(**line) for line in json.loads(values["lines"])),
        }
    )
