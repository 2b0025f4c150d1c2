"""Who of a city's staff may do what: one table, role by action. A handler names its action and asks no more.

    viewer          looks at figures, lists and statements
    operator        and helps members at the desk, grants to one, prepares files, plans events, keeps the register of shops, refunds, announces
    approver        looks, refunds, says yes to what somebody else has prepared, shows and ends events, closes settlements
    administrator   all of the city, and its staff, rules and bank accounts
    shop            owns one shop (責任者): takes points there, sees all of its business, and answers for it
    till            takes points at one shop and sees its day; gives back only where the shop's owner lets it (レジ)
    bookkeeper      reads one shop's days, statements and account; takes nothing (経理)
    platform        exchanges and partners over all cities, what partners owe, keys, and the platform's own staff; of members what
                    only the platform can put right, always by two, with names cut

The person who prepared something never approves it, whatever the role: that rule is kept where approval happens
(`gateway.cities.proposals`), and so is that nobody decides for whom they have added, raised or reset.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    SHOP = "shop"
    TILL = "till"
    BOOKKEEPER = "bookkeeper"
    PLATFORM = "platform"


class Action(StrEnum):
    OWN_ACCOUNT = "own_account"
    SECOND_FACTOR = "second_factor"
    SEE = "see"
    SEE_MEMBER = "see_member"
    HELP_MEMBER = "help_member"
    GRANT = "grant"
    PLAN_GRANTS = "plan_grants"
    UPLOAD_GRANTS = "upload_grants"
    CHANGE_RULES = "change_rules"
    KEEP_SHOPS = "keep_shops"
    KEEP_BANKS = "keep_banks"
    REFUND = "refund"
    SETTLE = "settle"
    KEEP_STAFF = "keep_staff"
    READ_AUDIT = "read_audit"
    TAKE_POINTS = "take_points"
    SEE_OWN_SHOP = "see_own_shop"
    REFUND_AT_SHOP = "refund_at_shop"
    SEE_SHOP_BOOKS = "see_shop_books"
    KEEP_OWN_SHOP = "keep_own_shop"
    SEE_PARTNERS = "see_partners"
    PLAN_EVENTS = "plan_events"
    DECIDE_EVENTS = "decide_events"
    SEE_PROPOSALS = "see_proposals"
    DECIDE_PROPOSALS = "decide_proposals"
    SEE_EXCHANGES = "see_exchanges"
    KEEP_EXCHANGES = "keep_exchanges"
    KEEP_PARTNERS = "keep_partners"
    KEEP_MEMBERS = "keep_members"
    KEEP_KEYS = "keep_keys"
    ANNOUNCE = "announce"
    PLAN_STOPS = "plan_stops"


_A = Action
_OWN: Final = frozenset({_A.OWN_ACCOUNT, _A.SECOND_FACTOR})
_VIEWER: Final = _OWN | {_A.SEE}
_OPERATOR: Final = _VIEWER | {
    _A.SEE_MEMBER,
    _A.HELP_MEMBER,
    _A.GRANT,
    _A.PLAN_GRANTS,
    _A.UPLOAD_GRANTS,
    _A.KEEP_SHOPS,
    _A.REFUND,
    _A.PLAN_EVENTS,
    _A.SEE_PROPOSALS,
    _A.ANNOUNCE,
}
_APPROVER: Final = _VIEWER | {
    _A.SEE_MEMBER,
    _A.REFUND,
    _A.SETTLE,
    _A.READ_AUDIT,
    _A.DECIDE_EVENTS,
    _A.SEE_PROPOSALS,
    _A.DECIDE_PROPOSALS,
}

ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.APPROVER: _APPROVER,
    Role.ADMINISTRATOR: _OPERATOR | _APPROVER | {_A.CHANGE_RULES, _A.KEEP_BANKS, _A.KEEP_STAFF},
    Role.SHOP: _OWN
    | {_A.SEE_OWN_SHOP, _A.TAKE_POINTS, _A.REFUND_AT_SHOP, _A.SEE_SHOP_BOOKS, _A.KEEP_OWN_SHOP},
    Role.TILL: _OWN | {_A.SEE_OWN_SHOP, _A.TAKE_POINTS, _A.REFUND_AT_SHOP},
    Role.BOOKKEEPER: _OWN | {_A.SEE_OWN_SHOP, _A.SEE_SHOP_BOOKS},
    Role.PLATFORM: _OWN
    | {
        _A.SEE_PARTNERS,
        _A.SEE_EXCHANGES,
        _A.KEEP_EXCHANGES,
        _A.KEEP_PARTNERS,
        _A.KEEP_MEMBERS,
        _A.KEEP_KEYS,
        _A.PLAN_STOPS,
        _A.KEEP_STAFF,
        _A.SEE_PROPOSALS,
        _A.DECIDE_PROPOSALS,
    },
}

CITY_ROLES: Final = frozenset({Role.VIEWER, Role.OPERATOR, Role.APPROVER, Role.ADMINISTRATOR})

SHOP_ROLES: Final = frozenset({Role.SHOP, Role.TILL, Role.BOOKKEEPER})

PASSWORD_IS_ENOUGH: Final = SHOP_ROLES
"""A shop's phone changes hands at the counter and reaches one shop only; everybody else shows a second factor."""

PLATFORM: Final = "platform"
"""Stands where a six-digit code does for staff who belong to no city."""


def may(role: Role, action: Action, *, strong: bool, first_password: bool = False) -> bool:
    """Whether a session of this role may do it.

    `strong`: a second factor was shown; without one only what leads to one is open. A password that somebody
    else has set opens nothing but its own change and the setting-up of a second factor.
    """
    if action not in ALLOWED[role]:
        return False
    if action in _OWN:
        return True
    return not first_password and (strong or role in PASSWORD_IS_ENOUGH)
