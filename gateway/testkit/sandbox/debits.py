"""The partner's rules for taking points: once per order id, never below zero, a refusal is remembered.

Plain functions of a connection, run by `Book`. They know wallets and points only; what an order or a coupon is
belongs to each partner.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from gateway.model import JST

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OrderIdReused(Exception):
    """The same id came with another content: a mistake of the caller; nothing was done."""


class EntryState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One debit as the partner sees it; `lines` and `given_back` are points per wallet, `at` in JST."""

    seq: int
    order_id: str
    holder: str
    at: datetime
    state: EntryState
    reason: str
    lines: Mapping[str, int]
    given_back: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedPoints:
    """The answer to a reversal; a `reason` means that it was refused."""

    seq: int
    reversal_id: str
    order_id: str
    at: datetime
    reason: str


def put_balance(db: sqlite3.Connection, holder: str, wallet: str, points: int) -> None:
    db.execute(
        "INSERT INTO balances VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET points = excluded.points",
        (holder, wallet, points),
    )


def balances(db: sqlite3.Connection, holder: str) -> dict[str, int]:
    rows = db.execute("SELECT wallet, points FROM balances WHERE holder = ? ORDER BY wallet", (holder,))
    return {row["wallet"]: row["points"] for row in rows}


def debit(
    db: sqlite3.Connection,
    order_id: str,
    holder: str,
    lines: Mapping[str, int],
    at: datetime,
    *,
    later: bool = False,
) -> Entry:
    """Take `lines` from the holder, or remember the refusal. The same order again gets its first answer.

    `later` only writes the order down; `finish` decides it. Raises OrderIdReused, or ValueError for lines that
    are not whole and positive.
    """
    lines = {wallet: points for wallet, points in lines.items() if points}
    if not lines or any(type(points) is not int or points < 0 for points in lines.values()):
        raise ValueError("a debit takes a whole, positive number of points")
    known = find(db, order_id)
    if known is not None:
        if known.holder != holder or dict(known.lines) != lines:
            raise OrderIdReused(order_id)
        return known
    _write_down(db, order_id, holder, lines, at)
    return _there(db, order_id) if later else finish(db, order_id)


def refuse(
    db: sqlite3.Connection, order_id: str, holder: str, lines: Mapping[str, int], at: datetime, reason: str
) -> Entry:
    """Remember an explicit no under this order id, so that it stays one."""
    _write_down(db, order_id, holder, {wallet: points for wallet, points in lines.items() if points}, at)
    return _decide(db, order_id, EntryState.REFUSED, reason)


def finish(db: sqlite3.Connection, order_id: str) -> Entry:
    """Decide an order that waits: all of its points are there, or it is refused whole."""
    entry = _there(db, order_id)
    if entry.state is not EntryState.PENDING:
        return entry
    held = balances(db, entry.holder)
    if any(held.get(wallet, 0) < points for wallet, points in entry.lines.items()):
        return _decide(db, order_id, EntryState.REFUSED, "not_enough")
    _add(db, entry.holder, {wallet: -points for wallet, points in entry.lines.items()})
    return _decide(db, order_id, EntryState.DONE, "")


def give_back(
    db: sqlite3.Connection, reversal_id: str, order_id: str, lines: Mapping[str, int], at: datetime
) -> ReturnedPoints:
    """Give points of a done debit back, never more in sum than were taken. Idempotent by `reversal_id`."""
    lines = {wallet: points for wallet, points in lines.items() if points}
    if not lines or any(type(points) is not int or points < 0 for points in lines.values()):
        raise ValueError("a reversal gives back a whole, positive number of points")
    content = json.dumps([order_id, lines], sort_keys=True)
    row = db.execute("SELECT * FROM reversals WHERE reversal_id = ?", (reversal_id,)).fetchone()
    if row is not None:
        if row["asked"] != content:
            raise OrderIdReused(reversal_id)
        return _given_back(row)
    entry, reason = find(db, order_id), ""
    if entry is None or entry.state is not EntryState.DONE:
        reason = "unknown_order"
    elif any(entry.lines.get(w, 0) - entry.given_back.get(w, 0) < points for w, points in lines.items()):
        reason = "more_than_was_taken"
    else:
        for wallet, points in lines.items():
            db.execute(
                "UPDATE debit_lines SET given_back = given_back + ? WHERE order_id = ? AND wallet = ?",
                (points, order_id, wallet),
            )
        _add(db, entry.holder, lines)
    db.execute(
        "INSERT INTO reversals (reversal_id, order_id, asked, at_us, reason) VALUES (?, ?, ?, ?, ?)",
        (reversal_id, order_id, content, _micros(at), reason),
    )
    row = db.execute("SELECT * FROM reversals WHERE reversal_id = ?", (reversal_id,)).fetchone()
    return _given_back(row)


