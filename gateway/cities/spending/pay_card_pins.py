"""The PIN (暗証番号) of a card: four digits that the member sets at the desk, kept as argon2id over a keyed hash.

Four digits are ten thousand. What keeps them is that five misses in a row lock the PIN until a new one is set at the desk,
counted before the PIN is looked at; and that the hash is of no use without the gateway's own key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext
from gateway.cities.spending import pay_card_rows
from gateway.cities.spending.pay_card_rows import CardHolder
from gateway.errors import ProblemError

MISSES_ALLOWED: Final = 5
_PIN: Final = re.compile(r"[0-9]{4}")
_RUNS: Final = ("0123456789012", "9876543210987")


def check_new(pin: str) -> None:
    """Refuse a PIN that anyone would try first. Raises ProblemError `pay-card-pin-unfit` (422)."""
    is_year = pin[:2] in ("19", "20")
    if not _PIN.fullmatch(pin) or len(set(pin)) == 1 or any(pin in run for run in _RUNS) or is_year:
        raise ProblemError(
            "pay-card-pin-unfit",
            "A PIN has four digits, and is neither one digit four times, nor digits in a row, nor a year.",
        )


async def hashed(context: CityContext, book: str, code: str, pin: str) -> str:
    """The hash that is kept. Raises ProblemError `busy` (503)."""
    return await context.hasher.hash(_bound(context, book, code, pin))


async def prove(context: CityContext, card_hash: str, pin: str) -> str | None:
    """Compare what was typed with the PIN of the card's holder; gives the hash that it fits, None where there is no such PIN.

    Raises ProblemError: `pay-card-pin-wrong` (403) with `tries_left`, `pay-card-pin-locked` (403), `busy` (503).
    """
    attempt = await context.store.run(lambda conn: _count(conn, card_hash))
    if attempt is None:
        return None
    if not attempt.counted:
        raise _locked()
    holder = attempt.holder
    assert holder.pin_hash is not None
    bound = _bound(context, holder.book_id, holder.municipality, pin)
    try:
        verdict = await context.hasher.verify(holder.pin_hash, bound, is_known=True)
    except ProblemError:
        await context.store.run(lambda conn: _uncount(conn, holder))
        raise
    if not verdict.right:
        left = MISSES_ALLOWED - holder.pin_misses - 1
        if not left:
            raise _locked()
        raise ProblemError(
            "pay-card-pin-wrong",
            f"This is not the PIN of the card. Nothing was taken; {left} more wrong ones lock it.",
            tries_left=left,
        )
    await context.store.run(lambda conn: _clear_wrong_pins(conn, holder))
    return holder.pin_hash


@dataclass(frozen=True, slots=True)
class _Attempt:
    """`holder` as it was before; `counted` is False where the PIN is locked already."""

    holder: CardHolder
    counted: bool


def _count(conn: Connection, card_hash: str) -> _Attempt | None:
    card = pay_card_rows.find_card(conn, card_hash)
    if card is None:
        return None
    holder = pay_card_rows.lock_holder(conn, card.book_id, card.municipality)
    if holder.card_hash != card_hash or holder.pin_hash is None:
        return None
    if is_locked(holder):
        return _Attempt(holder, counted=False)
    pay_card_rows.update_holder(conn, holder, pin_misses=holder.pin_misses + 1)
    return _Attempt(holder, counted=True)


def _uncount(conn: Connection, seen: CardHolder) -> None:
    """It was counted and never looked at."""
    holder = pay_card_rows.lock_holder(conn, seen.book_id, seen.municipality)
    if holder.pin_hash == seen.pin_hash:
        pay_card_rows.update_holder(conn, holder, pin_misses=max(0, holder.pin_misses - 1))


def _clear_wrong_pins(conn: Connection, seen: CardHolder) -> None:
    holder = pay_card_rows.lock_holder(conn, seen.book_id, seen.municipality)
    if holder.pin_hash == seen.pin_hash:
        pay_card_rows.update_holder(conn, holder, pin_misses=0)


def is_locked(holder: CardHolder) -> bool:
    return holder.pin_misses >= MISSES_ALLOWED


def _locked() -> ProblemError:
    return ProblemError(
        "pay-card-pin-locked",
        "The PIN of this card is locked after too many wrong ones. Nothing was taken; the city's desk sets a new PIN.",
    )


def _bound(context: CityContext, book: str, code: str, pin: str) -> str:
    """What is hashed: useless without the gateway's key, and another for each holder."""
    return context.vault.stable_hash(f"{book}/{code}/{pin}", purpose="pay-card-pin")
