"""What closed shops owe: a list, and the proposal that it was repaid or is written off."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Literal

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, status
from municipal.labels import DEBT_ENDS
from municipal.proposals import proposed
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.typed_text import choice_of
from point_gateway_client import calls

pages = Pages(needs="see")

_END_WORDS: Final[tuple[Literal["repaid", "written_off"], ...]] = ("repaid", "written_off")
_SHOP: Final = r"{shop:[a-z0-9][a-z0-9-]{0,39}}"
_UNDECIDED: Final = ErrorMessage(
    "どちらかを選んでください",
    "返金を受け取ったか、債権を放棄するかを選んでください。",
    422,
    field="debt_end",
)


@pages.get("/settlements/debts")
async def listed(visit: Visit) -> web.Response:
    found, people = await asyncio.gather(visit.send(calls.list_shop_debts()), visit.send(calls.name_people()))
    return visit.render(
        "shop_debts.html",
        owing=found.owing,
        ended=found.ended,
        ends=DEBT_ENDS,
        people={person.staff_id: person.display_name for person in people.people},
    )


@pages.get(f"/settlements/debts/{_SHOP}", needs="settle")
async def debt_page(visit: Visit) -> web.Response:
    return await _debt_page(visit, {}, None)


@pages.post(f"/settlements/debts/{_SHOP}", needs="settle")
async def end_debt(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    debt_end = choice_of(typed.get("debt_end", ""), _END_WORDS)
    if debt_end is None:
        return await _debt_page(visit, typed, _UNDECIDED)
    try:
        answer = await visit.send(
            calls.end_shop_debt(
                shop_id=visit.path_param("shop"), debt_end=debt_end, reason=typed.get("reason", "")
            )
        )
    except Problem as problem:
        return await _debt_page(visit, typed, beside(visit, problem))
    return proposed(visit, answer) or visit.redirect("/settlements/debts")


async def _debt_page(visit: Visit, typed: Mapping[str, str], trouble: ErrorMessage | None) -> web.Response:
    owing = (await visit.send(calls.list_shop_debts())).owing
    debt = next((each for each in owing if each.shop_id == visit.path_param("shop")), None)
    if debt is None:
        raise web.HTTPNotFound
    return visit.render(
        "shop_debt.html", status=status(trouble), debt=debt, ends=DEBT_ENDS, typed=typed, trouble=trouble
    )
