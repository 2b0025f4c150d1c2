"""What a clerk does for a member who calls or stands at the counter. Each look has a reason, and a line in the audit log.

The line is written before anything is read, so a look that finds nobody is a line too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.grants import grantees
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.cities.support import member_search, timeline
from gateway.cities.support.masks import sees_person
from gateway.cities.support.member_access import RestoreAccess, access_ground
from gateway.cities.support.member_search import Match
from gateway.cities.support.timeline import Timeline
from gateway.members import lockout
from gateway.members.member_rows import Member
from gateway.platform.audit_actions import AuditAction


@dataclass(frozen=True, slots=True)
class MemberSupport:
    """The use cases of the support desk."""

    context: CityContext

    async def search_by_reference(self, who: StaffSession, reference: str, reason: str) -> list[Match]:
        """By the number of a payment or an exchange. Raises ProblemError: `unknown-reference` (404), `reason-missing` (422)."""
        code, now = who.municipality, self.context.clock()
        facts: dict[str, str | int] = {"reference": reference}
        await self._record(who, AuditAction.MEMBER_SEARCHED_FOR, reason, facts=facts)
        return await self.context.store.read(
            lambda conn: member_search.by_reference(conn, code, reference, now)
        )

    async def search_by_payment(
        self, who: StaffSession, points: int, day: date, shop_id: str | None, reason: str
    ) -> list[Match]:
        """By the sum and the day of a payment, at one shop or at any. Raises ProblemError `reason-missing` (422)."""
        code = who.municipality
        facts: dict[str, str | int] = {"points": points, "day": day.isoformat(), "shop": shop_id or ""}
        await self._record(who, AuditAction.MEMBER_SEARCHED_FOR, reason, facts=facts)
        return await self.context.store.read(
            lambda conn: member_search.by_payment(conn, code, points, day, shop_id)
        )

    async def timeline(
        self, who: StaffSession, mykey_id: str, reason: str, *, before: int | None, limit: int
    ) -> Timeline:
        """What happened to a member in this city. Raises ProblemError: `unknown-member` (404), `reason-missing` (422)."""
        code, now = who.municipality, self.context.clock()
        await self._record(who, AuditAction.HISTORY_LOOKED_AT, reason, mykey_id)

        def job(conn: Connection) -> Timeline:
            member = grantees.find_member(conn, code, mykey_id)
            login_hash = self._login_hash(member) if sees_person(who.role) else None
            return timeline.read(conn, code, member, now, login_hash=login_hash, before=before, limit=limit)

        return await self.context.store.read(job)

    async def unlock(self, who: StaffSession, mykey_id: str, reason: str) -> None:
        """Open every lock that wrong passwords have closed. Raises ProblemError as `timeline`."""
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> None:
            member = grantees.find_member(conn, code, mykey_id)
            lockout.reset_everywhere(conn, self._login_hash(member))
            write_audit(conn, who, now, AuditAction.SIGN_IN_UNLOCKED, member.mykey_id, why)

        await self.context.store.run(job)

    async def propose_access(self, who: StaffSession, mykey_id: str, reason: str) -> Proposal:
        """Propose a code for a member whose ways in are lost, after the clerk has seen who it is.

        Raises ProblemError as `timeline`, and as `propose`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> Proposal:
            member = grantees.find_member(conn, code, mykey_id)
            command = RestoreAccess(mykey_id=member.mykey_id)
            return propose(
                self.context, conn, who, Deed.MEMBER_ACCESS, member.mykey_id, command,
                ground=access_ground(self.context, conn, code, command),
                facts={"mykey_id": member.mykey_id, "name": member.display_name}, reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def _record(
        self,
        who: StaffSession,
        action: AuditAction,
        reason: str,
        subject: str = "",
        facts: dict[str, str | int] | None = None,
    ) -> None:
        why, now = require_reason(reason), self.context.clock()
        await self.context.store.run(lambda conn: write_audit(conn, who, now, action, subject, why, facts))

    def _login_hash(self, member: Member) -> str:
        return lockout.login_hash(self.context.vault, member.mykey_id)
