"""パスキー: signing in with one, and making one soon after a sign-in by card or phone."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any, Final

from aiohttp import web

from pagekit.api import Problem
from pagekit.pages import SESSION_GONE
from point_gateway_client import calls
from portal.error_messages import ErrorMessage
from portal.sign_in import enter
from portal.site import Pages, Visit, own_path

pages = Pages()

BROWSER_COOKIE: Final = "passkey-browser"
COOKIE_TTL_S: Final = 600
_MAX_NAME: Final = 40
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SAID_ANEW: Final = frozenset({"passkey-refused", "passkey-ended"})
"""What the page of a new challenge says, by its address: the answer to the old one has no page, as it holds no secret twice."""
_NOT_NOW: Final = frozenset({"strong-sign-in-needed", "shared-terminal", "passkeys-enough"})


@pages.get("/passkey", public=True)
async def passkey_page(visit: Visit) -> web.Response:
    if visit.session is not None:
        return visit.redirect("/mypage")
    return await _sign_in_page(visit)


@pages.post("/passkey", public=True)
async def sign_in(visit: Visit) -> web.Response:
    """What the browser's passkey said goes to the gateway, which alone judges it."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    typed = visit.form
    shared, following = typed.get("shared_terminal") == "yes", typed.get("next", "")
    browser = visit.request.cookies.get(visit.site.cookie(BROWSER_COOKIE), "")
    try:
        started = await visit.send(
            calls.sign_in_by_passkey(
                browser=browser if _NAME.fullmatch(browser) else secrets.token_urlsafe(32),
                token=typed.get("token", ""),
                credential=_credential(visit),
                shared_terminal=shared,
            )
        )
    except Problem as problem:
        return _anew(visit, problem, "/passkey", next=following, shared=typed.get("shared_terminal", ""))
    enter(visit, started, shared_terminal=shared)
    return visit.redirect(own_path(following))


@pages.get("/settings/passkey")
async def making_page(visit: Visit) -> web.Response:
    return await _making_page(visit)


@pages.post("/settings/passkey")
async def add(visit: Visit) -> web.Response:
    typed = visit.form
    try:
        await visit.send(
            calls.add_member_passkey(
                token=typed.get("token", ""),
                credential=_credential(visit),
                name=typed.get("name", "") or visit.speech.plain("このスマートフォン・パソコン"),
            )
        )
    except Problem as problem:
        if problem.word in SESSION_GONE:
            raise
        return _anew(visit, problem, "/settings/passkey", name=typed.get("name", "")[:_MAX_NAME])
    return visit.redirect("/settings/proofs", done="passkey")


async def _sign_in_page(visit: Visit) -> web.Response:
    trouble = _trouble(visit)
    browser = secrets.token_urlsafe(32)
    try:
        begun = await visit.send(calls.ask_passkey(browser=browser))
    except Problem:
        return visit.redirect("/login")
    answer = visit.render_once(
        "passkey_login.html",
        token=begun.token,
        options=json.dumps(begun.options),
        trouble=trouble,
        next=visit.query("next"),
        shared=visit.query("shared") == "yes",
    )
    answer.set_status(trouble.status if trouble else 200)
    answer.set_cookie(
        visit.site.cookie(BROWSER_COOKIE),
        browser,
        max_age=COOKIE_TTL_S,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=visit.site.settings.https,
    )
    return answer


async def _making_page(visit: Visit) -> web.Response:
    trouble = _trouble(visit)
    try:
        begun = await visit.send(calls.begin_member_passkey())
    except Problem as problem:
        if problem.word not in _NOT_NOW:
            raise
        return visit.render("passkey_not_now.html", trouble=trouble, why=visit.trouble(problem))
    answer = visit.render_once(
        "passkey_make.html",
        token=begun.token,
        options=json.dumps(begun.options),
        trouble=trouble,
        name=visit.query("name")[:_MAX_NAME],
    )
    answer.set_status(trouble.status if trouble else 200)
    return answer


def _credential(visit: Visit) -> Any:
    """What the page's script has put into the form."""
    try:
        credential = json.loads(visit.form.get("credential", ""))
    except ValueError:
        return {}
    return credential if isinstance(credential, dict) else {}


def _anew(visit: Visit, problem: Problem, path: str, **typed: str) -> web.Response:
    """The page with a new challenge; its address holds what is wrong and what was typed. Raises what no other try mends."""
    if problem.word == "body-invalid":
        problem.word = "passkey-refused"  # the script sent nothing, or somebody else's words
    if problem.word not in _SAID_ANEW:
        raise problem
    return visit.redirect(path, why=problem.word, **{name: text for name, text in typed.items() if text})


def _trouble(visit: Visit) -> ErrorMessage | None:
    word = visit.query("why")
    return visit.trouble(Problem(word, 401)) if word in _SAID_ANEW else None
