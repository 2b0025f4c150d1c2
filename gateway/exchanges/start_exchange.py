"""How an exchange begins: under an id that the caller made, by account link or by coupon.

    start ──► (the partner's site) ──► arrive ──► complete ──► ready

With a saved link or a coupon, `start` alone makes it ready.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import Connection

from core_ledger import chart
from gateway.errors import HandoffRefused, ProblemError
from gateway.exchanges import coupon_claims, link_rows, quote_context
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.exchange_context import ExchangeContext, link_row
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.link_rows import Link
from gateway.exchanges.states import State
from gateway.model import Coupon, Handoff, HandoffRequest, HandoffReturn, LinkedAccount, LinkKind, Secret
from gateway.partners import availability
from gateway.partners.calls.call_log import record_calls
from gateway.partners.calls.debit_proof import account_key
from gateway.partners.partner import Partner
from gateway.platform import traces
from gateway.platform.encryption import Unreadable

HANDOFF_TTL: Final = timedelta(minutes=30)
"""How long a member may take at the partner's site."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _StartExchange:
    """What a caller asked for, with the hashes by which it is recognised: by each look-up key, the newest key's first."""

    book: str
    exchange_id: str
    partner_id: str
    kind: LinkKind
    request_hashes: tuple[str, ...]
    return_url: str | None
    coupon_code: str | None = field(repr=False)
    coupon_hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExchangeStarter:
    """The use cases that make an exchange ready to be quoted."""

    context: ExchangeContext
    _completing: WeakValueDictionary[tuple[str, str], asyncio.Lock] = field(
        default_factory=WeakValueDictionary, repr=False
    )

    async def start(
        self,
        member_id: str,
        exchange_id: str,
        partner_id: str,
        *,
        coupon_code: str | None = None,
        return_url: str | None = None,
        language: str = "ja",
    ) -> tuple[Exchange, bool]:
        """Begin an exchange under an id that the caller made and stored first.

        The same id with the same content is the same exchange (then the second value is False); with other
        content it is refused. Afterwards the exchange is `ready`, or `awaiting_return` with a redirect.
        """
        partner = self.context.partner(partner_id)
        _check_link_kind(partner, coupon_code)
        hashes = (
            self.context.vault.keyed_hashes(coupon_code, purpose="coupon") if coupon_code is not None else ()
        )
        contents = [json.dumps([partner_id, coupon_hash, return_url]) for coupon_hash in hashes or (None,)]
        request = _StartExchange(
            book=chart.member_book(member_id),
            exchange_id=exchange_id,
            partner_id=partner_id,
            kind=partner.profile.link,
            request_hashes=tuple(hashlib.sha256(content.encode()).hexdigest() for content in contents),
            return_url=return_url,
            coupon_code=coupon_code,
            coupon_hashes=hashes,
        )
        known, available = None, None
        if request.coupon_code is not None:
            known, available = await self._known_or_worth(partner, request, request.coupon_code)
        if known is None:
            exchange, new = await self.context.store.run(lambda conn: self._add(conn, request, available))
        else:
            exchange, new = known, False
        traces.set_exchange(exchange.exchange_id)
        if exchange.state is State.AWAITING_RETURN and exchange.redirect_url is None:
            exchange = await self._begin_handoff(partner, exchange, language)
        return exchange, new

    async def _known_or_worth(
        self, partner: Partner, request: _StartExchange, code: str
    ) -> tuple[Exchange | None, Mapping[str, int] | None]:
        """The exchange that this coupon began before; else what the partner says it is worth."""

        def find_or_refuse(conn: Connection) -> Exchange | None:
            if (known := _known(conn, request)) is not None:
                return known
            availability.require_open(conn, request.partner_id, self.context.clock())
            coupon_claims.refuse_claimed(conn, request.partner_id, request.coupon_hashes)
            return None

        known = await self.context.store.read(find_or_refuse)
        if known is not None:
            return known, None
        value = await partner.coupon_value(Coupon(code=Secret(code)))
        return None, {value.wallet: value.amount}

    def _add(
        self, conn: Connection, request: _StartExchange, available: Mapping[str, int] | None
    ) -> tuple[Exchange, bool]:
        if not records.claim_id(conn, request.book, request.exchange_id):
            known = _known(conn, request)
            assert known is not None  # a claim is committed together with its exchange
            return known, False
        now, vault, code = self.context.clock(), self.context.vault, request.coupon_code
        link = quote_context.require_open(conn, request.book, request.partner_id, None, now)
        with_account = request.kind is LinkKind.ACCOUNT
        if not with_account:
            link = None
        if link is not None and not self.context.can_open(link):
            link = None
        linked = link is not None or not with_account
        if not linked and request.return_url is None:
            raise ProblemError(
                "return-url-missing",
                "this exchange goes by way of the partner's site; give the return_url to come back to",
            )
        exchange = records.add(
            conn,
            request.book,
            request.exchange_id,
            State.READY if linked else State.AWAITING_RETURN,
            now,
            kind=request.kind,
            link=link,
            partner_id=request.partner_id,
            request_hash=request.request_hashes[0],
            client_return_url=request.return_url,
            coupon_sealed=vault.encrypt(code, purpose="coupon", bound_to=request.exchange_id)
            if code is not None
            else None,
            coupon_hash=" ".join(request.coupon_hashes) or None,
            available=available,
            handoff_nonce=None if linked else secrets.token_urlsafe(24),
            handoff_ends_at=None if linked else now + HANDOFF_TTL,
        )
        return exchange, True

    async def _begin_handoff(self, partner: Partner, exchange: Exchange, language: str) -> Exchange:
        assert exchange.handoff_nonce is not None
        assert exchange.handoff_ends_at is not None
        state = self.context.vault.make_state(
            member_book=exchange.book_id,
            exchange_id=exchange.exchange_id,
            partner_id=exchange.partner_id,
            nonce=exchange.handoff_nonce,
            expires_at=exchange.handoff_ends_at,
        )
        request = HandoffRequest(
            exchange_id=exchange.exchange_id,
            return_url=f"{self.context.public_url}/returns/{exchange.partner_id}?{urlencode({'state': state})}",
            at=self.context.clock(),
            language=language,
        )
        with record_calls() as calls:
            handoff = await partner.begin_handoff(request)
        story = [call.plain() for call in calls]
        return await self.context.store.run(lambda conn: self._keep_handoff(conn, exchange, handoff, story))

    def _keep_handoff(
        self, conn: Connection, exchange: Exchange, handoff: Handoff, calls: Sequence[Mapping[str, object]]
    ) -> Exchange:
        exchange = records.get_locked(conn, exchange.book_id, exchange.exchange_id)
        if exchange.state is State.AWAITING_RETURN and exchange.redirect_url is None:
            kept = self._seal_handoff(exchange, {"kept": dict(handoff.keep)})
            records.update_columns(conn, exchange, redirect_url=handoff.url, handoff_sealed=kept)
            records.add_step(
                conn, exchange, self.context.clock(), "sent to the partner's site", {"calls": calls}
            )
        return records.get(conn, exchange.book_id, exchange.exchange_id)

    async def arrive(self, partner_id: str, query: Mapping[str, str]) -> str:
        """The browser is back from the partner's site (協力会社のサイトに遷移). Returns where it goes next.

        Only our own signed, single-use state is believed here, and only as far as this: which exchange it
        is. What the partner added is kept sealed; whose browser it is, is proven by `complete`, which needs
        both the code given to this browser and the session of the member who began. So nobody can have
        another person consent for them.
        """
        claims = self.context.vault.read_state(query.get("state", ""), now=self.context.clock())
        if claims.partner_id != partner_id:
            raise ProblemError(
                "state-invalid",
                "this return belongs to another partner; start the exchange again",
            )
        code = secrets.token_urlsafe(24)
        rest = {name: value for name, value in query.items() if name != "state"}

        def save_return(conn: Connection) -> Exchange:
            exchange = records.get_locked(conn, claims.member_book, claims.exchange_id)
            if exchange.state is not State.AWAITING_RETURN or exchange.handoff_nonce != claims.nonce:
                raise ProblemError("state-used", "this return was used before; go on in the portal")
            before = self._open_handoff(exchange, "state-invalid")
            sealed = self._seal_handoff(exchange, before | {"query": rest})
            records.update_columns(
                conn, exchange, handoff_nonce=None, handoff_sealed=sealed, return_code_hash=_hash(code)
            )
            records.add_step(conn, exchange, self.context.clock(), "back from the partner's site", {})
            return exchange

        exchange = await self.context.store.run(save_return)
        assert exchange.client_return_url is not None
        return _with_query(exchange.client_return_url, exchange=exchange.exchange_id, return_code=code)

    async def complete(self, member_id: str, exchange_id: str, return_code: str) -> Exchange:
        """Prove with the partner who came back and save the link. Safe to repeat until it has worked.

        A page that is loaded again while the partner answers waits for that answer: asked a second time at once, a
        partner says that its code was used, and that no could be heard before the yes.
        """
        book = chart.member_book(member_id)
        async with self._completing.setdefault((book, exchange_id), asyncio.Lock()):
            return await self._complete(book, exchange_id, return_code)

    async def _complete(self, book: str, exchange_id: str, return_code: str) -> Exchange:
        exchange = await self.context.current(book, exchange_id)
        if exchange.state is not State.AWAITING_RETURN:
            return exchange
        if exchange.return_code_hash is None:
            raise ProblemError(
                "not-returned", "the member is not back from the partner's site yet; open the redirect_url"
            )
        if not hmac.compare_digest(exchange.return_code_hash, _hash(return_code)):
            raise ProblemError(
                "return-code-wrong",
                "this is not the code of the last return; start a new exchange",
            )
        partner = self.context.partner(exchange.partner_id)
        sealed = self._open_handoff(exchange, "return-code-wrong")
        returned = HandoffReturn(
            exchange_id=exchange.exchange_id,
            query=sealed["query"],
            kept=sealed["kept"],
            at=self.context.clock(),
        )
        account: LinkedAccount | HandoffRefused
        with record_calls() as calls:
            try:
                account = await partner.complete_handoff(returned)
            except HandoffRefused as refused:
                account = refused
        story: Mapping[str, object] = {"calls": [call.plain() for call in calls]}
        return await self.context.store.run(
            lambda conn: self._keep_link(conn, book, exchange_id, account, story)
        )

    def _keep_link(
        self,
        conn: Connection,
        book: str,
        exchange_id: str,
        account: LinkedAccount | HandoffRefused,
        story: Mapping[str, object],
    ) -> Exchange:
        exchange, now = records.get_locked(conn, book, exchange_id), self.context.clock()
        if exchange.state is not State.AWAITING_RETURN:
            return exchange
        if isinstance(account, HandoffRefused):
            return records.transition(
                conn,
                exchange,
                State.REFUSED,
                now,
                "refused at the partner's site",
                story,
                reason=account.reason,
                handoff_sealed=None,
                ended_at=now,
            )
        token = account.token
        link_rows.save(
            conn,
            Link(
                book_id=book,
                partner_id=exchange.partner_id,
                service_id=account.service_id,
                shown_as=account.shown_as,
                token_sealed=self.context.vault.encrypt(
                    token.reveal(), purpose="link", bound_to=link_row(book, exchange.partner_id)
                )
                if token is not None
                else None,
                linked_at=now,
            ),
            account_key(account.service_id, self.context.partner(exchange.partner_id).profile),
        )
        return records.transition(
            conn, exchange, State.READY, now, "linked", story, handoff_sealed=None, return_code_hash=None
        )

    def _seal_handoff(self, exchange: Exchange, kept: Mapping[str, object]) -> bytes:
        return self.context.vault.encrypt(json.dumps(kept), purpose="handoff", bound_to=exchange.exchange_id)

    def _open_handoff(self, exchange: Exchange, problem: str) -> dict[str, dict[str, str]]:
        """What was kept of the way to the partner. Raises ProblemError `problem` where no key opens it."""
        sealed = exchange.handoff_sealed or b""
        try:
            text = self.context.vault.decrypt(sealed, purpose="handoff", bound_to=exchange.exchange_id)
        except Unreadable as fault:
            _log.error("handoff cannot be opened", exchange_id=exchange.exchange_id, text=str(fault))
            raise ProblemError(problem, "this return cannot be read any more; start a new exchange") from None
        opened: dict[str, dict[str, str]] = json.loads(text)
        return opened


def _known(conn: Connection, request: _StartExchange) -> Exchange | None:
    owner = records.find_owner(conn, request.exchange_id)
    if owner is None:
        return None
    exchange = records.find(conn, request.book, request.exchange_id) if owner == request.book else None
    if exchange is None or exchange.request_hash not in request.request_hashes:
        raise ProblemError(
            "exchange-id-reused", "this id was used for something else; make a new id (a UUID)"
        )
    return exchange


def _check_link_kind(partner: Partner, coupon_code: str | None) -> None:
    if partner.profile.link is LinkKind.COUPON and coupon_code is None:
        raise ProblemError("coupon-missing", "this partner works by coupon; send coupon_code")
    if partner.profile.link is LinkKind.ACCOUNT and coupon_code is not None:
        raise ProblemError("coupon-not-taken", "this partner works by account link; leave coupon_code out")


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _with_query(url: str, **more: str) -> str:
    parts = urlsplit(url)
    query = f"{parts.query}&{urlencode(more)}" if parts.query else urlencode(more)
    return urlunsplit(parts._replace(query=query))
