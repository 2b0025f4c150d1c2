"""The first page: what this role may do, and nothing else. A shop's people go to their own."""

from __future__ import annotations

from aiohttp import web

from municipal.visits import Pages, Visit

pages = Pages()


@pages.get("/")
async def start(visit: Visit) -> web.Response:
    who = visit.signed_in()
    if who.unfinished:
        return visit.go("/setup")
    if who.is_shop:
        return visit.go("/shop")
    return visit.show("start.html")
