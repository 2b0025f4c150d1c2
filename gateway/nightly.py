"""What is done once a day, Japan's time: the 14-day move of reserve, the comparison with partners, tidying up.

Each part is safe to repeat and to run in several processes at once, so no process needs to be the chosen one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

import structlog

from gateway.allocation import Allocations, MovedOverdue
from gateway.desk import KEPT_BEFORE_CONFIRMING, Desk, expire
from gateway.errors import Refused
from gateway.members import Members
from gateway.model import JST
from gateway.reconciliation import Reconciliation
from gateway.records import exchanges as records
from gateway.webhooks import outbox

LOOKS_EVERY_S: Final = 60.0
_PAGE: Final = 500
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nightly:
    desk: Desk
    allocations: Allocations
    members: Members
    reconciliation: Reconciliation

    async def run(self) -> None:
        """Wait for each new day and do its work, for ever; a day that failed is tried again."""
        done: date | None = None
        while True:
            today = self.desk.clock().astimezone(JST).date()
            if today != done:
                try:
                    await self.once(today)
                except Exception as fault:  # noqa: BLE001  whatever broke (a database that restarts), it is tried again
                    _log.error(
                        "nightly work failed", day=str(today), error=type(fault).__name__, text=str(fault)
                    )
                else:
                    done = today
            await asyncio.sleep(LOOKS_EVERY_S)

    async def once(self, today: date) -> MovedOverdue:
        """All of one day's work."""
        moved = await self.allocations.move_overdue(today)
        forgotten = await self.members.sweep()
        expired = await self._expire_abandoned()
        await self.reconciliation.night(today - timedelta(days=1))
        await self.desk.store.run(lambda conn: outbox.forget(conn, self.desk.clock()))
        _log.info("nightly", day=str(today), forgotten=forgotten, expired=expired)
        return moved

    async def _expire_abandoned(self) -> int:
        now = self.desk.clock()
        count = 0
        while True:
            found = await self.desk.store.read(
                lambda conn: records.abandoned(conn, now - KEPT_BEFORE_CONFIRMING, _PAGE)
            )
            for book, exchange_id in found:
                try:
                    await self.desk.store.run(partial(expire, book=book, exchange_id=exchange_id, now=now))
                except Refused:
                    continue  # confirmed a moment ago
                count += 1
            if len(found) < _PAGE:
                return count
