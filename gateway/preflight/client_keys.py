"""Keys of client programs that may call everything, and those that end soon or have ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.http.client_keys import list_keys
from gateway.preflight.finding import Finding, ok, warning
from httpkit.clock import day_of

ENDS_SOON: Final = timedelta(days=30)


def check_client_keys(conn: Connection, now: datetime) -> Iterator[Finding]:
    """One line for each live key that somebody has to make anew."""
    keys = [key for key in list_keys(conn) if key.revoked_at is None]
    anew = 0
    for key in keys:
        name = f"key {key.key_id} of {key.client_id}"
        renew = f"make one with `point-gateway keys new {key.client_id} --scope …`, then revoke this one"
        if key.has_ended(now):
            yield warning("keys", f"{name} has ended and opens nothing; revoke it, or {renew}")
        elif key.ends_at is not None and key.ends_at <= now + ENDS_SOON:
            yield warning("keys", f"{name} ends on {day_of(key.ends_at)}; {renew}")
        elif key.scope is None:
            yield warning("keys", f"{name} has no scope and may call every operation; {renew}")
        else:
            continue
        anew += 1
    if not anew:
        yield ok("keys", f"keys of client programs in use, each with a scope: {len(keys)}")
