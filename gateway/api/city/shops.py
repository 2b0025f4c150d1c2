"""The register of shops (加盟店登録名簿) and the people of each shop."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from gateway.api.city.fields import Line, Login, ReasonGiven, ShopId, StaffId, Version
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff import StaffAdded, StaffList, StaffView, first_password_of
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.shops.shops import ShopEntry
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action, Role

api = Api()
STAFF: Final = AuthLevel.STAFF


class ShopPath(Strict):
    shop_id: ShopId


class ShopsQuery(Strict):
    """`named` leaves those with it in their name, reading or id, however it is written."""

    closed: bool = False
    named: Line = ""
    after: ShopId | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class ShopEntryFields(Strict):
    name: Words
    name_kana: Line = ""
    category: Line = ""
    address: Line = ""
    phone: Line = ""


class ShopChanged(ShopEntryFields):
    """`seen` is the `version` of the shop that the change was drawn from; null changes whatever is there."""

    seen: Version | None = None


class ShopWanted(ShopEntryFields):
    shop_id: ShopId


class ShopStaffPath(Strict):
    shop_id: ShopId
    staff_id: StaffId


class ShopPersonWanted(Strict):
    """`role`: `shop` is the owner's, `till` takes payments and sees the day, `bookkeeper` reads days and statements."""

    login: Login
    display_name: Words
    role: Literal["shop", "till", "bookkeeper"] = "shop"
    reason: Line = ""


class ShopEntryView(View):
    """A shop as it is on the register. `till_refunds`: the shop's owner lets its tills give points back."""

    shop_id: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    number: str | None
    registered_at: datetime
    closed_at: datetime | None
    till_refunds: bool
    version: str


class ShopView(ShopEntryView):
    """A shop on the register, and whether it has an account to be paid to."""

    has_bank: bool

    @classmethod
    def of(cls, shop: Shop) -> ShopView:
        return cls(**{name: getattr(shop, name) for name in cls.model_fields})


class ShopsPage(View):
    shops: list[ShopView]
    next_after: str | None


class ShopCodeView(View):
    """What stands at the counter: the QR's text, and six digits that are typed where no camera helps."""

    shop_code: str
    number: str | None


@api.get(
    "/v1/city/shops",
    tag="shops",
    caller=STAFF,
    action=Action.SEE,
    query=ShopsQuery,
    returns={200: ShopsPage},
)
async def list_city_shops(call: StaffRequest[None, ShopsQuery]) -> TypedResponse:
    """The register of shops (加盟店登録名簿), in order of shop id; `closed` asks for closed ones too."""
    query = call.query
    shops = await call.services.city.shops.listed(
        call.staff.municipality,
        closed=query.closed,
        named=query.named,
        after=query.after,
        limit=query.limit,
    )
    more = shops[-1].shop_id if len(shops) == query.limit else None
    return TypedResponse(
        200,
        ShopsPage(shops=[ShopView.of(shop) for shop in shops], next_after=more),
    )


@api.post(
    "/v1/city/shops",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    body=ShopWanted,
    returns={201: ShopView},
    refuses=("bad-shop", "shop-exists"),
)
async def register_shop(call: StaffRequest[ShopWanted]) -> TypedResponse:
    """Put a shop on the register; the id becomes part of account names and never changes."""
    shop = await call.services.city.shops.register(call.staff, call.body.shop_id, _entry(call.body))
    return TypedResponse(201, ShopView.of(shop))


@api.get(
    "/v1/city/shops/{shop_id}",
    tag="shops",
    caller=STAFF,
    action=Action.SEE,
    path=ShopPath,
    returns={200: ShopView},
    refuses=("unknown-shop",),
)
async def get_shop(call: StaffRequest[None, None, ShopPath]) -> TypedResponse:
    """One shop of the register."""
    return TypedResponse(
        200,
        ShopView.of(await call.services.city.shops.get(call.staff.municipality, call.path.shop_id)),
    )


@api.put(
    "/v1/city/shops/{shop_id}",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ShopPath,
    body=ShopChanged,
    returns={200: ShopView},
    refuses=("unknown-shop", "bad-shop", "changed-meanwhile"),
)
async def change_shop(call: StaffRequest[ShopChanged, None, ShopPath]) -> TypedResponse:
    """Change what the register says of a shop."""
    entry, seen = _entry(call.body), call.body.seen
    shop = await call.services.city.shops.change(call.staff, call.path.shop_id, entry, seen)
    return TypedResponse(200, ShopView.of(shop))


