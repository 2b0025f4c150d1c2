"""Partners: one person of the platform closes at once; whatever opens again takes two.

Closing is a pause, a maintenance window and a lower pace. Opening is the end of a pause, a window that is taken back or
shortened, and a higher pace or none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals.propose import Ground
from gateway.errors import ProblemError
from gateway.partners import availability
from gateway.partners.availability import PartnerAvailability, Window
from gateway.platform.audit_actions import AuditAction


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePartner:
    """The command that waits for a second person."""

    partner_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CutWindow:
    """Take a maintenance window back, or end it earlier: `ends_at` None takes it back."""

    partner_id: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisePace:
    """More calls a minute in each gateway; None: as many as there are."""

    partner_id: str
    calls_per_minute: int | None


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


def cuts(conn: Connection, window: Window, now: datetime) -> bool:
    """Whether announcing this window would end one earlier that begins at the same moment."""
    try:
        before = availability.get_window(conn, window.partner_id, window.starts_at, now)
    except ProblemError:
        return False
    return window.ends_at < before.ends_at


def raises(before: int | None, calls_per_minute: int | None) -> bool:
    """Whether this pace lets more through than the one before."""
    return before is not None and (calls_per_minute is None or calls_per_minute > before)


def announce(conn: Connection, who: StaffActor, window: Window, at: datetime) -> None:
    """By one person at once. Raises ProblemError: `bad-window` (422), `second-person-missing` (409) where it would cut one."""
    if cuts(conn, window, at):
        raise _takes_two("a window is shortened")
    availability.announce(conn, window)
    facts = window_facts(window.starts_at, window.ends_at)
    write_audit(
        conn, who, at, AuditAction.PARTNER_MAINTENANCE_ANNOUNCED, window.partner_id, window.reason, facts
    )


def cut_ground(context: CityContext, conn: Connection, _code: str, command: CutWindow) -> Ground:
    """The window as its proposer saw it."""
    try:
        window = availability.get_window(conn, command.partner_id, command.starts_at, context.clock())
    except ProblemError:
        return {"ends_at": "none"}
    return {"ends_at": window.ends_at.isoformat(), "reason": window.reason}


def cut_window(conn: Connection, who: StaffActor, command: CutWindow, why: str, at: datetime) -> None:
    """Carry it out. Raises ProblemError: `unknown-window` (409), `bad-window` (422)."""
    window = availability.get_window(conn, command.partner_id, command.starts_at, at)
    facts = window_facts(window.starts_at, window.ends_at)
    if command.ends_at is None:
        availability.withdraw(conn, command.partner_id, command.starts_at)
        action = AuditAction.PARTNER_MAINTENANCE_WITHDRAWN
    else:
        availability.announce(conn, replace(window, ends_at=command.ends_at))
        action = AuditAction.PARTNER_MAINTENANCE_ANNOUNCED
        facts = window_facts(window.starts_at, command.ends_at)
    write_audit(conn, who, at, action, command.partner_id, why, facts)


def lower_pace(
    conn: Connection, who: StaffActor, partner_id: str, calls_per_minute: int | None, why: str, at: datetime
) -> None:
    """By one person at once. Raises ProblemError: `bad-pace` (422), `second-person-missing` (409) where it is no lower one."""
    if raises(standing_of(conn, partner_id, at).calls_per_minute, calls_per_minute):
        raise _takes_two("a pace is raised")
    _set_pace(conn, who, partner_id, calls_per_minute, why, who.display_name, at)


def pace_ground(context: CityContext, conn: Connection, _code: str, command: RaisePace) -> Ground:
    """The pace as its proposer saw it."""
    return {"pace": standing_of(conn, command.partner_id, context.clock()).calls_per_minute}


def raise_pace(
    conn: Connection, who: StaffActor, command: RaisePace, why: str, by: str, at: datetime
) -> None:
    """Carry it out. Raises ProblemError `bad-pace` (422)."""
    _set_pace(conn, who, command.partner_id, command.calls_per_minute, why, by, at)


def window_facts(starts_at: datetime, ends_at: datetime) -> dict[str, str | int]:
    return {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}


def _set_pace(
    conn: Connection, who: StaffActor, partner_id: str, calls: int | None, why: str, by: str, at: datetime
) -> None:
    availability.limit(conn, partner_id, calls, operator=by, at=at)
    facts: dict[str, str | int] = {"calls_per_minute": calls or 0}
    write_audit(conn, who, at, AuditAction.PARTNER_PACED, partner_id, why, facts)


def _takes_two(what: str) -> ProblemError:
    return ProblemError("second-person-missing", f"{what}: propose it, and somebody else decides")
