"""The way in with a phone: to the provider and back, a question to who is unknown, an old MyKey ID or a new one.

The gateway does the protocol; here the browser is sent there by a link and what it brings back is handed over unchanged. A name
for this browser lies in a cookie of its own, so that a return into another browser is told apart and said in words.
"""

from __future__ import annotations

import re
import secrets
from typing import Any, Final, Literal

from aiohttp import web

from pagekit.api import Problem
from pagekit.known_device import devices_of, keep_device
from pagekit.pages import SESSION_GONE
from pagekit.typed_text import choice_of
from point_gateway_client import calls, models
from portal.cards import PHONE_BROWSER_COOKIE, browser_of, card_answer, trouble_of
from portal.error_messages import ErrorMessage
from portal.session import SHARED_TERMINAL_IDLE_LIMIT
from portal.sign_in import card_open, enter, phone_providers
from portal.site import Pages, Visit, own_path

pages = Pages()

BROWSER_COOKIE: Final = PHONE_BROWSER_COOKIE
ARRIVAL_COOKIE: Final = "phone-arrival"
NEXT_COOKIE: Final = "phone-next"
COOKIES: Final = (BROWSER_COOKIE, ARRIVAL_COOKIE, NEXT_COOKIE)
COOKIE_TTL_S: Final = 1_200
"""Longer than the gateway waits for a return, so that who comes late is told that and not that the browser is another."""
_ARRIVAL: Final = re.compile(r"pgo_[A-Za-z0-9_-]{43}")
_PURPOSES: Final[tuple[Literal["link", "password"], ...]] = ("link", "password")
_BEGIN_AGAIN: Final = "oidc-"
_NAME_MISSING: Final = ErrorMessage(
    "お名前を入力してください", "100文字までで入力してください。", 422, field="display_name"
)
_ID_MISSING: Final = ErrorMessage(
    "マイキーIDを入力してください",
    "英数字8文字です。大文字と小文字、全角と半角は区別しません。",
    422,
    field="mykey_id",
)
_PASSWORD_MISSING: Final = ErrorMessage(
    "現在のパスワードを入力してください", "ご本人の確認のために必要です。", 422, field="password"
)
_MISMATCH: Final = ErrorMessage(
    "新しいパスワードが一致しません", "同じパスワードを2回入力してください。", 422, field="again"
)


@pages.get("/phone", public=True)
async def go(visit: Visit) -> web.Response:
    """Before the browser leaves: where it goes, and the link."""
    if visit.session is not None:
        return visit.redirect("/mypage")
    shared = visit.query("shared_terminal") == "yes"
    answer = await _leave(visit, "login", shared_terminal=shared)
    _set_cookie(visit, answer, NEXT_COOKIE, own_path(visit.query("next")))
    return answer


@pages.get("/settings/phone/go")
async def go_from_settings(visit: Visit) -> web.Response:
    purpose = choice_of(visit.query("purpose"), _PURPOSES) or "link"
    return await _leave(visit, purpose, shared_terminal=visit.signed_in().shared_terminal)


@pages.get("/phone/return/{provider:[a-z][a-z0-9_]{0,31}}", public=True)
async def come_back(visit: Visit) -> web.Response:
    """Back from the provider, in whatever browser."""
    returned = {name: visit.query(name) for name in ("code", "error", "iss") if visit.query(name)}
    try:
        arrived = await visit.send(
            calls.return_from_oidc(
                provider=visit.path_param("provider"),
                browser=_browser_of(visit),
                state=visit.query("state"),
                **returned,
            )
        )
    except Problem as problem:
        if visit.session is not None and problem.word == "oidc-request-unknown":
            return visit.redirect("/mypage")  # the back button: whoever is signed in has arrived already
        return _trouble_page(visit, problem)
    if arrived.started is not None:
        enter(visit, arrived.started, shared_terminal=_is_shared(arrived.started))
        following = own_path(visit.request.cookies.get(visit.site.cookie(NEXT_COOKIE), ""))
        return visit.redirect(following)
    follow = {"login": "/phone/join", "link": "/settings/phone/link", "password": "/settings/phone/password"}
    answer = visit.redirect(follow[arrived.purpose])
    _set_cookie(visit, answer, ARRIVAL_COOKIE, arrived.arrival or "")
    return answer


