"""At the shop's counter: the amount, the customer's code or card by camera or by hand, one look, and the points are taken.

The payment's id is made with the page on which the amount is typed and goes along to the end: a double click, the back
button, a reload and a second try after a lost answer are the same payment. The customer's code never stands in an
address. What a customer has left is not told here: that is on the customer's own screen.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from aiohttp import web

from municipal.error_messages import ErrorMessage, no_number
from municipal.forms import number
from municipal.session import AT_TILL
from municipal.site import Pages, Visit
from pagekit.api import Problem, Unreachable
from pagekit.ids import UUID, fresh_id
from pagekit.pages import PageValues
from pagekit.typed_text import digits
from point_gateway_client import calls, models

pages = Pages(needs=f"take_points{AT_TILL}")

LOGIN_CHANGE_TOLD_FOR: Final = timedelta(days=7)
LOGIN_CHANGES: Final[Mapping[str, str]] = {
    "added": "使う人が追加されました。",
    "reset": "パスワードが再設定されました。",
    "restarted": "利用が再開されました。",
    "stopped": "利用が停止されました。",
    "role": "できることが変更されました。",
    "company": "会社のほかの店の人が、この店でも使えるようになりました。",
}
DONE: Final[Mapping[str, str]] = {
    "till-refunds": "レジでの取消の設定を変更しました。いまから有効です。",
}

SPEND: Final = f"{{spend:{UUID.pattern}}}"
MAX_POINTS: Final = 999_999_999
_CODE: Final = re.compile(r"(?:PGP1|PGC1)\.[!-~]{1,100}|[0-9]{12}|[0-9]{16}")
_REFUSED: Final[dict[str, tuple[str, str]]] = {
    "pay-code-unknown": (
        "このコードは使えません",
        "ポイントは受け取っていません。お客様の画面のコードをもう一度読み取ってください。",
    ),
    "pay-code-ended": (
        "コードの有効時間が切れました",
        "ポイントは受け取っていません。お客様の画面の新しいコードを読み取ってください。",
    ),
    "pay-code-unproven": (
        "お客様の本人確認が必要です",
        "ポイントは受け取っていません。お客様の画面で本人確認をしてもらい、新しいコードを読み取ってください。",
    ),
    "pay-code-used": (
        "このコードは使用済みです",
        "追加では受け取っていません。済んだかどうかは「今日の利用」で確認できます。",
    ),
    "pay-card-unknown": (
        "このカードは使えません",
        "ポイントは受け取っていません。カードをもう一度読み取るか、カードの16桁の番号を確認してください。",
    ),
    "pay-card-stopped": (
        "このカードは停止されています",
        "ポイントは受け取っていません。カードをお持ちの方に、市の窓口へ問い合わせるよう伝えてください。",
    ),
    "pay-card-no-pin": (
        "このカードには暗証番号がありません",
        "ポイントは受け取っていません。暗証番号のないカードで1回に使えるのは %(no_pin_points)s ポイントまでです。",
    ),
    "pay-card-pin-locked": (
        "暗証番号は使えなくなっています",
        "ポイントは受け取っていません。続けて間違えたためです。市の窓口で新しい暗証番号を設定できます。",
    ),
    "not-enough-points": (
        "お客様のポイントが足りません",
        "ポイントは受け取っていません。残高は、お客様の画面か、市の窓口で確認してもらってください。",
    ),
    "limit-of-the-day": (
        "お客様の1日の上限を超えます",
        "ポイントは受け取っていません。金額を減らすか、ほかの方法でお支払いください。",
    ),
    "shop-closed": (
        "このお店は利用を終了しています",
        "ポイントは受け取っていません。市の担当課へお問い合わせください。",
    ),
    "id-reused": (
        "この受付は別の内容で済んでいます",
        "追加では受け取っていません。「今日の利用」で確認してください。",
    ),
}

_NO_PIN: Final = ErrorMessage(
    "暗証番号を4桁の数字で入力してください",
    "ポイントは受け取っていません。お客様に入力してもらってください。",
    422,
    field="pin",
)
_WRONG_PIN: Final = ErrorMessage(
    "暗証番号が違います",
    "ポイントは受け取っていません。あと %(tries_left)s 回間違えると、この暗証番号は使えなくなります。",
    403,
    field="pin",
)


@pages.get("/shop", needs=f"see_own_shop{AT_TILL}")
async def shop(visit: Visit) -> web.Response:
    """The till for whoever takes points, the statements for whoever keeps the books."""
    return visit.redirect(
        "/shop/take" if visit.signed_in().may(f"take_points{AT_TILL}") else "/shop/settlements"
    )


@pages.get("/shop/take")
async def amount(visit: Visit) -> web.Response:
    return await _amount_page(visit, None, visit.query("points"))


@pages.get("/shop/take/scan")
async def scan(visit: Visit) -> web.Response:
    """The customer's code, for an amount that stands above it."""
    points, spend_id = number(visit.query("points")), visit.query("id")
    if not points or points > MAX_POINTS:
        return await _amount_page(visit, no_number("points"), visit.query("points"))
    return _scan_page(visit, points, spend_id if UUID.fullmatch(spend_id) else fresh_id(), None)


