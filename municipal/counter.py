"""The shop's own pages, on the phone at its counter."""

from __future__ import annotations

from aiohttp import web

from municipal.visits import Pages, Visit

pages = Pages()


@pages.get("/shop")
async def shop(visit: Visit) -> web.Response:
    return visit.show("shop.html", shop=await visit.api("GET", "/v1/shop"))
