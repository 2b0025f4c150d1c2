"""A member's ways in restored at the desk: the command, what it was seen against, and its effect.

Somebody stands at the counter without card, phone and password. One clerk has seen who it is and proposes, another person
decides, and gives the person a code. Nothing of the account changes before the code is used, so that a member whom somebody else
pretends to be reads of it in お知らせ and still comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.grants import grantees
from gateway.cities.proposals.propose import Ground
from gateway.members import member_events, proofs, restorations
from gateway.members.member_events import MemberEventKind
from gateway.platform.audit_actions import AuditAction


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAccess:
    """The command that gives whoever has this MyKey ID a code for a new password."""

    mykey_id: str


def access_ground(_: CityContext, conn: Connection, code: str, command: RestoreAccess) -> Ground:
    """Whose MyKey ID it is, and by how many proofs it opens. Raises ProblemError `unknown-member` (404)."""
    member = grantees.find_member(conn, code, command.mykey_id)
    return {"member_id": member.member_id, "proofs": proofs.count(conn, member.member_id)}


def restore_access(
    conn: Connection, who: StaffActor, command: RestoreAccess, code_hash: str, reason: str, at: datetime
) -> None:
    """Carry it out. Raises ProblemError `unknown-member` (404)."""
    member = grantees.find_member(conn, who.municipality, command.mykey_id)
    restorations.start(conn, member.member_id, code_hash, at)
    member_events.record(conn, member.member_id, MemberEventKind.ACCESS_RESTORED, at)
    write_audit(conn, who, at, AuditAction.MEMBER_ACCESS_RESTORED, member.mykey_id, reason)
