"""Bound tills as rows: phones and tablets that stay signed in at a shop's till. Sync functions of a Connection.

A till shows its secret once a day at most and is given the next one. The secrets of one till begin alike (its family), so that
one which was good before is known again: then somebody has a copy. Only hashes are kept.

    bound ──► ended, by the shop, the city, a new password, the shop's closing, a copy, or disuse; never bound again
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from gateway.cities import tables
from gateway.cities.city_context import StaffActor, write_audit
from gateway.cities.proposals.propose import SystemActor
from gateway.cities.staff.staff_rows import hash_of
from gateway.errors import ProblemError
from gateway.model import Secret
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_facts import TillEnd

ENDED_RETENTION: Final = timedelta(days=90)
MAX_GIVEN: Final = 4
"""Secrets given for the one that was shown last: answers that were lost, and pages that asked at once."""
MAX_OF_A_SHOP: Final = 50

_tills: Final = tables.tills
_tokens: Final = tables.till_tokens
_sessions: Final = tables.staff_sessions
_TOKEN: Final = re.compile(r"pgb_([A-Za-z0-9_-]{43})[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """One device. `staff_id` is whose log-in it acts with; `ended_by` is a `TillEnd`."""

    till_id: str
    municipality: str
    shop_id: str
    staff_id: str
    name: str
    bound_at: datetime
    used_at: datetime
    ended_at: datetime | None
    ended_by: str | None


def add(
    conn: Connection, *, municipality: str, shop_id: str, staff_id: str, name: str, at: datetime
) -> tuple[Till, Secret]:
    """Bind a device; gives it and its first secret (`pgb_…`), which is kept nowhere."""
    family, till_id = secrets.token_urlsafe(32), secrets.token_hex(16)
    conn.execute(
        insert(_tills).values(
            till_id=till_id,
            municipality=municipality,
            shop_id=shop_id,
            staff_id=staff_id,
            name=name,
            family_hash=hash_of(family),
            bound_at=at,
            used_at=at,
        )
    )
    return require(conn, municipality, shop_id, till_id), _give(conn, till_id, family, at)


def require(conn: Connection, municipality: str, shop_id: str, till_id: str, *, lock: bool = False) -> Till:
    """Give a till of this shop. Raises ProblemError `unknown-till` (404), also for another shop's."""
    query = select(_tills).where(
        _tills.c.till_id == till_id, _tills.c.municipality == municipality, _tills.c.shop_id == shop_id
    )
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise ProblemError("unknown-till", "This shop has no such till.")
    return _till(row)


def list_by_shop(conn: Connection, municipality: str, shop_id: str, *, used_after: datetime) -> list[Till]:
    """The bound ones that were used since, the newest first."""
    query = (
        select(_tills)
        .where(
            _tills.c.municipality == municipality, _tills.c.shop_id == shop_id,
            _tills.c.ended_at.is_(None), _tills.c.used_at > used_after,
        )
        .order_by(_tills.c.bound_at.desc(), _tills.c.till_id)
    )  # fmt: skip
    return [_till(row) for row in conn.execute(query)]


