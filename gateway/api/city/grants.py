"""Grants (給付): projects, budgets, and a grant to one member."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

from pydantic import Field

from gateway.api.city.fields import (
    Budget,
    CodeText,
    Day,
    Line,
    ProjectId,
    Reason,
    ServiceBalanceView,
    Text,
    Version,
)
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import MykeyIdTyped, Points, PointServiceId, Uuid, View
from gateway.api.member_request import MemberRequest
from gateway.cities import looks
from gateway.cities.grants import grantees
from gateway.cities.grants.grant_projects import GrantProject, ProjectPlan
from gateway.cities.grants.grants import GrantResult
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.support.masks import name_for
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action
from httpkit.clock import day_of

api = Api()
STAFF: Final = AuthLevel.STAFF


class MemberPath(Strict):
    mykey_id: MykeyIdTyped


class ProjectPath(Strict):
    project_id: ProjectId


class ProjectWanted(Strict):
    """A grant project (給付事業); the period includes both days."""

    project_id: ProjectId
    point_service: PointServiceId
    name: Words
    place: Line = ""
    content: Text = ""
    starts_on: Day
    ends_on: Day
    points_each: Annotated[int, Field(ge=1, le=10_000_000)]
    budget: Budget
    venue: bool = False
    most_grants_each: Annotated[int, Field(ge=1, le=10_000)] | None = None
    most_points_each: Points | None = None
    venue_points_a_day: Budget | None = None
    reason: Line = ""


class BudgetWanted(Strict):
    """`venue_points_a_day` is the most that the venue's code gives in a day; null leaves it as it is.

    `seen` is the `version` of the project that the change was drawn from; null changes whatever is there.
    """

    budget: Budget
    venue_points_a_day: Budget | None = None
    reason: Reason
    seen: Version | None = None


class OpenWanted(Strict):
    """`seen` as with the budget."""

    open: bool
    reason: Reason
    seen: Version | None = None


class GrantWanted(Strict):
    grant_id: Uuid
    mykey_id: MykeyIdTyped
    points: Annotated[int, Field(ge=1, le=10_000_000)]
    note: Line = ""


class VenueScanned(Strict):
    venue_code: CodeText


class CityMemberView(View):
    """A member as the city's staff may see one who has its points, or has chosen it as 基本自治体.

    The name is masked for roles that help nobody at the desk.
    """

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
    most_grants_each: int | None
    most_points_each: int | None
    venue_points_a_day: int | None
    open: bool
    created_at: datetime
    version: str

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
            most_grants_each=plan.most_grants_each,
            most_points_each=plan.most_points_each,
            venue_points_a_day=plan.venue_points_a_day,
            open=project.is_open,
            created_at=project.created_at,
            version=project.version,
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
    def of(cls, granted: GrantResult) -> GrantedView:
        project = granted.project
        return cls(
            project_id=project.plan.project_id,
            project_name=project.plan.name,
            municipality=project.municipality,
            point_service=project.plan.point_service,
            points=granted.receipt.points,
            issued_on=granted.receipt.lot_movements[0].issued_on,
            replayed=granted.replayed,
        )


@api.get(
    "/v1/city/members/{mykey_id}",
    tag="grants",
    caller=STAFF,
    action=Action.SEE_MEMBER,
    path=MemberPath,
    returns={200: CityMemberView},
    refuses=("unknown-member", "member-merged"),
)
async def city_member(call: StaffRequest[None, None, MemberPath]) -> TypedResponse:
    """A member who has the city's points or has chosen it; anybody else does not exist here."""
    code, mykey_id = call.staff.municipality, call.path.mykey_id
    await looks.record_member_look(call.services.store, call.staff, call.services.clock(), mykey_id)
    today = day_of(call.services.clock())
    grantee = await call.services.store.read(lambda conn: grantees.find(conn, code, mykey_id, today))
    return TypedResponse(
        200,
        CityMemberView(
            mykey_id=grantee.mykey_id,
            display_name=name_for(call.staff.role, grantee.display_name),
            balances=[
                ServiceBalanceView(point_service=service, points=points)
                for service, points in sorted(grantee.balances.items())
            ],
        ),
    )


@api.get(
    "/v1/city/projects",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    returns={200: Projects},
)
async def list_projects(call: StaffRequest) -> TypedResponse:
    """The city's grant projects (給付事業), the one that starts last first."""
    projects = await call.services.city.projects.listed(call.staff.municipality)
    return TypedResponse(200, Projects(projects=[ProjectView.of(project) for project in projects]))


@api.post(
    "/v1/city/projects",
    tag="grants",
    caller=STAFF,
    action=Action.PLAN_GRANTS,
    body=ProjectWanted,
    returns={202: ProposalView, 201: ProjectView},
    refuses=("bad-project", "project-exists", "unknown-municipality", "unknown-point-service", *PROPOSING),
)
async def add_project(call: StaffRequest[ProjectWanted]) -> TypedResponse:
    """Propose a grant project with its period and budget; a second person decides it (202)."""
    plan = ProjectPlan(**call.body.model_dump(exclude={"reason"}))
    project = await call.services.city.projects.add(call.staff, plan, call.body.reason)
    if isinstance(project, Proposal):
        return TypedResponse(202, ProposalView.of(project))
    return TypedResponse(201, ProjectView.of(project))


