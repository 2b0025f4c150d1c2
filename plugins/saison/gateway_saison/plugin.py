"""The hooks of セゾン: an account link with consent at the partner's site, captures by order id, cancels."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import quote, urlsplit

from gateway import (
    JST,
    Balances,
    DebitAnswer,
    Debited,
    DebitLine,
    DebitOrder,
    DebitRecord,
    Declined,
    DeclineReason,
    Destination,
    ExchangeId,
    Handoff,
    HandoffRefused,
    HandoffRequest,
    HandoffReturn,
    IdReused,
    InProgress,
    JsonAnswer,
    Label,
    LinkedAccount,
    LinkEnded,
    LinkKind,
    NoRecord,
    NotProcessed,
    NotSent,
    PartnerKind,
    PartnerProfile,
    PartnerRefused,
    PartnerSetup,
    RateTable,
    Reversal,
    Reversed,
    Secret,
    Wallet,
    WalletId,
    hookimpl,
)
from gateway_saison.client import SaisonClient
from gateway_saison.rates import COST_PER_UNIT, EIKYU, RATES, WALLET, WALLETS_FIRST

ORDER_ID_LENGTH = 100

# The partner's documented words for a no. A word that is not here is not understood, hence not a no.
_DECLINES = {
    "not_enough": DeclineReason.NOT_ENOUGH,
    "link_ended": DeclineReason.LINK_ENDED,
    "limit_reached": DeclineReason.LIMIT_REACHED,
    "refused": DeclineReason.REFUSED,
}
_REVERSAL_DECLINES = frozenset({"unknown_order", "more_than_was_taken", "refused"})


class Saison:
    """One instance per gateway. Settings: `base_url`, `merchant_id`, `api_key` (a secret)."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._client = SaisonClient(setup)
        self._profile = PartnerProfile(
            id="saison",
            name=Label("セゾン", "Saison"),
            kind=PartnerKind.CREDIT_CARD,
            link=LinkKind.ACCOUNT,
            points_name=Label("永久不滅ポイント", "Eikyufumetsu points"),
            wallets=(
                Wallet(id=EIKYU, name=Label("永久不滅ポイント", "Eikyufumetsu points")),
                Wallet(id=WALLET, name=Label("永久不滅ウォレット", "Eikyufumetsu wallet")),
            ),
            hosts=(self._client.host,),
            arrives_within=timedelta(days=1),
            debits_may_hide_for=timedelta(minutes=10),
            proves={"amount", "account"},
            # The partner keeps order ids and cancel ids for good; a year is longer than anybody asks.
            keys_kept_for=timedelta(days=366),
            terms=Label(
                "応援ポイントへの交換後は、会員ご本人のお申し出による取消はできません。",
                "Once exchanged, points cannot be taken back at the member's wish.",
            ),
        )

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return self._profile

    @hookimpl
    def wallet_priority(self, destination: Destination, at: datetime) -> Sequence[WalletId]:  # noqa: ARG002
        return WALLETS_FIRST

    @hookimpl
    async def check_connection(self) -> None:
        answer = await self._client.ask("GET", "/api/hello")
        if answer.text("result") != "ok":
            raise answer.unclear("result is not ok")

    @hookimpl
    async def rate_table(self, at: datetime) -> RateTable:  # noqa: ARG002 - the table holds past and future rates
        return RATES

    @hookimpl
    async def begin_handoff(self, request: HandoffRequest) -> Handoff:
        if len(request.exchange_id) > ORDER_ID_LENGTH:
            raise PartnerRefused(
                "order_id_too_long", f"saison takes order ids of up to {ORDER_ID_LENGTH} characters"
            )
        answer = await self._client.ask(
            "POST",
            "/api/orders",
            body={
                "orderId": request.exchange_id,
                "returnUrl": request.return_url,
                "language": request.language,
            },
            about={"orderId": request.exchange_id},
        )
        if answer.text("result") != "accepted":
            raise answer.unclear("result is not accepted")
        url = answer.text("loginUrl")
        # An answer that was tampered with must not lead a member's browser, and password, to another site.
        if urlsplit(url)[:2] != urlsplit(self._client.base_url)[:2]:
            raise answer.unclear("loginUrl leads to another site")
        return Handoff(url=url, keep={"order_id": request.exchange_id})

    @hookimpl
    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:
        order_id = returned.query.get("orderId", "")
        ours = (returned.exchange_id, returned.kept.get("order_id", ""))
        if not all(hmac.compare_digest(order_id.encode(), mine.encode()) for mine in ours):
            raise HandoffRefused("other_exchange", "the return is for another order than the one begun")
        status, code = returned.query.get("status"), returned.query.get("code", "")
        if status == "declined":
            raise HandoffRefused("member_declined")
        if status != "agreed" or not code:
            raise HandoffRefused("malformed_return", "the return carries no agreement")
        answer = await self._client.ask(
            "POST",
            f"/api/orders/{quote(order_id, safe='')}/consent",
            body={"code": code},
            about={"orderId": order_id},
        )
        if answer.text("result") == "refused":
            # The partner's words are `unknown_code`, `code_used`, `expired`; each is an explicit no.
            raise HandoffRefused(answer.text("reason"))
        if answer.text("result") != "consented":
            raise answer.unclear("result is not a word that the partner documents")
        return LinkedAccount(
            service_id=answer.text("serviceId"),
            shown_as=answer.text("shownAs"),
            token=Secret(answer.text("token")),
        )

    @hookimpl
    async def balances(self, account: LinkedAccount) -> Balances:
        if account.token is None:
            raise LinkEnded
        answer = await self._client.ask("POST", "/api/balances", body={"token": account.token.reveal()})
        if answer.text("result") == "link_ended":
            raise LinkEnded
        if answer.text("result") != "ok" or answer.text("serviceId") != account.service_id:
            raise answer.unclear("it is not about this member")
        return Balances(
            available={EIKYU: answer.whole("cardPoints"), WALLET: answer.whole("walletPoints")},
            as_of=answer.moment("asOf"),
        )

    @hookimpl
    async def debit(self, order: DebitOrder) -> DebitAnswer:
        amounts = order.amounts
        if order.account is None or not set(amounts) <= set(COST_PER_UNIT):
            raise NotSent("saison is given an account and its own two wallets; nothing was sent")
        if order.account.token is None:
            # Without the token nothing can be sent, now or later, so this is a no that stays one.
            return Declined(exchange_id=order.exchange_id, reason=DeclineReason.LINK_ENDED)
        answer = await self._client.order(
            "/api/captures",
            {
                "orderId": order.exchange_id,
                "token": order.account.token.reveal(),
                "walletAmount": amounts.get(WALLET, 0),
                "cardAmount": amounts.get(EIKYU, 0),
            },
            about={"orderId": order.exchange_id},
        )
        match answer.text("result"):
            case "unauthorized":
                return NotProcessed(exchange_id=order.exchange_id)
            case "conflict" if answer.text("reason") == "order_id_reused":
                return IdReused(exchange_id=order.exchange_id)
        return _capture(order.exchange_id, answer)

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId) -> Debited | Declined | InProgress | NoRecord:
        answer = await self._client.ask(
            "GET", f"/api/captures/{quote(exchange_id, safe='')}", about={"orderId": exchange_id}
        )
        if answer.text("result") == "not_found":
            return NoRecord(exchange_id=exchange_id)
        return _capture(exchange_id, answer)

    @hookimpl
    async def reverse_debit(self, reversal: Reversal) -> Reversed | Declined | InProgress | NotProcessed:
        amounts: dict[WalletId, int] = {}
        for line in reversal.lines:
            amounts[line.wallet] = amounts.get(line.wallet, 0) + line.amount
        answer = await self._client.order(
            "/api/cancels",
            {
                "cancelId": reversal.reversal_id,
                "orderId": reversal.exchange_id,
                "walletAmount": amounts.get(WALLET, 0),
                "cardAmount": amounts.get(EIKYU, 0),
            },
            about={"cancelId": reversal.reversal_id, "orderId": reversal.exchange_id},
        )
        if answer.text("result") == "unauthorized":
            return NotProcessed(exchange_id=reversal.exchange_id)
        if answer.text("result") == "declined" and answer.text("reason") in _REVERSAL_DECLINES:
            return Declined(exchange_id=reversal.exchange_id, reason=DeclineReason.REFUSED)
        if answer.text("result") != "cancelled":
            raise answer.unclear("result is not a word that the partner documents")
        return Reversed(
            reversal_id=reversal.reversal_id,
            reference=answer.text("reference"),
            at=answer.moment("cancelledAt"),
        )

    @hookimpl
    async def debits_on(self, day: date) -> Sequence[DebitRecord]:
        records: list[DebitRecord] = []
        after = 0
        while True:
            answer = await self._client.ask(
                "GET",
                "/api/captures",
                query={"day": day.isoformat(), "after": str(after)},
                about={"day": day.isoformat()},
            )
            if answer.text("result") != "ok":
                raise answer.unclear("result is not ok")
            records.extend(_record(row) for row in answer.rows("captures"))
            if not answer.has("next"):
                return records
            if answer.whole("next") <= after:
                raise answer.unclear("its pages go round in a circle")
            after = answer.whole("next")


