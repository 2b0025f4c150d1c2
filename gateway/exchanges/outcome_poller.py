"""Asks partners what became of debits whose outcome is not known, until it is (照会).

An exchange is asked about when its time has come, and at once when a member or an operator looks at it. A claim
is a lease on the row, never a lock: several gateways may run settlers on one database, and one that dies
leaves nothing stuck. Asking moves nothing; what is answered is written by `gateway.exchanges.outcome`.

"No record" is believed only when a debit can no longer be hiding: by the calendar, and by a clock of this
process that only goes forward, because a machine's calendar may jump.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from core_ledger import chart, run_alone
from gateway.errors import GatewayError, PartnerUnavailable, ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_context import longest_debit, longest_question
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.known_since import KnownSince
from gateway.exchanges.outcome import FOR_A_PERSON_ALONE, OperatorDecision, Unknown, record
from gateway.exchanges.quote_confirm import QuoteConfirm
from gateway.exchanges.states import HELD, State
from gateway.model import FindAnswer, NoRecord, amounts_by_wallet
from gateway.partners import availability
from gateway.partners.calls.call_log import record_calls
from gateway.partners.calls.debit_proof import ExpectedDebit
from gateway.partners.calls.metrics import EXCHANGES_OLDEST_WAITING, EXCHANGES_WAITING
from gateway.partners.partner import Partner

RECHECK_AFTER: Final = timedelta(seconds=2)
"""A page that polls does not make us ask the partner more often than this."""

COUNT_INTERVAL_S: Final = 15.0
"""How often the metrics of what waits are made new."""

POLL_CONCURRENCY: Final = 16
PAUSE_S: Final = 1.0

_log = structlog.get_logger()


Heard = FindAnswer | Unknown


@dataclass(frozen=True, slots=True)
class OutcomePoller:
    """`seconds` only goes forward, whatever happens to the machine's calendar."""

    exchanges: QuoteConfirm
    seconds: Callable[[], float] = time.monotonic
    _known: KnownSince = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", KnownSince(self.seconds))

    async def run(self) -> None:
        """Ask about what is due, for ever. A failure is logged and the next round goes on."""
        count_at_s = self.seconds()
        while True:
            try:
                busy = await self.poll_once()
                if self.seconds() >= count_at_s:
                    count_at_s = self.seconds() + COUNT_INTERVAL_S
                    await self.count()
            except Exception as fault:  # noqa: BLE001  whatever broke (a database that restarts), the rounds go on
                _log.error("outcome poller round failed", error=type(fault).__name__, text=str(fault))
                busy = 0
            if busy < POLL_CONCURRENCY:
                await asyncio.sleep(PAUSE_S)

    async def poll_once(self) -> int:
        """Ask once about each of the exchanges that are due, some at a time. Returns how many there were."""
        context = self.exchanges.context
        now = context.clock()
        due = await context.store.read(lambda conn: self._due(conn, now))
        answers = await asyncio.gather(*(self.ask(book, id_) for book, id_ in due), return_exceptions=True)
        for (_, exchange_id), answer in zip(due, answers, strict=True):
            if isinstance(answer, BaseException):
                _log.error(
                    "asking failed", exchange_id=exchange_id, error=type(answer).__name__, text=str(answer)
                )
        return len(due)

    async def count(self) -> None:
        """Tell the metrics how many exchanges wait for a partner's answer or for a person, and for how long."""
        context = self.exchanges.context
        now = context.clock()
        counted = {
            (waiting.partner_id, waiting.state): waiting
            for waiting in await context.store.read(records.waiting_by_partner)
        }
        for partner_id in context.partners.keys() | {partner_id for partner_id, _ in counted}:
            for state in HELD:
                waiting = counted.get((partner_id, state))
                sent_at = waiting.oldest_sent_at if waiting else None
                EXCHANGES_WAITING.labels(partner_id, state).set(waiting.exchanges if waiting else 0)
                EXCHANGES_OLDEST_WAITING.labels(partner_id, state).set(
                    max(0.0, (now - sent_at).total_seconds()) if sent_at else 0
                )

    def _due(self, conn: Connection, now: datetime) -> list[tuple[str, str]]:
        standings = availability.standings(conn, now)
        resting = {
            id_ for id_, partner_availability in standings.items() if partner_availability.window is not None
        }
        return records.due(conn, now, POLL_CONCURRENCY, self.exchanges.context.partners.keys() - resting)

    async def get_and_refresh(self, member_id: str, exchange_id: str) -> Exchange:
        """The exchange as a member looks at it: an open outcome is asked about at once."""
        exchange = await self.exchanges.get(member_id, exchange_id)
        now = self.exchanges.context.clock()
        asked_just_now = exchange.asked_at is not None and abs(now - exchange.asked_at) < RECHECK_AFTER
        if exchange.state not in HELD or exchange.reason in FOR_A_PERSON_ALONE or asked_just_now:
            return exchange
        return await self.ask(chart.member_book(member_id), exchange_id) or exchange

    async def ask(self, book: str, exchange_id: str) -> Exchange | None:
        """Ask the partner about one exchange and write the answer; None when somebody else is asking."""
        done, _ = await self._ask_and_hear(book, exchange_id)
        return done

    async def _ask_and_hear(self, book: str, exchange_id: str) -> tuple[Exchange | None, Heard | None]:
        context = self.exchanges.context
        now = context.clock()
        owner = await context.store.read(lambda conn: records.get(conn, book, exchange_id))
        partner = context.partners.get(owner.partner_id)
        if partner is None:
            return None, None  # switched off or refused at load; it is asked again when it is back
        until = now + longest_question(partner)
        exchange = await context.store.run(lambda conn: records.lease(conn, book, exchange_id, now, until))
        if exchange is None:
            return None, None
        done, heard = await self._ask(partner, exchange)
        if done.state not in HELD:
            self._known.forget(exchange_id)
        return done, heard

    async def check(self, book: str, exchange_id: str) -> Exchange:
        """Ask about an exchange that has ended, because somebody says otherwise. Moves nothing.

        An answer that contradicts what was recorded is written into the story, for the nightly comparison. "No record"
        is none until it is believed, so it is remembered since when this process has asked.
        """
        context = self.exchanges.context
        exchange = await context.store.read(lambda conn: records.get(conn, book, exchange_id))
        if exchange.sent_at is None:
            return exchange
        done, _ = await self._ask(context.partner(exchange.partner_id), exchange)
        return done

    async def resolve(
        self, exchange_id: str, *, debited: bool, reason: str, operator: str, reference: str = ""
    ) -> Exchange:
        """End an exchange as a person decides. The partner is asked first, where it is loaded: its own answer wins.

        Raises ProblemError when the exchange has ended already (perhaps just now, by the partner's answer), while its
        debit may still be under way, or for a yes against which the partner shows another debit.
        """
        if not reason.strip() or not operator.strip():
            raise ProblemError("reason-missing", "a decision has a reason and a name")
        heard = await self.ask_before_deciding(exchange_id)
        decision = OperatorDecision(
            debited=debited, reason=reason, operator=operator, reference=reference, heard=heard
        )
        return await self.exchanges.context.store.run(
            lambda conn: self.decide_in(conn, exchange_id, decision)
        )

    async def ask_before_deciding(self, exchange_id: str) -> Heard | None:
        """Ask the partner about an exchange that a person is about to end; what it answered, where it was asked.

        An answer that ends the exchange is written down as always: then there is nothing left to decide.
        """
        book = await self.exchanges.context.store.read(lambda conn: records.find_owner(conn, exchange_id))
        if book is None:
            raise ProblemError("unknown-exchange", "there is no exchange with this id")
        _, heard = await self._ask_and_hear(book, exchange_id)
        return heard

    def decide_in(self, conn: Connection, exchange_id: str, decision: OperatorDecision) -> Exchange:
        """End an exchange as a person decides, in the caller's transaction. Raises ProblemError as `resolve`."""
        book = records.find_owner(conn, exchange_id)
        if book is None:
            raise ProblemError("unknown-exchange", "there is no exchange with this id")
        if records.get_locked(conn, book, exchange_id).state is State.SENDING:
            raise ProblemError("exchange-state", "its debit may still be under way; decide a minute later")
        now = self.exchanges.context.clock()
        exchange = run_alone(conn, lambda conn: record(conn, (book, exchange_id), decision, now, []))
        _log.info(
            "exchange",
            exchange_id=exchange.exchange_id,
            partner=exchange.partner_id,
            state=exchange.state,
        )
        return exchange

    async def _ask(self, partner: Partner, exchange: Exchange) -> tuple[Exchange, Heard]:
        with (
            structlog.contextvars.bound_contextvars(exchange_id=exchange.exchange_id),
            record_calls() as calls,
        ):
            outcome = await self._find(partner, exchange)
        done = await self.exchanges.write_outcome(exchange, outcome, [call.plain() for call in calls])
        return done, outcome

    async def _find(self, partner: Partner, exchange: Exchange) -> Heard:
        # Judged by the moment of asking: a later one would lend an old answer a meaning that it had not.
        believed_in = self._no_record_is_believed_in(partner, exchange)
        try:
            reference = await self._pushed_reference(partner, exchange)
            find_answer = await partner.find_debit(
                exchange.exchange_id, expected_debit(exchange), reference=reference
            )
        except GatewayError as fault:
            return Unknown(str(fault) if isinstance(fault, PartnerUnavailable) else type(fault).__name__)
        if isinstance(find_answer, NoRecord) and (believed_in or exchange.state is State.NEEDS_A_PERSON):
            return Unknown("the partner has no record of it, which is not believed yet", believed_in)
        return find_answer

    async def _pushed_reference(self, partner: Partner, exchange: Exchange) -> str | None:
        """The partner's own number for the debit, where it pushes in a format of its own and has told it."""
        if not partner.can("read_push"):
            return None
        key = exchange.book_id, exchange.exchange_id
        return await self.exchanges.context.store.read(lambda conn: records.find_pushed_reference(conn, *key))

    def _no_record_is_believed_in(self, partner: Partner, exchange: Exchange) -> timedelta:
        """Until when the debit could be on its way, or taken and not yet to be seen: zero when it is no more."""
        assert exchange.sent_at is not None
        hides = partner.profile.debits_may_hide_for
        by_calendar = longest_debit(partner) + hides - (self.exchanges.context.clock() - exchange.sent_at)
        by_own_clock = hides - timedelta(seconds=self._known.seconds_since(exchange.exchange_id))
        return max(by_calendar, by_own_clock, timedelta())


def expected_debit(exchange: Exchange) -> ExpectedDebit:
    """What a yes about an exchange that was sent must show."""
    assert exchange.quote is not None
    return ExpectedDebit(
        amounts=amounts_by_wallet(exchange.quote.debit_lines), service_id=exchange.service_id
    )
