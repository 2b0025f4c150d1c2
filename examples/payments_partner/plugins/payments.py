"""A payments API: redirect to agree, charges and refunds under Idempotency-Keys kept for 24 hours, decimals.

A sample of the shape, not of a company. What is worth looking at: a 201 that is a yes, a 202 that is "later", a 409
for a key that stands for another order, a 429 by which nothing was looked at, amounts such as "400.00",
`find_reversal` for the time after the keys' life, and pushes in a format of its own, whose charge id `find_debit` uses
while the index by metadata does not have the charge yet.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from gateway import (
    Balances,
    DebitAnswer,
    Debited,
    DebitLine,
    DebitOrder,
    DebitRecord,
    Declined,
    DeclineReason,
    DestinationKind,
    ExchangeId,
    FindAnswer,
    FindReversalAnswer,
    Handoff,
    HandoffRefused,
    HandoffRequest,
    HandoffReturn,
    HttpAnswer,
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
    OtherPush,
    PartnerKind,
    PartnerProfile,
    PartnerSetup,
    PartnerUnavailable,
    Push,
    PushAnswer,
    PushedDebit,
    PushRefused,
    Rate,
    RateTable,
    Reversal,
    ReverseAnswer,
    Reversed,
    Wallet,
    WalletId,
    hookimpl,
)

POINTS = WalletId("points")
COST_PER_UNIT = 100
RATES = RateTable(
    rates=(
        Rate(
            wallet=POINTS,
            destinations=frozenset(DestinationKind),
            cost_per_unit=COST_PER_UNIT,
            points_per_unit=100,
            source="sample values: this partner does not exist",
            sample=True,
        ),
    )
)
PUSH_TOLERANCE_S = 300
STATES = ("succeeded", "processing", "failed")
DECLINES = {
    "insufficient_points": DeclineReason.NOT_ENOUGH,
    "account_closed": DeclineReason.LINK_ENDED,
    "monthly_limit": DeclineReason.LIMIT_REACHED,
}


class Plugin:
    """Settings: `base_url`, and the secrets `secret_key` and `push_secret`."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._http = setup.http
        self._clock = setup.clock
        self._key = setup.settings.secret("secret_key")
        self._push_secret = setup.settings.secret("push_secret")
        self._base_url = setup.settings.text("base_url").rstrip("/")
        self._profile = PartnerProfile(
            id="payments",
            name=Label("決済ポイント（見本）", "Payments Points (sample)"),
            kind=PartnerKind.OTHER,
            link=LinkKind.ACCOUNT,
            points_name=Label("決済ポイント", "Payments points"),
            wallets=(Wallet(id=POINTS, name=Label("決済ポイント", "Payments points")),),
            hosts=(urlsplit(self._base_url).netloc,),
            arrives_within=timedelta(days=3),
            debits_may_hide_for=timedelta(minutes=2),
            terms=Label("交換後の取消はできません。", "An exchange cannot be taken back at your wish."),
            proves={"amount", "account"},
            keys_kept_for=timedelta(hours=24),
            decides_within=timedelta(days=14),
        )

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return self._profile

    @hookimpl
    async def check_connection(self) -> None:
        account = await self._read("GET", "/v1/account")
        if account.text("status") != "active":
            raise account.unclear("status is not a word that the API documents")

    @hookimpl
    async def rate_table(self) -> RateTable:
        return RATES

    # --- linking ------------------------------------------------------------------------------------------------

    @hookimpl
    async def begin_handoff(self, request: HandoffRequest) -> Handoff:
        query = urlencode({"visit": request.exchange_id, "return_url": request.return_url})
        return Handoff(url=f"{self._base_url}/connect?{query}")

    @hookimpl
    async def complete_handoff(self, returned: HandoffReturn) -> LinkedAccount:
        answer = await self._send("POST", "/v1/links", json={"code": returned.query.get("code", "")})
        if answer.status == 400 and _error(answer) == "invalid_code":
            raise HandoffRefused("unknown_code")
        link = JsonAnswer.read(
            answer, partner="payments", asked="/v1/links", about={"visit": returned.exchange_id}
        )
        return LinkedAccount(service_id=link.text("customer"), shown_as=link.text("label"))

    @hookimpl
    async def balances(self, account: LinkedAccount) -> Balances:
        asked = {"customer": account.service_id}
        answer = await self._send("GET", "/v1/balances", params=asked)
        if answer.status == 404 and _error(answer) == "no_such_customer":
            raise LinkEnded
        balance = JsonAnswer.read(answer, partner="payments", asked="/v1/balances", about=asked)
        # 12345.75 points are 12,345 that can be exchanged; what is behind the point stays there.
        return Balances(available={POINTS: int(balance.decimal("available"))}, as_of=self._clock())

    # --- moving points ------------------------------------------------------------------------------------------

    @hookimpl
    async def debit(self, order: DebitOrder) -> DebitAnswer:
        if order.account is None or set(order.amounts) != {POINTS}:
            raise NotSent("payments takes points of a linked account; nothing was sent")
        answer = await self._send(
            "POST",
            "/v1/charges",
            key=order.exchange_id,
            json={
                "customer": order.account.service_id,
                "amount": f"{order.amounts[POINTS]}.00",
                "metadata_exchange": order.exchange_id,
            },
        )
        match answer.status, _error(answer):
            case 409, "idempotency_mismatch":
                return IdReused(exchange_id=order.exchange_id)
            case 429, "rate_limited":
                return NotProcessed(exchange_id=order.exchange_id, retry_after=_wait(answer))
            case 402, str(word) if word in DECLINES:
                return Declined(exchange_id=order.exchange_id, reason=DECLINES[word])
        charge = JsonAnswer.read(
            answer,
            partner="payments",
            asked="/v1/charges",
            about={"metadata_exchange": order.exchange_id},
            statuses=(201, 202),
        )
        if (answer.status == 202) != (charge.text("status") == "processing"):
            raise charge.unclear("its status and its word do not fit")
        return _charge(order.exchange_id, charge)

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId, reference: str | None) -> FindAnswer:
        if reference is not None:
            # The charge itself is there at once; the list by metadata has it some minutes later.
            charge = await self._read("GET", f"/v1/charges/{quote(reference, safe='')}")
            if charge.text("metadata_exchange") != exchange_id:
                raise charge.unclear("it is not about this exchange")
            return _charge(exchange_id, charge)
        json_answer = await self._read("GET", "/v1/charges", params={"metadata_exchange": exchange_id})
        charges = json_answer.rows("data")
        if not charges:
            return NoRecord(exchange_id=exchange_id)
        if len(charges) > 1 or charges[0].text("metadata_exchange") != exchange_id:
            raise json_answer.unclear("it is not about one charge of this exchange")
        return _charge(exchange_id, charges[0])

    @hookimpl
    async def reverse_debit(self, reversal: Reversal) -> ReverseAnswer:
        answer = await self._send(
            "POST",
            "/v1/refunds",
            key=reversal.reversal_id,
            json={
                "charge": reversal.debit.reference,
                "amount": f"{sum(line.amount for line in reversal.lines)}.00",
                "metadata_reversal": reversal.reversal_id,
            },
        )
        if answer.status == 429 and _error(answer) == "rate_limited":
            return NotProcessed(exchange_id=reversal.exchange_id, retry_after=_wait(answer))
        if answer.status == 402 and _error(answer) == "more_than_charged":
            return Declined(exchange_id=reversal.exchange_id, reason=DeclineReason.REFUSED)
        refund = JsonAnswer.read(
            answer,
            partner="payments",
            asked="/v1/refunds",
            about={"metadata_reversal": reversal.reversal_id},
            statuses=(201,),
        )
        return _refund(reversal, refund)

    @hookimpl
    async def find_reversal(self, reversal: Reversal) -> FindReversalAnswer:
        json_answer = await self._read(
            "GET", "/v1/refunds", params={"metadata_reversal": reversal.reversal_id}
        )
        refunds = json_answer.rows("data")
        if not refunds:
            return NoRecord(exchange_id=reversal.exchange_id)
        if len(refunds) > 1 or refunds[0].text("metadata_reversal") != reversal.reversal_id:
            raise json_answer.unclear("it is not about one refund of this reversal")
        return _refund(reversal, refunds[0])

    @hookimpl
    async def debits_on(self, day: date) -> Sequence[DebitRecord]:
        json_answer = await self._read("GET", "/v1/charges", params={"day": day.isoformat()})
        charges = json_answer.rows("data")
        for charge in charges:
            if charge.text("status") not in STATES:
                raise charge.unclear("status is not a word that the API documents")  # it may be a debit
        return [
            DebitRecord(
                exchange_id=ExchangeId(row.text("metadata_exchange")),
                reference=row.text("id"),
                lines=(DebitLine(wallet=POINTS, amount=row.points("amount")),),
                at=row.moment("created"),
                given_back=_returned(row.points("refunded")),
                service_id=row.text("customer"),
            )
            for row in charges
            if row.text("status") == "succeeded"
        ]

    # --- what the API says by itself ----------------------------------------------------------------------------

    @hookimpl
    async def read_push(self, push: Push) -> PushAnswer:
        stamp, mac = _signed(push.headers.get("payments-signature", ""))
        secret = self._push_secret.reveal().encode()
        expected = hmac.new(secret, f"{stamp}.".encode() + push.body, hashlib.sha256).hexdigest()
        # The bytes as they came are signed; what is in them is read only afterwards.
        if not hmac.compare_digest(mac.encode(), expected.encode()):
            raise PushRefused("signature")
        if abs(push.at.timestamp() - int(stamp)) > PUSH_TOLERANCE_S:
            raise PushRefused("too_old")
        event = JsonAnswer.parse(push.body, partner="payments", asked="a push")
        if event.text("type") not in ("charge.succeeded", "charge.failed"):
            return OtherPush()
        return PushedDebit(
            exchange_id=ExchangeId(event.text("metadata_exchange")),
            reference=event.text("charge"),
            message_id=event.text("id"),
        )

    # --- how it is asked ----------------------------------------------------------------------------------------

    async def _read(self, method: str, path: str, **options: Any) -> JsonAnswer:
        answer = await self._send(method, path, **options)
        if answer.status in (429, 503) and answer.retry_after_s is not None:
            raise PartnerUnavailable("payments asks for patience", answer.retry_after_s)
        return JsonAnswer.read(answer, partner="payments", asked=path)

    async def _send(self, method: str, path: str, *, key: str = "", **options: Any) -> HttpAnswer:
        headers = {"Authorization": f"Bearer {self._key.reveal()}"}
        if key:
            headers["Idempotency-Key"] = key
        return await self._http.request(method, self._base_url + path, headers=headers, **options)


