"""Days on which banks work, and the cycles in which shops are paid, as each city sets them. Pure.

A rule says on which days of the month a cycle ends, and when it is paid: on a day of the month, or so many bank days after its
end. Without one, uses of the 1st to the 15th are paid at the month's end, those of the 16th to the end on the 15th of the next
month (source: the rule that 天理市 publishes for its shops). A paying day on which banks are closed is the next one on which
they work: closed are weekends, national holidays and 31 December to 3 January (Banking Act, article 15, and its order).

A changed rule begins with the next cycle. So cycles have neither gap nor overlap, and what has begun ends as it was announced.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import jpholiday

MONTH_END: Final = 31
"""As a day of the month: its last one."""
MAX_ENDS: Final = 4
MAX_BANK_DAYS: Final = 20
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


def bank_days_after(day: date, count: int) -> date:
    """The `count`-th day after that one on which banks work."""
    for _ in range(count):
        day = business_day_from(day + _DAY)
    return day


def bank_days_before(day: date, count: int) -> date:
    """The `count`-th day before that one on which banks work."""
    for _ in range(count):
        day -= _DAY
        while not is_business_day(day):
            day -= _DAY
    return day


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRule:
    """`ends` are the days of the month on which cycles end, in their order; `MONTH_END` is its last day.

    The cycle of each end is paid on its day of `pay_days`, the first such day after the end; or, where `pay_after` is not 0,
    so many bank days after the end, and `pay_days` is empty. Raises ValueError naming the field.
    """

    ends: tuple[int, ...] = (15, MONTH_END)
    pay_days: tuple[int, ...] = (MONTH_END, 15)
    pay_after: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.ends) <= MAX_ENDS or list(self.ends) != sorted(set(self.ends)):
            raise ValueError("ends", f"give 1 to {MAX_ENDS} days of the month in their order, each once")
        for name, days in (("ends", self.ends), ("pay_days", self.pay_days)):
            # The 29th and the 30th are the month's end in some months and not in others.
            if not all(1 <= each <= 28 or each == MONTH_END for each in days):
                raise ValueError(name, f"a day is 1 to 28, or {MONTH_END} for the month's end")
        if not 0 <= self.pay_after <= MAX_BANK_DAYS:
            raise ValueError("pay_after", f"give 1 to {MAX_BANK_DAYS} bank days, or 0")
        if len(self.pay_days) != (0 if self.pay_after else len(self.ends)):
            raise ValueError("pay_days", "give a day for each end, or none where bank days are counted")

    def cycle_of(self, day: date) -> SettlementCycle:
        """The cycle in which a use of that day is."""
        ends = [(end, place) for month in (-1, 0, 1) for place, end in enumerate(self._ends_of(day, month))]
        place = next(index for index, (end, _) in enumerate(ends) if end >= day)
        ends_on, which = ends[place]
        return SettlementCycle(ends[place - 1][0] + _DAY, ends_on, self._pays_on(ends_on, which))

    def _ends_of(self, day: date, months: int) -> list[date]:
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        return [_day_of_month(year, month + 1, end) for end in self.ends]

    def _pays_on(self, ends_on: date, which: int) -> date:
        if self.pay_after:
            return bank_days_after(ends_on, self.pay_after)
        wanted = self.pay_days[which]
        pays_on = _day_of_month(ends_on.year, ends_on.month, wanted)
        if pays_on <= ends_on:
            next_month = ends_on.replace(day=28) + timedelta(days=4)
            pays_on = _day_of_month(next_month.year, next_month.month, wanted)
        return business_day_from(pays_on)


STANDARD: Final = CycleRule()


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCalendar:
    """A city's rules, each with the first day for which it counts, in their order; the first one counts for all before."""

    rules: tuple[tuple[date, CycleRule], ...] = ((date.min, STANDARD),)

    def cycle_of(self, day: date) -> SettlementCycle:
        """The cycle to which a use of that day belongs. One that begins with a new rule may be shorter than the others."""
        since, rule = next(each for each in reversed(self.rules) if each[0] <= day)
        cycle = rule.cycle_of(day)
        return replace(cycle, starts_on=max(cycle.starts_on, since))

    def cycles(self, first: date, last: date) -> Iterator[SettlementCycle]:
        """Every cycle from the one of `first` to the one of `last`."""
        cycle = self.cycle_of(first)
        while cycle.starts_on <= last:
            yield cycle
            cycle = self.cycle_of(cycle.ends_on + _DAY)

    def next_start(self, today: date) -> date:
        """From when on a rule that is changed today counts: the first day of the next cycle."""
        return self.cycle_of(today).ends_on + _DAY

    def changed(self, rule: CycleRule, today: date) -> CycleCalendar:
        """The calendar after such a change; a change that was to come with the same cycle is replaced."""
        since = self.next_start(today)
        return CycleCalendar(rules=(*(each for each in self.rules if each[0] < since), (since, rule)))


def _day_of_month(year: int, month: int, day: int) -> date:
    last = calendar.monthrange(year, month)[1]
    return date(year, month, last if day == MONTH_END else day)
