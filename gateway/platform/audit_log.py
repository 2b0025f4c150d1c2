"""What staff did: one append-only, hash-chained log for each city, with who, what, to whom and why.

A line is written in the transaction of the deed itself, so there is no deed without its line. The hash of each
covers the one before it, and each is signed under a key that the database does not hold: a line that is changed,
dropped or slipped in later shows when the log is read again, whoever wrote it.
Secrets and passwords never come here; MyKey IDs do, because a log that names nobody proves nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from core_ledger import ChainKeys, KeyOrder, add_notes, keys_of
from gateway.platform import tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_into

_lines = tables.audit_lines
_heads = tables.audit_heads
_seals = tables.audit_seals
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
class AuditEntry:
    """What a new line says, besides who and when."""

    action: AuditAction
    subject: str = ""
    reason: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)


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
    action: AuditAction,
    subject: str = "",
    reason: str = "",
    facts: Mapping[str, str | int] | None = None,
) -> AuditLine:
    """Add a line to the city's log, as a part of the caller's transaction."""
    entry = AuditEntry(action=action, subject=subject, reason=reason, facts=facts or {})
    return write_many(conn, municipality, [entry], at=at, actor=actor, actor_name=actor_name)[0]


def write_many(
    conn: Connection,
    municipality: str,
    entries: Sequence[AuditEntry],
    *,
    at: datetime,
    actor: str,
    actor_name: str,
) -> list[AuditLine]:
    """Add the lines of one actor at one moment, at least one, with as few statements as one line needs."""
    seq, hashed = _locked_head(conn, municipality)
    first, keys = seq + 1, keys_of(conn)
    rows = []
    for entry in entries:
        seq += 1
        facts = json.dumps(dict(entry.facts), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        values = {
            "municipality": municipality, "seq": seq, "at": at, "actor": actor, "actor_name": actor_name,
            "action": entry.action.value, "subject": entry.subject, "reason": entry.reason, "facts": facts,
        }  # fmt: skip
        hashed = _hash(hashed, values)
        rows.append(
            values | {"hash": hashed, "mac": keys.sign(_signed_part(hashed)) if keys is not None else None}
        )
    conn.execute(insert(_lines), rows)
    conn.execute(update(_heads).where(_heads.c.municipality == municipality).values(seq=seq, hash=hashed))
    query = select(_lines).where(_lines.c.municipality == municipality, _lines.c.seq >= first)
    lines = [_line(row) for row in conn.execute(query.order_by(_lines.c.seq))]
    add_notes(conn, lines)
    return lines


def page(
    conn: Connection,
    municipality: str,
    *,
    before: int | None = None,
    limit: int | None = 50,
    actions: Collection[str] | None = None,
    subject: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[AuditLine]:
    """Read the city's log, newest first; pass the last line's `seq` as `before` for the next page. A `limit` of None is all of them.

    `actions`, `subject` and `actor` leave out all other deeds, those that were done to others, and those of others;
    `since` (inclusive) and `until` (exclusive) those of other times.
    """
    query = select(_lines).where(_lines.c.municipality == municipality)
    if actions is not None:
        query = query.where(_lines.c.action.in_(actions))
    if subject is not None:
        query = query.where(_lines.c.subject == subject)
    if actor is not None:
        query = query.where(_lines.c.actor == actor)
    if since is not None:
        query = query.where(_lines.c.at >= since)
    if until is not None:
        query = query.where(_lines.c.at < until)
    if before is not None:
        query = query.where(_lines.c.seq < before)
    return [_line(row) for row in conn.execute(query.order_by(_lines.c.seq.desc()).limit(limit))]


def verify(conn: Connection, municipality: str | None = None) -> list[AuditFault]:
    """Read the log of one city, or of all, again; an empty list means that nothing was tampered with."""
    query = select(_heads).order_by(_heads.c.municipality)
    if municipality is not None:
        query = query.where(_heads.c.municipality == municipality)
    keys = keys_of(conn)
    seals, faults = _read_seals(conn, keys)
    for head in conn.execute(query).all():
        faults += _verify_one(conn, head, keys, seals.pop(head.municipality, (0, START)))
    for city, (seq, _) in sorted(seals.items()):
        if seq and municipality in (None, city):
            faults.append(
                AuditFault(municipality=city, seq=seq, text="this log was signed here, and is gone")
            )
    known = {head.municipality for head in conn.execute(select(_heads.c.municipality))}
    for city in conn.execute(select(_lines.c.municipality).distinct()).scalars():
        if city not in known and municipality in (None, city):
            faults.append(AuditFault(municipality=city, seq=0, text="the head of this log is gone"))
    return faults


def has_lines(conn: Connection) -> bool:
    """Whether anything was ever written, in any city's log."""
    return conn.execute(select(_lines.c.seq).limit(1)).first() is not None


