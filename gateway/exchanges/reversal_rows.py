"""Reversals as rows: sync functions of a Connection, each a part of somebody's transaction.

The caller holds the exchange's row, which is the lock of all its reversals.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, false, func, or_, select, update

from gateway.errors import ProblemError
from gateway.exchanges.exchange_rows import MAX_LEASE, MAX_WAIT, Exchange, find_owner
from gateway.model import ExchangeId
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.sql import insert_new
from gateway.platform.transitions import LegalMoves, require_legal

_r = tables.reversals
_c = tables.closed_differences


REVERSAL: Final = "reversal"
"""The kind of a journal's line about a reversal."""


class ReversalState(StrEnum):
    SENDING = "sending"
    OPEN = "open"
    NEEDS_A_PERSON = "needs_a_person"
    REVERSED = "reversed"
    DECLINED = "declined"
    NOT_SENT = "not_sent"


_UNTIL_ENDED: Final = frozenset(ReversalState) - {ReversalState.SENDING}

LEGAL: Final[LegalMoves[ReversalState]] = {
    ReversalState.SENDING: _UNTIL_ENDED,
    ReversalState.OPEN: _UNTIL_ENDED,
    ReversalState.NEEDS_A_PERSON: _UNTIL_ENDED,
    ReversalState.REVERSED: frozenset(),
    ReversalState.DECLINED: frozenset(),
    ReversalState.NOT_SENT: frozenset(),
}
"""An outcome may be heard at any time until there is one; nothing is sent twice, and no outcome changes."""

ENDED: Final = frozenset(state for state, moves in LEGAL.items() if not moves)
_CAME_TO_NOTHING: Final = (ReversalState.DECLINED, ReversalState.NOT_SENT)
_WAITING: Final = or_(_r.c.state == ReversalState.SENDING, _r.c.state == ReversalState.OPEN)

_THIS: Final = (_r.c.book_id == bindparam("of_book"), _r.c.reversal_id == bindparam("of_reversal"))
_FIND: Final = CompiledStatement(select(_r).where(*_THIS))
_LINES: Final = CompiledStatement(
    select(_r.c.lines, _r.c.state).where(
        _r.c.book_id == bindparam("of_book"),
        _r.c.exchange_id == bindparam("of_exchange"),
        and_(*(_r.c.state != state for state in _CAME_TO_NOTHING)),
    )
)
_CORRECTED: Final = CompiledStatement(
    select(_c.c.points).where(
        _c.c.partner_id == bindparam("of_partner"),
        _c.c.exchange_id == bindparam("of_exchange"),
        (_c.c.points != 0) | ((_c.c.moved.is_not(None)) & (_c.c.moved != "{}")),
    )
)
_LEASE: Final = CompiledStatement(
    update(_r)
    .where(
        *_THIS,
        _WAITING,
        _r.c.leased_until.is_(None)
        | (_r.c.leased_until <= bindparam("now"))
        | (_r.c.leased_until > bindparam("no_lease")),
    )
    # One that was sent, and whose answer was never written down, has been tried.
    .values(
        attempts=_r.c.attempts + 1,
        key_ended_at=func.coalesce(_r.c.key_ended_at, bindparam("key_ends", type_=_r.c.key_ended_at.type)),
    )
    .returning(*_r.c)
)
_CHANGE: Final = CompiledStatement(update(_r).where(*_THIS).returning(*_r.c))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseExchange:
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
    key_ended_at: datetime | None

    def is_what(self, wish: ReverseExchange) -> bool:
        """Was this reversal asked for by the same wish, in which units and account are spelled out?"""
        units = sum(line.units for line in self.lines)
        known = (self.exchange_id, self.by_hand, self.reason, self.taken_from, units)
        return known == (wish.exchange_id, wish.by_hand, wish.reason, wish.taken_from, wish.units)

    def journal_line(self) -> dict[str, Any]:
        """What the journal keeps of a reversal that is about to be asked for, or was recorded by hand."""
        return {
            "reversal_id": self.reversal_id,
            "exchange_id": self.exchange_id,
            "book": self.book_id,
            "partner": self.partner_id,
            "lines": [asdict(line) for line in self.lines],
            "points": self.points,
            "taken_from": self.taken_from,
            "by_hand": self.by_hand,
            "reason": self.reason,
            "operator": self.operator,
            "reference": self.reference or "",
            "started_at": self.started_at.isoformat(),
        }


