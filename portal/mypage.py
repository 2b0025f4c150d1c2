"""The member's page: the menu of the guide, the balances, and what will move or expire soon."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from aiohttp import web

from point_gateway_client import calls, models
from portal.site import Pages, Visit

pages = Pages()

HALF_DONE: Final = frozenset({"awaiting_return", "ready", "quoted"})
FAILED: Final = frozenset({"declined", "not_sent"})
FAILURE_SHOWN: Final = timedelta(days=7)
UPCOMING_WINDOW: Final = timedelta(days=30)
TODAY_X: Final = 12
"""Where today lies in the picture of the next 30 days, which is 624 wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingChange:
    """Points that will move or expire, as the gateway tells them, and where they lie in the picture."""

    day: date
    points: int
    at: int
    service: models.MunicipalBalanceView | None
    """Whose municipal points expire; None: it is reserve that moves."""


@pages.get("/mypage")
async def mypage(visit: Visit) -> web.Response:
    overview, recent = await asyncio.gather(
        visit.send(calls.overview()), visit.send(calls.list_exchanges(limit=20))
    )
    half_done = [exchange for exchange in recent.exchanges if exchange.state in HALF_DONE]
    return visit.render(
        "mypage.html",
        missed_elsewhere=visit.signed_in().missed_elsewhere,
        balances=overview.balances,
        me=overview.member,
        ahead=ahead(overview, visit.now.date()),
        today=visit.now.date(),
        ends=visit.now.date() + UPCOMING_WINDOW,
        waiting=overview.waiting,
        unread=overview.unread_notices,
        failed=[exchange for exchange in recent.exchanges if _failed_lately(exchange, visit.now)],
        is_new=not (overview.member.default_municipality or recent.exchanges),
        is_empty=_is_empty(overview.balances),
        half_done=half_done,
        partner_names=await _partner_names(visit) if half_done else {},
    )


def _is_empty(balances: models.Balances) -> bool:
    """Whether there are no points: the first steps of a new member then come before the balance, else after it."""
    reserve = balances.reserve
    return not (balances.municipal or balances.events or reserve.available or reserve.coming)


async def _partner_names(visit: Visit) -> dict[str, str]:
    partners = (await visit.send(calls.list_partners())).partners
    return {partner.partner_id: visit.speech.label(partner.name) for partner in partners}


def _failed_lately(exchange: models.ExchangeView, now: datetime) -> bool:
    """Whether a confirmed exchange came to nothing within the last days: nobody looks for what they do not expect."""
    if exchange.state not in FAILED or exchange.ended_at is None:
        return False
    return exchange.ended_at > now - FAILURE_SHOWN


def ahead(overview: models.Overview, today: date) -> list[UpcomingChange]:
    """What happens by itself within 30 days, the soonest first; what is overdue lies at today."""

    def at(day: date) -> int:
        return TODAY_X + 20 * max(0, (day - today).days)

    services = {
        (service.municipality, service.point_service): service for service in overview.balances.municipal
    }
    changes = [
        UpcomingChange(day=heap.moves_on, points=heap.points, at=at(heap.moves_on), service=None)
        for heap in overview.balances.reserve_heaps
        if heap.moves_on <= today + UPCOMING_WINDOW
    ]
    changes += [
        UpcomingChange(
            day=expiring.last_day,
            points=expiring.points,
            at=at(expiring.last_day),
            service=services[expiring.municipality, expiring.point_service],
        )
        for expiring in overview.expiring
    ]
    return sorted(changes, key=lambda change: change.day)
