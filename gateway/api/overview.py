"""A member's first page in one answer: balances, open exchanges, what expires soon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from core_ledger import chart
from core_ledger.read_model import Position
from gateway.api.exchanges import ExchangeView
from gateway.api.fields import View
from gateway.api.member_notices import notices_of
from gateway.api.member_request import MemberRequest
from gateway.api.members import MemberView
from gateway.api.points import Balances, balances_of
from gateway.exchanges import exchange_rows as records
from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.routing import Api, TypedResponse
from gateway.members.member_rows import require_member
from gateway.points import account_positions, rules
from gateway.points.expiry import last_days
from httpkit.clock import day_of

api = Api()

UPCOMING_WINDOW: Final = timedelta(days=30)
"""As far ahead as `expiring` looks."""


class MemberExpiringView(View):
    """Points of one point service that can be used until `last_day` and not after it."""

    municipality: str
    point_service: str
    last_day: date
    points: int


class Overview(View):
    """`waiting` holds the newest exchanges whose outcome is not known yet, `expiring` the next 30 days.

    `unread_notices` counts what `/v1/notices` has that the member has not read.
    """

    member: MemberView
    balances: Balances
    expiring: list[MemberExpiringView]
    waiting: list[ExchangeView]
    unread_notices: int


@api.get(
    "/v1/overview", tag="points", caller=AuthLevel.MEMBER, acting=ActingRight.SEE, returns={200: Overview}
)
async def overview(call: MemberRequest) -> TypedResponse:
    """The member, the balances, what expires and the waiting exchanges, all read at one moment."""
    member_id, now = call.member.member_id, call.services.clock()
    today = day_of(now)

    def job(conn: Connection) -> Overview:
        book = chart.member_book(member_id)
        member, positions = require_member(conn, member_id), account_positions.of_book(conn, book)
        return Overview(
            member=MemberView.of(member),
            balances=balances_of(conn, member, today, positions),
            expiring=_expiring(conn, book, positions, today),
            waiting=[ExchangeView.of(exchange) for exchange in records.waiting(conn, book)],
            unread_notices=sum(notice.unread for notice in notices_of(conn, member_id, now)),
        )

    return TypedResponse(200, await call.services.store.read(job))


def _expiring(
    conn: Connection, book: str, positions: Mapping[str, Position], today: date
) -> list[MemberExpiringView]:
    points_by_day: dict[tuple[date, str, str], int] = {}
    for account, position in positions.items():
        match account.removeprefix(f"{book}:").split(":"):
            case ["municipality", code, service] if position.lots:
                for due in last_days(rules.versions(conn, code, service), position.lots):
                    if due.last_day is not None and today <= due.last_day <= today + UPCOMING_WINDOW:
                        key = (due.last_day, code, service)
                        points_by_day[key] = points_by_day.get(key, 0) + due.points
            case _:
                pass
    return [
        MemberExpiringView(municipality=code, point_service=service, last_day=day, points=points)
        for (day, code, service), points in sorted(points_by_day.items())
    ]