def find(db: sqlite3.Connection, order_id: str) -> Entry | None:
    return next(iter(_entries(db, "order_id = ?", (order_id,))), None)


def pending(db: sqlite3.Connection) -> list[Entry]:
    return list(_entries(db, "state = 'pending'", ()))


def every_debit(db: sqlite3.Connection) -> list[Entry]:
    """The whole book, oldest first, for the comparison at the end of a story."""
    return list(_entries(db, "1", ()))


def debits_of(db: sqlite3.Connection, day: date, *, after: int = 0, limit: int = 500) -> list[Entry]:
    """Done debits of one day in JST, by sequence, those with a sequence above `after`."""
    start = datetime(day.year, day.month, day.day, tzinfo=JST)
    until = start + timedelta(days=1)
    where = "state = 'done' AND at_us >= ? AND at_us < ? AND seq > ?"
    return list(_entries(db, where, (_micros(start), _micros(until), after), limit))


def _write_down(
    db: sqlite3.Connection, order_id: str, holder: str, lines: Mapping[str, int], at: datetime
) -> None:
    db.execute(
        "INSERT INTO debits (order_id, holder, at_us, state) VALUES (?, ?, ?, 'pending')",
        (order_id, holder, _micros(at)),
    )
    db.executemany(
        "INSERT INTO debit_lines (order_id, wallet, points) VALUES (?, ?, ?)",
        [(order_id, wallet, points) for wallet, points in lines.items()],
    )


def _decide(db: sqlite3.Connection, order_id: str, state: EntryState, reason: str) -> Entry:
    db.execute("UPDATE debits SET state = ?, reason = ? WHERE order_id = ?", (state.value, reason, order_id))
    return _there(db, order_id)


def _there(db: sqlite3.Connection, order_id: str) -> Entry:
    entry = find(db, order_id)
    if entry is None:
        raise LookupError(order_id)
    return entry


def _add(db: sqlite3.Connection, holder: str, points: Mapping[str, int]) -> None:
    for wallet, change in points.items():
        db.execute(
            "UPDATE balances SET points = points + ? WHERE holder = ? AND wallet = ?",
            (change, holder, wallet),
        )


def _entries(
    db: sqlite3.Connection, where: str, values: tuple[str | int, ...], limit: int = -1
) -> Iterable[Entry]:
    # `where` is one of the constants above, never a caller's text.
    rows = db.execute(f"SELECT * FROM debits WHERE {where} ORDER BY seq LIMIT ?", (*values, limit)).fetchall()  # noqa: S608
    for row in rows:
        lines = db.execute(
            "SELECT wallet, points, given_back FROM debit_lines WHERE order_id = ? ORDER BY wallet",
            (row["order_id"],),
        ).fetchall()
        yield Entry(
            seq=row["seq"],
            order_id=row["order_id"],
            holder=row["holder"],
            at=_moment(row["at_us"]),
            state=EntryState(row["state"]),
            reason=row["reason"],
            lines={line["wallet"]: line["points"] for line in lines},
            given_back={line["wallet"]: line["given_back"] for line in lines if line["given_back"]},
        )


def _given_back(row: sqlite3.Row) -> ReturnedPoints:
    return ReturnedPoints(
        seq=row["seq"],
        reversal_id=row["reversal_id"],
        order_id=row["order_id"],
        at=_moment(row["at_us"]),
        reason=row["reason"],
    )


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _moment(at_us: int) -> datetime:
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(JST)
