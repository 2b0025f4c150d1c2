"""A shop's papers: its own QR to stand at the counter, and the statements of what the city pays."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from municipal.labels import WAYS
from municipal.site import Pages, Visit
from municipal.statements import corrected
from pagekit.qr import qr

pages = Pages(needs="take_points")

_CYCLE: Final = r"{cycle:[0-9]{4}-[0-9]{2}-[0-9]{2}}"


@pages.get("/shop/code")
async def code(visit: Visit) -> web.Response:
    """A sheet for the counter. It names the shop and moves nothing by itself: it may be photographed."""
    shop, told = await asyncio.gather(visit.api("GET", "/v1/shop"), visit.api("GET", "/v1/shop/code"))
    picture = qr(told["shop_code"], visit.speech.plain("お店のQRコード"))
    return visit.show("own_code.html", shop=shop, picture=picture, code=told["shop_code"])


@pages.get("/shop/settlements")
async def settlements(visit: Visit) -> web.Response:
    return visit.show(
        "own_settlements.html", cycles=(await visit.api("GET", "/v1/shop/settlements"))["cycles"]
    )


@pages.get(f"/shop/settlements/{_CYCLE}")
async def statement(visit: Visit) -> web.Response:
    found = await visit.api("GET", _statement(visit))
    return visit.show("own_statement.html", statement=found, corrected=corrected(found), ways=WAYS)


@pages.get(f"/shop/settlements/{_CYCLE}/csv")
async def statement_csv(visit: Visit) -> web.Response:
    return await visit.pass_on(f"{_statement(visit)}/csv")


@pages.get(f"/shop/settlements/{_CYCLE}/pdf")
async def statement_pdf(visit: Visit) -> web.Response:
    return await visit.pass_on(f"{_statement(visit)}/pdf")


def _statement(visit: Visit) -> str:
    return f"/v1/shop/settlements/{visit.part('cycle')}"
