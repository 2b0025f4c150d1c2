"""Grant projects (給付事業): name, place, period, points, budget, content. The budget is never exceeded.

`granted` counts what was given and what is set aside for approved files; it is raised only where the budget
suffices, in one statement, so that no two grants share the last points.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from gateway.cities import tables
from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.drawn_from import require_seen, version_of
from gateway.cities.grants import project_members, venue_days
from gateway.cities.grants.project_members import ProjectLimits
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Ground, propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_new
from gateway.platform.states import PROJECT_MOVES, ProjectState
from gateway.platform.transitions import require_legal
from gateway.points import directory, expiry
from gateway.points import rules as point_rules
from httpkit.clock import day_of

_projects = tables.grant_projects
_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_VENUE_PREFIX: Final = "PGV1"
_VENUE_SIGNATURE_LENGTH: Final = 32
MAX_BUDGET: Final = 10_000_000
_limits, _venues = tables.project_limits, tables.venue_limits
_WITH_LIMITS: Final = select(
    _projects,
    _limits.c.most_grants_each,
    _limits.c.most_points_each,
    _venues.c.points_a_day.label("venue_points_a_day"),
).select_from(
    _projects.outerjoin(
        _limits,
        (_limits.c.municipality == _projects.c.municipality)
        & (_limits.c.project_id == _projects.c.project_id),
    ).outerjoin(
        _venues,
        (_venues.c.municipality == _projects.c.municipality)
        & (_venues.c.project_id == _projects.c.project_id),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPlan:
    """What a city plans. `points_each` is what a venue's code gives; the period includes both days.

    `venue_points_a_day` is the most that the venue gives in a day; None leaves it to the city's table of deeds.
    """

    project_id: str
    point_service: str
    name: str
    place: str
    content: str
    starts_on: date
    ends_on: date
    points_each: int
    budget: int
    venue: bool = False
    most_grants_each: int | None = None
    most_points_each: int | None = None
    venue_points_a_day: int | None = None

    @property
    def limits(self) -> ProjectLimits:
        return ProjectLimits(most_grants_each=self.most_grants_each, most_points_each=self.most_points_each)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProject:
    """The command that waits for a second person."""

    plan: ProjectPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseBudget:
    """`venue_points_a_day` of None leaves the venue's ceiling as it is."""

    project_id: str
    budget: int
    venue_points_a_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantProject:
    municipality: str
    plan: ProjectPlan
    granted: int
    state: ProjectState
    created_at: datetime

    @property
    def is_open(self) -> bool:
        return self.state is ProjectState.OPEN

    @property
    def left(self) -> int:
        """Points of the budget that are neither given nor set aside."""
        return self.plan.budget - self.granted

    @property
    def version(self) -> str:
        return version_of(self.plan.budget, self.plan.venue_points_a_day, self.state.value)

    def grants_on(self, day: date) -> bool:
        return self.is_open and self.plan.starts_on <= day <= self.plan.ends_on


def require(conn: Connection, code: str, project_id: str) -> GrantProject:
    """Give a project of this city. Raises ProblemError `unknown-project` (404)."""
    project = find(conn, code, project_id)
    if project is None:
        raise ProblemError("unknown-project", "This city has no such grant project.")
    return project


def require_granting(conn: Connection, code: str, project_id: str, day: date) -> GrantProject:
    """Give a project that grants on this day, into a point service that takes points.

    Raises ProblemError: `unknown-project` (404), `project-not-open` (409).
    """
    project = require(conn, code, project_id)
    if not project.grants_on(day):
        plan = project.plan
        raise ProblemError(
            "project-not-open",
            f"{plan.name} grants from {plan.starts_on} to {plan.ends_on} while it is open; nothing was granted.",
        )
    service = directory.require_known_service(conn, code, project.plan.point_service)
    rules = point_rules.versions(conn, code, service.point_service)
    if service.closed_at is not None or expiry.is_expired(rules, day, day):
        raise ProblemError("project-not-open", f"{service.name} takes no more points; nothing was granted.")
    return project


def find(conn: Connection, code: str, project_id: str) -> GrantProject | None:
    row = conn.execute(_WITH_LIMITS.where(*_key(code, project_id))).one_or_none()
    return None if row is None else _project(row)


