"""前のシステムのポイントを引き継ぐ: number and code from the city's letter, at the address that the letter names."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pagekit.api import Problem
from pagekit.typed_text import code as plain_code
from point_gateway_client import calls, models
from portal.error_messages import ErrorMessage
from portal.site import Pages, Visit

pages = Pages()

_EMPTY: Final = ErrorMessage(
    "番号か引継ぎコードが違います",
    "通知と見比べてください。すでに引き継いだ番号かもしれません。",
    422,
    field="code",
)
_CITY: Final = r"{code:[0-9]{6}}"


@pages.get(f"/carry-in/{_CITY}")
async def form(visit: Visit) -> web.Response:
    return await _page(visit)


@pages.post(f"/carry-in/{_CITY}")
async def claim(visit: Visit) -> web.Response:
    """Once for each number; the same person again is told the same."""
    city, number, code = visit.path_param("code"), visit.form.get("number", ""), visit.form.get("code", "")
    trouble, done = None, None
    if not plain_code(number) or not plain_code(code):
        trouble = _EMPTY
    else:
        try:
            done = await visit.send(
                calls.claim_carry_in(municipality=city, number=number[:100], code=code[:100])
            )
        except Problem as problem:
            if problem.word == "not-for-a-representative":
                raise
            trouble = visit.trouble(problem)
    return await _page(visit, trouble, done)


async def _page(
    visit: Visit,
    trouble: ErrorMessage | None = None,
    done: models.ClaimedView | None = None,
) -> web.Response:
    """Raises 404 for a municipality that has no point service here."""
    city = visit.path_param("code")
    services = (await visit.send(calls.list_point_services(municipality=city))).point_services
    if not services:
        raise web.HTTPNotFound
    return visit.render(
        "carry_in.html",
        status=trouble.status if trouble else 200,
        city=city,
        service=services[0],
        trouble=trouble,
        typed=visit.form,
        done=done,
    )
