"""The cycles of each city: its rules with the days from which on they count. Rows: sync functions of a Connection."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from gateway.cities import tables
from gateway.cities.settlement.business_days import CycleCalendar, CycleRule, SettlementCycle
from gateway.errors import ProblemError
from gateway.platform.sql import insert_into
from httpkit.clock import day_of

_rules: Final = tables.cycle_rules
_ADAPTER: Final = TypeAdapter(CycleRule)


def find_calendar(conn: Connection, code: str) -> CycleCalendar:
    """A city's cycles of all times; the standard ones where it has set none."""
    query = select(_rules).where(_rules.c.municipality == code).order_by(_rules.c.since)
    own = [(date.fromisoformat(row.since), _ADAPTER.validate_json(row.rule)) for row in conn.execute(query)]
    return CycleCalendar(rules=(*CycleCalendar().rules, *own))


def find_cycle(conn: Connection, code: str, starts_on: date) -> SettlementCycle:
    """The cycle that begins on that day. Raises ProblemError `unknown-cycle` (404) where none does."""
    cycle = find_calendar(conn, code).cycle_of(starts_on)
    if cycle.starts_on != starts_on:
        raise ProblemError("unknown-cycle", f"No cycle begins on this day; {cycle.starts_on} is one's first.")
    return cycle


def next_start(conn: Connection, code: str, at: datetime) -> date:
    """From when on a rule that is changed at that moment counts: the first day of the next cycle."""
    return find_calendar(conn, code).next_start(day_of(at))


def change_rule(conn: Connection, code: str, rule: CycleRule, at: datetime) -> date:
    """Let a rule count from the next cycle on; gives its first day. One that was to come with that cycle is replaced."""
    since, newest = find_calendar(conn, code).changed(rule, day_of(at)).rules[-1]
    values = {"rule": _ADAPTER.dump_json(newest).decode(), "changed_at": at}
    conn.execute(
        insert_into(conn, _rules)
        .values(municipality=code, since=since.isoformat(), **values)
        .on_conflict_do_update(index_elements=[_rules.c.municipality, _rules.c.since], set_=values)
    )
    return since
