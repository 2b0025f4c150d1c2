"""Figures where people would rather look: what came and went, by whom, what is unused, what expires when, what is open."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from aiohttp import web
from markupsafe import Markup

from municipal.charts import WIDTH, Bar, spread, stacked
from municipal.forms import day as read_day
from municipal.labels import IN, OUT, parties, services
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import UNSET, calls, models

pages = Pages(needs="see")

DEFAULT_PERIOD: Final = timedelta(days=29)
DAYS_AS_BARS: Final = 62
"""A longer time is drawn by month: a bar a day would be a line."""
TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A day or a month: its key as the API writes it, its name, points that came and went."""

    key: str
    name: str
    came: int
    went: int


@pages.get("/figures")
async def figures(visit: Visit) -> web.Response:
    """The dashboard. Without a time that makes sense: the last 30 days."""
    since, until = _period(visit)
    services_of_city = await services(visit)
    service = visit.query("service")
    service = service if service in {listed.point_service for listed in services_of_city} else ""
    chosen = [
        listed.point_service for listed in services_of_city if not service or listed.point_service == service
    ]
    by_day = calls.city_totals_by_day(since=since, until=until, point_service=service or UNSET)
    by_party = calls.city_totals_by_party(since=since, until=until, point_service=service or UNSET)
    try:
        day_totals, party_totals, (named, partners), months, expiring = await asyncio.gather(
            visit.send(by_day),
            visit.send(by_party),
            parties(visit),
            asyncio.gather(*(visit.send(calls.city_issue_months(name)) for name in chosen)),
            asyncio.gather(*(visit.send(calls.city_expiring(name)) for name in chosen)),
        )
    except Problem as problem:
        if problem.word != "bad-period":
            raise
        return visit.render("figures_period.html", status=422, trouble=visit.trouble(problem))
    totals, by_parties = day_totals.totals, party_totals.totals
    issued = [(month.month, month.held) for listed in months for month in listed.months]
    ends = [
        (f"{heap.last_day:%Y-%m}", heap.points)
        for listed in expiring
        for heap in listed.expiring
        if heap.last_day is not None
    ]
    by_time = _by_time(visit, totals, since, until)
    unused, ending = _months(visit, issued), _months(visit, ends)
    return visit.render(
        "figures.html",
        since=since,
        until=until,
        service=service,
        services=services_of_city,
        came=_sum(totals, IN),
        went=_sum(totals, OUT),
        held=sum(points for _, points in issued),
        by_time=by_time,
        time_chart=_time_chart(visit, by_time),
        by_figure=_by_figure(totals),
        by_partner=_ranked(by_parties, ("exchanged", "campaign", "reversed"), named.of),
        by_shop=_ranked(by_parties, ("spent", "refunded"), named.of)[:TOP],
        shops=len({total.party for total in by_parties if total.figure == "spent"}),
        unused=unused,
        unused_chart=_month_chart(visit, unused, "未使用ポイントを発行月ごとに示すグラフ"),
        ending=ending,
        ending_chart=_month_chart(visit, ending, "失効の予定を月ごとに示すグラフ"),
        partners_open=[partner for partner in partners if partner.open_exchanges],
        quick=_quick(visit),
    )


@pages.get("/figures/csv")
async def figures_csv(visit: Visit) -> web.Response:
    """Day by day and party by party; the gateway says how long a time it tells in detail."""
    since, until = _period(visit)
    service = visit.query("service") or UNSET
    return await visit.proxy_download(calls.city_figures_csv(since=since, until=until, point_service=service))


@pages.get("/figures/unused")
async def unused_report(visit: Visit) -> web.Response:
    """The legal report: what was unused at the end of March and September (資金決済法の基準日)."""
    today = visit.site.settings.clock().date()
    day = read_day(visit.query("day")) or reference_days(today)[0]
    unused, services_of_city = await asyncio.gather(visit.send(calls.city_unused(day=day)), services(visit))
    points = {service.point_service: service.points for service in unused.services}
    return visit.render(
        "unused.html",
        day=day,
        today=today,
        days=reference_days(today),
        rows=[(listed.name, points.get(listed.point_service, 0)) for listed in services_of_city],
        points=unused.points,
    )


@pages.get("/figures/unused/csv")
async def unused_csv(visit: Visit) -> web.Response:
    today = visit.site.settings.clock().date()
    day = read_day(visit.query("day")) or reference_days(today)[0]
    return await visit.proxy_download(calls.city_unused_csv(day=day))


def _period(visit: Visit) -> tuple[date, date]:
    today = visit.site.settings.clock().date()
    until = read_day(visit.query("until")) or today
    since = read_day(visit.query("since")) or until - DEFAULT_PERIOD
    return (since, until) if since <= until else (until, since)


