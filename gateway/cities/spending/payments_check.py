"""Payments and refunds beside the ledger: the rows that shops are paid by say what the signed moves say.

A settlement sums rows, and rows carry no signature. Who writes one into the database, or changes its points, shop or yen,
has a shop paid for nothing; here each row is held against its move, and each move against its row. Reads alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, case, func, literal, select

from core_ledger.read_model import moves
from gateway.cities import tables
from gateway.points import rules
from httpkit.clock import day_of

MAX_FAULTS: Final = 1_000
_s, _r, _m = tables.spends.c, tables.refunds.c, moves.c


def payment_faults(conn: Connection) -> list[str]:
    """Every payment or refund that is not what the ledger says, as a sentence; at most a thousand."""
    faults: list[str] = []
    for fault in (*_spends(conn), *_worth(conn), *_refunds(conn), *_without_row(conn)):
        faults.append(fault)
        if len(faults) >= MAX_FAULTS:
            break
    return faults


def _spends(conn: Connection) -> Iterator[str]:
    shop = literal("shop:") + _s.municipality + ":" + _s.shop_id
    joined = tables.spends.outerjoin(
        moves, (_m.book_id == _s.book_id) & (_m.id == literal("spend:") + _s.spend_id) & (_m.kind == "spend")
    )
    query = select(
        _s.book_id, _s.spend_id, _s.points, _s.shop_id, _m.points.label("moved"), _m.target
    ).select_from(joined)
    differs = _m.id.is_(None) | (_m.points != _s.points) | (_m.target != shop)
    for row in conn.execute(query.where(differs).limit(MAX_FAULTS)):
        if row.moved is None:
            yield f"payment {row.spend_id} of {row.book_id}: is in no move of the ledger"
        else:
            yield (
                f"payment {row.spend_id} of {row.book_id}: says {row.points:,} points at {row.shop_id},"
                f" and the ledger {row.moved:,} to {row.target}"
            )


def _worth(conn: Connection) -> Iterator[str]:
    """Yen are points by the rule of the day."""
    query = select(_s.municipality, _s.point_service, _s.spend_id, _s.points, _s.yen, _s.at)
    versions: dict[tuple[str, str], Any] = {}
    for row in conn.execute(query.execution_options(yield_per=1_000)):
        service = (row.municipality, row.point_service)
        if service not in versions:
            versions[service] = rules.versions(conn, *service)
        if row.yen != row.points * rules.in_force(versions[service], day_of(row.at)).unit_value_yen:
            yield f"payment {row.spend_id}: says {row.yen:,} yen for {row.points:,} points, which is not the rule of its day"


def _refunds(conn: Connection) -> Iterator[str]:
    """What is given back of a payment: its own number, its refunds, and the moves that name it."""
    refunds = (
        select(_r.book_id, _r.spend_id, func.sum(_r.points).label("points"), func.sum(_r.yen).label("yen"))
        .group_by(_r.book_id, _r.spend_id)
        .subquery()
    )
    moved = (
        select(_m.book_id, _m.reference, func.sum(_m.points).label("points"))
        .where(_m.kind == "refund")
        .group_by(_m.book_id, _m.reference)
        .subquery()
    )
    said, by_ledger = func.coalesce(refunds.c.points, 0), func.coalesce(moved.c.points, 0)
    yen = func.coalesce(refunds.c.yen, 0)
    query = (
        select(_s.book_id, _s.spend_id, _s.refunded_points, said.label("said"), by_ledger.label("moved"))
        .select_from(
            tables.spends.outerjoin(
                refunds, (refunds.c.book_id == _s.book_id) & (refunds.c.spend_id == _s.spend_id)
            ).outerjoin(moved, (moved.c.book_id == _s.book_id) & (moved.c.reference == _s.spend_id))
        )
        .where(
            (_s.refunded_points != said)
            | (said != by_ledger)
            | (case((_s.points > 0, yen * _s.points != said * _s.yen), else_=False))
        )
        .limit(MAX_FAULTS)
    )
    for row in conn.execute(query):
        yield (
            f"payment {row.spend_id} of {row.book_id}: {row.refunded_points:,} points are given back by its own number,"
            f" {row.said:,} by its refunds and {row.moved:,} by the ledger, or their yen are others"
        )
    orphans = select(_r.refund_id, _r.book_id).select_from(
        tables.refunds.outerjoin(tables.spends, (_s.book_id == _r.book_id) & (_s.spend_id == _r.spend_id))
    )
    for orphan in conn.execute(orphans.where(_s.spend_id.is_(None)).limit(MAX_FAULTS)):
        yield f"refund {orphan.refund_id} of {orphan.book_id}: is of no payment"


def _without_row(conn: Connection) -> Iterator[str]:
    joined = moves.outerjoin(tables.spends, (_s.book_id == _m.book_id) & (_s.spend_id == _m.reference))
    query = select(_m.book_id, _m.id).select_from(joined).where(_m.kind == "spend", _s.spend_id.is_(None))
    for row in conn.execute(query.limit(MAX_FAULTS)):
        yield f"move {row.id} of {row.book_id}: a shop was given points, and no payment says so"
