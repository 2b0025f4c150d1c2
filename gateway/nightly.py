"""What is done once a day, Japan's time: the 14-day move of reserve, the comparison with partners, tidying up.

Each part is safe to repeat and to run in several processes at once, so no process needs to be the chosen one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection

from core_ledger import ChainKeys
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_context import UNCONFIRMED_RETENTION, ExchangeContext, expire
from gateway.exchanges.reconciliation import Reconciliation
from gateway.exchanges.restored_mode import RestoredMode
from gateway.exchanges.unconfirmed import FORGET_BATCH_SIZE, forget_unconfirmed
from gateway.http import nonces
from gateway.members.members import Members
from gateway.model import JST
from gateway.platform import daily_digest
from gateway.platform.job_steps import Step, StepResults, run_by_day, run_steps
from gateway.platform.retention import Retention
from gateway.platform.time_stamps import StampAuthority, unstamped_documents
from gateway.points.allocation import Allocations
from gateway.webhooks import digest_messages, outbox

_PAGE: Final = 500
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nightly:
    context: ExchangeContext
    allocations: Allocations
    members: Members
    reconciliation: Reconciliation
    chain_keys: ChainKeys
    retention: Retention = field(default_factory=Retention)
    digest_file: Path | None = None
    stamp_authority: StampAuthority | None = None
    restored: RestoredMode | None = None

    async def run(self) -> None:
        """Do each new day's work, for ever. In restored mode it waits: what it moves would be decided without what the
        database has forgotten.
        """
        await run_by_day(
            lambda: self.context.clock().astimezone(JST).date(),
            self.parts,
            "nightly work",
            is_paused=lambda: self.restored is not None and self.restored.is_on,
            tell=lambda day, worked: _log.info("nightly work", day=day.isoformat(), done=worked.as_dict()),
        )

    async def run_now(self, today: date) -> StepResults:
        """All of one day's work; `given["reserve"]` is a MovedOverdue. Refused in restored mode."""
        if self.restored is not None:
            self.restored.require_off()
        return await run_steps(self.parts(today), "nightly work", is_counted=True)

    def parts(self, today: date) -> dict[str, Step]:
        """A day's work: the 14-day move, tidying up, the comparison of yesterday with each partner.

        A partner that is away at midnight is asked again, without the others.
        """
        yesterday = today - timedelta(days=1)
        return {
            "reserve": partial(self.allocations.move_overdue, today),
            "sessions": self.members.sweep,
            "abandoned exchanges": self._expire_abandoned,
            "unconfirmed exchanges": self._forget_unconfirmed,
            "nonces": self._forget_nonces,
            **{
                f"comparison with {partner_id}": partial(
                    self.reconciliation.run_nightly, partner_id, yesterday
                )
                for partner_id in self.reconciliation.comparable
            },
            "outbox": partial(self.context.store.run, self._forget),
            "daily digest": partial(self.publish_digest, yesterday),
            **(
                {"time stamps": partial(self.stamp_digests, today)}
                if self.stamp_authority is not None
                else {}
            ),
        }

    async def publish_digest(self, day: date) -> str:
        """Make the digest of `day` over both chains; it goes to the log, to the operator's file and to who keeps digests."""
        keys, now = self.chain_keys, self.context.clock()

        def job(conn: Connection) -> str:
            document = daily_digest.make_document(conn, keys, day, now)
            digest_messages.enqueue_digests(conn, now)
            return document

        document = await self.context.store.run(job)
        _log.info("daily digest", document=document)
        if self.digest_file is not None:
            documents = await self.context.store.read(daily_digest.list_documents)
            await asyncio.to_thread(daily_digest.append_to, self.digest_file, documents)
        return document

    async def stamp_digests(self, today: date) -> int:
        """Have the authority sign for the digests of the last days that it has not signed for; how many those were."""
        authority, file = self.stamp_authority, self.digest_file
        if authority is None or file is None or not file.exists():
            return 0
        documents = unstamped_documents(await asyncio.to_thread(file.read_text, "utf-8"), today)
        for document in documents:
            line = await authority.stamp(document)
            await asyncio.to_thread(daily_digest.append_lines, file, [line])
        return len(documents)

    def _forget(self, conn: Connection) -> int:
        return outbox.prune(conn, self.context.clock(), self.retention.webhook_messages)

    async def _forget_unconfirmed(self) -> int:
        """However many there are: batch by batch, so that nobody waits for it."""
        ended_before = self.context.clock() - self.retention.unconfirmed_exchanges
        return await self._by_batches(lambda conn: forget_unconfirmed(conn, ended_before), FORGET_BATCH_SIZE)

    async def _forget_nonces(self) -> int:
        """Those that no request has swept away, because none came."""
        now = self.context.clock()
        return await self._by_batches(lambda conn: nonces.forget_nonces(conn, now), nonces.SWEEP_BATCH_SIZE)

    async def _by_batches(self, forget: Callable[[Connection], int], batch_size: int) -> int:
        count = 0
        while (forgotten := await self.context.store.run(forget)) >= batch_size:
            count += forgotten
        return count + forgotten

    async def _expire_abandoned(self) -> int:
        now = self.context.clock()
        count = 0
        while True:
            found = await self.context.store.read(
                lambda conn: records.abandoned(conn, now - UNCONFIRMED_RETENTION, _PAGE)
            )
            for book, exchange_id in found:
                try:
                    await self.context.store.run(partial(expire, book=book, exchange_id=exchange_id, now=now))
                except ProblemError:
                    continue  # confirmed a moment ago
                count += 1
            if len(found) < _PAGE:
                return count
