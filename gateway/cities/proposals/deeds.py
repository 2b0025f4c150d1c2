"""The deeds that wait for a second person, and each city's table of them.

A city may change how many persons decide a deed and, for grants, from which sum. The change is a deed of its own and
needs a second person whatever the table says. Without a row of its own a city has the defaults below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from gateway.cities import tables
from gateway.errors import ProblemError
from gateway.platform.roles import Role
from gateway.platform.sql import insert_into

_rules = tables.deed_rules
MAX_PERSONS: Final = 3
MAX_SUM: Final = 10**12


class Deed(StrEnum):
    """What can be proposed. The value is the word of the API and of the audit log."""

    GRANT = "grant"
    PROJECT = "project"
    BUDGET = "budget"
    SHOP_ACCOUNT = "shop_account"
    PAYER_ACCOUNT = "payer_account"
    STAFF = "staff"
    ROLE = "role"
    RESET = "reset"
    RESTART = "restart"
    DEED_RULE = "deed_rule"


ALWAYS_DECIDED: Final = frozenset({Deed.DEED_RULE})
"""Needs at least one person besides the author, whatever a city's table says."""

DECIDED_BY: Final[Mapping[Deed, frozenset[Role]]] = dict.fromkeys(
    Deed, frozenset({Role.APPROVER, Role.ADMINISTRATOR})
)
"""One permission for each deed; a role that proposes it is not thereby one that decides it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedRule:
    """`persons` decide besides the author; 0 lets the deed take effect at once.

    `from_points`: a grant above it waits; None is the project's own `points_each`. `points_a_day`: what one person
    of staff grants in a day without a second one. Both belong to grants alone.
    """

    deed: Deed
    persons: int = 1
    from_points: int | None = None
    points_a_day: int | None = None


DEFAULTS: Final[Mapping[Deed, DeedRule]] = {
    deed: DeedRule(deed=deed, points_a_day=100_000 if deed is Deed.GRANT else None) for deed in Deed
}


def rule_of(conn: Connection, code: str, deed: Deed) -> DeedRule:
    """What this city's table says of a deed."""
    row = conn.execute(
        select(_rules).where(_rules.c.municipality == code, _rules.c.deed == deed.value)
    ).one_or_none()
    return DEFAULTS[deed] if row is None else _rule(row)


def list_by_city(conn: Connection, code: str) -> list[DeedRule]:
    """The whole table of a city, in the order of `Deed`."""
    rows = {row.deed: _rule(row) for row in conn.execute(select(_rules).where(_rules.c.municipality == code))}
    return [rows.get(deed.value, DEFAULTS[deed]) for deed in Deed]


def check_rule(rule: DeedRule) -> None:
    """Raise ProblemError `bad-deed-rule` (422) for what no table can say."""
    fewest = 1 if rule.deed in ALWAYS_DECIDED else 0
    if not fewest <= rule.persons <= MAX_PERSONS:
        raise _bad(f"persons: give {fewest} to {MAX_PERSONS}")
    if rule.deed is Deed.GRANT:
        if rule.points_a_day is None:
            raise _bad("points_a_day: give what one person grants in a day without a second one")
    elif rule.from_points is not None or rule.points_a_day is not None:
        raise _bad("from_points, points_a_day: only grants have them")


def save_rule(conn: Connection, code: str, rule: DeedRule) -> None:
    values = {
        "persons": rule.persons, "from_points": rule.from_points, "points_a_day": rule.points_a_day,
    }  # fmt: skip
    conn.execute(
        insert_into(conn, _rules)
        .values(municipality=code, deed=rule.deed.value, **values)
        .on_conflict_do_update(index_elements=[_rules.c.municipality, _rules.c.deed], set_=values)
    )


def _rule(row: Row[Any]) -> DeedRule:
    return DeedRule(
        deed=Deed(row.deed), persons=row.persons, from_points=row.from_points, points_a_day=row.points_a_day
    )


def _bad(text: str) -> ProblemError:
    return ProblemError("bad-deed-rule", text)