@pages.post("/shop/take/check")
async def check(visit: Visit) -> web.Response:
    """One look before the points are taken; nothing has moved yet."""
    points, spend_id = number(visit.form.get("points", "")), visit.form.get("id", "")
    code = code_of(visit.form.get("code", ""))
    if not points or not UUID.fullmatch(spend_id):
        return await _amount_page(visit, no_number("points"), visit.form.get("points", ""))
    if code is None:
        trouble = ErrorMessage(
            "お客様の支払いコードではありません",
            "お客様の画面かカードのQRコード、またはその下の番号（画面は12桁、カードは16桁）を読み取ってください。",
            422,
        )
        return _scan_page(visit, points, spend_id, trouble)
    return visit.render("take_confirm.html", points=points, spend_id=spend_id, code=code)


@pages.post("/shop/take")
async def receive_payment(visit: Visit) -> web.Response:
    """Take the points, once, however often this is sent. Each answer says whether anything was taken."""
    points, spend_id = number(visit.form.get("points", "")) or 0, visit.form.get("id", "")
    code, typed_pin = visit.form.get("code", ""), visit.form.get("pin")
    if typed_pin == "":
        return _pin_page(visit, points, spend_id, code, _NO_PIN)
    pin = None if typed_pin is None else digits(typed_pin)
    try:
        await visit.send(calls.take_points(spend_id=spend_id, code=code, points=points, pin=pin))
    except Problem as problem:
        if problem.word == "pay-card-pin-needed":
            return _pin_page(visit, points, spend_id, code, None)
        if problem.word == "pay-card-pin-wrong":
            trouble = replace(_WRONG_PIN, facts={"tries_left": str(problem.facts.get("tries_left", 0))})
            return _pin_page(visit, points, spend_id, code, trouble)
        if problem.word == "body-invalid" and typed_pin is not None:
            return _pin_page(visit, points, spend_id, code, _NO_PIN)
        if problem.word not in _REFUSED:
            raise
        facts = {name: f"{value:,}" for name, value in problem.facts.items() if isinstance(value, int)}
        trouble = ErrorMessage(*_REFUSED[problem.word], problem.status, facts=facts)
        return visit.render("not_taken.html", status=trouble.status, trouble=trouble, points=points)
    except Unreachable:
        # Taken or not: the same id tells, and takes once in either case.
        return visit.render("take_again.html", status=503, points=points, spend_id=spend_id, code=code)
    return visit.redirect(f"/shop/taken/{spend_id}")


@pages.get(f"/shop/taken/{SPEND}")
async def taken(visit: Visit) -> web.Response:
    """What was taken, read anew: a reload asks for nothing new, and midnight hides nothing."""
    spend, may_refund = await asyncio.gather(spend_of_shop(visit), _may_refund(visit))
    return visit.render("taken.html", spend=spend, may_refund=may_refund)


