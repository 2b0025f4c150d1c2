"""What the API gives around shops and their settlement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from gateway.api.city.counter_responses import RefundView, ShopSpendView
from gateway.api.responses import View
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.cities.settlement.cycle_corrections import Correction
from gateway.cities.settlement.settlement import CycleCorrections, ShopStatement
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.shops.bank_accounts import BankAccount
from gateway.cities.shops.shop_rows import Shop
from gateway.points import directory


class ShopView(View):
    shop_id: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    has_bank: bool
    registered_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, shop: Shop) -> ShopView:
        return cls(**{name: getattr(shop, name) for name in cls.model_fields})


class ShopsPage(View):
    shops: list[ShopView]
    next_after: str | None


class PlaceView(View):
    """A shop as members see it."""

    shop_id: str
    municipality: str
    municipality_name: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str

    @classmethod
    def of(cls, shop: Shop) -> PlaceView:
        return cls(
            shop_id=shop.shop_id,
            municipality=shop.municipality,
            municipality_name=directory.require_municipality(shop.municipality).name,
            name=shop.name,
            name_kana=shop.name_kana,
            category=shop.category,
            address=shop.address,
            phone=shop.phone,
        )


class PlacesPage(View):
    shops: list[PlaceView]
    next_after: str | None


class ShopCodeView(View):
    """The text of the QR that stands at the counter."""

    shop_code: str


class BankView(View):
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    kind: int
    number_ends_with: str
    holder: str

    @classmethod
    def of(cls, account: BankAccount) -> BankView:
        return cls(
            bank_code=account.bank_code,
            bank_name=account.bank_name,
            branch_code=account.branch_code,
            branch_name=account.branch_name,
            kind=account.kind,
            number_ends_with=account.number[-3:],
            holder=account.holder,
        )


class BankOf(View):
    """Null as long as nobody has said where to pay."""

    account: BankView | None


class CycleView(View):
    starts_on: date
    ends_on: date
    pays_on: date

    @classmethod
    def of(cls, cycle: SettlementCycle) -> CycleView:
        return cls(starts_on=cycle.starts_on, ends_on=cycle.ends_on, pays_on=cycle.pays_on)


class CycleListed(View):
    """`paid_yen` is null while the cycle is not closed."""

    cycle: CycleView
    paid_yen: int | None


class CyclesList(View):
    cycles: list[CycleListed]


class ShopLineView(View):
    """Of what is in it, `corrections` lines correct earlier cycles, and change the sum by `corrected_yen`."""

    shop_id: str
    shop_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    yen: int
    corrections: int
    corrected_points: int
    corrected_yen: int
    brought_yen: int
    paid_yen: int
    carried_yen: int

    @classmethod
    def of(cls, line: ShopLine) -> ShopLineView:
        return cls(**{name: getattr(line, name) for name in cls.model_fields})


class SettlementView(View):
    """A cycle with a line a shop; not closed, it shows what closing now would give."""

    cycle: CycleView
    closed_at: datetime | None
    closed_by: str | None
    yen: int
    lines: list[ShopLineView]

    @classmethod
    def of(cls, settlement: Settlement) -> SettlementView:
        return cls(
            cycle=CycleView.of(settlement.cycle),
            closed_at=settlement.closed_at,
            closed_by=settlement.closed_by,
            yen=settlement.yen,
            lines=[ShopLineView.of(line) for line in settlement.lines],
        )


class ShopCycle(View):
    cycle: CycleView
    line: ShopLineView


class ShopCycles(View):
    cycles: list[ShopCycle]


class CorrectionView(View):
    """One line that corrects the cycle `corrects`, by what it adds to the shop's sum: a refund is below zero.

    Without a `refund_id` it is the payment itself, committed after the closing of its own cycle.
    """

    shop_id: str
    shop_name: str
    spend_id: str
    refund_id: str | None
    paid_at: datetime
    corrects: CycleView
    at: datetime
    points: int
    yen: int
    reason: str
    made_by: str

    @classmethod
    def of(cls, one: Correction) -> CorrectionView:
        plain: dict[str, Any] = {name: getattr(one, name) for name in cls.model_fields if name != "corrects"}
        return cls(**plain, corrects=CycleView.of(one.corrects))


class CorrectionsList(View):
    """What in a cycle corrects earlier ones, and its sums; it can still change while `closed_at` is null."""

    cycle: CycleView
    closed_at: datetime | None
    points: int
    yen: int
    corrections: list[CorrectionView]

    @classmethod
    def of(cls, found: CycleCorrections) -> CorrectionsList:
        return cls(
            cycle=CycleView.of(found.cycle),
            closed_at=found.closed_at,
            points=found.points,
            yen=found.yen,
            corrections=[CorrectionView.of(one) for one in found.corrections],
        )


class StatementView(View):
    """A shop's statement of a cycle, payment by payment; `closed_at` is null while it can still change.

    `corrections` tells which of the payments and refunds correct earlier cycles.
    """

    cycle: CycleView
    closed_at: datetime | None
    shop: ShopView
    line: ShopLineView
    spends: list[ShopSpendView]
    refunds: list[RefundView]
    corrections: list[CorrectionView]

    @classmethod
    def of(cls, statement: ShopStatement) -> StatementView:
        return cls(
            cycle=CycleView.of(statement.cycle),
            closed_at=statement.closed_at,
            shop=ShopView.of(statement.shop),
            line=ShopLineView.of(statement.line),
            spends=[ShopSpendView.of(one) for one in statement.spends],
            refunds=[RefundView.of(one) for one in statement.refunds],
            corrections=[CorrectionView.of(one) for one in statement.corrections],
        )
