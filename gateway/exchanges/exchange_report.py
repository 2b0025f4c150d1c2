"""The whole story of one exchange, for an operator: each state, each call to the partner, each move of points.

Plain values, ready for JSON. Calls were scrubbed when they were written; sealed columns are not opened here.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from core_ledger.read_model import moment, moves
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_rows import Exchange
from gateway.platform import tables
from gateway.platform.short_reference import tail_of

_OMITTED = frozenset({"id", "book_id", "steps", "leased_until", "lines"})


def report(conn: Connection, exchange_id: str) -> dict[str, Any]:
    """Everything known about an exchange. Raises ProblemError for an unknown id."""
    exchange = find(conn, exchange_id)
    return {
        "exchange": summary(exchange),
        "quote": json.loads(exchange.quote.to_json()) if exchange.quote is not None else None,
        "story": [
            {
                "step": step.step,
                "at": step.at.isoformat(),
                "state": step.state.value,
                "what": step.what,
                "facts": dict(step.facts),
            }
            for step in records.list_steps(conn, exchange.book_id, exchange.exchange_id)
        ],
        "moves": _moves(conn, exchange),
        "reversals": _reversals(conn, exchange),
    }


def find(conn: Connection, exchange_id: str) -> Exchange:
    """The exchange of this id or short reference, whosever it is. Raises ProblemError (404)."""
    exchange_id = _id_of(conn, exchange_id)
    book = records.find_owner(conn, exchange_id)
    if book is None:
        raise ProblemError("unknown-exchange", f"there is no exchange {exchange_id}")
    return records.get(conn, book, exchange_id)


def _id_of(conn: Connection, typed: str) -> str:
    """The id that was given, or the one that a short reference stands for. Raises ProblemError for two of them."""
    try:
        ids = records.ids_by_reference(conn, tail_of(typed))
    except ProblemError:
        return typed
    if len(ids) > 1:
        raise ProblemError("unknown-exchange", f"{typed} stands for {' and '.join(ids)}; use the id")
    return ids[0] if ids else typed


def summary(exchange: Exchange) -> dict[str, Any]:
    """One line of a list."""
    moments = {
        name: value.isoformat() if (value := getattr(exchange, name)) is not None else None
        for name in ("started_at", "sent_at", "asked_at", "ask_at", "ended_at", "promised_by")
    }
    return {
        "exchange_id": exchange.exchange_id,
        "short_reference": exchange.short_reference,
        "partner_id": exchange.partner_id,
        "member": exchange.book_id.removeprefix("member:"),
        "state": exchange.state.value,
        "points": exchange.points,
        "reversed_points": exchange.reversed_points,
        "reference": exchange.reference,
        "reason": exchange.reason,
        "attempts": exchange.attempts,
        **moments,
    }


def _moves(conn: Connection, exchange: Exchange) -> list[dict[str, Any]]:
    """Every move that belongs to the exchange carries its id in front of its own."""
    query = (
        select(
            moves.c.seq,
            moves.c.id,
            moves.c.action,
            moves.c.source,
            moves.c.target,
            moves.c.points,
            moves.c.kind,
            moves.c.reference,
            moves.c.at,
        )
        .where(
            moves.c.book_id == exchange.book_id,
            moves.c.id.startswith(f"{exchange.exchange_id}:", autoescape=True),
        )
        .order_by(moves.c.seq)
    )
    return [{**row._asdict(), "at": moment(row.at).isoformat()} for row in conn.execute(query)]


def _reversals(conn: Connection, exchange: Exchange) -> list[dict[str, Any]]:
    r = tables.reversals
    rows = conn.execute(
        select(r)
        .where(r.c.book_id == exchange.book_id, r.c.exchange_id == exchange.exchange_id)
        .order_by(r.c.started_at)
    )
    return [
        {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in row._asdict().items()
            if name not in _OMITTED
        }
        for row in rows
    ]
