"""What the municipal cloud does by itself: counts figures every few seconds, and once a day what a new day brings.

Every part is safe to repeat and to run in several processes at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.municipal import figures, pay_codes, second_factor, staff_records
from gateway.municipal.city_desk import CityDesk
from gateway.municipal.event_outcome import EventOutcomes
from gateway.municipal.expiry import Expiries, Swept
from gateway.municipal.grant_files import GrantFiles
from gateway.municipal.notices import Notices
from gateway.municipal.point_rules import PointRules

LOOKS_EVERY_S: Final = 10.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CityNightly:
    desk: CityDesk
    rules: PointRules
    expiries: Expiries
    files: GrantFiles
    notices: Notices
    outcomes: EventOutcomes

    async def run(self) -> None:
        """Look again and again, for ever; what failed is tried again."""
        done: date | None = None
        while True:
            try:
                if self.desk.today != done:
                    today = self.desk.today
                    await self.once(today)
                    done = today
                await figures.count_all(self.desk.store)
            except Exception as fault:  # noqa: BLE001  whatever broke (a database that restarts), it is tried again
                _log.error("city work failed", error=type(fault).__name__, text=str(fault))
            await asyncio.sleep(LOOKS_EVERY_S)

    async def once(self, today: date) -> Swept:
        """All of one day's work: rules that take effect, expiry, what will expire, ended events, files, tidying up."""
        await self.rules.take_effect(today)
        swept = await self.expiries.sweep(today)
        await self.notices.tell(today)
        await self.outcomes.settle_ended()
        await self.files.resume()
        forgotten = await self.desk.store.run(self._forget)
        _log.info("city nightly", day=today.isoformat(), expired=swept.points, forgotten=forgotten)
        return swept

    def _forget(self, conn: Connection) -> int:
        now = self.desk.clock()
        return (
            staff_records.forget_ended(conn, now)
            + second_factor.forget_ended(conn, now)
            + pay_codes.forget_ended(conn, now)
        )
