"""At the counter: the shop's phone takes points and sees the shop's own day, refunds and statements."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final

from pydantic import Field
from sqlalchemy import Connection

from gateway.api.city.fields import (
    CSV,
    PDF,
    CardPin,
    CodeText,
    CyclePath,
    Day,
    RefundWanted,
    SpendPath,
    TillPin,
    attachment,
)
from gateway.api.city.settlements import CycleRuleView, CycleView, ShopLineView
from gateway.api.city.shop_reports import BooksQuery
from gateway.api.city.shops import ShopCodeView, ShopEntryView
from gateway.api.city.spending import NOT_TAKEN
from gateway.api.city.spends import GivenBackView, ShopSpendView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.city.statements import StatementView
from gateway.api.fields import Points, Uuid, View
from gateway.cities.settlement.settlement import ShopStatement
from gateway.cities.settlement.settlement_csv import statement_csv
from gateway.cities.settlement.statement_pdf import statement_pdf
from gateway.cities.shops import shop_rights, shop_rows
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.spending import spend_rows
from gateway.cities.spending.spend_rows import PaymentResult
from gateway.cities.staff.staff_rows import StaffSession
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedResponse
from gateway.model import JST
from gateway.platform.roles import Action
from gateway.points import directory

api = Api()
STAFF: Final = AuthLevel.STAFF

LISTED_A_DAY: Final = 1_000


class SpendTaken(Strict):
    """`spend_id` is made by the shop's page and kept; sending the same again is the same payment.

    `code` is a pay code or a card; `pin` is typed by the holder of a card, where `pay-card-pin-needed` asks for it.
    """

    spend_id: Uuid
    code: Annotated[CodeText, Field(repr=False)]
    points: Points
    pin: Annotated[CardPin | None, Field(repr=False)] = None


class ShopRefund(RefundWanted):
    """`pin` is the shop's PIN for refunds, which a bound till has to send."""

    pin: Annotated[TillPin | None, Field(repr=False)] = None


class OwnShopView(ShopEntryView):
    """`has_bank` is null for who does not read the shop's books. `may_refund`: whether who asks may give points back here."""

    has_bank: bool | None
    may_refund: bool

    @classmethod
    def of(cls, shop: Shop, who: StaffSession) -> OwnShopView:
        return cls(
            **{name: getattr(shop, name) for name in ShopEntryView.model_fields},
            has_bank=shop.has_bank if shop_rights.sees_books(who) else None,
            may_refund=shop_rights.may_refund(who, shop),
        )


class ShopDayQuery(Strict):
    day: Day | None = None


class ShopDay(View):
    """A shop's day, newest first, with its sums. `may_refund`: whether who asks may give points back here."""

    day: date
    spends: list[ShopSpendView]
    points: int
    refunded_points: int
    may_refund: bool


class TakenView(View):
    """The shop's side of a payment; what the member has left is the member's affair."""

    spend: ShopSpendView
    replayed: bool

    @classmethod
    def of(cls, paid: PaymentResult) -> TakenView:
        return cls(spend=ShopSpendView.of(paid.spend), replayed=paid.replayed)


class ShopCycle(View):
    cycle: CycleView
    line: ShopLineView


class ShopCycles(View):
    """`rules`: how cycles end and are paid today, then each change that is to come."""

    cycles: list[ShopCycle]
    rules: list[CycleRuleView]


@api.get(
    "/v1/shop",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_OWN_SHOP,
    at_till=True,
    returns={200: OwnShopView},
    refuses=("unknown-shop",),
)
async def own_shop(call: StaffRequest) -> TypedResponse:
    """The shop to which this session belongs."""
    shop = await call.services.city.shops.get(call.staff.municipality, call.staff.own_shop)
    return TypedResponse(200, OwnShopView.of(shop, call.staff))


