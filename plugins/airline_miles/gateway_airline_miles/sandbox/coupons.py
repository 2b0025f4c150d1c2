"""Members with miles and the coupons made of them. A coupon is a holder of its own miles, spent whole or not.

Of a code only its hash and its last four symbols are kept: whoever reads the book cannot spend from it.
"""

# ruff: noqa: S106 - the sample passwords are public
from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.testkit.sandbox import Entry, OrderIdReused, debits
from gateway_airline_miles.codes import ISSUED_SYMBOLS, LENGTH, check_symbol, shown

MILES = "miles"
GOOD_FOR = timedelta(days=180)

SCHEMA = """
CREATE TABLE IF NOT EXISTS members (
  number TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  password TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS coupons (
  holder TEXT PRIMARY KEY,
  number TEXT NOT NULL,
  tail TEXT NOT NULL,
  miles INTEGER NOT NULL CHECK (miles > 0),
  issued_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_by TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    number: str
    name: str
    password: str
    miles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCoupon:
    """A coupon with a known code, for practice; `good_for` below zero is one that has expired."""

    code: str
    miles: int
    good_for: timedelta = GOOD_FOR


SAMPLES = (
    Sample(number="90010001", name="見本　太郎", password="sample-taro", miles=30_000),
    Sample(number="90010002", name="見本　花子", password="sample-hanako", miles=100),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    holder: str
    tail: str
    miles: int
    issued_at: datetime
    expires_at: datetime
    used_by: str

    def reason_against(self, now: datetime) -> str:
        """Why it cannot be redeemed, or nothing."""
        if self.used_by:
            return "used"
        return "expired" if now >= self.expires_at else ""


def move_in(
    db: sqlite3.Connection, samples: tuple[Sample, ...], coupons: tuple[SampleCoupon, ...], now: datetime
) -> None:
    """Put sample members and coupons into a new book; those already there keep what they have."""
    for sample in samples:
        new = db.execute(
            "INSERT INTO members VALUES (?, ?, ?) ON CONFLICT (number) DO NOTHING",
            (sample.number, sample.name, sample.password),
        ).rowcount
        if new:
            debits.put_balance(db, sample.number, MILES, sample.miles)
    for coupon in coupons:
        if find(db, coupon.code) is None:
            _put(db, samples[0].number, coupon.code, coupon.miles, now, now + coupon.good_for)


def sign_in(db: sqlite3.Connection, number: str, password: str) -> str:
    """The member's number, or nothing."""
    row = db.execute("SELECT password FROM members WHERE number = ?", (number,)).fetchone()
    known = row["password"] if row is not None else secrets.token_hex(8)
    right = hmac.compare_digest(known.encode(), password.encode())
    return number if right and row is not None else ""


def name_of(db: sqlite3.Connection, number: str) -> str:
    return str(db.execute("SELECT name FROM members WHERE number = ?", (number,)).fetchone()["name"])


def issue(db: sqlite3.Connection, number: str, miles: int, now: datetime) -> str | None:
    """Take the member's miles and make a coupon of them; None when there are not enough. Returns its code."""
    if debits.balances(db, number)[MILES] < miles:
        return None
    debits.put_balance(db, number, MILES, debits.balances(db, number)[MILES] - miles)
    code = new_code()
    _put(db, number, code, miles, now, now + GOOD_FOR)
    return code


def new_code() -> str:
    """A code that nobody can guess: 15 symbols drawn at random (76 bits) and the check symbol."""
    while True:
        body = "".join(secrets.choice(ISSUED_SYMBOLS) for _ in range(LENGTH - 1))
        check = check_symbol(body)
        if check is not None:
            return body + check


def find(db: sqlite3.Connection, code: str) -> Coupon | None:
    row = db.execute("SELECT * FROM coupons WHERE holder = ?", (_holder(code),)).fetchone()
    return None if row is None else _coupon(row)


def coupons_of(db: sqlite3.Connection, number: str) -> list[Coupon]:
    rows = db.execute("SELECT * FROM coupons WHERE number = ? ORDER BY issued_at DESC, tail", (number,))
    return [_coupon(row) for row in rows]


def redeem(
    db: sqlite3.Connection, order_id: str, code: str, miles: int, now: datetime, *, later: bool
) -> Entry:
    """Spend the coupon whole, once, under this order id; a refusal is remembered under it too.

    `later` keeps the coupon for this order and leaves the decision to `debits.finish`.
    """
    holder, lines = _holder(code), {MILES: miles}
    known = debits.find(db, order_id)
    if known is not None:
        if known.holder != holder or dict(known.lines) != lines:
            raise OrderIdReused(order_id)
        return known
    coupon = find(db, code)
    reason = "unknown" if coupon is None else coupon.reason_against(now)
    if coupon is not None and not reason and coupon.miles != miles:
        reason = "wrong_amount"
    if reason:
        return debits.refuse(db, order_id, holder, lines, now, reason)
    db.execute("UPDATE coupons SET used_by = ? WHERE holder = ?", (order_id, holder))
    return debits.debit(db, order_id, holder, lines, now, later=later)


def _put(
    db: sqlite3.Connection, number: str, code: str, miles: int, now: datetime, expires_at: datetime
) -> None:
    db.execute(
        "INSERT INTO coupons (holder, number, tail, miles, issued_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (_holder(code), number, shown(code)[-4:], miles, now.isoformat(), expires_at.isoformat()),
    )
    debits.put_balance(db, _holder(code), MILES, miles)


def _coupon(row: Mapping[str, str] | sqlite3.Row) -> Coupon:
    return Coupon(
        holder=row["holder"],
        tail=row["tail"],
        miles=int(row["miles"]),
        issued_at=datetime.fromisoformat(row["issued_at"]),
        expires_at=datetime.fromisoformat(row["expires_at"]),
        used_by=row["used_by"],
    )


def _holder(code: str) -> str:
    return f"coupon:{hashlib.sha256(code.encode()).hexdigest()}"
