"""The hooks of Acme, in the order in which one exchange meets them.

Read the TODOs from top to bottom; each names the page of the guide that explains its hook.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from gateway import (
    Coupon,
    CouponRefused,
    CouponValue,
    DebitAnswer,
    Debited,
    DebitLine,
    DebitOrder,
    Declined,
    DeclineReason,
    ExchangeId,
    FindAnswer,
    IdReused,
    InProgress,
    JsonAnswer,
    Label,
    LinkKind,
    NoRecord,
    NotSent,
    OutcomeUnknown,
    PartnerKind,
    PartnerProfile,
    PartnerSetup,
    RateTable,
    Wallet,
    hookimpl,
)
from gateway_acme.client import AcmeClient
from gateway_acme.rates import POINTS, RATES

# TODO: your documented words for a no; other words are no no. [point-gateway guide hooks/debit]
DECLINES = {
    "unknown": DeclineReason.COUPON_UNKNOWN,
    "used": DeclineReason.COUPON_USED,
    "refused": DeclineReason.REFUSED,
}


class Acme:
    """One instance per gateway. Settings: `base_url`, `api_key` (a secret)."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._client = AcmeClient(setup)
        self._profile = PartnerProfile(
            id="acme",
            # TODO: your names, your terms, your promises. [point-gateway guide hooks/partner_profile]
            name=Label("アクメ", "Acme"),
            kind=PartnerKind.OTHER,
            link=LinkKind.COUPON,
            points_name=Label("アクメポイント", "Acme points"),
            wallets=(Wallet(id=POINTS, name=Label("アクメポイント", "Acme points")),),
            hosts=(self._client.host,),
            arrives_within=timedelta(days=1),
            debits_may_hide_for=timedelta(minutes=10),
            proves={"amount"},
            keys_kept_for=timedelta(hours=24),
            terms=Label("交換後の取消はできません。", "An exchange cannot be taken back."),
        )

    @hookimpl
    def partner_profile(self) -> PartnerProfile:
        return self._profile

    @hookimpl
    async def check_connection(self) -> None:
        # TODO: a request that needs your credentials. [point-gateway guide hooks/check_connection]
        answer = await self._client.send("GET", "/v1/hello")
        if answer.text("result") != "ok":
            raise OutcomeUnknown("acme does not say that all is well")

    @hookimpl
    async def rate_table(self, at: datetime) -> RateTable:
        return RATES

    @hookimpl
    async def coupon_value(self, coupon: Coupon) -> CouponValue:
        # TODO: what a code is worth; asking must not spend it. [point-gateway guide hooks/coupon_value]
        answer = await self._client.send("POST", "/v1/coupons/value", {"code": coupon.code.reveal()})
        if answer.text("result") == "refused" and answer.text("reason") in {"unknown", "used", "expired"}:
            raise CouponRefused(answer.text("reason"))
        if answer.text("result") != "valid":
            raise OutcomeUnknown("acme does not say what the coupon is worth")
        return CouponValue(wallet=POINTS, amount=answer.whole("points"))

    @hookimpl
    async def debit(self, order: DebitOrder) -> DebitAnswer:
        # TODO: take the points, once; the exchange id is the key. [point-gateway guide hooks/debit]
        if order.coupon is None or set(order.amounts) != {POINTS}:
            raise NotSent("acme takes a coupon; nothing was sent")
        answer = await self._client.send(
            "POST",
            "/v1/debits",
            {
                "exchange_id": order.exchange_id,
                "code": order.coupon.code.reveal(),
                "points": order.amounts[POINTS],
            },
            about={"exchange_id": order.exchange_id},
        )
        return _read_debit(order.exchange_id, answer)

    @hookimpl
    async def find_debit(self, exchange_id: ExchangeId) -> FindAnswer:
        # TODO: NoRecord only for your documented word. [point-gateway guide hooks/find_debit]
        answer = await self._client.send(
            "GET", f"/v1/debits/{quote(exchange_id, safe='')}", about={"exchange_id": exchange_id}
        )
        if answer.text("result") == "not_found":
            return NoRecord(exchange_id=exchange_id)
        return _read_debit(exchange_id, answer)


def _read_debit(exchange_id: ExchangeId, answer: JsonAnswer) -> Debited | Declined | InProgress | IdReused:
    match answer.text("result"):
        case "debited":
            return Debited(
                exchange_id=exchange_id,
                reference=answer.text("reference"),
                at=answer.moment("at"),
                lines=(DebitLine(wallet=POINTS, amount=answer.whole("points")),),
            )
        case "id_reused":
            return IdReused(exchange_id=exchange_id)
        case "declined" if (reason := DECLINES.get(answer.text("reason"))) is not None:
            return Declined(exchange_id=exchange_id, reason=reason)
        case "in_progress":
            return InProgress(exchange_id=exchange_id)
    raise OutcomeUnknown("acme says neither yes nor no")
