"""The half-year report of each issuer (資金決済法の基準日): issued, recovered and unused in yen, of what was issued for value.

Points for value came from a partner, directly or by way of the reserve; a city's grants, campaigns and corrections are
free. Nothing marks a point in a balance by where it came from, so the report goes by one order that is never too low: free
points count as used first. `issued` and `recovered` are of the half year, `unused` stands at its end.

    unused = issued and carried in for value so far - recovered so far
    recovered: used, expired or taken back, after all free ones

What was carried in from a predecessor's system is no issue of the half year: it stands beside, as `carried_in_yen`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, func, select

from gateway.cities import tables
from gateway.cities.statistics import issuers
from gateway.cities.statistics.issuers import Issuer, IssuerKind
from gateway.errors import ProblemError
from gateway.points import directory
from gateway.points import rules as point_rules
from gateway.points.rules import RuleVersion

_totals: Final = tables.day_totals
THRESHOLD_YEN: Final = 10_000_000
"""Above it on a base day an issuer of its own instruments has to report (資金決済法 14条, 令 6条)."""
FOR_VALUE: Final = ("exchanged", "allocated")
FREE: Final = ("granted", "campaign", "carried_free", "other_in")
CARRIED: Final = ("carried_paid",)
"""For value too, but issued before, by whoever issued them then: unused until they are used, and no 発行額 of ours."""
RETURNED: Final = ("refunded",)
GONE: Final = ("spent", "expired", "reversed", "other_out")


class Duty(StrEnum):
    EXEMPT = "exempt"
    """A state or a municipality issues it: Article 4, item 3."""
    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfYear:
    """One issuer's sums in yen; `services` are the ids of its point services, all counted together."""

    issuer: Issuer
    services: tuple[str, ...]
    issued_yen: int
    carried_in_yen: int
    recovered_yen: int
    unused_yen: int
    free_unused_yen: int

    @property
    def duty(self) -> Duty:
        if self.issuer.kind is IssuerKind.CITY:
            return Duty.EXEMPT
        return Duty.ABOVE if self.unused_yen > THRESHOLD_YEN else Duty.BELOW


def period_of(base_day: date) -> tuple[date, date]:
    """The first and the last day of the half year that ends so. Raises ProblemError `bad-base-day` (422)."""
    match (base_day.month, base_day.day):
        case (3, 31):
            return date(base_day.year - 1, 10, 1), base_day
        case (9, 30):
            return date(base_day.year, 4, 1), base_day
    raise ProblemError("bad-base-day", "The base days are 31 March and 30 September.")


def by_issuer(conn: Connection, code: str, base_day: date) -> list[HalfYear]:
    """Each issuer of a city's point services, the city first. Raises ProblemError `bad-base-day` (422)."""
    period_of(base_day)
    grouped: dict[Issuer, list[str]] = defaultdict(list)
    for service in directory.list_services(conn, municipality_code=code, closed=True):
        grouped[issuers.issuer_of(conn, code, service.point_service)].append(service.point_service)
    return [
        _report(conn, code, issuer, services, base_day)
        for issuer, services in sorted(
            grouped.items(), key=lambda item: (item[0].kind is not IssuerKind.CITY, item[0].name)
        )
    ]


def _report(conn: Connection, code: str, issuer: Issuer, services: Sequence[str], base_day: date) -> HalfYear:
    parts = [_sums_of_service(conn, code, service, base_day) for service in services]
    return HalfYear(
        issuer=issuer,
        services=tuple(services),
        issued_yen=sum(part.issued for part in parts),
        carried_in_yen=sum(part.carried for part in parts),
        recovered_yen=sum(part.recovered for part in parts),
        unused_yen=sum(part.unused for part in parts),
        free_unused_yen=sum(part.free_unused for part in parts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    issued: int
    carried: int
    recovered: int
    unused: int
    free_unused: int


def _sums_of_service(conn: Connection, code: str, service: str, base_day: date) -> _Sums:
    """Day by day to the base day: of all that has left so far, what exceeds the free points was for value."""
    since, _ = period_of(base_day)
    rules = point_rules.versions(conn, code, service)
    free = paid = gone = issued_yen = carried_in_yen = recovered_yen = 0
    for day, figures in _days(conn, code, service, base_day):
        issued, carried = _sum(figures, FOR_VALUE), _sum(figures, CARRIED)
        used_before = max(0, gone - free)
        free += _sum(figures, FREE)
        paid += issued + carried
        gone += _sum(figures, GONE) - _sum(figures, RETURNED)
        if day >= since:
            value = _value(rules, day)
            issued_yen += issued * value
            carried_in_yen += carried * value
            recovered_yen += (max(0, gone - free) - used_before) * value
    worth = _value(rules, base_day)
    return _Sums(
        issued=issued_yen,
        carried=carried_in_yen,
        recovered=recovered_yen,
        unused=(paid - max(0, gone - free)) * worth,
        free_unused=max(0, free - gone) * worth,
    )


def _sum(figures: Mapping[str, int], names: Sequence[str]) -> int:
    return sum(figures.get(name, 0) for name in names)


def _days(conn: Connection, code: str, service: str, until: date) -> list[tuple[date, Mapping[str, int]]]:
    query = (
        select(_totals.c.day, _totals.c.figure, func.sum(_totals.c.points))
        .where(
            _totals.c.municipality == code,
            _totals.c.point_service == service,
            _totals.c.day <= until.isoformat(),
        )
        .group_by(_totals.c.day, _totals.c.figure)
        .order_by(_totals.c.day)
    )
    rows = conn.execute(query).all()
    return [
        (date.fromisoformat(day), {figure: int(points) for _, figure, points in group})
        for day, group in groupby(rows, key=lambda row: str(row[0]))
    ]


def _value(rules: Sequence[RuleVersion], day: date) -> int:
    return point_rules.in_force(rules, day).unit_value_yen
