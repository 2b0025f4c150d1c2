"""A shop's day: what was taken, whoever scanned; and giving points back while the day lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from aiohttp import web

from municipal.counter import SPEND, spend_of_shop
from municipal.error_messages import NO_DAY, ErrorMessage, no_number
from municipal.forms import beside, day, number, status, unread_day
from municipal.labels import WAYS
from municipal.session import AT_TILL
from municipal.site import Pages, Visit
from pagekit.api import Problem, Unreachable
from pagekit.ids import UUID, fresh_id
from pagekit.pages import PageValues
from pagekit.typed_text import code, digits
from point_gateway_client import UNSET, calls, models

pages = Pages(needs=f"see_own_shop{AT_TILL}")

DONE: Final[dict[str, str]] = {
    "refunded": "ポイントをお客様に戻しました。お客様の残高にすぐ反映されます。",
    "again": "この取消は先ほど済んでいます。二重には戻していません。",
}
_ABOUT_THE_PIN: Final = frozenset(
    {"till-no-pin", "till-pin-needed", "till-pin-wrong", "till-pin-locked", "body-invalid"}
)
_WRONG_PIN: Final = ErrorMessage(
    "取消の暗証番号が違います",
    "取り消していません。あと %(tries_left)s 回間違えると、使えなくなります。",
    403,
)
_NO_SUCH_PIN: Final = ErrorMessage(
    "取消の暗証番号は4〜8桁の数字です", "取り消していません。もう一度入力してください。", 422
)
_NO_REASON: Final = ErrorMessage(
    "理由を入力してください", "監査ログに残る理由を、500文字までで入力してください。", 422
)


@pages.get("/shop/day")
async def day_page(visit: Visit) -> web.Response:
    typed = visit.query("reference")[:40]
    matches, trouble = await _referred(visit, typed)
    trouble = trouble or unread_day(visit, "day")
    try:
        shown = await _day(visit, day(visit.query("day")))
    except Problem as problem:
        if problem.word != "query-invalid":
            raise
        trouble = replace(NO_DAY, field="day")
        shown = await _day(visit, None)
    return visit.render(
        "shop_day.html",
        status=status(trouble),
        done=DONE.get(visit.query("done"), ""),
        reference=typed,
        matches=matches,
        trouble=trouble,
        **shown,
    )


async def _referred(visit: Visit, typed: str) -> tuple[list[models.ShopSpendView], ErrorMessage | None]:
    """The shop's payments that a customer's reference stands for."""
    if not (plain := code(typed)).strip("."):
        return [], None
    try:
        matches = await visit.send(calls.shop_references(plain))
    except Problem as problem:
        if problem.word != "unknown-reference":
            raise
        return [], replace(visit.trouble(problem), field="reference")
    return matches.spends, None


@pages.get("/shop/day/live", fragment=True)
async def live(visit: Visit) -> web.Response:
    """Today's list, which asks for itself."""
    try:
        return visit.render("_shop_day.html", **await _day(visit, None))
    except Unreachable:
        return web.Response(status=204)


@pages.get(f"/shop/spends/{SPEND}/refund", needs=f"refund_at_shop{AT_TILL}")
async def refund_page(visit: Visit) -> web.Response:
    spend = await spend_of_shop(visit)
    left = spend.points - spend.refunded_points
    typed = {"points": str(left), "reason": "", "refund_id": fresh_id()}
    return _refund_form(visit, spend, typed, None)


@pages.post(f"/shop/spends/{SPEND}/refund/confirm", needs=f"refund_at_shop{AT_TILL}")
async def check(visit: Visit) -> web.Response:
    """In words, before anything is given back."""
    spend, typed = await spend_of_shop(visit), dict(visit.form)
    points = number(typed.get("points", ""))
    if not points or points > spend.points - spend.refunded_points:
        return _refund_form(visit, spend, typed, no_number("points"))
    if not typed.get("reason"):
        return _refund_form(visit, spend, typed, _NO_REASON)
    if not UUID.fullmatch(typed.get("refund_id", "")):
        typed["refund_id"] = fresh_id()
    return visit.render("shop_refund_confirm.html", spend=spend, points=points, typed=typed)


@pages.post(f"/shop/spends/{SPEND}/refund", needs=f"refund_at_shop{AT_TILL}")
async def refund(visit: Visit) -> web.Response:
    """Give back, once, however often this is sent."""
    typed = dict(visit.form)
    call = calls.shop_refund(
        visit.path_param("spend"),
        refund_id=typed.get("refund_id", ""),
        points=number(typed.get("points", "")) or 0,
        reason=typed.get("reason", ""),
        pin=digits(typed["pin"]) if typed.get("pin") else None,
    )
    try:
        refunded = await visit.send(call)
    except Problem as problem:
        spend = await spend_of_shop(visit)
        if visit.signed_in().till and problem.word in _ABOUT_THE_PIN:
            trouble = _about_the_pin(visit, problem)
            points = number(typed.get("points", "")) or 0
            return visit.render(
                "shop_refund_confirm.html",
                status=trouble.status,
                spend=spend,
                points=points,
                typed=typed,
                trouble=trouble,
            )
        trouble = beside(visit, problem)
        return _refund_form(visit, spend, typed | {"refund_id": fresh_id()}, trouble)
    return visit.redirect("/shop/day", done="again" if refunded.replayed else "refunded")


def _about_the_pin(visit: Visit, problem: Problem) -> ErrorMessage:
    if problem.word == "till-pin-wrong":
        return replace(_WRONG_PIN, field="pin", facts={"tries_left": str(problem.facts.get("tries_left", 0))})
    trouble = _NO_SUCH_PIN if problem.word == "body-invalid" else visit.trouble(problem)
    return replace(trouble, field="pin")


def _refund_form(
    visit: Visit, spend: models.ShopSpendView, typed: dict[str, str], trouble: ErrorMessage | None
) -> web.Response:
    return visit.render(
        "shop_refund.html",
        status=trouble.status if trouble else 200,
        spend=spend,
        typed=typed,
        trouble=trouble,
        left=spend.points - spend.refunded_points,
    )


async def _day(visit: Visit, day: date | None) -> PageValues:
    """That day, or today."""
    shop_day = await visit.send(calls.shop_day(day=day or UNSET))
    is_today = shop_day.day == visit.site.settings.clock().date()
    return {"shop_day": shop_day, "ways": WAYS, "is_today": is_today}
