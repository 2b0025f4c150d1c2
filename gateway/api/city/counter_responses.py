"""What the API gives at the counter: codes, payments, refunds."""

from __future__ import annotations

from datetime import date, datetime

from gateway.api.points_responses import LotView
from gateway.api.responses import View
from gateway.cities.spending.pay_codes import PayCode
from gateway.cities.spending.spend_rows import PaymentResult, Refund, Spend
from gateway.cities.spending.spending import RefundResult


class PayCodeView(View):
    """`qr` is the QR's text, `digits` what is typed at the counter; ask for a new one before `ends_at`."""

    qr: str
    digits: str
    made_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, code: PayCode) -> PayCodeView:
        return cls(qr=code.qr, digits=code.digits, made_at=code.made_at, ends_at=code.ends_at)


class SpendView(View):
    spend_id: str
    municipality: str
    point_service: str
    shop_id: str
    points: int
    yen: int
    refunded_points: int
    way: str
    at: datetime
    lots: list[LotView]

    @classmethod
    def of(cls, spend: Spend) -> SpendView:
        plain = {name: getattr(spend, name) for name in cls.model_fields if name != "lots"}
        return cls(**plain, lots=[LotView(issued_on=lot.issued_on, points=lot.points) for lot in spend.lots])


class Spends(View):
    spends: list[SpendView]


class ShopSpendView(View):
    """A payment as the shop sees it: no member, no days of issue."""

    spend_id: str
    points: int
    yen: int
    refunded_points: int
    way: str
    at: datetime

    @classmethod
    def of(cls, spend: Spend) -> ShopSpendView:
        return cls(**{name: getattr(spend, name) for name in cls.model_fields})


class ShopDay(View):
    """A shop's day, newest first, with its sums."""

    day: date
    spends: list[ShopSpendView]
    points: int
    refunded_points: int


class PaidView(View):
    """The member's side of a payment; `left` is what can still be used."""

    spend: SpendView
    shop_name: str
    left: int
    replayed: bool

    @classmethod
    def of(cls, paid: PaymentResult) -> PaidView:
        return cls(
            spend=SpendView.of(paid.spend), shop_name=paid.shop_name, left=paid.left, replayed=paid.replayed
        )


class TakenView(View):
    """The shop's side of a payment; what the member has left is the member's affair."""

    spend: ShopSpendView
    replayed: bool

    @classmethod
    def of(cls, paid: PaymentResult) -> TakenView:
        return cls(spend=ShopSpendView.of(paid.spend), replayed=paid.replayed)


class PayCodeState(View):
    """Null while the code was not used; the portal asks every second or two while it shows the code."""

    spend: SpendView | None
    shop_name: str | None


class RefundView(View):
    refund_id: str
    spend_id: str
    points: int
    yen: int
    reason: str
    made_by: str
    at: datetime

    @classmethod
    def of(cls, refund: Refund) -> RefundView:
        return cls(**{name: getattr(refund, name) for name in cls.model_fields})


class GivenBackView(View):
    refund: RefundView
    spend: ShopSpendView
    replayed: bool

    @classmethod
    def of(cls, done: RefundResult) -> GivenBackView:
        return cls(
            refund=RefundView.of(done.refund), spend=ShopSpendView.of(done.spend), replayed=done.replayed
        )


class CitySpend(View):
    """A payment as the city's staff looks it up, with what was given back of it."""

    spend: ShopSpendView
    shop_id: str
    refunds: list[RefundView]
