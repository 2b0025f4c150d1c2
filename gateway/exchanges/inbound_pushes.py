"""A partner tells us by itself that something has become of a debit. It is only ever a reason to ask.

A push is believed when it is signed with the partner's secret, of these minutes and new; even then nothing in
it is taken for an answer: the exchange becomes due, and `find_debit` says what is true. So pushes may come in
any order, twice, or late. One about an exchange that has ended is asked about too, because it may say that
the two sides disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection, delete

from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.states import HELD, State
from gateway.platform import tables
from gateway.platform.sql import insert_new
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks.standard_webhooks import TOLERANCE, SignatureInvalid, verify

PUSH_RETENTION: Final = 2 * TOLERANCE + timedelta(minutes=1)
"""Longer than a message can be taken for a new one by its timestamp."""

_p = tables.seen_pushes
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class InboundPushes:
    settler: OutcomePoller

    async def accept(
        self, partner_id: str, headers: Mapping[str, str], body: bytes, exchange_id: str
    ) -> None:
        """Make the exchange due. Raises ProblemError for what is not believed; a message seen before does nothing."""
        context = self.settler.exchanges.context
        context.partner(partner_id)
        now = context.clock()
        keys = await context.store.read(
            lambda conn: webhook_keys.list_by_partner(conn, context.vault, partner_id)
        )
        try:
            message_id = verify(keys, headers, body, now)
        except SignatureInvalid as why:
            _log.warning("push not believed", partner=partner_id, why=str(why))
            raise ProblemError("push-not-believed", "") from None
        ended = await context.store.run(
            lambda conn: _make_due(conn, partner_id, message_id, exchange_id, now)
        )
        if ended is not None:
            check = self.settler.check(ended.book_id, ended.exchange_id)
            context.tasks.spawn(check, name=f"check {ended.exchange_id}")


def _make_due(
    conn: Connection, partner_id: str, message_id: str, exchange_id: str, now: datetime
) -> Exchange | None:
    """In one transaction: remember the message, and make the exchange due. One that no round asks about is given back."""
    conn.execute(delete(_p).where(_p.c.forget_at <= now))
    new = insert_new(conn, _p, partner_id=partner_id, message_id=message_id, forget_at=now + PUSH_RETENTION)
    if not new:
        return None
    book = records.find_owner(conn, exchange_id)
    if book is None:
        return None
    exchange = records.get_locked(conn, book, exchange_id)
    if exchange.partner_id != partner_id or exchange.sent_at is None:
        return None
    if exchange.state not in HELD or exchange.state is State.NEEDS_A_PERSON:
        return exchange
    # While its debit is under way the answer comes by itself; the lease keeps others from asking.
    records.update_columns(conn, exchange, ask_at=now)
    return None
