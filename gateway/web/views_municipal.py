"""What the API gives around rules, grants, shops, spending and settlement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Self

from gateway import directory
from gateway.model import Label
from gateway.municipal.bank_accounts import BankAccount
from gateway.municipal.business_days import Cycle
from gateway.municipal.expiry import ExpiryDue
from gateway.municipal.grant_csv import FAULTS
from gateway.municipal.grant_files import FileLine, GrantFile
from gateway.municipal.grant_projects import GrantProject
from gateway.municipal.grants import Granted
from gateway.municipal.open_exchanges import OpenAtPartner
from gateway.municipal.partner_settlement import PartnerMonth
from gateway.municipal.pay_codes import PayCode
from gateway.municipal.point_rules import RuleVersion
from gateway.municipal.settlement import Settlement, ShopLine, ShopStatement
from gateway.municipal.shop_records import Shop
from gateway.municipal.spend_records import Refund, Spend
from gateway.municipal.spending import GivenBack, Paid
from gateway.web.views import LabelView, View
from gateway.web.views_points import LotView

WORSE_JA = {
    "points-expire-earlier": "ポイントの有効期限が短くなります",
    "points-are-worth-less": "ポイントの価値が下がります",
    "less-can-be-spent-a-day": "1日に使えるポイントが少なくなります",
    "less-can-be-granted-a-day": "1日に受け取れるポイントが少なくなります",
    "closed-for-direct-exchange": "直接の交換ができなくなります",
}


class WorseView(View):
    """What members lose: a stable word and what pages show."""

    word: str
    ja: str


class RuleView(View):
    """One version. `state`: past, in_force or upcoming. Limits are points by member and day."""

    version: int
    state: str
    takes_effect_on: date
    expiry: str
    expiry_count: int
    expiry_day: date | None
    unit_value_yen: int
    open_for_direct_exchange: bool
    most_spent_a_day: int | None
    most_granted_a_day: int | None
    worse: list[WorseView]
    decided_at: datetime

    @classmethod
    def of(cls, one: RuleVersion, state: str) -> RuleView:
        rule = one.rule
        return cls(
            version=one.version,
            state=state,
            takes_effect_on=one.takes_effect_on,
            expiry=rule.expiry,
            expiry_count=rule.expiry_count,
            expiry_day=rule.expiry_day,
            unit_value_yen=rule.unit_value_yen,
            open_for_direct_exchange=rule.open_for_direct_exchange,
            most_spent_a_day=rule.most_spent_a_day,
            most_granted_a_day=rule.most_granted_a_day,
            worse=[WorseView(word=word, ja=WORSE_JA[word]) for word in one.worse],
            decided_at=one.decided_at,
        )


class Rules(View):
    municipality: str
    point_service: str
    name: str
    rules: list[RuleView]

    @classmethod
    def of(cls, code: str, service: str, name: str, found: Sequence[RuleVersion], today: date) -> Rules:
        past = [one for one in found if one.takes_effect_on <= today]
        current = past[-1].version if past else None

        def state(one: RuleVersion) -> str:
            if one.version == current:
                return "in_force"
            return "past" if one.takes_effect_on <= today else "upcoming"

        return cls(
            municipality=code,
            point_service=service,
            name=name,
            rules=[RuleView.of(one, state(one)) for one in found],
        )


class ExpiryView(View):
    issued_on: date
    last_day: date | None
    points: int


class Expiries(View):
    """What a member has, the soonest to expire first; `last_day` null is never."""

    points: list[ExpiryView]

    @classmethod
    def of(cls, found: Sequence[ExpiryDue]) -> Expiries:
        return cls(
            points=[
                ExpiryView(issued_on=one.issued_on, last_day=one.last_day, points=one.points) for one in found
            ]
        )


class ServiceBalanceView(View):
    point_service: str
    points: int


class CityMemberView(View):
    """A member as the city's staff may see one who has its points, or has chosen it as 基本自治体."""

    mykey_id: str
    display_name: str
    balances: list[ServiceBalanceView]


