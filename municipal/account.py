"""One's own account: the first password changed, passkeys and an authenticator app set up and taken away, sessions ended.

What lets somebody in later, or takes it away, asks for the password first: the browser may have been left open.

`/setup` is where everybody lands who has not finished: nothing else opens before.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import credential_of
from municipal.labels import STAFF_CHANGES
from municipal.session import renewed
from municipal.site import Pages, Visit
from pagekit.api import AnswerT, Call, Problem
from pagekit.qr import qr
from point_gateway_client import calls, models

pages = Pages()

DONE: Final[dict[str, str]] = {
    "password": "パスワードを変更しました。ほかの端末ではログアウトしました。",
    "passkey": "パスキーを登録しました。次のログインから使えます。",
    "totp": "認証アプリを登録しました。次のログインから確認コードを使えます。",
    "passkey-removed": "パスキーを外しました。ほかの端末ではログアウトしました。",
    "totp-removed": "認証アプリを外しました。ほかの端末ではログアウトしました。",
    "sessions": "ほかの端末でログアウトしました。",
}
_SESSION_ID: Final = re.compile(r"[0-9a-f]{20}")
_ADDRESS: Final = re.compile(r"otpauth://totp/[!-~]{1,400}")
_MISMATCH: Final = ErrorMessage(
    "新しいパスワードが一致しません", "同じパスワードを2回入力してください。", 422
)


@pages.get("/setup")
async def setup(visit: Visit) -> web.Response:
    """What is still to be done before the work can begin, one step a line."""
    await _renew(visit)
    if not visit.signed_in().unfinished:
        return visit.redirect("/")
    return visit.render("setup.html", done=DONE.get(visit.query("done"), ""))


@pages.get("/account")
async def account(visit: Visit) -> web.Response:
    """Who one is here, and what others have changed of it in the last 30 days."""
    me, who = await _renew(visit), visit.signed_in()
    own: list[models.StaffChangeView] = []
    names: dict[str, str] = {}
    if not who.shop_id and who.may("see"):
        changed, people = await asyncio.gather(
            visit.send(calls.list_staff_changes()), visit.send(calls.name_people())
        )
        own = [change for change in changed.changes if change.staff_id == who.staff_id]
        names = {person.staff_id: person.display_name for person in people.people}
    return visit.render(
        "account.html",
        me=me,
        changes=own,
        change_names=STAFF_CHANGES,
        names=names,
        done=DONE.get(visit.query("done"), ""),
    )


@pages.get("/account/password")
async def password_page(visit: Visit) -> web.Response:
    return _password_page(visit, None)


@pages.post("/account/password")
async def change_password(visit: Visit) -> web.Response:
    typed = visit.form
    if typed.get("new") != typed.get("again"):
        return _password_page(visit, _MISMATCH)
    try:
        await visit.send(
            calls.staff_change_password(current=typed.get("current", ""), new=typed.get("new", ""))
        )
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "password-unfit" if "new" in problem.fields else "current-password-wrong"
        return _password_page(visit, _beside(visit, problem))
    return await _on(visit, "password")


@pages.get("/account/passkey")
async def passkey_page(visit: Visit) -> web.Response:
    return _password_first(visit, "passkey", None)


@pages.post("/account/passkey/begin")
async def begin_passkey(visit: Visit) -> web.Response:
    try:
        begun = await _with_password(visit, calls.staff_begin_passkey(password=_password(visit)))
    except Problem as problem:
        return _password_first(visit, "passkey", _beside(visit, problem))
    return visit.render_once("passkey.html", token=begun.token, options=json.dumps(begun.options))


@pages.post("/account/passkey")
async def add_passkey(visit: Visit) -> web.Response:
    typed = visit.form
    try:
        await visit.send(
            calls.staff_add_passkey(
                token=typed.get("token", ""),
                credential=credential_of(typed),
                name=typed.get("name", "") or "パスキー",
            )
        )
    except Problem as problem:
        if problem.word in ("body-invalid", "sign-in-ended"):
            problem.word = "second-factor-wrong"
        return _password_first(visit, "passkey", _beside(visit, problem))
    return await _on(visit, "passkey")


@pages.get("/account/passkey/remove")
async def passkey_removal(visit: Visit) -> web.Response:
    return await _passkey_removal(visit, visit.query("passkey"), None)


@pages.post("/account/passkey/remove")
async def remove_passkey(visit: Visit) -> web.Response:
    credential_id = visit.form.get("passkey", "")
    try:
        removal = calls.staff_remove_passkey(password=_password(visit), credential_id=credential_id)
        await _with_password(visit, removal)
    except Problem as problem:
        if problem.word != "unknown-passkey":  # a second click: it is gone, which is what was asked for
            return await _passkey_removal(visit, credential_id, _beside(visit, problem))
    return visit.redirect("/account", done="passkey-removed")


@pages.get("/account/totp")
async def totp_page(visit: Visit) -> web.Response:
    return _password_first(visit, "totp", None)


@pages.post("/account/totp/begin")
async def begin_totp(visit: Visit) -> web.Response:
    try:
        begun = await _with_password(visit, calls.staff_begin_totp(password=_password(visit)))
    except Problem as problem:
        return _password_first(visit, "totp", _beside(visit, problem))
    return _totp_shown(visit, begun.seed, begun.address, None)


@pages.get("/account/totp/remove")
async def totp_removal(visit: Visit) -> web.Response:
    return _password_first(visit, "totp-removal", None)


@pages.post("/account/totp/remove")
async def remove_totp(visit: Visit) -> web.Response:
    try:
        await _with_password(visit, calls.staff_remove_totp(password=_password(visit)))
    except Problem as problem:
        return _password_first(visit, "totp-removal", _beside(visit, problem))
    return visit.redirect("/account", done="totp-removed")


@pages.get("/account/sessions")
async def sessions_page(visit: Visit) -> web.Response:
    """ログイン中の端末: where somebody is signed in with this login."""
    listed = await visit.send(calls.staff_list_sessions())
    return visit.render("sessions.html", sessions=listed.sessions, done=DONE.get(visit.query("done"), ""))


@pages.post("/account/sessions")
async def end_sessions(visit: Visit) -> web.Response:
    """End the one that the form names, or all others."""
    named = visit.form.get("session_id", "")
    if named and not _SESSION_ID.fullmatch(named):
        return visit.redirect("/account/sessions")
    try:
        if named:
            await visit.send(calls.staff_end_session(named))
        else:
            await visit.send(calls.staff_end_other_sessions())
    except Problem as problem:
        if problem.word != "unknown-session":
            raise
    return visit.redirect("/account/sessions", done="sessions")


@pages.post("/account/totp")
async def confirm_totp(visit: Visit) -> web.Response:
    """The QR is drawn again from what the form carries: a new seed at each miss would make the app's entry wrong."""
    typed = visit.form
    try:
        await visit.send(calls.staff_confirm_totp(code=typed.get("code", "")))
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "second-factor-wrong"
        trouble = _beside(visit, problem)
        return _totp_shown(visit, typed.get("seed", ""), typed.get("address", ""), trouble)
    return await _on(visit, "totp")


