"""A shop's own report of a period: by day or month and point service, as JSON and for Excel."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from sqlalchemy import Connection

from gateway.api.city.fields import CSV, Day, ShopId, attachment
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.shops import shop_rows
from gateway.cities.statistics.shop_report import ReportRow, ShopReport, shop_report, shop_report_csv
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class PeriodQuery(Strict):
    """From `since` to `until`, both included, at most 13 months (397 days)."""

    since: Day
    until: Day


class BooksQuery(Strict):
    """`shop_id` names another shop of the company whose books this log-in reads; null for the own one."""

    shop_id: ShopId | None = None


class ReportQuery(PeriodQuery):
    """`shop_id` names another shop of the company whose books this log-in reads; null for the own one."""

    by: Literal["day", "month"] = "month"
    shop_id: ShopId | None = None


class ReportRowView(View):
    """One point service in one day (`2018-07-31`) or month (`2018-07`). `points` and `yen` are what is left after refunds.

    A refund counts once, on its own day.
    """

    period: str
    point_service: str
    service_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    points: int
    yen: int

    @classmethod
    def of(cls, row: ReportRow) -> ReportRowView:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ShopReportView(View):
    """In the order of time; a day or month without a payment or refund has no row."""

    shop_id: str
    shop_name: str
    since: date
    until: date
    rows: list[ReportRowView]


@api.get(
    "/v1/shop/report",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    query=ReportQuery,
    returns={200: ShopReportView},
    refuses=("unknown-shop", "bad-period"),
)
async def own_report(call: StaffRequest[None, ReportQuery]) -> TypedResponse:
    """What this shop took and gave back in a period, by day or month and by point service."""
    report = await _report(call)
    view = ShopReportView(
        shop_id=report.shop_id, shop_name=report.shop_name, since=report.since, until=report.until,
        rows=[ReportRowView.of(row) for row in report.rows],
    )  # fmt: skip
    return TypedResponse(200, view)


@api.get(
    "/v1/shop/report/csv",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    query=ReportQuery,
    returns={200: "text/csv"},
    refuses=("unknown-shop", "bad-period"),
)
async def own_report_csv(call: StaffRequest[None, ReportQuery]) -> TypedResponse:
    """The same for Excel, with the sum in its last line."""
    report = await _report(call)
    name = f"report-{report.since}-{report.until}.csv"
    return TypedResponse(200, Content(shop_report_csv(report), CSV), attachment(name))


async def _report(call: StaffRequest[None, ReportQuery]) -> ShopReport:
    code, query = call.staff.municipality, call.query
    shop_id = await call.services.city.companies.books_shop(call.staff, query.shop_id)

    def job(conn: Connection) -> ShopReport:
        shop = shop_rows.require(conn, code, shop_id)
        return shop_report(conn, code, shop_id, shop.name, query.since, query.until, query.by)

    return await call.services.store.read(job)
