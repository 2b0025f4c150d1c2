"""Until when a first password opens anything: a day, however often it is typed. Rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from gateway.cities import tables
from gateway.platform.sql import insert_into

_passwords: Final = tables.first_passwords
FIRST_PASSWORD_TTL: Final = timedelta(hours=24)


def start(conn: Connection, staff_id: str, at: datetime) -> None:
    """Let a new first password run from now on."""
    values = {"ends_at": at + FIRST_PASSWORD_TTL}
    conn.execute(
        insert_into(conn, _passwords)
        .values(staff_id=staff_id, **values)
        .on_conflict_do_update(index_elements=[_passwords.c.staff_id], set_=values)
    )


def ended(conn: Connection, staff_id: str, now: datetime) -> bool:
    """Whether the person's first password has run out; one from before this rule has no row and has."""
    ends_at = conn.execute(
        select(_passwords.c.ends_at).where(_passwords.c.staff_id == staff_id)
    ).scalar_one_or_none()
    return ends_at is None or now >= ends_at


def forget(conn: Connection, staff_id: str) -> None:
    """The person has chosen a password of their own."""
    conn.execute(delete(_passwords).where(_passwords.c.staff_id == staff_id))
