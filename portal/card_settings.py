"""A member's own card: a password set with the card in hand, a card linked with the password, a renewed one.

A new certificate is a new card to the gateway, so that after a renewal the old MyKey ID and its password lead in once.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pagekit.api import Problem
from point_gateway_client import calls
from portal.cards import browser_of, card_answer, forgetting_browser, trouble_of
from portal.error_messages import ErrorMessage
from portal.sign_in import card_open, enter
from portal.site import Pages, Visit

pages = Pages()

_MISMATCH: Final = ErrorMessage(
    "新しいパスワードが一致しません", "同じパスワードを2回入力してください。", 422, field="again"
)


@pages.get("/relink", public=True)
async def relink_page(visit: Visit) -> web.Response:
    return visit.render("relink.html", card_open=await card_open(visit), trouble=None)


@pages.post("/relink", public=True)
async def relink(visit: Visit) -> web.Response:
    """The old MyKey ID and password with the renewed card; signs the member in."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    typed = visit.form
    shared = typed.get("shared_terminal") == "yes"
    try:
        started = await visit.send(
            calls.relink_card(
                browser=browser_of(visit),
                card=card_answer(visit),
                mykey_id=typed.get("mykey_id", ""),
                password=typed.get("password", ""),
                shared_terminal=shared,
            )
        )
    except Problem as problem:
        trouble = trouble_of(visit, problem, otherwise="sign-in-refused")
        return visit.render("relink.html", status=trouble.status, card_open=True, trouble=trouble)
    enter(visit, started, shared_terminal=shared)
    return forgetting_browser(visit, visit.redirect("/settings", done="card"))


@pages.get("/settings/card")
async def link_page(visit: Visit) -> web.Response:
    return await _page(visit, "card_link.html", None)


@pages.post("/settings/card")
async def link(visit: Visit) -> web.Response:
    try:
        await visit.send(
            calls.link_card(
                browser=browser_of(visit),
                card=card_answer(visit),
                password=visit.form.get("password", ""),
            )
        )
    except Problem as problem:
        return await _page(visit, "card_link.html", _beside_form(visit, problem, "current-password-wrong"))
    return forgetting_browser(visit, visit.redirect("/settings", done="card"))


@pages.get("/settings/card-password")
async def password_page(visit: Visit) -> web.Response:
    return await _page(visit, "card_password.html", None)


@pages.post("/settings/card-password")
async def set_password(visit: Visit) -> web.Response:
    typed = visit.form
    if typed.get("new") != typed.get("again"):
        return await _page(visit, "card_password.html", _MISMATCH)
    try:
        await visit.send(
            calls.set_password_by_card(
                browser=browser_of(visit), card=card_answer(visit), new=typed.get("new", "")
            )
        )
    except Problem as problem:
        return await _page(visit, "card_password.html", _beside_form(visit, problem, "password-unfit"))
    return forgetting_browser(visit, visit.redirect("/settings", done="card-password"))


async def _page(visit: Visit, template: str, trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        template,
        status=trouble.status if trouble else 200,
        me=await visit.send(calls.me()),
        card_open=await card_open(visit),
        trouble=trouble,
    )


def _beside_form(visit: Visit, problem: Problem, otherwise: str) -> ErrorMessage:
    if problem.word in ("session-ended", "session-missing"):
        raise problem
    return trouble_of(visit, problem, otherwise=otherwise)