async def _renew(visit: Visit) -> models.StaffMe:
    """Who is signed in as the gateway sees it now."""
    me = await visit.send(calls.staff_me())
    visit.session = renewed(visit.signed_in(), me.session)
    return me


async def _on(visit: Visit, done: str) -> web.Response:
    await _renew(visit)
    return visit.redirect("/setup" if visit.signed_in().unfinished else "/account", done=done)


def _beside(visit: Visit, problem: Problem) -> ErrorMessage:
    """What to say beside a form. Faults and ended sessions are pages of their own."""
    if problem.status >= 500 or problem.word in ("session-ended", "session-missing", "second-factor-missing"):
        raise problem
    return visit.trouble(problem)


def _password_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render("password.html", status=trouble.status if trouble else 200, trouble=trouble)


def _password(visit: Visit) -> str:
    return visit.form.get("password", "")


async def _with_password(visit: Visit, call: Call[AnswerT]) -> AnswerT:
    """Send what asks for the password again. An empty one is no better than a wrong one."""
    try:
        return await visit.send(call)
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "current-password-wrong" if "password" in problem.fields else "unknown-passkey"
        raise


def _password_first(
    visit: Visit, purpose: str, trouble: ErrorMessage | None, passkey: models.PasskeyView | None = None
) -> web.Response:
    return visit.render(
        "password_again.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        purpose=purpose,
        passkey=passkey,
    )


async def _passkey_removal(visit: Visit, credential_id: str, trouble: ErrorMessage | None) -> web.Response:
    passkeys = (await visit.send(calls.staff_me())).passkeys
    passkey = next((each for each in passkeys if each.credential_id == credential_id), None)
    if passkey is None:
        return visit.redirect("/account")
    return _password_first(visit, "passkey-removal", trouble, passkey)


def _totp_shown(visit: Visit, seed: str, address: str, trouble: ErrorMessage | None) -> web.Response:
    if not _ADDRESS.fullmatch(address):
        seed = address = ""  # not what we drew: the form was made up
    # The seed makes codes for ever: a page with it has no address that could lie in the browser's history.
    render = visit.render_once if seed else visit.render
    return render(
        "totp.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        seed=seed,
        address=address,
        picture=qr(address, visit.speech.plain("認証アプリで読み取るQRコード")) if address else "",
    )
