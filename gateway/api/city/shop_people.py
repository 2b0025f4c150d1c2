"""A shop's own log-ins as the shop sees them, and what the city has changed of them lately."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.api.city.shops import ShopView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.shops import shop_people, shop_rights
from gateway.cities.shops.shop_rows import Shop
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class ShopPersonView(View):
    """`shop_id` is another than the shop's own for who works here as one of the company's."""

    shop_id: str
    login: str
    display_name: str
    role: str
    active: bool
    added_at: datetime


class LoginChangeView(View):
    """`change` is added, reset, restarted, stopped, role: the right was changed, or company: somebody of another of its shops works here too."""

    login: str
    display_name: str
    change: str
    at: datetime


class TillRefunds(Strict):
    allowed: bool


class ShopPeople(View):
    """`changes` are those of the last 30 days, newest first."""

    people: list[ShopPersonView]
    changes: list[LoginChangeView]


@api.get(
    "/v1/shop/people", tag="counter", caller=STAFF, action=Action.KEEP_OWN_SHOP, returns={200: ShopPeople}
)
async def list_own_people(call: StaffRequest) -> TypedResponse:
    """Who has a log-in of this shop, and what the city has changed of them: the shop notices what was not its wish."""
    code, shop_id, now = call.staff.municipality, call.staff.own_shop, call.services.clock()

    def job(conn: Connection) -> ShopPeople:
        return ShopPeople(
            people=[
                ShopPersonView(
                    shop_id=person.shop_id or "", login=person.login, display_name=person.display_name, role=person.role, active=person.active,
                    added_at=person.created_at,
                )
                for person in shop_people.list_people(conn, code, shop_id)
            ],
            changes=[
                LoginChangeView(
                    login=change.login, display_name=change.display_name, change=change.change, at=change.at
                )
                for change in shop_people.list_changes(conn, code, shop_id, now)
            ],
        )  # fmt: skip

    return TypedResponse(200, await call.services.store.read(job))


@api.put(
    "/v1/shop/till-refunds",
    tag="counter",
    caller=STAFF,
    action=Action.KEEP_OWN_SHOP,
    body=TillRefunds,
    returns={200: ShopView},
    refuses=("unknown-shop",),
)
async def set_till_refunds(call: StaffRequest[TillRefunds]) -> TypedResponse:
    """Let the tills of this shop give points back on the day of the payment, or no longer; from now on."""
    who, allowed, now = call.staff, call.body.allowed, call.services.clock()

    def job(conn: Connection) -> Shop:
        return shop_rights.set_till_refunds(conn, who, allowed, now)

    return TypedResponse(200, ShopView.of(await call.services.store.run(job)))