@pages.get("/phone/join", public=True)
async def join_page(visit: Visit) -> web.Response:
    """Whether there is a MyKey ID already is asked, never guessed: a second one would split a person's points."""
    return await _join_page(visit, None)


@pages.post("/phone/join", public=True)
async def join(visit: Visit) -> web.Response:
    """はい: the old MyKey ID and its password."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    typed = visit.form
    for missing in (_ID_MISSING, _PASSWORD_MISSING):
        if not typed.get(missing.field):
            return await _join_page(visit, missing)
    call = calls.join_phone(
        browser=_browser_of(visit),
        arrival=_arrival_of(visit),
        mykey_id=typed.get("mykey_id", ""),
        password=typed.get("password", ""),
        source=visit.network,
        devices=devices_of(visit),
    )
    return await _come_in(visit, call, otherwise="sign-in-refused", done="phone")


@pages.post("/phone/join/card", public=True)
async def join_by_card(visit: Visit) -> web.Response:
    """はい: the card that the old MyKey ID has."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    call = calls.join_phone_by_card(
        browser=_browser_of(visit), arrival=_arrival_of(visit), card=card_answer(visit)
    )
    try:
        started = await visit.send(call)
    except Problem as problem:
        if problem.word.startswith(_BEGIN_AGAIN) or "arrival" in problem.fields:
            return _trouble_page(visit, problem)
        return await _join_page(visit, None, trouble_of(visit, problem, otherwise="card-unknown"))
    enter(visit, started, shared_terminal=_is_shared(started))
    return _forgetting(visit, visit.redirect("/settings/proofs", done="phone"))


@pages.post("/phone/register", public=True)
async def register(visit: Visit) -> web.Response:
    """いいえ: a new MyKey ID."""
    name = visit.form.get("display_name", "")
    if not name:
        return await _join_page(visit, _NAME_MISSING)
    call = calls.register_by_phone(
        browser=_browser_of(visit),
        arrival=_arrival_of(visit),
        display_name=name,
        language=visit.speech.language,
    )
    return await _come_in(visit, call, otherwise="bad-display-name", done="registered")


@pages.get("/settings/phone")
async def phone_page(visit: Visit) -> web.Response:
    return visit.render(
        "phone_settings.html", me=await visit.send(calls.me()), providers=await phone_providers(visit)
    )


@pages.get("/settings/phone/link")
async def link_page(visit: Visit) -> web.Response:
    return await _settings_page(visit, "phone_link.html", None)


@pages.post("/settings/phone/link")
async def link(visit: Visit) -> web.Response:
    if not visit.form.get("password"):
        return await _settings_page(visit, "phone_link.html", _PASSWORD_MISSING)
    call = calls.link_phone(
        browser=_browser_of(visit), arrival=_arrival_of(visit), password=visit.form.get("password", "")
    )
    try:
        await visit.send(call)
    except Problem as problem:
        return await _beside(visit, problem, "phone_link.html", "current-password-wrong")
    return _forgetting(visit, visit.redirect("/settings/proofs", done="phone"))


@pages.get("/settings/phone/password")
async def password_page(visit: Visit) -> web.Response:
    return await _settings_page(visit, "phone_password.html", None)


@pages.post("/settings/phone/password")
async def set_password(visit: Visit) -> web.Response:
    typed = visit.form
    if typed.get("new") != typed.get("again"):
        return await _settings_page(visit, "phone_password.html", _MISMATCH)
    call = calls.set_password_by_phone(
        browser=_browser_of(visit), arrival=_arrival_of(visit), new=typed.get("new", "")
    )
    try:
        await visit.send(call)
    except Problem as problem:
        return await _beside(visit, problem, "phone_password.html", "password-unfit")
    return _forgetting(visit, visit.redirect("/settings", done="phone-password"))


