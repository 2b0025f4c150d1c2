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

from sqlalchemy import Connection, bindparam, insert, select, update

from core_ledger import chart, ledger
from gateway import directory
from gateway import tables as gateway_tables
from gateway.base.hot import Hot
from gateway.errors import Refused
from gateway.municipal import tables
from gateway.municipal.city_desk import CityDesk, told
from gateway.municipal.staff_records import StaffSession

_rules = tables.point_rules
_services = gateway_tables.point_services
LONGEST_MONTHS: Final = 120
_VERSIONS: Final = Hot(
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
    at_issue = [one for one in versions if one.takes_effect_on <= issued_on]
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


def what_gets_worse(old: PointRule, new: PointRule, takes_effect_on: date) -> tuple[str, ...]:
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
    """Raise Refused `bad-rule` (422) naming what does not fit."""
    if not 1 <= rule.unit_value_yen <= 10_000:
        raise _bad("A point is worth 1 to 10,000 yen.")
    if rule.expiry is Expiry.MONTHS and not 1 <= rule.expiry_count <= LONGEST_MONTHS:
        raise _bad(f"Points expire 1 to {LONGEST_MONTHS} months after issue.")
    if rule.expiry is Expiry.FISCAL_YEAR and not 0 <= rule.expiry_count <= 10:
        raise _bad("Points expire at the end of the fiscal year of issue, or up to 10 years later.")
    if (rule.expiry is Expiry.FIXED_DAY) != (rule.expiry_day is not None):
        raise _bad("A fixed day of expiry goes with the rule fixed_day, and with no other.")
    for limit in (rule.most_spent_a_day, rule.most_granted_a_day):
        if limit is not None and limit < 1:
            raise _bad("A limit by member and day is at least 1 point, or left out.")


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


def _bad(text: str) -> Refused:
    return Refused("bad-rule", text, status=422)


# --- rows --------------------------------------------------------------------------------------------------------------


def versions(conn: Connection, code: str, service: str) -> list[RuleVersion]:
    """All versions that were not withdrawn, in the order in which they take effect."""
    return [_version(row) for row in _VERSIONS.all(conn, {"code": code, "service": service})]


def all_that_expire(conn: Connection) -> dict[tuple[str, str], list[RuleVersion]]:
    """`versions` of every point service that has, or had, a rule under which points expire."""
    query = select(_rules).where(_rules.c.withdrawn_at.is_(None))
    found: dict[tuple[str, str], list[RuleVersion]] = {}
    for row in conn.execute(query.order_by(_rules.c.takes_effect_on, _rules.c.version)):
        found.setdefault((row.municipality, row.point_service), []).append(_version(row._asdict()))
    return {
        service: rules
        for service, rules in found.items()
        if any(one.rule.expiry is not Expiry.NONE for one in rules)
    }


def in_force(found: Sequence[RuleVersion], on: date) -> PointRule:
    """The rule of a day; before the first version, and without any, the plain one: a yen, no expiry, no limits."""
    past = [one for one in found if one.takes_effect_on <= on]
    return past[-1].rule if past else PointRule()


def upcoming(found: Sequence[RuleVersion], today: date) -> list[RuleVersion]:
    return [one for one in found if one.takes_effect_on > today]


@dataclass(frozen=True, slots=True)
class PointRules:
    """The use cases around rules."""

    desk: CityDesk

    async def versions(self, code: str, service: str) -> list[RuleVersion]:
        """All versions in their order. Raises Refused: `unknown-municipality`, `unknown-point-service` (404)."""

        def job(conn: Connection) -> list[RuleVersion]:
            directory.require_known_service(conn, code, service)
            return versions(conn, code, service)

        return await self.desk.store.read(job)

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

        Raises Refused: `bad-rule` (422), `rule-in-effect`, `worse-not-accepted` (409, naming what members lose).
        """
        check(rule)
        if rule.expiry_day is not None and rule.expiry_day < takes_effect_on:
            raise _bad("Points expire on a day on or after the one on which the rule takes effect.")
        now, today, code = self.desk.clock(), self.desk.today, who.municipality

        def job(conn: Connection) -> RuleVersion:
            directory.require_service(conn, code, service)
            _hold(conn, code, service)
            found = versions(conn, code, service)
            in_use = bool(found) or _is_held(conn, code, service, today)
            if takes_effect_on < today or (in_use and takes_effect_on == today):
                raise Refused(
                    "rule-in-effect",
                    "Members are told before a rule changes: let it take effect tomorrow or later.",
                )
            worse = what_gets_worse(in_force(found, takes_effect_on), rule, takes_effect_on) if in_use else ()
            if worse and not worse_accepted:
                raise Refused(
                    "worse-not-accepted",
                    f"Members lose by this change: {', '.join(worse)}. Send it again with worse_accepted.",
                    worse=",".join(worse),
                )
            return _add(conn, who, service, rule, takes_effect_on, worse, now, reason)

        made = await self.desk.store.run(job)
        if takes_effect_on <= today:
            await self.take_effect(today)
        return made

    async def withdraw(self, who: StaffSession, service: str, version: int, reason: str) -> None:
        """Take back a version that has not taken effect. Raises Refused: `unknown-rule` (404), `rule-in-effect`."""
        now, today, code = self.desk.clock(), self.desk.today, who.municipality

        def job(conn: Connection) -> None:
            _hold(conn, code, service)
            found = [one for one in versions(conn, code, service) if one.version == version]
            if not found:
                raise Refused("unknown-rule", "There is no such version, or it was withdrawn.", status=404)
            if found[0].takes_effect_on <= today:
                raise Refused("rule-in-effect", "This version is in effect; announce a new one.")
            conn.execute(
                update(_rules)
                .where(
                    _rules.c.municipality == code,
                    _rules.c.point_service == service,
                    _rules.c.version == version,
                )
                .values(withdrawn_at=now)
            )
            told(conn, who, now, "rule withdrawn", service, reason, {"version": version})

        await self.desk.store.run(job)

    async def take_effect(self, today: date) -> int:
        """Open and close point services for direct exchange as the rules of the day say. Safe to repeat.

        One whose fixed day of expiry is over stays closed until a rule says another day.
        """

        def job(conn: Connection) -> int:
            changed = 0
            services = conn.execute(select(_rules.c.municipality, _rules.c.point_service).distinct()).all()
            for code, service in services:
                found = versions(conn, code, service)
                if not found or found[0].takes_effect_on > today:
                    continue
                last = last_day(found, today)
                is_over = last is not None and last < today  # what came in would have expired at once
                wanted = in_force(found, today).open_for_direct_exchange and not is_over
                known = directory.require_known_service(conn, code, service)
                if known.closed_at is None and known.open_for_direct_exchange != wanted:
                    directory.set_direct_exchange(conn, code, service, is_open=wanted)
                    changed += 1
            return changed

        return await self.desk.store.run(job)


def _hold(conn: Connection, code: str, service: str) -> None:
    """Hold a point service until the transaction ends: its rules are decided about one after the other."""
    mine = (_services.c.municipality == code, _services.c.point_service == service)
    conn.execute(select(_services.c.point_service).where(*mine).with_for_update())


def _is_held(conn: Connection, code: str, service: str, today: date) -> bool:
    """Whether members have points of it, which until a first rule are under the plain one."""
    return bool(ledger.heaps_due(conn, chart.municipal("*", code, service), today, limit=1))


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
    told(conn, who, now, "rule announced", service, reason, facts)
    row = conn.execute(select(_rules).where(*same, _rules.c.version == version)).one()
    return _version(row._asdict())


def _version(row: Mapping[str, Any]) -> RuleVersion:
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
