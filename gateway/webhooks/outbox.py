"""What portals and mailers are still to be told, written in the transaction that made it true.

A message is one row for each of them. Its id is made from what it tells, so the same fact is one message however
often it is written. Delivery is at least once; a portal knows a repeated message by its id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update

from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.sql import insert_all_new, insert_new
from gateway.webhooks.keys import Direction

RETRY_AFTER: Final = tuple(
    timedelta(seconds=s) for s in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After each failed try, about three and a half days in all; then the message is given up and logged."""

MESSAGE_RETENTION: Final = timedelta(days=30)
_o, _k = tables.outbox, tables.webhook_keys
_IS_PORTAL: Final = and_(_k.c.direction == Direction.OUT, _k.c.revoked_at.is_(None))
_PORTALS: Final = CompiledStatement(select(_k.c.key_id).where(_IS_PORTAL))
_FIRST_DUE: Final = CompiledStatement(
    select(_o.c.message_id)
    .where(
        _o.c.next_at <= bindparam("now"),
        or_(_o.c.leased_until.is_(None), _o.c.leased_until <= bindparam("now")),
        _o.c.key_id.in_(select(_k.c.key_id).where(_k.c.direction == bindparam("direction"))),
    )
    .limit(1)
)
PORTALS_COLUMN: Final = select(func.string_agg(_k.c.key_id, " ")).where(_IS_PORTAL).scalar_subquery()
"""All portals as one column of whatever else PostgreSQL is asked: their ids with spaces between them, null for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    message_id: str
    key_id: str
    body: str
    attempts: int


def enqueue(
    conn: Connection,
    message_id: str,
    type_: str,
    data: Mapping[str, Any],
    at: datetime,
    portals: Sequence[str] | None = None,
) -> None:
    """Leave a message for every portal there is: `portals`, where they have been read along in this transaction."""
    keys = portals if portals is not None else [row["key_id"] for row in _PORTALS.all(conn)]
    if not keys:
        return
    body = _body(type_, data, at)
    conn.execute(
        insert(_o),
        [
            {"message_id": message_id, "key_id": key, "body": body, "created_at": at, "next_at": at}
            for key in keys
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """One message for one key."""

    key_id: str
    message_id: str
    type: str
    data: Mapping[str, Any]


def enqueue_new(conn: Connection, messages: Sequence[OutboxEntry], at: datetime) -> int:
    """Leave many messages at once, but for those that were left before. Returns how many are new."""
    rows = [
        {
            "message_id": message.message_id,
            "key_id": message.key_id,
            "body": _body(message.type, message.data, at),
            "created_at": at,
            "next_at": at,
        }
        for message in messages
    ]
    return len(insert_all_new(conn, _o, rows)) if rows else 0


def is_due(conn: Connection, now: datetime, direction: Direction) -> bool:
    """Whether there is a message to claim; asked each second, and mostly there is none."""
    return _FIRST_DUE.first(conn, {"now": now, "direction": direction}) is not None


def claim(
    conn: Connection, now: datetime, until: datetime, limit: int, direction: Direction
) -> list[Message]:
    """Take messages that are due to portals, or to mailers, under a lease that ends by itself."""
    theirs = select(_k.c.key_id).where(_k.c.direction == direction)
    free = _o.c.leased_until.is_(None) | (_o.c.leased_until <= now)
    due = conn.execute(
        select(_o.c.message_id, _o.c.key_id)
        .where(_o.c.next_at <= now, free, _o.c.key_id.in_(theirs))
        .order_by(_o.c.next_at)
        .limit(limit)
    ).all()
    taken = []
    for row in due:
        claimed = conn.execute(
            update(_o)
            .where(_o.c.message_id == row.message_id, _o.c.key_id == row.key_id, free)
            .values(leased_until=until)
            .returning(_o.c.message_id, _o.c.key_id, _o.c.body, _o.c.attempts)
        ).one_or_none()
        if claimed is not None:
            taken.append(Message(**claimed._asdict()))
    return taken


def delivered(conn: Connection, message: Message, at: datetime) -> None:
    _change(conn, message, delivered_at=at, next_at=None, leased_until=None, last_error=None)


def hand_over(conn: Connection, message: Message, key_id: str | None, at: datetime) -> None:
    """The key of a message is out of use: it goes on under the other key, once, or ends where there is none."""
    if key_id is not None:
        again = {"message_id": message.message_id, "key_id": key_id, "body": message.body}
        insert_new(conn, _o, **again, created_at=at, next_at=at)
    delivered(conn, message, at)


def failed(conn: Connection, message: Message, why: str, at: datetime) -> bool:
    """Try again later; False when that was the last try."""
    again = message.attempts < len(RETRY_AFTER)
    _change(
        conn,
        message,
        attempts=message.attempts + 1,
        next_at=at + RETRY_AFTER[message.attempts] if again else None,
        leased_until=None,
        last_error=why[:200],
    )
    return again


def prune(conn: Connection, now: datetime, retention: timedelta = MESSAGE_RETENTION) -> int:
    """Remove what was delivered or given up long ago."""
    old = delete(_o).where(_o.c.next_at.is_(None), _o.c.created_at < now - retention)
    return conn.execute(old).rowcount


def _body(type_: str, data: Mapping[str, Any], at: datetime) -> str:
    return json.dumps(
        {"type": type_, "timestamp": at.isoformat(), "data": dict(data)},
        ensure_ascii=False,
        separators=(",", ":"),
        default=str,
    )


def _change(conn: Connection, message: Message, **values: Any) -> None:
    conn.execute(
        update(_o)
        .where(_o.c.message_id == message.message_id, _o.c.key_id == message.key_id)
        .values(**values)
    )
