"""QRコードを読み取る: a shop's code leads to paying there, a venue's code is granted at once.

A shop's code is printed, and anybody can paste another over it: so whose shop it is stands on every page before
the points move, with its address, and the confirm page says it in words. The payment's id is made with the page on
which the amount is typed: double clicks, the back button and a reload find the same payment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from pagekit.api import Problem, Unreachable
from pagekit.error_messages import ErrorMessage
from pagekit.ids import UUID, fresh_id
from pagekit.typed_text import code as read_code
from pagekit.typed_text import digits, number
from point_gateway_client import calls, models
from portal.allocate import POINTS_UNREADABLE
from portal.pay_code import balances_to_pay_with, service_name
from portal.site import Pages, Visit

pages = Pages()

_SHOP: Final = "PGS1."
_VENUE: Final = "PGV1."
_MEMBER: Final = re.compile(r"PGP1\..*|[0-9]{12}")
_NUMBER: Final = re.compile(r"[0-9]{6}")
_CODE: Final = re.compile(r"[!-~]{1,200}")
_MENDED: Final = frozenset({"not-enough-points", "limit-of-the-day", "body-invalid"})
"""What another amount mends; the form is shown again."""
_MISREAD: Final = frozenset({"shop-code-wrong", "unknown-shop", "shop-closed", "venue-code-wrong"})
"""What another code mends; the page that reads one is shown again."""


@pages.get("/scan")
async def scan(visit: Visit) -> web.Response:
    """With a `code`, which has led to no shop when a camera's own application opened its address."""
    code = visit.query("code")
    if not code:
        return visit.render("scan.html", trouble=None, typed="")
    try:
        await _shop(visit, visit.request.query)
    except Problem as problem:
        return _misread_page(visit, problem, code)
    return visit.redirect("/pay/shop", code=code)


@pages.post("/scan")
async def read(visit: Visit) -> web.Response:
    """What the camera has read or a hand has typed: a shop's code, a venue's, or something else, which is told."""
    typed = read_code(visit.form.get("code", ""))
    if not typed:
        return visit.render("scan.html", status=422, trouble=_CODE_MISSING, typed="")
    code = _inside(visit, typed)
    number_of_shop = digits(code)
    try:
        if code.startswith(_SHOP) and _CODE.fullmatch(code):
            return await _to_shop(visit, code)
        if _NUMBER.fullmatch(number_of_shop):
            return await _to_shop(visit, number_of_shop)
        if code.startswith(_VENUE) and _CODE.fullmatch(code):
            return await _grant(visit, code)
    except Problem as problem:
        return _misread_page(visit, problem, visit.form.get("code", ""))
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
    return visit.render(
        "scan.html", status=trouble.status, trouble=trouble, typed=visit.form.get("code", "")[:200]
    )


async def _to_shop(visit: Visit, shop_code: str) -> web.Response:
    """Asked before the browser leaves the page, so that a code of no shop is told where it was read or typed."""
    await visit.send(calls.read_shop_code(shop_code=shop_code))
    return visit.redirect("/pay/shop", code=shop_code)


def _misread_page(visit: Visit, problem: Problem, code: str) -> web.Response:
    """The page that reads codes, with what is wrong with this one. Raises the problem where another code mends nothing."""
    if problem.word not in _MISREAD:
        raise problem
    trouble = replace(visit.trouble(problem), field="code")
    if problem.word == "shop-code-wrong" and _NUMBER.fullmatch(digits(code)):
        trouble = _NO_SUCH_NUMBER
    return visit.render("scan.html", status=trouble.status, trouble=trouble, typed=code[:200])


def _inside(visit: Visit, code: str) -> str:
    """The shop's code in an address of our own page for paying, as shops' sheets have it; else the code as it is."""
    page, _, query = code.partition("?")
    if page != f"{visit.site.settings.public_url}/pay/shop":
        return code
    return dict(parse_qsl(query)).get("code", "")


@pages.get("/pay/shop")
async def amount(visit: Visit) -> web.Response:
    """Whose shop it is, and how many points."""
    code = visit.query("code")
    if not code:
        return visit.redirect("/scan")
    try:
        return await _amount_page(visit, visit.request.query, trouble=None)
    except Problem as problem:
        if problem.word not in _MISREAD:
            raise
        return visit.redirect("/scan", code=code[:200])


@pages.get("/pay/shop/confirm")
async def check(visit: Visit) -> web.Response:
    """The page before, in words: nothing has moved yet. After the payment it leads to what was paid."""
    query = visit.request.query
    spend_id, typed = query.get("id", ""), query.get("points", "")
    if not query.get("code"):
        return visit.redirect("/scan")
    if not UUID.fullmatch(spend_id):
        return await _amount_page(visit, query, trouble=None)
    if await _is_paid(visit, spend_id):
        return visit.redirect(f"/pay/done/{spend_id}")
    shop = await _shop(visit, query)
    balance = await _balance(visit, shop, query.get("point_service", ""))
    points = number(typed)
    if not points:
        return await _amount_page(visit, query, trouble=POINTS_UNREADABLE)
    if balance is None or points > balance.balance.available:
        return await _amount_page(visit, query, trouble=_NOT_ENOUGH)
    return visit.render(
        "shop_confirm.html",
        shop=shop,
        code=query["code"],
        balance=balance,
        points=points,
        spend_id=spend_id,
    )


