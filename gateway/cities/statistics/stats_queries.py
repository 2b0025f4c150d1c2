"""What a dashboard shows, summed in the database: by day, by party, by month of issue, by day of expiry.

All of it is read from the daily figures (`gateway.cities.statistics.daily_stats`), so a page costs what there are days and
parties, not what there are moves.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from gateway.cities import tables
from gateway.cities.statistics import daily_stats
from gateway.errors import ProblemError

_days, _totals, _months = tables.daily_figures, tables.day_totals, tables.month_figures
MAX_DAYS_IN_DETAIL: Final = 400
"""Days for which every party of every day is told: a fiscal year and a month."""
MAX_DAYS_IN_SUM: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal:
    """All of one figure on one day."""

    day: date
    figure: str
    moves: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyTotal:
    """All of one figure with one party (a shop, a partner, a project) over a period."""

    figure: str
    party: str
    moves: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfIssue:
    """What came of the points that were issued in one month (`2018-07`); `issued` = all the others together."""

    month: str
    issued: int
    held: int
    spent: int
    expired: int
    reversed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Points that can be used until `last_day`; None for those that never expire. Before today: the sweep is to come."""

    last_day: date | None
    points: int


def require_period(since: date, until: date, most_days: int) -> None:
    """Refuse what no page shows. Raises ProblemError `bad-period` (422) with the longest that is told."""
    days = (until - since).days + 1
    if not 1 <= days <= most_days:
        raise ProblemError(
            "bad-period",
            f"A period ends on or after its first day and has at most {most_days:,} days here.",
            most_days=most_days,
        )


def totals_by_day(
    conn: Connection, code: str, since: date, until: date, service: str | None = None
) -> list[DayTotal]:
    """Figures of all parties together, day by day. Raises ProblemError `bad-period` (422)."""
    require_period(since, until, MAX_DAYS_IN_SUM)
    query = select(_totals.c.day, _totals.c.figure, func.sum(_totals.c.moves), func.sum(_totals.c.points))
    query = query.where(*_within(_totals, _totals.c.day, code, since.isoformat(), until.isoformat(), service))
    query = query.group_by(_totals.c.day, _totals.c.figure).order_by(_totals.c.day, _totals.c.figure)
    return [
        DayTotal(day=date.fromisoformat(day), figure=figure, moves=int(moves), points=int(points))
        for day, figure, moves, points in conn.execute(query)
    ]


def totals_by_party(
    conn: Connection, code: str, since: date, until: date, service: str | None = None
) -> list[PartyTotal]:
    """Figures of a period by party, the largest of each figure first. Raises ProblemError `bad-period` (422).

    Whole months are read by month, only what is left at both ends by day.
    """
    require_period(since, until, MAX_DAYS_IN_SUM)
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for table, column, first, last in _spans(since, until):
        query = select(table.c.figure, table.c.party, func.sum(table.c.moves), func.sum(table.c.points))
        query = query.where(*_within(table, column, code, first, last, service))
        for figure, party, moves, points in conn.execute(query.group_by(table.c.figure, table.c.party)):
            here = sums[figure, party]
            here[0], here[1] = here[0] + int(moves), here[1] + int(points)
    return [
        PartyTotal(figure=figure, party=party, moves=moves, points=points)
        for (figure, party), (moves, points) in sorted(
            sums.items(), key=lambda item: (item[0][0], -item[1][1], item[0][1])
        )
    ]


def by_month_of_issue(conn: Connection, code: str, service: str) -> list[MonthOfIssue]:
    """What came of the points of each month of issue, the oldest first."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    for issue_figure in daily_stats.by_issue(conn, code, service):
        month = sums[issue_figure.issued_on.isoformat()[:7]]
        for place, points in enumerate(
            (
                issue_figure.issued,
                issue_figure.held,
                issue_figure.spent,
                issue_figure.expired,
                issue_figure.reversed,
            )
        ):
            month[place] += points
    return [
        MonthOfIssue(month=month, issued=row[0], held=row[1], spent=row[2], expired=row[3], reversed=row[4])
        for month, row in sorted(sums.items())
    ]


def expiring(conn: Connection, code: str, service: str) -> list[Expiring]:
    """What members still have, by the last day on which it can be used; the soonest first, what never expires last."""
    sums: dict[date | None, int] = defaultdict(int)
    for issue_figure in daily_stats.by_issue(conn, code, service):
        sums[issue_figure.last_day] += issue_figure.held
    return [
        Expiring(last_day=day, points=points)
        for day, points in sorted(sums.items(), key=lambda item: item[0] or date.max)
        if points
    ]


def _spans(since: date, until: date) -> list[tuple[Any, Any, str, str]]:
    """(table, its column, first, last): the whole months of a period, and the days before and after them."""
    first_month = since if since.day == 1 else _next_month(since)
    after_last = (until + timedelta(days=1)).replace(
        day=1
    )  # the month in which the period's last day is not the last
    if first_month >= after_last:
        return [(_days, _days.c.day, since.isoformat(), until.isoformat())]
    rows: list[tuple[Any, Any, str, str]] = [
        (_months, _months.c.month, f"{first_month:%Y-%m}", f"{after_last - timedelta(days=1):%Y-%m}")
    ]
    if since < first_month:
        rows.append((_days, _days.c.day, since.isoformat(), (first_month - timedelta(days=1)).isoformat()))
    if after_last <= until:
        rows.append((_days, _days.c.day, after_last.isoformat(), until.isoformat()))
    return rows


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _within(table: Any, column: Any, code: str, first: str, last: str, service: str | None) -> list[Any]:
    # The services stand between city and day in the key: named, a range of days is a range of the key.
    conditions = [table.c.municipality == code, column >= first, column <= last]
    return conditions if service is None else [*conditions, table.c.point_service == service]