def _capture(exchange_id: ExchangeId, answer: JsonAnswer) -> Debited | Declined | InProgress:
    match answer.text("result"):
        case "captured":
            return Debited(
                exchange_id=exchange_id,
                reference=answer.text("reference"),
                at=answer.moment("capturedAt"),
                lines=_taken(answer),
                service_id=answer.text("serviceId"),
            )
        case "declined" if (reason := _DECLINES.get(answer.text("reason"))) is not None:
            return Declined(exchange_id=exchange_id, reason=reason)
        case "in_progress":
            wait = (
                timedelta(seconds=answer.whole("askAfterSeconds")) if answer.has("askAfterSeconds") else None
            )
            return InProgress(exchange_id=exchange_id, ask_after=wait)
    raise answer.unclear("result is not a word that the partner documents")


def _record(row: JsonAnswer) -> DebitRecord:
    taken = _taken(row)
    given_back = _lines({WALLET: row.whole("walletCancelled"), EIKYU: row.whole("cardCancelled")})
    return DebitRecord(
        exchange_id=ExchangeId(row.text("orderId")),
        reference=row.text("reference"),
        lines=taken,
        at=row.moment("capturedAt").astimezone(JST),
        reversed=given_back == taken,
        given_back=given_back,
        service_id=row.text("serviceId"),
    )


def _taken(answer: JsonAnswer) -> tuple[DebitLine, ...]:
    return _lines({WALLET: answer.whole("walletAmount"), EIKYU: answer.whole("cardAmount")})


def _lines(amounts: Mapping[WalletId, int]) -> tuple[DebitLine, ...]:
    return tuple(DebitLine(wallet=wallet, amount=amount) for wallet, amount in amounts.items() if amount)
