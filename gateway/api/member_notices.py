"""お知らせ: what a member should hear of without looking for it, and how much of it is unread.

Nothing is sent or stored for it but what happened to the account itself: exchanges, moves of points and coming ends are
read from where they are true already. So a notice can be neither lost nor told twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, WithJsonSchema
from sqlalchemy import Connection

from core_ledger import chart
from gateway.api.announcements import WordingView
from gateway.api.fields import View
from gateway.api.member_request import MemberRequest
from gateway.exchanges import exchange_rows
from gateway.exchanges.states import State
from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.members import member_events
from gateway.model import JST
from gateway.points import account_positions, announcements, directory, member_moves, rules
from gateway.points.expiry import last_days
from httpkit.clock import day_of

api = Api()

PERIOD: Final = member_events.EVENT_RETENTION
AHEAD: Final = timedelta(days=30)
"""Points that end within so many days are told, once, on the day on which they come so near."""
MAX_NOTICES: Final = 50
_EXCHANGES_READ: Final = 50


class NoticeKind(StrEnum):
    EXCHANGE_SETTLED = "exchange_settled"
    EXCHANGE_FAILED = "exchange_failed"
    EXCHANGE_NEEDS_A_PERSON = "exchange_needs_a_person"
    GRANTED = "granted"
    CARRIED_IN = "carried_in"
    """Points came from a city's former system."""
    GIVEN_BACK = "given_back"
    """A shop or the city has given points of a payment back."""
    EVENT_GIVEN_BACK = "event_given_back"
    MOVED_BY_ITSELF = "moved_by_itself"
    EXPIRED = "expired"
    WILL_EXPIRE = "will_expire"
    REVERSED = "reversed"
    CORRECTED = "corrected"
    SIGNED_IN_ANEW = "signed_in_anew"
    MYKEY_ID_CHANGED = "mykey_id_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a kind of event
    CARD_LINKED = "card_linked"
    MAIL_CHANGED = "mail_changed"
    PAY_CARD_ISSUED = "pay_card_issued"
    PAY_CARD_STOPPED = "pay_card_stopped"
    PAY_CARD_PIN_SET = "pay_card_pin_set"
    PHONE_LINKED = "phone_linked"
    PASSKEY_ADDED = "passkey_added"
    PROOF_REMOVED = "proof_removed"
    STEP_UP_CHANGED = "step_up_changed"
    ACCESS_RESTORED = "access_restored"
    RECTIFIED = "rectified"
    MERGED = "merged"
    REPRESENTATIVE_APPOINTED = "representative_appointed"
    REPRESENTATIVE_ENDED = "representative_ended"
    REPRESENTATIVE_ACTED = "representative_acted"
    CARRY_IN_JOIN_PROPOSED = "carry_in_join_proposed"
    ANNOUNCEMENT = "announcement"
    """A city has announced something; `title` says what."""


_KIND_OF_STATE: Final = {
    State.SETTLED: NoticeKind.EXCHANGE_SETTLED,
    State.DECLINED: NoticeKind.EXCHANGE_FAILED,
    State.NOT_SENT: NoticeKind.EXCHANGE_FAILED,
    State.NEEDS_A_PERSON: NoticeKind.EXCHANGE_NEEDS_A_PERSON,
}
_KIND_OF_MOVE: Final = {
    "grant": NoticeKind.GRANTED,
    "carry_in": NoticeKind.CARRIED_IN,
    "refund": NoticeKind.GIVEN_BACK,
    "event_given_back": NoticeKind.EVENT_GIVEN_BACK,
    "auto_allocate": NoticeKind.MOVED_BY_ITSELF,
    "expiry": NoticeKind.EXPIRED,
    "reversal": NoticeKind.REVERSED,
    "correction": NoticeKind.CORRECTED,
}


class NoticeView(View):
    """`points` is signed. `municipality` and `point_service` name whose points they are; null for the reserve.

    `last_day` is set for points that will expire, `exchange_id` and `partner_id` for an exchange, `announcement_id` and `title`
    for an announcement, which is a notice only while it is shown.
    """

    kind: NoticeKind
    at: datetime
    unread: bool
    points: int | None = None
    municipality: str | None = None
    municipality_name: str | None = None
    point_service: str | None = None
    point_service_name: str | None = None
    exchange_id: str | None = None
    partner_id: str | None = None
    last_day: date | None = None
    announcement_id: str | None = None
    title: WordingView | None = None


class Notices(View):
    """The newest of the last 90 days, at most 50; `unread` counts among them."""

    unread: int
    notices: list[NoticeView]


Moment = Annotated[
    AwareDatetime,
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})$",
        }
    ),
]


class ReadUntil(Strict):
    """The moment of the newest notice that was seen; what comes later stays unread."""

    until: Moment


