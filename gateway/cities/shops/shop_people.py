"""What a shop is told of its own log-ins: who has one, and what was changed of them, by whom it never was told.

Read from the staff's rows and the audit log, where it is true already: nothing is stored for it, and no change is without its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection

from gateway.cities.shops import company_rows
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import Staff
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction

EVENTS_SHOWN_FOR: Final = timedelta(days=30)
MAX_OF_A_LOGIN: Final = 20
Change = Literal["added", "reset", "restarted", "stopped", "role", "company"]
_CHANGES: Final[Mapping[str, Change]] = {
    AuditAction.STAFF_ADDED: "added",
    AuditAction.ACCESS_RESET: "reset",
    AuditAction.STAFF_RESTARTED: "restarted",
    AuditAction.STAFF_CLOSED: "stopped",
    AuditAction.ROLE_CHANGED: "role",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginChange:
    """What the city has changed of one of the shop's log-ins; `company`: one of another shop works here from now on."""

    login: str
    display_name: str
    change: Change
    at: datetime


def list_people(conn: Connection, code: str, shop_id: str) -> list[Staff]:
    """Everybody who has, or had, a log-in of this shop, and who works here with one of another shop of the company."""
    workers = company_rows.list_workers_at(conn, code, shop_id)
    people = staff_rows.list_by_city(conn, code)
    own = [person for person in people if person.shop_id == shop_id]
    return own + [person for person in people if person.shop_id != shop_id and person.staff_id in workers]


def list_changes(conn: Connection, code: str, shop_id: str, now: datetime) -> list[LoginChange]:
    """The changes of the last 30 days, newest first."""
    people, since = list_people(conn, code, shop_id), company_rows.list_workers_at(conn, code, shop_id)
    changes = [
        LoginChange(
            login=person.login, display_name=person.display_name, change="company", at=since[person.staff_id]
        )
        for person in people
        if person.shop_id != shop_id and since[person.staff_id] > now - EVENTS_SHOWN_FOR
    ]
    changes += [
        LoginChange(
            login=person.login, display_name=person.display_name, change=_CHANGES[line.action], at=line.at
        )
        for person in people
        for line in audit_log.page(
            conn,
            code,
            actions=list(_CHANGES),
            subject=person.login,
            since=now - EVENTS_SHOWN_FOR,
            limit=MAX_OF_A_LOGIN,
        )
    ]
    return sorted(changes, key=lambda change: (change.at, change.login), reverse=True)
