"""Sign-ins by OpenID Connect that are under way, as rows: a browser that has left, and whom a provider has identified.

Sync functions of a Connection. What a browser brings back is kept as a hash alone. A request is used up by its first return; an
arrival by what it was used for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, delete, insert, select

from gateway.platform import tables

SWEEP_BATCH_SIZE: Final = 1_000
_requests = tables.oidc_requests
_arrivals = tables.oidc_arrivals


class Purpose(StrEnum):
    LOGIN = "login"
    LINK = "link"
    """Who is signed in adds the phone, with the password."""
    PASSWORD = "password"  # noqa: S105  a purpose
    """Who is signed in sets a first or forgotten password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcRequest:
    """`browser` is the hash of the client program and its name for the browser."""

    provider: str
    browser: str
    purpose: Purpose
    shared_terminal: bool
    begun_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcArrival:
    issuer: str
    subject_hash: str
    browser: str
    purpose: Purpose
    shared_terminal: bool
    expires_at: datetime


def issue_request(conn: Connection, state: str, request: OidcRequest) -> None:
    conn.execute(insert(_requests).values(state_hash=_hash(state), **_plain(request)))


def consume_request(conn: Connection, state: str) -> OidcRequest | None:
    """Find and remove in one statement: of two returns at once one gets the request. Expired ones are given as well."""
    row = conn.execute(
        delete(_requests).where(_requests.c.state_hash == _hash(state)).returning(*_requests.c)
    ).one_or_none()
    if row is None:
        return None
    return OidcRequest(
        provider=row.provider,
        browser=row.browser,
        purpose=Purpose(row.purpose),
        shared_terminal=row.shared_terminal,
        begun_at=row.begun_at,
        expires_at=row.expires_at,
    )


def issue_arrival(conn: Connection, token: str, arrival: OidcArrival) -> None:
    conn.execute(insert(_arrivals).values(token_hash=_hash(token), **_plain(arrival)))


def find_arrival(conn: Connection, token: str) -> OidcArrival | None:
    row = conn.execute(select(_arrivals).where(_arrivals.c.token_hash == _hash(token))).one_or_none()
    return None if row is None else _arrival(row)


def consume_arrival(conn: Connection, token: str) -> OidcArrival | None:
    """Find and remove in one statement: of two callers at once one gets it."""
    row = conn.execute(
        delete(_arrivals).where(_arrivals.c.token_hash == _hash(token)).returning(*_arrivals.c)
    ).one_or_none()
    return None if row is None else _arrival(row)


def forget_expired(conn: Connection, now: datetime) -> int:
    """Delete what has expired, a thousand of each at once. Returns how many."""
    return _forget(conn, _requests, now) + _forget(conn, _arrivals, now)


def _forget(conn: Connection, table: Table, now: datetime) -> int:
    (key,) = table.primary_key.columns
    dead = select(key).where(table.c.expires_at <= now).limit(SWEEP_BATCH_SIZE)
    return conn.execute(delete(table).where(key.in_(dead))).rowcount


def _arrival(row: Row[Any]) -> OidcArrival:
    return OidcArrival(
        issuer=row.issuer,
        subject_hash=row.subject_hash,
        browser=row.browser,
        purpose=Purpose(row.purpose),
        shared_terminal=row.shared_terminal,
        expires_at=row.expires_at,
    )


def _plain(row: OidcRequest | OidcArrival) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__} | {"purpose": row.purpose.value}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
