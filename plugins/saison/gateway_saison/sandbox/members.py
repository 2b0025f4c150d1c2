"""The members of the sandbox, what they hold, and which merchants they are linked with.

Sample people with sample passwords, shown on the login page: there is nothing behind them to protect. What is
kept about a link is kept as a real partner would: the token only as a hash, the service ID for good.
"""

# ruff: noqa: S106 - the sample passwords are public
from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass

from gateway.testkit.sandbox import debits

EIKYU, WALLET = "eikyu", "wallet"

SCHEMA = """
CREATE TABLE IF NOT EXISTS members (
  number TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  password TEXT NOT NULL,
  service_id TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (
  token_hash BLOB PRIMARY KEY,
  number TEXT NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    number: str
    name: str
    password: str
    eikyu: int
    wallet: int


SAMPLES = (
    Sample(number="1001-0001", name="見本　太郎", password="sample-taro", eikyu=10_000, wallet=0),
    Sample(number="1001-0002", name="見本　花子", password="sample-hanako", eikyu=10_000, wallet=450),
    Sample(number="1001-0003", name="見本　次郎", password="sample-jiro", eikyu=10_000, wallet=449),
    Sample(number="1001-0004", name="見本　三重", password="sample-mie", eikyu=35_000, wallet=1_350),
    Sample(number="1001-0005", name="見本　四郎", password="sample-shiro", eikyu=99, wallet=0),
)


def crowd(size: int) -> tuple[Sample, ...]:
    """More members for measurements: 2000-0001 and on, each with plenty of points."""
    return tuple(
        Sample(number=f"2{n // 10_000:03}-{n % 10_000:04}", name=f"見本　{n}", password="sample-crowd",
               eikyu=1_000_000_000, wallet=0)
        for n in range(1, size + 1)
    )  # fmt: skip


def move_in(db: sqlite3.Connection, samples: tuple[Sample, ...]) -> None:
    """Put the sample members into a new book; those already there keep what they have."""
    for sample in samples:
        service_id = f"SZ{secrets.token_hex(8)}"
        new = db.execute(
            "INSERT INTO members VALUES (?, ?, ?, ?) ON CONFLICT (number) DO NOTHING",
            (sample.number, sample.name, sample.password, service_id),
        ).rowcount
        if new:
            debits.put_balance(db, sample.number, EIKYU, sample.eikyu)
            debits.put_balance(db, sample.number, WALLET, sample.wallet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    number: str
    name: str
    service_id: str

    @property
    def shown_as(self) -> str:
        """Enough to recognise oneself, not enough to be somebody: 見本　＊郎 様 (**** 0001)."""
        family, _, given = self.name.partition("　")
        return f"{family}　＊{given[1:]} 様 (**** {self.number[-4:]})"


def sign_in(db: sqlite3.Connection, number: str, password: str) -> Member | None:
    row = db.execute("SELECT * FROM members WHERE number = ?", (number,)).fetchone()
    # A comparison is made in either case, so that the time taken does not tell which half was wrong.
    known = row["password"] if row is not None else secrets.token_hex(8)
    right = hmac.compare_digest(known.encode(), password.encode())
    return member(db, number) if right and row is not None else None


def member(db: sqlite3.Connection, number: str) -> Member | None:
    row = db.execute("SELECT * FROM members WHERE number = ?", (number,)).fetchone()
    if row is None:
        return None
    return Member(number=row["number"], name=row["name"], service_id=row["service_id"])


def service_id_of(db: sqlite3.Connection, number: str) -> str:
    """The service ID of a member's number; empty for nobody's."""
    found = member(db, number)
    return found.service_id if found is not None else ""


def link(db: sqlite3.Connection, number: str) -> str:
    """A new token for the merchant; earlier ones of the same member stay good."""
    token = secrets.token_urlsafe(32)
    db.execute("INSERT INTO links (token_hash, number) VALUES (?, ?)", (_hash(token), number))
    return token


def linked(db: sqlite3.Connection, token: str) -> Member | None:
    """Whose token this is, or None when the link has ended or never was."""
    row = db.execute(
        "SELECT number FROM links WHERE token_hash = ? AND ended = 0", (_hash(token),)
    ).fetchone()
    return None if row is None else member(db, row["number"])


def links_of(db: sqlite3.Connection, number: str) -> int:
    return int(
        db.execute("SELECT count(*) FROM links WHERE number = ? AND ended = 0", (number,)).fetchone()[0]
    )


def end_links(db: sqlite3.Connection, number: str) -> None:
    db.execute("UPDATE links SET ended = 1 WHERE number = ?", (number,))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