@api.get(
    "/v1/shop/code",
    tag="counter",
    caller=STAFF,
    action=Action.TAKE_POINTS,
    returns={200: ShopCodeView},
    refuses=("unknown-shop",),
)
async def own_shop_code(call: StaffRequest) -> TypedResponse:
    """What members scan or type to pay here."""
    shop = await call.services.city.shops.get(call.staff.municipality, call.staff.own_shop)
    return TypedResponse(
        200, ShopCodeView(shop_code=call.services.city.shops.code_of(shop), number=shop.number)
    )


@api.post(
    "/v1/shop/spends",
    tag="counter",
    caller=STAFF,
    action=Action.TAKE_POINTS,
    at_till=True,
    body=SpendTaken,
    returns={201: TakenView, 200: TakenView},
    refuses=(
        "pay-code-unknown", "pay-code-ended", "pay-code-used", "pay-code-unproven", "unknown-shop", *NOT_TAKEN, "pay-card-unknown",
        "pay-card-stopped", "pay-card-pin-needed", "pay-card-no-pin", "pay-card-pin-wrong", "pay-card-pin-locked",
    ),
)  # fmt: skip
async def take_points(call: StaffRequest[SpendTaken]) -> TypedResponse:
    """Take points with a member's code or card, scanned or typed. Whatever is refused here, nothing was taken.

    After a lost answer send the same again: it is the same payment (200), or it is made now (201).
    """
    paid = await call.services.city.spending.receive_payment(
        call.staff, call.body.spend_id, call.body.code, call.body.points, call.body.pin
    )
    return TypedResponse(200 if paid.replayed else 201, TakenView.of(paid))


