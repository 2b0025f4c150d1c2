"""Days on which banks work, and the half-month cycles in which shops are paid. Pure.

Uses of the 1st to the 15th are paid at the month's end, those of the 16th to the end on the 15th of the next month,
each on the next business day where banks are closed (source: the rule that 天理市 publishes for its shops). Banks are
closed at weekends, on national holidays and from 31 December to 3 January (Banking Act, article 15, and its order).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import jpholiday

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class SettlementCycle:
    """Uses from `starts_on` to `ends_on`, both included, are paid on `pays_on`."""

    starts_on: date
    ends_on: date
    pays_on: date


def is_business_day(day: date) -> bool:
    if day.weekday() >= 5 or (day.month, day.day) in ((12, 31), (1, 1), (1, 2), (1, 3)):
        return False
    return not jpholiday.is_holiday(day)


def business_day_from(day: date) -> date:
    """That day, or the next one on which banks work."""
    while not is_business_day(day):
        day += _DAY
    return day


def cycle_of(day: date) -> SettlementCycle:
    """The cycle to which a use belongs."""
    next_month = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    month_end = next_month - _DAY
    if day.day <= 15:
        return SettlementCycle(day.replace(day=1), day.replace(day=15), business_day_from(month_end))
    return SettlementCycle(day.replace(day=16), month_end, business_day_from(next_month.replace(day=15)))


def cycles(first: date, last: date) -> Iterator[SettlementCycle]:
    """Every cycle from the one of `first` to the one of `last`."""
    cycle = cycle_of(first)
    while cycle.starts_on <= last:
        yield cycle
        cycle = cycle_of(cycle.ends_on + _DAY)
