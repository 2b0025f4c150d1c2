"""Companies with several shops: set by the city, read by the log-ins that it names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from gateway.api.city.fields import CSV, PDF, CyclePath, Line, Login, ShopId, Version, attachment
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.settlements import CycleView, ShopLineView
from gateway.api.city.shop_reports import PeriodQuery
from gateway.api.city.staff_request import StaffRequest
from gateway.api.city.staff_sign_in import STARTED, StaffSessionStarted
from gateway.api.fields import View
from gateway.cities.settlement.settlement_csv import company_statement_csv
from gateway.cities.settlement.statement_pdf import company_statement_pdf
from gateway.cities.shops.companies import MAX_SHOPS, CompanyCycle, CompanyPerson, NamedCompany
from gateway.cities.statistics.shop_report import ShopReport, company_report_csv
from gateway.http.authentication import AuthLevel, bearer_token
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, Content, TypedResponse
from gateway.platform.roles import Action
from gateway.points import directory

api = Api()
STAFF: Final = AuthLevel.STAFF


class CompanyPath(Strict):
    company_id: ShopId


class CompanyWanted(Strict):
    """The company as it shall be; without shops it ends. `readers` are log-ins of owners and book-keepers of its shops.

    `workers` are log-ins of its shops that work at each of them, with the right that they have; null keeps those of shops that stay.

    `seen` is the `version` that it was drawn from; null changes whatever is there.
    """

    name: Words
    shop_ids: Annotated[list[ShopId], Field(max_length=MAX_SHOPS)]
    readers: Annotated[list[Login], Field(max_length=MAX_SHOPS)] = Field(default_factory=list)
    workers: Annotated[list[Login], Field(max_length=MAX_SHOPS)] | None = None
    reason: Line = ""
    seen: Version | None = None


class CompanyShopView(View):
    shop_id: str
    name: str


class CompanyReaderView(View):
    """A log-in that reads the company's books, or works at its shops; `shop_id` is its own."""

    staff_id: str
    login: str
    display_name: str
    shop_id: str

    @classmethod
    def list_of(cls, people: Sequence[CompanyPerson]) -> list[CompanyReaderView]:
        return [
            cls(
                staff_id=person.staff_id, login=person.login, display_name=person.display_name,
                shop_id=person.shop_id,
            )
            for person in people
        ]  # fmt: skip


class CompanyView(View):
    company_id: str
    name: str
    shops: list[CompanyShopView]
    readers: list[CompanyReaderView]
    workers: list[CompanyReaderView]
    version: str

    @classmethod
    def of(cls, named: NamedCompany) -> CompanyView:
        company = named.company
        return cls(
            company_id=company.company_id, name=company.name, version=company.version,
            shops=[CompanyShopView(shop_id=shop.shop_id, name=shop.name) for shop in named.shops],
            readers=CompanyReaderView.list_of(named.readers),
            workers=CompanyReaderView.list_of(named.workers),
        )  # fmt: skip


class ShopsWorkedAt(View):
    """The company's shops in order of id; `shop_id` is the one of this session."""

    name: str
    shops: list[CompanyShopView]
    shop_id: str


class ShopChosen(Strict):
    shop_id: ShopId


class CompaniesView(View):
    companies: list[CompanyView]


class ShopSumsView(View):
    """A shop's sums of the period. `points` and `yen` are what is left after refunds."""

    shop_id: str
    shop_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    points: int
    yen: int

    @classmethod
    def of(cls, report: ShopReport) -> ShopSumsView:
        return cls(shop_id=report.shop_id, shop_name=report.shop_name, **report.sums)


class CompanyReportView(View):
    """Each shop's sums, and the company's."""

    company_id: str
    name: str
    since: date
    until: date
    shops: list[ShopSumsView]
    points: int
    yen: int


class CompanyCycleView(View):
    """A closed cycle: a line for each shop, and what they were paid together."""

    cycle: CycleView
    lines: list[ShopLineView]
    paid_yen: int
    transfer_yen: int

    @classmethod
    def of(cls, cycle: CompanyCycle) -> CompanyCycleView:
        return cls(
            cycle=CycleView.of(cycle.cycle), lines=[ShopLineView.of(line) for line in cycle.lines],
            paid_yen=cycle.paid_yen, transfer_yen=cycle.transfer_yen,
        )  # fmt: skip


class CompanyCycles(View):
    cycles: list[CompanyCycleView]


@api.get("/v1/city/companies", tag="shops", caller=STAFF, action=Action.SEE, returns={200: CompaniesView})
async def list_companies(call: StaffRequest[None]) -> TypedResponse:
    """The city's companies with several shops."""
    companies = await call.services.city.companies.list_by_city(call.staff.municipality)
    return TypedResponse(200, CompaniesView(companies=[CompanyView.of(company) for company in companies]))


