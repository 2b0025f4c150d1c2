"""Codes from a service desk (ログインの再設定): with one a member whose ways in are lost chooses a new password, once, within a day.

Sync functions of a Connection. A newer code takes the place of the one before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from gateway.platform import tables
from gateway.platform.sql import insert_into
from gateway.platform.states import MemberState
from gateway.platform.typed_text import without_separators

RESTORATION_TTL: Final = timedelta(hours=24)
_restorations = tables.member_restorations
_members = tables.members


def start(conn: Connection, member_id: str, code_hash: str, at: datetime) -> None:
    """Let a code open this member's account from now on."""
    values = {"code_hash": code_hash, "ends_at": at + RESTORATION_TTL}
    conn.execute(
        insert_into(conn, _restorations)
        .values(member_id=member_id, **values)
        .on_conflict_do_update(index_elements=[_restorations.c.member_id], set_=values)
    )


def credentials(conn: Connection, mykey_id: str, now: datetime) -> tuple[str, str | None] | None:
    """The active member of this ID and the hash of the code that opens the account now."""
    row = conn.execute(
        select(_members.c.member_id, _restorations.c.code_hash)
        .join(_restorations, _restorations.c.member_id == _members.c.member_id)
        .where(
            _members.c.mykey_id == mykey_id,
            _members.c.state == MemberState.ACTIVE,
            _restorations.c.ends_at > now,
        )
    ).one_or_none()
    return None if row is None else (row.member_id, row.code_hash)


def consume(conn: Connection, member_id: str, code_hash: str) -> bool:
    """Use the code up; False for one that was used or replaced meanwhile."""
    used = delete(_restorations).where(
        _restorations.c.member_id == member_id, _restorations.c.code_hash == code_hash
    )
    return conn.execute(used).rowcount == 1


def forget(conn: Connection, member_id: str) -> None:
    """A code of the desk opens this member's account no more."""
    conn.execute(delete(_restorations).where(_restorations.c.member_id == member_id))


def read_code(typed: str) -> str:
    """A code as a person typed it, in the form in which it was hashed: fours with hyphens between."""
    plain = without_separators(typed).lower()
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def prune(conn: Connection, now: datetime) -> int:
    """Delete what opens nothing any more. Returns how many rows."""
    return conn.execute(delete(_restorations).where(_restorations.c.ends_at <= now)).rowcount
