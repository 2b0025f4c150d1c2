"""A grant file as a proposal: what its approver reads, on which ground, and what a yes or a no does to the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.grants import grant_projects, project_members
from gateway.cities.grants.grant_file_rows import (
    LEGAL,
    FileState,
    GrantFile,
    content_hash,
    require,
    write,
    wrong_state,
)
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.proposals.propose import Ground, propose
from gateway.platform.audit_actions import AuditAction
from httpkit.clock import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveFile:
    """The command that waits for a second person: this content, to these sums."""

    file_id: str
    project_id: str
    content_hash: str
    lines: int
    points: int


def propose_file(
    context: CityContext, conn: Connection, who: StaffActor, file: GrantFile, digest: str, at: datetime
) -> Proposal:
    """Propose a file that was checked. Raises ProblemError as `propose`."""
    command = ApproveFile(
        file_id=file.file_id,
        project_id=file.project_id,
        content_hash=digest,
        lines=file.lines,
        points=file.points,
    )
    return propose(
        context, conn, who, Deed.GRANT_FILE, file.file_id, command,
        ground=file_ground(conn, who.municipality, command, context.today),
        facts=_shown(conn, file, context.today), reason="", at=at, points=file.points,
    )  # fmt: skip


def file_ground(conn: Connection, code: str, command: ApproveFile, today: date) -> Ground:
    """What the author saw: the file as it was checked, its project, and what a point is worth."""
    file = require(conn, code, command.file_id)
    project = grant_projects.require(conn, code, command.project_id)
    values = grant_projects.point_values(conn, code, project.plan.point_service, today)
    return {
        "content": content_hash(conn, code, command.file_id), "lines": file.lines, "points": file.points,
        "open": "yes" if project.is_open else "no", **values,
    }  # fmt: skip


def approve_file(
    conn: Connection, who: StaffActor, command: ApproveFile, approved_by: str, reason: str, at: datetime
) -> GrantFile:
    """Carry it out: the points are set aside, and granted from now on.

    Raises ProblemError: `unknown-file` (404), `file-state`, `project-not-open`, `budget-exceeded` (409).
    """
    code = who.municipality
    file = require(conn, code, command.file_id, lock=True)
    if FileState.APPROVED not in LEGAL[file.state]:
        raise wrong_state(file)
    grant_projects.require_granting(conn, code, file.project_id, day_of(at))
    grant_projects.take_from_budget(conn, code, file.project_id, file.points)
    write(conn, file, state=FileState.APPROVED, approved_by=approved_by, approved_at=at)
    write_audit(conn, who, at, AuditAction.GRANT_FILE_APPROVED, file.file_id, reason, {"points": file.points})
    return require(conn, code, file.file_id)


def end_file(conn: Connection, proposal: Proposal, state: ProposalState, at: datetime) -> None:
    """What a proposal's other ends are to its file: sent back, or cancelled."""
    file = require(conn, proposal.municipality, proposal.subject, lock=True)
    if file.state is FileState.CHECKED:
        sent_back = state is ProposalState.SENT_BACK
        write(conn, file, state=FileState.SENT_BACK if sent_back else FileState.CANCELLED, ended_at=at)


def _shown(conn: Connection, file: GrantFile, today: date) -> dict[str, str | int]:
    code = file.municipality
    project = grant_projects.require(conn, code, file.project_id)
    members, points = project_members.sum_granted_before(conn, code, file.project_id, file.file_id)
    shown: dict[str, str | int] = {
        "file": file.name, "project": file.project_id, "name": project.plan.name, "lines": file.lines,
        "budget_after": project.left - file.points,
    }  # fmt: skip
    if members:
        shown |= {"members_before": members, "points_before": points}
    waiting = project_members.list_waiting_elsewhere(conn, code, file.project_id, file.file_id)
    if waiting:
        shown |= {
            "members_waiting": sum(each.members for each in waiting),
            "points_waiting": sum(each.points for each in waiting),
        }
    return shown | grant_projects.point_values(conn, code, project.plan.point_service, today)
