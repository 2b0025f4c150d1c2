"""Representatives at the desk: proposed by one clerk, decided by another person, ended by one.

By POST throughout, so that no MyKey ID stands in an address.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from gateway.api.city.fields import Day, Reason, ReasonGiven
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import MykeyIdTyped, View
from gateway.api.representations import ActView
from gateway.cities.support.masks import name_for
from gateway.cities.support.representatives import AppointRepresentative, ListedRepresentation
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.members.representations import RepresentationKind
from gateway.platform.roles import Action, Role

api = Api()
STAFF: Final = AuthLevel.STAFF


class RepresentationPath(Strict):
    representation_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class RepresentativeWanted(Strict):
    """`actor_mykey_id` acts for `mykey_id` from `starts_on` to `ends_on`, both included, three years at most.

    `pay_points_a_day` is what may be paid in a day at shops of this city; 0: nothing.
    """

    mykey_id: MykeyIdTyped
    actor_mykey_id: MykeyIdTyped
    kind: Literal["guardian", "family", "care"]
    may_exchange: bool
    pay_points_a_day: Annotated[int, Field(ge=0, le=1_000_000)]
    starts_on: Day
    ends_on: Day
    reason: Reason


class MemberNamed(Strict):
    mykey_id: MykeyIdTyped


class CityRepresentationView(View):
    """One representation that this city has appointed. `ended_by` is member, actor, or an id of staff."""

    representation_id: str
    actor_mykey_id: str
    actor_name: str
    kind: str
    may_exchange: bool
    pay_points_a_day: int
    starts_on: date
    ends_on: date
    reason: str
    appointed_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    acts: list[ActView]

    @classmethod
    def of(cls, listed: ListedRepresentation, role: Role) -> CityRepresentationView:
        it = listed.representation
        return cls(
            representation_id=it.representation_id, actor_mykey_id=listed.actor.mykey_id,
            actor_name=name_for(role, listed.actor.display_name), kind=it.kind.value, may_exchange=it.may_exchange,
            pay_points_a_day=it.pay_points_a_day, starts_on=it.starts_on, ends_on=it.ends_on, reason=it.reason,
            appointed_at=it.appointed_at, ended_at=it.ended_at, ended_by=it.ended_by,
            acts=[ActView.of(act) for act in listed.acts],
        )  # fmt: skip


class CityRepresentations(View):
    representatives: list[CityRepresentationView]


@api.post(
    "/v1/city/representatives",
    tag="support",
    caller=STAFF,
    action=Action.HELP_MEMBER,
    body=RepresentativeWanted,
    returns={202: ProposalView},
    refuses=("unknown-member", "representative-unfit", "representative-exists", "reason-missing", *PROPOSING),
)
async def propose_representative(call: StaffRequest[RepresentativeWanted]) -> TypedResponse:
    """Propose who acts for a member, after the clerk has seen the papers; another person decides."""
    body = call.body
    command = AppointRepresentative(
        mykey_id=body.mykey_id,
        actor_mykey_id=body.actor_mykey_id,
        kind=RepresentationKind(body.kind),
        may_exchange=body.may_exchange,
        pay_points_a_day=body.pay_points_a_day,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
    proposal = await call.services.city.representatives.appoint(call.staff, command, body.reason)
    return TypedResponse(202, ProposalView.of(proposal))


@api.post(
    "/v1/city/representatives/of-member",
    tag="support",
    caller=STAFF,
    action=Action.HELP_MEMBER,
    body=MemberNamed,
    returns={200: CityRepresentations},
    refuses=("unknown-member",),
)
async def list_representatives(call: StaffRequest[MemberNamed]) -> TypedResponse:
    """Who acts for a member, or has, as this city has appointed them; with what was done."""
    listed = await call.services.city.representatives.list_of_member(call.staff, call.body.mykey_id)
    return TypedResponse(
        200,
        CityRepresentations(
            representatives=[CityRepresentationView.of(each, call.staff.role) for each in listed]
        ),
    )


@api.post(
    "/v1/city/representatives/{representation_id}/end",
    tag="support",
    caller=STAFF,
    action=Action.HELP_MEMBER,
    path=RepresentationPath,
    body=ReasonGiven,
    returns={204: None},
    refuses=("unknown-representation", "representation-over", "reason-missing"),
)
async def end_representative(call: StaffRequest[ReasonGiven, None, RepresentationPath]) -> TypedResponse:
    """End it at once; one person suffices. Sessions that act by it end with it."""
    await call.services.city.representatives.end(call.staff, call.path.representation_id, call.body.reason)
    return TypedResponse(204)
