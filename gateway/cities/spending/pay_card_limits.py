"""A city's limits of its cards, changed: lowered at once, raised by two persons.

They are all that stands between one person of the desk and what members hold: whoever could raise them alone could take it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import StaffActor, write_audit
from gateway.cities.proposals.propose import Facts, Ground
from gateway.cities.spending import pay_card_rows
from gateway.cities.spending.pay_card_rows import CardLimits
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction

SUBJECT: Final = "card_limits"
"""A city has one set of them, so one proposal waits at a time."""
_NAMES: Final = {
    "no_pin_points": "no_pin_points", "points_a_day": "card_points_a_day", "cards_a_day": "cards_a_day",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCardLimits:
    """The command that waits for a second person."""

    limits: CardLimits


def require_fit(limits: CardLimits) -> None:
    """Raise ProblemError `pay-card-limits-unfit` (422) where a payment without a PIN could be more than a day's."""
    if limits.no_pin_points > limits.points_a_day:
        raise ProblemError(
            "pay-card-limits-unfit",
            "What needs no PIN cannot be more than what the cards may pay in a day.",
        )


def raises_any(before: CardLimits, limits: CardLimits) -> bool:
    """Whether cards may do more by it, in any one respect."""
    return any(value > asdict(before)[name] for name, value in asdict(limits).items())


def limits_facts(before: CardLimits, limits: CardLimits) -> Facts:
    """Each limit, before and after."""
    was, will = asdict(before), asdict(limits)
    shown: dict[str, str | int] = {}
    for name, fact in _NAMES.items():
        shown |= {f"{fact}_before": was[name], fact: will[name]}
    return shown


def limits_ground(conn: Connection, code: str) -> Ground:
    """The limits that the author saw."""
    return asdict(pay_card_rows.find_limits(conn, code))


def change_card_limits(
    conn: Connection, who: StaffActor, command: ChangeCardLimits, reason: str, at: datetime
) -> CardLimits:
    """Carry it out; the limits hold from this moment on."""
    before = pay_card_rows.find_limits(conn, who.municipality)
    pay_card_rows.save_limits(conn, who.municipality, command.limits)
    facts = dict(limits_facts(before, command.limits))
    write_audit(conn, who, at, AuditAction.PAY_CARD_LIMITS_CHANGED, "", reason, facts)
    return command.limits
