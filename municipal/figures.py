"""Figures where people would rather look: what came and went, by whom, what is unused, what expires when, what is open."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from aiohttp import web
from markupsafe import Markup

from municipal.charts import WIDTH, Bar, spread, stacked
from municipal.forms import day as read_day
from municipal.labels import IN, OUT, parties, services
from municipal.site import Pages, Visit
from pagekit.api import Problem

pages = Pages(needs="see")

DEFAULT_PERIOD: Final = timedelta(days=29)
DAYS_AS_BARS: Final = 62
"""A longer time is drawn by month: a bar a day would be a line."""
TOP: Final = 10
HEAPS: Final = ("issue-months", "expiring")


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
    all_services = await services(visit)
    service = visit.asked("service")
    service = service if service in {all_service["point_service"] for all_service in all_services} else ""
    query = {"since": since.isoformat(), "until": until.isoformat()} | (
        {"point_service": service} if service else {}
    )
    chosen = [
        all_service["point_service"]
        for all_service in all_services
        if not service or all_service["point_service"] == service
    ]
    try:
        days, by_party, (named, partners), *heaps = await asyncio.gather(
            visit.api("GET", "/v1/city/figures/by-day", query=query),
            visit.api("GET", "/v1/city/figures/by-party", query=query),
            parties(visit),
            *(visit.api("GET", f"/v1/city/point-services/{one}/{what}") for what in HEAPS for one in chosen),
        )
    except Problem as problem:
        if problem.word != "bad-period":
            raise
        return visit.show("figures_period.html", status=422, trouble=visit.trouble(problem))
    totals, party_totals = days["totals"], by_party["totals"]
    issued = [(one["month"], one["held"]) for heap in heaps for one in heap.get("months", ())]
    ends = [(one["last_day"], one["points"]) for heap in heaps for one in heap.get("expiring", ())]
    by_time = _by_time(visit, totals, since, until)
    unused, ending = _months(visit, issued), _months(visit, [(on, points) for on, points in ends if on])
    return visit.show(
        "figures.html",
        since=since,
        until=until,
        service=service,
        services=all_services,
        query=query,
        came=_sum(totals, IN),
        went=_sum(totals, OUT),
        held=sum(points for _, points in issued),
        by_time=by_time,
        time_chart=_time_chart(visit, by_time),
        by_figure=_by_figure(totals),
        by_partner=_ranked(party_totals, ("exchanged", "campaign", "reversed"), named.of),
        by_shop=_ranked(party_totals, ("spent", "refunded"), named.of)[:TOP],
        shops=len({party_total["party"] for party_total in party_totals if party_total["figure"] == "spent"}),
        unused=unused,
        unused_chart=_month_chart(visit, unused, "未使用ポイントを発行月ごとに示すグラフ"),
        ending=ending,
        ending_chart=_month_chart(visit, ending, "失効の予定を月ごとに示すグラフ"),
        open_ones=[partner for partner in partners if partner["open_exchanges"]],
        quick=_quick(visit),
    )


@pages.get("/figures/csv")
async def figures_csv(visit: Visit) -> web.Response:
    """Day by day and party by party; the gateway says how long a time it tells in detail."""
    since, until = _period(visit)
    query = {"since": since.isoformat(), "until": until.isoformat()}
    if service := visit.asked("service"):
        query["point_service"] = service
    return await visit.pass_on("/v1/city/figures/csv", query)


@pages.get("/figures/unused")
async def unused_report(visit: Visit) -> web.Response:
    """The legal report: what was unused at the end of March and September (資金決済法の基準日)."""
    today = visit.site.settings.clock().date()
    day = read_day(visit.asked("day")) or _reference_days(today)[0]
    told, all_services = await asyncio.gather(
        visit.api("GET", "/v1/city/unused", query={"day": day.isoformat()}), services(visit)
    )
    points = {one["point_service"]: one["points"] for one in told["services"]}
    return visit.show(
        "unused.html",
        day=day,
        today=today,
        days=_reference_days(today),
        rows=[
            (all_service["name"], points.get(all_service["point_service"], 0)) for all_service in all_services
        ],
        points=told["points"],
    )


@pages.get("/figures/unused/csv")
async def unused_csv(visit: Visit) -> web.Response:
    today = visit.site.settings.clock().date()
    day = read_day(visit.asked("day")) or _reference_days(today)[0]
    return await visit.pass_on("/v1/city/unused/csv", {"day": day.isoformat()})


def _period(visit: Visit) -> tuple[date, date]:
    today = visit.site.settings.clock().date()
    until = read_day(visit.asked("until")) or today
    since = read_day(visit.asked("since")) or until - DEFAULT_PERIOD
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


def _reference_days(today: date) -> list[date]:
    """The last four ends of March and September that have passed."""
    ends = [
        date(year, month, day)
        for year in range(today.year - 2, today.year + 1)
        for month, day in ((3, 31), (9, 30))
    ]
    return [end for end in reversed(ends) if end < today][:4] or [today]


def _sum(lines: Iterable[dict[str, Any]], figures_of: Sequence[str]) -> int:
    return sum(line["points"] for line in lines if line["figure"] in figures_of)


def _by_time(visit: Visit, lines: Sequence[dict[str, Any]], since: date, until: date) -> list[Row]:
    """A row a day, those without a move too; beyond two months a row a month."""
    by_month = (until - since).days >= DAYS_AS_BARS
    came: dict[str, int] = defaultdict(int)
    went: dict[str, int] = defaultdict(int)
    for line in lines:
        key = line["day"][:7] if by_month else line["day"]
        (came if line["figure"] in IN else went)[key] += line["points"]
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    keys = dict.fromkeys(each.isoformat()[:7] if by_month else each.isoformat() for each in days)
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
    made = []
    for width, most, only in ((WIDTH, 7, "narrow-only"), (2 * WIDTH, 14, "wide-only")):
        bars = []
        for row, label in zip(rows, spread(names, most), strict=True):
            bars += [Bar(label, (row.came, 0)), Bar("", (0, row.went))]
        made.append(stacked(bars, said, visit.speech.short, width=width, only=only))
    return Markup("").join(made)


def _month_chart(visit: Visit, rows: Sequence[Row], said: str) -> Markup:
    labels = spread([_short(row.key) for row in rows], 8)
    bars = [Bar(label, (row.came,)) for label, row in zip(labels, rows, strict=True)]
    return stacked(bars, visit.speech.plain(said), visit.speech.short)


def _by_figure(lines: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Moves and points of each figure."""
    found: dict[str, tuple[int, int]] = {}
    for line in lines:
        moves, points = found.get(line["figure"], (0, 0))
        found[line["figure"]] = moves + line["moves"], points + line["points"]
    return found


def _ranked(
    lines: Iterable[dict[str, Any]], figures_of: Sequence[str], name: Callable[[str, str], str]
) -> list[tuple[str, int, int]]:
    """(name, moves, points), the most points first; what was taken back is taken off."""
    found: dict[str, list[int]] = {}
    for line in lines:
        if line["figure"] in figures_of:
            sign = -1 if line["figure"] in ("refunded", "reversed") else 1
            row = found.setdefault(name(line["figure"], line["party"]), [0, 0])
            row[0] += line["moves"] if sign > 0 else 0
            row[1] += sign * line["points"]
    return sorted(((who, row[0], row[1]) for who, row in found.items()), key=lambda one: (-one[2], one[0]))


def _months(visit: Visit, heaps: Iterable[tuple[str, int]]) -> list[Row]:
    """Points by the month of their day (or by the month itself), where there are any."""
    found: dict[str, int] = defaultdict(int)
    for on, points in heaps:
        found[on[:7]] += points
    return [Row(key, _name_of(visit, key), points, 0) for key, points in sorted(found.items()) if points]