def _signed(header: str) -> tuple[str, str]:
    """The stamp and the first signature of `t=1753000000,v1=…`; the stamp is digits or "0"."""
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    stamp = parts.get("t", "")
    return stamp if stamp.isascii() and stamp.isdigit() and len(stamp) <= 11 else "0", parts.get("v1", "")


def _error(answer: HttpAnswer) -> str | None:
    """The word of an error, where the answer is one."""
    if answer.status < 400:
        return None
    return JsonAnswer.read(answer, partner="payments", asked="an error", statuses=(answer.status,)).text(
        "error"
    )


def _wait(answer: HttpAnswer) -> timedelta | None:
    return timedelta(seconds=answer.retry_after_s) if answer.retry_after_s is not None else None


def _charge(exchange_id: ExchangeId, charge: JsonAnswer) -> Debited | Declined | InProgress:
    match charge.text("status"):
        case "succeeded":
            return Debited(
                exchange_id=exchange_id,
                reference=charge.text("id"),
                at=charge.moment("created"),
                lines=(DebitLine(wallet=POINTS, amount=charge.points("amount")),),
                service_id=charge.text("customer"),
            )
        case "failed" if (reason := DECLINES.get(charge.text("reason"))) is not None:
            return Declined(exchange_id=exchange_id, reason=reason)
        case "processing":
            return InProgress(exchange_id=exchange_id)
    raise charge.unclear("status is not a word that the API documents")


def _refund(reversal: Reversal, refund: JsonAnswer) -> Reversed | InProgress:
    match refund.text("status"):
        case "succeeded":
            return Reversed(
                reversal_id=reversal.reversal_id,
                reference=refund.text("id"),
                at=refund.moment("created"),
                lines=(DebitLine(wallet=POINTS, amount=refund.points("amount")),),
            )
        case "pending":
            return InProgress(exchange_id=reversal.exchange_id)
    raise refund.unclear("status is not a word that the API documents")


def _returned(amount: int) -> tuple[DebitLine, ...]:
    return (DebitLine(wallet=POINTS, amount=amount),) if amount else ()
