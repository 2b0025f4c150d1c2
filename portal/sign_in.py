"""Coming and going: the top page, login, logout, and the screen that is left behind."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import web

from pagekit.api import Problem, Unreachable
from pagekit.known_device import devices_of, keep_device
from pagekit.pages import PageValues
from pagekit.sign_out import sign_out, signed_out, speak, still_here
from point_gateway_client import calls, models
from portal.error_messages import ErrorMessage
from portal.session import new_session
from portal.site import Pages, Visit, own_path

pages = Pages()

_ID_MISSING: Final = ErrorMessage(
    "マイキーIDを入力してください",
    "英数字8文字です。大文字と小文字、全角と半角は区別しません。",
    422,
    field="mykey_id",
)
_PASSWORD_MISSING: Final = ErrorMessage(
    "パスワードを入力してください",
    "パスワードがない方は、下の「マイナンバーカードでログイン」をご利用ください。",
    422,
    field="password",
)


@pages.get("/", public=True)
async def top(visit: Visit) -> web.Response:
    return visit.render("top.html")


@pages.get("/login", public=True)
async def login(visit: Visit) -> web.Response:
    if visit.session is not None:
        return visit.redirect("/mypage")
    return await _login_page(visit, None, visit.query("next"))


@pages.post("/login", public=True)
async def sign_in(visit: Visit) -> web.Response:
    """A refusal says the same whichever half was wrong."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    typed = visit.form
    shared = typed.get("shared_terminal") == "yes"
    for missing in (_ID_MISSING, _PASSWORD_MISSING):
        if not typed.get(missing.field):
            return await _login_page(visit, missing, typed.get("next", ""))
    try:
        started = await visit.send(
            calls.sign_in(
                mykey_id=typed.get("mykey_id", ""),
                password=typed.get("password", ""),
                shared_terminal=shared,
                source=visit.network,
                devices=devices_of(visit),
            )
        )
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "sign-in-refused"  # what no MyKey ID looks like is no better than a wrong one
        if problem.status >= 500:
            raise
        return await _login_page(visit, visit.trouble(problem), typed.get("next", ""))
    enter(visit, started, shared_terminal=shared)
    return keep_device(visit, visit.redirect(own_path(typed.get("next", ""))), started.device)


async def _login_page(visit: Visit, trouble: ErrorMessage | None, following: str) -> web.Response:
    return visit.render(
        "login.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        card_trouble=None,
        **await ways_in(visit),
        next=following,
        why="" if trouble else visit.query("why"),
    )


async def ways_in(visit: Visit) -> PageValues:
    """What the login page offers besides the password."""
    card, providers, passkeys = await asyncio.gather(
        card_open(visit), phone_providers(visit), passkeys_open(visit)
    )
    return {"card_open": card, "providers": providers, "passkeys_open": passkeys}


async def card_open(visit: Visit) -> bool:
    """Whether the gateway takes cards. One that knows nothing of cards takes none."""
    try:
        card = await visit.send(calls.card_standing())
    except Problem:
        return False
    return card.open


async def passkeys_open(visit: Visit) -> bool:
    """Whether the gateway takes members' passkeys. One that knows nothing of them takes none."""
    try:
        return (await visit.send(calls.passkey_support())).open
    except Problem:
        return False


async def phone_providers(visit: Visit) -> list[models.ProviderView]:
    """By which services members can come with their phone. A gateway that knows nothing of phones has none."""
    try:
        return (await visit.send(calls.list_providers())).providers
    except Problem:
        return []


def enter(visit: Visit, started: models.SessionStarted, *, shared_terminal: bool) -> None:
    """Begin the session that the gateway has just opened, whichever door the member came by."""
    visit.session = new_session(
        started.token,
        started.member.display_name,
        started.member.mykey_id,
        shared_terminal=shared_terminal,
        now=visit.site.settings.clock(),
        missed_elsewhere=started.missed_elsewhere,
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
            await visit.send(calls.set_language(language=chosen))
    return answer


@pages.get("/help", public=True)
async def help_page(visit: Visit) -> web.Response:
    return visit.render("help.html")
