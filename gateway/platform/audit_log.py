"""What staff did: one append-only, hash-chained log for each city, with who, what, to whom and why.

A line is written in the transaction of the deed itself, so there is no deed without its line. The hash of each
covers the one before it: a line that is changed, dropped or slipped in later shows when the chain is read again.
Secrets and passwords never come here; MyKey IDs do, because a log that names nobody proves nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from gateway.platform import tables
from gateway.platform.sql import insert_into

_lines = tables.audit_lines
_heads = tables.audit_heads
START: Final = bytes(32)
PAGE_SIZE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One deed. `actor` is a staff id, or "system"; `subject` names what it was done to."""

    municipality: str
    seq: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    subject: str
    reason: str
    facts: Mapping[str, str | int]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFault:
    """A place where the log is not what was written: the line of that number, and what is wrong with it."""

    municipality: str
    seq: int
    text: str


def write(
    conn: Connection,
    municipality: str,
    *,
    at: datetime,
    actor: str,
    actor_name: str,
    action: str,
    subject: str = "",
    reason: str = "",
    facts: Mapping[str, str | int] | None = None,
) -> AuditLine:
    """Add a line to the city's log, as a part of the caller's transaction."""
    seq, before = _locked_head(conn, municipality)
    told = json.dumps(dict(facts or {}), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    values = {
        "municipality": municipality, "seq": seq + 1, "at": at, "actor": actor, "actor_name": actor_name,
        "action": action, "subject": subject, "reason": reason, "facts": told,
    }  # fmt: skip
    hashed = _hash(before, values)
    conn.execute(insert(_lines).values(**values, hash=hashed))
    conn.execute(update(_heads).where(_heads.c.municipality == municipality).values(seq=seq + 1, hash=hashed))
    row = conn.execute(
        select(_lines).where(_lines.c.municipality == municipality, _lines.c.seq == seq + 1)
    ).one()
    return _line(row)


def page(
    conn: Connection,
    municipality: str,
    *,
    before: int | None = None,
    limit: int = 50,
    actions: Collection[str] | None = None,
    subject: str | None = None,
) -> list[AuditLine]:
    """Read the city's log, newest first; pass the last line's `seq` as `before` for the next page.

    `actions` and `subject` leave out all other deeds, and those that were done to others.
    """
    query = select(_lines).where(_lines.c.municipality == municipality)
    if actions is not None:
        query = query.where(_lines.c.action.in_(actions))
    if subject is not None:
        query = query.where(_lines.c.subject == subject)
    if before is not None:
        query = query.where(_lines.c.seq < before)
    return [_line(row) for row in conn.execute(query.order_by(_lines.c.seq.desc()).limit(limit))]


def verify(conn: Connection, municipality: str | None = None) -> list[AuditFault]:
    """Read the log of one city, or of all, again; an empty list means that nothing was tampered with."""
    query = select(_heads).order_by(_heads.c.municipality)
    if municipality is not None:
        query = query.where(_heads.c.municipality == municipality)
    faults: list[AuditFault] = []
    for head in conn.execute(query).all():
        faults += _verify_one(conn, head)
    known = {head.municipality for head in conn.execute(select(_heads.c.municipality))}
    for city in conn.execute(select(_lines.c.municipality).distinct()).scalars():
        if city not in known and municipality in (None, city):
            faults.append(AuditFault(municipality=city, seq=0, text="the head of this log is gone"))
    return faults


def _verify_one(conn: Connection, head: Row[Any]) -> list[AuditFault]:
    city, expected, before = head.municipality, 0, START
    faults: list[AuditFault] = []
    for row in _all_lines(conn, city):
        expected += 1
        if row.seq != expected:
            faults.append(AuditFault(municipality=city, seq=expected, text="this line is gone"))
            expected = row.seq
        values = {name: getattr(row, name) for name in _SEALED}
        if _hash(before, values) != row.hash:
            faults.append(
                AuditFault(municipality=city, seq=row.seq, text="this line is not the one that was written")
            )
        before = row.hash
    if (expected, before) != (head.seq, head.hash):
        faults.append(AuditFault(municipality=city, seq=head.seq, text="the log does not end where it ended"))
    return faults


def _all_lines(conn: Connection, municipality: str) -> Iterator[Row[Any]]:
    after = -1
    while True:
        rows = conn.execute(
            select(_lines)
            .where(_lines.c.municipality == municipality, _lines.c.seq > after)
            .order_by(_lines.c.seq)
            .limit(PAGE_SIZE)
        ).all()
        yield from rows
        if len(rows) < PAGE_SIZE:
            return
        after = rows[-1].seq


_SEALED: Final = (
    "municipality", "seq", "at", "actor", "actor_name", "action", "subject", "reason", "facts",
)  # fmt: skip


def _hash(before: bytes, values: Mapping[str, Any]) -> bytes:
    said = [values[name].isoformat() if name == "at" else values[name] for name in _SEALED]
    return hashlib.sha256(
        before + json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    ).digest()


def _locked_head(conn: Connection, municipality: str) -> tuple[int, bytes]:
    """Where the log ends, locked until the transaction does: two writers never make the same line."""
    conn.execute(
        insert_into(conn, _heads)
        .values(municipality=municipality, seq=0, hash=START)
        .on_conflict_do_nothing()
    )
    row = conn.execute(
        select(_heads.c.seq, _heads.c.hash).where(_heads.c.municipality == municipality).with_for_update()
    ).one()
    return row.seq, row.hash


def _line(row: Row[Any]) -> AuditLine:
    return AuditLine(
        municipality=row.municipality,
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        actor_name=row.actor_name,
        action=row.action,
        subject=row.subject,
        reason=row.reason,
        facts=json.loads(row.facts),
        hash=row.hash.hex(),
    )
