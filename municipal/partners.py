"""For the platform: what each partner owes for a month, per rate and campaign, and how far both books agree."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from aiohttp import web

from municipal.site import Pages, Visit
from point_gateway_client import calls

pages = Pages(needs="see_partners")

_MONTH: Final = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")


@pages.get("/partners")
async def month(visit: Visit) -> web.Response:
    first = _first_day(visit)
    months = await visit.send(calls.partner_settlements(year=first.year, month=first.month))
    return visit.render("partners.html", month=f"{first:%Y-%m}", partners=months.partners)


@pages.get("/partners/csv")
async def invoice(visit: Visit) -> web.Response:
    first = _first_day(visit)
    return await visit.proxy_download(calls.partner_invoice(year=first.year, month=first.month))


def _first_day(visit: Visit) -> date:
    """Of the month that was asked for; else the last whole one."""
    if match_ := _MONTH.fullmatch(visit.query("month")):
        return date(int(match_[1]), int(match_[2]), 1)
    return (visit.site.settings.clock().date().replace(day=1) - timedelta(days=1)).replace(day=1)
