"""Looks for what a database has forgotten: in the journal, then in what partners tell of their days.

What the journal names is also laid beside the partner's own list: of what a partner has given back nothing is made anew.
What could not be looked at is said, so that "nothing is missing" is never said of a look that did not happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from core_ledger import ChainKeys
from gateway.errors import GatewayError
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.recovery import (
    DEALT_WITH,
    ForgottenOrder,
    Obstacle,
    is_given_back,
    list_forgotten,
    order_from_partner,
)
from gateway.exchanges.reversal_recovery import ForgottenReversal, list_forgotten_reversals
from gateway.model import JST, DebitRecord
from gateway.platform import journal_checkpoint
from gateway.platform.forgotten_records import Line, list_forgotten_records
from gateway.platform.journal import JournalMissing
from gateway.platform.journal_reader import read_journal

PARTNER_DAYS: Final = 3
"""How many days before today partners are asked about, where no first day is named."""

_BESIDE: Final = timedelta(days=1)


@dataclass(slots=True)
class Missing:
    """What was found missing; `unseen` are sentences about what could not be looked at."""

    orders: list[ForgottenOrder] = field(default_factory=list)
    reversals: list[ForgottenReversal] = field(default_factory=list)
    records: list[Line] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.orders) + len(self.reversals) + len(self.records)


@dataclass(slots=True)
class RecoverySearch:
    """One look at everything; each day of a partner is asked for once. `journal` None: there is none."""

    context: ExchangeContext
    keys: ChainKeys
    journal: Path | None
    _days: dict[tuple[str, date], Mapping[str, Sequence[DebitRecord]] | None] = field(default_factory=dict)

    async def find(self, since: date | None = None) -> Missing:
        """Everything that is missing since a day in Japan.

        None: the journal from where all before it was found in this database, and some days of partners.
        """
        missing = Missing()
        left = await self._find_in_journal(missing, since)
        today = self.context.clock().astimezone(JST).date()
        first = since if since is not None else today - timedelta(days=PARTNER_DAYS)
        days = [first + timedelta(days=number) for number in range((today - first).days + 1)]
        known = left | {order.exchange_id for order in missing.orders}
        for partner_id, partner in self.context.partners.items():
            if not partner.can("debits_on"):
                if self.journal is None:
                    missing.unseen.append(
                        f"{partner_id} does not tell its days, and there is no journal: nobody knows what it took;"
                        " ask it for its list"
                    )
                continue
            for day in days:
                orders = await self._find_at_partner(missing, partner_id, day)
                missing.orders += [order for order in orders if order.exchange_id not in known]
                known |= {order.exchange_id for order in orders}
        if self.journal is None and not self.context.partners:
            missing.unseen.append(
                "there is no journal ([journal] path) and no partner is connected: nothing was looked at"
            )
        return missing

    async def _find_in_journal(self, missing: Missing, since: date | None) -> set[str]:
        """What the journal has and the database has not; the ids that a person has left."""
        if self.journal is None:
            return set()
        start, checkpoint = None, None
        if since is not None:
            start = datetime(since.year, since.month, since.day, tzinfo=JST)
        else:
            checkpoint = await self.context.store.read(
                partial(journal_checkpoint.read_usable, keys=self.keys)
            )
        resume, left = (checkpoint.reader, checkpoint.left) if checkpoint is not None else (None, ())
        try:
            contents = await asyncio.to_thread(
                read_journal, self.journal, self.keys, since=start, resume=resume
            )
        except JournalMissing as fault:
            missing.unseen.append(str(fault))
            return set()
        missing.unseen += [f"the journal is damaged: {fault}" for fault in contents.faults]
        store, lines = self.context.store, (*left, *contents.lines)
        missing.records = await store.read(lambda conn: list_forgotten_records(conn, lines))
        missing.reversals = await store.read(lambda conn: list_forgotten_reversals(conn, lines))
        orders = await store.read(lambda conn: list_forgotten(conn, lines))
        reversed_ids = {reversal.exchange_id for reversal in missing.reversals}
        for order in orders:
            missing.orders.append(await self._beside_the_partner(missing, order, reversed_ids))
        return {line["exchange_id"] for line in lines if line["kind"] == DEALT_WITH}

    async def _beside_the_partner(
        self, missing: Missing, order: ForgottenOrder, reversed_ids: set[str]
    ) -> ForgottenOrder:
        """The order, unless the partner has given points back and no reversal in the journal says so."""
        partner = self.context.partners.get(order.partner_id)
        if partner is None or not partner.can("debits_on") or order.exchange_id in reversed_ids:
            return order
        confirmed_on = order.confirmed_at.astimezone(JST).date()
        today = self.context.clock().astimezone(JST).date()
        for day in (confirmed_on, confirmed_on - _BESIDE, confirmed_on + _BESIDE):
            records = await self._debits_on(missing, order.partner_id, day) if day <= today else {}
            if records is None:
                return replace(order, obstacle=order.obstacle or Obstacle.NOT_ASKED)
            if any(is_given_back(record) for record in records.get(order.exchange_id, ())):
                return replace(order, obstacle=Obstacle.GIVEN_BACK)
        return order

    async def _find_at_partner(self, missing: Missing, partner_id: str, day: date) -> list[ForgottenOrder]:
        partner = self.context.partner(partner_id)
        orders: list[ForgottenOrder] = []
        for records in (await self._debits_on(missing, partner_id, day) or {}).values():
            if len(records) > 1 and len(set(records)) > 1:
                missing.unseen.append(
                    f"{partner_id} lists {records[0].exchange_id} more than once on {day}; ask it what that is"
                )
                continue
            try:
                rates = await partner.rate_table(records[0].at)
                order = await self.context.store.read(
                    partial(order_from_partner, partner=partner, record=records[0], rates=rates)
                )
            except GatewayError as fault:
                missing.unseen.append(
                    f"{partner_id} {records[0].exchange_id} of {day} could not be looked at: {fault}"
                )
                continue
            if order is not None:
                orders.append(order)
        return orders

    async def _debits_on(
        self, missing: Missing, partner_id: str, day: date
    ) -> Mapping[str, Sequence[DebitRecord]] | None:
        """A day of the partner's list by exchange; None where it cannot tell now, which is said once."""
        if (partner_id, day) not in self._days:
            by_id: dict[str, list[DebitRecord]] = {}
            try:
                for record in await self.context.partner(partner_id).debits_on(day):
                    by_id.setdefault(record.exchange_id, []).append(record)
                self._days[partner_id, day] = by_id
            except GatewayError as fault:
                self._days[partner_id, day] = None
                missing.unseen.append(
                    f"{partner_id} cannot be asked about {day}: {fault}; run this again when it is back"
                )
        return self._days[partner_id, day]
