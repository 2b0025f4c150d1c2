"""Bound tills: a shop's phone or tablet that stays signed in at the till, and the PIN with which it gives points back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from gateway.api.city.fields import Reason, ShopId, TillPin
from gateway.api.city.staff_request import StaffRequest
from gateway.api.city.staff_sign_in import STAFF_KEYS, StaffSessionView
from gateway.api.fields import PasswordTyped, View
from gateway.cities.shops.till_pins import PinState
from gateway.cities.shops.till_rows import Till
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.invisible_chars import ONE_LINE
from gateway.platform.roles import Action
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF

TillId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
TillName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=ONE_LINE)]
TillToken = Annotated[str, StringConstraints(pattern=r"^pgb_[A-Za-z0-9_-]{86}$")]


class TillWanted(Strict):
    """`password` is that of who is signed in, typed again."""

    name: TillName
    password: Annotated[PasswordTyped, Field(repr=False)]


class TillPinWanted(Strict):
    pin: Annotated[TillPin, Field(repr=False)]
    password: Annotated[PasswordTyped, Field(repr=False)]


class TillShown(Strict):
    """What the device was given last."""

    till_token: Annotated[TillToken, Field(repr=False)]


class TillPath(Strict):
    till_id: TillId


class ShopTillsPath(Strict):
    shop_id: ShopId


class ShopTillPath(Strict):
    shop_id: ShopId
    till_id: TillId


class TillEnding(Strict):
    reason: Reason


class TillView(View):
    """One bound device, and when it last showed its secret or was used."""

    till_id: str
    name: str
    bound_at: datetime
    used_at: datetime

    @classmethod
    def of(cls, till: Till) -> TillView:
        return cls(till_id=till.till_id, name=till.name, bound_at=till.bound_at, used_at=till.used_at)


class TillList(View):
    """The bound tills, the newest first. `pin_set` and `pin_locked` say how the PIN for refunds stands."""

    tills: list[TillView]
    pin_set: bool
    pin_locked: bool

    @classmethod
    def of(cls, listed: tuple[list[Till], PinState]) -> TillList:
        tills, pin = listed
        return cls(tills=[TillView.of(till) for till in tills], pin_set=pin.is_set, pin_locked=pin.is_locked)


class TillBound(View):
    """`till_token` is for the device to keep, and shown this once; unused for `unused_days` it is worth nothing."""

    till: TillView
    till_token: str
    unused_days: int


class TillOpenedView(View):
    """A session of the till with its `token`, and the `till_token` that the device keeps from now on in place of the old one."""

    token: str
    session: StaffSessionView
    till: TillView
    till_token: str
    unused_days: int


@api.post(
    "/v1/shop/tills",
    tag="counter",
    caller=STAFF,
    action=Action.KEEP_OWN_SHOP,
    body=TillWanted,
    returns={201: TillBound},
    refuses=(
        "current-password-wrong",
        "sign-in-locked",
        "tills-too-many",
        "till-own-shop",
        "unknown-shop",
        "shop-closed",
        "unknown-staff",
    ),
)
async def bind_till(call: StaffRequest[TillWanted]) -> TypedResponse:
    """Bind the device at which this person sits: it stays signed in at the till, and opens nothing else."""
    tills = call.services.city.tills
    till, token = await tills.bind(call.staff, call.body.password, call.body.name)
    return TypedResponse(
        201, TillBound(till=TillView.of(till), till_token=token.reveal(), unused_days=tills.unused_ttl.days)
    )


@api.get(
    "/v1/shop/tills", tag="counter", caller=STAFF, action=Action.KEEP_OWN_SHOP, returns={200: TillList},
    refuses=("unknown-shop",),
)  # fmt: skip
async def list_own_tills(call: StaffRequest) -> TypedResponse:
    """The shop's bound devices with their last use, and whether a PIN for refunds is set."""
    listed = await call.services.city.tills.listed(call.staff.municipality, call.staff.own_shop)
    return TypedResponse(200, TillList.of(listed))


@api.delete(
    "/v1/shop/tills/{till_id}",
    tag="counter",
    caller=STAFF,
    action=Action.KEEP_OWN_SHOP,
    path=TillPath,
    returns={204: None},
    refuses=("unknown-till",),
)
async def end_own_till(call: StaffRequest[None, None, TillPath]) -> TypedResponse:
    """End one of the shop's tills: at once, and for ever. One that has ended stays so."""
    await call.services.city.tills.end(call.staff, call.path.till_id)
    return TypedResponse(204)


@api.put(
    "/v1/shop/till-pin",
    tag="counter",
    caller=STAFF,
    action=Action.KEEP_OWN_SHOP,
    body=TillPinWanted,
    returns={204: None},
    refuses=("till-pin-unfit", "current-password-wrong", "sign-in-locked", "unknown-staff"),
)
async def set_till_pin(call: StaffRequest[TillPinWanted]) -> TypedResponse:
    """Set the PIN that bound tills ask for before they give points back."""
    await call.services.city.tills.set_pin(call.staff, call.body.password, call.body.pin)
    return TypedResponse(204)


@api.delete(
    "/v1/shop/till-pin", tag="counter", caller=STAFF, action=Action.KEEP_OWN_SHOP, returns={204: None}
)
async def remove_till_pin(call: StaffRequest) -> TypedResponse:
    """Take the PIN away: from now on no bound till gives points back."""
    await call.services.city.tills.remove_pin(call.staff)
    return TypedResponse(204)


@api.post(
    "/v1/staff/sessions/till",
    tag="staff",
    caller=AuthLevel.CLIENT,
    scopes=STAFF_KEYS,
    body=TillShown,
    returns={201: TillOpenedView},
    refuses=("till-ended",),
)
async def open_till(call: TypedRequest[TillShown, Services]) -> TypedResponse:
    """A bound device shows its secret: it gets a session of the till for a day, and the secret to show next.

    A secret that was good before ends the till: then somebody has a copy. After a lost answer, show the same again.
    """
    tills = call.services.city.tills
    opened = await tills.open(call.body.till_token, client_id=call.client_id)
    view = TillOpenedView(
        token=opened.session_token.reveal(),
        session=StaffSessionView.of(opened.session),
        till=TillView.of(opened.till),
        till_token=opened.till_token.reveal(),
        unused_days=tills.unused_ttl.days,
    )
    return TypedResponse(201, view)


@api.get(
    "/v1/city/shops/{shop_id}/tills",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ShopTillsPath,
    returns={200: TillList},
    refuses=("unknown-shop",),
)
async def list_shop_tills(call: StaffRequest[None, None, ShopTillsPath]) -> TypedResponse:
    """A shop's bound devices, for the desk to which a lost one is told."""
    listed = await call.services.city.tills.listed(call.staff.municipality, call.path.shop_id)
    return TypedResponse(200, TillList.of(listed))


@api.post(
    "/v1/city/shops/{shop_id}/tills/{till_id}/end",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=ShopTillPath,
    body=TillEnding,
    returns={204: None},
    refuses=("unknown-till", "reason-missing"),
)
async def end_shop_till(call: StaffRequest[TillEnding, None, ShopTillPath]) -> TypedResponse:
    """End a shop's till: it was lost or stolen. One person does it; binding it again is the shop's affair."""
    path = call.path
    await call.services.city.tills.end_by_city(call.staff, path.shop_id, path.till_id, call.body.reason)
    return TypedResponse(204)