def find(conn: Connection, book_id: str, reversal_id: str) -> ReversalRecord | None:
    row = _FIND.first(conn, {"of_book": book_id, "of_reversal": reversal_id})
    return _record(row) if row is not None else None


def get(conn: Connection, book_id: str, reversal_id: str) -> ReversalRecord:
    reversal_record = find(conn, book_id, reversal_id)
    if reversal_record is None:
        raise ProblemError("unknown-reversal", "there is no reversal with this id")
    return reversal_record


def id_reused() -> ProblemError:
    return ProblemError("id-reused", "this id was used for another reversal; make a new one")


def of(conn: Connection, exchange_id: str, reversal_id: str) -> ReversalRecord:
    """The reversal of an exchange, whosever it is. Raises ProblemError (404)."""
    owner = find_owner(conn, exchange_id)
    reversal_record = find(conn, owner, reversal_id) if owner is not None else None
    if reversal_record is None or reversal_record.exchange_id != exchange_id:
        raise ProblemError("unknown-reversal", "there is no reversal with this id")
    return reversal_record


def require_waiting(reversal: ReversalRecord) -> None:
    """Raise ProblemError `reversal-ended` (409) for one that has ended."""
    if reversal.state in ENDED:
        raise ProblemError("reversal-ended", f"the reversal is {reversal.state} already")


def list_by_exchange(conn: Connection, book_id: str, exchange_id: str) -> list[ReversalRecord]:
    """Every reversal of an exchange, the first first."""
    query = select(_r).where(_r.c.book_id == book_id, _r.c.exchange_id == exchange_id)
    return [_record(row._asdict()) for row in conn.execute(query.order_by(_r.c.started_at, _r.c.reversal_id))]


def list_unfinished(conn: Connection, book_id: str) -> list[ReversalRecord]:
    """A member's reversals whose outcome is not known yet: their holds stand."""
    query = select(_r).where(_r.c.book_id == book_id, _r.c.state.not_in(list(ENDED)))
    return [_record(row._asdict()) for row in conn.execute(query.order_by(_r.c.reversal_id))]


def units_given_back(conn: Connection, exchange: Exchange) -> dict[int, int]:
    """Line of the quote → units that are, or may yet be, given back."""
    units: dict[int, int] = {}
    for row in _LINES.all(conn, {"of_book": exchange.book_id, "of_exchange": exchange.exchange_id}):
        for line in json.loads(row["lines"]):
            units[line["line"]] = units.get(line["line"], 0) + line["units"]
    return units


def units_given_back_before(conn: Connection, reversal: ReversalRecord) -> int:
    """Units of the exchange that were, or might yet have been, given back by others when this reversal was begun."""
    held = _r.c.state.not_in(_CAME_TO_NOTHING) | (_r.c.ended_at > reversal.started_at)
    query = select(_r.c.lines).where(
        _r.c.book_id == reversal.book_id,
        _r.c.exchange_id == reversal.exchange_id,
        _r.c.reversal_id != reversal.reversal_id,
        _r.c.started_at <= reversal.started_at,
        held,
    )
    return sum(line["units"] for lines in conn.execute(query).scalars() for line in json.loads(lines))


def points_given_back(conn: Connection, exchange: Exchange) -> tuple[dict[str, int], bool]:
    """Wallet → what of it has gone back, in the partner's points; and does a reversal still wait for its end?"""
    amounts: dict[str, int] = {}
    waits = False
    for row in _LINES.all(conn, {"of_book": exchange.book_id, "of_exchange": exchange.exchange_id}):
        if row["state"] != ReversalState.REVERSED:
            waits = True
            continue
        for line in json.loads(row["lines"]):
            amounts[line["wallet"]] = amounts.get(line["wallet"], 0) + line["amount"]
    return amounts, waits


