"""本人確認をする金額: the member's own sum above which a payment asks who pays, and the way to prove it.

The proof is a sign-in anew with card, phone or passkey, which ends the session that was open; where it leads is kept in the
address. The gateway holds the rule; these pages only say so before it refuses.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pagekit.api import Problem
from pagekit.sign_out import sign_out
from pagekit.typed_text import number
from point_gateway_client import calls
from portal.error_messages import ErrorMessage
from portal.site import Pages, Visit, own_path

pages = Pages()

MAX_SUM: Final = 1_000_000_000
_UNREADABLE: Final = ErrorMessage(
    "ポイント数を入力してください",
    "数字で入力するか、「いつも確認しない」を押してください。",
    422,
    field="above",
)


@pages.get("/settings/step-up")
async def step_up_page(visit: Visit) -> web.Response:
    return await _page(visit, None)


@pages.post("/settings/step-up")
async def change(visit: Visit) -> web.Response:
    above = number(visit.form.get("above", ""))
    is_off = visit.form.get("do") == "off"
    if not is_off and (above is None or above > MAX_SUM):
        return await _page(visit, _UNREADABLE)
    try:
        await visit.send(calls.set_step_up(above=None if is_off else above))
    except Problem as problem:
        if problem.word == "fresh-proof-needed":
            return visit.redirect("/prove", next="/settings/step-up")
        if problem.word != "step-up-no-proof":
            raise
        return await _page(visit, visit.trouble(problem))
    return visit.redirect("/settings", done="step-up")


@pages.get("/prove")
async def prove_page(visit: Visit) -> web.Response:
    return visit.render("prove.html", next=own_path(visit.query("next")))


@pages.post("/prove")
async def prove(visit: Visit) -> web.Response:
    """To the ways in that prove somebody, and from there back to what was to be paid."""
    answer = await sign_out(visit)
    answer.headers["Location"] = visit.redirect(
        "/login", why="prove", next=own_path(visit.form.get("next", ""))
    ).headers["Location"]
    return answer


async def _page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "step_up.html",
        status=trouble.status if trouble else 200,
        state=await visit.send(calls.get_step_up()),
        trouble=trouble,
        typed=visit.form.get("above", ""),
    )
