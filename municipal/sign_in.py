"""Coming and going: login and password, then a passkey or the code of an authenticator app.

Between the two the browser carries half a sign-in, sealed, for five minutes; it opens nothing but its own end.
"""

from __future__ import annotations

import json
from typing import Any, Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.session import HALF_LASTS, HalfSignIn, half_seal, session_of
from municipal.site import Pages, Visit, own_path
from pagekit.api import Problem
from pagekit.session_cookie import MAX_COOKIE_LENGTH
from pagekit.sign_out import sign_out, signed_out, speak, still_here

pages = Pages()

_HALF: Final = "municipal-half"


@pages.get("/login", public=True)
async def login(visit: Visit) -> web.Response:
    if visit.session is not None:
        return visit.go("/")
    return _login_page(visit, None, visit.asked("next"))


@pages.post("/login", public=True)
async def sign_in(visit: Visit) -> web.Response:
    """A refusal says the same whichever half was wrong."""
    if (answer := visit.hold_on()) is not None:
        return answer
    typed = visit.typed
    following = own_path(typed.get("next", ""))
    body = {"login": typed.get("login", ""), "password": typed.get("password", "")}
    try:
        told = await visit.api("POST", "/v1/staff/sessions", body=body, as_site=True)
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "sign-in-refused"  # an empty field is no better than a wrong one
        if problem.status >= 500:
            raise
        return _login_page(visit, visit.trouble(problem), following)
    if told["token"]:
        return _entered(visit, told, following)
    return _half(visit, told, following)


@pages.get("/login/proof", public=True)
async def proof(visit: Visit) -> web.Response:
    """The second factor: the passkey where there is one, the code beside it or alone."""
    half = _carried(visit)
    if half is None:
        return visit.go("/login", why="half")
    return _proof_page(visit, half, None)


@pages.post("/login/proof/passkey", public=True)
async def prove_by_passkey(visit: Visit) -> web.Response:
    """What `navigator.credentials.get` gave, as the page's script wrote it into the form."""
    return await _prove(visit, "passkey", {"credential": _credential(visit)})


@pages.post("/login/proof/code", public=True)
async def prove_by_code(visit: Visit) -> web.Response:
    return await _prove(visit, "totp", {"code": visit.typed.get("code", "")})


@pages.post("/logout")
async def logout(visit: Visit) -> web.Response:
    return await sign_out(visit)


pages.get("/signed-out", public=True, counts_as_use=False)(signed_out)
pages.post("/still-here")(still_here)


@pages.post("/language", public=True)
async def choose_language(visit: Visit) -> web.Response:
    _, answer = speak(visit)
    return answer


@pages.get("/help", public=True)
async def help_page(visit: Visit) -> web.Response:
    return visit.show("help.html")


async def _prove(visit: Visit, way: str, given: dict[str, Any]) -> web.Response:
    if (answer := visit.hold_on()) is not None:
        return answer
    half = _carried(visit)
    if half is None:
        return visit.go("/login", why="half")
    body = {"sign_in_token": half.token} | given
    try:
        told = await visit.api("POST", f"/v1/staff/sessions/{way}", body=body, as_site=True)
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "second-factor-wrong"
        if problem.status >= 500:
            raise
        if problem.word == "sign-in-ended":
            return _forgetting_half(visit, visit.go("/login", why="half"))
        return _proof_page(visit, half, visit.trouble(problem))
    return _forgetting_half(visit, _entered(visit, told, half.next))


def _entered(visit: Visit, told: Any, following: str) -> web.Response:
    """Begin the session that the gateway has just opened."""
    session = session_of(told["session"], told["token"], visit.site.settings.clock())
    visit.session = session
    return visit.go("/setup" if session.unfinished else following)


def _half(visit: Visit, told: Any, following: str) -> web.Response:
    now = visit.site.settings.clock()
    half = HalfSignIn(
        token=told["sign_in_token"],
        by_totp=told["by_totp"],
        passkey_options=told["passkey_options"] or {},
        next=following,
        ends_at=int((now + HALF_LASTS).timestamp()),
    )
    seal = half_seal(visit.site.settings.seal_secret)
    sealed = seal.seal(half)
    if len(sealed) > MAX_COOKIE_LENGTH:
        # Somebody with very many passkeys: without the list of them the browser offers all that it has for us.
        some = {name: value for name, value in half.passkey_options.items() if name != "allowCredentials"}
        sealed = seal.seal(
            HalfSignIn(
                token=half.token, by_totp=half.by_totp, passkey_options=some, next="/", ends_at=half.ends_at
            )
        )
    answer = visit.go("/login/proof")
    answer.set_cookie(
        visit.site.cookie(_HALF),
        sealed,
        max_age=int(HALF_LASTS.total_seconds()),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=visit.site.settings.https,
    )
    return answer


def _carried(visit: Visit) -> HalfSignIn | None:
    cookie = visit.request.cookies.get(visit.site.cookie(_HALF), "")
    half = half_seal(visit.site.settings.seal_secret).open(cookie)
    return half if half is not None and half.alive(visit.site.settings.clock()) else None


def _forgetting_half(visit: Visit, answer: web.Response) -> web.Response:
    answer.del_cookie(
        visit.site.cookie(_HALF), path="/", httponly=True, samesite="Strict", secure=visit.site.settings.https
    )
    return answer


def _credential(visit: Visit) -> Any:
    try:
        given = json.loads(visit.typed.get("credential", ""))
        json.dumps(given, ensure_ascii=False).encode()  # half a character cannot be sent on
    except (ValueError, RecursionError):
        return None
    return given


def _login_page(visit: Visit, trouble: ErrorMessage | None, following: str) -> web.Response:
    return visit.show(
        "login.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        next=following,
        why="" if trouble else visit.asked("why"),
    )


def _proof_page(visit: Visit, half: HalfSignIn, trouble: ErrorMessage | None) -> web.Response:
    return visit.show(
        "proof.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        options=json.dumps(half.passkey_options) if half.passkey_options else "",
        by_totp=half.by_totp,
    )
