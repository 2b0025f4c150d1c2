"""Changes of a point service's rules as commands: what people read of them, their ground and their effect.

A rule decides what each point is worth, how long it lasts and how much of it one person may get: a change of it
waits for a second person like any other way to make value.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from core_ledger import chart, ledger
from core_ledger.read_model import accounts
from gateway.cities.city_context import StaffActor, write_audit
from gateway.cities.proposals.propose import Ground
from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.audit_actions import AuditAction
from gateway.points import directory
from gateway.points.rules import (
    Expiry,
    PointRule,
    RuleVersion,
    adverse_changes,
    in_force,
    version_of,
    versions,
)
from httpkit.clock import day_of

_rules = tables.point_rules
_services = tables.point_services
NO_LIMIT: Final = "none"
"""Stands in the facts for a limit that a rule does not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceRule:
    """The command that waits for a second person. `worse_accepted`: the author has read what members lose."""

    service: str
    rule: PointRule
    takes_effect_on: date
    worse_accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRule:
    service: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """How many members have points of a service, and how many points."""

    members: int
    points: int


def holders(conn: Connection, code: str, service: str) -> Holders:
    """Whom a change touches. Reads all accounts of the service: not for a transaction that others wait for."""
    pattern = chart.municipal("*", code, service)
    row = conn.execute(
        select(func.count(), func.coalesce(func.sum(accounts.c.posted), 0)).where(
            ledger.matches(conn, accounts.c.account, pattern), accounts.c.posted > 0
        )
    ).one()
    return Holders(members=int(row[0]), points=int(row[1]))


def require_announceable(
    conn: Connection, code: str, command: AnnounceRule, today: date
) -> tuple[PointRule, tuple[str, ...]]:
    """Give the rule that it follows, and what members lose by it.

    Raises ProblemError: `unknown-point-service` (404), `rule-in-effect`, `worse-not-accepted` (409).
    """
    directory.require_service(conn, code, command.service)
    rule_versions = versions(conn, code, command.service)
    in_use = bool(rule_versions) or _is_held(conn, code, command.service, today)
    if command.takes_effect_on < today or (in_use and command.takes_effect_on == today):
        raise ProblemError(
            "rule-in-effect", "Members are told before a rule changes: let it take effect tomorrow or later."
        )
    before = in_force(rule_versions, command.takes_effect_on)
    worse = adverse_changes(before, command.rule, command.takes_effect_on) if in_use else ()
    if worse and not command.worse_accepted:
        raise ProblemError(
            "worse-not-accepted",
            f"Members lose by this change: {', '.join(worse)}. Send it again with worse_accepted.",
            worse=",".join(worse),
        )
    return before, worse


def rule_facts(
    name: str, command: AnnounceRule, before: PointRule, worse: Sequence[str], touched: Holders
) -> dict[str, str | int]:
    """Each part of the rule, before and after; whom it touches, and what they lose."""
    shown: dict[str, str | int] = {
        "point_service": command.service, "name": name, "takes_effect_on": command.takes_effect_on.isoformat(),
    }  # fmt: skip
    was, will = _parts(before), _parts(command.rule)
    for part in will:
        shown |= {f"{part}_before": was[part], part: will[part]}
    return shown | {"worse": ",".join(worse), "members": touched.members, "held_points": touched.points}


def rule_ground(conn: Connection, code: str, command: AnnounceRule | WithdrawRule) -> Ground:
    """The versions that the author saw."""
    known = versions(conn, code, command.service)
    return {"versions": ",".join(str(version.version) for version in known)}


def withdrawal_facts(name: str, withdrawn: RuleVersion, before: PointRule) -> dict[str, str | int]:
    """What will not come, and what stays in its place."""
    shown: dict[str, str | int] = {
        "point_service": withdrawn.point_service, "name": name, "version": withdrawn.version,
        "takes_effect_on": withdrawn.takes_effect_on.isoformat(),
    }  # fmt: skip
    will, stays = _parts(withdrawn.rule), _parts(before)
    for part in will:
        shown |= {f"{part}_before": will[part], part: stays[part]}
    return shown


