"""What of お知らせ is to be mailed: looked for where it is true, and left once for each member and notice.

Nothing is written on the way of a payment or a grant. Every minute the members who have a confirmed address are looked at
whose book has moved, whose account has an event, or who have not been looked at today. The look goes back two days: what a
slow commit has hidden is found by the next one, and the key of a notice makes it one mail however often it is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, or_, select, update

from core_ledger import chart
from core_ledger.read_model import books
from gateway.cities.city_context import CityContext
from gateway.exchanges.states import State
from gateway.members import member_events
from gateway.platform import tables
from gateway.platform.sql import insert_all_new
from gateway.platform.states import MemberState
from gateway.points import account_positions, member_moves, rules
from gateway.points.expiry import last_days
from httpkit.clock import day_of

LOOK_BACK_PERIOD: Final = timedelta(days=2)
EXPIRY_AHEAD: Final = timedelta(days=30)
"""As long as お知らせ tells it before the last day."""
_PAGE: Final = 200

_m, _n, _x, _members = tables.member_mail, tables.mail_notices, tables.exchanges, tables.members
_MAILED_STATES: Final = (State.SETTLED, State.DECLINED, State.NOT_SENT, State.NEEDS_A_PERSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    key: str
    kind: str
    at: datetime


async def collect(context: CityContext) -> int:
    """Look at every confirmed address once. Safe to repeat, to interrupt and in parallel. Returns the new notices."""
    count, after = 0, ""
    while True:
        page = await context.store.read(partial(_to_look_at, after=after, context=context))
        if not page:
            return count
        for member_id in page:
            count += await context.store.run(partial(_collect_one, member_id=member_id, context=context))
        after = page[-1]


def _to_look_at(conn: Connection, after: str, context: CityContext) -> list[str]:
    """Confirmed addresses of members of whom anything may be new.

    A question for each of its three grounds: where books lie on several machines, no outer join leads there.
    """
    now = context.clock()
    events = tables.member_events
    event = select(events.c.event_id).where(
        events.c.member_id == _m.c.member_id,
        events.c.at > now - LOOK_BACK_PERIOD,
        events.c.at >= _m.c.looked_at,
    )
    looked_today = _m.c.looked_on == day_of(now).isoformat()
    mine = select(_m.c.member_id).where(
        _m.c.member_id > after, _m.c.confirmed_at.is_not(None), _m.c.stopped_at.is_(None)
    )
    theirs = "member:" + _m.c.member_id
    grounds = (
        mine.where(or_(_m.c.looked_on.is_(None), ~looked_today, event.exists())),
        mine.join(books, books.c.book_id == theirs).where(
            looked_today, or_(_m.c.looked_seq.is_(None), books.c.seq != _m.c.looked_seq)
        ),
        mine.join(_x, _x.c.book_id == theirs)
        .where(looked_today, _x.c.state == State.NEEDS_A_PERSON, _x.c.asked_at >= _m.c.looked_at)
        .distinct(),
    )
    found = {
        member_id
        for ground in grounds
        for member_id in conn.execute(ground.order_by(_m.c.member_id).limit(_PAGE)).scalars()
    }
    # Each ground gave the first of its own, so the first of all of them are among these.
    return sorted(found)[:_PAGE]


def _collect_one(conn: Connection, member_id: str, context: CityContext) -> int:
    """Leave what is new since the address was confirmed; a member who is none any more gets nothing."""
    now = context.clock()
    row = conn.execute(select(_m).where(_m.c.member_id == member_id)).one_or_none()
    active = select(_members.c.member_id).where(
        _members.c.member_id == member_id, _members.c.state == MemberState.ACTIVE
    )
    if row is None or row.confirmed_at is None or conn.scalar(active) is None:
        return 0
    seq = conn.scalar(select(books.c.seq).where(books.c.book_id == chart.member_book(member_id)))
    since = max(now - LOOK_BACK_PERIOD, row.confirmed_at)
    rows: list[dict[str, Any]] = [
        {
            "member_id": member_id, "notice_key": notice.key, "kind": notice.kind, "at": notice.at,
            "created_at": now, "next_at": now,
        }
        for notice in _notices(conn, member_id, since, now)
    ]  # fmt: skip
    new = len(insert_all_new(conn, _n, rows)) if rows else 0
    looked = {
        "looked_at": now - timedelta(minutes=5),
        "looked_seq": seq,
        "looked_on": day_of(now).isoformat(),
    }
    conn.execute(update(_m).where(_m.c.member_id == member_id).values(looked))
    return new


def _notices(conn: Connection, member_id: str, since: datetime, now: datetime) -> Iterator[NewNotice]:
    book = chart.member_book(member_id)
    for event in member_events.list_by_member(conn, member_id, since):
        if event.kind is not member_events.MemberEventKind.MAIL_CHANGED:
            yield NewNotice(
                key=f"event:{event.kind}:{event.at.isoformat()}", kind=event.kind.value, at=event.at
            )
    ended = select(_x.c.exchange_id, _x.c.state, _x.c.ended_at, _x.c.asked_at).where(
        _x.c.book_id == book, _x.c.state.in_([state.value for state in _MAILED_STATES])
    )
    for row in conn.execute(ended):
        at = row.ended_at or row.asked_at
        if at is not None and at >= since:
            yield NewNotice(
                key=f"exchange:{row.exchange_id}:{row.state}", kind=f"exchange_{row.state}", at=at
            )
    for move in member_moves.list_by_member(conn, member_id, since):
        place = f"{move.municipality}:{move.point_service}"
        yield NewNotice(key=f"move:{move.kind}:{move.at.isoformat()}:{place}", kind=move.kind, at=move.at)
    today = day_of(now)
    for account, position in account_positions.of_book(conn, book).items():
        match account.removeprefix(f"{book}:").split(":"):
            case ["municipality", code, service] if position.lots:
                for due in last_days(rules.versions(conn, code, service), position.lots):
                    if due.last_day is not None and today <= due.last_day <= today + EXPIRY_AHEAD:
                        key = f"expiry:{code}:{service}:{due.last_day.isoformat()}"
                        yield NewNotice(key=key, kind="will_expire", at=now)
            case _:
                pass
