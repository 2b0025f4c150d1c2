"""A file of balances as a proposal: what its approver reads, on which ground, and what a yes or a no does to the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities.carry_in import carry_in_rows
from gateway.cities.carry_in.carry_in_rows import CarryIn, FileTotals, require, write, wrong_state
from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.drawn_from import version_of
from gateway.cities.grants.grant_file_rows import LEGAL, FileState
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.proposals.propose import Ground, propose
from gateway.platform.audit_actions import AuditAction
from gateway.points import directory, rules

MAX_TOTALS_SHOWN: Final = 40
"""Of the sums by last day, in the proposal; the file's page has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveCarryIn:
    """The command that waits for a second person: this content, to these sums."""

    file_id: str
    content_hash: str
    lines: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """What all lines of a file come to, read before the transaction: 100,000 lines are not summed up while others wait."""

    totals: FileTotals
    numbers: int


def read_content(conn: Connection, file_id: str) -> FileContent:
    """Sum up a file's lines. They stay as they are until the file is checked anew (`CarryIn.uploaded_at`)."""
    return FileContent(
        totals=carry_in_rows.totals(conn, file_id), numbers=carry_in_rows.count_numbers(conn, file_id)
    )


def propose_file(
    context: CityContext,
    conn: Connection,
    who: StaffActor,
    file: CarryIn,
    content: FileContent,
    reason: str,
    at: datetime,
) -> Proposal:
    """Propose a checked file whose sums are the predecessor's. Raises ProblemError as `propose`."""
    content_hash = carry_in_rows.content_hash(conn, file.municipality, file.file_id)
    command = ApproveCarryIn(
        file_id=file.file_id, content_hash=content_hash, lines=file.lines, points=file.points
    )
    shown: dict[str, str | int] = {
        "file": file.name, "lines": file.lines, "numbers": content.numbers,
        "content_hash": content_hash[:16], "totals": _totals_text(content.totals),
    }  # fmt: skip
    return propose(
        context, conn, who, Deed.CARRY_IN, file.file_id, command,
        ground=file_ground(context, conn, file.municipality, command), facts=shown, reason=reason, at=at,
        points=file.points,
    )  # fmt: skip


def _totals_text(totals: FileTotals) -> str:
    lines = [
        f"{each.point_service} {totals.by.text(each.last_day)} {each.points:,}"
        for each in totals.sums[:MAX_TOTALS_SHOWN]
    ]
    return " / ".join(lines) + (" …" if len(totals.sums) > MAX_TOTALS_SHOWN else "")


def file_ground(_: CityContext, conn: Connection, code: str, command: ApproveCarryIn) -> Ground:
    """What the author saw: the file as it was checked, and the rules that its last days follow from."""
    file = require(conn, code, command.file_id)
    return {
        "state": file.state.value, "checked_at": file.uploaded_at.isoformat(), "lines": file.lines, "points": file.points,
        **{f"rules {service}": version_of(rules.versions(conn, code, service)) for service in carry_in_rows.services(conn, file.file_id)},
    }  # fmt: skip


def approve_file(
    conn: Connection, who: StaffActor, command: ApproveCarryIn, approved_by: str, reason: str, at: datetime
) -> CarryIn:
    """Carry it out: the file is carried in from now on.

    Raises ProblemError: `unknown-file`, `unknown-point-service` (404), `file-state` (409).
    """
    code = who.municipality
    file = require(conn, code, command.file_id, lock=True)
    if FileState.APPROVED not in LEGAL[file.state]:
        raise wrong_state(file)
    for service in carry_in_rows.services(conn, file.file_id):
        directory.require_service(conn, code, service)
    write(conn, file, state=FileState.APPROVED, approved_by=approved_by, approved_at=at)
    facts: dict[str, str | int] = {"points": file.points, "lines": file.lines}
    write_audit(conn, who, at, AuditAction.CARRY_IN_APPROVED, file.file_id, reason, facts)
    return require(conn, code, file.file_id)


def end_file(conn: Connection, proposal: Proposal, state: ProposalState, at: datetime) -> None:
    """What a proposal's other ends are to its file: sent back, or cancelled."""
    file = require(conn, proposal.municipality, proposal.subject, lock=True)
    if file.state is FileState.CHECKED:
        is_sent_back = state is ProposalState.SENT_BACK
        write(conn, file, state=FileState.SENT_BACK if is_sent_back else FileState.CANCELLED, ended_at=at)