async def _leave(
    visit: Visit, purpose: Literal["login", "link", "password"], *, shared_terminal: bool
) -> web.Response:
    if (throttled := visit.render_throttled()) is not None:
        return throttled
    providers = await phone_providers(visit)
    if not providers:
        return visit.redirect("/login")
    wanted = visit.query("provider")
    provider = next((each for each in providers if each.provider_id == wanted), providers[0])
    browser = secrets.token_urlsafe(32)
    try:
        redirect = await visit.send(
            calls.begin_oidc(
                provider=provider.provider_id,
                purpose=purpose,
                browser=browser,
                shared_terminal=shared_terminal,
            )
        )
    except Problem as problem:
        return _trouble_page(visit, problem)
    answer = visit.render("phone_go.html", provider=provider, url=redirect.url, purpose=purpose)
    _set_cookie(visit, answer, BROWSER_COOKIE, browser)
    return answer


async def _come_in(visit: Visit, call: Any, *, otherwise: str, done: str) -> web.Response:
    try:
        started: models.SessionStarted = await visit.send(call)
    except Problem as problem:
        if problem.word.startswith(_BEGIN_AGAIN) or "arrival" in problem.fields:
            return _trouble_page(visit, problem)
        if problem.word == "body-invalid":
            problem.word = otherwise
        if problem.status >= 500:
            raise
        return await _join_page(visit, visit.trouble(problem))
    enter(visit, started, shared_terminal=_is_shared(started))
    where = "/settings/proofs" if done == "phone" else "/settings"
    return keep_device(visit, visit.redirect(where, done=done), started.device)


async def _join_page(
    visit: Visit, trouble: ErrorMessage | None, card_trouble: ErrorMessage | None = None
) -> web.Response:
    if not _ARRIVAL.fullmatch(visit.request.cookies.get(visit.site.cookie(ARRIVAL_COOKIE), "")):
        return visit.redirect("/login")
    shown = trouble or card_trouble
    return visit.render(
        "phone_join.html",
        status=shown.status if shown else 200,
        trouble=trouble,
        card_trouble=card_trouble,
        card_open=await card_open(visit),
    )


async def _settings_page(visit: Visit, template: str, trouble: ErrorMessage | None) -> web.Response:
    if not _ARRIVAL.fullmatch(visit.request.cookies.get(visit.site.cookie(ARRIVAL_COOKIE), "")):
        return visit.redirect("/settings/phone")
    return visit.render(
        template,
        status=trouble.status if trouble else 200,
        me=await visit.send(calls.me()),
        trouble=trouble,
    )


async def _beside(visit: Visit, problem: Problem, template: str, otherwise: str) -> web.Response:
    if problem.word in SESSION_GONE or problem.status >= 500:
        raise problem
    if problem.word.startswith(_BEGIN_AGAIN) or "arrival" in problem.fields:
        return _trouble_page(visit, problem)
    if problem.word == "body-invalid":
        problem.word = otherwise
    return await _settings_page(visit, template, visit.trouble(problem))


def _trouble_page(visit: Visit, problem: Problem) -> web.Response:
    """What went wrong on the way, in words, and はじめからやり直す."""
    if problem.word == "body-invalid":
        problem.word = "oidc-request-unknown"  # what is no return of ours at all
    trouble = visit.trouble(problem)
    return visit.render("phone_trouble.html", status=trouble.status, trouble=trouble)


def _browser_of(visit: Visit) -> str:
    """The name of the browser that has left; for one that has none, a name that no request knows."""
    return browser_of(visit, BROWSER_COOKIE)


def _arrival_of(visit: Visit) -> str:
    return visit.request.cookies.get(visit.site.cookie(ARRIVAL_COOKIE), "")


def _is_shared(started: models.SessionStarted) -> bool:
    """The gateway keeps on the way there what was ticked; the session's idle limit says it."""
    idle_s = (started.session.idle_ends_at - started.session.seen_at).total_seconds()
    return idle_s <= SHARED_TERMINAL_IDLE_LIMIT.total_seconds()


def _set_cookie(visit: Visit, answer: web.Response, name: str, value: str) -> None:
    """Lax: the way back is a link from another site."""
    answer.set_cookie(
        visit.site.cookie(name),
        value,
        max_age=COOKIE_TTL_S,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=visit.site.settings.https,
    )


def _forgetting(visit: Visit, answer: web.Response) -> web.Response:
    for name in COOKIES:
        answer.del_cookie(
            visit.site.cookie(name), path="/", httponly=True, samesite="Lax", secure=visit.site.settings.https
        )
    return answer
