"""Taking back a grant, and correcting a balance: by two persons, with a reason that the member reads in the history.

Of a grant comes back what is still unspent of the points of its day of issue; the rest is shown as owed. A correction adds
points or takes them, whatever they came from; it never takes more than there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core_ledger import NotEnoughPoints, Transfer, chart, ledger
from gateway.cities.city_context import CityContext, StaffActor, require_reason, write_audit
from gateway.cities.grants import grant_cancellations, grant_projects, granted, project_members
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Ground, propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.members import member_rows, mykey_ids
from gateway.members.member_rows import Member
from gateway.platform.audit_actions import AuditAction
from gateway.points import account_positions, directory, expiry
from gateway.points import rules as point_rules
from httpkit.clock import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelGrant:
    """The command that waits for a second person: so much of one grant."""

    cancellation_id: str
    project_id: str
    member_id: str
    mykey_id: str
    grant: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectBalance:
    """The same for a member's balance: `points` are added, or taken where they are below zero."""

    correction_id: str
    member_id: str
    mykey_id: str
    point_service: str
    points: int


@dataclass(frozen=True, slots=True)
class Corrections:
    """The use cases: both are always proposed."""

    context: CityContext

    async def cancel_grant(
        self,
        who: StaffSession,
        project_id: str,
        cancellation_id: str,
        mykey_id: str,
        grant: str,
        points: int,
        reason: str,
    ) -> Proposal:
        """Propose to take back so much of a grant, by an id that the caller made.

        Raises ProblemError: `unknown-project`, `unknown-member`, `unknown-grant` (404), `cancel-too-much` (409),
        `reason-missing` (422), and as `propose`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> Proposal:
            project = grant_projects.require(conn, code, project_id)
            member = _require_member(conn, mykey_id)
            command = CancelGrant(
                cancellation_id=cancellation_id, project_id=project_id, member_id=member.member_id,
                mykey_id=member.mykey_id, grant=grant, points=points,
            )  # fmt: skip
            left = _require_cancellable(conn, code, command)
            unspent = min(points, _unspent(conn, code, command, now))
            shown: dict[str, str | int] = {
                "project": project_id, "name": project.plan.name, "mykey_id": member.mykey_id, "granted": left,
                "unspent": unspent, "owed": points - unspent,
            }  # fmt: skip
            return propose(
                self.context, conn, who, Deed.GRANT_CANCEL, f"{project_id}/{grant}/{member.member_id}", command,
                ground=cancel_ground(conn, code, command), facts=shown, reason=why, at=now, points=points,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def correct_balance(
        self, who: StaffSession, correction_id: str, mykey_id: str, service: str, points: int, reason: str
    ) -> Proposal:
        """Propose to add points to a member's balance, or to take some, by an id that the caller made.

        Raises ProblemError: `unknown-member`, `unknown-point-service` (404), `not-enough-points` (409),
        `reason-missing`, `bad-correction` (422), and as `propose`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality
        if not points:
            raise ProblemError("bad-correction", "Give the points to add, or to take below zero.")

        def job(conn: Connection) -> Proposal:
            known_service = directory.require_known_service(conn, code, service)
            member = _require_member(conn, mykey_id)
            command = CorrectBalance(
                correction_id=correction_id, member_id=member.member_id, mykey_id=member.mykey_id,
                point_service=service, points=points,
            )  # fmt: skip
            balance = _balance(conn, code, command)
            if points + balance < 0:
                raise _short(balance)
            values = grant_projects.point_values(conn, code, service, self.context.today)
            shown: dict[str, str | int] = {
                "mykey_id": member.mykey_id, "name": known_service.name, "correction": points,
                "balance_after": balance + points,
            }  # fmt: skip
            return propose(
                self.context, conn, who, Deed.CORRECTION, f"{member.member_id}/{service}", command,
                ground=correction_ground(self.context, conn, code, command), facts=shown | values, reason=why,
                at=now, points=abs(points),
            )  # fmt: skip

        return await self.context.store.run(job)


def cancel_ground(conn: Connection, code: str, command: CancelGrant) -> Ground:
    """What the author saw: what of the grant is not taken back yet."""
    return {"left": _require_cancellable(conn, code, command)}