@api.get(
    "/v1/city/projects/{project_id}",
    tag="grants",
    caller=STAFF,
    action=Action.SEE,
    path=ProjectPath,
    returns={200: ProjectView},
    refuses=("unknown-project",),
)
async def get_project(call: StaffRequest[None, None, ProjectPath]) -> TypedResponse:
    """One grant project with what is left of its budget."""
    project = await call.services.city.projects.get(call.staff.municipality, call.path.project_id)
    return TypedResponse(200, ProjectView.of(project))


@api.put(
    "/v1/city/projects/{project_id}/budget",
    tag="grants",
    caller=STAFF,
    action=Action.PLAN_GRANTS,
    path=ProjectPath,
    body=BudgetWanted,
    returns={200: ProjectView, 202: ProposalView},
    refuses=("unknown-project", "budget-exceeded", "changed-meanwhile", *PROPOSING),
)
async def change_project_budget(
    call: StaffRequest[BudgetWanted, None, ProjectPath],
) -> TypedResponse:
    """Lower a budget, never below what is granted or set aside; or propose to raise it (202)."""
    project = await call.services.city.projects.change_budget(
        call.staff,
        call.path.project_id,
        call.body.budget,
        call.body.reason,
        call.body.venue_points_a_day,
        call.body.seen,
    )
    if isinstance(project, Proposal):
        return TypedResponse(202, ProposalView.of(project))
    return TypedResponse(200, ProjectView.of(project))


@api.put(
    "/v1/city/projects/{project_id}/open",
    tag="grants",
    caller=STAFF,
    action=Action.PLAN_GRANTS,
    path=ProjectPath,
    body=OpenWanted,
    returns={200: ProjectView},
    refuses=("unknown-project", "changed-meanwhile"),
)
async def set_project_open(
    call: StaffRequest[OpenWanted, None, ProjectPath],
) -> TypedResponse:
    """Let a project grant nothing more, or again."""
    project = await call.services.city.projects.set_open(
        call.staff,
        call.path.project_id,
        is_open=call.body.open,
        reason=call.body.reason,
        seen=call.body.seen,
    )
    return TypedResponse(200, ProjectView.of(project))


@api.get(
    "/v1/city/projects/{project_id}/venue-code",
    tag="grants",
    caller=STAFF,
    action=Action.GRANT,
    path=ProjectPath,
    returns={200: VenueCode},
    refuses=("unknown-project", "project-not-open"),
)
async def project_venue_code(call: StaffRequest[None, None, ProjectPath]) -> TypedResponse:
    """Today's code of the project's venue, to be shown as a QR."""
    context = call.services.city.context
    code = await call.services.city.projects.venue_code(call.staff, call.path.project_id)
    return TypedResponse(200, VenueCode(venue_code=code, day=context.today))


@api.post(
    "/v1/city/projects/{project_id}/grants",
    tag="grants",
    caller=STAFF,
    action=Action.GRANT,
    path=ProjectPath,
    body=GrantWanted,
    returns={201: GrantedView, 200: GrantedView, 202: ProposalView},
    refuses=(
        "unknown-project", "unknown-member", "project-not-open", "budget-exceeded", "limit-of-the-day", "id-reused",
        "limit-of-the-project", *PROPOSING,
    ),
)  # fmt: skip
async def grant_to_one(
    call: StaffRequest[GrantWanted, None, ProjectPath],
) -> TypedResponse:
    """Grant to one member by MyKey ID, under an id that you made; the same again is the same grant (200).

    Above the city's sum, or beyond what one person grants in a day, it waits for a second person (202).
    """
    body = call.body
    granted = await call.services.city.grants.to_one(
        call.staff, call.path.project_id, body.grant_id, body.mykey_id, body.points, body.note
    )
    if isinstance(granted, Proposal):
        return TypedResponse(202, ProposalView.of(granted))
    return TypedResponse(200 if granted.replayed else 201, GrantedView.of(granted))


@api.post(
    "/v1/venue-grants",
    tag="spending",
    caller=AuthLevel.MEMBER,
    body=VenueScanned,
    returns={201: GrantedView},
    refuses=(
        "venue-code-wrong", "unknown-project", "project-not-open", "granted-already", "budget-exceeded",
        "limit-of-the-day", "limit-of-the-project", "limit-of-the-venue", "unknown-member",
    ),
)  # fmt: skip
async def grant_at_venue(call: MemberRequest[VenueScanned]) -> TypedResponse:
    """The member has scanned a venue's code: granted once in each project."""
    granted = await call.services.city.grants.at_venue(call.member.member_id, call.body.venue_code)
    return TypedResponse(201, GrantedView.of(granted))
