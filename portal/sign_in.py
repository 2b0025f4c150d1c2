"""Coming and going: the top page, login, logout, and the screen that is left behind."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from aiohttp import web

from portal.api import Problem
from portal.sealed import new_session
from portal.trouble import Trouble
from portal.visits import Pages, Visit, own_path
from portal.words import LANGUAGES

pages = Pages()


@pages.get("/", public=True)
async def top(visit: Visit) -> web.Response:
    return visit.show("top.html")


@pages.get("/login", public=True)
async def login(visit: Visit) -> web.Response:
    if visit.session is not None:
        return visit.go("/mypage")
    return await _login_page(visit, None, visit.asked("next"))


@pages.post("/login", public=True)
async def sign_in(visit: Visit) -> web.Response:
    """A refusal says the same whichever half was wrong."""
    if (answer := visit.hold_on()) is not None:
        return answer
    typed = visit.typed
    shared = typed.get("shared_terminal") == "yes"
    wanted = {
        "mykey_id": typed.get("mykey_id", ""),
        "password": typed.get("password", ""),
        "shared_terminal": shared,
    }
    try:
        told = await visit.portal.gateway.call(
            "POST", "/v1/sessions", body=wanted, language=visit.speech.language
        )
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "sign-in-refused"  # an empty field is no better than a wrong one
        if problem.status >= 500:
            raise
        return await _login_page(visit, Trouble.of(problem), typed.get("next", ""))
    enter(visit, told, shared_terminal=shared)
    return visit.go(own_path(typed.get("next", "")))


async def _login_page(visit: Visit, trouble: Trouble | None, following: str) -> web.Response:
    return visit.show(
        "login.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        card_trouble=None,
        card_open=await card_open(visit),
        next=following,
        why="" if trouble else visit.asked("why"),
    )


async def card_open(visit: Visit) -> bool:
    """Whether the gateway takes cards. One that knows nothing of cards takes none."""
    try:
        standing = await visit.portal.gateway.call("GET", "/v1/card", language=visit.speech.language)
    except Problem:
        return False
    return bool(standing["open"])


def enter(visit: Visit, told: Any, *, shared_terminal: bool) -> None:
    """Begin the session that the gateway has just opened, whichever door the member came by."""
    member = told["member"]
    visit.session = new_session(
        told["token"],
        member["display_name"],
        member["mykey_id"],
        shared_terminal=shared_terminal,
        now=visit.portal.settings.clock(),
    )


@pages.post("/logout")
async def logout(visit: Visit) -> web.Response:
    """The token ends at the gateway; the browser drops its cookie, its cache and its back-button copies."""
    shared = visit.member().shared_terminal
    try:
        await visit.api("DELETE", "/v1/sessions/current")
    finally:
        visit.session, visit.forget = None, True
    answer = visit.go("/signed-out", **({"at": "shared"} if shared else {}))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@pages.get("/signed-out", public=True)
async def signed_out(visit: Visit) -> web.Response:
    """What stays on the screen: clearly nobody's. Also where an idle page goes by itself."""
    if visit.session is not None and visit.asked("why") == "idle":
        with suppress(Problem):  # it may have ended there of itself
            await visit.api("DELETE", "/v1/sessions/current")
        visit.session, visit.forget = None, True
    answer = visit.show("signed_out.html", why=visit.asked("why"), at=visit.asked("at"))
    if visit.forget:
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@pages.post("/still-here")
async def still_here(_visit: Visit) -> web.Response:
    """The member pressed 続ける in the idle warning; that the cookie is renewed is all there is to do."""
    return web.Response(status=204)


@pages.post("/language", public=True)
async def choose_language(visit: Visit) -> web.Response:
    chosen = visit.typed.get("language", "")
    answer = visit.go(own_path(visit.typed.get("next", "/")))
    if chosen in LANGUAGES:
        answer.set_cookie(
            "language",
            chosen,
            max_age=365 * 86_400,
            httponly=True,
            samesite="Lax",
            secure=visit.portal.settings.https,
        )
        if visit.session is not None:
            await visit.api("PUT", "/v1/me/language", body={"language": chosen})
    return answer


@pages.get("/help", public=True)
async def help_page(visit: Visit) -> web.Response:
    return visit.show("help.html")
