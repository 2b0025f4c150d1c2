"""Changing a city's own table of deeds: the command, what people read of it, its ground and its effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals import deciders, deeds
from gateway.cities.proposals.deeds import DeedRule
from gateway.cities.proposals.propose import Facts, Ground
from gateway.platform.audit_actions import AuditAction

DEFAULT: Final = "default"
"""Stands in the facts for a sum that the table does not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDeedRule:
    """The command that changes the city's own table."""

    rule: DeedRule


def deed_rule_facts(before: DeedRule, rule: DeedRule) -> Facts:
    """The line as it is and as it will be; sums only where the deed has them."""
    shown: dict[str, str | int] = {
        "deed": rule.deed.value, "persons_before": before.persons, "persons": rule.persons,
    }  # fmt: skip
    if before.points_a_day is not None:
        shown |= {
            "from_points_before": _sum(before.from_points), "from_points": _sum(rule.from_points),
            "points_a_day_before": before.points_a_day, "points_a_day": _sum(rule.points_a_day),
        }  # fmt: skip
    return shown


def deed_rule_ground(_: CityContext, conn: Connection, code: str, command: ChangeDeedRule) -> Ground:
    """The line of the table that the author saw."""
    rule = deeds.rule_of(conn, code, command.rule.deed)
    return {"persons": rule.persons, "from_points": rule.from_points, "points_a_day": rule.points_a_day}


def change_deed_rule(conn: Connection, who: StaffActor, command: ChangeDeedRule, at: datetime) -> None:
    """Carry it out. Raises ProblemError `bad-deed-rule` (422)."""
    code, rule = who.municipality, command.rule
    require_satisfiable(conn, code, rule)
    deeds.save_rule(conn, code, rule)
    facts: dict[str, str | int] = {
        "deed": rule.deed.value, "persons": rule.persons, "from_points": _sum(rule.from_points),
        "points_a_day": _sum(rule.points_a_day),
    }  # fmt: skip
    write_audit(conn, who, at, AuditAction.DEED_RULE_CHANGED, rule.deed.value, facts=facts)


def require_satisfiable(conn: Connection, code: str, rule: DeedRule) -> None:
    """Raise ProblemError `bad-deed-rule` (422) where an author would never find as many others."""
    people = deciders.count_deciders(conn, code)
    if rule.persons >= people:
        raise deeds.bad_rule(
            "persons",
            f"the city has {people} approvers and administrators, so at most {max(0, people - 1)} others"
            " can decide; add somebody first",
        )


def _sum(points: int | None) -> str | int:
    return DEFAULT if points is None else points
