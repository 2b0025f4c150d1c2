"""Announcing and withdrawing the rules of a point service (`gateway.points.rules`), and letting them take effect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from core_ledger import chart, ledger
from gateway.cities.city_context import CityContext, write_audit
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.points import directory
from gateway.points.rules import (
    PointRule,
    RuleVersion,
    adverse_changes,
    bad_rule,
    check,
    in_force,
    last_day,
    version_of,
    versions,
)

_rules = tables.point_rules
_services = tables.point_services


@dataclass(frozen=True, slots=True)
class PointRules:
    """The use cases around rules."""

    context: CityContext

    async def versions(self, code: str, service: str) -> list[RuleVersion]:
        """All versions in their order. Raises ProblemError: `unknown-municipality`, `unknown-point-service` (404)."""

        def job(conn: Connection) -> list[RuleVersion]:
            directory.require_known_service(conn, code, service)
            return versions(conn, code, service)

        return await self.context.store.read(job)

    async def announce(
        self,
        who: StaffSession,
        service: str,
        rule: PointRule,
        takes_effect_on: date,
        *,
        worse_accepted: bool,
        reason: str,
    ) -> RuleVersion:
        """Announce a version. It takes effect tomorrow at the earliest; the first one of a service of which nobody
        has points may do so today.

        Raises ProblemError: `bad-rule` (422), `rule-in-effect`, `worse-not-accepted` (409, naming what members lose).
        """
        check(rule)
        if rule.expiry_day is not None and rule.expiry_day < takes_effect_on:
            raise bad_rule("Points expire on a day on or after the one on which the rule takes effect.")
        now, today, code = self.context.clock(), self.context.today, who.municipality

        def job(conn: Connection) -> RuleVersion:
            directory.require_service(conn, code, service)
            _lock_service(conn, code, service)
            rule_versions = versions(conn, code, service)
            in_use = bool(rule_versions) or _is_held(conn, code, service, today)
            if takes_effect_on < today or (in_use and takes_effect_on == today):
                raise ProblemError(
                    "rule-in-effect",
                    "Members are told before a rule changes: let it take effect tomorrow or later.",
                )
            worse = (
                adverse_changes(in_force(rule_versions, takes_effect_on), rule, takes_effect_on)
                if in_use
                else ()
            )
            if worse and not worse_accepted:
                raise ProblemError(
                    "worse-not-accepted",
                    f"Members lose by this change: {', '.join(worse)}. Send it again with worse_accepted.",
                    worse=",".join(worse),
                )
            return _add(conn, who, service, rule, takes_effect_on, worse, now, reason)

        rule_version = await self.context.store.run(job)
        if takes_effect_on <= today:
            await self.take_effect(today)
        return rule_version

    async def withdraw(self, who: StaffSession, service: str, version: int, reason: str) -> None:
        """Take back a version that has not taken effect. Raises ProblemError: `unknown-rule` (404), `rule-in-effect`."""
        now, today, code = self.context.clock(), self.context.today, who.municipality

        def job(conn: Connection) -> None:
            _lock_service(conn, code, service)
            rule_versions = [
                rule_version
                for rule_version in versions(conn, code, service)
                if rule_version.version == version
            ]
            if not rule_versions:
                raise ProblemError("unknown-rule", "There is no such version, or it was withdrawn.")
            if rule_versions[0].takes_effect_on <= today:
                raise ProblemError("rule-in-effect", "This version is in effect; announce a new one.")
            conn.execute(
                update(_rules)
                .where(
                    _rules.c.municipality == code,
                    _rules.c.point_service == service,
                    _rules.c.version == version,
                )
                .values(withdrawn_at=now)
            )
            write_audit(conn, who, now, "rule withdrawn", service, reason, {"version": version})

        await self.context.store.run(job)

    async def take_effect(self, today: date) -> int:
        """Open and close point services for direct exchange as the rules of the day say. Safe to repeat.

        One whose fixed day of expiry is over stays closed until a rule says another day.
        """

        def job(conn: Connection) -> int:
            changed = 0
            services = conn.execute(select(_rules.c.municipality, _rules.c.point_service).distinct()).all()
            for code, service in services:
                rule_versions = versions(conn, code, service)
                if not rule_versions or rule_versions[0].takes_effect_on > today:
                    continue
                last = last_day(rule_versions, today)
                is_over = last is not None and last < today  # what came in would have expired at once
                wanted = in_force(rule_versions, today).open_for_direct_exchange and not is_over
                known = directory.require_known_service(conn, code, service)
                if known.closed_at is None and known.open_for_direct_exchange != wanted:
                    directory.set_direct_exchange(conn, code, service, is_open=wanted)
                    changed += 1
            return changed

        return await self.context.store.run(job)


def _lock_service(conn: Connection, code: str, service: str) -> None:
    """Hold a point service until the transaction ends: its rules are decided about one after the other."""
    mine = (_services.c.municipality == code, _services.c.point_service == service)
    conn.execute(select(_services.c.point_service).where(*mine).with_for_update())


def _is_held(conn: Connection, code: str, service: str, today: date) -> bool:
    """Whether members have points of it, which until a first rule are under the plain one."""
    return bool(ledger.lots_due(conn, chart.municipal("*", code, service), today, limit=1))


def _add(
    conn: Connection,
    who: StaffSession,
    service: str,
    rule: PointRule,
    takes_effect_on: date,
    worse: tuple[str, ...],
    now: datetime,
    reason: str,
) -> RuleVersion:
    code = who.municipality
    same = (_rules.c.municipality == code, _rules.c.point_service == service)
    numbers = conn.execute(select(_rules.c.version).where(*same)).scalars()
    version = max(numbers, default=0) + 1
    conn.execute(
        insert(_rules).values(
            municipality=code,
            point_service=service,
            version=version,
            takes_effect_on=takes_effect_on.isoformat(),
            unit_value_yen=rule.unit_value_yen,
            expiry=rule.expiry.value,
            expiry_count=rule.expiry_count,
            expiry_day=rule.expiry_day.isoformat() if rule.expiry_day else None,
            open_for_direct_exchange=rule.open_for_direct_exchange,
            most_spent_a_day=rule.most_spent_a_day,
            most_granted_a_day=rule.most_granted_a_day,
            worse=json.dumps(worse),
            decided_by=who.staff_id,
            decided_at=now,
        )
    )
    facts: dict[str, str | int] = {
        "version": version,
        "takes_effect_on": takes_effect_on.isoformat(),
        "worse": ",".join(worse),
    }
    write_audit(conn, who, now, "rule announced", service, reason, facts)
    row = conn.execute(select(_rules).where(*same, _rules.c.version == version)).one()
    return version_of(row._asdict())
