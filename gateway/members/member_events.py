"""What happened to a member's account besides points: where it was opened anew, and what of it was changed.

Rows that the member reads in お知らせ, written in the transaction that makes them true. They stay for as long as the list
shows them; the audit log keeps more.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from gateway.platform import tables
from gateway.platform.sql import insert_new

EVENT_RETENTION: Final = timedelta(days=90)
MAX_EVENTS: Final = 50

_events = tables.member_events
_marks = tables.member_notice_marks


class MemberEventKind(StrEnum):
    SIGNED_IN_ANEW = "signed_in_anew"
    """With the password, from a browser that had not signed in before."""
    MYKEY_ID_CHANGED = "mykey_id_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a kind of event
    CARD_LINKED = "card_linked"
    MAIL_CHANGED = "mail_changed"
    PAY_CARD_ISSUED = "pay_card_issued"
    """A city's desk has issued a card that shops read."""
    PAY_CARD_STOPPED = "pay_card_stopped"
    PAY_CARD_PIN_SET = "pay_card_pin_set"
    PHONE_LINKED = "phone_linked"
    PASSKEY_ADDED = "passkey_added"
    PROOF_REMOVED = "proof_removed"
    STEP_UP_CHANGED = "step_up_changed"
    """The sum above which a payment asks for a fresh proof."""
    ACCESS_RESTORED = "access_restored"
    """Two persons at a city have given a code to choose a new password with."""
    RECTIFIED = "rectified"
    """Two persons of the platform have put right what was wrongly kept."""
    MERGED = "merged"
    """Two persons of the platform have brought together what the same person had under another MyKey ID."""
    REPRESENTATIVE_APPOINTED = "representative_appointed"
    """Two persons at a city have let somebody act for the member."""
    REPRESENTATIVE_ENDED = "representative_ended"
    REPRESENTATIVE_ACTED = "representative_acted"
    CARRY_IN_JOIN_PROPOSED = "carry_in_join_proposed"
    """A city's desk has proposed that a number of the former system is this member's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEvent:
    kind: MemberEventKind
    at: datetime


def record(conn: Connection, member_id: str, kind: MemberEventKind, at: datetime) -> None:
    conn.execute(insert(_events).values(event_id=uuid.uuid4().hex, member_id=member_id, kind=kind, at=at))


def list_by_member(
    conn: Connection, member_id: str, since: datetime, until: datetime | None = None
) -> list[MemberEvent]:
    """From `since` (inclusive) to `until` (exclusive, None: on), newest first."""
    query = (
        select(_events.c.kind, _events.c.at)
        .where(
            _events.c.member_id == member_id,
            _events.c.at >= since,
            *(() if until is None else (_events.c.at < until,)),
        )
        .order_by(_events.c.at.desc())
        .limit(MAX_EVENTS)
    )
    return [MemberEvent(kind=MemberEventKind(row.kind), at=row.at) for row in conn.execute(query)]


def find_read_until(conn: Connection, member_id: str) -> datetime | None:
    """Up to which moment the member has read お知らせ."""
    return conn.execute(
        select(_marks.c.read_until).where(_marks.c.member_id == member_id)
    ).scalar_one_or_none()


def save_read_until(conn: Connection, member_id: str, until: datetime) -> None:
    """Never earlier than before: a page that was left open in another window marks nothing as unread."""
    if insert_new(conn, _marks, member_id=member_id, read_until=until):
        return
    this = _marks.c.member_id == member_id
    conn.execute(_marks.update().where(this, _marks.c.read_until < until).values(read_until=until))


def prune(conn: Connection, now: datetime, retention: timedelta = EVENT_RETENTION) -> int:
    """Delete what is older than it is kept; for a nightly job. Returns how many rows."""
    return conn.execute(delete(_events).where(_events.c.at < now - retention)).rowcount
