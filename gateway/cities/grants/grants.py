"""Grants (給付) to one member: by staff, by MyKey ID; or by the member, who scans a venue's code.

In one transaction: the transfer into the member's book, the project's budget, the day's limit, the audit line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, select

from core_ledger import IdReused, Receipt, Transfer, chart, ledger
from core_ledger.read_model import moves, read_lots
from gateway.cities import daily_limits, tables
from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.grants import grant_projects, project_members, venue_days
from gateway.cities.grants.grant_projects import GrantProject, read_venue_code
from gateway.cities.grants.staff_days import count_alone
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Ground, propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.members import member_rows, mykey_ids
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_new
from gateway.points import rules
from httpkit.clock import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantResult:
    """`replayed`: the same grant was made before, and nothing was given now."""

    receipt: Receipt
    project: GrantProject

    @property
    def replayed(self) -> bool:
        return self.receipt.replayed


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantPoints:
    """The command that waits for a second person: what one member is to be granted."""

    project_id: str
    grant_id: str
    member_id: str
    mykey_id: str
    points: int
    note: str


@dataclass(frozen=True, slots=True)
class Grants:
    context: CityContext

    async def to_one(
        self, who: StaffSession, project_id: str, grant_id: str, mykey_id: str, points: int, note: str = ""
    ) -> GrantResult | Proposal:
        """Grant to one member under an id that the caller made; the same id with the same content is one grant.

        Above the city's sum, or beyond what one person grants in a day, it is proposed and nothing is granted yet.
        That it was made is also answered to the MyKey ID that the member had then and has no more.
        Raises ProblemError: `unknown-project`, `unknown-member` (404), `project-not-open`, `budget-exceeded`,
        `limit-of-the-day`, `id-reused` (409), and as `propose`.
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> GrantResult | Proposal:
            project = grant_projects.require(conn, code, project_id)
            member_id = _member_of(conn, code, grant_id, mykey_id)
            _claim_id(conn, project, grant_id, member_id)
            move = transfer_of(project, member_id, f"one:{grant_id}", points, now, by=who.staff_id, note=note)
            granted_on = _granted_on(conn, move)
            if granted_on is None:
                grant_projects.require_granting(conn, code, project_id, day_of(now))
                command = GrantPoints(
                    project_id=project_id, grant_id=grant_id, member_id=member_id,
                    mykey_id=mykey_ids.read(mykey_id) or "", points=points, note=note,
                )  # fmt: skip
                if not _may_grant_alone(conn, who, project, points, now):
                    return _propose(self.context, conn, who, project, command, now)
            else:  # what was granted on another day, or before a closing, is still the answer to its id
                move = replace(move, issued_on=granted_on)
            done = _grant(conn, project, move, now)
            if not done.replayed:
                _audit(conn, who, mykey_ids.read(mykey_id) or "", project_id, points, note, now)
            return done

        return await self.context.store.run(job)

    async def at_venue(self, member_id: str, venue_code: str) -> GrantResult:
        """A member scans the code of a venue: each member is granted it once in a project.

        Raises ProblemError: `venue-code-wrong`, `project-not-open`, `granted-already`, `budget-exceeded`,
        `limit-of-the-day`, `limit-of-the-venue` (409), `unknown-project`, `unknown-member` (404).
        """
        now = self.context.clock()
        code, project_id = read_venue_code(self.context, venue_code, day_of(now))

        def job(conn: Connection) -> GrantResult:
            project = grant_projects.require_granting(conn, code, project_id, day_of(now))
            if not project.plan.venue:
                raise ProblemError("project-not-open", "This project has no venue.")
            move = transfer_of(project, member_id, "venue", project.plan.points_each, now, by="member")
            done = _grant(conn, project, move, now)
            if not done.replayed:
                venue_days.count(conn, code, project_id, day_of(now), move.points)
            return done

        try:
            done = await self.context.store.run(job)
        except ProblemError as refused:
            if refused.type == "id-reused":  # scanned on another day
                raise _already() from None
            raise
        if done.replayed:
            raise _already()
        return done


def grant_points(conn: Connection, who: StaffActor, command: GrantPoints, at: datetime) -> GrantResult:
    """Carry out what was proposed, on the day on which it was decided. Raises ProblemError as `Grants.to_one`."""
    code, project_id = who.municipality, command.project_id
    project = grant_projects.require_granting(conn, code, project_id, day_of(at))
    key = f"one:{command.grant_id}"
    move = transfer_of(
        project, command.member_id, key, command.points, at, by=who.staff_id, note=command.note
    )
    done = _grant(conn, project, move, at)
    if not done.replayed:
        _audit(conn, who, command.mykey_id, project_id, command.points, command.note, at)
    return done


def grant_ground(conn: Connection, code: str, command: GrantPoints, today: date) -> Ground:
    """What the author saw of the project: what a grant in it is and is worth, and whether it is open."""
    project = grant_projects.require(conn, code, command.project_id)
    values = grant_projects.point_values(conn, code, project.plan.point_service, today)
    return {"points_each": project.plan.points_each, "open": "yes" if project.is_open else "no", **values}


