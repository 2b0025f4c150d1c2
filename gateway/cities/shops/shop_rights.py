"""What bounds a right of a shop's log-in within what its role may do at all (`gateway.platform.roles`).

A till, which is a till's log-in or a bound device of anybody's, sees today's payments in a list, and a single payment of
yesterday too: what was taken at 23:59 is looked for after midnight. It is not told of the shop's books. All others see every
day. A till's log-in gives back only while the shop's owner lets its tills; a bound device shows the shop's PIN instead.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from gateway.cities.city_context import write_audit
from gateway.cities.shops import shop_rows
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.model import JST
from gateway.platform.audit_actions import AuditAction
from gateway.platform.roles import ALLOWED, Action, Role


def require_day_seen(who: StaffSession, day: date, today: date) -> None:
    """Raise ProblemError where a till asks for another day than today: `till-only` at a bound one, else `role-not-allowed` (403)."""
    if not _is_till(who) or day == today:
        return
    if who.till_id is not None:
        raise ProblemError(
            "till-only", "A bound till shows today's list; sign in with the password for another day."
        )
    raise ProblemError("role-not-allowed", "A till sees the payments of today alone.", role=who.role.value)


def sees_payments_since(who: StaffSession, today: date) -> datetime | None:
    """From when on a single payment is shown, the beginning of a day in Japan; None for every day."""
    if not _is_till(who):
        return None
    return datetime.combine(today - timedelta(days=1), time(), JST)


def sees_books(who: StaffSession) -> bool:
    """Whether this session is told of the shop's statements and where it is paid."""
    return who.till_id is None and Action.SEE_SHOP_BOOKS in ALLOWED[who.role]


def may_refund(who: StaffSession, shop: Shop) -> bool:
    """Whether this session may give back at its shop."""
    if Action.REFUND_AT_SHOP not in ALLOWED[who.role]:
        return False
    return who.role is not Role.TILL or shop.till_refunds


def require_may_refund(who: StaffSession, shop: Shop) -> None:
    """Raise ProblemError `till-refunds-off` (403) for a till whose owner has not let it."""
    if not may_refund(who, shop):
        raise ProblemError(
            "till-refunds-off", "This shop's tills give nothing back; the shop's owner can, or let them."
        )


def set_till_refunds(conn: Connection, who: StaffSession, allowed: bool, at: datetime) -> Shop:
    """Let the tills of one's own shop give back, or no longer. Nothing is written where it is so already."""
    code, shop_id = who.municipality, who.own_shop
    shop = shop_rows.require(conn, code, shop_id, lock=True)
    if shop.till_refunds == allowed:
        return shop
    facts: dict[str, str | int] = {"till_refunds": "yes" if allowed else "no"}
    write_audit(conn, who, at, AuditAction.TILL_REFUNDS_CHANGED, shop_id, facts=facts)
    return shop_rows.write(conn, code, shop_id, till_refunds=allowed)


def _is_till(who: StaffSession) -> bool:
    return who.role is Role.TILL or who.till_id is not None
