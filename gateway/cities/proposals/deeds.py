"""The deeds that wait for a second person, and each city's table of them.

A city may change how many persons decide a deed and, for grants and refunds, from which sum. The change is a deed of its own and
needs a second person whatever the table says. Without a row of its own a city has the defaults below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from gateway.cities import tables
from gateway.cities.drawn_from import version_of
from gateway.errors import ProblemError
from gateway.platform.roles import ALLOWED, Action, Role
from gateway.platform.sql import insert_into

_rules = tables.deed_rules
MAX_PERSONS: Final = 3
MAX_SUM: Final = 10**12


class Deed(StrEnum):
    """What can be proposed. The value is the word of the API and of the audit log."""

    GRANT = "grant"
    GRANT_FILE = "grant_file"
    CARRY_IN = "carry_in"
    CARRY_IN_JOIN = "carry_in_join"
    GRANT_CANCEL = "grant_cancel"
    CORRECTION = "correction"
    PROJECT = "project"
    BUDGET = "budget"
    REFUND = "refund"
    SHOP_ACCOUNT = "shop_account"
    PAYER_ACCOUNT = "payer_account"
    CLOSING = "closing"
    TRANSFER_FILE = "transfer_file"
    PAYOUT = "payout"
    SHOP_DEBT = "shop_debt"
    SETTLEMENT_SETTINGS = "settlement_settings"
    PRIVACY_TEXT = "privacy_text"
    STAFF = "staff"
    ROLE = "role"
    RESET = "reset"
    RESTART = "restart"
    RULE = "rule"
    RULE_WITHDRAWAL = "rule_withdrawal"
    SHOP_STAFF = "shop_staff"
    SHOP_RESET = "shop_reset"
    SHOP_APPLICATION = "shop_application"
    SHOP_LIST = "shop_list"
    COMPANY = "company"
    MEMBER_ACCESS = "member_access"
    CARD_LIMITS = "card_limits"
    REPRESENTATIVE = "representative"
    ANNOUNCEMENT = "announcement"
    DEED_RULE = "deed_rule"
    EXCHANGE_OUTCOME = "exchange_outcome"
    EXCHANGE_REVERSAL = "exchange_reversal"
    REVERSAL_OUTCOME = "reversal_outcome"
    DIFFERENCE = "difference"
    PARTNER_RESUME = "partner_resume"
    MEMBER_MERGE = "member_merge"
    PARTNER_MAINTENANCE = "partner_maintenance"
    PARTNER_PACE = "partner_pace"
    CLIENT_KEY = "client_key"
    WEBHOOK_KEY = "webhook_key"
    MEMBER_ERASE = "member_erase"
    MEMBER_RECTIFY = "member_rectify"
    PLANNED_STOP = "planned_stop"


PLATFORM_DEEDS: Final = frozenset(
    {
        Deed.EXCHANGE_OUTCOME,
        Deed.EXCHANGE_REVERSAL,
        Deed.REVERSAL_OUTCOME,
        Deed.DIFFERENCE,
        Deed.PARTNER_RESUME,
        Deed.MEMBER_MERGE,
        Deed.PARTNER_MAINTENANCE,
        Deed.PARTNER_PACE,
        Deed.CLIENT_KEY,
        Deed.WEBHOOK_KEY,
        Deed.MEMBER_ERASE,
        Deed.MEMBER_RECTIFY,
        Deed.PLANNED_STOP,
    }
)
"""Proposed and decided by the platform's staff alone; no city's table has a line for them."""

CITY_DEEDS: Final = tuple(deed for deed in Deed if deed not in PLATFORM_DEEDS)

_PLATFORM_TOO: Final = frozenset({Deed.STAFF, Deed.RESET, Deed.RESTART})
"""The platform's staff keep each other as a city's do: whose role it is says whose staff."""


ALWAYS_DECIDED: Final = PLATFORM_DEEDS | {
    Deed.GRANT_FILE, Deed.CARRY_IN, Deed.CARRY_IN_JOIN, Deed.CORRECTION, Deed.GRANT_CANCEL, Deed.MEMBER_ACCESS, Deed.DEED_RULE,
    Deed.SETTLEMENT_SETTINGS,
    Deed.PRIVACY_TEXT,
    Deed.CARD_LIMITS,
    Deed.REPRESENTATIVE,
    Deed.SHOP_APPLICATION,
    Deed.SHOP_LIST,
    Deed.COMPANY,
}  # fmt: skip
"""Needs at least one person besides the author, whatever a city's table says."""

DECIDED_BY: Final[Mapping[Deed, frozenset[Role]]] = (
    dict.fromkeys(CITY_DEEDS, frozenset({Role.APPROVER, Role.ADMINISTRATOR}))
    | dict.fromkeys(_PLATFORM_TOO, frozenset({Role.APPROVER, Role.ADMINISTRATOR, Role.PLATFORM}))
    | dict.fromkeys(PLATFORM_DEEDS, frozenset({Role.PLATFORM}))
)
"""One permission for each deed; a role that proposes it is not thereby one that decides it."""

DECIDING_ROLES: Final[frozenset[Role]] = frozenset().union(*DECIDED_BY.values())

