"""Going, and what stays on the screen: the same for everybody, whatever site they leave."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pagekit.pages import PageRequest, SessionT, SettingsT, own_path

CLEAR: Final = {"Clear-Site-Data": '"cache", "storage"'}


async def sign_out(visit: PageRequest[SettingsT, SessionT], **query: str) -> web.Response:
    """The token ends at the gateway; the browser drops its cookie, its cache and its back-button copies."""
    try:
        await visit.api("DELETE", visit.site.session_path)
    finally:
        visit.session, visit.forget = None, True
    answer = visit.go("/signed-out", **query)
    answer.headers.update(CLEAR)
    return answer


async def signed_out(visit: PageRequest[SettingsT, SessionT]) -> web.Response:
    """What stays on the screen: clearly nobody's. Looking at it ends no session, or any site's link could: forms do."""
    if visit.session is not None:
        return visit.show("still_signed_in.html")
    answer = visit.show("signed_out.html", why=visit.asked("why"), at=visit.asked("at"))
    answer.headers.update(CLEAR)
    return answer


async def still_here(_visit: PageRequest[SettingsT, SessionT]) -> web.Response:
    """Somebody pressed 続ける in the idle warning; that the cookie is renewed is all there is to do."""
    return web.Response(status=204)


def speak(visit: PageRequest[SettingsT, SessionT]) -> tuple[str | None, web.Response]:
    """The language that was chosen, if the site speaks it, and the way back with it kept in a cookie for a year."""
    chosen = visit.typed.get("language", "")
    answer = visit.go(own_path(visit.typed.get("next", "/"), visit.site.home))
    if chosen not in visit.site.words.languages:
        return None, answer
    answer.set_cookie(
        visit.site.cookie("language"),
        chosen,
        max_age=365 * 86_400,
        httponly=True,
        samesite="Lax",
        secure=visit.site.settings.https,
    )
    return chosen, answer
