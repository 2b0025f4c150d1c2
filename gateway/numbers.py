"""Numbers for Prometheus that are asked of the store and, now and then, of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

import gateway
from core_ledger import Store
from gateway.cities import tables as city_tables
from gateway.exchanges import reconciliation_days
from gateway.model import JST
from gateway.platform import tables
from gateway.platform.roles import PLATFORM
from gateway.plugin_interfaces import Clock
from migrations import known_revisions

COUNT_INTERVAL_S: Final = 30.0
OUTBOX_WAITING: Final = Gauge(
    "point_gateway_outbox_waiting", "Messages that portals and mailers have not taken yet."
)
OUTBOX_OLDEST: Final = Gauge(
    "point_gateway_outbox_oldest_seconds",
    "Seconds since the longest waiting message was left, 0 where none waits.",
)
PROPOSALS_WAITING: Final = Gauge(
    "point_gateway_proposals_waiting", "Proposals of cities' staff that wait for another person."
)
PLATFORM_PROPOSALS_WAITING: Final = Gauge(
    "point_gateway_platform_proposals_waiting",
    "Proposals of the platform's staff that wait for another person.",
)
DAYS_NOT_COMPARED: Final = Gauge(
    "point_gateway_days_not_compared",
    "Days until yesterday that nobody has compared with the partner, or that did not come out even.",
    ("partner",),
)
DIFFERENCES: Final = Gauge(
    "point_gateway_differences_open", "Differences with the partner that nobody has closed.", ("partner",)
)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is counted in the database every half a minute, in every process alike."""

    store: Store
    clock: Clock
    partners: frozenset[str]

    async def run(self) -> None:
        """Count, for ever; a database that is away for a while is counted again later."""
        while True:
            try:
                await self.count()
            except Exception as fault:  # noqa: BLE001  whatever broke is looked at again
                _log.warning("numbers not counted", error=type(fault).__name__)
            await asyncio.sleep(COUNT_INTERVAL_S)

    async def count(self) -> None:
        now = self.clock()
        await self.store.read(lambda conn: self._count(conn, now))

    def _count(self, conn: Connection, now: datetime) -> None:
        outbox = tables.outbox.c
        waiting, oldest = conn.execute(
            select(func.count(), func.min(outbox.created_at)).where(outbox.next_at.is_not(None))
        ).one()
        OUTBOX_WAITING.set(waiting)
        OUTBOX_OLDEST.set(max(0.0, (now - oldest).total_seconds()) if waiting and oldest else 0)
        proposals = city_tables.proposals
        is_platform = proposals.c.municipality == PLATFORM
        counts = select(is_platform, func.count()).where(proposals.c.state == "waiting")
        waiting_for = {bool(row[0]): row[1] for row in conn.execute(counts.group_by(is_platform))}
        PROPOSALS_WAITING.set(waiting_for.get(False, 0))
        PLATFORM_PROPOSALS_WAITING.set(waiting_for.get(True, 0))
        yesterday = now.astimezone(JST).date() - timedelta(days=1)
        compared = tables.compared_days
        open_by_partner: dict[str, int] = {
            partner: int(differences)
            for partner, differences in conn.execute(
                select(compared.c.partner_id, func.sum(compared.c.differences)).group_by(
                    compared.c.partner_id
                )
            )
        }
        for partner_id in self.partners:
            days = reconciliation_days.to_compare(conn, partner_id, yesterday)
            DAYS_NOT_COMPARED.labels(partner_id).set(len(days))
            DIFFERENCES.labels(partner_id).set(open_by_partner.get(partner_id, 0))


@dataclass(frozen=True, slots=True)
class StoreCollector(Collector):
    """What the store knows of itself, read at each scrape."""

    store: Store

    def collect(self) -> Iterator[Metric]:
        sizes = dict(self.store.batch_sizes)
        yield GaugeMetricFamily(
            "point_gateway_store_waiting", "Pieces of work that wait for a writer.", value=self.store.waiting
        )
        yield CounterMetricFamily(
            "point_gateway_store_commits", "Batches that were committed together.", value=sum(sizes.values())
        )
        yield CounterMetricFamily(
            "point_gateway_store_jobs",
            "Pieces of work in all batches.",
            value=sum(size * times for size, times in sizes.items()),
        )
        yield CounterMetricFamily(
            "point_gateway_store_commit_seconds",
            "Seconds that all batches took, each with its commit.",
            value=self.store.commit_seconds,
        )
        yield GaugeMetricFamily(
            "point_gateway_store_connections_in_use",
            "Connections to the database that are working.",
            value=self.store.connections_in_use,
        )
        yield InfoMetricFamily(
            "point_gateway_build",
            "The release, and the newest schema that it knows.",
            value={"version": gateway.__version__, "schema": known_revisions()[-1]},
        )
