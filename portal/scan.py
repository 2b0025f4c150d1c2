"""QRコードを読み取る: a shop's code leads to paying there, a venue's code is granted at once.

A shop's code is printed, and anybody can paste another over it: so whose shop it is stands on every page before
the points move, with its address, and the confirm page says it in words. The payment's id is made with the page on
which the amount is typed: double clicks, the back button and a reload find the same payment.
"""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web

from pagekit.api import Problem, Unreachable
from pagekit.error_messages import ErrorMessage
from pagekit.ids import UUID, fresh_id
from pagekit.typed_text import code as read_code
from pagekit.typed_text import digits, number
from portal.allocate import POINTS_UNREADABLE
from portal.pay_code import balances_to_pay_with, service_name
from portal.site import Pages, Visit

pages = Pages()

_SHOP: Final = "PGS1."
_VENUE: Final = "PGV1."
_MEMBER: Final = re.compile(r"PGP1\..*|[0-9]{12}")
_CODE: Final = re.compile(r"[!-~]{1,200}")
_MENDED: Final = frozenset({"not-enough-points", "limit-of-the-day", "body-invalid"})
"""What another amount mends; the form is shown again."""


@pages.get("/scan")
async def scan(visit: Visit) -> web.Response:
    return visit.show("scan.html", trouble=None, typed="")


@pages.post("/scan")
async def read(visit: Visit) -> web.Response:
    """What the camera has read or a hand has typed: a shop's code, a venue's, or something else, which is told."""
    code = read_code(visit.typed.get("code", ""))
    if code.startswith(_SHOP) and _CODE.fullmatch(code):
        return visit.go("/pay/shop", code=code)
    if code.startswith(_VENUE) and _CODE.fullmatch(code):
        return await _grant(visit, code)
    if _MEMBER.fullmatch(code) or _MEMBER.fullmatch(digits(code)):
        trouble = ErrorMessage(
            "これは支払う人のコードです",
            "お店か会場に掲示されているコードを読み取ってください。",
            422,
            field="code",
        )
    else:
        trouble = ErrorMessage(
            "このコードは読み取れません",
            "お店か会場に掲示されているコードか確認してください。",
            422,
            field="code",
        )
    return visit.show(
        "scan.html", status=trouble.status, trouble=trouble, typed=visit.typed.get("code", "")[:200]
    )


@pages.get("/pay/shop")
async def amount(visit: Visit) -> web.Response:
    """Whose shop it is, and how many points."""
    return await _amount_page(visit, visit.request.query, trouble=None)


@pages.get("/pay/shop/confirm")
async def check(visit: Visit) -> web.Response:
    """The page before, in words: nothing has moved yet. After the payment it leads to what was paid."""
    multi_mapping = visit.request.query
    spend_id, typed = multi_mapping.get("id", ""), multi_mapping.get("points", "")
    if not UUID.fullmatch(spend_id):
        return await _amount_page(visit, multi_mapping, trouble=None)
    if await _is_paid(visit, spend_id):
        return visit.go(f"/pay/done/{spend_id}")
    shop = await _shop(visit, multi_mapping)
    balance = await _balance(visit, shop, multi_mapping.get("point_service", ""))
    points = number(typed)
    if not points:
        return await _amount_page(visit, multi_mapping, trouble=POINTS_UNREADABLE)
    if balance is None or points > balance["balance"]["available"]:
        return await _amount_page(visit, multi_mapping, trouble=_NOT_ENOUGH)
    return visit.show(
        "shop_confirm.html",
        shop=shop,
        code=multi_mapping["code"],
        balance=balance,
        points=points,
        spend_id=spend_id,
    )


@pages.post("/pay/shop")
async def pay(visit: Visit) -> web.Response:
    """Pay, once, however often this is sent."""
    typed, spend_id = visit.typed.get("points", ""), visit.typed.get("id", "")
    values = {
        "spend_id": spend_id,
        "shop_code": visit.typed.get("code", ""),
        "point_service": visit.typed.get("point_service", ""),
        "points": number(typed) or 0,
    }
    try:
        await visit.api("POST", "/v1/spends", body=values)
    except Problem as problem:
        if problem.word not in _MENDED:
            raise
        trouble = _NOT_ENOUGH if problem.word == "not-enough-points" else visit.trouble(problem)
        return await _amount_page(visit, visit.typed, trouble=trouble, left=problem.facts.get("available"))
    except Unreachable:
        # Paid or not: the same id tells, and pays once in either case.
        return visit.show("pay_again.html", status=503, wanted=visit.typed)
    return visit.go(f"/pay/done/{spend_id}")


@pages.get(r"/grants/{code:[0-9]{6}}/{service:[a-z0-9][a-z0-9-]{0,39}}/{seq:[0-9]{1,15}}")
async def granted(visit: Visit) -> web.Response:
    """What was granted, read from the history: a reload asks for nothing."""
    seq, history = visit.part("seq"), _history(visit.part("code"), visit.part("service"))
    page = await visit.api("GET", f"/v1{history}", query={"before": str(int(seq) + 1), "limit": "1"})
    line = next((one for one in page["lines"] if str(one["seq"]) == seq and one["kind"] == "grant"), None)
    if line is None:
        raise web.HTTPNotFound
    name = await service_name(visit, visit.part("code"), visit.part("service"))
    return visit.show("granted.html", line=line, service_name=name, history=history)


async def _grant(visit: Visit, code: str) -> web.Response:
    """Once in each project: whoever scans again is told so, and where the points are."""
    made = await visit.api("POST", "/v1/venue-grants", body={"venue_code": code})
    history = _history(made["municipality"], made["point_service"])
    for line in (await visit.api("GET", f"/v1{history}", query={"limit": "20"}))["lines"]:
        if line["kind"] == "grant" and line["party"] == made["project_name"]:
            return visit.go(f"/grants/{made['municipality']}/{made['point_service']}/{line['seq']}")
    return visit.go(history)


async def _amount_page(
    visit: Visit, given: Any, *, trouble: ErrorMessage | None, left: int | None = None
) -> web.Response:
    shop = await _shop(visit, given)
    return visit.show(
        "shop_pay.html",
        status=trouble.status if trouble else 200,
        shop=shop,
        code=given["code"],
        balances=await balances_to_pay_with(visit, shop["municipality"]),
        chosen=given.get("point_service", ""),
        typed=given.get("points", ""),
        trouble=trouble,
        left=left,
        spend_id=fresh_id(),
    )


async def _shop(visit: Visit, given: Any) -> dict[str, Any]:
    values: dict[str, Any] = await visit.api(
        "POST", "/v1/shop-codes", body={"shop_code": given.get("code", "") or "-"}
    )
    return values


async def _balance(visit: Visit, shop: dict[str, Any], point_service: str) -> dict[str, Any] | None:
    found = await balances_to_pay_with(visit, shop["municipality"])
    return next((values for values in found if values["point_service"] == point_service), None)


async def _is_paid(visit: Visit, spend_id: str) -> bool:
    try:
        await visit.api("GET", f"/v1/spends/{spend_id}")
    except Problem as problem:
        if problem.word != "unknown-spend":
            raise
        return False
    return True


def _history(municipality: str, point_service: str) -> str:
    return f"/history/municipal/{municipality}/{point_service}"


_NOT_ENOUGH: Final = ErrorMessage(
    "ポイントが足りません",
    "支払いは行われていません。使えるポイント数を確認してください。",
    409,
    field="points",
)
