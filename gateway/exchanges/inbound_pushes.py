"""A partner tells us by itself that something has become of a debit. It is only ever a reason to ask.

A push is signed as Standard Webhooks asks, or in a format of the partner's own that its plugin reads (`read_push`). It
is believed when it is signed with the partner's secret, of these minutes and new; even then nothing in
it is taken for an answer: the exchange becomes due, and `find_debit` says what is true. So pushes may come in
any order, twice, or late. One about an exchange that has ended is asked about too, because it may say that
the two sides disagree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection, delete

from gateway.errors import ProblemError, PushRefused
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.states import HELD, State
from gateway.model import Push, PushedDebit
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

    def is_read_by_plugin(self, partner_id: str) -> bool:
        """Does the partner push in a format of its own? Raises ProblemError for a partner that is not there."""
        return self.settler.exchanges.context.partner(partner_id).can("read_push")

    async def accept_own(self, partner_id: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        """The same for a push in the partner's own format, which its plugin proves and reads.

        Raises ProblemError, and PartnerUnavailable where the plugin cannot say: the partner sends it again.
        """
        context = self.settler.exchanges.context
        push = Push(headers=_joined(headers), body=body, at=context.clock())
        try:
            pushed = await context.partner(partner_id).read_push(push)
        except PushRefused as why:
            _log.warning("push not believed", partner=partner_id, why=why.reason)
            raise ProblemError("push-not-believed", "") from None
        if isinstance(pushed, PushedDebit):
            message_id = pushed.message_id or hashlib.sha256(body).hexdigest()
            await self._make_due(partner_id, message_id, pushed.exchange_id, pushed.reference)

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
        await self._make_due(partner_id, message_id, exchange_id, None)

    async def _make_due(
        self, partner_id: str, message_id: str, exchange_id: str, reference: str | None
    ) -> None:
        context = self.settler.exchanges.context
        now = context.clock()
        ended = await context.store.run(
            lambda conn: _make_due(conn, partner_id, message_id, exchange_id, reference, now)
        )
        if ended is not None:
            check = self.settler.check(ended.book_id, ended.exchange_id)
            context.tasks.spawn(check, name=f"check {ended.exchange_id}")


def _make_due(
    conn: Connection, partner_id: str, message_id: str, exchange_id: str, reference: str | None, now: datetime
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
    if reference is not None and reference != records.find_pushed_reference(conn, book, exchange_id):
        records.add_step(conn, exchange, now, records.PUSHED, {"reference": reference})
    if exchange.state not in HELD or exchange.state is State.NEEDS_A_PERSON:
        return exchange
    # While its debit is under way the answer comes by itself; the lease keeps others from asking.
    records.update_columns(conn, exchange, ask_at=now)
    return None


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names in lower case, several values of one name joined; bytes that are no text are replaced."""
    joined: dict[str, str] = {}
    for name, value in headers:
        text = value.encode(errors="replace").decode()
        key = name.lower()
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined
