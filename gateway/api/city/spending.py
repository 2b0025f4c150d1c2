"""The member's side of spending: where points can be used, pay codes, payments, what expires when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints
from sqlalchemy import Connection

from core_ledger import chart
from gateway.api.city.fields import CodeText, ShopId, SpendPath
from gateway.api.fields import (
    MunicipalityCode,
    PageQuery,
    Points,
    PointServiceId,
    PointServicePath,
    Uuid,
    View,
)
from gateway.api.member_request import MemberRequest
from gateway.api.points import LotView
from gateway.cities.shops import shop_rows
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.spending import spend_rows
from gateway.cities.spending.pay_codes import PayCode
from gateway.cities.spending.spend_rows import PaymentResult, Spend
from gateway.http.authentication import ActingRight, AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.members import representations
from gateway.members.step_up import is_fresh
from gateway.platform.romaji import romaji
from gateway.points import directory, expiry
from gateway.points.expiry import ExpiryDue
from gateway.services import Services

api = Api()

NOT_TAKEN: Final = ("shop-closed", "not-enough-points", "limit-of-the-day", "id-reused")


class CityShopsQuery(Strict):
    """`name` finds shops by a part of their name, reading or its Latin letters, in any width and either kana."""

    municipality: MunicipalityCode
    name: Words | None = None
    after: ShopId | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class PayCodeWanted(Strict):
    municipality: MunicipalityCode
    point_service: PointServiceId


class PayCodePath(Strict):
    digits: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


class ShopCodeScanned(Strict):
    """The text of the shop's QR, or the six digits beside it."""

    shop_code: CodeText


class SpendWanted(Strict):
    spend_id: Uuid
    shop_code: CodeText
    point_service: PointServiceId
    points: Points


class PayCodeView(View):
    """`qr` is the QR's text, `digits` what is typed at the counter; ask for a new one before `ends_at`.

    `most_points` is what it pays at most (null: no limit of the member's own): above it the member signs in anew with card,
    phone or passkey and makes another.
    """

    qr: str
    digits: str
    made_at: datetime
    ends_at: datetime
    most_points: int | None

    @classmethod
    def of(cls, code: PayCode) -> PayCodeView:
        return cls(
            qr=code.qr,
            digits=code.digits,
            made_at=code.made_at,
            ends_at=code.ends_at,
            most_points=code.most_points,
        )


class SpendView(View):
    """`short_reference` has 8 characters that a person can read out."""

    spend_id: str
    short_reference: str
    municipality: str
    point_service: str
    shop_id: str
    points: int
    yen: int
    refunded_points: int
    way: str
    by_representative: bool
    at: datetime
    lots: list[LotView]

    @classmethod
    def of(cls, spend: Spend) -> SpendView:
        plain = {name: getattr(spend, name) for name in cls.model_fields if name != "lots"}
        return cls(**plain, lots=[LotView(issued_on=lot.issued_on, points=lot.points) for lot in spend.lots])


class Spends(View):
    spends: list[SpendView]


class PaidView(View):
    """The member's side of a payment; `left` is what can still be used."""

    spend: SpendView
    shop_name: str
    left: int
    replayed: bool
    representative: str | None = None
    """Who paid for the member, by name; told where one payment is read."""

    @classmethod
    def of(cls, paid: PaymentResult, representative: str | None = None) -> PaidView:
        return cls(
            spend=SpendView.of(paid.spend), shop_name=paid.shop_name, left=paid.left, replayed=paid.replayed,
            representative=representative,
        )  # fmt: skip


class PayCodeState(View):
    """Null while the code was not used; the portal asks every second or two while it shows the code."""

    spend: SpendView | None
    shop_name: str | None


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
                ExpiryView(
                    issued_on=expiry_due.issued_on, last_day=expiry_due.last_day, points=expiry_due.points
                )
                for expiry_due in found
            ]
        )


class PlaceView(View):
    """A shop as members see it. `name_romaji` is the reading in Latin letters; empty where there is no reading in kana."""

    shop_id: str
    municipality: str
    municipality_name: str
    name: str
    name_kana: str
    name_romaji: str
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
            name_romaji=romaji(shop.name_kana),
            category=shop.category,
            address=shop.address,
            phone=shop.phone,
        )


class PlacesPage(View):
    shops: list[PlaceView]
    next_after: str | None


@api.get(
    "/v1/shops",
    tag="directory",
    caller=AuthLevel.CLIENT,
    query=CityShopsQuery,
    returns={200: PlacesPage},
    refuses=("unknown-municipality",),
)
async def list_places(call: TypedRequest[None, Services, CityShopsQuery]) -> TypedResponse:
    """Where a city's points can be used (自治体ポイントナビ)."""
    query = call.query
    directory.require_municipality(query.municipality)
    shops = await call.services.city.shops.listed(
        query.municipality, named=query.name or "", after=query.after, limit=query.limit
    )
    more = shops[-1].shop_id if len(shops) == query.limit else None
    return TypedResponse(
        200,
        PlacesPage(shops=[PlaceView.of(shop) for shop in shops], next_after=more),
    )


