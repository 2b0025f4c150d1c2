"""Going, and what stays on the screen: the same for everybody, whatever site they leave."""

from __future__ import annotations

from typing import Any, Final

import structlog
from aiohttp import web

from pagekit.api import Problem, Unreachable
from pagekit.i18n import Language
from pagekit.pages import PageRequest, SessionT, SettingsT, own_path
from pagekit.typed_text import choice_of

CLEAR: Final = {"Clear-Site-Data": '"cache", "storage"'}

_log = structlog.get_logger()


async def sign_out(visit: PageRequest[SettingsT, SessionT], **query: str) -> web.Response:
    """The token ends at the gateway; the browser drops its cookie, its cache and its back-button copies.

    Where the gateway is away, or knows the session no longer, the browser drops them all the same: the token, which is
    nowhere else, then ends at the gateway's own idle limit.
    """
    try:
        await visit.send(visit.site.end_session())
    except (Problem, Unreachable) as fault:
        _log.warning("session not ended at the gateway", fault=str(fault))
    finally:
        visit.session, visit.clear_session = None, True
    answer = visit.redirect("/signed-out", **query)
    answer.headers.update(CLEAR)
    return answer


async def signed_out(visit: PageRequest[SettingsT, SessionT], **values: Any) -> web.Response:
    """What stays on the screen: clearly nobody's. Looking at it ends no session, or any site's link could: forms do."""
    if visit.session is not None:
        return visit.render("still_signed_in.html")
    visit.clear_session = True
    following = own_path(visit.query("next"), "")
    answer = visit.render(
        "signed_out.html", why=visit.query("why"), at=visit.query("at"), following=following, **values
    )
    answer.headers.update(CLEAR)
    return answer


async def still_here(_visit: PageRequest[SettingsT, SessionT]) -> web.Response:
    """Somebody pressed 続ける in the idle warning; that the cookie is renewed is all there is to do."""
    return web.Response(status=204)


def speak(visit: PageRequest[SettingsT, SessionT]) -> tuple[Language | None, web.Response]:
    """The language that was chosen, if the site speaks it, and the way back with it kept in a cookie for a year."""
    chosen = choice_of(visit.form.get("language", ""), visit.site.words.languages)
    answer = visit.redirect(own_path(visit.form.get("next", "/"), visit.site.home))
    if chosen is None:
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
