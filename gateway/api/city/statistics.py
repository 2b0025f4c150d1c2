"""Figures for dashboards, the legal report, and what partners owe."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from gateway.api.city import requests as asked
from gateway.api.city import rules_responses, statistics_responses
from gateway.api.city.grants import CSV, attachment
from gateway.cities.settlement import partner_settlement
from gateway.cities.settlement.partner_settlement import PartnerMonth
from gateway.cities.statistics import daily_stats, open_exchanges, stats_queries
from gateway.cities.statistics.daily_stats import DayFigure
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, Content, TypedRequest, TypedResponse
from gateway.platform.roles import Action
from gateway.platform.safe_csv import excel_csv
from gateway.points import directory
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF


@api.get(
    "/v1/city/figures",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=asked.FiguresQuery,
    returns={200: statistics_responses.DayFigures},
    refuses=("bad-period",),
)
async def city_figures(call: TypedRequest[None, Services, asked.FiguresQuery]) -> TypedResponse:
    """Points in and out by day and by shop, partner or project; at most some seconds behind the ledger."""
    found = await _in_detail(call)
    return TypedResponse(200, statistics_responses.DayFigures.of(figures=found))


@api.get(
    "/v1/city/figures/csv",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=asked.FiguresQuery,
    returns={200: "text/csv"},
    refuses=("bad-period",),
)
async def city_figures_csv(call: TypedRequest[None, Services, asked.FiguresQuery]) -> TypedResponse:
    """The same figures for Excel."""
    found = await _in_detail(call)
    rows = [(one.day.isoformat(), one.figure, one.party, one.moves, one.points) for one in found]
    data = excel_csv(["日付", "区分", "相手", "件数", "ポイント"], rows)
    name = f"figures-{call.query.since}-{call.query.until}.csv"
    return TypedResponse(200, Content(data, CSV), attachment(name))


@api.get(
    "/v1/city/figures/by-day",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=asked.FiguresQuery,
    returns={200: statistics_responses.DayTotals},
    refuses=("bad-period",),
)
async def city_totals_by_day(call: TypedRequest[None, Services, asked.FiguresQuery]) -> TypedResponse:
    """Points in and out by day, all parties together, for years where need be."""
    query, code = call.query, call.staff.municipality
    found = await call.services.store.read(
        lambda conn: stats_queries.totals_by_day(conn, code, query.since, query.until, query.point_service)
    )
    return TypedResponse(200, statistics_responses.DayTotals.of(totals=found))


@api.get(
    "/v1/city/figures/by-party",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=asked.FiguresQuery,
    returns={200: statistics_responses.PartyTotals},
    refuses=("bad-period",),
)
async def city_totals_by_party(call: TypedRequest[None, Services, asked.FiguresQuery]) -> TypedResponse:
    """Points of a period by partner, shop and project."""
    query, code = call.query, call.staff.municipality
    found = await call.services.store.read(
        lambda conn: stats_queries.totals_by_party(conn, code, query.since, query.until, query.point_service)
    )
    return TypedResponse(200, statistics_responses.PartyTotals.of(totals=found))


@api.get(
    "/v1/city/point-services/{point_service}/issue-months",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=asked.ServicePath,
    returns={200: statistics_responses.MonthsOfIssue},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_issue_months(call: TypedRequest[None, Services, None, asked.ServicePath]) -> TypedResponse:
    """What came of the points of each month of issue, and what of it is unused."""
    code, service = call.staff.municipality, call.path.point_service

    def job(conn: Connection) -> statistics_responses.MonthsOfIssue:
        directory.require_known_service(conn, code, service)
        return statistics_responses.MonthsOfIssue.of(
            months=stats_queries.by_month_of_issue(conn, code, service)
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/city/point-services/{point_service}/expiring",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=asked.ServicePath,
    returns={200: statistics_responses.ExpiringList},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_expiring(call: TypedRequest[None, Services, None, asked.ServicePath]) -> TypedResponse:
    """What expires when: unused points by their last day, the soonest first."""
    code, service = call.staff.municipality, call.path.point_service

    def job(conn: Connection) -> statistics_responses.ExpiringList:
        directory.require_known_service(conn, code, service)
        return statistics_responses.ExpiringList.of(expiring=stats_queries.expiring(conn, code, service))

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/city/open-exchanges",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    returns={200: statistics_responses.OpenExchangesList},
)
async def city_open_exchanges(call: TypedRequest[None, Services]) -> TypedResponse:
    """Exchanges into the city's points that wait for a partner's answer, by partner; no member is named."""
    code = call.staff.municipality
    found = await call.services.store.read(lambda conn: open_exchanges.by_state(conn, code))
    return TypedResponse(200, statistics_responses.OpenExchangesList.of(open=found))


@api.get(
    "/v1/city/point-services/{point_service}/issues",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=asked.ServicePath,
    returns={200: statistics_responses.IssueFigures},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_issues(call: TypedRequest[None, Services, None, asked.ServicePath]) -> TypedResponse:
    """What came of the points of each day of issue, and when what is left expires."""
    code, service = call.staff.municipality, call.path.point_service

    def job(conn: Connection) -> statistics_responses.IssueFigures:
        directory.require_known_service(conn, code, service)
        return statistics_responses.IssueFigures.of(figures=daily_stats.by_issue(conn, code, service))

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/city/partners",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    returns={200: statistics_responses.CityPartners},
)
async def city_partners(call: TypedRequest[None, Services]) -> TypedResponse:
    """The partner companies by name, and how many exchanges to this city have no outcome yet."""
    code = call.staff.municipality
    found = {
        one.partner_id: one
        for one in await call.services.store.read(lambda conn: open_exchanges.list_by_city(conn, code))
    }
    partners = call.services.desk.partners
    return TypedResponse(
        200,
        statistics_responses.CityPartners(
            partners=[
                statistics_responses.CityPartner.of(
                    one, partners[one].profile.name if one in partners else None, found.get(one)
                )
                for one in sorted({*partners, *found})
            ]
        ),
    )


@api.get(
    "/v1/city/unused",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=asked.DayQuery,
    returns={200: statistics_responses.UnusedView},
)
async def city_unused(call: TypedRequest[None, Services, asked.DayQuery]) -> TypedResponse:
    """Unused points at the end of a day: for the legal report of 31 March and 30 September."""
    day, code = call.query.day, call.staff.municipality
    found = await call.services.store.read(lambda conn: daily_stats.unused_on(conn, code, day))
    services = [
        rules_responses.ServiceBalanceView(point_service=service, points=points)
        for service, points in sorted(found.items())
    ]
    return TypedResponse(
        200, statistics_responses.UnusedView(day=day, services=services, points=sum(found.values()))
    )


@api.get(
    "/v1/city/unused/csv",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=asked.DayQuery,
    returns={200: "text/csv"},
)
async def city_unused_csv(call: TypedRequest[None, Services, asked.DayQuery]) -> TypedResponse:
    """The legal report for Excel: a line a point service, and their sum."""
    day, code = call.query.day, call.staff.municipality

    def job(conn: Connection) -> list[tuple[str, str, str, int]]:
        found = daily_stats.unused_on(conn, code, day)
        names = {
            one.point_service: one.name
            for one in directory.list_services(conn, municipality_code=code, closed=True)
        }
        return [(day.isoformat(), one, names.get(one, ""), points) for one, points in sorted(found.items())]

    rows = await call.services.store.read(job)
    total = (day.isoformat(), "", "合計", sum(row[3] for row in rows))
    data = excel_csv(["基準日", "ポイントサービス", "名称", "未使用残高(ポイント)"], [*rows, total])
    return TypedResponse(200, Content(data, CSV), attachment(f"unused-{day}.csv"))


@api.get(
    "/v1/city/point-services/{point_service}/issues/csv",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=asked.ServicePath,
    returns={200: "text/csv"},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_issues_csv(call: TypedRequest[None, Services, None, asked.ServicePath]) -> TypedResponse:
    """What came of the points of each day of issue, for Excel."""
    code, service = call.staff.municipality, call.path.point_service

    def job(conn: Connection) -> bytes:
        directory.require_known_service(conn, code, service)
        return excel_csv(
            ["発行日", "発行", "未使用", "利用", "失効", "取消・返還", "有効期限"],
            (
                (
                    one.issued_on.isoformat(), one.issued, one.held, one.spent, one.expired, one.reversed,
                    one.last_day.isoformat() if one.last_day else "",
                )
                for one in daily_stats.by_issue(conn, code, service)
            ),
        )  # fmt: skip

    return TypedResponse(
        200, Content(await call.services.store.read(job), CSV), attachment(f"issues-{service}.csv")
    )


@api.get(
    "/v1/platform/partner-settlements",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_PARTNERS,
    query=asked.MonthQuery,
    returns={200: statistics_responses.PartnerMonths},
)
async def partner_settlements(call: TypedRequest[None, Services, asked.MonthQuery]) -> TypedResponse:
    """What each partner owes for a month, per rate and campaign, by name, and how far both books agree."""
    found = await _months(call)
    return TypedResponse(
        200,
        statistics_responses.PartnerMonths(
            partners=[statistics_responses.PartnerMonthView.of(one) for one in found]
        ),
    )


@api.get(
    "/v1/platform/partner-settlements/csv",
    tag="platform",
    caller=STAFF,
    action=Action.SEE_PARTNERS,
    query=asked.MonthQuery,
    returns={200: "text/csv"},
)
async def partner_invoice(call: TypedRequest[None, Services, asked.MonthQuery]) -> TypedResponse:
    """The month's invoice for Excel; each id has its name beside it."""
    found = await _months(call)
    name = f"partners-{call.query.year:04}-{call.query.month:02}.csv"
    return TypedResponse(200, Content(partner_settlement.invoice_csv(found), CSV), attachment(name))


async def _months(call: TypedRequest[None, Services, asked.MonthQuery]) -> list[PartnerMonth]:
    query = call.query
    names = {id_: partner.profile.name for id_, partner in call.services.desk.partners.items()}

    def job(conn: Connection) -> list[PartnerMonth]:
        return [
            partner_settlement.month_of(conn, partner_id, query.year, query.month, names)
            for partner_id in partner_settlement.partners_with_business(conn)
        ]

    return await call.services.store.read(job)


async def _in_detail(call: TypedRequest[None, Services, asked.FiguresQuery]) -> list[DayFigure]:
    query, code = call.query, call.staff.municipality
    stats_queries.require_period(query.since, query.until, stats_queries.MAX_DAYS_IN_DETAIL)
    return await call.services.store.read(
        lambda conn: daily_stats.by_day(conn, code, query.since, query.until, query.point_service)
    )
