"""The second way in: a My Number card, read by the program at the member's desk (マイキーID作成・登録準備ソフト).

The page asks us for a challenge, hands it to that program on the loopback, and sends its answer here in an ordinary
form; we pass it on to the gateway, which alone judges it. `browser` is a random name that this browser keeps in a
cookie of its own: a card's answer that was made for another browser is refused there.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from pagekit.api import Problem
from portal.error_messages import ErrorMessage
from portal.sign_in import card_open, enter
from portal.site import Pages, Visit, own_path

pages = Pages()

FIELDS: Final = ("client_data", "certificate", "signature")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_COOKIE: Final = "card-browser"


@pages.post("/card/challenge", public=True)
async def challenge(visit: Visit) -> web.Response:
    """For the script of the login page: what the card shall sign."""
    if visit.hold_on() is not None:
        return web.json_response({}, status=429)
    asked = visit.typed.get("purpose", "")
    purpose = asked if asked in ("register", "relink") else "login"
    browser = secrets.token_urlsafe(32)
    try:
        made = await visit.api("POST", "/v1/card/challenges", body={"purpose": purpose, "browser": browser})
    except Problem as problem:
        return web.json_response({"problem": problem.word}, status=503)
    answer = web.json_response({"challenge": made["value"], "purpose": made["purpose"]})
    answer.set_cookie(
        _COOKIE,
        browser,
        max_age=300,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=visit.site.settings.https,
    )
    return answer


@pages.post("/card/login", public=True)
async def sign_in_by_card(visit: Visit) -> web.Response:
    shared = visit.typed.get("shared_terminal") == "yes"
    try:
        told = await visit.api(
            "POST",
            "/v1/card/sessions",
            body=card_and_browser(visit) | {"shared_terminal": shared},
            as_site=True,
        )
    except Problem as problem:
        trouble = trouble_of(visit, problem, otherwise="card-unknown")
        return visit.show(
            "login.html",
            status=trouble.status,
            trouble=None,
            card_trouble=trouble,
            card_open=True,
            next=visit.typed.get("next", ""),
            why="",
        )
    enter(visit, told, shared_terminal=shared)
    return forgetting_browser(visit.go(own_path(visit.typed.get("next", ""))))


@pages.get("/register", public=True)
async def register_page(visit: Visit) -> web.Response:
    """マイキーIDの作成・登録."""
    return visit.show("register.html", card_open=await card_open(visit), trouble=None, typed="")


@pages.post("/register", public=True)
async def register(visit: Visit) -> web.Response:
    """Make a MyKey ID with the card that was just read; signs the new member in and tells the ID."""
    name, password = visit.typed.get("display_name", ""), visit.typed.get("password", "")
    body: dict[str, Any] = card_and_browser(visit) | {"display_name": name, "language": visit.speech.language}
    if password:
        body["password"] = password
    try:
        told = await visit.api("POST", "/v1/card/registrations", body=body, as_site=True)
    except Problem as problem:
        trouble = trouble_of(visit, problem, otherwise="bad-display-name")
        if trouble.field == "new":
            trouble = replace(trouble, field="password")
        return visit.show("register.html", status=trouble.status, card_open=True, trouble=trouble, typed=name)
    enter(visit, told, shared_terminal=visit.typed.get("shared_terminal") == "yes")
    return forgetting_browser(visit.go("/settings", done="registered"))


def card_and_browser(visit: Visit) -> dict[str, Any]:
    """The card's answer as the page sent it, and the browser that had asked for the challenge."""
    browser = visit.request.cookies.get(_COOKIE, "")
    return {
        "browser": browser if _NAME.fullmatch(browser) else secrets.token_urlsafe(32),
        "card": {name: visit.typed.get(name, "") for name in FIELDS},
    }


def trouble_of(visit: Visit, problem: Problem, *, otherwise: str) -> ErrorMessage:
    """What to say beside a form; `otherwise` is the word where a field had no form at all. Faults are raised."""
    if problem.word == "body-invalid":
        problem.word = "card-response-malformed" if "card" in problem.fields else otherwise
    if problem.status >= 500 and not problem.word.startswith("card-"):
        raise problem
    return visit.trouble(problem)


def forgetting_browser(answer: web.Response) -> web.Response:
    answer.del_cookie(_COOKIE, path="/", httponly=True, samesite="Strict")
    return answer
