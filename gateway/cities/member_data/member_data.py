"""The use cases around what is kept of a member: shown to them, and handed out for a request that came by a desk or letter."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, require_reason, write_audit
from gateway.cities.member_data.member_record import MemberRecord, read_record
from gateway.members import member_rows
from gateway.members.member_rows import Member
from gateway.platform.audit_actions import AuditAction
from gateway.platform.retention import Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberData:
    """The use cases. All raise `ProblemError` for what is not carried out."""

    context: CityContext
    retention: Retention

    async def own_record(self, member_id: str) -> MemberRecord:
        """All that is kept of the member who asks. Raises ProblemError `unknown-member` (404)."""
        now = self.context.clock()

        def job(conn: Connection) -> MemberRecord:
            member = member_rows.require_member(conn, member_id)
            return read_record(conn, self.context.vault, member, self.retention, now)

        return await self.context.store.read(job)

    async def export(self, who: StaffActor, mykey_id: str, reason: str) -> MemberRecord:
        """The same of a member who is named (開示), of a revoked one too, and by an ID of before a merge. A line of the audit log, written first.

        Raises ProblemError: `unknown-member` (404), `reason-missing` (422).
        """
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Member:
            member = member_rows.find_ever(conn, mykey_id)
            if member is None:
                raise member_rows.unknown_member()
            member = member_rows.find_successor(conn, member)
            write_audit(conn, who, now, AuditAction.MEMBER_RECORD_EXPORTED, member.member_id, why)
            return member

        member = await self.context.store.run(job)
        return await self.context.store.read(
            lambda conn: read_record(conn, self.context.vault, member, self.retention, now)
        )
