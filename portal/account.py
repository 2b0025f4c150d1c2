"""What members set for themselves: linked partners, password, MyKey ID, 基本自治体, where they are signed in."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Final

from aiohttp import web

from pagekit.api import Call, Problem
from pagekit.pages import SESSION_GONE, AnswerT
from pagekit.typed_text import code as typed_code
from point_gateway_client import calls, models
from portal.error_messages import ErrorMessage
from portal.municipality_search import service_of, services_in
from portal.session import mask_id
from portal.sign_in import passkeys_open
from portal.site import Pages, Visit

pages = Pages()

DONE: Final[dict[str, str]] = {
    "password": "パスワードを変更しました。ほかの端末ではログアウトしました。",
    "mykey-id": "マイキーIDを変更しました。次のログインから新しいIDを使ってください。",
    "registered": "マイキーIDを作成しました。下のマイキーIDを控えてください。",
    "card": "カードを登録しました。次からこのカードでもログインできます。",
    "card-password": "カードでパスワードを設定しました。ほかの端末ではログアウトしました。",
    "phone-password": "スマートフォンでパスワードを設定しました。ほかの端末ではログアウトしました。",
    "step-up": "本人確認をする金額を変更しました。",
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
_PASSWORD_MISSING: Final = ErrorMessage(
    "現在のパスワードを入力してください", "ご本人の確認のために必要です。", 422, field="password"
)
_NEW_MISSING: Final = ErrorMessage(
    "新しいパスワードを入力してください",
    "10文字以上で、2つの欄に同じものを入力してください。",
    422,
    field="new",
)
_ID_MISSING: Final = ErrorMessage(
    "マイキーIDを入力してください",
    "新しいマイキーIDを英数字8文字で入力するか、「自動生成」を押してください。",
    422,
    field="mykey_id",
)
_NOT_SURE: Final = ErrorMessage(
    "確認のチェックが必要です", "内容を読み、チェックを入れてください。", 422, field="sure"
)


@pages.get("/settings")
async def settings(visit: Visit) -> web.Response:
    me = await visit.send(calls.me())
    default = None
    if me.default_municipality:
        default = await service_of(visit, me.default_municipality, me.default_point_service or "")
    return visit.render(
        "settings.html",
        me=me,
        default=default,
        passkeys_open=await passkeys_open(visit),
        done=DONE.get(visit.query("done"), ""),
    )


@pages.get("/links")
async def link_list(visit: Visit) -> web.Response:
    """移行用のサービスID設定: the partners that know this member, and how."""
    links, partners = await asyncio.gather(visit.send(calls.list_links()), visit.send(calls.list_partners()))
    return visit.render(
        "links.html",
        links=links.links,
        partners={partner.partner_id: partner for partner in partners.partners},
        done=DONE.get(visit.query("done"), ""),
    )


@pages.post("/links/{partner:[a-z][a-z0-9_]{0,39}}/remove")
async def unlink(visit: Visit) -> web.Response:
    try:
        await visit.send(calls.unlink(visit.path_param("partner")))
    except Problem as problem:
        if problem.word != "link-missing":  # a second click: it is gone, which is what was asked for
            raise
    return visit.redirect("/links", done="unlinked")


@pages.get("/settings/default")
async def choose_default(visit: Visit) -> web.Response:
    return visit.render(
        "choose_service.html",
        choice="default",
        often=[],
        back="/settings",
        action="/settings/default",
        link="/settings/default/confirm?",
        **await services_in(visit),
    )


@pages.get("/settings/default/confirm")
async def confirm_default(visit: Visit) -> web.Response:
    code, point_service = visit.query("municipality"), visit.query("point_service")
    if not (code and point_service):
        return visit.redirect("/settings/default")
    return visit.render("default_confirm.html", service=await service_of(visit, code, point_service))


@pages.post("/settings/default")
async def set_default(visit: Visit) -> web.Response:
    code, point_service = visit.form.get("municipality", ""), visit.form.get("point_service", "")
    if not (code and point_service):
        return visit.redirect("/settings/default")
    await visit.send(calls.set_default_municipality(municipality=code, point_service=point_service))
    return visit.redirect("/settings", done="default")


@pages.get("/settings/password")
async def password(visit: Visit) -> web.Response:
    return visit.render("password.html", trouble=None)


@pages.post("/settings/password")
async def change_password(visit: Visit) -> web.Response:
    typed = visit.form
    if not typed.get("current"):
        return visit.render("password.html", status=422, trouble=replace(_PASSWORD_MISSING, field="current"))
    if not typed.get("new"):
        return visit.render("password.html", status=422, trouble=_NEW_MISSING)
    if typed.get("new") != typed.get("again"):
        return visit.render("password.html", status=422, trouble=_MISMATCH)
    call = calls.change_password(current=typed.get("current", ""), new=typed.get("new", ""))
    trouble = await refused(visit, call, otherwise="password-unfit")
    if trouble:
        if trouble.field == "password":
            trouble = replace(trouble, field="current")
        return visit.render("password.html", status=trouble.status, trouble=trouble)
    return visit.redirect("/settings", done="password")


@pages.get("/settings/mykey-id")
async def mykey_id(visit: Visit) -> web.Response:
    return await _mykey_page(visit, choice=None, trouble=None)


@pages.post("/settings/mykey-id")
async def choose_mykey_id(visit: Visit) -> web.Response:
    """重複チェック, 自動生成 or 変更, as the button says. A generated ID that was picked stands for the typed one."""
    typed = visit.form
    typed_id = typed.get("picked", "") or typed.get("mykey_id", "")
    if typed.get("do") != "generate" and not typed_id:
        return await _mykey_page(visit, choice=None, trouble=_ID_MISSING)
    if typed.get("do") == "change" and not typed.get("password"):
        return await _mykey_page(visit, choice=None, trouble=_PASSWORD_MISSING)
    try:
        match typed.get("do"):
            case "generate":
                choice = await visit.send(calls.generate_mykey_id())
            case "change":
                choice = await visit.send(
                    calls.change_mykey_id(mykey_id=typed_id, password=typed.get("password", ""))
                )
                if choice.available:
                    visit.session = replace(visit.signed_in(), shown_id=mask_id(choice.wanted))
                    return visit.redirect("/settings", done="mykey-id")
            case _:
                choice = await visit.send(calls.check_mykey_id(mykey_id=typed_id))
    except Problem as problem:
        if problem.status >= 500 or problem.word in SESSION_GONE:
            raise
        offered = problem.facts.get("offered")
        return await _mykey_page(
            visit,
            choice=None,
            trouble=_mykey_trouble(visit, problem, typed_id),
            offered=offered.split() if isinstance(offered, str) else None,
        )
    return await _mykey_page(visit, choice=choice, trouble=None, offered=choice.offered)


def _mykey_trouble(visit: Visit, problem: Problem, typed_id: str) -> ErrorMessage:
    if problem.word == "body-invalid":
        problem.word = "current-password-wrong" if "password" in problem.fields else "mykey-id-unfit"
    if problem.word != "mykey-id-unfit":
        return visit.trouble(problem)
    plain = typed_code(typed_id).replace("-", "").upper()
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
    listed = await visit.send(calls.list_sessions())
    return visit.render("sessions.html", sessions=listed.sessions, done=DONE.get(visit.query("done"), ""))


@pages.post("/settings/sessions")
async def end_sessions(visit: Visit) -> web.Response:
    """One other place, or all of them."""
    session_id = visit.form.get("session_id", "")
    if session_id:
        try:
            await visit.send(calls.end_session(session_id if session_id.isalnum() else "none"))
        except Problem as problem:
            if problem.word != "unknown-session":  # it has ended: that was asked for
                raise
    else:
        await visit.send(calls.end_other_sessions())
    return visit.redirect("/settings/sessions", done="sessions")


@pages.get("/settings/revoke")
async def revoke(visit: Visit) -> web.Response:
    return await _revoke_page(visit, None)


@pages.post("/settings/revoke")
async def revoke_mykey_id(visit: Visit) -> web.Response:
    """失効: cannot be undone, so it takes a tick and the password."""
    if visit.form.get("sure") != "yes":
        return await _revoke_page(visit, _NOT_SURE)
    if not visit.form.get("password"):
        return await _revoke_page(visit, _PASSWORD_MISSING)
    call = calls.revoke_mykey_id(password=visit.form.get("password", ""))
    trouble = await refused(visit, call, otherwise="current-password-wrong")
    if trouble:
        return await _revoke_page(visit, trouble)
    visit.session, visit.clear_session = None, True
    return visit.redirect("/signed-out", why="revoked")


async def _revoke_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    """Names what would be lost, so that it can be used or given first."""
    return visit.render(
        "revoke.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        balances=await visit.send(calls.balances()),
    )


async def _mykey_page(
    visit: Visit,
    *,
    choice: models.ChoiceView | None,
    trouble: ErrorMessage | None,
    offered: list[str] | None = None,
) -> web.Response:
    offered_before = visit.form.get("offered", "").split()
    return visit.render(
        "mykey_id.html",
        status=trouble.status if trouble else 200,
        me=await visit.send(calls.me()),
        choice=choice,
        offered=list(filter(_MYKEY_ID.fullmatch, offered_before if offered is None else offered)),
        typed=visit.form,
        trouble=trouble,
    )


async def refused(visit: Visit, call: Call[AnswerT], *, otherwise: str) -> ErrorMessage | None:
    """What was refused, to be said beside the form; `otherwise` is the word where the input had no form at all."""
    try:
        await visit.send(call)
    except Problem as problem:
        if problem.status >= 500 or problem.word in ("session-ended", "session-missing"):
            raise
        if problem.word == "body-invalid":
            problem.word = otherwise
        return visit.trouble(problem)
    return None