def carry_out_cancellation(
    conn: Connection, who: StaffActor, command: CancelGrant, reason: str, at: datetime
) -> None:
    """Take back what is unspent at this moment; the rest is owed. Raises ProblemError as `Corrections.cancel_grant`."""
    code, book = who.municipality, chart.member_book(command.member_id)
    project = grant_projects.require(conn, code, command.project_id)
    service, today = project.plan.point_service, day_of(at)
    rules = point_rules.versions(conn, code, service)
    expiry.expire_due(conn, command.member_id, code, service, rules, at, today)  # locks the book
    left = _require_cancellable(conn, code, command)
    taken = min(command.points, _unspent(conn, code, command, at))
    move = granted.require_grant(conn, code, command.project_id, book, command.grant)
    if taken:
        ledger.transfer(
            conn,
            Transfer(
                id=f"grant_cancelled:{command.cancellation_id}",
                book=book,
                source=chart.municipal(command.member_id, code, service),
                target=chart.granted(code),
                points=taken,
                at=at,
                kind="correction",
                issued_from=move.issued_on,
                issued_until=move.issued_on,
                reference=reason,
                details={"project_id": command.project_id, "grant": command.grant, "made_by": who.staff_id},
            ),
        )
        grant_projects.give_back_to_budget(conn, code, command.project_id, taken)
        is_whole = taken == left == move.points
        project_members.take_back(conn, code, command.project_id, book, taken, is_whole=is_whole)
    grant_cancellations.add(
        conn,
        code,
        cancellation_id=command.cancellation_id,
        book=book,
        project_id=command.project_id,
        grant=command.grant,
        taken=taken,
        owed=command.points - taken,
        reason=reason,
        made_by=who.staff_id,
        at=at,
    )
    facts: dict[str, str | int] = {
        "project": command.project_id, "points": taken, "owed": command.points - taken,
    }  # fmt: skip
    write_audit(conn, who, at, AuditAction.GRANT_CANCELLED, command.mykey_id, reason, facts)


def correction_ground(context: CityContext, conn: Connection, code: str, command: CorrectBalance) -> Ground:
    """What the author saw: the balance, and what a point is worth."""
    values = grant_projects.point_values(conn, code, command.point_service, context.today)
    return {"balance": _balance(conn, code, command), **values}


def carry_out_correction(
    conn: Connection, who: StaffActor, command: CorrectBalance, reason: str, at: datetime
) -> None:
    """Carry it out. Raises ProblemError `not-enough-points` (409) where the points are not there any more."""
    code, book = who.municipality, chart.member_book(command.member_id)
    account = chart.municipal(command.member_id, code, command.point_service)
    adds = command.points > 0
    try:
        ledger.transfer(
            conn,
            Transfer(
                id=f"{granted.CORRECTED}{command.correction_id}",
                book=book,
                source=chart.granted(code) if adds else account,
                target=account if adds else chart.granted(code),
                points=abs(command.points),
                at=at,
                kind="correction",
                issued_on=day_of(at) if adds else None,
                reference=reason,
                details={"made_by": who.staff_id},
            ),
        )
    except NotEnoughPoints as short:
        raise _short(short.available) from None
    facts: dict[str, str | int] = {"point_service": command.point_service, "points": command.points}
    write_audit(conn, who, at, AuditAction.BALANCE_CORRECTED, command.mykey_id, reason, facts)


def _require_member(conn: Connection, mykey_id: str) -> Member:
    known = mykey_ids.read(mykey_id)
    member = member_rows.find_by_mykey_id(conn, known) if known else None
    if member is None:
        raise member_rows.unknown_member()
    return member


def _require_cancellable(conn: Connection, code: str, command: CancelGrant) -> int:
    """Give what of the grant is not taken back yet."""
    book = chart.member_book(command.member_id)
    move = granted.require_grant(conn, code, command.project_id, book, command.grant)
    before = grant_cancellations.of_grant(conn, code, book, command.grant)
    left = move.points - before.taken - before.owed
    if command.points > left:
        raise ProblemError(
            "cancel-too-much", f"At most {left:,} points of this grant can be taken back.", available=left
        )
    return left


def _unspent(conn: Connection, code: str, command: CancelGrant, at: datetime) -> int:
    """What the member still has of the points of the grant's day of issue, without what has expired."""
    book = chart.member_book(command.member_id)
    move = granted.require_grant(conn, code, command.project_id, book, command.grant)
    day = move.issued_on
    service = grant_projects.require(conn, code, command.project_id).plan.point_service
    if expiry.is_expired(point_rules.versions(conn, code, service), day, day_of(at)):
        return 0
    account = chart.municipal(command.member_id, code, service)
    lots = account_positions.of_account(conn, book, account).lots
    return sum(lot.available for lot in lots if lot.issued_on == day)


def _balance(conn: Connection, code: str, command: CorrectBalance) -> int:
    account = chart.municipal(command.member_id, code, command.point_service)
    return account_positions.of_account(conn, chart.member_book(command.member_id), account).balance.available


def _short(available: int) -> ProblemError:
    return ProblemError(
        "not-enough-points", f"There are {available:,} points; no more can be taken.", available=available
    )
