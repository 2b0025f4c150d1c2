"""What a cycle takes: which payments and refunds are in it, each of them in one cycle only.

Cycles are closed in their order. A closed one has what its closing took. An open one takes what nothing has settled
until its end, payments that were committed late too, unless an earlier cycle is still to be closed: that one takes
them. Nothing waits for a cycle that was passed over: what is late comes into the next one that is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, Table, false, func, select

from gateway.cities import tables
from gateway.cities.settlement import cycle_rules
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.model import JST
from httpkit.clock import day_of

_spends, _refunds, _settlements = tables.spends, tables.refunds, tables.settlements


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleScope:
    """The rows of one city's cycle: from `since` (None: however old) until before `until`; closed, those it took."""

    municipality: str
    cycle: SettlementCycle
    closed: bool
    since: datetime | None
    until: datetime

    @property
    def is_next(self) -> bool:
        """Whether it is closed next: then it takes what is late, and what the one before carried on."""
        return not self.closed and self.since is None

    def rows(self, table: Table) -> ColumnElement[bool]:
        """Which rows of `spends` or of `refunds` are in it."""
        city = table.c.municipality == self.municipality
        if self.closed:
            return city & (table.c.settled_in == self.cycle.starts_on.isoformat())
        if self.since is not None and self.since >= self.until:
            return false()
        here = city & table.c.settled_in.is_(None) & (table.c.at < self.until)
        return here if self.since is None else here & (table.c.at >= self.since)


def of_closed(code: str, cycle: SettlementCycle) -> CycleScope:
    """What the closing of this cycle took."""
    return CycleScope(municipality=code, cycle=cycle, closed=True, since=None, until=end_of(cycle))


def of_open(conn: Connection, code: str, cycle: SettlementCycle) -> CycleScope:
    """What closing this cycle would take: nothing, when a later one was closed."""
    newest = _newest_closed(conn, code)
    since: datetime | None = None
    if newest is not None and newest.starts_on > cycle.starts_on:
        since = end_of(cycle)
    elif earlier_open(conn, code, cycle) is not None:
        since = start_of(cycle)
    return CycleScope(municipality=code, cycle=cycle, closed=False, since=since, until=end_of(cycle))


def earlier_open(conn: Connection, code: str, cycle: SettlementCycle) -> SettlementCycle | None:
    """The oldest cycle before this one that has to be closed first; what is late keeps no cycle waiting."""
    newest = _newest_closed(conn, code)
    oldest: list[datetime] = []
    for table in (_spends, _refunds):
        waiting = (table.c.municipality == code) & table.c.settled_in.is_(None)
        if newest is not None:
            waiting &= table.c.at >= end_of(newest)
        earliest = conn.scalar(select(func.min(table.c.at)).where(waiting))
        oldest += [] if earliest is None else [earliest]
    if not oldest:
        return None
    first = cycle_rules.find_calendar(conn, code).cycle_of(day_of(min(oldest)))
    return first if first.starts_on < cycle.starts_on else None


def start_of(cycle: SettlementCycle) -> datetime:
    return datetime.combine(cycle.starts_on, time(), JST)


def end_of(cycle: SettlementCycle) -> datetime:
    """The first moment after it."""
    return datetime.combine(cycle.ends_on + timedelta(days=1), time(), JST)


def _newest_closed(conn: Connection, code: str) -> SettlementCycle | None:
    newest = conn.execute(
        select(_settlements.c.starts_on, _settlements.c.ends_on, _settlements.c.pays_on)
        .where(_settlements.c.municipality == code)
        .order_by(_settlements.c.starts_on.desc())
        .limit(1)
    ).one_or_none()
    return None if newest is None else SettlementCycle(*map(date.fromisoformat, newest))