@api.get(
    "/v1/shop/spends",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_OWN_SHOP,
    at_till=True,
    query=ShopDayQuery,
    returns={200: ShopDay},
    refuses=("till-only", "unknown-shop", "role-not-allowed"),
)
async def shop_day(call: StaffRequest[None, ShopDayQuery]) -> TypedResponse:
    """A day's payments at this shop, newest first, those that members made by the shop's code among them.

    A till sees today alone.
    """
    today = call.services.city.context.today
    day = call.query.day or today
    shop_rights.require_day_seen(call.staff, day, today)
    since = datetime.combine(day, time(), JST)
    until = since + timedelta(days=1)
    code, shop_id = call.staff.municipality, call.staff.own_shop

    def job(conn: Connection) -> ShopDay:
        spends = spend_rows.list_by_shop(conn, code, shop_id, since=since, until=until, limit=LISTED_A_DAY)
        points, refunded = spend_rows.sum_by_shop(conn, code, shop_id, since=since, until=until)
        return ShopDay(
            day=day,
            spends=[ShopSpendView.of(spend) for spend in spends],
            points=points,
            refunded_points=refunded,
            may_refund=shop_rights.may_refund(call.staff, shop_rows.require(conn, code, shop_id)),
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.get(
    "/v1/shop/spends/{spend_id}",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_OWN_SHOP,
    at_till=True,
    path=SpendPath,
    returns={200: ShopSpendView},
    refuses=("unknown-spend",),
)
async def shop_spend(call: StaffRequest[None, None, SpendPath]) -> TypedResponse:
    """One payment at this shop, of whatever day: what was taken at 23:59 is found after midnight.

    A till finds those of today and yesterday.
    """
    code, shop_id, spend_id = call.staff.municipality, call.staff.own_shop, call.path.spend_id
    since = shop_rights.sees_payments_since(call.staff, call.services.city.context.today)

    def job(conn: Connection) -> ShopSpendView:
        spend = spend_rows.require_of_city(conn, code, spend_id, shop_id=shop_id)
        if since is not None and spend.at < since:
            raise spend_rows.unknown_spend()
        return ShopSpendView.of(spend)

    return TypedResponse(200, await call.services.store.read(job))


@api.post(
    "/v1/shop/spends/{spend_id}/refunds",
    tag="counter",
    caller=STAFF,
    action=Action.REFUND_AT_SHOP,
    at_till=True,
    path=SpendPath,
    body=ShopRefund,
    returns={201: GivenBackView, 200: GivenBackView},
    refuses=(
        "unknown-spend",
        "unknown-shop",
        "till-refunds-off",
        "refund-too-late",
        "refund-too-much",
        "refund-expired",
        "id-reused",
        "reason-missing",
        "till-no-pin",
        "till-pin-needed",
        "till-pin-wrong",
        "till-pin-locked",
    ),
)
async def shop_refund(
    call: StaffRequest[ShopRefund, None, SpendPath],
) -> TypedResponse:
    """Give points back on the day of the payment; later the city's staff can. A till's log-in only where the owner lets it.

    A bound till sends the shop's PIN.
    """
    done = await call.services.city.spending.refund_by_shop(
        call.staff, call.body.refund_id, call.path.spend_id, call.body.points, call.body.reason, call.body.pin
    )
    return TypedResponse(200 if done.replayed else 201, GivenBackView.of(done))


@api.get(
    "/v1/shop/settlements",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    query=BooksQuery,
    returns={200: ShopCycles},
    refuses=("unknown-shop",),
)
async def shop_settlements(call: StaffRequest[None, BooksQuery]) -> TypedResponse:
    """The shop's last two dozen closed cycles: what was paid, and when."""
    city = call.services.city
    shop_id = await city.companies.books_shop(call.staff, call.query.shop_id)
    found = await city.settlements.list_by_shop(call.staff.municipality, shop_id)
    calendar = await city.settlements.calendar(call.staff.municipality)
    return TypedResponse(
        200,
        ShopCycles(
            cycles=[
                ShopCycle(cycle=CycleView.of(cycle), line=ShopLineView.of(line)) for cycle, line in found
            ],
            rules=CycleRuleView.list_of(calendar, city.context.today),
        ),
    )


@api.get(
    "/v1/shop/settlements/{starts_on}",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    path=CyclePath,
    query=BooksQuery,
    returns={200: StatementView},
    refuses=("unknown-cycle", "unknown-shop"),
)
async def shop_statement(call: StaffRequest[None, BooksQuery, CyclePath]) -> TypedResponse:
    """The shop's own statement of a cycle."""
    found = await _statement(call)
    return TypedResponse(200, StatementView.of(found))


@api.get(
    "/v1/shop/settlements/{starts_on}/csv",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    path=CyclePath,
    query=BooksQuery,
    returns={200: "text/csv"},
    refuses=("unknown-cycle", "unknown-shop"),
)
async def shop_statement_csv(call: StaffRequest[None, BooksQuery, CyclePath]) -> TypedResponse:
    """The shop's own statement for Excel."""
    found = await _statement(call)
    return TypedResponse(
        200, Content(statement_csv(found), CSV), attachment(f"statement-{call.path.starts_on}.csv")
    )


@api.get(
    "/v1/shop/settlements/{starts_on}/pdf",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    path=CyclePath,
    query=BooksQuery,
    returns={200: PDF},
    refuses=("unknown-cycle", "unknown-shop"),
)
async def shop_statement_pdf(call: StaffRequest[None, BooksQuery, CyclePath]) -> TypedResponse:
    """The shop's own statement to print and to keep."""
    found = await _statement(call)
    city = directory.require_municipality(call.staff.municipality)
    data = await asyncio.to_thread(statement_pdf, found, city.name)
    return TypedResponse(200, Content(data, PDF), attachment(f"statement-{call.path.starts_on}.pdf"))


async def _statement(call: StaffRequest[None, BooksQuery, CyclePath]) -> ShopStatement:
    city, code = call.services.city, call.staff.municipality
    shop_id = await city.companies.books_shop(call.staff, call.query.shop_id)
    return await city.settlements.statement(code, call.path.starts_on, shop_id)