@api.get(
    "/v1/notices", tag="members", caller=AuthLevel.MEMBER, acting=ActingRight.SEE, returns={200: Notices}
)
async def list_notices(call: MemberRequest) -> TypedResponse:
    """お知らせ, newest first."""
    member_id, now = call.member.member_id, call.services.clock()

    def job(conn: Connection) -> Notices:
        found = notices_of(conn, member_id, now)
        return Notices(unread=sum(notice.unread for notice in found), notices=found)

    return TypedResponse(200, await call.services.store.read(job))


@api.put("/v1/notices/read", tag="members", caller=AuthLevel.MEMBER, body=ReadUntil, returns={204: None})
async def mark_read(call: MemberRequest[ReadUntil]) -> TypedResponse:
    """Everything up to a moment was read; never beyond now, and never less than before."""
    member_id, until = call.member.member_id, min(call.body.until, call.services.clock())
    await call.services.store.run(lambda conn: member_events.save_read_until(conn, member_id, until))
    return TypedResponse(204)


def notices_of(conn: Connection, member_id: str, now: datetime) -> list[NoticeView]:
    """All that a member should hear of, as one read sees it."""
    since = now - PERIOD
    read_until = member_events.find_read_until(conn, member_id) or datetime.min.replace(tzinfo=JST)
    found = [
        *_exchange_notices(conn, member_id, since),
        *_move_notices(conn, member_id, since),
        *_expiry_notices(conn, member_id, day_of(now)),
        *_announcement_notices(conn, member_id, now),
        *(
            NoticeView(kind=NoticeKind(event.kind), at=event.at, unread=False)
            for event in member_events.list_by_member(conn, member_id, since)
        ),
    ]
    newest = sorted(found, key=lambda notice: notice.at, reverse=True)[:MAX_NOTICES]
    return [notice.model_copy(update={"unread": notice.at > read_until}) for notice in newest]


def _exchange_notices(conn: Connection, member_id: str, since: datetime) -> Iterator[NoticeView]:
    book = chart.member_book(member_id)
    for exchange in exchange_rows.list_by_member(conn, book, before=None, limit=_EXCHANGES_READ):
        kind, at = _KIND_OF_STATE.get(exchange.state), exchange.ended_at or exchange.asked_at
        if kind is None or at is None or at < since:
            continue
        destination = exchange.quote.destination if exchange.quote else None
        yield NoticeView(
            kind=kind,
            at=at,
            unread=False,
            points=exchange.points if kind is NoticeKind.EXCHANGE_SETTLED else None,
            exchange_id=exchange.exchange_id,
            partner_id=exchange.partner_id,
            **_named(
                conn,
                (destination.municipality or "") if destination else "",
                (destination.point_service or "") if destination else "",
            ),
        )


def _move_notices(conn: Connection, member_id: str, since: datetime) -> Iterator[NoticeView]:
    for move in member_moves.list_by_member(conn, member_id, since):
        yield NoticeView(
            kind=_KIND_OF_MOVE[move.kind],
            at=move.at,
            unread=False,
            points=move.points,
            **_named(conn, move.municipality, move.point_service),
        )


def _expiry_notices(conn: Connection, member_id: str, today: date) -> Iterator[NoticeView]:
    book = chart.member_book(member_id)
    for account, position in account_positions.of_book(conn, book).items():
        match account.removeprefix(f"{book}:").split(":"):
            case ["municipality", code, service] if position.lots:
                sums: dict[date, int] = {}
                for due in last_days(rules.versions(conn, code, service), position.lots):
                    if due.last_day is not None and today <= due.last_day <= today + AHEAD:
                        sums[due.last_day] = sums.get(due.last_day, 0) + due.points
                for last_day, points in sums.items():
                    yield NoticeView(
                        kind=NoticeKind.WILL_EXPIRE,
                        at=datetime.combine(last_day - AHEAD, time(), JST),
                        unread=False,
                        points=points,
                        last_day=last_day,
                        **_named(conn, code, service),
                    )
            case _:
                pass


def _announcement_notices(conn: Connection, member_id: str, now: datetime) -> Iterator[NoticeView]:
    for announcement in announcements.list_for_member(conn, member_id, now):
        yield NoticeView(
            kind=NoticeKind.ANNOUNCEMENT,
            at=max(announcement.shown_from, announcement.published_at),
            unread=False,
            municipality=announcement.municipality,
            municipality_name=directory.require_municipality(announcement.municipality).name,
            announcement_id=announcement.announcement_id,
            title=WordingView.of(announcement.title),
        )


def _named(conn: Connection, code: str, service: str) -> dict[str, Any]:
    """Whose points they are, with the names; nothing for the reserve."""
    if not code:
        return {}
    return {
        "municipality": code,
        "municipality_name": directory.require_municipality(code).name,
        "point_service": service,
        "point_service_name": directory.require_known_service(conn, code, service).name,
    }