@pages.get("/shop/latest", fragment=True)
async def latest(visit: Visit) -> web.Response:
    """The last payments, which ask for themselves: what a customer has paid by the shop's QR is seen at once.

    A page of another shop than the one that was chosen since, in another tab, is drawn anew.
    """
    if visit.query("shop") not in ("", visit.signed_in().shop_id):
        return visit.redirect("/shop/take")
    try:
        return visit.render("_latest.html", latest=await _latest(visit))
    except Unreachable:
        return web.Response(status=204)


def _pin_page(
    visit: Visit, points: int, spend_id: str, code: str, trouble: ErrorMessage | None
) -> web.Response:
    """The holder of a card types the PIN, on the shop's own phone; it is kept nowhere."""
    return visit.render(
        "take_pin.html",
        status=trouble.status if trouble else 200,
        points=points,
        spend_id=spend_id,
        code=code,
        trouble=trouble,
    )


def code_of(text: str) -> str | None:
    """A customer's code or card as scanned, or as typed with spaces, hyphens or full-width digits; None for any other text."""
    plain = text if text.startswith(("PGP1", "PGC1")) else digits(text)
    return plain if _CODE.fullmatch(plain) else None


async def spend_of_shop(visit: Visit) -> models.ShopSpendView:
    """A payment at this shop, of whatever day. Raises 404 for any other."""
    return await visit.send(calls.shop_spend(visit.path_param("spend")))


async def _may_refund(visit: Visit) -> bool:
    """Whether this login gives back here; the gateway decides by the same."""
    return (await visit.send(calls.own_shop())).may_refund


async def _latest(visit: Visit) -> list[models.ShopSpendView]:
    return (await visit.send(calls.shop_day())).spends[:3]


async def _amount_page(visit: Visit, trouble: ErrorMessage | None, typed: str) -> web.Response:
    shop, latest, notes = await asyncio.gather(
        visit.send(calls.own_shop()), _latest(visit), _what_the_shop_is_told(visit)
    )
    return visit.render(
        "take.html",
        status=trouble.status if trouble else 200,
        shop=shop,
        latest=latest,
        trouble=trouble,
        typed=typed,
        spend_id=fresh_id(),
        **notes,
    )


async def _what_the_shop_is_told(visit: Visit) -> PageValues:
    """What stands above the amount for whoever has signed in: changes for the shop's owner, news for everybody but a bound till."""
    who = visit.signed_in()
    notes: PageValues = {
        "news": [],
        "is_account_changed": False,
        "is_login_changed": False,
        "is_till_new": False,
    }
    if who.till:
        return notes
    if not who.may("keep_own_shop"):
        return notes | {"news": (await visit.send(calls.list_shop_announcements())).announcements}
    news, notices, people, tills = await asyncio.gather(
        visit.send(calls.list_shop_announcements()),
        visit.send(calls.list_own_notices()),
        visit.send(calls.list_own_people()),
        visit.send(calls.list_own_tills()),
    )
    week_ago = visit.now - LOGIN_CHANGE_TOLD_FOR
    return {
        "news": news.announcements,
        "is_account_changed": any(notice.state == "waiting" for notice in notices.notices),
        "is_login_changed": any(change.at > week_ago for change in people.changes),
        "is_till_new": any(till.bound_at > week_ago for till in tills.tills),
    }


@pages.get("/shop/people", needs="keep_own_shop")
async def own_people(visit: Visit) -> web.Response:
    """Who has a log-in of this shop, and what was changed."""
    listed, shop = await asyncio.gather(visit.send(calls.list_own_people()), visit.send(calls.own_shop()))
    return visit.render(
        "own_people.html",
        people=listed.people,
        changes=listed.changes,
        names=LOGIN_CHANGES,
        shop=shop,
        done=DONE.get(visit.query("done"), ""),
    )


@pages.post("/shop/till-refunds", needs="keep_own_shop")
async def set_till_refunds(visit: Visit) -> web.Response:
    """What is to become of it stands in the form, so that a second click does not turn it round."""
    await visit.send(calls.set_till_refunds(allowed=visit.form.get("allowed") == "yes"))
    return visit.redirect("/shop/people", done="till-refunds")


def _scan_page(visit: Visit, points: int, spend_id: str, trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "take_scan.html",
        status=trouble.status if trouble else 200,
        points=points,
        spend_id=spend_id,
        trouble=trouble,
    )
