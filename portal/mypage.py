"""The member's page: the menu of the guide, the balances, and what will move or expire soon."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from aiohttp import web

from portal.visits import Pages, Visit

pages = Pages()

SOON: Final = timedelta(days=30)


@pages.get("/mypage")
async def mypage(visit: Visit) -> web.Response:
    seen = await visit.api("GET", "/v1/overview")
    balances = seen["balances"]
    today = visit.site.settings.clock().date()
    moving = [
        heap for heap in balances["reserve_heaps"] if date.fromisoformat(heap["moves_on"]) <= today + SOON
    ]
    names = {
        (one["municipality"], one["point_service"]): one["point_service_name"]
        for one in balances["municipal"]
    }
    expiring = [{**one, "name": names[one["municipality"], one["point_service"]]} for one in seen["expiring"]]
    return visit.show(
        "mypage.html",
        balances=balances,
        me=seen["member"],
        moving=moving,
        expiring=expiring,
        open_ones=seen["waiting"],
    )