@pages.post("/pay/shop")
async def pay(visit: Visit) -> web.Response:
    """Pay, once, however often this is sent."""
    typed, spend_id = visit.form.get("points", ""), visit.form.get("id", "")
    call = calls.pay_shop(
        spend_id=spend_id,
        shop_code=visit.form.get("code", ""),
        point_service=visit.form.get("point_service", ""),
        points=number(typed) or 0,
    )
    try:
        await visit.send(call)
    except Problem as problem:
        if problem.word == "fresh-proof-needed":
            fields = {name: visit.form.get(name, "") for name in ("code", "point_service", "points", "id")}
            return visit.redirect("/prove", next=f"/pay/shop/confirm?{urlencode(fields)}")
        if problem.word not in _MENDED:
            raise
        trouble = _NOT_ENOUGH if problem.word == "not-enough-points" else visit.trouble(problem)
        return await _amount_page(visit, visit.form, trouble=trouble, left=problem.facts.get("available"))
    except Unreachable:
        # Paid or not: the same id tells, and pays once in either case.
        return visit.render("pay_again.html", status=503, typed=visit.form)
    return visit.redirect(f"/pay/done/{spend_id}")


@pages.get(r"/grants/{code:[0-9]{6}}/{service:[a-z0-9][a-z0-9-]{0,39}}/{seq:[0-9]{1,15}}")
async def granted(visit: Visit) -> web.Response:
    """What was granted, read from the history: a reload asks for nothing."""
    seq, code, service = visit.path_param("seq"), visit.path_param("code"), visit.path_param("service")
    page = await visit.send(calls.municipal_history(code, service, before=int(seq) + 1, limit=1))
    line = next((line for line in page.lines if str(line.seq) == seq and line.kind == "grant"), None)
    if line is None:
        raise web.HTTPNotFound
    name = await service_name(visit, code, service)
    return visit.render("granted.html", line=line, service_name=name, history=_history(code, service))


async def _grant(visit: Visit, code: str) -> web.Response:
    """Once in each project: whoever scans again is told so, and where the points are."""
    grant = await visit.send(calls.grant_at_venue(venue_code=code))
    municipality, service = grant.municipality, grant.point_service
    for line in (await visit.send(calls.municipal_history(municipality, service, limit=20))).lines:
        if line.kind == "grant" and line.party == grant.project_name:
            return visit.redirect(f"/grants/{municipality}/{service}/{line.seq}")
    return visit.redirect(_history(municipality, service))


async def _amount_page(
    visit: Visit, values: Mapping[str, str], *, trouble: ErrorMessage | None, left: int | None = None
) -> web.Response:
    shop = await _shop(visit, values)
    return visit.render(
        "shop_pay.html",
        status=trouble.status if trouble else 200,
        shop=shop,
        code=values["code"],
        balances=await balances_to_pay_with(visit, shop.municipality),
        chosen=values.get("point_service", ""),
        typed=values.get("points", ""),
        trouble=trouble,
        left=left,
        spend_id=fresh_id(),
    )


async def _shop(visit: Visit, values: Mapping[str, str]) -> models.PlaceView:
    code = values.get("code", "")
    # What can be no code at all, such as an address that was cut off, is refused in the same words.
    return await visit.send(calls.read_shop_code(shop_code=code if _CODE.fullmatch(code) else "-"))


async def _balance(
    visit: Visit, shop: models.PlaceView, point_service: str
) -> models.MunicipalBalanceView | None:
    balances = await balances_to_pay_with(visit, shop.municipality)
    return next((balance for balance in balances if balance.point_service == point_service), None)


async def _is_paid(visit: Visit, spend_id: str) -> bool:
    try:
        await visit.send(calls.get_spend(spend_id))
    except Problem as problem:
        if problem.word != "unknown-spend":
            raise
        return False
    return True


def _history(municipality: str, point_service: str) -> str:
    return f"/history/municipal/{municipality}/{point_service}"


_CODE_MISSING: Final = ErrorMessage(
    "コードを入力してください",
    "お店か会場に掲示されているQRコードを読み取るか、そのそばの6桁の番号か文字を入力してください。",
    422,
    field="code",
)
_NO_SUCH_NUMBER: Final = ErrorMessage(
    "この番号のお店はありません",
    "お店のQRコードのそばにある6桁の番号を確認して、もう一度入力してください。",
    422,
    field="code",
)
_NOT_ENOUGH: Final = ErrorMessage(
    "ポイントが足りません",
    "支払いは行われていません。使えるポイント数を確認してください。",
    409,
    field="points",
)
