"""Statistics of a city: points by day, party and month of issue, open exchanges, partners."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from gateway.api.city.exports import log_export
from gateway.api.city.fields import CSV, Day, ManyRows, ServicePath, attachment
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import LabelView, PointServiceId, View
from gateway.cities.statistics import daily_stats, open_exchanges, stats_queries
from gateway.cities.statistics.daily_stats import DayFigure
from gateway.cities.statistics.figures_csv import figures_csv, register_names
from gateway.cities.statistics.open_exchanges import OpenAtPartner
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedResponse
from gateway.model import Label
from gateway.partners.partner import Partner
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action
from gateway.points import directory

api = Api()
STAFF: Final = AuthLevel.STAFF


class FiguresQuery(Strict):
    since: Day
    until: Day
    point_service: PointServiceId | None = None


class DayFigureView(View):
    day: date
    figure: str
    party: str
    moves: int
    points: int


class DayFigures(ManyRows):
    """`figure`: granted, exchanged, campaign, allocated, refunded come in; spent, expired, reversed go out."""

    figures: list[DayFigureView]


class DayTotalView(View):
    day: date
    figure: str
    moves: int
    points: int


class DayTotals(ManyRows):
    """The figures of all parties together, day by day."""

    totals: list[DayTotalView]


class PartyTotalView(View):
    figure: str
    party: str
    moves: int
    points: int


class PartyTotals(ManyRows):
    """The figures of a period by shop, partner or project; the largest of each figure first."""

    totals: list[PartyTotalView]


class MonthOfIssueView(View):
    month: str
    issued: int
    held: int
    spent: int
    expired: int
    reversed: int


class MonthsOfIssue(ManyRows):
    """issued = held + spent + expired + reversed, for every month of issue; `held` is what is unused."""

    months: list[MonthOfIssueView]


class CityExpiringView(View):
    last_day: date | None
    points: int


class ExpiringList(ManyRows):
    """Unused points by the last day on which they can be used; null: they never expire."""

    expiring: list[CityExpiringView]


class OpenExchangesView(View):
    partner_id: str
    state: str
    exchanges: int
    points: int
    oldest_sent_at: datetime | None


class OpenExchangesList(ManyRows):
    """Exchanges into the city's points whose outcome is not known yet: sending, open or needs_a_person."""

    open: list[OpenExchangesView]


class IssueFigureView(View):
    issued_on: date
    issued: int
    held: int
    spent: int
    expired: int
    reversed: int
    last_day: date | None


class IssueFigures(ManyRows):
    """issued = held + spent + expired + reversed, for every day of issue."""

    figures: list[IssueFigureView]


class CampaignNameView(View):
    """`party` is how figures call who pays for the campaign's points."""

    party: str
    name: LabelView


class CityPartner(View):
    """`open_exchanges` to this city, for `open_points`, the oldest sent at `oldest_at`; some wait for a person.

    `campaigns` are those of the partner's rates that were asked for last.
    """

    partner_id: str
    name: LabelView
    open_exchanges: int
    open_points: int
    oldest_at: datetime | None
    waiting_for_a_person: int
    campaigns: list[CampaignNameView]

    @classmethod
    def of(cls, partner_id: str, partner: Partner | None, found: OpenAtPartner | None) -> CityPartner:
        return cls(
            partner_id=partner_id,
            name=LabelView.of(partner.profile.name if partner else Label(partner_id, partner_id)),
            campaigns=[
                CampaignNameView(party=f"{campaign.funder}:{campaign.id}", name=LabelView.of(campaign.name))
                for campaign in (partner.campaigns if partner else ())
            ],
            open_exchanges=found.exchanges if found else 0,
            open_points=found.points if found else 0,
            oldest_at=found.oldest_sent_at if found else None,
            waiting_for_a_person=found.waiting_for_a_person if found else 0,
        )


class CityPartners(View):
    partners: list[CityPartner]


@api.get(
    "/v1/city/figures",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=FiguresQuery,
    returns={200: DayFigures},
    refuses=("bad-period",),
)
async def city_figures(call: StaffRequest[None, FiguresQuery]) -> TypedResponse:
    """Points in and out by day and by shop, partner or project; at most some seconds behind the ledger."""
    day_figures = await _in_detail(call)
    return TypedResponse(200, DayFigures.of(figures=day_figures))


