"""How a move is sealed: its canonical content, its hash, and the link to the one before it.

Pure functions of plain values, so that anybody can rebuild a chain from an export with forty lines of any
language. Canonical content is a JSON list without spaces, in UTF-8, of the columns in the order of Record
with `asked` in hex and without `hash`; a move's hash is SHA-256 over the previous hash and that content.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from core_ledger.transfers import Hold, LotMovement, Move, Post, Receipt, Transfer, Void

GENESIS = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_GIVES = (Transfer, Hold)
_text = json.encoder.encode_basestring


class Record(NamedTuple):
    """One row of `moves`, its fields in the order of the table's columns."""

    book_id: str
    seq: int
    id: str
    action: str
    source: str
    target: str
    points: int
    at: int
    kind: str
    reference: str
    details: str
    hold: str | None
    lots: str
    source_balance: int
    target_balance: int
    source_prev: int
    target_prev: int
    asked: bytes
    hash: bytes
    mac: bytes | None = None


def content(row: Sequence[Any]) -> bytes:
    """Write the canonical content of a record (its hash may be missing): what its hash covers besides the one before."""
    # Written by hand: json.dumps of the same list takes four times as long, and it is most of a move's cost.
    book, seq, name, action, source, target, points, at, kind, reference, details, hold, lots = row[:13]
    source_balance, target_balance, source_prev, target_prev, digest = row[13:18]
    return (
        f"[{_text(book)},{seq},{_text(name)},{_text(action)},{_text(source)},{_text(target)},{points},{at},"
        f"{_text(kind)},{_text(reference)},{_text(details)},{'null' if hold is None else _text(hold)},{_text(lots)},"
        f'{source_balance},{target_balance},{source_prev},{target_prev},"{digest.hex()}"]'
    ).encode()


def link(previous: bytes, row: Sequence[Any]) -> bytes:
    """Compute the hash that seals a record behind the hash `previous` (32 bytes)."""
    return hashlib.sha256(previous + content(row)).digest()


def signed_part(digest: bytes) -> bytes:
    """What the signature of a move covers: its hash, told apart from the hashes of other chains under the same key."""
    return b"move\x00" + digest


def content_digest(move: Move) -> bytes:
    """Digest what a move asks for, to tell a repeat from another move under the same id (16 bytes).

    The time is left out: a caller that asks again after a lost answer asks for the same thing later.
    """
    if isinstance(move, _GIVES):
        words = [
            action_of(move),
            move.source,
            move.target,
            str(move.points),
            move.kind,
            _day(move.issued_on),
            _day(move.issued_from),
            _day(move.issued_until),
            move.reference,
        ]
        details = move.details
    elif isinstance(move, Post):
        words, details = ["post", move.hold, move.reference], move.details
    else:
        words, details = ["void", move.hold, move.reason], {}
    if details:
        words.append(details_text(details))
    # No word contains the separator (`check` sees to it), so no two different wishes look alike.
    return hashlib.sha256("\x1f".join(words).encode()).digest()[:16]


def action_of(move: Move) -> str:
    """Name the move as the column `action` does."""
    if isinstance(move, Transfer):
        return "transfer"
    if isinstance(move, Hold):
        return "hold"
    return "void" if isinstance(move, Void) else "post"


def details_text(details: Mapping[str, str]) -> str:
    """Write details as JSON with sorted keys; nothing becomes the empty text."""
    if not details:
        return ""
    # By hand, as the content is: twice in each move, and in half of the time.
    return "{" + ",".join([f"{_text(key)}:{_text(value)}" for key, value in sorted(details.items())]) + "}"


def read_details(text: str) -> dict[str, str]:
    """Read what details_text wrote."""
    return json.loads(text) if text else {}


def lots_text(lots: list[tuple[str, int]]) -> str:
    """Write lots as JSON: a list of [day, points]."""
    return "[" + ",".join(f'["{day}",{points}]' for day, points in lots) + "]"


def read_lots(text: str) -> list[tuple[str, int]]:
    """Read what lots_text wrote, days still as text."""
    return [(day, points) for day, points in json.loads(text)]


@lru_cache(maxsize=4096)
def lots(text: str) -> tuple[LotMovement, ...]:
    """Read what lots_text wrote as values for a caller."""
    return tuple(LotMovement(date.fromisoformat(day), points) for day, points in json.loads(text))


def microseconds(at: datetime) -> int:
    """Turn an aware datetime into microseconds since 1970-01-01 UTC, exactly."""
    return (at - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """Turn microseconds since 1970-01-01 UTC back into a datetime in UTC."""
    return _EPOCH + at * _MICROSECOND


def receipt(record: Record, *, replayed: bool) -> Receipt:
    """Hand out the receipt of a stored or just planned record."""
    return Receipt(
        move_id=record.id,
        book=record.book_id,
        seq=record.seq,
        hash=record.hash.hex(),
        points=record.points,
        lot_movements=lots(record.lots),
        replayed=replayed,
    )


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
