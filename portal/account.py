"""What members set for themselves: linked partners, password, MyKey ID, 基本自治体, where they are signed in."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from pagekit.api import Problem
from pagekit.pages import SESSION_GONE
from pagekit.typed_text import code as typed_code
from portal.error_messages import ErrorMessage
from portal.municipality_search import service_of, services_in
from portal.session import mask_id
from portal.site import Pages, Visit

pages = Pages()

DONE: Final[dict[str, str]] = {
    "password": "パスワードを変更しました。ほかの端末ではログアウトしました。",
    "mykey-id": "マイキーIDを変更しました。次のログインから新しいIDを使ってください。",
    "registered": "マイキーIDを作成しました。下のマイキーIDを控えてください。",
    "card": "カードを登録しました。次からこのカードでもログインできます。",
    "card-password": "カードでパスワードを設定しました。ほかの端末ではログアウトしました。",
    "default": "基本自治体を設定しました。",
    "unlinked": "連携を解除しました。これまでの移行の記録は残ります。",
    "sessions": "ほかの端末でログアウトしました。",
}
MYKEY_LETTERS: Final = "23456789ACDEFGHJKMNPQRTUWXY"
"""Digits and capitals without those that are taken for another, as the API's documents say."""
_MYKEY_ID: Final = re.compile(f"[{MYKEY_LETTERS}]{{8}}")
_MISMATCH: Final = ErrorMessage(
    "新しいパスワードが一致しません", "同じパスワードを2回入力してください。", 422, field="again"
)
_NOT_SURE: Final = ErrorMessage(
    "確認のチェックが必要です", "内容を読み、チェックを入れてください。", 422, field="sure"
)


@pages.get("/settings")
async def settings(visit: Visit) -> web.Response:
    me = await visit.api("GET", "/v1/me")
    default = None
    if me["default_municipality"]:
        default = await service_of(visit, me["default_municipality"], me["default_point_service"])
    return visit.show("settings.html", me=me, default=default, done=DONE.get(visit.asked("done"), ""))


@pages.get("/links")
async def links(visit: Visit) -> web.Response:
    """移行用のサービスID設定: the partners that know this member, and how."""
    found, listed = await asyncio.gather(visit.api("GET", "/v1/links"), visit.api("GET", "/v1/partners"))
    partners = {one["partner_id"]: one for one in listed["partners"]}
    return visit.show(
        "links.html", links=found["links"], partners=partners, done=DONE.get(visit.asked("done"), "")
    )


@pages.post("/links/{partner:[a-z][a-z0-9_]{0,39}}/remove")
async def unlink(visit: Visit) -> web.Response:
    try:
        await visit.api("DELETE", f"/v1/links/{visit.part('partner')}")
    except Problem as problem:
        if problem.word != "link-missing":  # a second click: it is gone, which is what was asked for
            raise
    return visit.go("/links", done="unlinked")


@pages.get("/settings/default")
async def choose_default(visit: Visit) -> web.Response:
    return visit.show(
        "choose_service.html",
        choice="default",
        back="/settings",
        action="/settings/default",
        link="/settings/default/confirm?",
        **await services_in(visit),
    )


@pages.get("/settings/default/confirm")
async def confirm_default(visit: Visit) -> web.Response:
    service = await service_of(visit, visit.asked("municipality"), visit.asked("point_service"))
    return visit.show("default_confirm.html", service=service)


@pages.post("/settings/default")
async def set_default(visit: Visit) -> web.Response:
    body = {name: visit.typed.get(name, "") for name in ("municipality", "point_service")}
    await visit.api("PUT", "/v1/me/default-municipality", body=body)
    return visit.go("/settings", done="default")


@pages.get("/settings/password")
async def password(visit: Visit) -> web.Response:
    return visit.show("password.html", trouble=None)


@pages.post("/settings/password")
async def change_password(visit: Visit) -> web.Response:
    typed = visit.typed
    if typed.get("new") != typed.get("again"):
        return visit.show("password.html", status=422, trouble=_MISMATCH)
    body = {"current": typed.get("current", ""), "new": typed.get("new", "")}
    trouble = await _refused(visit, "PUT", "/v1/me/password", body, otherwise="password-unfit")
    if trouble:
        if trouble.field == "password":
            trouble = replace(trouble, field="current")
        return visit.show("password.html", status=trouble.status, trouble=trouble)
    return visit.go("/settings", done="password")


@pages.get("/settings/mykey-id")
async def mykey_id(visit: Visit) -> web.Response:
    return await _mykey_page(visit, choice=None, trouble=None)


