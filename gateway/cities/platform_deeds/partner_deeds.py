"""Partners: one person of the platform stops one at once; letting exchanges begin again takes two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals.propose import Ground
from gateway.errors import ProblemError
from gateway.partners import availability
from gateway.partners.availability import PartnerAvailability
from gateway.platform.audit_actions import AuditAction


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePartner:
    """The command that waits for a second person."""

    partner_id: str


def resume_ground(context: CityContext, conn: Connection, _code: str, command: ResumePartner) -> Ground:
    """The pause as its proposer saw it."""
    standing = standing_of(conn, command.partner_id, context.clock())
    return {
        "paused": "yes" if standing.paused else "no", "reason": standing.reason, "operator": standing.operator,
    }  # fmt: skip


def standing_of(conn: Connection, partner_id: str, now: datetime) -> PartnerAvailability:
    found = availability.standings(conn, now).get(partner_id)
    return found if found is not None else PartnerAvailability(partner_id=partner_id)


def require_paused(conn: Connection, partner_id: str, now: datetime) -> PartnerAvailability:
    """Raises ProblemError `partner-not-paused` (409)."""
    standing = standing_of(conn, partner_id, now)
    if not standing.paused:
        raise ProblemError("partner-not-paused", "This partner is not paused.")
    return standing


def pause(conn: Connection, who: StaffActor, partner_id: str, why: str, at: datetime) -> None:
    """The kill switch, by one person at once: it moves no points."""
    availability.pause(conn, partner_id, reason=why, operator=who.display_name, at=at)
    write_audit(conn, who, at, AuditAction.PARTNER_PAUSED, partner_id, why)


def resume(
    conn: Connection, who: StaffActor, command: ResumePartner, why: str, by: str, at: datetime
) -> None:
    """Carry it out. Raises ProblemError `partner-not-paused` (409)."""
    require_paused(conn, command.partner_id, at)
    availability.resume(conn, command.partner_id, operator=by, at=at)
    write_audit(conn, who, at, AuditAction.PARTNER_RESUMED, command.partner_id, why)