@api.post(
    "/v1/city/shops/{shop_id}/closure",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ShopPath,
    body=ReasonGiven,
    returns={200: ShopView},
    refuses=("unknown-shop", "reason-missing"),
)
async def close_shop(call: StaffRequest[ReasonGiven, None, ShopPath]) -> TypedResponse:
    """Let a shop take no more points; what it is owed is still paid."""
    shop = await call.services.city.shops.close(call.staff, call.path.shop_id, call.body.reason)
    return TypedResponse(200, ShopView.of(shop))


@api.post(
    "/v1/city/shops/{shop_id}/reopening",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ShopPath,
    body=ReasonGiven,
    returns={200: ShopView},
    refuses=("unknown-shop", "reason-missing"),
)
async def reopen_shop(call: StaffRequest[ReasonGiven, None, ShopPath]) -> TypedResponse:
    """Let a closed shop take points again."""
    shop = await call.services.city.shops.reopen(call.staff, call.path.shop_id, call.body.reason)
    return TypedResponse(200, ShopView.of(shop))


@api.get(
    "/v1/city/shops/{shop_id}/code",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ShopPath,
    returns={200: ShopCodeView},
    refuses=("unknown-shop",),
)
async def city_shop_code(call: StaffRequest[None, None, ShopPath]) -> TypedResponse:
    """The text of the QR for the shop's counter, for printing."""
    shop = await call.services.city.shops.get(call.staff.municipality, call.path.shop_id)
    return TypedResponse(
        200, ShopCodeView(shop_code=call.services.city.shops.code_of(shop), number=shop.number)
    )


@api.get(
    "/v1/city/shops/{shop_id}/staff",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ShopPath,
    returns={200: StaffList},
    refuses=("unknown-shop",),
)
async def list_shop_staff(call: StaffRequest[None, None, ShopPath]) -> TypedResponse:
    """Who has a log-in of this shop, and with which right."""
    staffs = await call.services.city.staff.people(call.staff, call.path.shop_id)
    return TypedResponse(200, StaffList(staff=[StaffView.of(staff) for staff in staffs]))


@api.post(
    "/v1/city/shops/{shop_id}/staff",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ShopPath,
    body=ShopPersonWanted,
    returns={201: StaffAdded, 202: ProposalView},
    refuses=("unknown-shop", "login-unfit", "login-taken", "role-unfit", "unknown-municipality", *PROPOSING),
)
async def add_shop_staff(
    call: StaffRequest[ShopPersonWanted, None, ShopPath],
) -> TypedResponse:
    """Propose a log-in of a shop (202); whoever decides it is shown the first password, once."""
    added = await call.services.city.staff.add_to_shop(
        call.staff,
        login=call.body.login,
        display_name=call.body.display_name,
        shop_id=call.path.shop_id,
        role=Role(call.body.role),
        reason=call.body.reason,
    )
    if isinstance(added, Proposal):
        return TypedResponse(202, ProposalView.of(added))
    first_password = added.password.reveal()
    return TypedResponse(201, StaffAdded(staff=StaffView.of(added.staff), first_password=first_password))


def _entry(body: ShopEntryFields) -> ShopEntry:
    return ShopEntry(
        name=body.name,
        name_kana=body.name_kana,
        category=body.category,
        address=body.address,
        phone=body.phone,
    )


@api.post(
    "/v1/city/shops/{shop_id}/staff/{staff_id}/reset",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ShopStaffPath,
    body=ReasonGiven,
    returns={200: StaffAdded, 202: ProposalView},
    refuses=("unknown-staff", "own-role", "reason-missing", "staff-closed", *PROPOSING),
)
async def reset_shop_staff(
    call: StaffRequest[ReasonGiven, None, ShopStaffPath],
) -> TypedResponse:
    """A shop has lost its password: propose a new first one (202), which is shown to whoever decides it, once."""
    path = call.path
    reset = await call.services.city.staff.reset_at_shop(
        call.staff, path.shop_id, path.staff_id, call.body.reason
    )
    return first_password_of(reset, 200)
