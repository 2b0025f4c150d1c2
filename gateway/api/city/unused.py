"""Unused points: for the legal report of 31 March and 30 September, and by day of issue, for Excel."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import Connection

from gateway.api.city.exports import log_export
from gateway.api.city.fields import CSV, Day, ServiceBalanceView, ServicePath, attachment
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.statistics import daily_stats
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedResponse
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action
from gateway.points import directory
from httpkit.safe_csv import excel_csv

api = Api()
STAFF: Final = AuthLevel.STAFF


class DayQuery(Strict):
    day: Day


class UnusedView(View):
    """Unused points of each point service at the end of a day (for 31 March and 30 September)."""

    day: date
    services: list[ServiceBalanceView]
    points: int


@api.get(
    "/v1/city/unused",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=DayQuery,
    returns={200: UnusedView},
)
async def city_unused(call: StaffRequest[None, DayQuery]) -> TypedResponse:
    """Unused points at the end of a day: for the legal report of 31 March and 30 September."""
    day, code = call.query.day, call.staff.municipality
    unused_points = await call.services.store.read(lambda conn: daily_stats.unused_on(conn, code, day))
    services = [
        ServiceBalanceView(point_service=service, points=points)
        for service, points in sorted(unused_points.items())
    ]
    return TypedResponse(200, UnusedView(day=day, services=services, points=sum(unused_points.values())))


@api.get(
    "/v1/city/unused/csv",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=DayQuery,
    returns={200: "text/csv"},
)
async def city_unused_csv(call: StaffRequest[None, DayQuery]) -> TypedResponse:
    """The legal report for Excel: a line a point service, and their sum."""
    await log_export(call, ExportedList.UNUSED, call.query.day)
    day, code = call.query.day, call.staff.municipality

    def job(conn: Connection) -> list[tuple[str, str, str, int]]:
        unused_points = daily_stats.unused_on(conn, code, day)
        names = {
            point_service.point_service: point_service.name
            for point_service in directory.list_services(conn, municipality_code=code, closed=True)
        }
        return [
            (day.isoformat(), one, names.get(one, ""), points)
            for one, points in sorted(unused_points.items())
        ]

    rows = await call.services.store.read(job)
    total = (day.isoformat(), "", "合計", sum(row[3] for row in rows))
    data = excel_csv(["基準日", "ポイントサービス", "名称", "未使用残高(ポイント)"], [*rows, total])
    return TypedResponse(200, Content(data, CSV), attachment(f"unused-{day}.csv"))


@api.get(
    "/v1/city/point-services/{point_service}/issues/csv",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=ServicePath,
    returns={200: "text/csv"},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_issues_csv(call: StaffRequest[None, None, ServicePath]) -> TypedResponse:
    """What came of the points of each day of issue, for Excel."""
    await log_export(call, ExportedList.ISSUES, call.path.point_service)
    code, service = call.staff.municipality, call.path.point_service

    def job(conn: Connection) -> bytes:
        directory.require_known_service(conn, code, service)
        return excel_csv(
            ["発行日", "発行", "未使用", "利用", "失効", "取消・返還", "有効期限"],
            (
                (
                    issue_figure.issued_on.isoformat(), issue_figure.issued, issue_figure.held, issue_figure.spent, issue_figure.expired, issue_figure.reversed,
                    issue_figure.last_day.isoformat() if issue_figure.last_day else "",
                )
                for issue_figure in daily_stats.by_issue(conn, code, service)
            ),
        )  # fmt: skip

    return TypedResponse(
        200, Content(await call.services.store.read(job), CSV), attachment(f"issues-{service}.csv")
    )