def seal_logs(conn: Connection, keys: ChainKeys) -> int:
    """Sign the logs that are older than the keys at their ends, once; how many were signed now."""
    if conn.execute(select(_seals.c.seq).where(_seals.c.municipality == "")).first() is not None:
        return 0
    heads = conn.execute(select(_heads)).all()
    ends = [(head.municipality, head.seq, head.hash) for head in heads]
    for city, seq, hashed in [*ends, ("", len(heads), START)]:
        mac = keys.sign(_sealed_part(city, seq, hashed))
        conn.execute(insert(_seals).values(municipality=city, seq=seq, hash=hashed, mac=mac))
    return len(heads)


def _read_seals(
    conn: Connection, keys: ChainKeys | None
) -> tuple[dict[str, tuple[int, bytes]], list[AuditFault]]:
    if keys is None:
        return {}, []
    rows = conn.execute(select(_seals)).all()
    seals = {row.municipality: (row.seq, row.hash) for row in rows}
    count = seals.pop("", None)
    faults = [
        AuditFault(
            municipality=row.municipality, seq=row.seq, text="the seal of this log is under no key of ours"
        )
        for row in rows
        if keys.age_of(_sealed_part(row.municipality, row.seq, row.hash), row.mac) is None
    ]
    if count is None or count[0] != len(seals):
        faults.append(
            AuditFault(municipality="", seq=0, text="the seals of the logs are gone, or some of them")
        )
    return seals, faults


def _sealed_part(municipality: str, seq: int, hashed: bytes) -> bytes:
    return b"audit seal\x00" + f"{municipality}\x00{seq}\x00".encode() + hashed


def _signed_part(hashed: bytes) -> bytes:
    return b"audit line\x00" + hashed


def _signature_fault(
    row: Row[Any], keys: ChainKeys, sealed: tuple[int, bytes], order: KeyOrder
) -> str | None:
    """What is wrong with a line's signature. `order` is that of the keys of this log."""
    if row.seq == sealed[0] and row.hash != sealed[1]:
        return "the log was signed here when the keys came, and its lines are others now"
    if row.mac is None and row.seq <= sealed[0]:
        return None
    age = keys.age_of(_signed_part(row.hash), row.mac)
    if age is None:
        return "this line is signed with no key of this gateway: it was not written by it"
    if not order.allows(age, int(row.at.timestamp() * 1_000_000)):
        return "this line is signed with an older key than a line before it"
    return None


def _verify_one(
    conn: Connection, head: Row[Any], keys: ChainKeys | None, sealed: tuple[int, bytes]
) -> list[AuditFault]:
    order = KeyOrder()
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
        if keys is not None:
            text = _signature_fault(row, keys, sealed, order)
            if text is not None:
                faults.append(AuditFault(municipality=city, seq=row.seq, text=text))
    if keys is not None and head.seq < sealed[0]:
        faults.append(
            AuditFault(
                municipality=city, seq=sealed[0], text="the log had a signed line here, and it is gone"
            )
        )
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
