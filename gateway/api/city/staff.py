"""A city's staff: list, roles, closing, reset."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from gateway.api.city.fields import Line, Login, Reason, ReasonGiven, StaffId, Version
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.staff.staff import FirstPassword
from gateway.cities.staff.staff_rows import Staff
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import PLATFORM, Action, Role
from gateway.points import directory

api = Api()


class StaffWanted(Strict):
    """`platform` is the one role of the platform's own staff, and no role of a city's."""

    login: Login
    display_name: Words
    role: Literal["viewer", "operator", "approver", "administrator", "platform"]
    reason: Line = ""


class RoleWanted(Strict):
    """`seen` is the `version` of the person that the change was drawn from; null changes whatever is there.

    A person of the city's staff has one of its four roles, a shop's person one of `shop` (the owner), `till`, `bookkeeper`.
    """

    role: Literal["viewer", "operator", "approver", "administrator", "shop", "till", "bookkeeper"]
    reason: Reason
    seen: Version | None = None


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
    version: str

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
            version=person.version,
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
    staffs = await call.services.city.staff.people(call.staff)
    return TypedResponse(200, StaffList(staff=[StaffView.of(staff) for staff in staffs]))


@api.get(
    "/v1/city/people",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.SEE,
    returns={200: PeopleNamed},
)
async def name_people(call: StaffRequest) -> TypedResponse:
    """The names behind staff ids, as files, settlements and refunds tell who did it; nothing else about anybody."""
    staffs = await call.services.city.staff.people(call.staff)
    return TypedResponse(
        200,
        PeopleNamed(
            people=[PersonNamed(staff_id=staff.staff_id, display_name=staff.display_name) for staff in staffs]
        ),
    )


@api.post(
    "/v1/city/staff",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    body=StaffWanted,
    returns={202: ProposalView, 201: StaffAdded},
    refuses=("login-unfit", "login-taken", "role-unfit", "unknown-municipality", *PROPOSING),
)
async def add_staff(call: StaffRequest[StaffWanted]) -> TypedResponse:
    """Propose somebody for the city's staff (202); the first password is shown to who decides it, once."""
    added = await call.services.city.staff.add(
        call.staff,
        login=call.body.login,
        display_name=call.body.display_name,
        role=Role(call.body.role),
        reason=call.body.reason,
    )
    return first_password_of(added, 201)


@api.put(
    "/v1/city/staff/{staff_id}/role",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    path=StaffPath,
    body=RoleWanted,
    returns={200: StaffView, 202: ProposalView},
    refuses=(
        "unknown-staff",
        "own-role",
        "role-unfit",
        "last-administrator",
        "last-owner",
        "too-few-deciders",
        "reason-missing",
        "changed-meanwhile",
        *PROPOSING,
    ),
)
async def change_staff_role(
    call: StaffRequest[RoleWanted, None, StaffPath],
) -> TypedResponse:
    """Give somebody another role; their sessions end. One that may do more waits for a second person (202)."""
    person = await call.services.city.staff.change_role(
        call.staff, call.path.staff_id, Role(call.body.role), call.body.reason, call.body.seen
    )
    if isinstance(person, Proposal):
        return TypedResponse(202, ProposalView.of(person))
    return TypedResponse(200, StaffView.of(person))


@api.post(
    "/v1/city/staff/{staff_id}/closure",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    path=StaffPath,
    body=ReasonGiven,
    returns={200: StaffView},
    refuses=("unknown-staff", "own-role", "last-administrator", "too-few-deciders", "reason-missing"),
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
    returns={200: StaffAdded, 202: ProposalView},
    refuses=("unknown-staff", "own-role", "reason-missing", "staff-closed", *PROPOSING),
)
async def reset_staff(
    call: StaffRequest[ReasonGiven, None, StaffPath],
) -> TypedResponse:
    """A phone or password is lost: a new first password; second factors and sessions are gone.

    For the city's own staff it waits for a second person (202), to whom the first password is shown, once.
    """
    reset = await call.services.city.staff.reset(call.staff, call.path.staff_id, call.body.reason)
    return first_password_of(reset, 200)


@api.post(
    "/v1/city/staff/{staff_id}/restart",
    tag="city staff",
    caller=AuthLevel.STAFF,
    action=Action.KEEP_STAFF,
    path=StaffPath,
    body=ReasonGiven,
    returns={200: StaffAdded, 202: ProposalView},
    refuses=("unknown-staff", "own-role", "reason-missing", "staff-active", *PROPOSING),
)
async def restart_staff(
    call: StaffRequest[ReasonGiven, None, StaffPath],
) -> TypedResponse:
    """Let somebody in again who was stopped, with a new first password; it waits for a second person (202)."""
    restarted = await call.services.city.staff.restart(call.staff, call.path.staff_id, call.body.reason)
    return first_password_of(restarted, 200)


def first_password_of(done: FirstPassword | Proposal, status: int) -> TypedResponse:
    if isinstance(done, Proposal):
        return TypedResponse(202, ProposalView.of(done))
    added = StaffAdded(staff=StaffView.of(done.staff), first_password=done.password.reveal())
    return TypedResponse(status, added)


def name_of_municipality(municipality: str) -> str:
    return "" if municipality == PLATFORM else directory.require_municipality(municipality).name