def lock_by_token(conn: Connection, token: str) -> Till | None:
    """The till to whose family a secret belongs, locked, be it ended or the secret an old one. None for any other text."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    query = select(_tills).where(_tills.c.family_hash == hash_of(match[1])).with_for_update()
    row = conn.execute(query).one_or_none()
    return None if row is None else _till(row)


def show(conn: Connection, till: Till, token: str, at: datetime) -> Secret | None:
    """Take a secret and give the next one. None where it was good before: two have it, and one has gone on without the other.

    The one shown last stays good until the next is shown: an answer may be lost, and two pages may ask at once.
    """
    known = conn.execute(
        select(_tokens.c.shown).where(
            _tokens.c.token_hash == hash_of(token), _tokens.c.till_id == till.till_id
        )
    ).one_or_none()
    if known is None:
        return None
    if not known.shown:
        others = (_tokens.c.till_id == till.till_id) & (_tokens.c.token_hash != hash_of(token))
        conn.execute(delete(_tokens).where(others))
        conn.execute(update(_tokens).where(_tokens.c.token_hash == hash_of(token)).values(shown=True))
    _forget_oldest(conn, till.till_id)
    mark_used(conn, till.till_id, at)
    return _give(conn, till.till_id, token[4:47], at)


def mark_used(conn: Connection, till_id: str, at: datetime) -> None:
    conn.execute(update(_tills).where(_tills.c.till_id == till_id).values(used_at=at))


def end(conn: Connection, who: StaffActor, till: Till, by: TillEnd, at: datetime, reason: str = "") -> bool:
    """End one that the caller has locked, with its secrets and sessions, and a line of the audit log. False where it has ended."""
    if till.ended_at is not None:
        return False
    forget(conn, till.till_id, by, at)
    facts: dict[str, str | int] = {"till": till.till_id, "name": till.name, "ended_by": by.value}
    write_audit(conn, who, at, AuditAction.TILL_ENDED, till.shop_id, reason, facts)
    return True


def end_all(conn: Connection, who: StaffActor, which: ColumnElement[bool], by: TillEnd, at: datetime) -> int:
    """End all of them, in one order for everybody. Returns how many."""
    bound = which & (_tills.c.municipality == who.municipality) & _tills.c.ended_at.is_(None)
    query = select(_tills).where(bound).order_by(_tills.c.till_id).with_for_update()
    return sum(end(conn, who, _till(row), by, at) for row in conn.execute(query).all())


def of_person(staff_id: str) -> ColumnElement[bool]:
    return _tills.c.staff_id == staff_id


def of_shop(shop_id: str) -> ColumnElement[bool]:
    return _tills.c.shop_id == shop_id


def forget(conn: Connection, till_id: str, by: TillEnd, at: datetime) -> int:
    """End a bound one without a word in the log: for what has its line already."""
    conn.execute(delete(_tokens).where(_tokens.c.till_id == till_id))
    conn.execute(delete(_sessions).where(_sessions.c.till_id == till_id))
    bound = (_tills.c.till_id == till_id) & _tills.c.ended_at.is_(None)
    return conn.execute(update(_tills).where(bound).values(ended_at=at, ended_by=by.value)).rowcount


def forget_unused(conn: Connection, now: datetime, unused_ttl: timedelta) -> int:
    """End what was not used for so long, and drop what ended long ago, for the nightly sweep. Returns how many."""
    unused = _tills.c.ended_at.is_(None) & (_tills.c.used_at <= now - unused_ttl)
    query = select(_tills).where(unused).order_by(_tills.c.municipality, _tills.c.till_id).with_for_update()
    ended = sum(
        end(conn, SystemActor(till.municipality), till, TillEnd.UNUSED, now)
        for till in map(_till, conn.execute(query).all())
    )
    return ended + conn.execute(delete(_tills).where(_tills.c.ended_at <= now - ENDED_RETENTION)).rowcount


def _give(conn: Connection, till_id: str, family: str, at: datetime) -> Secret:
    token = Secret(f"pgb_{family}{secrets.token_urlsafe(32)}")
    conn.execute(
        insert(_tokens).values(token_hash=hash_of(token.reveal()), till_id=till_id, shown=False, issued_at=at)
    )
    return token


def _forget_oldest(conn: Connection, till_id: str) -> None:
    """Room for one more that is given."""
    query = (
        select(_tokens.c.token_hash, _tokens.c.shown)
        .where(_tokens.c.till_id == till_id)
        .order_by(_tokens.c.issued_at.desc(), _tokens.c.token_hash)
    )
    given = [row.token_hash for row in conn.execute(query) if not row.shown]
    for token_hash in given[MAX_GIVEN - 1 :]:
        conn.execute(delete(_tokens).where(_tokens.c.token_hash == token_hash))


def _till(row: Row[Any]) -> Till:
    return Till(
        till_id=row.till_id,
        municipality=row.municipality,
        shop_id=row.shop_id,
        staff_id=row.staff_id,
        name=row.name,
        bound_at=row.bound_at,
        used_at=row.used_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