@pages.post("/settings/mykey-id")
async def choose_mykey_id(visit: Visit) -> web.Response:
    """重複チェック, 自動生成 or 変更, as the button says. A generated ID that was picked stands for the typed one."""
    typed = visit.typed
    wanted = typed.get("picked", "") or typed.get("mykey_id", "")
    try:
        match typed.get("do"):
            case "generate":
                choice = await visit.api("POST", "/v1/me/mykey-id/generate")
            case "change":
                body = {"mykey_id": wanted, "password": typed.get("password", "")}
                choice = await visit.api("PUT", "/v1/me/mykey-id", body=body)
                if choice["available"]:
                    visit.session = replace(visit.signed_in(), shown_id=mask_id(choice["wanted"]))
                    return visit.go("/settings", done="mykey-id")
            case _:
                choice = await visit.api("POST", "/v1/me/mykey-id/check", body={"mykey_id": wanted})
    except Problem as problem:
        if problem.status >= 500 or problem.word in SESSION_GONE:
            raise
        offered = problem.facts.get("offered")
        return await _mykey_page(
            visit,
            choice=None,
            trouble=_mykey_trouble(visit, problem, wanted),
            offered=offered.split() if isinstance(offered, str) else None,
        )
    return await _mykey_page(visit, choice=choice, trouble=None, offered=choice["offered"])


def _mykey_trouble(visit: Visit, problem: Problem, wanted: str) -> ErrorMessage:
    if problem.word == "body-invalid":
        problem.word = "current-password-wrong" if "password" in problem.fields else "mykey-id-unfit"
    if problem.word != "mykey-id-unfit":
        return visit.trouble(problem)
    plain = typed_code(wanted).replace("-", "").upper()
    wrong = "".join(dict.fromkeys(letter for letter in plain if letter not in MYKEY_LETTERS))
    if wrong:
        return ErrorMessage(
            "マイキーIDに使えない文字があります",
            "「%(letters)s」は、ほかの文字と見間違えやすいか、英数字ではないため使えません。",
            422,
            {"letters": wrong},
            "mykey_id",
        )
    return ErrorMessage(
        "マイキーIDは8文字です",
        "入力されたのは%(length)s文字です。英数字8文字で入力してください。",
        422,
        {"length": str(len(plain))},
        "mykey_id",
    )


@pages.get("/settings/sessions")
async def sessions(visit: Visit) -> web.Response:
    found = (await visit.api("GET", "/v1/sessions"))["sessions"]
    return visit.show("sessions.html", sessions=found, done=DONE.get(visit.asked("done"), ""))


@pages.post("/settings/sessions")
async def end_sessions(visit: Visit) -> web.Response:
    """One other place, or all of them."""
    one = visit.typed.get("session_id", "")
    if one:
        try:
            await visit.api("DELETE", f"/v1/sessions/{one}" if one.isalnum() else "/v1/sessions/none")
        except Problem as problem:
            if problem.word != "unknown-session":  # it has ended: that was asked for
                raise
    else:
        await visit.api("DELETE", "/v1/sessions")
    return visit.go("/settings/sessions", done="sessions")


@pages.get("/settings/revoke")
async def revoke(visit: Visit) -> web.Response:
    return await _revoke_page(visit, None)


@pages.post("/settings/revoke")
async def revoke_mykey_id(visit: Visit) -> web.Response:
    """失効: cannot be undone, so it takes a tick and the password."""
    if visit.typed.get("sure") != "yes":
        return await _revoke_page(visit, _NOT_SURE)
    body = {"password": visit.typed.get("password", "")}
    trouble = await _refused(visit, "POST", "/v1/me/revocation", body, otherwise="current-password-wrong")
    if trouble:
        return await _revoke_page(visit, trouble)
    visit.session, visit.forget = None, True
    return visit.go("/signed-out", why="revoked")


async def _revoke_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    """Names what would be lost, so that it can be used or given first."""
    balances = await visit.api("GET", "/v1/balances")
    return visit.show(
        "revoke.html", status=trouble.status if trouble else 200, trouble=trouble, balances=balances
    )


async def _mykey_page(
    visit: Visit, *, choice: Any, trouble: ErrorMessage | None, offered: list[str] | None = None
) -> web.Response:
    me = await visit.api("GET", "/v1/me")
    kept = visit.typed.get("offered", "").split()
    return visit.show(
        "mykey_id.html",
        status=trouble.status if trouble else 200,
        me=me,
        choice=choice,
        offered=[one for one in (kept if offered is None else offered) if _MYKEY_ID.fullmatch(one)],
        typed=visit.typed,
        trouble=trouble,
    )


async def _refused(visit: Visit, method: str, path: str, body: Any, *, otherwise: str) -> ErrorMessage | None:
    """What was refused, to be said beside the form; `otherwise` is the word where the input had no form at all."""
    try:
        await visit.api(method, path, body=body)
    except Problem as problem:
        if problem.status >= 500 or problem.word in ("session-ended", "session-missing"):
            raise
        if problem.word == "body-invalid":
            problem.word = otherwise
        return visit.trouble(problem)
    return None
