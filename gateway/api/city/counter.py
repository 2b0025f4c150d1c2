"""At the counter: the shop's phone takes points, the member shows or scans a code; both see it at once."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import Connection

from core_ledger import chart
from gateway.api.city import counter_responses, rules_responses, shops_responses
from gateway.api.city import requests as asked
from gateway.api.city.grants import CSV, PDF, attachment
from gateway.api.requests import PageQuery, PointServicePath
from gateway.cities.settlement.settlement_csv import statement_csv
from gateway.cities.settlement.statement_pdf import statement_pdf
from gateway.cities.shops import shop_rows
from gateway.cities.spending import spend_rows
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, Content, TypedRequest, TypedResponse
from gateway.model import JST
from gateway.platform.roles import Action
from gateway.points import directory, expiry
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF
SHOP: Final = Action.TAKE_POINTS
LISTED_A_DAY: Final = 1_000
NOT_TAKEN: Final = ("shop-closed", "not-enough-points", "limit-of-the-day", "id-reused")


# --- the shop ------------------------------------------------------------------------------------------------------


@api.get(
    "/v1/shop",
    tag="counter",
    caller=STAFF,
    action=SHOP,
    returns={200: shops_responses.ShopView},
    refuses=("unknown-shop",),
)
async def own_shop(call: TypedRequest[None, Services]) -> TypedResponse:
    """The shop to which this session belongs."""
    shop = await call.services.city.shops.get(call.staff.municipality, call.staff.own_shop)
    return TypedResponse(200, shops_responses.ShopView.of(shop))


@api.get(
    "/v1/shop/code",
    tag="counter",
    caller=STAFF,
    action=SHOP,
    returns={200: shops_responses.ShopCodeView},
    refuses=("unknown-shop",),
)
async def own_shop_code(call: TypedRequest[None, Services]) -> TypedResponse:
    """The text of the QR that members scan to pay here."""
    shop = await call.services.city.shops.get(call.staff.municipality, call.staff.own_shop)
    return TypedResponse(200, shops_responses.ShopCodeView(shop_code=call.services.city.shops.code_of(shop)))


@api.post(
    "/v1/shop/spends",
    tag="counter",
    caller=STAFF,
    action=SHOP,
    body=asked.SpendTaken,
    returns={201: counter_responses.TakenView, 200: counter_responses.TakenView},
    refuses=("pay-code-unknown", "pay-code-ended", "pay-code-used", "unknown-shop", *NOT_TAKEN),
)
async def take_points(call: TypedRequest[asked.SpendTaken, Services]) -> TypedResponse:
    """Take points with a member's code, scanned or typed. Whatever is refused here, nothing was taken.

    After a lost answer send the same again: it is the same payment (200), or it is made now (201).
    """
    paid = await call.services.city.spending.receive_payment(
        call.staff, call.body.spend_id, call.body.code, call.body.points
    )
    return TypedResponse(200 if paid.replayed else 201, counter_responses.TakenView.of(paid))


@api.get(
    "/v1/shop/spends",
    tag="counter",
    caller=STAFF,
    action=SHOP,
    query=asked.ShopDayQuery,
    returns={200: counter_responses.ShopDay},
)
async def shop_day(call: TypedRequest[None, Services, asked.ShopDayQuery]) -> TypedResponse:
    """A day's payments at this shop, newest first, those that members made by the shop's code among them."""
    day = call.query.day or call.services.city.desk.today
    since = datetime.combine(day, time(), JST)
    until = since + timedelta(days=1)
    code, shop_id = call.staff.municipality, call.staff.own_shop

    def job(conn: Connection) -> counter_responses.ShopDay:
        found = spend_rows.of_shop(conn, code, shop_id, since=since, until=until, limit=LISTED_A_DAY)
        points, refunded = spend_rows.sums_of_shop(conn, code, shop_id, since=since, until=until)
        return counter_responses.ShopDay(
            day=day,
            spends=[counter_responses.ShopSpendView.of(one) for one in found],
            points=points,
            refunded_points=refunded,
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.post(
    "/v1/shop/spends/{spend_id}/refunds",
    tag="counter",
    caller=STAFF,
    action=SHOP,
    path=asked.SpendPath,
    body=asked.RefundWanted,
    returns={201: counter_responses.GivenBackView, 200: counter_responses.GivenBackView},
    refuses=("unknown-spend", "refund-too-late", "refund-too-much", "id-reused", "reason-missing"),
)
async def shop_refund(
    call: TypedRequest[asked.RefundWanted, Services, None, asked.SpendPath],
) -> TypedResponse:
    """Give points back on the day of the payment; later the city's staff can."""
    done = await call.services.city.spending.refund_by_shop(
        call.staff, call.body.refund_id, call.path.spend_id, call.body.points, call.body.reason
    )
    return TypedResponse(200 if done.replayed else 201, counter_responses.GivenBackView.of(done))


