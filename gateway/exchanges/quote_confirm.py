"""The exchange (移行・交換) as use cases: offer ──► quote ──► confirm ──► look. `gateway.exchanges.start_exchange` is what came before.

Each keeps the law: no transaction is open while a partner is asked, and a debit is sent once. What a partner
answers is written by `gateway.exchanges.outcome`; an open outcome is asked about by `gateway.exchanges.outcome_poller`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from uuid_utils import uuid7

from core_ledger import Moving, chart
from gateway.errors import BothLanguages, NotEnough, NotSent, OutcomeUnknown, ProblemError
from gateway.exchanges import coupon_claims, pricing, quote_context
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_context import (
    ExchangeContext,
    longest_debit,
    require_before_sending,
    require_link,
)
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.link_rows import Link
from gateway.exchanges.outcome import DECIDES_WITHIN, NeverSent, Outcome, Unknown, holds_for, record
from gateway.exchanges.quotes import make_quote
from gateway.exchanges.recovery import CONFIRMED, journal_line
from gateway.exchanges.states import BEFORE_SENDING, State
from gateway.model import BalanceLot, DebitOrder, Destination, Label, LinkKind, Rate, WalletId
from gateway.partners.calls.call_log import record_calls
from gateway.platform.encryption import Unreadable
from gateway.platform.journal import JournalFailed

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be exchanged now: the figures of the input screen (交換ポイント入力)."""

    destination: Destination
    available: Mapping[WalletId, int]
    priority: tuple[WalletId, ...]
    rates: tuple[Rate, ...]
    most_units: int
    terms: Label
    notes: tuple[Label, ...]
    lots: tuple[BalanceLot, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteConfirm:
    """From "what could I exchange?" to "it is settled", or given up before."""

    context: ExchangeContext

    async def offer(self, member_id: str, exchange_id: str, destination: Destination) -> Offer:
        """What the member has, the rates in force and the most units that can be drawn now."""
        book = chart.member_book(member_id)
        exchange = await self.context.ready(book, exchange_id, destination)
        partner = self.context.partner(exchange.partner_id)
        balances = await self.context.balances(partner, exchange)
        available = balances.available
        now = self.context.clock()
        table = await partner.rate_table(now)
        priority = await partner.wallet_priority(destination, now)
        return Offer(
            destination=destination,
            available={WalletId(wallet): points for wallet, points in available.items()},
            priority=tuple(priority),
            rates=tuple(
                rate
                for rate in table.rates
                if rate.wallet in priority and rate.in_force(destination.kind, now)
            ),
            most_units=pricing.most_units(table.rates, priority, available, destination, now),
            terms=partner.profile.terms,
            notes=(*partner.profile.notes, *balances.notes, *table.notes),
            lots=balances.lots,
        )

    async def quote(
        self, member_id: str, exchange_id: str, destination: Destination, units: int | None
    ) -> Exchange:
        """Show what will happen (確認): lines, points, rates and terms, good for ten minutes.

        `units` (口数) is for account links; a coupon is exchanged whole. Raises NotEnough, NoRate, ProblemError.
        """
        book = chart.member_book(member_id)
        exchange = await self.context.ready(book, exchange_id, destination)
        partner = self.context.partner(exchange.partner_id)
        balances = await self.context.balances(partner, exchange)
        available = balances.available
        now = self.context.clock()
        table = await partner.rate_table(now)
        priority = await partner.wallet_priority(destination, now)
        if exchange.kind is LinkKind.ACCOUNT and units is None:
            raise ProblemError("units-missing", "give the number of units (口数)")
        if exchange.kind is LinkKind.COUPON:
            if units is not None:
                raise ProblemError("units-not-for-coupons", "a coupon is exchanged whole; leave units out")
            ((wallet, amount),) = available.items()
            units = pricing.units_of_coupon(amount, wallet, table.rates, destination, now)
        assert units is not None
        try:
            drawing = pricing.draw(units, table.rates, priority, available, destination, now)
        except NotEnough as fault:
            notes = tuple(BothLanguages(note.ja, note.en) for note in balances.notes)
            raise NotEnough(fault.units, fault.units_short, notes) from None
        quote = make_quote(
            drawing,
            partner.profile,
            destination,
            (*balances.notes, *table.notes),
            balances.lots,
            uuid7().hex,
            now,
        )

        def quoted(conn: Connection, current: Exchange) -> Exchange:
            require_before_sending(current)
            facts = {"quote": quote.quote_id, "units": quote.units, "points": quote.points}
            return records.transition(
                conn,
                current,
                State.QUOTED,
                now,
                "quoted",
                facts,
                quote=quote,
                quote_id=quote.quote_id,
                points=quote.points,
                available=json.dumps(dict(available)),
            )

        def save_quote(conn: Connection) -> Exchange:
            try:  # as it was read before the partner was asked, which costs no question
                return quoted(conn, exchange)
            except ProblemError:  # somebody has moved it since
                return quoted(conn, records.get_locked(conn, book, exchange_id, link=exchange.link))

        return await self.context.store.run(save_quote)

    async def confirm(self, member_id: str, exchange_id: str, quote_id: str) -> Exchange:
        """Carry the quote out. One debit whatever happens; the same confirm again is the same exchange.

        Waits for the partner's answer as long as its deadline; a caller that goes away cancels nothing.
        """
        book = chart.member_book(member_id)
        exchange, link, ours = await self.context.store.run_moving(
            lambda conn: self._begin_sending(conn, book, exchange_id, quote_id), book=book
        )
        if not ours:
            return exchange
        task = self.context.tasks.spawn(self._send(exchange, link), name=f"debit {exchange_id}")
        return await asyncio.shield(task)

    async def cancel(self, member_id: str, exchange_id: str) -> Exchange:
        """Give up an exchange that is not confirmed; once more is the same. Raises ProblemError once it is confirmed."""
        book, now = chart.member_book(member_id), self.context.clock()

        def give_up(conn: Connection) -> Exchange:
            exchange = records.get_locked(conn, book, exchange_id)
            if exchange.state is State.CANCELLED:
                return exchange
            if exchange.state not in BEFORE_SENDING:
                raise ProblemError(
                    "exchange-state", f"the exchange is {exchange.state}", state=exchange.state
                )
            return records.transition(
                conn,
                exchange,
                State.CANCELLED,
                now,
                "given up by the member",
                ended_at=now,
                handoff_sealed=None,
            )

        return await self.context.store.run(give_up)

    def _begin_sending(
        self, conn: Connection, book: str, exchange_id: str, quote_id: str
    ) -> Moving[tuple[Exchange, Link | None, bool]]:
        now = self.context.clock()
        exchange = records.get_locked(conn, book, exchange_id)
        quote = exchange.quote
        if quote is None or (exchange.state in BEFORE_SENDING and exchange.state is not State.QUOTED):
            raise ProblemError("not-quoted", "ask for a quote first", state=exchange.state)
        if quote.quote_id != quote_id:
            raise ProblemError(
                "quote-replaced", "there is a newer quote; show it to the member and confirm that one"
            )
        if exchange.state is not State.QUOTED:
            return exchange, None, False
        if now >= quote.ends_at:
            raise ProblemError("quote-expired", "the quote is older than ten minutes; ask for a new one")
        link = quote_context.require_open(conn, book, exchange.partner_id, quote.destination, now)
        partner = self.context.partner(exchange.partner_id)
        if exchange.kind is LinkKind.COUPON:
            link = None
            coupon_claims.claim(conn, exchange)
        else:
            link = require_link(link)
        yield holds_for(exchange, quote, now)
        patience = longest_debit(partner)
        exchange = records.transition(
            conn,
            exchange,
            State.SENDING,
            now,
            "confirmed",
            {"quote": quote_id},
            sent_at=now,
            ask_at=now + patience,
            leased_until=now + patience,
            promised_by=now + partner.profile.arrives_within,
            service_id=link.service_id if link is not None else None,
        )
        return exchange, link, True

    async def _send(self, exchange: Exchange, link: Link | None) -> Exchange:
        """Send the debit, once, with no transaction open; then write down what was answered."""
        partner = self.context.partner(exchange.partner_id)
        quote = exchange.quote
        assert quote is not None
        assert exchange.sent_at is not None
        outcome: Outcome
        with (
            structlog.contextvars.bound_contextvars(exchange_id=exchange.exchange_id),
            record_calls() as calls,
        ):
            try:
                order = DebitOrder(
                    exchange_id=exchange.exchange_id,
                    lines=quote.debit_lines,
                    points=quote.points,
                    destination=quote.destination,
                    at=exchange.sent_at,
                    account=self.context.account(link) if link is not None else None,
                    coupon=self.context.coupon(exchange),
                )
                if self.context.journal is not None:
                    line, deadline_s = journal_line(exchange), partner.profile.deadline_s
                    await self.context.journal.append(CONFIRMED, line, within_s=deadline_s)
                # A process that was frozen, or a journal that was slow: what others may have given up by now is not sent.
                if abs(self.context.clock() - exchange.sent_at) > timedelta(
                    seconds=partner.profile.deadline_s
                ):
                    raise NotSent("the moment to send it had passed")
                outcome = await partner.debit(order)
            except (NotSent, JournalFailed, Unreadable) as never:
                outcome = NeverSent(str(never))
            except OutcomeUnknown as unknown:
                outcome = Unknown(str(unknown))
        return await self.write_outcome(exchange, outcome, [call.plain() for call in calls], link)

    async def write_outcome(
        self,
        exchange: Exchange,
        outcome: Outcome,
        calls: Sequence[Mapping[str, object]],
        link: Link | None = None,
    ) -> Exchange:
        """State, effect and story in one transaction; also used by the outcome poller."""
        key, claim = (exchange.book_id, exchange.exchange_id), exchange.leased_until
        partner = self.context.partners.get(exchange.partner_id)  # None: switched off, a person decides
        decides_within = partner.profile.decides_within if partner is not None else DECIDES_WITHIN
        done = await self.context.store.run_moving(
            lambda conn: record(conn, key, outcome, self.context.clock(), calls, claim, link, decides_within),
            book=exchange.book_id,
        )
        _log.info("exchange", exchange_id=done.exchange_id, partner=done.partner_id, state=done.state)
        return done

    # --- look ---------------------------------------------------------------------------------------------------

    async def get(self, member_id: str, exchange_id: str) -> Exchange:
        return await self.context.store.read_inline(
            lambda conn: records.get(conn, chart.member_book(member_id), exchange_id)
        )
