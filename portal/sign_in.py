"""Coming and going: the top page, login, logout, and the screen that is left behind."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from aiohttp import web

from pagekit.api import Problem, Unreachable
from pagekit.sign_out import sign_out, signed_out, speak, still_here
from portal.error_messages import ErrorMessage
from portal.session import new_session
from portal.site import Pages, Visit, own_path

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
    values = {
        "mykey_id": typed.get("mykey_id", ""),
        "password": typed.get("password", ""),
        "shared_terminal": shared,
    }
    try:
        told = await visit.api("POST", "/v1/sessions", body=values, as_site=True)
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "sign-in-refused"  # an empty field is no better than a wrong one
        if problem.status >= 500:
            raise
        return await _login_page(visit, visit.trouble(problem), typed.get("next", ""))
    enter(visit, told, shared_terminal=shared)
    return visit.go(own_path(typed.get("next", "")))


async def _login_page(visit: Visit, trouble: ErrorMessage | None, following: str) -> web.Response:
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
        standing = await visit.api("GET", "/v1/card", as_site=True)
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
        now=visit.site.settings.clock(),
    )


@pages.post("/logout")
async def logout(visit: Visit) -> web.Response:
    return await sign_out(visit, **({"at": "shared"} if visit.signed_in().shared_terminal else {}))


pages.get("/signed-out", public=True, counts_as_use=False)(signed_out)
pages.post("/still-here")(still_here)


@pages.post("/language", public=True)
async def choose_language(visit: Visit) -> web.Response:
    """Kept in the browser, and at the gateway for the next one."""
    chosen, answer = speak(visit)
    if chosen is not None and visit.session is not None:
        with suppress(Problem, Unreachable):  # the browser has it; the gateway keeps it for the next one
            await visit.api("PUT", "/v1/me/language", body={"language": chosen})
    return answer


@pages.get("/help", public=True)
async def help_page(visit: Visit) -> web.Response:
    return visit.show("help.html")