def add_project(conn: Connection, who: StaffActor, command: AddProject, at: datetime) -> GrantProject:
    """Carry it out. Raises ProblemError: `project-exists` (409), `unknown-point-service` (404)."""
    code, plan = who.municipality, command.plan
    directory.require_service(conn, code, plan.point_service)
    if not insert_new(
        conn,
        _projects,
        municipality=code,
        granted=0,
        state=ProjectState.OPEN,
        created_at=at,
        **_columns(plan),
    ):
        raise _exists()
    project_members.save_limits(conn, code, plan.project_id, plan.limits)
    if plan.venue_points_a_day is not None:
        venue_days.save_limit(conn, code, plan.project_id, plan.venue_points_a_day)
    write_audit(conn, who, at, AuditAction.PROJECT_ADDED, plan.project_id, facts={"budget": plan.budget})
    return require(conn, code, plan.project_id)


def change_budget(
    conn: Connection, who: StaffActor, command: RaiseBudget, reason: str, at: datetime
) -> GrantProject:
    """Carry it out. Raises ProblemError: `budget-exceeded` (409), `unknown-project` (404)."""
    code, project_id = who.municipality, command.project_id
    before = require(conn, code, project_id)
    hit = conn.execute(
        update(_projects)
        .where(*_key(code, project_id), _projects.c.granted <= command.budget)
        .values(budget=command.budget)
    )
    if hit.rowcount == 0:
        raise ProblemError(
            "budget-exceeded",
            f"{before.granted:,} points are granted or set aside; the budget cannot be lower.",
            available=before.left,
        )
    if command.venue_points_a_day is not None:
        venue_days.save_limit(conn, code, project_id, command.venue_points_a_day)
    facts: dict[str, str | int] = {
        "from": before.plan.budget, "to": command.budget, "venue_points_a_day": command.venue_points_a_day or "",
    }  # fmt: skip
    write_audit(conn, who, at, AuditAction.BUDGET_CHANGED, project_id, reason, facts)
    return require(conn, code, project_id)


def budget_ground(conn: Connection, code: str, command: RaiseBudget, today: date) -> Ground:
    """What the author saw: the budget, what a grant is, and what a point is worth."""
    plan = require(conn, code, command.project_id).plan
    values = point_values(conn, code, plan.point_service, today)
    venue = plan.venue_points_a_day
    return {"budget": plan.budget, "points_each": plan.points_each, "venue_points_a_day": venue, **values}


def point_values(conn: Connection, code: str, service: str, today: date) -> dict[str, str | int]:
    """What a point of this service is worth, and the most that it will be by a rule that is announced."""
    versions = point_rules.versions(conn, code, service)
    now = point_rules.in_force(versions, today).unit_value_yen
    coming = [version.rule.unit_value_yen for version in point_rules.upcoming(versions, today)]
    values: dict[str, str | int] = {"point_service": service, "unit_value_yen": now}
    return values | ({"unit_value_later": max(coming)} if any(each != now for each in coming) else {})


def project_ground(conn: Connection, code: str, command: AddProject, today: date) -> Ground:
    """What the author saw: what a point of the service is worth."""
    return point_values(conn, code, command.plan.point_service, today)


def project_facts(conn: Connection, code: str, plan: ProjectPlan, today: date) -> dict[str, str | int]:
    """All that is planned, for people to read."""
    shown: dict[str, str | int] = {
        "project": plan.project_id, "name": plan.name.strip(), "place": plan.place, "content": plan.content,
        "budget": plan.budget, "points_each": plan.points_each, "starts_on": plan.starts_on.isoformat(),
        "ends_on": plan.ends_on.isoformat(), "venue": "yes" if plan.venue else "no",
        "most_grants_each": plan.most_grants_each or "", "most_points_each": plan.most_points_each or "",
        "venue_points_a_day": plan.venue_points_a_day or "",
    }  # fmt: skip
    return shown | point_values(conn, code, plan.point_service, today)


def take_from_budget(conn: Connection, code: str, project_id: str, points: int) -> None:
    """Count points as granted. Raises ProblemError `budget-exceeded` (409) with what is left."""
    hit = conn.execute(
        update(_projects)
        .where(*_key(code, project_id), _projects.c.granted + points <= _projects.c.budget)
        .values(granted=_projects.c.granted + points)
    )
    if hit.rowcount == 0:
        raise over_budget(require(conn, code, project_id).left)


def close_again(conn: Connection, code: str, project_id: str) -> int:
    """It grants nothing more; 1 where it did."""
    still_open = (*_key(code, project_id), _projects.c.state == ProjectState.OPEN)
    return conn.execute(update(_projects).where(*still_open).values(state=ProjectState.CLOSED)).rowcount


