"""レジの端末: a shop binds phones and tablets that stay signed in at the till, and sets the PIN for refunds there.

The page that binds a device is opened on that very device: the secret goes into its browser and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from aiohttp import web

from municipal import till_device
from municipal.error_messages import ErrorMessage
from municipal.forms import beside, status
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.typed_text import digits
from point_gateway_client import calls, models

pages = Pages(needs="keep_own_shop")

DONE: Final[dict[str, str]] = {
    "ended": "端末の登録を終了しました。その端末では、もうレジを使えません。",
    "pin": "取消の暗証番号を設定しました。",
    "pin-removed": "取消の暗証番号を削除しました。レジの端末では取消ができません。",
}
_TILL_ID: Final = re.compile(r"[0-9a-f]{32}")
_SHOP: Final = "{shop:[a-z0-9][a-z0-9-]{0,39}}"
_NO_NAME: Final = ErrorMessage(
    "端末の名前を入力してください", "40文字までで、お店で見分けられる名前にしてください。", 422, field="name"
)
_NOT_ALIKE: Final = ErrorMessage(
    "暗証番号が一致しません", "同じ暗証番号を2回入力してください。", 422, field="pin"
)
_NO_PIN: Final = ErrorMessage(
    "暗証番号は4〜8桁の数字です",
    "繰り返し、続き番号、西暦の年、誕生日でないものにしてください。",
    422,
    field="pin",
)
_NO_PASSWORD: Final = ErrorMessage(
    "パスワードが違います", "ご本人の確認のため、いまのパスワードを入力してください。", 403
)


@pages.get("/shop/tills")
async def tills_page(visit: Visit) -> web.Response:
    return await _tills(visit, None, "")


@pages.post("/shop/tills")
async def bind(visit: Visit) -> web.Response:
    """Bind this browser; it goes on as a person's until that session ends, and as a till from then on."""
    typed = visit.form
    if not typed.get("name"):
        return await _tills(visit, _NO_NAME, "bind")
    try:
        bound = await visit.send(calls.bind_till(name=typed["name"], password=typed.get("password", "")))
    except Problem as problem:
        return await _tills(visit, _beside(visit, problem, _NO_NAME, "name"), "bind")
    till_device.save_token(visit, bound.till_token, bound.unused_days)
    return visit.render_once("till_bound.html", till=bound.till, unused_days=bound.unused_days)


@pages.post("/shop/tills/end")
async def end(visit: Visit) -> web.Response:
    till_id = visit.form.get("till", "")
    if _TILL_ID.fullmatch(till_id):
        try:
            await visit.send(calls.end_own_till(till_id))
        except Problem as problem:
            if problem.word != "unknown-till":
                raise
    return visit.redirect("/shop/tills", done="ended")


@pages.post("/shop/tills/pin")
async def set_pin(visit: Visit) -> web.Response:
    typed = visit.form
    if typed.get("pin") != typed.get("pin_again"):
        return await _tills(visit, _NOT_ALIKE, "pin")
    try:
        pin = digits(typed.get("pin", ""))
        await visit.send(calls.set_till_pin(pin=pin, password=typed.get("password", "")))
    except Problem as problem:
        return await _tills(visit, _beside(visit, problem, _NO_PIN, "pin"), "pin")
    return visit.redirect("/shop/tills", done="pin")


@pages.post("/shop/tills/pin/remove")
async def remove_pin(visit: Visit) -> web.Response:
    await visit.send(calls.remove_till_pin())
    return visit.redirect("/shop/tills", done="pin-removed")


@pages.get(f"/shops/{_SHOP}/tills", needs="keep_shops")
async def shop_tills(visit: Visit) -> web.Response:
    """The desk to which a lost device is told."""
    return await _shop_tills(visit, None)


@pages.post(f"/shops/{_SHOP}/tills", needs="keep_shops")
async def end_at_shop(visit: Visit) -> web.Response:
    shop_id, till_id = visit.path_param("shop"), visit.form.get("till", "")
    if not _TILL_ID.fullmatch(till_id):
        return visit.redirect(f"/shops/{shop_id}/tills")
    try:
        await visit.send(calls.end_shop_till(shop_id, till_id, reason=visit.form.get("reason", "")))
    except Problem as problem:
        if problem.word == "body-invalid":
            problem.word = "reason-missing"
        return await _shop_tills(visit, replace(beside(visit, problem), field="reason"))
    return visit.redirect(f"/shops/{shop_id}/tills", done="ended")


async def _tills(visit: Visit, trouble: ErrorMessage | None, form: str) -> web.Response:
    """`form` is the one that the trouble is about."""
    listed = await visit.send(calls.list_own_tills())
    return visit.render(
        "tills.html",
        status=status(trouble),
        trouble=trouble,
        form=form,
        listed=listed,
        typed={"name": visit.form.get("name", "")},
        is_bound=till_device.is_bound(visit),
        done=DONE.get(visit.query("done"), ""),
    )


async def _shop_tills(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    shop_id = visit.path_param("shop")
    shop: models.ShopView = await visit.send(calls.get_shop(shop_id))
    listed = await visit.send(calls.list_shop_tills(shop_id))
    return visit.render(
        "shop_tills.html",
        status=status(trouble),
        trouble=trouble,
        shop=shop,
        tills=listed.tills,
        typed={"reason": visit.form.get("reason", ""), "till": visit.form.get("till", "")},
        done=DONE.get(visit.query("done"), ""),
    )


def _beside(visit: Visit, problem: Problem, unfit: ErrorMessage, name: str) -> ErrorMessage:
    """What to say beside a form that asks for the password again."""
    if problem.word == "body-invalid":
        return replace(_NO_PASSWORD, field="password") if "password" in problem.fields else unfit
    if problem.word == "current-password-wrong":
        return replace(_NO_PASSWORD, field="password")
    trouble = beside(visit, problem)
    return replace(trouble, field=name) if problem.word == "till-pin-unfit" else trouble
