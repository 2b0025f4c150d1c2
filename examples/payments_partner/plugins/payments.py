"""A payments API: redirect to agree, charges and refunds under Idempotency-Keys kept for 24 hours, decimals.

A sample of the shape, not of a company. What is worth looking at: a 201 that is a yes, a 202 that is "later", a 409
for a key that stands for another order, a 429 by which nothing was looked at, amounts such as "400.00", and
`find_reversal` for the time after the keys' life.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

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
    PartnerKind,
    PartnerProfile,
    PartnerSetup,
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
DECLINES = {
    "insufficient_points": DeclineReason.NOT_ENOUGH,
    "account_closed": DeclineReason.LINK_ENDED,
    "monthly_limit": DeclineReason.LIMIT_REACHED,
}


class Plugin:
    """Settings: `base_url`, `secret_key` (a secret)."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._http = setup.http
        self._clock = setup.clock
        self._key = setup.settings.secret("secret_key")
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
        await self._read("GET", "/v1/account")

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
    async def find_debit(self, exchange_id: ExchangeId) -> FindAnswer:
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
        return [
            DebitRecord(
                exchange_id=ExchangeId(row.text("metadata_exchange")),
                reference=row.text("id"),
                lines=(DebitLine(wallet=POINTS, amount=row.points("amount")),),
                at=row.moment("created"),
                given_back=_returned(row.points("refunded")),
                service_id=row.text("customer"),
            )
            for row in json_answer.rows("data")
            if row.text("status") == "succeeded"
        ]

    # --- how it is asked ----------------------------------------------------------------------------------------

    async def _read(self, method: str, path: str, **options: Any) -> JsonAnswer:
        return JsonAnswer.read(await self._send(method, path, **options), partner="payments", asked=path)

    async def _send(self, method: str, path: str, *, key: str = "", **options: Any) -> HttpAnswer:
        headers = {"Authorization": f"Bearer {self._key.reveal()}"}
        if key:
            headers["Idempotency-Key"] = key
        return await self._http.request(method, self._base_url + path, headers=headers, **options)


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
