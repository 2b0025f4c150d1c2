"""Representatives at the desk: appointed by two persons, ended by one.

The desk has seen papers (guardianship, care, a signed form) and says until when and for what. One standing representation for each
pair of persons; another period or sum is a new one. Points stay the member's: a representative sees, exchanges and pays for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, require_reason, write_audit
from gateway.cities.grants import grantees
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Facts, Ground, propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.members import member_rows, mykey_ids, representations
from gateway.members.member_rows import Member
from gateway.members.representations import MAX_PERIOD, Act, Representation, RepresentationKind
from gateway.platform.audit_actions import AuditAction
from httpkit.clock import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointRepresentative:
    """The command: whoever has `actor_mykey_id` acts for whoever has `mykey_id`, from one day to another, both included."""

    mykey_id: str
    actor_mykey_id: str
    kind: RepresentationKind
    may_exchange: bool
    pay_points_a_day: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRepresentation:
    """As the desk and the member see it: with both names, and what was done."""

    representation: Representation
    member: Member
    actor: Member
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Representatives:
    """The use cases of the desk. All raise ProblemError."""

    context: CityContext

    async def appoint(self, who: StaffSession, command: AppointRepresentative, reason: str) -> Proposal:
        """Propose it. Raises ProblemError: `unknown-member` (404), `representative-unfit`, `reason-missing` (422),
        `representative-exists` (409), and as `propose`.
        """
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Proposal:
            member, actor = require_appointable(conn, who.municipality, command, now)
            subject = f"{member.mykey_id}:{actor.mykey_id}"
            return propose(
                self.context, conn, who, Deed.REPRESENTATIVE, subject, command,
                ground=representative_ground(self.context, conn, who.municipality, command),
                facts=_facts(command, member, actor), reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def list_of_member(self, who: StaffSession, mykey_id: str) -> list[ListedRepresentation]:
        """Who acts for a member, or has, as far as this city has appointed them. Raises ProblemError `unknown-member` (404)."""

        def job(conn: Connection) -> list[ListedRepresentation]:
            member = grantees.find_member(conn, who.municipality, mykey_id)
            listed = representations.list_of_member(conn, member.member_id)
            return [listed_of(conn, each) for each in listed if each.municipality == who.municipality]

        return await self.context.store.read(job)

    async def end(self, who: StaffSession, representation_id: str, reason: str) -> None:
        """End it at once, alone. Raises ProblemError: `unknown-representation` (404), `representation-over` (409)."""
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> None:
            representation = representations.get(conn, representation_id, lock=True)
            if representation.municipality != who.municipality:
                raise representations.unknown()
            if not representations.end(conn, representation, who.staff_id, now):
                raise representations.over()
            member = member_rows.find_member(conn, representation.member_id)
            subject = member.mykey_id if member is not None else ""
            facts: dict[str, str | int] = {"representation": representation_id}
            write_audit(conn, who, now, AuditAction.REPRESENTATIVE_ENDED, subject, why, facts)

        await self.context.store.run(job)


def representative_ground(
    context: CityContext, conn: Connection, code: str, command: AppointRepresentative
) -> Ground:
    """Who both are. Raises ProblemError as `require_appointable`."""
    member, actor = require_appointable(conn, code, command, context.clock())
    return {"member_id": member.member_id, "actor_id": actor.member_id}


def require_appointable(
    conn: Connection, code: str, command: AppointRepresentative, now: datetime
) -> tuple[Member, Member]:
    """Both members. Raises ProblemError: `unknown-member` (404), `representative-unfit` (422), `representative-exists` (409)."""
    member = grantees.find_member(conn, code, command.mykey_id)
    known = mykey_ids.read(command.actor_mykey_id)
    actor = member_rows.find_by_mykey_id(conn, known) if known else None
    if actor is None:
        raise ProblemError(
            "unknown-member", "Nobody has the representative's MyKey ID.", field="actor_mykey_id"
        )
    if actor.member_id == member.member_id:
        raise _unfit("actor_mykey_id", "Nobody represents themselves.")
    if command.ends_on < command.starts_on:
        raise _unfit("ends_on", "The last day is before the first.")
    if command.ends_on - command.starts_on > MAX_PERIOD:
        raise _unfit("ends_on", "Three years at most; appoint again then.")
    if command.ends_on < day_of(now):
        raise _unfit("ends_on", "The last day is over.")
    if representations.find_standing(conn, member.member_id, actor.member_id, now) is not None:
        raise ProblemError(
            "representative-exists", "This person acts for the member already; end that first."
        )
    return member, actor


def appoint_representative(
    conn: Connection, who: StaffActor, command: AppointRepresentative, why: str, at: datetime
) -> None:
    """Carry it out. Raises ProblemError as `require_appointable`."""
    member, actor = require_appointable(conn, who.municipality, command, at)
    representation = Representation(
        representation_id=representations.new_id(),
        municipality=who.municipality,
        member_id=member.member_id,
        actor_id=actor.member_id,
        kind=command.kind,
        may_exchange=command.may_exchange,
        pay_points_a_day=command.pay_points_a_day,
        starts_on=command.starts_on,
        ends_on=command.ends_on,
        reason=why,
        appointed_at=at,
        ended_at=None,
        ended_by=None,
    )
    representations.add(conn, representation)
    facts: dict[str, str | int] = {
        "representation": representation.representation_id, "representative": actor.mykey_id,
        "kind": command.kind.value, "starts_on": command.starts_on.isoformat(),
        "ends_on": command.ends_on.isoformat(),
    }  # fmt: skip
    write_audit(conn, who, at, AuditAction.REPRESENTATIVE_APPOINTED, member.mykey_id, why, facts)


def listed_of(conn: Connection, representation: Representation) -> ListedRepresentation:
    """With both names. Raises ProblemError `unknown-representation` (404) where a member is gone, which cannot be."""
    member = member_rows.find_member(conn, representation.member_id)
    actor = member_rows.find_member(conn, representation.actor_id)
    if member is None or actor is None:
        raise representations.unknown()
    acts = tuple(representations.acts_of(conn, representation.representation_id))
    return ListedRepresentation(representation=representation, member=member, actor=actor, acts=acts)


def _facts(command: AppointRepresentative, member: Member, actor: Member) -> Facts:
    shown: dict[str, str | int] = {
        "mykey_id": member.mykey_id, "name": member.display_name, "representative_id": actor.mykey_id,
        "representative": actor.display_name, "representation_kind": command.kind.value,
        "starts_on": command.starts_on.isoformat(), "ends_on": command.ends_on.isoformat(),
        "may_exchange": "yes" if command.may_exchange else "no", "pay_points_a_day": command.pay_points_a_day,
    }  # fmt: skip
    return shown


def _unfit(field: str, text: str) -> ProblemError:
    return ProblemError("representative-unfit", text, field=field)