class ProjectView(View):
    project_id: str
    point_service: str
    name: str
    place: str
    content: str
    starts_on: date
    ends_on: date
    points_each: int
    budget: int
    granted: int
    left: int
    venue: bool
    open: bool
    created_at: datetime

    @classmethod
    def of(cls, project: GrantProject) -> ProjectView:
        plan = project.plan
        return cls(
            project_id=plan.project_id,
            point_service=plan.point_service,
            name=plan.name,
            place=plan.place,
            content=plan.content,
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            points_each=plan.points_each,
            budget=plan.budget,
            granted=project.granted,
            left=project.left,
            venue=plan.venue,
            open=project.is_open,
            created_at=project.created_at,
        )


class Projects(View):
    projects: list[ProjectView]


class VenueCode(View):
    """The text of the QR that the venue shows; it serves on this day only."""

    venue_code: str
    day: date


class GrantedView(View):
    project_id: str
    project_name: str
    municipality: str
    point_service: str
    points: int
    issued_on: date
    replayed: bool

    @classmethod
    def of(cls, granted: Granted) -> GrantedView:
        project = granted.project
        return cls(
            project_id=project.plan.project_id,
            project_name=project.plan.name,
            municipality=project.municipality,
            point_service=project.plan.point_service,
            points=granted.receipt.points,
            issued_on=granted.receipt.lots[0].issued_on,
            replayed=granted.replayed,
        )


class FileView(View):
    """`state`: checking, faulty, checked, approved (being applied), applied or cancelled."""

    file_id: str
    project_id: str
    name: str
    state: str
    lines: int
    faults: int
    points: int
    uploaded_by: str
    uploaded_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    granted_lines: int
    granted_points: int
    ended_at: datetime | None

    @classmethod
    def of(cls, file: GrantFile) -> FileView:
        names = set(cls.model_fields)
        return cls(**{name: getattr(file, name) for name in names})


class Files(View):
    files: list[FileView]


class FileLineView(View):
    line: int
    mykey_id: str
    points: int
    note: str
    fault: str | None
    fault_ja: str | None

    @classmethod
    def of(cls, line: FileLine) -> FileLineView:
        return cls(
            line=line.line,
            mykey_id=line.mykey_id,
            points=line.points,
            note=line.note,
            fault=line.fault,
            fault_ja=FAULTS.get(line.fault) if line.fault else None,
        )


class FileLines(View):
    lines: list[FileLineView]
    next_after: int | None


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
    def of(cls, paid: Paid) -> PaidView:
        return cls(
            spend=SpendView.of(paid.spend), shop_name=paid.shop_name, left=paid.left, replayed=paid.replayed
        )


class TakenView(View):
    """The shop's side of a payment; what the member has left is the member's affair."""

    spend: ShopSpendView
    replayed: bool

    @classmethod
    def of(cls, paid: Paid) -> TakenView:
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
    def of(cls, done: GivenBack) -> GivenBackView:
        return cls(
            refund=RefundView.of(done.refund), spend=ShopSpendView.of(done.spend), replayed=done.replayed
        )


class CitySpend(View):
    """A payment as the city's staff looks it up, with what was given back of it."""

    spend: ShopSpendView
    shop_id: str
    refunds: list[RefundView]


class CycleView(View):
    starts_on: date
    ends_on: date
    pays_on: date

    @classmethod
    def of(cls, cycle: Cycle) -> CycleView:
        return cls(starts_on=cycle.starts_on, ends_on=cycle.ends_on, pays_on=cycle.pays_on)


class CycleListed(View):
    """`paid_yen` is null while the cycle is not closed."""

    cycle: CycleView
    paid_yen: int | None


class CyclesList(View):
    cycles: list[CycleListed]


class ShopLineView(View):
    shop_id: str
    shop_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    yen: int
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


class StatementView(View):
    """A shop's statement of a cycle, payment by payment; `closed_at` is null while it can still change."""

    cycle: CycleView
    closed_at: datetime | None
    shop: ShopView
    line: ShopLineView
    spends: list[ShopSpendView]
    refunds: list[RefundView]

    @classmethod
    def of(cls, statement: ShopStatement) -> StatementView:
        return cls(
            cycle=CycleView.of(statement.cycle),
            closed_at=statement.closed_at,
            shop=ShopView.of(statement.shop),
            line=ShopLineView.of(statement.line),
            spends=[ShopSpendView.of(one) for one in statement.spends],
            refunds=[RefundView.of(one) for one in statement.refunds],
        )