@api.post(
    "/v1/pay-codes",
    tag="spending",
    caller=AuthLevel.MEMBER,
    body=PayCodeWanted,
    returns={201: PayCodeView},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def make_pay_code(call: MemberRequest[PayCodeWanted]) -> TypedResponse:
    """Make a code to show at a counter: sixty seconds, once. Ask for the next one before it ends."""
    code = await call.services.city.codes.make(
        call.member.member_id,
        call.body.municipality,
        call.body.point_service,
        is_proven=is_fresh(call.member, call.services.clock()),
    )
    return TypedResponse(201, PayCodeView.of(code))


@api.get(
    "/v1/pay-codes/{digits}",
    tag="spending",
    caller=AuthLevel.MEMBER,
    path=PayCodePath,
    returns={200: PayCodeState},
    refuses=("pay-code-unknown",),
)
async def pay_code_state(call: MemberRequest[None, None, PayCodePath]) -> TypedResponse:
    """Whether a shop has taken points with this code of the member's own, and how many."""
    member_id = call.member.member_id
    spend_id = await call.services.city.codes.used_for(member_id, call.path.digits)
    if spend_id is None:
        return TypedResponse(200, PayCodeState(spend=None, shop_name=None))

    def job(conn: Connection) -> PayCodeState:
        spend = spend_rows.find_spend(conn, chart.member_book(member_id), spend_id)
        if spend is None:
            return PayCodeState(spend=None, shop_name=None)
        shop = shop_rows.require(conn, spend.municipality, spend.shop_id)
        return PayCodeState(spend=SpendView.of(spend), shop_name=shop.name)

    return TypedResponse(200, await call.services.store.read(job))


@api.post(
    "/v1/shop-codes",
    tag="spending",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.PAY,
    body=ShopCodeScanned,
    returns={200: PlaceView},
    refuses=("shop-code-wrong", "unknown-shop", "shop-closed"),
)
async def read_shop_code(call: MemberRequest[ShopCodeScanned]) -> TypedResponse:
    """Whose code the member has scanned or typed, to be shown before the amount is typed."""
    return TypedResponse(200, PlaceView.of(await call.services.city.shops.by_code(call.body.shop_code)))


@api.post(
    "/v1/spends",
    tag="spending",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.PAY,
    body=SpendWanted,
    returns={201: PaidView, 200: PaidView},
    refuses=(
        "shop-code-wrong",
        "unknown-shop",
        "unknown-municipality",
        "unknown-point-service",
        "fresh-proof-needed",
        "unknown-representation",
        "representation-over",
        "representative-limit",
        "not-for-a-representative",
        *NOT_TAKEN,
    ),
)
async def pay_shop(call: MemberRequest[SpendWanted]) -> TypedResponse:
    """Pay the shop whose code was scanned, under an id that you made; the same again is the same payment (200)."""
    body = call.body
    paid = await call.services.city.spending.pay(
        call.member.member_id,
        body.spend_id,
        body.shop_code,
        body.point_service,
        body.points,
        is_proven=is_fresh(call.member, call.services.clock()),
        acting=call.member.acting,
    )
    return TypedResponse(200 if paid.replayed else 201, PaidView.of(paid))


@api.get(
    "/v1/spends",
    tag="spending",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.SEE,
    query=PageQuery,
    returns={200: Spends},
)
async def list_spends(call: MemberRequest[None, PageQuery]) -> TypedResponse:
    """The member's payments, newest first."""
    book, limit = chart.member_book(call.member.member_id), call.query.limit
    spends = await call.services.store.read(lambda conn: spend_rows.list_by_member(conn, book, limit))
    return TypedResponse(200, Spends(spends=[SpendView.of(spend) for spend in spends]))


@api.get(
    "/v1/spends/{spend_id}",
    tag="spending",
    caller=AuthLevel.MEMBER,
    acting=ActingRight.SEE,
    path=SpendPath,
    returns={200: PaidView},
    refuses=("unknown-spend",),
)
async def get_spend(call: MemberRequest[None, None, SpendPath]) -> TypedResponse:
    """One payment of the member's own, for a receipt; `left` is what can be used now."""
    member_id, spend_id = call.member.member_id, call.path.spend_id
    paid = await call.services.city.spending.get_of_member(member_id, spend_id)
    actors = await call.services.store.read(
        lambda conn: representations.actors_of(conn, member_id, [spend_id])
    )
    return TypedResponse(200, PaidView.of(paid, actors.get(spend_id)))


@api.get(
    "/v1/expiries/{municipality}/{point_service}",
    tag="points",
    caller=AuthLevel.MEMBER,
    path=PointServicePath,
    returns={200: Expiries},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def list_expiries(call: MemberRequest[None, None, PointServicePath]) -> TypedResponse:
    """What of the member's points expires when, the soonest first."""
    code, service, member_id = call.path.municipality, call.path.point_service, call.member.member_id

    def job(conn: Connection) -> Expiries:
        directory.require_known_service(conn, code, service)
        return Expiries.of(expiry.what_expires(conn, member_id, code, service))

    return TypedResponse(200, await call.services.store.read(job))
