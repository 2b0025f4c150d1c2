"""Corrections (訂正): what a cycle pays or takes back for a cycle that was closed before it.

A line of a cycle is one when its payment was made before that cycle began: a refund of a payment that is settled
already, or a payment that was committed after the closing of its own cycle. Nothing is stored for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, select

from gateway.cities import tables
from gateway.cities.settlement import cycle_rules
from gateway.cities.settlement.business_days import CycleCalendar, SettlementCycle
from gateway.cities.settlement.settlement_scope import CycleScope, start_of
from httpkit.clock import day_of

_spends, _refunds = tables.spends, tables.refunds


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One line of a cycle that corrects an earlier one, `corrects`.

    It is the refund `refund_id` of a payment made at `paid_at`, or, without one, that payment itself. `points` and
    `yen` are as they change what the shop is paid: below zero for a refund. `made_by` is a staff id, or "member".
    """

    shop_id: str
    shop_name: str
    spend_id: str
    refund_id: str | None
    paid_at: datetime
    corrects: SettlementCycle
    at: datetime
    points: int
    yen: int
    reason: str
    made_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionSum:
    """`points` and `yen` of so many corrections together, below zero when more is taken back than paid."""

    corrections: int
    points: int
    yen: int


NONE: Final = CorrectionSum(corrections=0, points=0, yen=0)


def of_cycle(conn: Connection, contents: CycleScope, shop_id: str | None = None) -> list[Correction]:
    """What corrects earlier cycles, in the order of its times; of one shop, or of all."""
    starts, shops = start_of(contents.cycle), tables.shops
    late = (
        select(_spends, shops.c.name)
        .join(shops, _same_shop(_spends))
        .where(contents.rows(_spends), _spends.c.at < starts)
    )
    back = (
        select(_refunds, shops.c.name, _spends.c.at.label("paid_at"), _spends.c.settled_in.label("paid_in"))
        .join(
            _spends, (_spends.c.book_id == _refunds.c.book_id) & (_spends.c.spend_id == _refunds.c.spend_id)
        )
        .join(shops, _same_shop(_refunds))
        .where(contents.rows(_refunds), _spends.c.at < starts)
    )
    if shop_id is not None:
        late = late.where(_spends.c.shop_id == shop_id)
        back = back.where(_refunds.c.shop_id == shop_id)
    late_rows, back_rows = conn.execute(late).all(), conn.execute(back).all()
    if not late_rows and not back_rows:
        return []
    calendar = cycle_rules.find_calendar(conn, contents.municipality)
    corrections = [_late(row, calendar) for row in late_rows]
    corrections += [_given_back(row, contents.cycle, calendar) for row in back_rows]
    return sorted(
        corrections, key=lambda correction: (correction.at, correction.spend_id, correction.refund_id or "")
    )


def by_shop(found: Iterable[Correction]) -> Mapping[str, CorrectionSum]:
    """The sums by shop id; a shop without corrections is not in it."""
    sums: dict[str, CorrectionSum] = {}
    for correction in found:
        before = sums.get(correction.shop_id, NONE)
        sums[correction.shop_id] = CorrectionSum(
            corrections=before.corrections + 1,
            points=before.points + correction.points,
            yen=before.yen + correction.yen,
        )
    return sums


def _same_shop(table: Table) -> ColumnElement[bool]:
    shops = tables.shops
    return (shops.c.municipality == table.c.municipality) & (shops.c.shop_id == table.c.shop_id)


def _late(row: Row[Any], calendar: CycleCalendar) -> Correction:
    return Correction(
        shop_id=row.shop_id,
        shop_name=row.name,
        spend_id=row.spend_id,
        refund_id=None,
        paid_at=row.at,
        corrects=calendar.cycle_of(day_of(row.at)),
        at=row.at,
        points=row.points,
        yen=row.yen,
        reason="",
        made_by=row.taken_by,
    )


def _given_back(row: Row[Any], cycle: SettlementCycle, calendar: CycleCalendar) -> Correction:
    """A refund corrects the cycle in which its payment was paid; one that comes with it, the one it belongs to."""
    settled_before = row.paid_in is not None and row.paid_in < cycle.starts_on.isoformat()
    corrected_day = date.fromisoformat(row.paid_in) if settled_before else day_of(row.paid_at)
    return Correction(
        shop_id=row.shop_id,
        shop_name=row.name,
        spend_id=row.spend_id,
        refund_id=row.refund_id,
        paid_at=row.paid_at,
        corrects=calendar.cycle_of(corrected_day),
        at=row.at,
        points=-row.points,
        yen=-row.yen,
        reason=row.reason,
        made_by=row.made_by,
    )
