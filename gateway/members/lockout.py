"""Lock-out after wrong passwords: five misses in a row close the door for 15 minutes, each further one for twice as
long, up to a day. It closes for where the misses came from, and for nobody else.

Misses are counted for a login and a source (a network, as the site saw it), so a stranger's misses lock the stranger out.
A browser that has signed in with this login before is a known device: it is counted by itself and passes the
strangers' locks. Only when fifty misses have come from everywhere is the login closed to unknown devices, for 15 minutes a
time.

Misses are kept under keyed hashes, whether or not anybody has the login, so being locked out tells nothing about who is
a member. An attempt is counted before the password is looked at and forgiven when it was right: a hundred guesses at
once are still five.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, case, delete, literal, or_, select, update

from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.platform.sql import insert_into

MISSES_ALLOWED: Final = 5
MISSES_ALLOWED_EVERYWHERE: Final = 50
FIRST_LOCK: Final = timedelta(minutes=15)
MAX_LOCK: Final = timedelta(days=1)
MISS_RETENTION: Final = timedelta(days=1)
"""How long misses count after the last one, or after its lock."""

_misses = tables.sign_in_misses


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt comes from, as keyed hashes. `device` is set when the browser proved that it is a known one."""

    source: str = ""
    device: str = ""


ANYWHERE: Final = Origin()


def login_hash(vault: Vault, mykey_id: str) -> str:
    """Under what a member's misses are counted."""
    # By the oldest look-up key: a turn-over lifts no lock.
    return vault.stable_hash(mykey_id, purpose="sign-in")


def lock_after(misses: int) -> timedelta | None:
    """How long the door closes after so many misses in a row; None while it stays open."""
    if misses < MISSES_ALLOWED:
        return None
    doublings = min(misses - MISSES_ALLOWED, 10)  # 2^10 times a quarter of an hour is far beyond a day
    return min(FIRST_LOCK * (1 << doublings), MAX_LOCK)


def lock_everywhere_after(misses: int) -> timedelta | None:
    """The same for all unknown devices together. It never doubles: it slows guessing down and keeps nobody out for long.

    Its misses are those of one day, so that one stranger who tries once a day never gets there.
    """
    return None if misses < MISSES_ALLOWED_EVERYWHERE else FIRST_LOCK


def count_attempt(conn: Connection, login_hash: str, now: datetime, origin: Origin = ANYWHERE) -> None:
    """Count an attempt as if it missed, before it is known. Raises ProblemError `sign-in-locked` (429) while locked."""
    for key, lock_for in _counters(login_hash, origin):
        _count(conn, key, now, lock_for)


def reset(conn: Connection, login_hash: str, origin: Origin = ANYWHERE) -> int:
    """The password was right: nothing is held against this origin any more. Returns how many misses others had.

    What a stranger's source has missed stays against it, or each sign-in of the owner would give it five more guesses.
    """
    keys = [key for key, _ in _counters(login_hash, origin)]
    everywhere = _count_of(conn, login_hash)
    own = 0 if origin.device or not origin.source else _count_of(conn, keys[0])
    conn.execute(delete(_misses).where(_misses.c.mykey_id_hash.in_({*keys, login_hash})))
    return max(0, everywhere - own)


def reset_everywhere(conn: Connection, login_hash: str) -> None:
    """A new password was handed over: no lock of this login stays, wherever its misses came from."""
    those = _misses.c.mykey_id_hash.startswith(f"{login_hash}/", autoescape=True)
    conn.execute(delete(_misses).where(or_(_misses.c.mykey_id_hash == login_hash, those)))


def locked_until(conn: Connection, login_hash: str, now: datetime) -> datetime | None:
    """Until when the longest lock of this login stands, wherever its misses came from; None while every door is open."""
    m = _misses.c
    of_login = or_(
        m.mykey_id_hash == login_hash, m.mykey_id_hash.startswith(f"{login_hash}/", autoescape=True)
    )
    query = (
        select(m.locked_until).where(of_login, m.locked_until > now).order_by(m.locked_until.desc()).limit(1)
    )
    until: datetime | None = conn.execute(query).scalar_one_or_none()
    return until


def uncount(conn: Connection, login_hash: str, origin: Origin = ANYWHERE) -> None:
    """An attempt was counted but never looked at (the server was busy): it does not count, nor does its lock."""
    for key, _ in _counters(login_hash, origin):
        conn.execute(
            update(_misses)
            .where(_misses.c.mykey_id_hash == key, _misses.c.misses > 0)
            .values(misses=_misses.c.misses - 1, locked_until=None)
        )


def _counters(login_hash: str, origin: Origin) -> tuple[tuple[str, Callable[[int], timedelta | None]], ...]:
    """What counts an attempt, the narrowest first: one that is locked there is not counted against all."""
    if origin.device:
        return ((f"{login_hash}/device/{origin.device}", lock_after),)
    if not origin.source:  # of one who names no source, all that is known is counted as one
        return ((f"{login_hash}/source/", lock_after),)
    return ((f"{login_hash}/source/{origin.source}", lock_after), (login_hash, lock_everywhere_after))


def _count(conn: Connection, key: str, now: datetime, lock_for: Callable[[int], timedelta | None]) -> None:
    counted = conn.execute(
        insert_into(conn, _misses)
        .values(mykey_id_hash=key, misses=1, locked_until=None, forget_at=now + MISS_RETENTION)
        .on_conflict_do_update(
            index_elements=[_misses.c.mykey_id_hash],
            set_={
                "misses": case((_misses.c.forget_at <= now, 1), else_=_misses.c.misses + 1),
                "locked_until": None,
                "forget_at": case(
                    (_misses.c.forget_at > now, _misses.c.forget_at),
                    else_=literal(now + MISS_RETENTION, tables.Instant),
                )
                if lock_for is lock_everywhere_after
                else now + MISS_RETENTION,
            },
            where=or_(_misses.c.locked_until.is_(None), _misses.c.locked_until <= now),
        )
        .returning(_misses.c.misses)
    ).scalar_one_or_none()
    if counted is None:
        raise _locked(conn, key, now)
    lock = lock_for(counted)
    if lock is not None:
        later = {} if lock_for is lock_everywhere_after else {"forget_at": now + lock + MISS_RETENTION}
        conn.execute(
            update(_misses).where(_misses.c.mykey_id_hash == key).values(locked_until=now + lock, **later)
        )


def _count_of(conn: Connection, key: str) -> int:
    count = conn.execute(select(_misses.c.misses).where(_misses.c.mykey_id_hash == key)).scalar_one_or_none()
    return count or 0


def prune(conn: Connection, now: datetime) -> int:
    """Delete misses that no longer count, for the nightly sweep. Returns how many."""
    return conn.execute(delete(_misses).where(_misses.c.forget_at <= now)).rowcount


def _locked(conn: Connection, key: str, now: datetime) -> ProblemError:
    until: datetime = conn.execute(
        select(_misses.c.locked_until).where(_misses.c.mykey_id_hash == key)
    ).scalar_one()
    return ProblemError(
        "sign-in-locked",
        "Too many wrong attempts with this MyKey ID. Wait until the time given, or sign in with the card; "
        "nothing else is needed, the lock opens by itself.",
        retry_after_s=-((now - until) // timedelta(seconds=1)),
        again_at=until.isoformat(),
    )
