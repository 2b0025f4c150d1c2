"""The nightly sweep of expiry (失効): points that nobody used leave, in every city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection, select

from core_ledger import LedgerError, NotEnoughPoints, Store, chart, ledger
from gateway.platform import tables
from gateway.plugin_interfaces import Clock
from gateway.points import rules as point_rules
from gateway.points.expiry import expire_due, is_expired
from gateway.points.rules import RuleVersion

_log = structlog.get_logger()
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What one sweep did."""

    heaps: int
    points: int


@dataclass(frozen=True, slots=True)
class ExpirySweep:
    """The nightly sweep."""

    store: Store
    clock: Clock

    async def sweep(self, today: date) -> SweepResult:
        """Let expire what has expired, in every city. Safe to repeat, to interrupt and to run in two processes."""
        services = await self.store.read(_services_with_rules)
        heaps = points = 0
        for code, service in services:
            done = await self._sweep_service(code, service, today)
            heaps, points = heaps + done.heaps, points + done.points
        _log.info("points expired", day=today.isoformat(), heaps=heaps, points=points)
        return SweepResult(heaps=heaps, points=points)

    async def _sweep_service(self, code: str, service: str, today: date) -> SweepResult:
        rules = await self.store.read(lambda conn: point_rules.versions(conn, code, service))
        pattern = chart.municipal("*", code, service)
        due = await self.store.read(
            lambda conn: [
                heap
                for heap in ledger.each_lot_due(conn, pattern, today, _PAGE)
                if is_expired(rules, heap.issued_on, today)
            ]
        )
        members = sorted({heap.book.removeprefix("member:") for heap in due})
        points = 0
        for start in range(0, len(members), 100):
            part = members[start : start + 100]
            points += await self.store.run(
                partial(_expire_all, part, code, service, rules, self.clock(), today)
            )
        return SweepResult(heaps=len(due), points=points)


def _expire_all(
    members: Sequence[str],
    code: str,
    service: str,
    rules: Sequence[RuleVersion],
    at: datetime,
    today: date,
    conn: Connection,
) -> int:
    points = 0
    for member_id in members:
        try:
            with conn.begin_nested():
                points += expire_due(conn, member_id, code, service, rules, at, today)
        except NotEnoughPoints:
            continue  # used or swept a moment ago by another process
        except LedgerError as fault:
            # A book that is not what it says: nothing is guessed, and the others go on.
            _log.error("expiry refused", book=chart.member_book(member_id), text=str(fault))
    return points


def _services_with_rules(conn: Connection) -> list[tuple[str, str]]:
    rules = tables.point_rules
    rows = conn.execute(
        select(rules.c.municipality, rules.c.point_service).where(rules.c.expiry != "none").distinct()
    )
    return [(row.municipality, row.point_service) for row in rows]
