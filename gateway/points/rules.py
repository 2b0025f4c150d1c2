"""The rules of a point service: what a point is worth, when it expires, limits by member and day. In versions.

A version is announced, takes effect on a day, and is never changed afterwards; it may be withdrawn before.
Expiry is a function of the day on which points were first issued, which survives every move: the version in force
on that day decides, and a later one can only lengthen it. So nobody's points are ever cut short by a new rule.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement

_rules = tables.point_rules
_services = tables.point_services
MAX_MONTHS: Final = 120
_VERSIONS: Final = CompiledStatement(
    select(_rules)
    .where(
        _rules.c.municipality == bindparam("code"),
        _rules.c.point_service == bindparam("service"),
        _rules.c.withdrawn_at.is_(None),
    )
    .order_by(_rules.c.takes_effect_on, _rules.c.version)
)


class Expiry(StrEnum):
    NONE = "none"
    MONTHS = "months"
    FISCAL_YEAR = "fiscal_year"
    FIXED_DAY = "fixed_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRule:
    """What a city decides. `expiry_count` is months from issue, or fiscal years after the one of issue (0: its own).

    Limits are points by member and day in this point service; None is no limit.
    """

    expiry: Expiry = Expiry.NONE
    expiry_count: int = 0
    expiry_day: date | None = None
    unit_value_yen: int = 1
    open_for_direct_exchange: bool = False
    most_spent_a_day: int | None = None
    most_granted_a_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """A rule with its place in time. `worse` says what members lose by it, compared with the one before."""

    municipality: str
    point_service: str
    version: int
    takes_effect_on: date
    rule: PointRule
    worse: tuple[str, ...]
    decided_by: str
    decided_at: datetime
    withdrawn_at: datetime | None


# --- pure: when points expire ---------------------------------------------------------------------------------------


def last_day_under(rule: PointRule, issued_on: date) -> date | None:
    """The last day on which points of that day of issue can be used under one rule; None: they never expire.

    Months end on the day before the corresponding one (the day of issue counts), or on the last of a month that
    has none: at six months this stays within the "six months from issue" of the Payment Services Act.
    """
    match rule.expiry:
        case Expiry.NONE:
            return None
        case Expiry.MONTHS:
            return _months_later(issued_on, rule.expiry_count)
        case Expiry.FISCAL_YEAR:
            ends_in = issued_on.year + (1 if issued_on.month >= 4 else 0) + rule.expiry_count
            return date(ends_in, 3, 31)
        case Expiry.FIXED_DAY:
            return rule.expiry_day


def last_day(versions: Sequence[RuleVersion], issued_on: date) -> date | None:
    """The last day of use over all versions, which come in the order in which they take effect.

    A version that takes effect after the points have expired does not bring them back.
    """
    if not versions:
        return None
    at_issue = [version for version in versions if version.takes_effect_on <= issued_on]
    first = at_issue[-1] if at_issue else versions[0]
    last = last_day_under(first.rule, issued_on)
    if last is not None and not at_issue:  # until it takes effect, nothing expires under a first rule
        last = max(last, first.takes_effect_on - timedelta(days=1))
    for later in versions[versions.index(first) + 1 :]:
        if last is None or last < later.takes_effect_on:
            return last
        under = last_day_under(later.rule, issued_on)
        last = None if under is None else max(last, under)
    return last


def adverse_changes(old: PointRule, new: PointRule, takes_effect_on: date) -> tuple[str, ...]:
    """What members lose by a change, as stable words; each day of issue of the coming year is compared."""
    words: list[str] = []
    days = [takes_effect_on + timedelta(days=number) for number in range(366)]
    if any(_earlier(last_day_under(new, day), last_day_under(old, day)) for day in days):
        words.append("points-expire-earlier")
    if new.unit_value_yen < old.unit_value_yen:
        words.append("points-are-worth-less")
    if _lower(new.most_spent_a_day, old.most_spent_a_day):
        words.append("less-can-be-spent-a-day")
    if _lower(new.most_granted_a_day, old.most_granted_a_day):
        words.append("less-can-be-granted-a-day")
    if old.open_for_direct_exchange and not new.open_for_direct_exchange:
        words.append("closed-for-direct-exchange")
    return tuple(words)


def check(rule: PointRule) -> None:
    """Raise ProblemError `bad-rule` (422) naming what does not fit."""
    if not 1 <= rule.unit_value_yen <= 10_000:
        raise bad_rule("unit_value_yen", "A point is worth 1 to 10,000 yen.")
    if rule.expiry is Expiry.MONTHS and not 1 <= rule.expiry_count <= MAX_MONTHS:
        raise bad_rule("expiry_count", f"Points expire 1 to {MAX_MONTHS} months after issue.")
    if rule.expiry is Expiry.FISCAL_YEAR and not 0 <= rule.expiry_count <= 10:
        raise bad_rule(
            "expiry_count", "Points expire at the end of the fiscal year of issue, or up to 10 years later."
        )
    if (rule.expiry is Expiry.FIXED_DAY) != (rule.expiry_day is not None):
        raise bad_rule("expiry_day", "A fixed day of expiry goes with the rule fixed_day, and with no other.")
    limits = {"most_spent_a_day": rule.most_spent_a_day, "most_granted_a_day": rule.most_granted_a_day}
    for field, limit in limits.items():
        if limit is not None and limit < 1:
            raise bad_rule(field, "A limit by member and day is at least 1 point, or left out.")


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    longest = calendar.monthrange(year, month + 1)[1]
    if day.day > longest:
        return date(year, month + 1, longest)
    return date(year, month + 1, day.day) - timedelta(days=1)


def _earlier(new: date | None, old: date | None) -> bool:
    return new is not None and (old is None or new < old)


def _lower(new: int | None, old: int | None) -> bool:
    return new is not None and (old is None or new < old)


def bad_rule(field: str, text: str) -> ProblemError:
    return ProblemError("bad-rule", f"{field}: {text}", field=field)


# --- rows --------------------------------------------------------------------------------------------------------------


def versions(conn: Connection, code: str, service: str) -> list[RuleVersion]:
    """All versions that were not withdrawn, in the order in which they take effect."""
    return [version_of(row) for row in _VERSIONS.all(conn, {"code": code, "service": service})]


def all_that_expire(conn: Connection) -> dict[tuple[str, str], list[RuleVersion]]:
    """`versions` of every point service that has, or had, a rule under which points expire."""
    query = select(_rules).where(_rules.c.withdrawn_at.is_(None))
    versions: dict[tuple[str, str], list[RuleVersion]] = {}
    for row in conn.execute(query.order_by(_rules.c.takes_effect_on, _rules.c.version)):
        versions.setdefault((row.municipality, row.point_service), []).append(version_of(row._asdict()))
    return {
        service: rules
        for service, rules in versions.items()
        if any(rule.rule.expiry is not Expiry.NONE for rule in rules)
    }


def in_force(found: Sequence[RuleVersion], on: date) -> PointRule:
    """The rule of a day; before the first version, and without any, the plain one: a yen, no expiry, no limits."""
    past = [rule_version for rule_version in found if rule_version.takes_effect_on <= on]
    return past[-1].rule if past else PointRule()


def upcoming(found: Sequence[RuleVersion], today: date) -> list[RuleVersion]:
    return [rule_version for rule_version in found if rule_version.takes_effect_on > today]


def version_of(row: Mapping[str, Any]) -> RuleVersion:
    return RuleVersion(
        municipality=row["municipality"],
        point_service=row["point_service"],
        version=row["version"],
        takes_effect_on=date.fromisoformat(row["takes_effect_on"]),
        rule=PointRule(
            expiry=Expiry(row["expiry"]),
            expiry_count=row["expiry_count"],
            expiry_day=date.fromisoformat(row["expiry_day"]) if row["expiry_day"] else None,
            unit_value_yen=row["unit_value_yen"],
            open_for_direct_exchange=row["open_for_direct_exchange"],
            most_spent_a_day=row["most_spent_a_day"],
            most_granted_a_day=row["most_granted_a_day"],
        ),
        worse=tuple(json.loads(row["worse"])),
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        withdrawn_at=row["withdrawn_at"],
    )
