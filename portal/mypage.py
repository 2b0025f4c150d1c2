"""The member's page: the menu of the guide, the balances, and what will move or expire soon."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Final

from aiohttp import web

from portal.visits import Pages, Visit

pages = Pages()

SOON: Final = timedelta(days=30)


@pages.get("/mypage")
async def mypage(visit: Visit) -> web.Response:
    balances, me, recent = await asyncio.gather(
        visit.api("GET", "/v1/balances"),
        visit.api("GET", "/v1/me"),
        visit.api("GET", "/v1/exchanges", query={"limit": "20"}),
    )
    today = visit.portal.settings.clock().date()
    moving = [
        heap for heap in balances["reserve_heaps"] if date.fromisoformat(heap["moves_on"]) <= today + SOON
    ]
    return visit.show(
        "mypage.html",
        balances=balances,
        me=me,
        moving=moving,
        open_ones=[
            one for one in recent["exchanges"] if one["state"] in ("sending", "open", "needs_a_person")
        ],
    )