@api.put(
    "/v1/city/companies/{company_id}",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=CompanyPath,
    body=CompanyWanted,
    returns={202: ProposalView},
    refuses=("bad-company", "unknown-shop", "unknown-staff", "changed-meanwhile", *PROPOSING),
)
async def set_company(call: StaffRequest[CompanyWanted, None, CompanyPath]) -> TypedResponse:
    """Propose which shops are one company's, whose log-ins read the books of all of them, and whose work at each (202)."""
    body = call.body
    proposal = await call.services.city.companies.propose(
        call.staff,
        call.path.company_id,
        body.name,
        body.shop_ids,
        body.readers,
        body.reason,
        body.seen,
        body.workers,
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.get(
    "/v1/shop/company/shops",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_OWN_SHOP,
    returns={200: ShopsWorkedAt},
    refuses=("no-company",),
)
async def shops_worked_at(call: StaffRequest[None]) -> TypedResponse:
    """The company's shops at which this log-in works, one at a time."""
    named = await call.services.city.companies.shops_worked_at(call.staff)
    shops = [CompanyShopView(shop_id=shop.shop_id, name=shop.name) for shop in named.shops]
    return TypedResponse(
        200, ShopsWorkedAt(name=named.company.name, shops=shops, shop_id=call.staff.own_shop)
    )


@api.post(
    "/v1/shop/company/sessions",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_OWN_SHOP,
    body=ShopChosen,
    returns=STARTED,
    refuses=("no-company", "unknown-shop"),
)
async def choose_shop(call: StaffRequest[ShopChosen]) -> TypedResponse:
    """Go on at another of the company's shops: this session ends, and the new one takes points at, and sees, that shop alone."""
    signed_in = await call.services.city.companies.choose_shop(
        call.staff, call.body.shop_id, bearer_token(call.request)
    )
    return TypedResponse(201, StaffSessionStarted.of(signed_in))


@api.get(
    "/v1/shop/company",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    returns={200: CompanyView},
    refuses=("no-company",),
)
async def own_company(call: StaffRequest[None]) -> TypedResponse:
    """The company whose shops' books this log-in reads; each of them is named by `shop_id` where books are asked for."""
    return TypedResponse(200, CompanyView.of(await call.services.city.companies.get_own(call.staff)))


@api.get(
    "/v1/shop/company/report",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    query=PeriodQuery,
    returns={200: CompanyReportView},
    refuses=("no-company", "bad-period"),
)
async def company_report(call: StaffRequest[None, PeriodQuery]) -> TypedResponse:
    """What each of the company's shops took and gave back in a period, and all of them together."""
    query = call.query
    named, reports = await call.services.city.companies.report(call.staff, query.since, query.until)
    shops = [ShopSumsView.of(report) for report in reports]
    view = CompanyReportView(
        company_id=named.company.company_id, name=named.company.name, since=query.since, until=query.until,
        shops=shops, points=sum(shop.points for shop in shops), yen=sum(shop.yen for shop in shops),
    )  # fmt: skip
    return TypedResponse(200, view)


@api.get(
    "/v1/shop/company/report/csv",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    query=PeriodQuery,
    returns={200: "text/csv"},
    refuses=("no-company", "bad-period"),
)
async def company_report_file(call: StaffRequest[None, PeriodQuery]) -> TypedResponse:
    """The same for Excel: by month, shop and point service, with the company's sum in its last line."""
    query = call.query
    _, reports = await call.services.city.companies.report(call.staff, query.since, query.until)
    name = f"company-{query.since}-{query.until}.csv"
    return TypedResponse(200, Content(company_report_csv(reports), CSV), attachment(name))


@api.get(
    "/v1/shop/company/settlements",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    returns={200: CompanyCycles},
    refuses=("no-company",),
)
async def company_settlements(call: StaffRequest[None]) -> TypedResponse:
    """The last two dozen closed cycles: what each shop was paid, and the company in all. Statements stay one a shop."""
    cycles = await call.services.city.companies.cycles(call.staff)
    return TypedResponse(200, CompanyCycles(cycles=[CompanyCycleView.of(cycle) for cycle in cycles]))


@api.get(
    "/v1/shop/company/settlements/{starts_on}/csv",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    path=CyclePath,
    returns={200: "text/csv"},
    refuses=("no-company", "unknown-cycle"),
)
async def company_statement_file(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """The company's statement of a cycle for Excel: every payment and refund of each shop; the lines add up to the transfers."""
    starts_on = call.path.starts_on
    _, statements = await call.services.city.companies.statement(call.staff, starts_on)
    data = await asyncio.to_thread(company_statement_csv, statements)
    return TypedResponse(200, Content(data, CSV), attachment(f"company-statement-{starts_on}.csv"))


@api.get(
    "/v1/shop/company/settlements/{starts_on}/pdf",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    path=CyclePath,
    returns={200: PDF},
    refuses=("no-company", "unknown-cycle"),
)
async def company_statement_paper(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """The company's statement of a cycle to print and to keep: its sums, and a line a shop."""
    starts_on = call.path.starts_on
    city = directory.require_municipality(call.staff.municipality)
    name, statements = await call.services.city.companies.statement(call.staff, starts_on)
    data = await asyncio.to_thread(company_statement_pdf, name, statements, city.name)
    return TypedResponse(200, Content(data, PDF), attachment(f"company-statement-{starts_on}.pdf"))