@api.get(
    "/v1/shop/settlements",
    tag="counter",
    caller=STAFF,
    action=SHOP,
    returns={200: shops_responses.ShopCycles},
    refuses=("unknown-shop",),
)
async def shop_settlements(call: TypedRequest[None, Services]) -> TypedResponse:
    """The shop's last two dozen closed cycles: what was paid, and when."""
    found = await call.services.city.settlements.of_shop(call.staff.municipality, call.staff.own_shop)
    return TypedResponse(
        200,
        shops_responses.ShopCycles(
            cycles=[
                shops_responses.ShopCycle(
                    cycle=shops_responses.CycleView.of(cycle), line=shops_responses.ShopLineView.of(line)
                )
                for cycle, line in found
            ]
        ),
    )


@api.get(
    "/v1/shop/settlements/{starts_on}",
    tag="counter",
    caller=STAFF,
    action=SHOP,
    path=asked.CyclePath,
    returns={200: shops_responses.StatementView},
    refuses=("unknown-cycle", "unknown-shop"),
)
async def shop_statement(call: TypedRequest[None, Services, None, asked.CyclePath]) -> TypedResponse:
    """The shop's own statement of a cycle."""
    found = await call.services.city.settlements.statement(
        call.staff.municipality, call.path.starts_on, call.staff.own_shop
    )
    return TypedResponse(200, shops_responses.StatementView.of(found))


@api.get(
    "/v1/shop/settlements/{starts_on}/csv",
    tag="counter",
    caller=STAFF,
    action=SHOP,
    path=asked.CyclePath,
    returns={200: "text/csv"},
    refuses=("unknown-cycle", "unknown-shop"),
)
async def shop_statement_csv(call: TypedRequest[None, Services, None, asked.CyclePath]) -> TypedResponse:
    """The shop's own statement for Excel."""
    found = await call.services.city.settlements.statement(
        call.staff.municipality, call.path.starts_on, call.staff.own_shop
    )
    return TypedResponse(
        200, Content(statement_csv(found), CSV), attachment(f"statement-{call.path.starts_on}.csv")
    )


@api.get(
    "/v1/shop/settlements/{starts_on}/pdf",
    tag="counter",
    caller=STAFF,
    action=SHOP,
    path=asked.CyclePath,
    returns={200: PDF},
    refuses=("unknown-cycle", "unknown-shop"),
)
async def shop_statement_pdf(call: TypedRequest[None, Services, None, asked.CyclePath]) -> TypedResponse:
    """The shop's own statement to print and to keep."""
    code = call.staff.municipality
    found = await call.services.city.settlements.statement(code, call.path.starts_on, call.staff.own_shop)
    data = await asyncio.to_thread(statement_pdf, found, directory.require_municipality(code).name)
    return TypedResponse(200, Content(data, PDF), attachment(f"statement-{call.path.starts_on}.pdf"))


# --- the member ------------------------------------------------------------------------------------------------------


@api.get(
    "/v1/shops",
    tag="directory",
    caller=AuthLevel.CLIENT,
    query=asked.CityShopsQuery,
    returns={200: shops_responses.PlacesPage},
    refuses=("unknown-municipality",),
)
async def list_places(call: TypedRequest[None, Services, asked.CityShopsQuery]) -> TypedResponse:
    """Where a city's points can be used (自治体ポイントナビ)."""
    query = call.query
    directory.require_municipality(query.municipality)
    found = await call.services.city.shops.listed(
        query.municipality, named=query.name or "", after=query.after, limit=query.limit
    )
    more = found[-1].shop_id if len(found) == query.limit else None
    return TypedResponse(
        200,
        shops_responses.PlacesPage(
            shops=[shops_responses.PlaceView.of(one) for one in found], next_after=more
        ),
    )


