"""What a member's first page shows, in one call: who it is, all balances, and the exchanges that still wait."""

from __future__ import annotations

from sqlalchemy import Connection

from core_ledger import chart
from gateway.records import exchanges as records
from gateway.records.members import require_member
from gateway.services import Services
from gateway.states import HELD
from gateway.web.callers import Caller
from gateway.web.handlers_points import balances_of
from gateway.web.routing import Api, Call, Reply
from gateway.web.views import ExchangeView, View
from gateway.web.views_members import MemberView
from gateway.web.views_points import Balances

api = Api()

NEWEST = 20
"""Exchanges looked through; older ones that wait are found in the list of exchanges."""


class Overview(View):
    """`waiting` holds the newest exchanges whose outcome is not known yet."""

    member: MemberView
    balances: Balances
    waiting: list[ExchangeView]


@api.get("/v1/overview", tag="points", caller=Caller.MEMBER, returns={200: Overview})
async def overview(call: Call[None, Services]) -> Reply:
    """The member, the balances and the waiting exchanges, all read at one moment."""
    member_id = call.member.member_id

    def job(conn: Connection) -> Overview:
        found = records.of_member(conn, chart.member_book(member_id), before=None, limit=NEWEST)
        return Overview(
            member=MemberView.of(require_member(conn, member_id)),
            balances=balances_of(conn, member_id),
            waiting=[ExchangeView.of(one) for one in found if one.state in HELD],
        )

    return Reply(200, await call.services.store.read(job))
