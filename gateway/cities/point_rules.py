"""Announcing and withdrawing the rules of a point service (`gateway.points.rules`), and letting them take effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from gateway.cities import rule_changes
from gateway.cities.city_context import CityContext
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import propose
from gateway.cities.rule_changes import AnnounceRule, WithdrawRule
from gateway.cities.staff.staff_rows import StaffSession
from gateway.platform import tables
from gateway.points import directory
from gateway.points.rules import (
    PointRule,
    RuleVersion,
    bad_rule,
    check,
    in_force,
    last_day,
    versions,
)

_rules = tables.point_rules


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
    ) -> RuleVersion | Proposal:
        """Propose a version. It takes effect the day after the decision at the earliest; the first one of a service of
        which nobody has points may do so on the same day.

        Raises ProblemError: `bad-rule` (422), `rule-in-effect`, `worse-not-accepted` (409, naming what members lose),
        and as `propose`.
        """
        check(rule)
        if rule.expiry_day is not None and rule.expiry_day < takes_effect_on:
            raise bad_rule(
                "expiry_day", "Points expire on a day on or after the one on which the rule takes effect."
            )
        now, today, code = self.context.clock(), self.context.today, who.municipality
        touched = await self.context.store.read(lambda conn: rule_changes.holders(conn, code, service))
        command = AnnounceRule(
            service=service, rule=rule, takes_effect_on=takes_effect_on, worse_accepted=worse_accepted
        )

        def job(conn: Connection) -> RuleVersion | Proposal:
            known = directory.require_service(conn, code, service)
            rule_changes.lock_service(conn, code, service)
            before, worse = rule_changes.require_announceable(conn, code, command, today)
            if not deeds.rule_of(conn, code, Deed.RULE).persons:
                return rule_changes.announce_rule(conn, who, command, reason, now)
            return propose(
                self.context, conn, who, Deed.RULE, service, command,
                ground=rule_changes.rule_ground(conn, code, command),
                facts=rule_changes.rule_facts(known.name, command, before, worse, touched), reason=reason, at=now,
            )  # fmt: skip

        announced = await self.context.store.run(job)
        if not isinstance(announced, Proposal) and takes_effect_on <= today:
            await self.take_effect(today)
        return announced

    async def withdraw(self, who: StaffSession, service: str, version: int, reason: str) -> Proposal | None:
        """Propose to take back a version that has not taken effect; None where it was taken back at once.

        Raises ProblemError: `unknown-rule` (404), `rule-in-effect` (409), and as `propose`.
        """
        now, today, code = self.context.clock(), self.context.today, who.municipality
        command = WithdrawRule(service=service, version=version)

        def job(conn: Connection) -> Proposal | None:
            rule_changes.lock_service(conn, code, service)
            withdrawn = rule_changes.require_withdrawable(conn, code, command, today)
            if not deeds.rule_of(conn, code, Deed.RULE_WITHDRAWAL).persons:
                rule_changes.withdraw_rule(conn, who, command, reason, now)
                return None
            others = [each for each in versions(conn, code, service) if each.version != version]
            stays = in_force(others, withdrawn.takes_effect_on)
            name = directory.require_known_service(conn, code, service).name
            return propose(
                self.context, conn, who, Deed.RULE_WITHDRAWAL, service, command,
                ground=rule_changes.rule_ground(conn, code, command),
                facts=rule_changes.withdrawal_facts(name, withdrawn, stays), reason=reason, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

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