def _may_grant_alone(
    conn: Connection, who: StaffSession, project: GrantProject, points: int, at: datetime
) -> bool:
    """Whether this person grants it without a second one; it is counted into the person's day then."""
    rule = deeds.rule_of(conn, who.municipality, Deed.GRANT)
    if not rule.persons:
        return True
    if points > (rule.from_points if rule.from_points is not None else project.plan.points_each):
        return False
    return count_alone(conn, who, day_of(at), points, rule.points_a_day or 0)


def _propose(
    context: CityContext,
    conn: Connection,
    who: StaffSession,
    project: GrantProject,
    command: GrantPoints,
    at: datetime,
) -> Proposal:
    if command.points > project.left:
        raise grant_projects.over_budget(project.left)
    shown: dict[str, str | int] = {
        "project": command.project_id, "name": project.plan.name, "mykey_id": command.mykey_id,
        "points_each": project.plan.points_each,
    }  # fmt: skip
    today = context.today
    values = grant_projects.point_values(conn, who.municipality, project.plan.point_service, today)
    return propose(
        context, conn, who, Deed.GRANT, f"{command.project_id}/{command.member_id}", command,
        ground=grant_ground(conn, who.municipality, command, today), facts=shown | values, reason=command.note,
        at=at, points=command.points,
    )  # fmt: skip


def _audit(
    conn: Connection, who: StaffActor, mykey_id: str, project_id: str, points: int, note: str, at: datetime
) -> None:
    facts: dict[str, str | int] = {"project": project_id, "points": points}
    write_audit(conn, who, at, AuditAction.GRANTED, mykey_id, note, facts)


def transfer_of(
    project: GrantProject, member_id: str, key: str, points: int, at: datetime, *, by: str, note: str = ""
) -> Transfer:
    """The move of one grant. `key` is unique in its project and member: it is what makes a grant happen once."""
    code, plan = project.municipality, project.plan
    return Transfer(
        id=f"grant:{code}:{plan.project_id}:{key}",
        book=chart.member_book(member_id),
        source=chart.granted(code),
        target=chart.municipal(member_id, code, plan.point_service),
        points=points,
        at=at,
        kind="grant",
        issued_on=day_of(at),
        reference=note,
        details={"project_id": plan.project_id, "granted_by": by},
    )


def _grant(conn: Connection, project: GrantProject, move: Transfer, at: datetime) -> GrantResult:
    is_member = member_rows.lock_active(conn, [move.book.removeprefix("member:")])
    try:
        receipt = ledger.transfer(conn, move)
    except IdReused:
        raise _id_reused() from None
    if not receipt.replayed:
        if not is_member:
            raise member_rows.unknown_member()  # erased or merged since they were looked at
        code, plan, today = project.municipality, project.plan, day_of(at)
        project_members.count(conn, code, plan.project_id, move.book, today, move.points)
        grant_projects.take_from_budget(conn, code, plan.project_id, move.points)
        rule = rules.in_force(rules.versions(conn, code, plan.point_service), today)
        daily_limits.count(
            conn, move.book, code, plan.point_service, today, "granted", move.points, rule.most_granted_a_day
        )
    return GrantResult(
        receipt=receipt, project=grant_projects.require(conn, project.municipality, project.plan.project_id)
    )


def _claim_id(conn: Connection, project: GrantProject, grant_id: str, member_id: str) -> None:
    """Take an id for one member in one project. Raises ProblemError `id-reused` (409) where another grant has it."""
    ids, book = tables.grant_ids, chart.member_book(member_id)
    code, project_id = project.municipality, project.plan.project_id
    if insert_new(conn, ids, municipality=code, grant_id=grant_id, project_id=project_id, book_id=book):
        return
    mine = select(ids.c.project_id, ids.c.book_id).where(
        ids.c.municipality == code, ids.c.grant_id == grant_id
    )
    if conn.execute(mine).one() != (project_id, book):
        raise _id_reused()


def _granted_on(conn: Connection, move: Transfer) -> date | None:
    """The day on which a move of this id was made; None where there is none yet."""
    lots = conn.execute(
        select(moves.c.lots).where(moves.c.book_id == move.book, moves.c.id == move.id)
    ).scalar_one_or_none()
    return None if lots is None else date.fromisoformat(read_lots(lots)[0][0])


def _member_of(conn: Connection, code: str, grant_id: str, mykey_id: str) -> str:
    """Who has this MyKey ID; or had it, where a grant of this id was made to that member."""
    known = mykey_ids.read(mykey_id)
    member = member_rows.find_by_mykey_id(conn, known) if known else None
    if member is not None:
        return member.member_id
    had = mykey_ids.retired_from(conn, known) if known else None
    ids = tables.grant_ids
    granted = select(ids.c.book_id).where(ids.c.municipality == code, ids.c.grant_id == grant_id)
    if had is None or conn.execute(granted).scalar_one_or_none() != chart.member_book(had):
        raise member_rows.unknown_member()
    return had


def _id_reused() -> ProblemError:
    return ProblemError("id-reused", "This id was used for something else; make a new id (a UUID).")


def _already() -> ProblemError:
    return ProblemError("granted-already", "This member was granted it before; nothing was given now.")
