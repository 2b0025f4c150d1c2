"""Orders that a member gives at the partner's own terminal: there it is the partner who calls us.

The member's account was linked before (移行用のサービスID); the order names it. A signed order is believed as far
as this: that the partner wants the exchange to begin, to the reserve, for that linked account. The points still
go the usual way (quote, hold, `debit`, settle), so that an order that is sent twice, late or never answered ends
as every other exchange does. Only partners whose settings say `terminal_orders = true` may give orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import Connection

from core_ledger import chart
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.quote_confirm import QuoteConfirm
from gateway.exchanges.start_exchange import ExchangeStarter
from gateway.exchanges.states import BEFORE_SENDING
from gateway.model import Destination
from gateway.partners.calls.debit_proof import account_key, same_account
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks.standard_webhooks import SignatureInvalid, verify

SETTING: Final = "terminal_orders"
TRY_CONCURRENCY: Final = 4
_MOVED_ON: Final = frozenset({"quote-replaced", "exchange-state"})
"""The same order is being carried out at this moment; to look again tells how far it is."""

_MEMBERS: Final = "member:"  # how `chart.member_book` begins
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOrder:
    """What the partner wants. `exchange_id` is its own order id, a UUID, and the idempotency key of everything."""

    exchange_id: str
    service_id: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOrders:
    """`partners` are those that may give orders."""

    exchanges: QuoteConfirm
    openings: ExchangeStarter
    partners: frozenset[str]

    async def accept(
        self, partner_id: str, headers: Mapping[str, str], body: bytes, order: TerminalOrder
    ) -> Exchange:
        """Carry the order out, or go on where it was left; the same order again is the same exchange.

        Raises ProblemError: `push-not-believed` without a good signature or without leave, `link-missing` for an
        account that nobody linked, `exchange-id-reused` for an order id with another content.
        """
        context = self.exchanges.context
        context.partner(partner_id)
        keys = await context.store.read(
            lambda conn: webhook_keys.list_by_partner(conn, context.vault, partner_id)
        )
        try:
            if partner_id not in self.partners:
                raise SignatureInvalid(f"[partners.{partner_id}] does not say {SETTING} = true")
            verify(keys, headers, body, context.clock())
        except SignatureInvalid as why:
            _log.warning("terminal order not believed", partner=partner_id, why=str(why))
            raise ProblemError("push-not-believed", "") from None
        key = account_key(order.service_id, context.partner(partner_id).profile)
        linked = await context.store.read(lambda conn: _member(conn, partner_id, key, order))
        if isinstance(linked, Exchange):
            return self._the_same(partner_id, linked, order)
        for _ in range(TRY_CONCURRENCY):
            try:
                return await self._go_on(linked, partner_id, order)
            except ProblemError as refused:
                if refused.type not in _MOVED_ON:
                    raise
        return await self._go_on(linked, partner_id, order)

    async def _go_on(self, member_id: str, partner_id: str, order: TerminalOrder) -> Exchange:
        context = self.exchanges.context
        exchange, _ = await self.openings.start(member_id, order.exchange_id, partner_id)
        stale = exchange.quote is None or context.clock() >= exchange.quote.ends_at
        if exchange.state in BEFORE_SENDING and stale:
            exchange = await self.exchanges.quote(
                member_id, order.exchange_id, Destination.reserve(), order.units
            )
        quote = self._the_same(partner_id, exchange, order).quote
        assert quote is not None
        if exchange.state not in BEFORE_SENDING:
            return await context.store.read(
                lambda conn: records.get(conn, chart.member_book(member_id), order.exchange_id)
            )
        return await self.exchanges.confirm(member_id, order.exchange_id, quote.quote_id)

    def _the_same(self, partner_id: str, exchange: Exchange, order: TerminalOrder) -> Exchange:
        ignore_case = self.exchanges.context.partner(partner_id).profile.ids_ignore_case
        same = same_account(order.service_id, exchange.service_id, ignore_case=ignore_case)
        if not same or exchange.quote is None or exchange.quote.units != order.units:
            raise ProblemError(
                "exchange-id-reused", "this order id was used for another order; make a new one"
            )
        return exchange


def _member(conn: Connection, partner_id: str, key: str, order: TerminalOrder) -> str | Exchange:
    """Whose account it is. Nothing is told about who else there is.

    Where nobody has linked it any more, what was carried out before is still the answer to its id.
    """
    book = link_rows.find_owner(conn, partner_id, key)
    if book is not None:
        return book.removeprefix(_MEMBERS)
    book = records.find_owner(conn, order.exchange_id)
    known = records.find(conn, book, order.exchange_id) if book is not None else None
    if known is not None and known.partner_id == partner_id and known.sent_at is not None:
        return known
    raise ProblemError(
        "link-missing", "nobody has linked this account; the member links it in the portal first"
    )
