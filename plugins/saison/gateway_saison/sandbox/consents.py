"""What a merchant asked a member to agree to: waiting, agreed, declined, and the code that proves it once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from gateway_saison.sandbox import members
from gateway_saison.sandbox.members import Member

GOOD_FOR = timedelta(minutes=15)

SCHEMA = """
CREATE TABLE IF NOT EXISTS consents (
  order_id TEXT PRIMARY KEY,
  handle TEXT NOT NULL UNIQUE,
  return_url TEXT NOT NULL,
  until TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'agreed', 'declined', 'collected')),
  number TEXT NOT NULL DEFAULT '',
  code_hash BLOB NOT NULL DEFAULT x''
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    order_id: str
    handle: str
    return_url: str
    until: datetime
    state: str

    @property
    def merchant_site(self) -> str:
        return urlsplit(self.return_url).netloc


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The answer to the merchant: a member with a token, or a reason why not."""

    reason: str = ""
    member: Member | None = None
    token: str = ""


def good_return_url(url: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in {"http", "https"} and bool(parts.netloc) and not parts.fragment and len(url) <= 2000
    )


def begin(db: sqlite3.Connection, order_id: str, return_url: str, now: datetime) -> Consent:
    """Asking again for the same order replaces what was asked before; the earlier page is dead."""
    db.execute("DELETE FROM consents WHERE order_id = ?", (order_id,))
    db.execute(
        "INSERT INTO consents (order_id, handle, return_url, until, state) VALUES (?, ?, ?, ?, 'waiting')",
        (order_id, secrets.token_urlsafe(24), return_url, (now + GOOD_FOR).isoformat()),
    )
    consent = _read(db, "order_id", order_id)
    if consent is None:
        raise LookupError(order_id)
    return consent


def by_handle(db: sqlite3.Connection, handle: str, now: datetime) -> Consent | None:
    """The page that the member was sent to, while it is good and not yet answered."""
    consent = _read(db, "handle", handle)
    return consent if consent is not None and consent.state == "waiting" and now < consent.until else None


def decide(db: sqlite3.Connection, consent: Consent, number: str, *, agreed: bool) -> str:
    """Keep the member's answer; returns where the browser goes, the merchant's own query untouched."""
    code = secrets.token_urlsafe(24) if agreed else ""
    db.execute(
        "UPDATE consents SET state = ?, number = ?, code_hash = ? WHERE handle = ? AND state = 'waiting'",
        ("agreed" if agreed else "declined", number, _hash(code), consent.handle),
    )
    added = {"status": "agreed" if agreed else "declined", "orderId": consent.order_id}
    if code:
        added["code"] = code
    return f"{consent.return_url}{'&' if '?' in consent.return_url else '?'}{urlencode(added)}"


def collect(db: sqlite3.Connection, order_id: str, code: str, now: datetime) -> Collected:
    """Give the merchant the member and a token, once. Reasons: `unknown_code`, `code_used`, `expired`."""
    row = db.execute("SELECT * FROM consents WHERE order_id = ?", (order_id,)).fetchone()
    if row is None or not code or not hmac.compare_digest(row["code_hash"], _hash(code)):
        return Collected(reason="unknown_code")
    if row["state"] != "agreed":
        return Collected(reason="code_used")
    if now >= datetime.fromisoformat(row["until"]):
        return Collected(reason="expired")
    db.execute("UPDATE consents SET state = 'collected' WHERE order_id = ?", (order_id,))
    return Collected(member=members.member(db, row["number"]), token=members.link(db, row["number"]))


def _read(db: sqlite3.Connection, column: str, value: str) -> Consent | None:
    row = db.execute(f"SELECT * FROM consents WHERE {column} = ?", (value,)).fetchone()  # noqa: S608 - two constants
    if row is None:
        return None
    return Consent(
        order_id=row["order_id"],
        handle=row["handle"],
        return_url=row["return_url"],
        until=datetime.fromisoformat(row["until"]),
        state=row["state"],
    )


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
