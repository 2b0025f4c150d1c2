"""窓口のコードで再設定: who has lost every way in chooses a new password with the code that the desk has given."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from pagekit.api import Problem
from point_gateway_client import calls
from portal.error_messages import ErrorMessage
from portal.sign_in import enter
from portal.site import Pages, Visit

pages = Pages()

_ID_MISSING: Final = ErrorMessage(
    "マイキーIDを入力してください",
    "英数字8文字です。大文字と小文字、全角と半角は区別しません。",
    422,
    field="mykey_id",
)
_CODE_MISSING: Final = ErrorMessage(
    "コードを入力してください", "窓口で受け取った16文字のコードです。", 422, field="code"
)
_NEW_MISSING: Final = ErrorMessage(
    "新しいパスワードを入力してください",
    "10文字以上で、2つの欄に同じものを入力してください。",
    422,
    field="new",
)
_MISMATCH: Final = ErrorMessage(
    "新しいパスワードが一致しません", "同じパスワードを2回入力してください。", 422, field="again"
)


@pages.get("/restore", public=True)
async def restore_page(visit: Visit) -> web.Response:
    return _page(visit, None)


@pages.post("/restore", public=True)
async def restore(visit: Visit) -> web.Response:
    if (answer := visit.render_throttled()) is not None:
        return answer
    typed = visit.form
    for missing in (_ID_MISSING, _CODE_MISSING, _NEW_MISSING):
        if not typed.get(missing.field):
            return _page(visit, missing)
    if typed.get("new") != typed.get("again"):
        return _page(visit, _MISMATCH)
    shared = typed.get("shared_terminal") == "yes"
    try:
        started = await visit.send(
            calls.restore_member(
                mykey_id=typed.get("mykey_id", ""),
                code=typed.get("code", ""),
                new=typed.get("new", ""),
                shared_terminal=shared,
                source=visit.network,
            )
        )
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "password-unfit" if "new" in problem.fields else "restoration-refused"
        if problem.status >= 500:
            raise
        return _page(visit, visit.trouble(problem))
    enter(visit, started, shared_terminal=shared)
    return visit.redirect("/settings/proofs", done="restored")


def _page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render("restore.html", status=trouble.status if trouble else 200, trouble=trouble)
