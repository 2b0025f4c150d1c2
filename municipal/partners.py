"""For the platform: what each partner owes for a month, per rate and campaign, and how far both books agree."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from aiohttp import web

from municipal.site import Pages, Visit

pages = Pages(needs="see_partners")

_MONTH: Final = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")


@pages.get("/partners")
async def month(visit: Visit) -> web.Response:
    day = _wanted(visit)
    told = await visit.api("GET", "/v1/platform/partner-settlements", query=_query(day))
    return visit.show("partners.html", month=f"{day:%Y-%m}", partners=told["partners"])


@pages.get("/partners/csv")
async def invoice(visit: Visit) -> web.Response:
    return await visit.pass_on("/v1/platform/partner-settlements/csv", _query(_wanted(visit)))


def _wanted(visit: Visit) -> date:
    """The month that was asked for; else the last whole one."""
    if match_ := _MONTH.fullmatch(visit.asked("month")):
        return date(int(match_[1]), int(match_[2]), 1)
    return (visit.site.settings.clock().date().replace(day=1) - timedelta(days=1)).replace(day=1)


def _query(wanted: date) -> dict[str, str]:
    return {"year": str(wanted.year), "month": str(wanted.month)}
