"""A shop's day: what was taken, whoever scanned; and giving points back while the day lasts."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from aiohttp import web

from municipal.counter import SPEND, spend_of_today
from municipal.error_messages import NO_NUMBER, ErrorMessage
from municipal.forms import beside, day, number
from municipal.labels import WAYS
from municipal.site import Pages, Visit
from pagekit.api import Problem, Unreachable
from pagekit.ids import UUID, fresh_id

pages = Pages(needs="take_points")

DONE: Final[dict[str, str]] = {
    "refunded": "ポイントをお客様に戻しました。お客様の残高にすぐ反映されます。",
    "again": "この取消は先ほど済んでいます。二重には戻していません。",
}
_NO_REASON: Final = ErrorMessage(
    "理由を入力してください", "監査ログに残る理由を、500文字までで入力してください。", 422
)


@pages.get("/shop/day")
async def shop_day(visit: Visit) -> web.Response:
    wanted = day(visit.asked("day"))
    return visit.show("shop_day.html", done=DONE.get(visit.asked("done"), ""), **await _day(visit, wanted))


@pages.get("/shop/day/live", fragment=True)
async def live(visit: Visit) -> web.Response:
    """Today's list, which asks for itself."""
    try:
        return visit.show("_shop_day.html", **await _day(visit, None))
    except Unreachable:
        return web.Response(status=204)


@pages.get(f"/shop/spends/{SPEND}/refund")
async def refund_page(visit: Visit) -> web.Response:
    spend = await spend_of_today(visit)
    left = spend["points"] - spend["refunded_points"]
    typed = {"points": str(left), "reason": "", "refund_id": fresh_id()}
    return _refund_form(visit, spend, typed, None)


@pages.post(f"/shop/spends/{SPEND}/refund/confirm")
async def check(visit: Visit) -> web.Response:
    """In words, before anything is given back."""
    spend, typed = await spend_of_today(visit), dict(visit.typed)
    points = number(typed.get("points", ""))
    if not points or points > spend["points"] - spend["refunded_points"]:
        return _refund_form(visit, spend, typed, NO_NUMBER)
    if not typed.get("reason"):
        return _refund_form(visit, spend, typed, _NO_REASON)
    if not UUID.fullmatch(typed.get("refund_id", "")):
        typed["refund_id"] = fresh_id()
    return visit.show("shop_refund_confirm.html", spend=spend, points=points, typed=typed)


@pages.post(f"/shop/spends/{SPEND}/refund")
async def refund(visit: Visit) -> web.Response:
    """Give back, once, however often this is sent."""
    typed = dict(visit.typed)
    body = {
        "refund_id": typed.get("refund_id", ""),
        "points": number(typed.get("points", "")) or 0,
        "reason": typed.get("reason", ""),
    }
    try:
        told = await visit.api("POST", f"/v1/shop/spends/{visit.part('spend')}/refunds", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        return _refund_form(visit, await spend_of_today(visit), typed | {"refund_id": fresh_id()}, trouble)
    return visit.go("/shop/day", done="again" if told["replayed"] else "refunded")


def _refund_form(
    visit: Visit, spend: dict[str, Any], typed: dict[str, str], trouble: ErrorMessage | None
) -> web.Response:
    return visit.show(
        "shop_refund.html",
        status=trouble.status if trouble else 200,
        spend=spend,
        typed=typed,
        trouble=trouble,
        left=spend["points"] - spend["refunded_points"],
    )


async def _day(visit: Visit, wanted: date | None) -> dict[str, Any]:
    today = visit.site.settings.clock().date()
    query = {"day": wanted.isoformat()} if wanted is not None else None
    told = await visit.api("GET", "/v1/shop/spends", query=query)
    return {"told": told, "ways": WAYS, "is_today": told["day"] == today.isoformat()}
