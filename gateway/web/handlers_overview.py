"""What a member's first page shows, in one call: who it is, all balances, what expires soon, and what still waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from core_ledger import chart
from gateway.municipal import point_rules
from gateway.municipal.city_desk import day_of
from gateway.municipal.expiry import last_days
from gateway.records import exchanges as records
from gateway.records import standing
from gateway.records.members import require_member
from gateway.records.standing import Standing
from gateway.services import Services
from gateway.web.callers import Caller
from gateway.web.handlers_points import balances_of
from gateway.web.routing import Api, Call, Reply
from gateway.web.views import ExchangeView, View
from gateway.web.views_members import MemberView
from gateway.web.views_points import Balances

api = Api()

SOON: Final = timedelta(days=30)
"""As far ahead as `expiring` looks."""


class ExpiringView(View):
    """Points of one point service that can be used until `last_day` and not after it."""

    municipality: str
    point_service: str
    last_day: date
    points: int


class Overview(View):
    """`waiting` holds the newest exchanges whose outcome is not known yet, `expiring` the next 30 days."""

    member: MemberView
    balances: Balances
    expiring: list[ExpiringView]
    waiting: list[ExchangeView]


@api.get("/v1/overview", tag="points", caller=Caller.MEMBER, returns={200: Overview})
async def overview(call: Call[None, Services]) -> Reply:
    """The member, the balances, what expires and the waiting exchanges, all read at one moment."""
    member_id, today = call.member.member_id, day_of(call.services.clock())

    def job(conn: Connection) -> Overview:
        book = chart.member_book(member_id)
        member, standings = require_member(conn, member_id), standing.of_book(conn, book)
        return Overview(
            member=MemberView.of(member),
            balances=balances_of(conn, member, standings),
            expiring=_expiring(conn, book, standings, today),
            waiting=[ExchangeView.of(one) for one in records.waiting(conn, book)],
        )

    return Reply(200, await call.services.store.read(job))


def _expiring(
    conn: Connection, book: str, standings: Mapping[str, Standing], today: date
) -> list[ExpiringView]:
    found: dict[tuple[date, str, str], int] = {}
    for account, one in standings.items():
        match account.removeprefix(f"{book}:").split(":"):
            case ["municipality", code, service] if one.heaps:
                for due in last_days(point_rules.versions(conn, code, service), one.heaps):
                    if due.last_day is not None and today <= due.last_day <= today + SOON:
                        key = (due.last_day, code, service)
                        found[key] = found.get(key, 0) + due.points
            case _:
                pass
    return [
        ExpiringView(municipality=code, point_service=service, last_day=day, points=points)
        for (day, code, service), points in sorted(found.items())
    ]
