"""Coming and going: login and password, then a passkey or the code of an authenticator app.

Between the two the browser carries half a sign-in, sealed, for five minutes; it opens nothing but its own end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import credential_of
from municipal.session import HALF_LASTS, HalfSignIn, half_seal, session_of
from municipal.site import Pages, Visit, own_path
from municipal.till_device import is_bound
from pagekit.api import Call, Problem
from pagekit.known_device import devices_of, keep_device
from pagekit.session_cookie import MAX_COOKIE_LENGTH
from pagekit.sign_out import sign_out, signed_out, speak, still_here
from point_gateway_client import calls, models

pages = Pages()

_HALF: Final = "municipal-half"


@pages.get("/login", public=True)
async def login(visit: Visit) -> web.Response:
    """At a bound till the page opens where somebody wants it; where a session has ended by itself, the till goes on."""
    if visit.session is not None and not visit.session.till:
        return visit.redirect("/")
    if visit.query("why") in ("ended", "idle") and is_bound(visit):
        return visit.redirect(own_path(visit.query("next")))
    return _login_page(visit, None, visit.query("next"))


@pages.post("/login", public=True)
async def sign_in(visit: Visit) -> web.Response:
    """A refusal says the same whichever half was wrong."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    typed = visit.form
    following = own_path(typed.get("next", ""))
    call = calls.staff_sign_in(
        login=typed.get("login", ""),
        password=typed.get("password", ""),
        source=visit.network,
        devices=devices_of(visit),
    )
    try:
        started = await visit.send(call)
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "sign-in-refused"  # an empty field is no better than a wrong one
        if problem.status >= 500:
            raise
        return _login_page(visit, visit.trouble(problem), following)
    if started.token:
        return _entered(visit, started, following)
    return _half(visit, started, following)


@pages.get("/login/proof", public=True)
async def proof(visit: Visit) -> web.Response:
    """The second factor: the passkey where there is one, the code beside it or alone."""
    half = _carried(visit)
    if half is None:
        return visit.redirect("/login", why="half")
    return _proof_page(visit, half, None)


@pages.post("/login/proof/passkey", public=True)
async def prove_by_passkey(visit: Visit) -> web.Response:
    """What `navigator.credentials.get` gave, as the page's script wrote it into the form."""
    credential = credential_of(visit.form)
    return await _prove(
        visit, lambda token: calls.staff_prove_by_passkey(sign_in_token=token, credential=credential)
    )


@pages.post("/login/proof/code", public=True)
async def prove_by_code(visit: Visit) -> web.Response:
    code = visit.form.get("code", "")
    return await _prove(visit, lambda token: calls.staff_prove_by_totp(sign_in_token=token, code=code))


@pages.post("/logout")
async def logout(visit: Visit) -> web.Response:
    return await sign_out(visit)


@pages.get("/signed-out", public=True, counts_as_use=False)
async def signed_out_page(visit: Visit) -> web.Response:
    """At a bound till with the way back to it: Clear-Site-Data leaves its cookie."""
    return await signed_out(visit, is_till=is_bound(visit))


pages.post("/still-here")(still_here)


@pages.post("/language", public=True)
async def choose_language(visit: Visit) -> web.Response:
    _, answer = speak(visit)
    return answer


@pages.get("/help", public=True)
async def help_page(visit: Visit) -> web.Response:
    return visit.render("help.html")


async def _prove(visit: Visit, call_for: Callable[[str], Call[models.StaffSessionStarted]]) -> web.Response:
    """`call_for` makes the call with the second factor from the token of half a sign-in."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    half = _carried(visit)
    if half is None:
        return visit.redirect("/login", why="half")
    try:
        started = await visit.send(call_for(half.token))
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "second-factor-wrong"
        if problem.status >= 500:
            raise
        if problem.word == "sign-in-ended":
            return _forgetting_half(visit, visit.redirect("/login", why="half"))
        return _proof_page(visit, half, visit.trouble(problem))
    return _forgetting_half(visit, _entered(visit, started, half.next, half.missed_elsewhere))


def _entered(
    visit: Visit, started: models.StaffSessionStarted, following: str, missed_elsewhere: int = 0
) -> web.Response:
    """Begin the session that the gateway has just opened."""
    assert started.session is not None
    assert started.token is not None
    session = session_of(
        started.session,
        started.token,
        visit.site.settings.clock(),
        missed_elsewhere or started.missed_elsewhere,
    )
    visit.session = session
    answer = visit.redirect("/setup" if session.unfinished else following)
    return keep_device(visit, answer, started.device)


def _half(visit: Visit, started: models.StaffSessionStarted, following: str) -> web.Response:
    assert started.sign_in_token is not None
    now = visit.site.settings.clock()
    half = HalfSignIn(
        token=started.sign_in_token,
        by_totp=started.by_totp,
        passkey_options=started.passkey_options or {},
        next=following,
        missed_elsewhere=started.missed_elsewhere,
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
    answer = visit.redirect("/login/proof")
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


def _login_page(visit: Visit, trouble: ErrorMessage | None, following: str) -> web.Response:
    return visit.render(
        "login.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        next=following,
        why="" if trouble else visit.query("why"),
    )


def _proof_page(visit: Visit, half: HalfSignIn, trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "proof.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        options=json.dumps(half.passkey_options) if half.passkey_options else "",
        by_totp=half.by_totp,
    )
