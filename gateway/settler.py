"""Asks partners what became of debits whose outcome is not known, until it is (照会).

An exchange is asked about when its time has come, and at once when a member or an operator looks at it. A claim
is a lease on the row, never a lock: several gateways may run settlers on one database, and one that dies
leaves nothing stuck. Asking moves nothing; what is answered is written by `gateway.outcome`.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

import structlog

from core_ledger import LedgerError, chart
from gateway import exchange_records as records
from gateway.call_scope import recording
from gateway.errors import GatewayError, PartnerUnavailable
from gateway.exchange import Exchanges
from gateway.exchange_records import Exchange
from gateway.model import NoRecord
from gateway.outcome import Outcome, Unknown
from gateway.partner import Partner
from gateway.states import HELD, State

LOOKED_AT_AGAIN_AFTER: Final = timedelta(seconds=2)
"""A page that polls does not make us ask the partner more often than this."""

AT_ONCE: Final = 16
PAUSE_S: Final = 1.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Settler:
    exchanges: Exchanges

    async def run(self) -> None:
        """Ask about what is due, for ever. A failure is logged and the next round goes on."""
        while True:
            try:
                busy = await self.round()
            except (GatewayError, LedgerError, OSError) as fault:
                _log.error("settler round failed", error=type(fault).__name__, text=str(fault))
                busy = 0
            if busy < AT_ONCE:
                await asyncio.sleep(PAUSE_S)

    async def round(self) -> int:
        """Ask once about each of the exchanges that are due, some at a time. Returns how many there were."""
        desk = self.exchanges.desk
        now = desk.clock()
        due = await desk.store.read(lambda conn: records.due(conn, now, AT_ONCE))
        answers = await asyncio.gather(*(self.ask(book, id_) for book, id_ in due), return_exceptions=True)
        for (_, exchange_id), answer in zip(due, answers, strict=True):
            if isinstance(answer, BaseException):
                _log.error(
                    "asking failed", exchange_id=exchange_id, error=type(answer).__name__, text=str(answer)
                )
        return len(due)

    async def look(self, member_id: str, exchange_id: str) -> Exchange:
        """The exchange as a member looks at it: an open outcome is asked about at once."""
        exchange = await self.exchanges.look(member_id, exchange_id)
        now = self.exchanges.desk.clock()
        if exchange.state not in HELD or (
            exchange.asked_at is not None and now - exchange.asked_at < LOOKED_AT_AGAIN_AFTER
        ):
            return exchange
        return await self.ask(chart.member_book(member_id), exchange_id) or exchange

    async def ask(self, book: str, exchange_id: str) -> Exchange | None:
        """Ask the partner about one exchange and write the answer; None when somebody else is asking."""
        desk = self.exchanges.desk
        now = desk.clock()
        owner = await desk.store.read(lambda conn: records.get(conn, book, exchange_id))
        partner = desk.partners.get(owner.partner_id)
        if partner is None:
            return None  # switched off or refused at load; it is asked again when it is back
        until = now + 2 * timedelta(seconds=partner.profile.deadline_s)
        exchange = await desk.store.run(lambda conn: records.lease(conn, book, exchange_id, now, until))
        if exchange is None:
            return None
        with structlog.contextvars.bound_contextvars(exchange_id=exchange_id), recording() as calls:
            outcome = await self._find(partner, exchange)
        return await self.exchanges.write_outcome(exchange, outcome, [asdict(call) for call in calls])

    async def _find(self, partner: Partner, exchange: Exchange) -> Outcome:
        try:
            found = await partner.find_debit(exchange.exchange_id)
        except GatewayError as fault:
            return Unknown(str(fault) if isinstance(fault, PartnerUnavailable) else type(fault).__name__)
        if not isinstance(found, NoRecord):
            return found
        assert exchange.sent_at is not None
        may_hide = partner.profile.debits_may_hide_for
        if (
            exchange.state is State.NEEDS_A_PERSON
            or self.exchanges.desk.clock() - exchange.sent_at < may_hide
        ):
            return Unknown("the partner has no record of it, which is not believed yet")
        return found
