"""The member's page: the menu of the guide, the balances, and what will move or expire soon."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from portal.site import Pages, Visit

pages = Pages()

HALF_DONE: Final = frozenset({"awaiting_return", "ready", "quoted"})
FAILED: Final = frozenset({"declined", "not_sent"})
FAILURE_SHOWN: Final = timedelta(days=7)
UPCOMING_WINDOW: Final = timedelta(days=30)
MAX_SHOWN: Final = 12
"""Where today lies in the picture of the next 30 days, which is 624 wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingChange:
    """Points that will move or expire, as the gateway tells them, and where they lie in the picture."""

    day: str
    points: int
    at: int
    service: Mapping[str, Any] | None
    """Whose municipal points expire; None: it is reserve that moves."""


@pages.get("/mypage")
async def mypage(visit: Visit) -> web.Response:
    seen, recent = await asyncio.gather(
        visit.api("GET", "/v1/overview"), visit.api("GET", "/v1/exchanges", query={"limit": "20"})
    )
    return visit.show(
        "mypage.html",
        balances=seen["balances"],
        me=seen["member"],
        ahead=ahead(seen, visit.now.date()),
        today=visit.now.date().isoformat(),
        ends=(visit.now.date() + UPCOMING_WINDOW).isoformat(),
        open_ones=seen["waiting"],
        failed=[one for one in recent["exchanges"] if _failed_lately(one, visit.now)],
        is_new=not (seen["member"]["default_municipality"] or recent["exchanges"]),
        half_done=next((one for one in recent["exchanges"] if one["state"] in HALF_DONE), None),
    )


def _failed_lately(exchange: Mapping[str, Any], now: datetime) -> bool:
    """Whether a confirmed exchange came to nothing within the last days: nobody looks for what they do not expect."""
    if exchange["state"] not in FAILED or not exchange["ended_at"]:
        return False
    return datetime.fromisoformat(exchange["ended_at"]) > now - FAILURE_SHOWN


def ahead(seen: Mapping[str, Any], today: date) -> list[UpcomingChange]:
    """What happens by itself within 30 days, the soonest first; what is overdue lies at today."""

    def at(day: str) -> int:
        days = (date.fromisoformat(day) - today).days
        return MAX_SHOWN + 20 * max(0, days)

    services = {(one["municipality"], one["point_service"]): one for one in seen["balances"]["municipal"]}
    aheads = [
        UpcomingChange(day=heap["moves_on"], points=heap["points"], at=at(heap["moves_on"]), service=None)
        for heap in seen["balances"]["reserve_heaps"]
        if date.fromisoformat(heap["moves_on"]) <= today + UPCOMING_WINDOW
    ]
    aheads += [
        UpcomingChange(
            day=one["last_day"],
            points=one["points"],
            at=at(one["last_day"]),
            service=services[one["municipality"], one["point_service"]],
        )
        for one in seen["expiring"]
    ]
    return sorted(aheads, key=lambda one: one.day)
