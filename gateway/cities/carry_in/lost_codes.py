"""A number whose code is lost, joined at the desk to the member whose MyKey ID its person shows.

One clerk has seen the person, the letter or card of the former system, and the MyKey ID; another person decides. From the
proposal on the code opens nothing, so that whoever found the letter takes nothing; where nobody says yes it opens again, and
the same clerk cannot stop it anew for a while. The member who is named is told, and the city's log has each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update

from gateway.cities import tables
from gateway.cities.carry_in.carry_in_lines import carry_missing_lots
from gateway.cities.carry_in.carry_in_list import number_of
from gateway.cities.carry_in.carry_in_rows import add_number
from gateway.cities.city_context import CityContext, StaffActor, require_reason, write_audit
from gateway.cities.proposals import proposal_rows
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.proposals.propose import PROPOSAL_TTL, Ground, SystemActor, expire, propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.members import member_events, member_rows, mykey_ids
from gateway.members.member_events import MemberEventKind
from gateway.members.member_rows import Member
from gateway.platform.audit_actions import AuditAction

REPEAT_INTERVAL: Final = timedelta(days=14)
"""Whose proposal ended without a yes proposes the same number again after so long: a code is not kept shut by one person."""
_lines, _numbers = tables.carry_in_lines, tables.carried_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinNumber:
    """The command that gives a waiting number of the former system to whoever has this MyKey ID."""

    number: str
    mykey_id: str


@dataclass(frozen=True, slots=True)
class LostCodes:
    """What the desk does for who has lost the code of the letter."""

    context: CityContext

    async def propose(self, who: StaffSession, number: str, mykey_id: str, reason: str) -> Proposal:
        """Propose to join a number to a member, after the clerk has seen who it is; its code stops at once.

        Raises ProblemError: `number-not-waiting`, `unknown-member` (404), `number-proposed-before` (409),
        `reason-missing` (422), and as `propose`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> Proposal:
            row, member = _require_waiting(conn, code, number_of(number)), _require_member(conn, mykey_id)
            waiting = proposal_rows.find_waiting(conn, code, Deed.CARRY_IN_JOIN, member.mykey_id, lock=True)
            if waiting is not None and waiting.lapsed(now):  # the night has not come yet
                expire(conn, waiting, now)
                end_proposal(conn, waiting, ProposalState.EXPIRED, now)
                waiting = None
            if is_stopped(row, now) and (waiting is None or waiting.facts["number"] != row.number):
                raise ProblemError("proposal-pending", "Another proposal for this number waits already.")
            if waiting is None:
                _require_not_of_late(conn, who, row.number, now)
            command = JoinNumber(number=row.number, mykey_id=member.mykey_id)
            points = _points_of(conn, row)
            proposal = propose(
                self.context, conn, who, Deed.CARRY_IN_JOIN, member.mykey_id, command,
                ground=join_ground(self.context, conn, code, command),
                facts={"number": row.number, "mykey_id": member.mykey_id, "name": member.display_name},
                reason=why, at=now, points=points,
            )  # fmt: skip
            if not is_stopped(row, now):
                _write(conn, row, code_stopped_at=now)
                fact = {"number": row.number}
                write_audit(conn, who, now, AuditAction.CARRY_IN_CODE_STOPPED, member.mykey_id, why, fact)
                member_events.record(conn, member.member_id, MemberEventKind.CARRY_IN_JOIN_PROPOSED, now)
            return proposal

        return await self.context.store.run(job)


def is_stopped(row: Row[Any], at: datetime) -> bool:
    """Whether a proposal for this number keeps its code shut: until it ends, or lapses before the night has ended it."""
    return row.code_stopped_at is not None and bool(at < row.code_stopped_at + PROPOSAL_TTL)