PROPOSED_BY: Final[Mapping[Deed, Action]] = {
    Deed.GRANT: Action.GRANT,
    Deed.GRANT_FILE: Action.UPLOAD_GRANTS,
    Deed.CARRY_IN: Action.UPLOAD_GRANTS,
    Deed.CARRY_IN_JOIN: Action.HELP_MEMBER,
    Deed.GRANT_CANCEL: Action.GRANT,
    Deed.CORRECTION: Action.GRANT,
    Deed.PROJECT: Action.PLAN_GRANTS,
    Deed.BUDGET: Action.PLAN_GRANTS,
    Deed.REFUND: Action.REFUND,
    Deed.SHOP_ACCOUNT: Action.KEEP_BANKS,
    Deed.PAYER_ACCOUNT: Action.KEEP_BANKS,
    Deed.CLOSING: Action.SETTLE,
    Deed.TRANSFER_FILE: Action.SETTLE,
    Deed.PAYOUT: Action.SETTLE,
    Deed.SHOP_DEBT: Action.SETTLE,
    Deed.SETTLEMENT_SETTINGS: Action.KEEP_BANKS,
    Deed.PRIVACY_TEXT: Action.CHANGE_RULES,
    Deed.STAFF: Action.KEEP_STAFF,
    Deed.ROLE: Action.KEEP_STAFF,
    Deed.RESET: Action.KEEP_STAFF,
    Deed.RESTART: Action.KEEP_STAFF,
    Deed.RULE: Action.CHANGE_RULES,
    Deed.RULE_WITHDRAWAL: Action.CHANGE_RULES,
    Deed.SHOP_STAFF: Action.KEEP_SHOPS,
    Deed.SHOP_RESET: Action.KEEP_SHOPS,
    Deed.SHOP_APPLICATION: Action.KEEP_SHOPS,
    Deed.SHOP_LIST: Action.KEEP_SHOPS,
    Deed.COMPANY: Action.KEEP_SHOPS,
    Deed.MEMBER_ACCESS: Action.HELP_MEMBER,
    Deed.CARD_LIMITS: Action.CHANGE_RULES,
    Deed.REPRESENTATIVE: Action.HELP_MEMBER,
    Deed.ANNOUNCEMENT: Action.ANNOUNCE,
    Deed.DEED_RULE: Action.CHANGE_RULES,
    Deed.EXCHANGE_OUTCOME: Action.KEEP_EXCHANGES,
    Deed.EXCHANGE_REVERSAL: Action.KEEP_EXCHANGES,
    Deed.REVERSAL_OUTCOME: Action.KEEP_EXCHANGES,
    Deed.DIFFERENCE: Action.KEEP_EXCHANGES,
    Deed.PARTNER_RESUME: Action.KEEP_PARTNERS,
    Deed.MEMBER_MERGE: Action.KEEP_MEMBERS,
    Deed.PARTNER_MAINTENANCE: Action.KEEP_PARTNERS,
    Deed.PARTNER_PACE: Action.KEEP_PARTNERS,
    Deed.CLIENT_KEY: Action.KEEP_KEYS,
    Deed.WEBHOOK_KEY: Action.KEEP_KEYS,
    Deed.MEMBER_ERASE: Action.KEEP_MEMBERS,
    Deed.MEMBER_RECTIFY: Action.KEEP_MEMBERS,
    Deed.PLANNED_STOP: Action.PLAN_STOPS,
}
"""What a role must allow for the deed to be proposed, and still at the decision."""


def may_propose(role: Role, deed: Deed) -> bool:
    return PROPOSED_BY[deed] in ALLOWED[role]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedRule:
    """`persons` decide besides the author; 0 lets the deed take effect at once.

    `from_points`: a grant or refund above it waits; for grants None is the project's own `points_each`, for refunds
    no sum. `points_a_day`: what one person of staff puts into members' accounts in a day without a second one,
    grants and refunds together. Both belong to `WITH_SUMS` alone.
    """

    deed: Deed
    persons: int = 1
    from_points: int | None = None
    points_a_day: int | None = None

    @property
    def version(self) -> str:
        return version_of(self.persons, self.from_points, self.points_a_day)


WITH_SUMS: Final = frozenset({Deed.GRANT, Deed.REFUND})
DEFAULTS: Final[Mapping[Deed, DeedRule]] = {deed: DeedRule(deed=deed) for deed in Deed} | {
    Deed.GRANT: DeedRule(deed=Deed.GRANT, points_a_day=100_000),
    Deed.REFUND: DeedRule(deed=Deed.REFUND, from_points=10_000, points_a_day=100_000),
}


def rule_of(conn: Connection, code: str, deed: Deed) -> DeedRule:
    """What this city's table says of a deed."""
    row = conn.execute(
        select(_rules).where(_rules.c.municipality == code, _rules.c.deed == deed.value)
    ).one_or_none()
    return DEFAULTS[deed] if row is None else _rule(row)


def list_by_city(conn: Connection, code: str) -> list[DeedRule]:
    """The whole table of a city, in the order of `Deed`; without the platform's deeds."""
    rows = {row.deed: _rule(row) for row in conn.execute(select(_rules).where(_rules.c.municipality == code))}
    return [rows.get(deed.value, DEFAULTS[deed]) for deed in CITY_DEEDS]


def check_rule(rule: DeedRule) -> None:
    """Raise ProblemError `bad-deed-rule` (422) for what no table can say."""
    if rule.deed in PLATFORM_DEEDS:
        raise bad_rule("deed", "this is the platform's, always with one other person")
    fewest = 1 if rule.deed in ALWAYS_DECIDED else 0
    if not fewest <= rule.persons <= MAX_PERSONS:
        raise bad_rule("persons", f"give {fewest} to {MAX_PERSONS}")
    if rule.deed in WITH_SUMS:
        if rule.points_a_day is None:
            raise bad_rule(
                "points_a_day", "give what one person grants or refunds in a day without a second one"
            )
    elif rule.from_points is not None or rule.points_a_day is not None:
        raise bad_rule("from_points", "only grants and refunds have them")


def most_persons(conn: Connection, code: str) -> int:
    """The most persons that any line of a city's table asks for."""
    return max(rule.persons for rule in list_by_city(conn, code))


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


def bad_rule(field: str, text: str) -> ProblemError:
    return ProblemError("bad-deed-rule", f"{field}: {text}", field=field)