def require_withdrawable(conn: Connection, code: str, command: WithdrawRule, today: date) -> RuleVersion:
    """Raises ProblemError: `unknown-rule` (404), `rule-in-effect` (409)."""
    known = [each for each in versions(conn, code, command.service) if each.version == command.version]
    if not known:
        raise ProblemError("unknown-rule", "There is no such version, or it was withdrawn.")
    if known[0].takes_effect_on <= today:
        raise ProblemError("rule-in-effect", "This version is in effect; announce a new one.")
    return known[0]


def announce_rule(
    conn: Connection, who: StaffActor, command: AnnounceRule, reason: str, at: datetime
) -> RuleVersion:
    """Carry it out. Raises ProblemError as `require_announceable`."""
    code, service, rule = who.municipality, command.service, command.rule
    lock_service(conn, code, service)
    _, worse = require_announceable(conn, code, command, day_of(at))
    same = (_rules.c.municipality == code, _rules.c.point_service == service)
    version = max(conn.execute(select(_rules.c.version).where(*same)).scalars(), default=0) + 1
    conn.execute(
        insert(_rules).values(
            municipality=code,
            point_service=service,
            version=version,
            takes_effect_on=command.takes_effect_on.isoformat(),
            unit_value_yen=rule.unit_value_yen,
            expiry=rule.expiry.value,
            expiry_count=rule.expiry_count,
            expiry_day=rule.expiry_day.isoformat() if rule.expiry_day else None,
            open_for_direct_exchange=rule.open_for_direct_exchange,
            most_spent_a_day=rule.most_spent_a_day,
            most_granted_a_day=rule.most_granted_a_day,
            worse=json.dumps(worse),
            decided_by=who.staff_id,
            decided_at=at,
        )
    )
    facts: dict[str, str | int] = {
        "version": version,
        "takes_effect_on": command.takes_effect_on.isoformat(),
        "worse": ",".join(worse),
    }
    write_audit(conn, who, at, AuditAction.RULE_ANNOUNCED, service, reason, facts)
    row = conn.execute(select(_rules).where(*same, _rules.c.version == version)).one()
    return version_of(row._asdict())


def withdraw_rule(
    conn: Connection, who: StaffActor, command: WithdrawRule, reason: str, at: datetime
) -> None:
    """Carry it out. Raises ProblemError as `require_withdrawable`."""
    code, service = who.municipality, command.service
    lock_service(conn, code, service)
    require_withdrawable(conn, code, command, day_of(at))
    conn.execute(
        update(_rules)
        .where(_rules.c.municipality == code, _rules.c.point_service == service)
        .where(_rules.c.version == command.version)
        .values(withdrawn_at=at)
    )
    write_audit(conn, who, at, AuditAction.RULE_WITHDRAWN, service, reason, {"version": command.version})


def lock_service(conn: Connection, code: str, service: str) -> None:
    """Lock a point service until the transaction ends: its rules are decided about one after the other."""
    mine = (_services.c.municipality == code, _services.c.point_service == service)
    conn.execute(select(_services.c.point_service).where(*mine).with_for_update())


def _is_held(conn: Connection, code: str, service: str, today: date) -> bool:
    """Whether members have points of it, which until a first rule are under the plain one."""
    return bool(ledger.lots_due(conn, chart.municipal("*", code, service), today, limit=1))


def _parts(rule: PointRule) -> dict[str, str | int]:
    return {
        "unit_value_yen": rule.unit_value_yen,
        "expiry": _expiry(rule),
        "direct_exchange": "yes" if rule.open_for_direct_exchange else "no",
        "most_spent_a_day": _limit(rule.most_spent_a_day),
        "most_granted_a_day": _limit(rule.most_granted_a_day),
    }


def _expiry(rule: PointRule) -> str:
    """As one word with its value: "none", "months:6", "fiscal_year:0", "fixed_day:2019-03-31"."""
    if rule.expiry is Expiry.NONE:
        return "none"
    day = rule.expiry_day.isoformat() if rule.expiry_day else ""
    return f"{rule.expiry.value}:{day or rule.expiry_count}"


def _limit(points: int | None) -> str | int:
    return NO_LIMIT if points is None else points
