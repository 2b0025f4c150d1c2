"""Lock-out after wrong passwords: five misses in a row close the door for 15 minutes, each further one for twice as
long, up to a day.

Misses are counted under a keyed hash of the MyKey ID that was typed, whether or not anybody has it, so being
locked out tells nothing about who is a member. An attempt is counted before the password is looked at and
forgiven when it was right: a hundred guesses at once are still five.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, case, delete, or_, select, update

from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.sql import insert_into

MISSES_ALLOWED: Final = 5
FIRST_LOCK: Final = timedelta(minutes=15)
MAX_LOCK: Final = timedelta(days=1)
MISS_RETENTION: Final = timedelta(days=1)
"""How long misses count after the last one, or after its lock."""

_misses = tables.sign_in_misses


def lock_after(misses: int) -> timedelta | None:
    """How long the door closes after so many misses in a row; None while it stays open."""
    if misses < MISSES_ALLOWED:
        return None
    doublings = min(misses - MISSES_ALLOWED, 10)  # 2^10 times a quarter of an hour is far beyond a day
    return min(FIRST_LOCK * (1 << doublings), MAX_LOCK)


def count_attempt(conn: Connection, mykey_id_hash: str, now: datetime) -> None:
    """Count an attempt as if it missed, before it is known. Raises ProblemError `sign-in-locked` (429) while locked."""
    counted = conn.execute(
        insert_into(conn, _misses)
        .values(mykey_id_hash=mykey_id_hash, misses=1, locked_until=None, forget_at=now + MISS_RETENTION)
        .on_conflict_do_update(
            index_elements=[_misses.c.mykey_id_hash],
            set_={
                "misses": case((_misses.c.forget_at <= now, 1), else_=_misses.c.misses + 1),
                "locked_until": None,
                "forget_at": now + MISS_RETENTION,
            },
            where=or_(_misses.c.locked_until.is_(None), _misses.c.locked_until <= now),
        )
        .returning(_misses.c.misses)
    ).scalar_one_or_none()
    if counted is None:
        raise _locked(conn, mykey_id_hash, now)
    lock = lock_after(counted)
    if lock is not None:
        conn.execute(
            update(_misses)
            .where(_misses.c.mykey_id_hash == mykey_id_hash)
            .values(locked_until=now + lock, forget_at=now + lock + MISS_RETENTION)
        )


def reset(conn: Connection, mykey_id_hash: str) -> None:
    """The password was right: nothing is held against this MyKey ID any more."""
    conn.execute(delete(_misses).where(_misses.c.mykey_id_hash == mykey_id_hash))


def uncount(conn: Connection, mykey_id_hash: str) -> None:
    """An attempt was counted but never looked at (the server was busy): it does not count, nor does its lock."""
    conn.execute(
        update(_misses)
        .where(_misses.c.mykey_id_hash == mykey_id_hash, _misses.c.misses > 0)
        .values(misses=_misses.c.misses - 1, locked_until=None)
    )


def prune(conn: Connection, now: datetime) -> int:
    """Delete misses that no longer count, for the nightly sweep. Returns how many."""
    return conn.execute(delete(_misses).where(_misses.c.forget_at <= now)).rowcount


def _locked(conn: Connection, mykey_id_hash: str, now: datetime) -> ProblemError:
    until: datetime = conn.execute(
        select(_misses.c.locked_until).where(_misses.c.mykey_id_hash == mykey_id_hash)
    ).scalar_one()
    return ProblemError(
        "sign-in-locked",
        "Too many wrong attempts with this MyKey ID. Wait until the time given, or sign in with the card; "
        "nothing else is needed, the lock opens by itself.",
        retry_after_s=-((now - until) // timedelta(seconds=1)),
        again_at=until.isoformat(),
    )
