"""Which days of a partner were laid side by side with ours, and what was found, as it was found last.

A day counts as compared when that was done after its end: until then either side may still write in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select, update

from gateway.model import JST
from gateway.platform import tables
from gateway.platform.sql import insert_into

_c = tables.compared_days.c
_d = tables.partner_debits.c
MAX_LISTED: Final = 200
LOOKBACK: Final = timedelta(days=62)
"""How far a night looks for days that nobody has compared, or that did not come out even: two months' invoices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonResult:
    """A day's lines, of which so many are still open and so many differ."""

    lines: int
    open: int
    differences: int


def save_result(conn: Connection, partner_id: str, day: date, found: ComparisonResult, at: datetime) -> None:
    """Keep what was found, in the place of what was found before."""
    values = {
        "lines": found.lines, "open": found.open, "differences": found.differences, "compared_at": at,
    }  # fmt: skip
    conn.execute(
        insert_into(conn, tables.compared_days)
        .values(partner_id=partner_id, day=day.isoformat(), **values)
        .on_conflict_do_update(index_elements=["partner_id", "day"], set_=values)
    )


def close_one(conn: Connection, partner_id: str, day: date) -> None:
    """One difference of the day less: a person has closed it."""
    same = (_c.partner_id == partner_id) & (_c.day == day.isoformat()) & (_c.differences > 0)
    conn.execute(update(tables.compared_days).where(same).values(differences=_c.differences - 1))


def to_compare(conn: Connection, partner_id: str, last: date) -> list[date]:
    """The days until `last` that were not compared yet, or did not come out even, newest first."""
    first = max(first_day(conn, partner_id) or last, last - LOOKBACK)
    even = {
        day
        for day, comparison_result in _compared(conn, partner_id, first, last).items()
        if _is_even(comparison_result)
    }
    return [day for day in _days(first, last)[::-1] if day not in even]


def left(conn: Connection, partner_id: str, first: date, last: date) -> int:
    """How many of these days were not compared; days before any business do not count."""
    began = first_day(conn, partner_id)
    if began is None:
        return 0
    compared = _compared(conn, partner_id, first, last)
    return sum(day not in compared for day in _days(max(first, began), last))


def differences(conn: Connection, partner_id: str, first: date, last: date) -> int:
    """How many differences of these days nobody has closed."""
    query = select(func.coalesce(func.sum(_c.differences), 0)).where(*_between(partner_id, first, last))
    return int(conn.scalar(query) or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDiffering:
    """A day of which so many differences were found and not closed."""

    partner_id: str
    day: date
    differences: int
    compared_at: datetime


def list_with_differences(conn: Connection) -> list[DayDiffering]:
    """The days of all partners with differences that nobody has closed, the newest first."""
    query = (
        select(_c.partner_id, _c.day, _c.differences, _c.compared_at)
        .where(_c.differences > 0)
        .order_by(_c.day.desc(), _c.partner_id)
        .limit(MAX_LISTED)
    )
    return [
        DayDiffering(
            partner_id=row.partner_id,
            day=date.fromisoformat(row.day),
            differences=row.differences,
            compared_at=row.compared_at,
        )
        for row in conn.execute(query)
    ]


def differences_left(conn: Connection, partner_id: str) -> int:
    """How many differences with this partner nobody has closed, over all days."""
    query = select(func.coalesce(func.sum(_c.differences), 0)).where(_c.partner_id == partner_id)
    return int(conn.scalar(query) or 0)


def last_compared(conn: Connection, partner_id: str) -> date | None:
    """The newest day that was compared; None where none was."""
    day = conn.scalar(select(func.max(_c.day)).where(_c.partner_id == partner_id))
    return date.fromisoformat(day) if day else None


def first_day(conn: Connection, partner_id: str) -> date | None:
    """The first day with something in either book; None where there was none. Any day can be compared, but not begin it."""
    query = select(func.min(_d.day)).where(_d.partner_id == partner_id)
    compared = select(func.min(_c.day)).where(_c.partner_id == partner_id, _c.lines > 0)
    found = [day for one in (query, compared) if (day := conn.scalar(one)) is not None]
    return date.fromisoformat(min(found)) if found else None


def _compared(conn: Connection, partner_id: str, first: date, last: date) -> dict[date, ComparisonResult]:
    """Those that were compared when they were over."""
    rows = conn.execute(select(tables.compared_days).where(*_between(partner_id, first, last)))
    return {
        day: ComparisonResult(lines=row.lines, open=row.open, differences=row.differences)
        for row in rows
        if row.compared_at >= _end_of(day := date.fromisoformat(row.day))
    }


def _between(partner_id: str, first: date, last: date) -> tuple[Any, ...]:
    return (_c.partner_id == partner_id, _c.day >= first.isoformat(), _c.day <= last.isoformat())


def _is_even(found: ComparisonResult) -> bool:
    return found.open == 0 and found.differences == 0


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), JST)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
