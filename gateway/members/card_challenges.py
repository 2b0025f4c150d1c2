"""Open card challenges in the database: each is there until somebody uses it, and then it is gone for good.

Sync functions of a Connection. `consume` must be committed before anything about the response is judged, so that a
failed attempt uses its challenge up as well.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from card.challenges import LIFETIME, Challenge
from card.client_data import Purpose
from gateway.platform.tables import card_challenges as _table

SWEEP_BATCH_SIZE: Final = 1_000


def issue(conn: Connection, challenge: Challenge) -> None:
    """Keep a challenge that was just made."""
    conn.execute(
        insert(_table).values(
            value=challenge.value,
            purpose=challenge.purpose.value,
            session=challenge.session,
            expires_at=challenge.expires_at,
        )
    )


def consume(conn: Connection, value: str) -> Challenge | None:
    """Find and remove in one statement: of two callers at once, one gets the challenge and the other None.

    Expired ones are given as well, until the sweep: they are refused in other words than unknown ones.
    """
    row = conn.execute(delete(_table).where(_table.c.value == value).returning(*_table.c)).one_or_none()
    if row is None:
        return None
    return Challenge(row.value, Purpose(row.purpose), row.session, row.expires_at)


def forget_expired(conn: Connection, now: datetime) -> int:
    """Delete what expired a lifetime ago or earlier, a thousand at once. Returns how many."""
    dead = select(_table.c.value).where(_table.c.expires_at <= now - LIFETIME).limit(SWEEP_BATCH_SIZE)
    return conn.execute(delete(_table).where(_table.c.value.in_(dead))).rowcount