class ManyRows(View):
    """A list of thousands of plain rows, read from the values themselves in one go: ten times as quick as one by one."""

    @classmethod
    def of(cls, **rows: Any) -> Self:
        return cls.model_validate(rows, from_attributes=True)


class DayFigureView(View):
    day: date
    figure: str
    party: str
    moves: int
    points: int


class DayFigures(ManyRows):
    """`figure`: granted, exchanged, campaign, allocated, refunded come in; spent, expired, reversed go out."""

    figures: list[DayFigureView]


class DayTotalView(View):
    day: date
    figure: str
    moves: int
    points: int


class DayTotals(ManyRows):
    """The figures of all parties together, day by day."""

    totals: list[DayTotalView]


class PartyTotalView(View):
    figure: str
    party: str
    moves: int
    points: int


class PartyTotals(ManyRows):
    """The figures of a period by shop, partner or project; the largest of each figure first."""

    totals: list[PartyTotalView]


class MonthOfIssueView(View):
    month: str
    issued: int
    held: int
    spent: int
    expired: int
    reversed: int


class MonthsOfIssue(ManyRows):
    """issued = held + spent + expired + reversed, for every month of issue; `held` is what is unused."""

    months: list[MonthOfIssueView]


class ExpiringView(View):
    last_day: date | None
    points: int


class ExpiringList(ManyRows):
    """Unused points by the last day on which they can be used; null: they never expire."""

    expiring: list[ExpiringView]


class OpenExchangesView(View):
    partner_id: str
    state: str
    exchanges: int
    points: int
    oldest_sent_at: datetime | None


class OpenExchangesList(ManyRows):
    """Exchanges into the city's points whose outcome is not known yet: sending, open or needs_a_person."""

    open: list[OpenExchangesView]


class IssueFigureView(View):
    issued_on: date
    issued: int
    held: int
    spent: int
    expired: int
    reversed: int
    last_day: date | None


class IssueFigures(ManyRows):
    """issued = held + spent + expired + reversed, for every day of issue."""

    figures: list[IssueFigureView]


class CityPartner(View):
    """`open_exchanges` to this city, for `open_points`, the oldest sent at `oldest_at`; some wait for a person."""

    partner_id: str
    name: LabelView
    open_exchanges: int
    open_points: int
    oldest_at: datetime | None
    waiting_for_a_person: int

    @classmethod
    def of(cls, partner_id: str, name: Label | None, found: OpenAtPartner | None) -> CityPartner:
        return cls(
            partner_id=partner_id,
            name=LabelView.of(name or Label(partner_id, partner_id)),
            open_exchanges=found.exchanges if found else 0,
            open_points=found.points if found else 0,
            oldest_at=found.oldest_sent_at if found else None,
            waiting_for_a_person=found.waiting_for_a_person if found else 0,
        )


class CityPartners(View):
    partners: list[CityPartner]


class UnusedView(View):
    """Unused points of each point service at the end of a day (for 31 March and 30 September)."""

    day: date
    services: list[ServiceBalanceView]
    points: int


class RateLineView(View):
    owed_by: str
    wallet: str
    cost_per_unit: int
    points_per_unit: int
    campaign: str
    exchanges: int
    units: int
    points: int


class PartnerMonthView(View):
    """`owes` is the partner's own part, after reversals and corrections; campaigns are owed by their funders."""

    partner_id: str
    month: str
    lines: list[RateLineView]
    exchanges: int
    compared: int
    reversed_points: int
    closed_differences: int
    corrected_points: int
    open_outcomes: int
    owes: int
    reconciled: bool

    @classmethod
    def of(cls, month: PartnerMonth) -> PartnerMonthView:
        plain: dict[str, Any] = {name: getattr(month, name) for name in cls.model_fields if name != "lines"}
        lines = [
            RateLineView(**{name: getattr(line, name) for name in RateLineView.model_fields})
            for line in month.lines
        ]
        return cls(**plain, lines=lines)


class PartnerMonths(View):
    partners: list[PartnerMonthView]
