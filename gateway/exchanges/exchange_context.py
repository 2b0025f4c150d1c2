"""What every use case of an exchange works with: the database, the partners, the vault, the clock.

And the few questions that all of them ask: which partner, which exchange, what is available, whose account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from core_ledger import Store
from gateway.errors import LinkEnded, ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows, quote_context
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.link_rows import Link
from gateway.exchanges.states import BEFORE_SENDING, State
from gateway.model import (
    Balances,
    Coupon,
    Destination,
    DestinationKind,
    LinkedAccount,
    LinkKind,
    Secret,
    WalletId,
)
from gateway.partners.partner import Partner
from gateway.platform.encryption import Unreadable, Vault
from gateway.platform.journal import Journal
from gateway.platform.tasks import Tasks
from gateway.plugin_interfaces import Clock
from gateway.points import directory

_log = structlog.get_logger()

UNCONFIRMED_RETENTION: Final = timedelta(hours=24)
"""An exchange that nobody confirms is over after a day; nothing has moved in it."""

DEADLINES_OF_A_DEBIT: Final = 8
"""A debit may begin a deadline late; to try whether the partner is back may take three (to wait for its pace, to
wait for its place, to last), and the debit itself three more. One is left for what is not counted."""

DEADLINES_OF_A_QUESTION: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeContext:
    """`partners` is what the registry loaded; `tasks` outlive the requests that began them.

    `journal` takes each confirmed order before its debit leaves. While `is_restored` no exchange expires: it may be one
    that was confirmed, and that the database has forgotten.
    """

    store: Store
    partners: Mapping[str, Partner]
    vault: Vault
    clock: Clock
    tasks: Tasks
    public_url: str
    journal: Journal | None = None
    is_restored: Callable[[], bool] = bool

    def partner(self, partner_id: str) -> Partner:
        partner = self.partners.get(partner_id)
        if partner is None:
            raise ProblemError("unknown-partner", "no partner of this id is connected; list the partners")
        return partner

    async def current(self, book: str, exchange_id: str) -> Exchange:
        return await self._in_time(
            await self.store.read_inline(lambda conn: records.get(conn, book, exchange_id))
        )

    async def ready(self, book: str, exchange_id: str, destination: Destination) -> Exchange:
        """The exchange, not yet sent, with its member's link to the partner; the destination takes points."""
        found = await self.store.read_inline(
            lambda conn: quote_context.get(conn, book, exchange_id, destination)
        )
        exchange = await self._in_time(found.exchange)
        require_before_sending(exchange)
        if destination.kind is DestinationKind.MUNICIPALITY:
            directory.require_open(destination.municipality, destination.point_service, found.service)
        return exchange

    def _is_late(self, exchange: Exchange) -> bool:
        waits = exchange.state in BEFORE_SENDING
        return waits and self.clock() - exchange.started_at > UNCONFIRMED_RETENTION

    async def _in_time(self, exchange: Exchange) -> Exchange:
        if not self._is_late(exchange) or self.is_restored():
            return exchange
        book, exchange_id = exchange.book_id, exchange.exchange_id
        return await self.store.run(lambda conn: expire(conn, book, exchange_id, self.clock()))

    async def balances(self, partner: Partner, exchange: Exchange) -> Balances:
        """What could be exchanged now: the coupon's worth, or what the partner says of the linked account."""
        if exchange.kind is LinkKind.COUPON:
            worth = {WalletId(wallet): points for wallet, points in (exchange.available or {}).items()}
            return Balances(available=worth, as_of=exchange.started_at)
        book, partner_id = exchange.book_id, exchange.partner_id
        link = require_link(exchange.link)
        try:
            return await partner.balances(self.account(link))
        except Unreadable:
            # Its key is gone or was changed. The row stays: the key may come back, and linking again replaces it.
            _log.error("link cannot be opened", partner=partner_id, remedy="see [security] sealing")
            raise _link_missing() from None
        except LinkEnded:
            # This one alone: the member may have linked the account anew while the partner was asked.
            await self.store.run(lambda conn: link_rows.remove(conn, book, partner_id, only=link))
            raise _link_missing() from None

    def can_open(self, link: Link) -> bool:
        """Whether a stored link opens with one of the keys; else the member links again."""
        try:
            self.account(link)
        except Unreadable:
            return False
        return True

    def account(self, link: Link) -> LinkedAccount:
        """A stored link as the plugin gave it, its token opened. Raises Unreadable where no key opens it."""
        sealed = link.token_sealed
        return LinkedAccount(
            service_id=link.service_id,
            shown_as=link.shown_as,
            token=Secret(
                self.vault.decrypt(sealed, purpose="link", bound_to=link_row(link.book_id, link.partner_id))
            )
            if sealed is not None
            else None,
        )

    def coupon(self, exchange: Exchange) -> Coupon | None:
        sealed = exchange.coupon_sealed
        return (
            Coupon(code=Secret(self.vault.decrypt(sealed, purpose="coupon", bound_to=exchange.exchange_id)))
            if sealed is not None
            else None
        )


def longest_debit(partner: Partner) -> timedelta:
    """After this nothing of a debit can be under way in any gateway."""
    return DEADLINES_OF_A_DEBIT * timedelta(seconds=partner.profile.deadline_s)


def longest_question(partner: Partner) -> timedelta:
    return DEADLINES_OF_A_QUESTION * timedelta(seconds=partner.profile.deadline_s)


def link_row(book_id: str, partner_id: str) -> str:
    """What a link's token is bound to: sealed for one row, it opens in no other."""
    return f"{book_id} {partner_id}"


def expire(conn: Connection, book: str, exchange_id: str, now: datetime) -> Exchange:
    """End an exchange that nobody confirmed; nothing has moved in it."""
    exchange = records.get_locked(conn, book, exchange_id)
    if exchange.state not in BEFORE_SENDING:
        return exchange
    return records.transition(
        conn, exchange, State.EXPIRED, now, "left alone for a day", ended_at=now, handoff_sealed=None
    )


def require_before_sending(exchange: Exchange) -> None:
    if exchange.state is State.AWAITING_RETURN:
        raise ProblemError(
            "not-returned", "the member is not back from the partner's site yet; open the redirect_url"
        )
    if exchange.state not in BEFORE_SENDING:
        raise ProblemError(
            "exchange-state", f"the exchange is {exchange.state}; start a new one", state=exchange.state
        )


def require_link(link: Link | None) -> Link:
    if link is None:
        raise _link_missing()
    return link


def _link_missing() -> ProblemError:
    return ProblemError(
        "link-missing", "the partner account is not linked any more; start a new exchange to link it"
    )
