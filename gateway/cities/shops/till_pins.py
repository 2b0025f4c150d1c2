"""The PIN for refunds at a bound till: four to eight digits of a shop, kept as argon2id over a keyed hash.

As with a card's PIN, five misses in a row lock it, counted before the PIN is looked at. A sign-in of somebody who may set it
anew, the shop's owner, lifts that; one of a till's person or a book-keeper does not: they would guess without an end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update

from gateway.cities import tables
from gateway.cities.city_context import CityContext
from gateway.errors import ProblemError
from gateway.platform.sql import insert_into

MISSES_ALLOWED: Final = 5
_pins: Final = tables.till_pins
_PIN: Final = re.compile(r"[0-9]{4,8}")
_RUNS: Final = ("01234567890123456", "98765432109876543")
_LEAP_YEAR: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class PinState:
    is_set: bool
    is_locked: bool


def check_new(pin: str) -> None:
    """Refuse a PIN that anyone would try first. Raises ProblemError `till-pin-unfit` (422)."""
    halves = {pin[at : at + 2] for at in range(0, len(pin), 2)}
    is_repeated = len(set(pin)) == 1 or (len(pin) % 2 == 0 and len(halves) == 1)
    if not _PIN.fullmatch(pin) or is_repeated or any(pin in run for run in _RUNS) or _is_birthday(pin):
        raise ProblemError(
            "till-pin-unfit",
            "A PIN has four to eight digits, and is neither a repetition, nor digits in a row, nor a year, nor a birthday.",
        )


def _is_birthday(pin: str) -> bool:
    """A year, or a day with or without its year, in the orders that people write."""
    is_year = len(pin) == 4 and pin[:2] in ("19", "20")
    days = {4: (pin,), 6: (pin[2:], pin[:4]), 8: (pin[4:], pin[:4])}.get(len(pin), ())
    return is_year or any(_is_day(day[:2], day[2:]) or _is_day(day[2:], day[:2]) for day in days)


def _is_day(month: str, day: str) -> bool:
    try:
        date(_LEAP_YEAR, int(month), int(day))
    except ValueError:
        return False
    return True


async def hashed(context: CityContext, code: str, shop_id: str, pin: str) -> str:
    """The hash that is kept. Raises ProblemError `busy` (503)."""
    return await context.hasher.hash(_bound(context, code, shop_id, pin))


async def prove(context: CityContext, code: str, shop_id: str, pin: str | None) -> str:
    """Compare what was typed with the shop's PIN; gives the hash that it fits.

    Raises ProblemError: `till-no-pin`, `till-pin-needed` (409), `till-pin-wrong` with `tries_left`, `till-pin-locked` (403),
    `busy` (503).
    """
    if pin is None:
        state = await context.store.read(lambda conn: state_of(conn, code, shop_id))
        raise _none_set() if not state.is_set else _locked() if state.is_locked else _needed()
    row = await context.store.run(lambda conn: _count(conn, code, shop_id))
    if row is None:
        raise _none_set()
    if row.misses >= MISSES_ALLOWED:
        raise _locked()
    try:
        verdict = await context.hasher.verify(
            row.pin_hash, _bound(context, code, shop_id, pin), is_known=True
        )
    except ProblemError:  # busy: it was counted and never looked at
        await context.store.run(lambda conn: _write_misses(conn, row, _pins.c.misses - 1))
        raise
    if not verdict.right:
        left = MISSES_ALLOWED - row.misses - 1
        if not left:
            raise _locked()
        raise ProblemError(
            "till-pin-wrong", f"This is not the shop's PIN. Nothing was given back; {left} more wrong ones lock it.",
            tries_left=left,
        )  # fmt: skip
    await context.store.run(lambda conn: _write_misses(conn, row, 0))
    return str(row.pin_hash)


def require_unchanged(conn: Connection, code: str, shop_id: str, pin_hash: str) -> None:
    """That the PIN which was proven is the shop's still. Raises ProblemError `till-pin-needed` (409)."""
    row = _find(conn, code, shop_id, lock=True)
    if row is None or row.pin_hash != pin_hash:
        raise _needed()


def state_of(conn: Connection, code: str, shop_id: str) -> PinState:
    row = _find(conn, code, shop_id)
    return PinState(is_set=row is not None, is_locked=row is not None and row.misses >= MISSES_ALLOWED)


def save(conn: Connection, code: str, shop_id: str, pin_hash: str, at: datetime) -> None:
    values = {"pin_hash": pin_hash, "misses": 0, "set_at": at}
    conn.execute(
        insert_into(conn, _pins)
        .values(municipality=code, shop_id=shop_id, **values)
        .on_conflict_do_update(index_elements=[_pins.c.municipality, _pins.c.shop_id], set_=values)
    )


def remove(conn: Connection, code: str, shop_id: str, *, set_until: datetime | None = None) -> int:
    """Take the PIN away, where it was set by then; how many that were."""
    which = (_pins.c.municipality == code) & (_pins.c.shop_id == shop_id)
    if set_until is not None:
        which &= _pins.c.set_at <= set_until
    return conn.execute(delete(_pins).where(which)).rowcount


def lift(conn: Connection, code: str, shop_id: str) -> None:
    """Somebody who keeps the shop has signed in with the password: what was missed counts no more."""
    which = (_pins.c.municipality == code) & (_pins.c.shop_id == shop_id) & (_pins.c.misses > 0)
    conn.execute(update(_pins).where(which).values(misses=0))


def _count(conn: Connection, code: str, shop_id: str) -> Row[Any] | None:
    """The row as it was before this try, which is counted unless it is locked."""
    row = _find(conn, code, shop_id, lock=True)
    if row is not None and row.misses < MISSES_ALLOWED:
        _write_misses(conn, row, row.misses + 1)
    return row


def _find(conn: Connection, code: str, shop_id: str, *, lock: bool = False) -> Row[Any] | None:
    query = select(_pins).where(_pins.c.municipality == code, _pins.c.shop_id == shop_id)
    return conn.execute(query.with_for_update() if lock else query).one_or_none()


def _write_misses(conn: Connection, row: Row[Any], misses: Any) -> None:
    """Of the PIN that was looked at; of one that was set since, nothing is known."""
    same = (
        (_pins.c.municipality == row.municipality)
        & (_pins.c.shop_id == row.shop_id)
        & (_pins.c.pin_hash == row.pin_hash)
    )
    conn.execute(update(_pins).where(same).values(misses=misses))


def _none_set() -> ProblemError:
    return ProblemError(
        "till-no-pin", "This shop has set no PIN for refunds; sign in with the password to give points back."
    )


def _needed() -> ProblemError:
    return ProblemError(
        "till-pin-needed", "Nothing was given back yet; send the same again with the shop's PIN."
    )


def _locked() -> ProblemError:
    return ProblemError(
        "till-pin-locked",
        "The PIN is locked after too many wrong ones. Nothing was given back; a sign-in of the shop's owner lifts that.",
    )


def _bound(context: CityContext, code: str, shop_id: str, pin: str) -> str:
    """What is hashed: useless without the gateway's key, and another for each shop."""
    return context.vault.stable_hash(f"{code}/{shop_id}/{pin}", purpose="till-pin")
