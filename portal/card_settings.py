"""A member's own card: a password set with the card in hand, a card linked with the password, a renewed one.

A new certificate is a new card to the gateway, so that after a renewal the old MyKey ID and its password lead in once.
"""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from pagekit.api import Problem
from portal.cards import card_and_browser, forgetting_browser, trouble_of
from portal.error_messages import ErrorMessage
from portal.sign_in import card_open, enter
from portal.site import Pages, Visit

pages = Pages()

_MISMATCH: Final = ErrorMessage(
    "新しいパスワードが一致しません", "同じパスワードを2回入力してください。", 422, field="again"
)


@pages.get("/relink", public=True)
async def relink_page(visit: Visit) -> web.Response:
    return visit.show("relink.html", card_open=await card_open(visit), trouble=None)


@pages.post("/relink", public=True)
async def relink(visit: Visit) -> web.Response:
    """The old MyKey ID and password with the renewed card; signs the member in."""
    if (answer := visit.hold_on()) is not None:
        return answer
    typed = visit.typed
    shared = typed.get("shared_terminal") == "yes"
    body = card_and_browser(visit) | {
        "mykey_id": typed.get("mykey_id", ""),
        "password": typed.get("password", ""),
        "shared_terminal": shared,
    }
    try:
        told = await visit.api("POST", "/v1/card/relinks", body=body, as_site=True)
    except Problem as problem:
        trouble = trouble_of(visit, problem, otherwise="sign-in-refused")
        return visit.show("relink.html", status=trouble.status, card_open=True, trouble=trouble)
    enter(visit, told, shared_terminal=shared)
    return forgetting_browser(visit.go("/settings", done="card"))


@pages.get("/settings/card")
async def link_page(visit: Visit) -> web.Response:
    return await _page(visit, "card_link.html", None)


@pages.post("/settings/card")
async def link(visit: Visit) -> web.Response:
    body = card_and_browser(visit) | {"password": visit.typed.get("password", "")}
    try:
        await visit.api("POST", "/v1/me/card", body=body)
    except Problem as problem:
        return await _page(visit, "card_link.html", _beside_form(visit, problem, "current-password-wrong"))
    return forgetting_browser(visit.go("/settings", done="card"))


@pages.get("/settings/card-password")
async def password_page(visit: Visit) -> web.Response:
    return await _page(visit, "card_password.html", None)


@pages.post("/settings/card-password")
async def set_password(visit: Visit) -> web.Response:
    typed = visit.typed
    if typed.get("new") != typed.get("again"):
        return await _page(visit, "card_password.html", _MISMATCH)
    body = card_and_browser(visit) | {"new": typed.get("new", "")}
    try:
        await visit.api("PUT", "/v1/me/card/password", body=body)
    except Problem as problem:
        return await _page(visit, "card_password.html", _beside_form(visit, problem, "password-unfit"))
    return forgetting_browser(visit.go("/settings", done="card-password"))


async def _page(visit: Visit, template: str, trouble: ErrorMessage | None) -> web.Response:
    me: Any = await visit.api("GET", "/v1/me")
    return visit.show(
        template,
        status=trouble.status if trouble else 200,
        me=me,
        card_open=await card_open(visit),
        trouble=trouble,
    )


def _beside_form(visit: Visit, problem: Problem, otherwise: str) -> ErrorMessage:
    if problem.word in ("session-ended", "session-missing"):
        raise problem
    return trouble_of(visit, problem, otherwise=otherwise)
