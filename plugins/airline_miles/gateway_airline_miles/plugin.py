"""The hooks of サンプル航空: coupons. It has no `reverse_debit`: a redeemed coupon is given back by hand.

The airline's desk issues a new coupon on request; the operator notes its number with the reversal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from urllib.parse import quote

from gateway import (
    JST,
    Coupon,
    CouponRefused,
    CouponValue,
    DebitAnswer,
    Debited,
    DebitLine,
    DebitOrder,
    DebitRecord,
    Declined,
    DeclineReason,
    ExchangeId,
    IdReused,
    InProgress,
    JsonAnswer,
    Label,
    LinkKind,
    NoRecord,
    NotProcessed,
    NotSent,
    PartnerKind,
    PartnerProfile,
    PartnerSetup,
    RateTable,
    Wallet,
    hookimpl,
)
from gateway_airline_miles.client import AirlineClient
from gateway_airline_miles.codes import normalise
from gateway_airline_miles.rates import MILES, RATES

# The airline's documented words for a no. A word that is not here is not understood, hence not a no.
_DECLINES = {
    "used": DeclineReason.COUPON_USED,
    "expired": DeclineReason.COUPON_EXPIRED,
    "unknown": DeclineReason.COUPON_UNKNOWN,
    "wrong_amount": DeclineReason.REFUSED,
    "refused": DeclineReason.REFUSED,
}
_VALUE_REFUSALS = frozenset({"used", "expired", "unknown"})


class AirlineMiles:
    """One instance per gateway. Settings: `base_url`, `merchant_id`, `api_key` (a secret)."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._client = AirlineClient(setup)
        self._profile = PartnerProfile(
            id="airline_miles",
            name=Label("サンプル航空", "Sample Airline"),
            kind=PartnerKind.AIRLINE,
            link=LinkKind.COUPON,
            points_name=Label("サンプル航空マイル", "Sample Airline miles"),
            wallets=(Wallet(id=MILES, name=Label("マイル", "Miles")),),
            hosts=(self._client.host,),
            arrives_within=timedelta(days=1),
            debits_may_hide_for=timedelta(minutes=10),
            proves={"amount"},
            # The airline keeps order ids for good; a year is longer than anybody asks.
            keys_kept_for=timedelta(days=366),
            terms=Label(
                "クーポンコードは1回限り有効です。交換後の取消は、窓口での手続きになります。",
                "A coupon code is good once. Taking an exchange back is done by hand at the airline's desk.",
            ),
            notes=(
                Label(
                    "架空の航空会社です。交換レートは見本の値です。",
                    "This airline does not exist; its rates are sample values.",
                ),
            ),
        )

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return self._profile

    @hookimpl
    async def check_connection(self) -> None:
        answer = await self._client.ask("GET", "/api/hello")
        if answer.text("result") != "ok":
            raise answer.unclear("result is not ok")

    @hookimpl
    async def rate_table(self, at: datetime) -> RateTable:  # noqa: ARG002 - the table holds all rates
        return RATES

    @hookimpl
    async def coupon_value(self, coupon: Coupon) -> CouponValue:
        code = normalise(coupon.code.reveal())
        if code is None:
            raise CouponRefused("malformed", "the code's check symbol does not fit: it was mistyped")
        answer = await self._client.ask("POST", "/api/coupons/value", body={"code": code})
        if answer.text("result") == "refused" and answer.text("reason") in _VALUE_REFUSALS:
            raise CouponRefused(answer.text("reason"))
        if answer.text("result") != "valid":
            raise answer.unclear("result is not a word that the airline documents")
        return CouponValue(wallet=MILES, amount=answer.whole("miles"), expires_at=answer.moment("expiresAt"))

    @hookimpl
    async def debit(self, order: DebitOrder) -> DebitAnswer:
        if order.coupon is None or set(order.amounts) != {MILES}:
            raise NotSent("the airline is given a coupon and miles; nothing was sent")
        code = normalise(order.coupon.code.reveal())
        if code is None:
            # No coupon can have this code, now or later, so this is a no that stays one.
            return Declined(exchange_id=order.exchange_id, reason=DeclineReason.COUPON_UNKNOWN)
        answer = await self._client.order(
            "/api/redemptions",
            {"orderId": order.exchange_id, "code": code, "miles": order.amounts[MILES]},
            about={"orderId": order.exchange_id},
        )
        match answer.text("result"):
            case "unauthorized":
                return NotProcessed(exchange_id=order.exchange_id)
            case "conflict" if answer.text("reason") == "order_id_reused":
                return IdReused(exchange_id=order.exchange_id)
        return _redemption(order.exchange_id, answer)

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId) -> Debited | Declined | InProgress | NoRecord:
        answer = await self._client.ask(
            "GET", f"/api/redemptions/{quote(exchange_id, safe='')}", about={"orderId": exchange_id}
        )
        if answer.text("result") == "not_found":
            return NoRecord(exchange_id=exchange_id)
        return _redemption(exchange_id, answer)

    @hookimpl
    async def debits_on(self, day: date) -> Sequence[DebitRecord]:
        records: list[DebitRecord] = []
        after = 0
        while True:
            answer = await self._client.ask(
                "GET",
                "/api/redemptions",
                query={"day": day.isoformat(), "after": str(after)},
                about={"day": day.isoformat()},
            )
            if answer.text("result") != "ok":
                raise answer.unclear("result is not ok")
            records.extend(_record(row) for row in answer.rows("redemptions"))
            if not answer.has("next"):
                return records
            if answer.whole("next") <= after:
                raise answer.unclear("its pages go round in a circle")
            after = answer.whole("next")


def _redemption(exchange_id: ExchangeId, answer: JsonAnswer) -> Debited | Declined | InProgress:
    match answer.text("result"):
        case "redeemed":
            return Debited(
                exchange_id=exchange_id,
                reference=answer.text("reference"),
                at=answer.moment("redeemedAt"),
                lines=_lines(answer.whole("miles")),
            )
        case "declined" if (reason := _DECLINES.get(answer.text("reason"))) is not None:
            return Declined(exchange_id=exchange_id, reason=reason)
        case "in_progress":
            wait = (
                timedelta(seconds=answer.whole("askAfterSeconds")) if answer.has("askAfterSeconds") else None
            )
            return InProgress(exchange_id=exchange_id, ask_after=wait)
    raise answer.unclear("result is not a word that the airline documents")


def _record(row: JsonAnswer) -> DebitRecord:
    taken, given_back = _lines(row.whole("miles")), _lines(row.whole("milesReturned"))
    return DebitRecord(
        exchange_id=ExchangeId(row.text("orderId")),
        reference=row.text("reference"),
        lines=taken,
        at=row.moment("redeemedAt").astimezone(JST),
        reversed=given_back == taken,
        given_back=given_back,
    )


def _lines(miles: int) -> tuple[DebitLine, ...]:
    return (DebitLine(wallet=MILES, amount=miles),) if miles else ()