def corrected(conn: Connection, exchange: Exchange) -> bool:
    """Has a person closed a difference about this exchange by moving points?"""
    this = {"of_partner": exchange.partner_id, "of_exchange": exchange.exchange_id}
    return _CORRECTED.first(conn, this) is not None


def due(conn: Connection, now: datetime, limit: int, partner_ids: Collection[str]) -> list[ReversalRecord]:
    """Reversals that are to be asked about now, the longest waiting first."""
    asked = {f"partner_{number}": id_ for number, id_ in enumerate(sorted(partner_ids))}
    rows = _due(len(asked)).all(conn, asked | {"now": now, "no_wait": now + MAX_WAIT, "most": limit})
    return [_record(row) for row in rows]


def lease(
    conn: Connection,
    reversal: ReversalRecord,
    now: datetime,
    until: datetime,
    key_ends: datetime | None = None,
) -> ReversalRecord | None:
    """Claim a reversal for asking, if nobody else has the claim. A claim ends by itself.

    From `key_ends` on, which the first to name it decides, no gateway sends it again.
    """
    this = {"of_book": reversal.book_id, "of_reversal": reversal.reversal_id}
    clock = {"now": now, "no_lease": now + MAX_LEASE}
    row = _LEASE.first(conn, this | clock | {"leased_until": until, "ask_at": until, "key_ends": key_ends})
    return _record(row) if row is not None else None


def add(
    conn: Connection,
    exchange: Exchange,
    wish: ReverseExchange,
    *,
    lines: Sequence[GivenBackLine],
    taken_from: str,
    at: datetime,
    ask_at: datetime | None,
) -> ReversalRecord:
    """A new reversal in its first state. Raises ProblemError `id-reused` where another one of the member has its id."""
    values = {
        "book_id": exchange.book_id,
        "reversal_id": wish.reversal_id,
        "exchange_id": exchange.exchange_id,
        "partner_id": exchange.partner_id,
        "state": ReversalState.SENDING,
        "lines": json.dumps([asdict(line) for line in lines]),
        "points": sum(line.points for line in lines),
        "taken_from": taken_from,
        "by_hand": wish.by_hand,
        "reason": wish.reason,
        "operator": wish.operator,
        "started_at": at,
        "ask_at": ask_at,
        "leased_until": ask_at,
    }
    if not insert_new(conn, _r, **values):  # of another exchange of the member, a moment ago
        raise id_reused()
    return get(conn, exchange.book_id, wish.reversal_id)


def change(conn: Connection, reversal: ReversalRecord, state: ReversalState, **values: Any) -> ReversalRecord:
    require_legal(LEGAL, reversal.state, state)
    this = {"of_book": reversal.book_id, "of_reversal": reversal.reversal_id}
    (row,) = _CHANGE.all(conn, this | {"state": state} | values)
    return _record(row)


@cache
def _due(partners: int) -> CompiledStatement:
    """The question for so many partners: a list has no place in a statement that is made once."""
    r = _r.c
    return CompiledStatement(
        select(_r)
        .where(
            _WAITING,
            or_(false(), *(r.partner_id == bindparam(f"partner_{number}") for number in range(partners))),
            (r.ask_at <= bindparam("now")) | (r.ask_at > bindparam("no_wait")),
        )
        .order_by(r.ask_at)
        .limit(bindparam("most"))
    )


def _record(values: Mapping[str, Any]) -> ReversalRecord:
    return ReversalRecord(
        **{
            **values,
            "state": ReversalState(values["state"]),
            "exchange_id": ExchangeId(values["exchange_id"]),
            "lines": tuple(GivenBackLine(**line) for line in json.loads(values["lines"])),
        }
    )
