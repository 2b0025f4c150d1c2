"""Who issues a point service, and the half-year report of each issuer."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from sqlalchemy import Connection

from gateway.api.city.exports import log_export
from gateway.api.city.fields import CSV, Day, Line, Reason, ServicePath, Version, attachment
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.statistics import half_year, issuers
from gateway.cities.statistics.half_year import THRESHOLD_YEN, HalfYear
from gateway.cities.statistics.issuers import Issuer, IssuerKind
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, Content, TypedResponse
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action
from httpkit.safe_csv import excel_csv

api = Api()
STAFF: Final = AuthLevel.STAFF
DUTIES: Final = {
    "exempt": "対象外（資金決済に関する法律第4条第3号）",
    "below": "基準額以下",
    "above": "基準額を超える（届出・報告が必要）",
}


class IssuerWanted(Strict):
    """`contact` is where holders complain; needed for an issuer that is no city.

    `seen` is the `version` that the change was drawn from; null changes whatever is there.
    """

    kind: Literal["city", "chamber", "company"]
    name: Words
    contact: Line = ""
    reason: Reason
    seen: Version | None = None


class IssuerView(View):
    kind: str
    name: str
    contact: str
    version: str

    @classmethod
    def of(cls, issuer: Issuer) -> IssuerView:
        return cls(kind=issuer.kind.value, name=issuer.name, contact=issuer.contact, version=issuer.version)


class BaseDayPath(Strict):
    base_day: Day


class HalfYearView(View):
    """In yen, of what was issued for value. `duty`: exempt (Article 4, item 3), below or above the threshold.

    `issued_yen`, `carried_in_yen` (from a predecessor's system) and `recovered_yen` are of the half year; `unused_yen` stands at its end, and beside it what was free.
    """

    issuer: IssuerView
    point_services: list[str]
    issued_yen: int
    carried_in_yen: int
    recovered_yen: int
    unused_yen: int
    free_unused_yen: int
    duty: Literal["exempt", "below", "above"]

    @classmethod
    def of(cls, report: HalfYear) -> HalfYearView:
        return cls(
            issuer=IssuerView.of(report.issuer),
            point_services=list(report.services),
            issued_yen=report.issued_yen,
            carried_in_yen=report.carried_in_yen,
            recovered_yen=report.recovered_yen,
            unused_yen=report.unused_yen,
            free_unused_yen=report.free_unused_yen,
            duty=report.duty.value,
        )


class HalfYears(View):
    since: date
    until: date
    threshold_yen: int
    issuers: list[HalfYearView]


@api.get(
    "/v1/city/point-services/{point_service}/issuer",
    tag="rules",
    caller=STAFF,
    action=Action.SEE,
    path=ServicePath,
    returns={200: IssuerView},
)
async def get_issuer(call: StaffRequest[None, None, ServicePath]) -> TypedResponse:
    """Who issues the points: the city itself, where nobody else was named."""
    code, service = call.staff.municipality, call.path.point_service
    issuer = await call.services.store.read(lambda conn: issuers.issuer_of(conn, code, service))
    return TypedResponse(200, IssuerView.of(issuer))


@api.put(
    "/v1/city/point-services/{point_service}/issuer",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=ServicePath,
    body=IssuerWanted,
    returns={200: IssuerView},
    refuses=("unknown-municipality", "unknown-point-service", "bad-issuer", "changed-meanwhile"),
)
async def put_issuer(call: StaffRequest[IssuerWanted, None, ServicePath]) -> TypedResponse:
    """Say who issues the points; it decides which law applies to them."""
    body, now = call.body, call.services.clock()
    issuer = Issuer(kind=IssuerKind(body.kind), name=body.name, contact=body.contact)

    def job(conn: Connection) -> Issuer:
        return issuers.set_issuer(
            conn, call.staff, call.path.point_service, issuer, body.reason, now, body.seen
        )

    return TypedResponse(200, IssuerView.of(await call.services.store.run(job)))


@api.get(
    "/v1/city/half-year-reports/{base_day}",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=BaseDayPath,
    returns={200: HalfYears},
    refuses=("bad-base-day",),
)
async def half_year_report(call: StaffRequest[None, None, BaseDayPath]) -> TypedResponse:
    """発行額, 回収額 and 未使用残高 of each issuer at a base day (31 March or 30 September), with the 10-million line."""
    code, base_day = call.staff.municipality, call.path.base_day
    since, until = half_year.period_of(base_day)
    reports = await call.services.store.read(lambda conn: half_year.by_issuer(conn, code, base_day))
    return TypedResponse(
        200,
        HalfYears(
            since=since,
            until=until,
            threshold_yen=THRESHOLD_YEN,
            issuers=[HalfYearView.of(report) for report in reports],
        ),
    )


@api.get(
    "/v1/city/half-year-reports/{base_day}/csv",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=BaseDayPath,
    returns={200: "text/csv"},
    refuses=("bad-base-day",),
)
async def half_year_csv(call: StaffRequest[None, None, BaseDayPath]) -> TypedResponse:
    """The same for Excel, a line an issuer."""
    code, base_day = call.staff.municipality, call.path.base_day
    half_year.period_of(base_day)
    await log_export(call, ExportedList.HALF_YEAR_REPORT, base_day)
    reports = await call.services.store.read(lambda conn: half_year.by_issuer(conn, code, base_day))
    data = excel_csv(
        ["基準日", "発行者", "ポイントサービス", "発行額(円)", "引継額(円)", "回収額(円)", "未使用残高(円)", "無償分の未使用(円)", "区分"],
        [
            (
                base_day.isoformat(), report.issuer.name, " ".join(report.services), report.issued_yen, report.carried_in_yen,
                report.recovered_yen, report.unused_yen, report.free_unused_yen, DUTIES[report.duty.value],
            )
            for report in reports
        ],
    )  # fmt: skip
    return TypedResponse(200, Content(data, CSV), attachment(f"half-year-{base_day}.csv"))