def _quick(visit: Visit) -> list[tuple[str, date, date]]:
    """Times that people ask for again and again."""
    today = visit.site.settings.clock().date()
    year = today.year if today.month >= 4 else today.year - 1
    return [
        ("最近30日", today - DEFAULT_PERIOD, today),
        ("最近3か月", today - timedelta(days=91), today),
        ("今年度", date(year, 4, 1), today),
        ("前年度", date(year - 1, 4, 1), date(year, 3, 31)),
    ]


def reference_days(today: date) -> list[date]:
    """The last four ends of March and September that have passed."""
    ends = [
        date(year, month, day)
        for year in range(today.year - 2, today.year + 1)
        for month, day in ((3, 31), (9, 30))
    ]
    return [end for end in reversed(ends) if end < today][:4] or [today]


def _sum(totals: Iterable[models.DayTotalView], figures_of: Sequence[str]) -> int:
    return sum(total.points for total in totals if total.figure in figures_of)


def _by_time(visit: Visit, totals: Iterable[models.DayTotalView], since: date, until: date) -> list[Row]:
    """A row a day, those without a move too; beyond two months a row a month."""
    by_month = (until - since).days >= DAYS_AS_BARS
    came: dict[str, int] = defaultdict(int)
    went: dict[str, int] = defaultdict(int)
    form = "%Y-%m" if by_month else "%Y-%m-%d"
    for total in totals:
        (came if total.figure in IN else went)[total.day.strftime(form)] += total.points
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    keys = dict.fromkeys(day.strftime(form) for day in days)
    return [Row(key, _name_of(visit, key), came[key], went[key]) for key in keys]


def _name_of(visit: Visit, key: str) -> str:
    """A month (`2018-07`) or a day, as the language writes it."""
    return visit.speech.month(key) if len(key) == 7 else visit.speech.day(key)


def _short(key: str) -> str:
    """What fits below a bar: 7/31 for a day, 18/7 for a month."""
    year, month, *rest = key.split("-")
    return f"{int(month)}/{int(rest[0])}" if rest else f"{year[2:]}/{int(month)}"


def _time_chart(visit: Visit, rows: Sequence[Row]) -> Markup:
    """Two of the same, one for each kind of screen."""
    said = visit.speech.plain("増えたポイントと減ったポイントのグラフ")
    names = [_short(row.key) for row in rows]
    charts = []
    for width, most, only in ((WIDTH, 7, "narrow-only"), (2 * WIDTH, 14, "wide-only")):
        bars = []
        for row, label in zip(rows, spread(names, most), strict=True):
            bars += [Bar(label, (row.came, 0)), Bar("", (0, row.went))]
        charts.append(stacked(bars, said, visit.speech.short, width=width, only=only))
    return Markup("").join(charts)


def _month_chart(visit: Visit, rows: Sequence[Row], said: str) -> Markup:
    labels = spread([_short(row.key) for row in rows], 8)
    bars = [Bar(label, (row.came,)) for label, row in zip(labels, rows, strict=True)]
    return stacked(bars, visit.speech.plain(said), visit.speech.short)


def _by_figure(totals: Iterable[models.DayTotalView]) -> dict[str, tuple[int, int]]:
    """Moves and points of each figure."""
    sums: dict[str, tuple[int, int]] = {}
    for total in totals:
        moves, points = sums.get(total.figure, (0, 0))
        sums[total.figure] = moves + total.moves, points + total.points
    return sums


def _ranked(
    totals: Iterable[models.PartyTotalView], figures_of: Sequence[str], name: Callable[[str, str], str]
) -> list[tuple[str, int, int]]:
    """(name, moves, points), the most points first; what was taken back is taken off."""
    sums: dict[str, list[int]] = {}
    for total in totals:
        if total.figure in figures_of:
            sign = -1 if total.figure in ("refunded", "reversed") else 1
            row = sums.setdefault(name(total.figure, total.party), [0, 0])
            row[0] += total.moves if sign > 0 else 0
            row[1] += sign * total.points
    return sorted(((who, row[0], row[1]) for who, row in sums.items()), key=lambda row: (-row[2], row[0]))


def _months(visit: Visit, heaps: Iterable[tuple[str, int]]) -> list[Row]:
    """Points by their month (`2018-07`), where there are any."""
    sums: dict[str, int] = defaultdict(int)
    for month, points in heaps:
        sums[month] += points
    return [Row(key, _name_of(visit, key), points, 0) for key, points in sorted(sums.items()) if points]
