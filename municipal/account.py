"""One's own account: the first password changed, a passkey or an authenticator app set up, and the list of both.

`/setup` is where everybody lands who has not finished: nothing else opens before.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.session import renewed
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.qr import qr

pages = Pages()

DONE: Final[dict[str, str]] = {
    "password": "パスワードを変更しました。ほかの端末ではログアウトしました。",
    "passkey": "パスキーを登録しました。次のログインから使えます。",
    "totp": "認証アプリを登録しました。次のログインから確認コードを使えます。",
}
_ADDRESS: Final = re.compile(r"otpauth://totp/[!-~]{1,400}")
_MISMATCH: Final = ErrorMessage(
    "新しいパスワードが一致しません", "同じパスワードを2回入力してください。", 422
)


@pages.get("/setup")
async def setup(visit: Visit) -> web.Response:
    """What is still to be done before the work can begin, one step a line."""
    await _renew(visit)
    if not visit.signed_in().unfinished:
        return visit.go("/")
    return visit.show("setup.html", done=DONE.get(visit.asked("done"), ""))


@pages.get("/account")
async def account(visit: Visit) -> web.Response:
    me = await _renew(visit)
    return visit.show("account.html", me=me, done=DONE.get(visit.asked("done"), ""))


@pages.get("/account/password")
async def password_page(visit: Visit) -> web.Response:
    return _password_page(visit, None)


@pages.post("/account/password")
async def change_password(visit: Visit) -> web.Response:
    typed = visit.typed
    if typed.get("new") != typed.get("again"):
        return _password_page(visit, _MISMATCH)
    body = {"current": typed.get("current", ""), "new": typed.get("new", "")}
    try:
        await visit.api("PUT", "/v1/staff/me/password", body=body)
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "password-unfit" if "new" in problem.fields else "current-password-wrong"
        return _password_page(visit, _beside(visit, problem))
    return await _on(visit, "password")


@pages.get("/account/passkey")
async def passkey_page(visit: Visit) -> web.Response:
    return await _passkey_page(visit, None)


@pages.post("/account/passkey")
async def add_passkey(visit: Visit) -> web.Response:
    typed = visit.typed
    try:
        credential = json.loads(typed.get("credential", ""))
    except ValueError:
        credential = None
    body = {
        "token": typed.get("token", ""),
        "credential": credential,
        "name": typed.get("name", "") or "パスキー",
    }
    try:
        await visit.api("POST", "/v1/staff/me/passkeys", body=body)
    except Problem as problem:
        if problem.word in ("body-invalid", "sign-in-ended"):
            problem.word = "second-factor-wrong"
        return await _passkey_page(visit, _beside(visit, problem))
    return await _on(visit, "passkey")


@pages.get("/account/totp")
async def totp_page(visit: Visit) -> web.Response:
    return await _totp_page(visit)


@pages.post("/account/totp")
async def confirm_totp(visit: Visit) -> web.Response:
    """The QR is drawn again from what the form carries: a new seed at each miss would make the app's entry wrong."""
    typed = visit.typed
    try:
        await visit.api("POST", "/v1/staff/me/totp", body={"code": typed.get("code", "")})
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "second-factor-wrong"
        trouble = _beside(visit, problem)
        return _totp_shown(visit, typed.get("seed", ""), typed.get("address", ""), trouble)
    return await _on(visit, "totp")


async def _renew(visit: Visit) -> Any:
    """Who is signed in as the gateway sees it now."""
    me = await visit.api("GET", "/v1/staff/me")
    visit.session = renewed(visit.signed_in(), me["session"])
    return me


async def _on(visit: Visit, done: str) -> web.Response:
    await _renew(visit)
    return visit.go("/setup" if visit.signed_in().unfinished else "/account", done=done)


def _beside(visit: Visit, problem: Problem) -> ErrorMessage:
    """What to say beside a form. Faults and ended sessions are pages of their own."""
    if problem.status >= 500 or problem.word in ("session-ended", "session-missing", "second-factor-missing"):
        raise problem
    return visit.trouble(problem)


def _password_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.show("password.html", status=trouble.status if trouble else 200, trouble=trouble)


async def _passkey_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    begun = await visit.api("POST", "/v1/staff/me/passkeys/begin")
    return visit.show(
        "passkey.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        token=begun["token"],
        options=json.dumps(begun["options"]),
    )


async def _totp_page(visit: Visit) -> web.Response:
    try:
        begun = await visit.api("POST", "/v1/staff/me/totp/begin")
    except Problem as problem:
        return _totp_shown(visit, "", "", _beside(visit, problem))
    return _totp_shown(visit, begun["seed"], begun["address"], None)


def _totp_shown(visit: Visit, seed: str, address: str, trouble: ErrorMessage | None) -> web.Response:
    if not _ADDRESS.fullmatch(address):
        seed = address = ""  # not what we drew: the form was made up
    return visit.show(
        "totp.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        seed=seed,
        address=address,
        picture=qr(address, visit.speech.plain("認証アプリで読み取るQRコード")) if address else "",
    )