@api.post(
    "/v1/pay-codes",
    tag="spending",
    caller=AuthLevel.MEMBER,
    body=asked.PayCodeWanted,
    returns={201: counter_responses.PayCodeView},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def make_pay_code(call: TypedRequest[asked.PayCodeWanted, Services]) -> TypedResponse:
    """Make a code to show at a counter: sixty seconds, once. Ask for the next one before it ends."""
    code = await call.services.city.codes.make(
        call.member.member_id, call.body.municipality, call.body.point_service
    )
    return TypedResponse(201, counter_responses.PayCodeView.of(code))


@api.get(
    "/v1/pay-codes/{digits}",
    tag="spending",
    caller=AuthLevel.MEMBER,
    path=asked.PayCodePath,
    returns={200: counter_responses.PayCodeState},
    refuses=("pay-code-unknown",),
)
async def pay_code_state(call: TypedRequest[None, Services, None, asked.PayCodePath]) -> TypedResponse:
    """Whether a shop has taken points with this code of the member's own, and how many."""
    member_id = call.member.member_id
    spend_id = await call.services.city.codes.used_for(member_id, call.path.digits)
    if spend_id is None:
        return TypedResponse(200, counter_responses.PayCodeState(spend=None, shop_name=None))

    def job(conn: Connection) -> counter_responses.PayCodeState:
        spend = spend_rows.find_spend(conn, chart.member_book(member_id), spend_id)
        if spend is None:
            return counter_responses.PayCodeState(spend=None, shop_name=None)
        shop = shop_rows.require(conn, spend.municipality, spend.shop_id)
        return counter_responses.PayCodeState(
            spend=counter_responses.SpendView.of(spend), shop_name=shop.name
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.post(
    "/v1/shop-codes",
    tag="spending",
    caller=AuthLevel.MEMBER,
    body=asked.ShopCodeScanned,
    returns={200: shops_responses.PlaceView},
    refuses=("shop-code-wrong", "unknown-shop", "shop-closed"),
)
async def read_shop_code(call: TypedRequest[asked.ShopCodeScanned, Services]) -> TypedResponse:
    """Whose code the member has scanned, to be shown before the amount is typed."""
    return TypedResponse(
        200, shops_responses.PlaceView.of(await call.services.city.shops.by_code(call.body.shop_code))
    )


@api.post(
    "/v1/spends",
    tag="spending",
    caller=AuthLevel.MEMBER,
    body=asked.SpendWanted,
    returns={201: counter_responses.PaidView, 200: counter_responses.PaidView},
    refuses=("shop-code-wrong", "unknown-shop", "unknown-municipality", "unknown-point-service", *NOT_TAKEN),
)
async def pay_shop(call: TypedRequest[asked.SpendWanted, Services]) -> TypedResponse:
    """Pay the shop whose code was scanned, under an id that you made; the same again is the same payment (200)."""
    body = call.body
    paid = await call.services.city.spending.pay(
        call.member.member_id, body.spend_id, body.shop_code, body.point_service, body.points
    )
    return TypedResponse(200 if paid.replayed else 201, counter_responses.PaidView.of(paid))


@api.get(
    "/v1/spends",
    tag="spending",
    caller=AuthLevel.MEMBER,
    query=PageQuery,
    returns={200: counter_responses.Spends},
)
async def list_spends(call: TypedRequest[None, Services, PageQuery]) -> TypedResponse:
    """The member's payments, newest first."""
    book, limit = chart.member_book(call.member.member_id), call.query.limit
    found = await call.services.store.read(lambda conn: spend_rows.of_member(conn, book, limit))
    return TypedResponse(
        200, counter_responses.Spends(spends=[counter_responses.SpendView.of(one) for one in found])
    )


@api.get(
    "/v1/spends/{spend_id}",
    tag="spending",
    caller=AuthLevel.MEMBER,
    path=asked.SpendPath,
    returns={200: counter_responses.PaidView},
    refuses=("unknown-spend",),
)
async def get_spend(call: TypedRequest[None, Services, None, asked.SpendPath]) -> TypedResponse:
    """One payment of the member's own, for a receipt; `left` is what can be used now."""
    member_id, spend_id = call.member.member_id, call.path.spend_id
    paid = await call.services.city.spending.of_member(member_id, spend_id)
    return TypedResponse(200, counter_responses.PaidView.of(paid))


@api.get(
    "/v1/expiries/{municipality}/{point_service}",
    tag="points",
    caller=AuthLevel.MEMBER,
    path=PointServicePath,
    returns={200: rules_responses.Expiries},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def list_expiries(call: TypedRequest[None, Services, None, PointServicePath]) -> TypedResponse:
    """What of the member's points expires when, the soonest first."""
    code, service, member_id = call.path.municipality, call.path.point_service, call.member.member_id

    def job(conn: Connection) -> rules_responses.Expiries:
        directory.require_known_service(conn, code, service)
        return rules_responses.Expiries.of(expiry.what_expires(conn, member_id, code, service))

    return TypedResponse(200, await call.services.store.read(job))
