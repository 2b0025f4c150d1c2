"""The second way in: a My Number card, read by the program at the member's desk (マイキーID作成・登録準備ソフト).

The page asks us for a challenge, hands it to that program on the loopback, and sends its answer here in an ordinary
form; we pass it on to the gateway, which alone judges it. `browser` is a random name that this browser keeps in a
cookie of its own: a card's answer that was made for another browser is refused there.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import Final, Literal

from aiohttp import web

from pagekit.api import Problem
from pagekit.typed_text import choice_of
from point_gateway_client import UNSET, calls, models
from portal.error_messages import ErrorMessage
from portal.sign_in import card_open, enter, ways_in
from portal.site import Pages, Visit, own_path

pages = Pages()

PHONE_BROWSER_COOKIE: Final = "phone-browser"
"""Names the browser that went to a provider of phones and came back."""
_PURPOSES: Final[tuple[Literal["register", "relink"], ...]] = ("register", "relink")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_NAME_MISSING: Final = ErrorMessage(
    "お名前を入力してください", "100文字までで入力してください。", 422, field="display_name"
)
BROWSER_COOKIE: Final = "card-browser"


@pages.post("/card/challenge", public=True)
async def challenge(visit: Visit) -> web.Response:
    """For the script of the login page: what the card shall sign."""
    if visit.render_throttled() is not None:
        return web.json_response({}, status=429)
    purpose = choice_of(visit.form.get("purpose", ""), _PURPOSES) or "login"
    # A phone is joined by a card that is shown where the phone was: under the name that this browser has for the phone.
    browser = browser_of(visit, PHONE_BROWSER_COOKIE) if joins_phone(visit) else secrets.token_urlsafe(32)
    try:
        card_challenge = await visit.send(calls.ask_card(purpose=purpose, browser=browser))
    except Problem as problem:
        return web.json_response({"problem": problem.word}, status=503)
    answer = web.json_response({"challenge": card_challenge.value, "purpose": card_challenge.purpose})
    if joins_phone(visit):
        return answer
    answer.set_cookie(
        visit.site.cookie(BROWSER_COOKIE),
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
    shared = visit.form.get("shared_terminal") == "yes"
    try:
        started = await visit.send(
            calls.sign_in_by_card(browser=browser_of(visit), card=card_answer(visit), shared_terminal=shared)
        )
    except Problem as problem:
        trouble = trouble_of(visit, problem, otherwise="card-unknown")
        return visit.render(
            "login.html",
            status=trouble.status,
            trouble=None,
            card_trouble=trouble,
            **await ways_in(visit),
            next=visit.form.get("next", ""),
            why="",
        )
    enter(visit, started, shared_terminal=shared)
    return forgetting_browser(visit, visit.redirect(own_path(visit.form.get("next", ""))))


@pages.get("/register", public=True)
async def register_page(visit: Visit) -> web.Response:
    """マイキーIDの作成・登録."""
    return visit.render("register.html", card_open=await card_open(visit), trouble=None, typed="")


@pages.post("/register", public=True)
async def register(visit: Visit) -> web.Response:
    """Make a MyKey ID with the card that was just read; signs the new member in and tells the ID."""
    name, password = visit.form.get("display_name", ""), visit.form.get("password", "")
    shared = visit.form.get("shared_terminal") == "yes"
    if not name:
        return visit.render("register.html", status=422, card_open=True, trouble=_NAME_MISSING, typed="")
    try:
        started = await visit.send(
            calls.register_by_card(
                browser=browser_of(visit),
                card=card_answer(visit),
                display_name=name,
                password=password or UNSET,
                language=visit.speech.language,
                shared_terminal=shared,
            )
        )
    except Problem as problem:
        trouble = trouble_of(visit, problem, otherwise="bad-display-name")
        if trouble.field == "new":
            trouble = replace(trouble, field="password")
        return visit.render(
            "register.html", status=trouble.status, card_open=True, trouble=trouble, typed=name
        )
    enter(visit, started, shared_terminal=shared)
    return forgetting_browser(visit, visit.redirect("/settings", done="registered"))


def card_answer(visit: Visit) -> models.CardAnswer:
    """The card's answer as the page sent it."""
    form = visit.form
    return models.CardAnswer(
        client_data=form.get("client_data", ""),
        certificate=form.get("certificate", ""),
        signature=form.get("signature", ""),
    )


def joins_phone(visit: Visit) -> bool:
    """Whether the page that asks for a challenge joins a phone to whose card it is."""
    return visit.form.get("purpose") == "phone"


def browser_of(visit: Visit, cookie: str = BROWSER_COOKIE) -> str:
    """The name of the browser that had asked for the challenge; for one that has none, a name that no card knows."""
    browser = visit.request.cookies.get(visit.site.cookie(cookie), "")
    return browser if _NAME.fullmatch(browser) else secrets.token_urlsafe(32)


def trouble_of(visit: Visit, problem: Problem, *, otherwise: str) -> ErrorMessage:
    """What to say beside a form; `otherwise` is the word where a field had no form at all. Faults are raised."""
    if problem.word == "body-invalid":
        problem.word = "card-response-malformed" if "card" in problem.fields else otherwise
    if problem.status >= 500 and not problem.word.startswith("card-"):
        raise problem
    return visit.trouble(problem)


def forgetting_browser(visit: Visit, answer: web.Response) -> web.Response:
    answer.del_cookie(
        visit.site.cookie(BROWSER_COOKIE),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=visit.site.settings.https,
    )
    return answer
