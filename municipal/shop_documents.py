"""A shop's papers: its own QR to stand at the counter, and the statements of what the city pays."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from typing import Final, Literal
from urllib.parse import urlencode

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, day, day_param, status, unread_day
from municipal.labels import WAYS
from municipal.site import Pages, Visit
from municipal.statements import corrected
from pagekit.api import Problem
from pagekit.qr import qr
from point_gateway_client import UNSET, UnsetType, calls

pages = Pages(needs="see_shop_books")

DONE: Final[dict[str, str]] = {
    "confirmed": "確認しました。ありがとうございます。",
    "disputed": "自治体に伝えました。口座が決まり直すまで、心当たりのない口座には新しく支払われません。",
}
_SHOP: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NOTICE: Final = r"{notice:[0-9a-f]{32}}"
_CYCLE: Final = r"{cycle:[0-9]{4}-[0-9]{2}-[0-9]{2}}"


@pages.get("/shop/code", needs="take_points")
async def code_sheet(visit: Visit) -> web.Response:
    """A sheet for the counter. It names the shop and moves nothing by itself: it may be photographed."""
    shop, code = await asyncio.gather(visit.send(calls.own_shop()), visit.send(calls.own_shop_code()))
    picture = qr(shop_address(visit, code.shop_code), visit.speech.plain("お店のQRコード"))
    return visit.render("own_code.html", shop=shop, picture=picture, code=code.shop_code, number=code.number)


def shop_address(visit: Visit, shop_code: str) -> str:
    """The portal's page for paying at the shop, which any camera opens; the bare code where no portal is set."""
    portal = visit.site.settings.portal_url
    return f"{portal}/pay/shop?{urlencode({'code': shop_code})}" if portal else shop_code


@pages.get("/shop/report")
async def report_page(visit: Visit) -> web.Response:
    """The current month by day, or what the form asks for."""
    since, until = period(visit)
    by, shop_id = _by(visit), books_shop(visit)
    report, company, trouble = None, None, None
    try:
        report = await visit.send(calls.own_report(since=since, until=until, by=by, shop_id=shop_id))
        trouble = unread_day(visit, "since", "until")
    except Problem as problem:
        trouble = beside(visit, problem)
    try:
        company = await visit.send(calls.own_company())
    except Problem as problem:
        if problem.word != "no-company":
            raise
    return visit.render(
        "own_report.html",
        company=company,
        shop="" if shop_id is UNSET else visit.query("shop"),
        status=status(trouble),
        report=report,
        since=since,
        until=until,
        by=by,
        trouble=trouble,
    )


@pages.get("/shop/report/csv")
async def report_csv(visit: Visit) -> web.Response:
    since, until = period(visit)
    by, shop_id = _by(visit), books_shop(visit)
    if unread_day(
        visit, "since", "until"
    ):  # a file of other days than were asked for would say nothing of it
        return visit.redirect(f"/shop/report?{visit.request.rel_url.raw_query_string}")
    return await visit.proxy_download(calls.own_report_csv(since=since, until=until, by=by, shop_id=shop_id))


def books_shop(visit: Visit) -> str | UnsetType:
    """Another shop of the company, whose books the address asks for."""
    shop_id = visit.query("shop")
    return shop_id if _SHOP.fullmatch(shop_id) else UNSET


def _by(visit: Visit) -> Literal["day", "month"]:
    return "month" if visit.query("by") == "month" else "day"


def period(visit: Visit) -> tuple[date, date]:
    """What the address asks for; in place of what is no day, this month until today."""
    today = visit.site.settings.clock().date()
    until = day(visit.query("until")) or today
    since = day(visit.query("since")) or until.replace(day=1)
    return since, until


@pages.get("/shop/settlements")
async def settlement_list(visit: Visit) -> web.Response:
    return await _settlements(visit, None)


@pages.post(f"/shop/account-notices/{_NOTICE}", needs="keep_own_shop")
async def answer_notice(visit: Visit) -> web.Response:
    """The shop confirms a change of its account, or says that it knows nothing of it."""
    answer: Literal["confirmed", "disputed"] = (
        "disputed" if visit.form.get("answer") == "disputed" else "confirmed"
    )
    try:
        await visit.send(calls.answer_notice(visit.path_param("notice"), answer=answer))
    except Problem as problem:
        return await _settlements(visit, beside(visit, problem))
    return visit.redirect("/shop/settlements", done=answer)


async def _settlements(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    settlements, notices = await asyncio.gather(
        visit.send(calls.shop_settlements(shop_id=books_shop(visit))), visit.send(calls.list_own_notices())
    )
    return visit.render(
        "own_settlements.html",
        status=status(trouble),
        cycles=settlements.cycles,
        shop="" if books_shop(visit) is UNSET else visit.query("shop"),
        rules=settlements.rules,
        notices=notices.notices,
        trouble=trouble,
        done=DONE.get(visit.query("done"), ""),
    )


@pages.get(f"/shop/settlements/{_CYCLE}")
async def statement_page(visit: Visit) -> web.Response:
    statement = await visit.send(calls.shop_statement(day_param(visit, "cycle"), shop_id=books_shop(visit)))
    return visit.render(
        "own_statement.html",
        statement=statement,
        corrected=corrected(statement),
        ways=WAYS,
        shop="" if books_shop(visit) is UNSET else visit.query("shop"),
    )


@pages.get(f"/shop/settlements/{_CYCLE}/csv")
async def statement_csv(visit: Visit) -> web.Response:
    return await visit.proxy_download(
        calls.shop_statement_csv(day_param(visit, "cycle"), shop_id=books_shop(visit))
    )


@pages.get(f"/shop/settlements/{_CYCLE}/pdf")
async def statement_pdf(visit: Visit) -> web.Response:
    return await visit.proxy_download(
        calls.shop_statement_pdf(day_param(visit, "cycle"), shop_id=books_shop(visit))
    )
