"""Companies with several shops: which shops are one company's, whose log-ins read all of them or work at each; and what those see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, day_param, status, unread_day
from municipal.proposals import proposed
from municipal.session import CHOOSE_SHOP, CHOOSES, session_of
from municipal.shop_documents import period
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.ids import fresh_name
from point_gateway_client import UNSET, calls, models

pages = Pages(needs="see")

_COMPANY: Final = r"{company:[a-z0-9][a-z0-9-]{0,39}}"
_CYCLE: Final = r"{cycle:[0-9]{4}-[0-9]{2}-[0-9]{2}}"
_BETWEEN: Final = re.compile(r"[\s,、，]+")
_WRONG: Final[Mapping[str, tuple[str, str]]] = {
    "shops": (
        "加盟店の番号を確かめてください",
        "2店以上を1回ずつ、ほかの会社にない店の番号で入力してください。",
    ),
    "readers": (
        "ログイン名を確かめてください",
        "この会社の店の責任者か経理のログイン名を入力してください。",
    ),
    "workers": ("ログイン名を確かめてください", "この会社の店のログイン名を入力してください。"),
}


@pages.get("/companies")
async def company_list(visit: Visit) -> web.Response:
    return visit.render("companies.html", companies=(await visit.send(calls.list_companies())).companies)


@pages.get("/companies/new", needs="keep_shops")
async def new(visit: Visit) -> web.Response:
    typed = {"company_id": fresh_name("c")}
    return visit.render("company_form.html", company=None, typed=typed, trouble=None)


@pages.post("/companies/new", needs="keep_shops")
async def add(visit: Visit) -> web.Response:
    return await _set(visit, visit.form.get("company_id", ""), None)


@pages.get(f"/companies/{_COMPANY}", needs="keep_shops")
async def edit(visit: Visit) -> web.Response:
    company = await _company(visit)
    typed = {
        "name": company.name,
        "shops": " ".join(shop.shop_id for shop in company.shops),
        "readers": " ".join(reader.login for reader in company.readers),
        "workers": " ".join(worker.login for worker in company.workers),
        "seen": company.version,
    }
    return visit.render("company_form.html", company=company, typed=typed, trouble=None)


@pages.post(f"/companies/{_COMPANY}", needs="keep_shops")
async def change(visit: Visit) -> web.Response:
    company = await _company(visit)
    return await _set(visit, company.company_id, company)


@pages.get(CHOOSE_SHOP, needs=CHOOSES)
async def shops_to_choose(visit: Visit) -> web.Response:
    """The company's shops: each with its button, the one of this session named."""
    return await _choose_page(visit, None)


@pages.post(CHOOSE_SHOP, needs=CHOOSES)
async def choose(visit: Visit) -> web.Response:
    """Go on at this shop in a session of its own; a page that was drawn for another shop sends nothing any more."""
    shop_id = visit.form.get("shop", "")
    named = {shop.shop_id: shop.name for shop in (await visit.send(calls.shops_worked_at())).shops}
    if shop_id not in named:
        return await _choose_page(visit, visit.trouble(Problem("unknown-shop", 404)))
    started = await visit.send(calls.choose_shop(shop_id=shop_id))
    assert started.session is not None
    assert started.token is not None
    visit.session = session_of(started.session, started.token, visit.now, shop_name=named[shop_id])
    return visit.redirect("/shop")


@pages.get("/shop/company", needs="see_shop_books")
async def own_company(visit: Visit) -> web.Response:
    """The company's shops with the sums of a period, and its closed cycles; each shop's own pages behind them."""
    since, until = period(visit)
    report, cycles, trouble = None, [], None
    try:
        report = await visit.send(calls.company_report(since=since, until=until))
        cycles = (await visit.send(calls.company_settlements())).cycles
        trouble = unread_day(visit, "since", "until")
    except Problem as problem:
        trouble = visit.trouble(problem) if problem.word == "no-company" else beside(visit, problem)
    return visit.render(
        "own_company.html",
        status=status(trouble),
        report=report,
        cycles=cycles,
        since=since,
        until=until,
        trouble=trouble,
    )


@pages.get("/shop/company/csv", needs="see_shop_books")
async def company_csv(visit: Visit) -> web.Response:
    since, until = period(visit)
    if unread_day(visit, "since", "until"):
        return visit.redirect(f"/shop/company?{visit.request.rel_url.raw_query_string}")
    return await visit.proxy_download(calls.company_report_file(since=since, until=until))


@pages.get(f"/shop/company/settlements/{_CYCLE}/csv", needs="see_shop_books")
async def statement_csv(visit: Visit) -> web.Response:
    return await visit.proxy_download(calls.company_statement_file(day_param(visit, "cycle")))


@pages.get(f"/shop/company/settlements/{_CYCLE}/pdf", needs="see_shop_books")
async def statement_pdf(visit: Visit) -> web.Response:
    return await visit.proxy_download(calls.company_statement_paper(day_param(visit, "cycle")))


async def _choose_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    listed = None
    try:
        listed = await visit.send(calls.shops_worked_at())
    except Problem as problem:
        if problem.word != "no-company":
            raise
        trouble = visit.trouble(problem)
    return visit.render("shop_choose.html", status=status(trouble), listed=listed, trouble=trouble)


async def _set(visit: Visit, company_id: str, company: models.CompanyView | None) -> web.Response:
    form = visit.form
    call = calls.set_company(
        company_id,
        name=form.get("name", ""),
        shop_ids=_words(form.get("shops", "")),
        readers=_words(form.get("readers", "")),
        workers=_words(form["workers"]) if "workers" in form else UNSET,
        reason=form.get("reason", ""),
        seen=form.get("seen") or UNSET,
    )
    try:
        answer = await visit.send(call)
    except Problem as problem:
        trouble = _wrong(problem) or beside(visit, problem)
        return visit.render(
            "company_form.html", status=trouble.status, company=company, typed=form, trouble=trouble
        )
    return proposed(visit, answer) or visit.redirect("/companies")


async def _company(visit: Visit) -> models.CompanyView:
    companies = await visit.send(calls.list_companies())
    company_id = visit.path_param("company")
    company = next((each for each in companies.companies if each.company_id == company_id), None)
    if company is None:
        raise web.HTTPNotFound
    return company


def _words(text: str) -> list[str]:
    return [word for word in _BETWEEN.split(text) if word]


def _wrong(problem: Problem) -> ErrorMessage | None:
    """What is wrong with shops or log-ins, beside their field; None for a problem of another kind."""
    named = str(problem.facts.get("field", ""))
    field = {"unknown-shop": "shops", "unknown-staff": named, "bad-company": named}.get(problem.word, "")
    if problem.word == "body-invalid" and problem.errors:
        field = {"shop_ids": "shops", "readers": "readers", "workers": "workers"}.get(
            problem.errors[0].field, ""
        )
    sentences = _WRONG.get(field)
    return None if sentences is None else ErrorMessage(*sentences, 422, field=field)