def over_budget(left: int) -> ProblemError:
    return ProblemError(
        "budget-exceeded", f"The budget has {left:,} points left; nothing was granted.", available=left
    )


def give_back_to_budget(conn: Connection, code: str, project_id: str, points: int) -> None:
    """Points set aside for a file's lines that could not be granted."""
    conn.execute(
        update(_projects).where(*_key(code, project_id)).values(granted=_projects.c.granted - points)
    )


@dataclass(frozen=True, slots=True)
class GrantProjects:
    """The use cases around projects."""

    context: CityContext

    async def listed(self, code: str) -> list[GrantProject]:
        """All projects of a city, the one that starts last first."""
        query = _WITH_LIMITS.where(_projects.c.municipality == code).order_by(
            _projects.c.starts_on.desc(), _projects.c.project_id
        )
        return await self.context.store.read(lambda conn: [_project(row) for row in conn.execute(query)])

    async def get(self, code: str, project_id: str) -> GrantProject:
        return await self.context.store.read(lambda conn: require(conn, code, project_id))

    async def add(self, who: StaffSession, plan: ProjectPlan, reason: str = "") -> GrantProject | Proposal:
        """Add a project, or propose it. Raises ProblemError: `bad-project` (422), `project-exists` (409),
        `unknown-point-service` (404), and as `propose`.
        """
        now, code = self.context.clock(), who.municipality
        _check(plan)

        def job(conn: Connection) -> GrantProject | Proposal:
            directory.require_service(conn, code, plan.point_service)
            if find(conn, code, plan.project_id) is not None:
                raise _exists()
            if not deeds.rule_of(conn, code, Deed.PROJECT).persons:
                return add_project(conn, who, AddProject(plan=plan), now)
            command, today = AddProject(plan=plan), self.context.today
            return propose(
                self.context, conn, who, Deed.PROJECT, plan.project_id, command,
                ground=project_ground(conn, code, command, today), facts=project_facts(conn, code, plan, today),
                reason=reason, at=now, points=plan.budget,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def change_budget(
        self,
        who: StaffSession,
        project_id: str,
        budget: int,
        reason: str,
        venue_points_a_day: int | None = None,
        seen: str | None = None,
    ) -> GrantProject | Proposal:
        """Lower a budget, never below what is granted, and a venue's ceiling; or propose to raise either.

        `seen` is the version that the change was drawn from.
        Raises ProblemError: `budget-exceeded`, `changed-meanwhile` (409), `unknown-project` (404), and as `propose`.
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> GrantProject | Proposal:
            before = _require_seen(conn, code, project_id, seen)
            command = RaiseBudget(project_id=project_id, budget=budget, venue_points_a_day=venue_points_a_day)
            most = venue_days.limit_of(conn, code, project_id)
            raises_venue = venue_points_a_day is not None and most is not None and venue_points_a_day > most
            if (budget <= before.plan.budget and not raises_venue) or not deeds.rule_of(
                conn, code, Deed.BUDGET
            ).persons:
                return change_budget(conn, who, command, reason, now)
            ground = budget_ground(conn, code, command, self.context.today)
            shown: dict[str, str | int] = {
                "project": project_id, "name": before.plan.name, "from": before.plan.budget, "to": budget,
                "granted": before.granted, "points_each": before.plan.points_each,
                "venue_points_a_day": venue_points_a_day or "",
            }  # fmt: skip
            values = point_values(conn, code, before.plan.point_service, self.context.today)
            return propose(
                self.context, conn, who, Deed.BUDGET, project_id, command, ground=ground, facts=shown | values,
                reason=reason, at=now, points=max(0, budget - before.plan.budget),
            )  # fmt: skip

        return await self.context.store.run(job)

    async def set_open(
        self, who: StaffSession, project_id: str, *, is_open: bool, reason: str, seen: str | None = None
    ) -> GrantProject:
        """Let a project grant nothing more, or again. Raises ProblemError `changed-meanwhile` (409)."""
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> GrantProject:
            project = _require_seen(conn, code, project_id, seen)
            state = ProjectState.OPEN if is_open else ProjectState.CLOSED
            require_legal(PROJECT_MOVES, project.state, state)
            conn.execute(update(_projects).where(*_key(code, project_id)).values(state=state))
            write_audit(
                conn,
                who,
                now,
                AuditAction.PROJECT_REOPENED if is_open else AuditAction.PROJECT_CLOSED,
                project_id,
                reason,
            )
            return require(conn, code, project_id)

        return await self.context.store.run(job)

    async def venue_code(self, who: StaffSession, project_id: str) -> str:
        """Today's code of the venue, to be shown as a QR. Raises ProblemError: `unknown-project`, `project-not-open`."""
        today, code = day_of(self.context.clock()), who.municipality

        def job(conn: Connection) -> GrantProject:
            return require_granting(conn, code, project_id, today)

        project = await self.context.store.read(job)
        if not project.plan.venue:
            raise ProblemError("project-not-open", "This project has no venue at which members scan a code.")
        return make_venue_code(self.context, code, project_id, today)


def make_venue_code(context: CityContext, code: str, project_id: str, day: date) -> str:
    """A code that nobody else can make and that serves on one day only: a photo of it is worthless tomorrow."""
    signed = f"{code}.{project_id}.{day.isoformat()}"
    signature = context.vault.keyed_hash(signed, purpose="venue")[:_VENUE_SIGNATURE_LENGTH]
    return f"{_VENUE_PREFIX}.{signed}.{signature}"


def read_venue_code(context: CityContext, text: str, today: date) -> tuple[str, str]:
    """(municipality, project) of today's code. Raises ProblemError `venue-code-wrong` (409) for any other text."""
    parts = text.strip().split(".")
    if (
        len(parts) == 5
        and parts[0] == _VENUE_PREFIX
        and parts[3] == today.isoformat()
        and context.vault.is_keyed_hash(
            parts[4], ".".join(parts[1:4]), purpose="venue", length=_VENUE_SIGNATURE_LENGTH
        )
    ):
        return parts[1], parts[2]
    raise ProblemError(
        "venue-code-wrong", "This is not a code that a venue shows today; scan it again there."
    )


def _require_seen(conn: Connection, code: str, project_id: str, seen: str | None) -> GrantProject:
    """Lock a project and compare it with what a form was drawn from."""
    conn.execute(select(_projects.c.project_id).where(*_key(code, project_id)).with_for_update())
    project = require(conn, code, project_id)
    require_seen(seen, project.version)
    return project


def _check(plan: ProjectPlan) -> None:
    if not _ID.fullmatch(plan.project_id):
        raise _bad("project_id", "A project has an id of 1 to 40 lower-case letters, digits and hyphens.")
    if not plan.name.strip():
        raise _bad("name", "A project has a name.")
    if plan.ends_on < plan.starts_on:
        raise _bad("ends_on", "A project ends on or after the day on which it starts.")
    if not 0 < plan.points_each <= MAX_BUDGET:
        raise _bad("points_each", f"A project gives 1 to {MAX_BUDGET:,} points each.")
    if not plan.budget > 0:
        raise _bad("budget", "A project has a budget.")


def _bad(field: str, text: str) -> ProblemError:
    return ProblemError("bad-project", f"{field}: {text}", field=field)


def _exists() -> ProblemError:
    return ProblemError("project-exists", "There is a project with this id already; choose another.")


def _key(code: str, project_id: str) -> tuple[Any, Any]:
    return (_projects.c.municipality == code, _projects.c.project_id == project_id)


def _columns(plan: ProjectPlan) -> dict[str, Any]:
    return {
        "project_id": plan.project_id, "point_service": plan.point_service, "name": plan.name.strip(),
        "place": plan.place, "content": plan.content, "starts_on": plan.starts_on.isoformat(),
        "ends_on": plan.ends_on.isoformat(), "points_each": plan.points_each, "budget": plan.budget,
        "venue": plan.venue,
    }  # fmt: skip


def _project(row: Row[Any]) -> GrantProject:
    return GrantProject(
        municipality=row.municipality,
        plan=ProjectPlan(
            project_id=row.project_id,
            point_service=row.point_service,
            name=row.name,
            place=row.place,
            content=row.content,
            starts_on=date.fromisoformat(row.starts_on),
            ends_on=date.fromisoformat(row.ends_on),
            points_each=row.points_each,
            budget=row.budget,
            venue=row.venue,
            most_grants_each=row.most_grants_each,
            most_points_each=row.most_points_each,
            venue_points_a_day=row.venue_points_a_day,
        ),
        granted=row.granted,
        state=ProjectState(row.state),
        created_at=row.created_at,
    )
