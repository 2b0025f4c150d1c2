"""What the municipal cloud does by itself: counts figures every few seconds, and once a day what a new day brings.

Every part is safe to repeat and to run in several processes at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.cities.carry_in import carry_in_rows
from gateway.cities.carry_in.carry_ins import CarryIns
from gateway.cities.city_context import CityContext
from gateway.cities.event_outcome import EventOutcomes
from gateway.cities.grants import grant_file_rows
from gateway.cities.grants.grant_files import GrantFiles
from gateway.cities.member_mail import sender
from gateway.cities.notices import Notices
from gateway.cities.point_rules import PointRules
from gateway.cities.proposals.proposals import Proposals
from gateway.cities.shops import shop_numbers, till_rows
from gateway.cities.shops.applications import ShopApplications
from gateway.cities.spending import pay_codes
from gateway.cities.staff import second_factor, staff_rows
from gateway.cities.statistics import daily_stats
from gateway.platform.job_steps import Step, StepResults, run_by_day, run_steps
from gateway.platform.retention import Retention
from gateway.points.expiry_sweep import ExpirySweep

COUNT_INTERVAL_S: Final = 10.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CityNightly:
    context: CityContext
    rules: PointRules
    expiries: ExpirySweep
    files: GrantFiles
    carry_ins: CarryIns
    notices: Notices
    outcomes: EventOutcomes
    proposals: Proposals
    shop_applications: ShopApplications
    retention: Retention

    async def run(self, is_paused: Callable[[], bool] = bool) -> None:
        """Count figures and do each day's work, side by side, for ever: a sweep of hours keeps no figure waiting.

        While `is_paused` (in restored mode) a day's work waits.
        """
        async with asyncio.TaskGroup() as both:
            both.create_task(self._count_figures())
            both.create_task(self._work_by_day(is_paused))

    async def _work_by_day(self, is_paused: Callable[[], bool]) -> None:
        await run_by_day(
            lambda: self.context.today,
            self.parts,
            "city work",
            is_paused=is_paused,
            tell=lambda day, worked: _log.info("city work", day=day.isoformat(), done=worked.as_dict()),
        )

    async def _count_figures(self) -> None:
        count = partial(daily_stats.count_all, self.context.store)
        while True:
            await run_steps({"figures": count}, "city work", is_counted=True)
            await asyncio.sleep(COUNT_INTERVAL_S)

    async def run_now(self, today: date) -> StepResults:
        """All of one day's work, and the figures after it."""
        figures = {"figures": partial(daily_stats.count_all, self.context.store)}
        return await run_steps(self.parts(today) | figures, "city work", is_counted=True)

    def parts(self, today: date) -> dict[str, Step]:
        """A day's work: rules that take effect, expiry, what will expire, ended events, files of grants and of balances, shops without a number, applications that ended, tidying up."""
        return {
            "rules": partial(self.rules.take_effect, today),
            "expiry": partial(self.expiries.sweep, today),
            "notices": partial(self.notices.queue_notices, today),
            "events": self.outcomes.settle_ended,
            "grant files": self.files.resume,
            "carry-ins": self.carry_ins.resume,
            "proposals": self.proposals.expire_lapsed,
            "shop numbers": partial(self.context.store.run, shop_numbers.assign_missing),
            "shop applications": partial(
                self.shop_applications.erase_ended, self.retention.shop_applications
            ),
            "list texts": self._forget_list_texts,
            "erased in grant lists": partial(self.files.tidy_all, self.retention.grant_file_texts),
            "carry-in codes": partial(self.carry_ins.tidy_all, self.retention.carry_in_codes),
            "tidying up": partial(self.context.store.run, self._forget),
        }

    async def _forget_list_texts(self) -> int:
        uploaded_before, count = self.context.clock() - self.retention.grant_file_texts, 0
        for rows in (grant_file_rows, carry_in_rows):
            forgotten = rows.FORGET_BATCH_SIZE
            while forgotten == rows.FORGET_BATCH_SIZE:
                forgotten = await self.context.store.run(
                    partial(rows.forget_texts, uploaded_before=uploaded_before)
                )
                count += forgotten
        return count

    def _forget(self, conn: Connection) -> int:
        now = self.context.clock()
        return (
            staff_rows.forget_ended(conn, now)
            + second_factor.forget_ended(conn, now)
            + pay_codes.forget_ended(conn, now)
            + till_rows.forget_unused(conn, now, self.retention.unused_tills)
            + sender.prune(conn, now)
        )
