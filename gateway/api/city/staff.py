"""A city's staff: list, roles, closing, reset."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from gateway.api.city.fields import Login, Reason, ReasonGiven, StaffId
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.staff.staff_rows import Staff
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import PLATFORM, Action, Role
from gateway.points import directory

api = Api()


class StaffWanted(Strict):
    login: Login
    display_name: Words
    role: Literal["viewer", "operator", "approver", "administrator"]


class RoleWanted(Strict):
    role: Literal["viewer", "operator", "approver", "administrator"]
    reason: Reason


class StaffPath(Strict):
    staff_id: StaffId


class StaffView(View):
    staff_id: str
    login: str
    display_name: str
    role: str
    shop_id: str | None
    has_totp: bool
    active: bool
    password_is_first: bool
    created_at: datetime

    @classmethod
    def of(cls, person: Staff) -> StaffView:
        return cls(
            staff_id=person.staff_id,
            login=person.login,
            display_name=person.display_name,
            role=person.role,
            shop_id=person.shop_id,
            has_totp=person.has_totp,
            active=person.active,
            password_is_first=person.password_is_first,
            created_at=person.created_at,
        )


class StaffAdded(View):
    """`first_password` is shown this once; it opens nothing but its own change."""

    staff: StaffView
    first_password: str


class StaffList(View):
    staff: list[StaffView]


class PersonNamed(View):
    staff_id: str
    display_name: str


class PeopleNamed(View):
    people: list[PersonNamed]


@api.get(
    "/v1/city/staff",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    returns={200: StaffList},
)
async def list_staff(call: StaffRequest) -> TypedResponse:
    """Everybody on the city's staff and its shops' people, closed ones included."""
    found = await call.services.city.staff.people(call.staff)
    return TypedResponse(200, StaffList(staff=[StaffView.of(one) for one in found]))


@api.get(
    "/v1/city/people",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.SEE,
    returns={200: PeopleNamed},
)
async def name_people(call: StaffRequest) -> TypedResponse:
    """The names behind staff ids, as files, settlements and refunds tell who did it; nothing else about anybody."""
    found = await call.services.city.staff.people(call.staff)
    return TypedResponse(
        200,
        PeopleNamed(
            people=[PersonNamed(staff_id=one.staff_id, display_name=one.display_name) for one in found]
        ),
    )


@api.post(
    "/v1/city/staff",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    body=StaffWanted,
    returns={201: StaffAdded},
    refuses=("login-unfit", "login-taken", "role-unfit", "unknown-municipality", "unknown-shop"),
)
async def add_staff(call: StaffRequest[StaffWanted]) -> TypedResponse:
    """Add somebody to the city's staff; the first password is in the answer, this once."""
    person, password = await call.services.city.staff.add(
        call.staff,
        login=call.body.login,
        display_name=call.body.display_name,
        role=Role(call.body.role),
    )
    return TypedResponse(201, StaffAdded(staff=StaffView.of(person), first_password=password.reveal()))


@api.put(
    "/v1/city/staff/{staff_id}/role",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    path=StaffPath,
    body=RoleWanted,
    returns={200: StaffView},
    refuses=("unknown-staff", "own-role", "role-unfit", "last-administrator", "reason-missing"),
)
async def change_staff_role(
    call: StaffRequest[RoleWanted, None, StaffPath],
) -> TypedResponse:
    """Give somebody another role; their sessions end."""
    person = await call.services.city.staff.change_role(
        call.staff, call.path.staff_id, Role(call.body.role), call.body.reason
    )
    return TypedResponse(200, StaffView.of(person))


@api.post(
    "/v1/city/staff/{staff_id}/closure",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    path=StaffPath,
    body=ReasonGiven,
    returns={200: StaffView},
    refuses=("unknown-staff", "own-role", "last-administrator", "reason-missing"),
)
async def close_staff(
    call: StaffRequest[ReasonGiven, None, StaffPath],
) -> TypedResponse:
    """Let somebody in no more; what they did stays in the log."""
    person = await call.services.city.staff.close(call.staff, call.path.staff_id, call.body.reason)
    return TypedResponse(200, StaffView.of(person))


@api.post(
    "/v1/city/staff/{staff_id}/reset",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    path=StaffPath,
    body=ReasonGiven,
    returns={200: StaffAdded},
    refuses=("unknown-staff", "own-role", "reason-missing"),
)
async def reset_staff(
    call: StaffRequest[ReasonGiven, None, StaffPath],
) -> TypedResponse:
    """A phone or password is lost: a new first password; second factors and sessions are gone."""
    person, password = await call.services.city.staff.reset(call.staff, call.path.staff_id, call.body.reason)
    return TypedResponse(200, StaffAdded(staff=StaffView.of(person), first_password=password.reveal()))


def _name(municipality: str) -> str:
    return "" if municipality == PLATFORM else directory.require_municipality(municipality).name