def join_ground(_: CityContext, conn: Connection, code: str, command: JoinNumber) -> Ground:
    """Which number waits, of which file, and who the member is. Raises ProblemError as `LostCodes.propose`."""
    row, member = _require_waiting(conn, code, command.number), _require_member(conn, command.mykey_id)
    return {"file": row.file_id, "points": _points_of(conn, row), "member_id": member.member_id}


def join_number(
    conn: Connection, who: StaffActor, command: JoinNumber, approved_by: str, reason: str, at: datetime
) -> None:
    """Carry it out: the points come at once, and no code opens the number any more. Raises ProblemError as `join_ground`."""
    code = who.municipality
    row, member = _require_waiting(conn, code, command.number), _require_member(conn, command.mykey_id)
    add_number(conn, code, row.number, row.file_id, member.member_id, at)
    lots = conn.execute(select(_lines).where(_is_of(row)).order_by(_lines.c.line)).all()
    if carry_missing_lots(conn, code, member.member_id, lots, at, by=approved_by):
        raise member_rows.unknown_member()  # merged a moment ago
    facts: dict[str, str | int] = {"number": row.number, "points": sum(lot.points for lot in lots)}
    write_audit(conn, who, at, AuditAction.CARRY_IN_JOINED, member.mykey_id, reason, facts)


def end_proposal(conn: Connection, proposal: Proposal, _: ProposalState, at: datetime) -> None:
    """Nobody said yes: the code opens the number again, unless a later proposal has stopped it."""
    code, number = proposal.municipality, str(proposal.facts["number"])
    opened = conn.execute(
        update(_numbers)
        .where(
            _numbers.c.municipality == code, _numbers.c.number == number,
            _numbers.c.code_stopped_at <= proposal.proposed_at,
        )
        .values(code_stopped_at=None)
    )  # fmt: skip
    if opened.rowcount:
        system, facts = SystemActor(municipality=code), {"number": number}
        write_audit(conn, system, at, AuditAction.CARRY_IN_CODE_OPENED, proposal.subject, "", facts)


def _require_not_of_late(conn: Connection, who: StaffActor, number: str, at: datetime) -> None:
    """Raise ProblemError `number-proposed-before` (409) where this person's proposal for it ended without a yes of late."""
    ended = proposal_rows.list_ended_by_author(
        conn, who.municipality, Deed.CARRY_IN_JOIN, who.staff_id, since=at - REPEAT_INTERVAL
    )
    last = max(
        (each.decided_at for each in ended if each.decided_at and each.facts.get("number") == number),
        default=None,
    )
    if last is not None:
        raise ProblemError(
            "number-proposed-before",
            "Your proposal for this number ended without a yes; somebody else may look at the papers and propose it.",
            until=(last + REPEAT_INTERVAL).isoformat(),
        )


def _require_waiting(conn: Connection, code: str, number: str) -> Row[Any]:
    """Lock a number that waits for its person. Raises ProblemError `number-not-waiting` (404)."""
    query = select(_numbers).where(
        _numbers.c.municipality == code, _numbers.c.number == number, _numbers.c.member_id.is_(None)
    )
    row = conn.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise ProblemError("number-not-waiting", "No such number of the former system waits for its person.")
    return row


def _require_member(conn: Connection, mykey_id: str) -> Member:
    known = mykey_ids.read(mykey_id)
    member = member_rows.find_by_mykey_id(conn, known) if known else None
    if member is None or not member.active:
        raise member_rows.unknown_member()
    return member


def _points_of(conn: Connection, row: Row[Any]) -> int:
    return int(
        conn.execute(select(func.coalesce(func.sum(_lines.c.points), 0)).where(_is_of(row))).scalar_one()
    )


def _is_of(row: Row[Any]) -> Any:
    return (_lines.c.file_id == row.file_id) & (_lines.c.number == row.number) & _lines.c.fault.is_(None)


def _write(conn: Connection, row: Row[Any], **to: Any) -> None:
    this = (_numbers.c.municipality == row.municipality) & (_numbers.c.number == row.number)
    conn.execute(update(_numbers).where(this).values(**to))