@api.get(
    "/v1/city/figures/csv",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=FiguresQuery,
    returns={200: "text/csv"},
    refuses=("bad-period",),
)
async def city_figures_csv(call: StaffRequest[None, FiguresQuery]) -> TypedResponse:
    """The same figures for Excel."""
    await log_export(call, ExportedList.FIGURES, f"{call.query.since}/{call.query.until}")
    day_figures = await _in_detail(call)
    code, partners = call.staff.municipality, call.services.context.partners
    names = await call.services.store.read(lambda conn: register_names(conn, code))
    names = dict(names) | {
        (figure, partner.id): partner.profile.name.ja
        for partner in partners.values()
        for figure in ("exchanged", "reversed")
    }
    names |= {
        (figure, f"{campaign.funder}:{campaign.id}"): campaign.name.ja
        for partner in partners.values()
        for campaign in partner.campaigns
        for figure in ("campaign", "reversed")
    }
    data = figures_csv(day_figures, names)
    name = f"figures-{call.query.since}-{call.query.until}.csv"
    return TypedResponse(200, Content(data, CSV), attachment(name))


@api.get(
    "/v1/city/figures/by-day",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=FiguresQuery,
    returns={200: DayTotals},
    refuses=("bad-period",),
)
async def city_totals_by_day(call: StaffRequest[None, FiguresQuery]) -> TypedResponse:
    """Points in and out by day, all parties together, for years where need be."""
    query, code = call.query, call.staff.municipality
    day_totals = await call.services.store.read(
        lambda conn: stats_queries.totals_by_day(conn, code, query.since, query.until, query.point_service)
    )
    return TypedResponse(200, DayTotals.of(totals=day_totals))


@api.get(
    "/v1/city/figures/by-party",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    query=FiguresQuery,
    returns={200: PartyTotals},
    refuses=("bad-period",),
)
async def city_totals_by_party(call: StaffRequest[None, FiguresQuery]) -> TypedResponse:
    """Points of a period by partner, shop and project."""
    query, code = call.query, call.staff.municipality
    party_totals = await call.services.store.read(
        lambda conn: stats_queries.totals_by_party(conn, code, query.since, query.until, query.point_service)
    )
    return TypedResponse(200, PartyTotals.of(totals=party_totals))


@api.get(
    "/v1/city/point-services/{point_service}/issue-months",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=ServicePath,
    returns={200: MonthsOfIssue},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_issue_months(call: StaffRequest[None, None, ServicePath]) -> TypedResponse:
    """What came of the points of each month of issue, and what of it is unused."""
    code, service = call.staff.municipality, call.path.point_service

    def job(conn: Connection) -> MonthsOfIssue:
        directory.require_known_service(conn, code, service)
        return MonthsOfIssue.of(months=stats_queries.by_month_of_issue(conn, code, service))

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/city/point-services/{point_service}/expiring",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=ServicePath,
    returns={200: ExpiringList},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_expiring(call: StaffRequest[None, None, ServicePath]) -> TypedResponse:
    """What expires when: unused points by their last day, the soonest first."""
    code, service = call.staff.municipality, call.path.point_service

    def job(conn: Connection) -> ExpiringList:
        directory.require_known_service(conn, code, service)
        return ExpiringList.of(expiring=stats_queries.expiring(conn, code, service))

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/city/open-exchanges",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    returns={200: OpenExchangesList},
)
async def city_open_exchanges(call: StaffRequest) -> TypedResponse:
    """Exchanges into the city's points that wait for a partner's answer, by partner; no member is named."""
    code = call.staff.municipality
    open_by_state = await call.services.store.read(lambda conn: open_exchanges.by_state(conn, code))
    return TypedResponse(200, OpenExchangesList.of(open=open_by_state))


@api.get(
    "/v1/city/point-services/{point_service}/issues",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    path=ServicePath,
    returns={200: IssueFigures},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_issues(call: StaffRequest[None, None, ServicePath]) -> TypedResponse:
    """What came of the points of each day of issue, and when what is left expires."""
    code, service = call.staff.municipality, call.path.point_service

    def job(conn: Connection) -> IssueFigures:
        directory.require_known_service(conn, code, service)
        return IssueFigures.of(figures=daily_stats.by_issue(conn, code, service))

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/city/partners",
    tag="figures",
    caller=STAFF,
    action=Action.SEE,
    returns={200: CityPartners},
)
async def city_partners(call: StaffRequest) -> TypedResponse:
    """The partner companies by name, and how many exchanges to this city have no outcome yet."""
    code = call.staff.municipality
    open_by_partner = {
        open_at_partner.partner_id: open_at_partner
        for open_at_partner in await call.services.store.read(
            lambda conn: open_exchanges.list_by_city(conn, code)
        )
    }
    partners = call.services.context.partners
    return TypedResponse(
        200,
        CityPartners(
            partners=[
                CityPartner.of(one, partners.get(one), open_by_partner.get(one))
                for one in sorted({*partners, *open_by_partner})
            ]
        ),
    )


async def _in_detail(call: StaffRequest[None, FiguresQuery]) -> list[DayFigure]:
    query, code = call.query, call.staff.municipality
    stats_queries.require_period(query.since, query.until, stats_queries.MAX_DAYS_IN_DETAIL)
    return await call.services.store.read(
        lambda conn: daily_stats.by_day(conn, code, query.since, query.until, query.point_service)
    )
