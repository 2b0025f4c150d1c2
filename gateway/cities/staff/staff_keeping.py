"""Keeping the staff: what its administrators propose as commands, and what each does when it is decided.

Everybody who has known a first password, or could have, is tied to its person (`staff_ties`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals import deciders, staff_ties
from gateway.cities.proposals.deeds import DECIDING_ROLES
from gateway.cities.proposals.propose import Ground
from gateway.cities.shops import shop_rows, till_rows
from gateway.cities.staff import first_passwords
from gateway.cities.staff import second_factor as factor
from gateway.cities.staff import staff_rows as records
from gateway.cities.staff.staff_rows import Staff
from gateway.errors import ProblemError
from gateway.members import lockout
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_facts import TillEnd
from gateway.platform.roles import ALLOWED, Role
from gateway.platform.states import StaffState


@dataclass(frozen=True, slots=True, kw_only=True)
class AddStaff:
    """The command that waits for a second person."""

    login: str
    display_name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AddShopStaff:
    """A log-in of a shop takes points there and gives them back: nobody makes one alone.

    Without a `role` it is the owner's, as an older release wrote the command.
    """

    login: str
    display_name: str
    shop_id: str
    role: Role = Role.SHOP


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewShopStaff:
    """A new first password for a shop's person, who is let in again where `restart`."""

    staff_id: str
    restart: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseRole:
    staff_id: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetStaff:
    staff_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartStaff:
    staff_id: str


def add_staff(
    conn: Connection, who: StaffActor, command: AddStaff, hashed: str, at: datetime, makers: Sequence[str]
) -> Staff:
    """Carry it out; everybody in `makers` is tied to the new person. Raises ProblemError: `login-taken` (409)."""
    person = _add(conn, who, command.login, command.display_name, command.role, hashed, at)
    staff_ties.record(conn, who.municipality, person.staff_id, "added", makers, at)
    return person


def change_role(
    conn: Connection, who: StaffActor, command: RaiseRole, why: str, at: datetime, makers: Sequence[str]
) -> Staff:
    """Carry it out. Raises ProblemError: `unknown-staff` (404), `last-administrator`, `last-owner` (409)."""
    records.lock_deciders(conn, who.municipality)
    person = records.require(conn, command.staff_id, who.municipality, lock=True)
    if command.role is not Role.ADMINISTRATOR:
        keep_an_administrator(conn, person)
    if command.role is not Role.SHOP:
        _require_owner_left(conn, person)
    if command.role not in DECIDING_ROLES:
        deciders.require_left(conn, person)
    records.write(conn, person.staff_id, role=command.role.value)
    records.end_sessions(conn, person.staff_id)
    facts: dict[str, str | int] = {"from": person.role, "to": command.role.value}
    write_audit(conn, who, at, AuditAction.ROLE_CHANGED, person.login, why, facts)
    if not ALLOWED[command.role] <= ALLOWED[person.role]:
        staff_ties.record(conn, who.municipality, person.staff_id, "raised", makers, at)
    elif (
        person.shop_id is None and command.role is not person.role
    ):  # a shop is told of its own people by itself
        staff_ties.record(conn, who.municipality, person.staff_id, "lowered", makers, at)
    return records.require(conn, person.staff_id, who.municipality)


def _require_owner_left(conn: Connection, person: Staff) -> None:
    """Raise ProblemError `last-owner` (409) for the only one who keeps an open shop: nobody would end its tills or its log-ins.

    One whose log-in was stolen is stopped or reset, which this does not hinder.
    """
    if person.role is not Role.SHOP or not person.active or person.shop_id is None:
        return
    shop = shop_rows.require(conn, person.municipality, person.shop_id, lock=True)
    if shop.closed_at is not None:
        return
    people = records.list_by_city(conn, person.municipality, person.shop_id)
    if not any(each.active and each.role is Role.SHOP for each in people if each.staff_id != person.staff_id):
        raise ProblemError(
            "last-owner", "This shop would have no owner; let somebody else be its owner first."
        )


def reset_staff(
    conn: Connection,
    who: StaffActor,
    command: ResetStaff,
    hashed: str,
    why: str,
    at: datetime,
    makers: Sequence[str],
) -> Staff:
    """Carry it out. Raises ProblemError `unknown-staff` (404)."""
    person = records.require(conn, command.staff_id, who.municipality, lock=True)
    _new_first_password(conn, who, person, hashed, at)
    write_audit(conn, who, at, AuditAction.ACCESS_RESET, person.login, why)
    staff_ties.record(conn, who.municipality, person.staff_id, "reset", makers, at)
    return records.require(conn, person.staff_id, who.municipality)


def restart_staff(
    conn: Connection,
    who: StaffActor,
    command: RestartStaff,
    hashed: str,
    why: str,
    at: datetime,
    makers: Sequence[str],
) -> Staff:
    """Carry it out. Raises ProblemError: `unknown-staff` (404), `staff-active` (409)."""
    person = records.require(conn, command.staff_id, who.municipality, lock=True)
    if person.active:
        raise wrong_activity(person)
    _new_first_password(conn, who, person, hashed, at)
    records.transition(conn, person, StaffState.ACTIVE)
    write_audit(conn, who, at, AuditAction.STAFF_RESTARTED, person.login, why)
    staff_ties.record(conn, who.municipality, person.staff_id, "restarted", makers, at)
    return records.require(conn, person.staff_id, who.municipality)


def add_shop_staff(
    conn: Connection, who: StaffActor, command: AddShopStaff, hashed: str, at: datetime
) -> Staff:
    """Carry it out. Raises ProblemError: `login-taken` (409), `unknown-shop` (404)."""
    shop_rows.require(conn, who.municipality, command.shop_id)
    return _add(conn, who, command.login, command.display_name, command.role, hashed, at, command.shop_id)


def renew_shop_staff(
    context: CityContext,
    conn: Connection,
    who: StaffActor,
    command: RenewShopStaff,
    hashed: str,
    why: str,
    at: datetime,
) -> Staff:
    """Carry it out. Raises ProblemError: `unknown-staff` (404), `staff-active`, `staff-closed` (409)."""
    person = records.require(conn, command.staff_id, who.municipality, lock=True)
    if person.active == command.restart:
        raise wrong_activity(person)
    _new_first_password(conn, who, person, hashed, at)
    if command.restart:
        records.transition(conn, person, StaffState.ACTIVE)
    lift_locks(conn, context, person)
    write_audit(
        conn,
        who,
        at,
        AuditAction.STAFF_RESTARTED if command.restart else AuditAction.ACCESS_RESET,
        person.login,
        why,
    )
    return records.require(conn, person.staff_id, who.municipality)


def lift_locks(conn: Connection, context: CityContext, person: Staff) -> None:
    """A first password was made: whatever was missed before, wherever from, keeps the person out no longer."""
    for what, whom in (("password", person.login), ("code", person.staff_id)):
        lockout.reset_everywhere(conn, context.vault.stable_hash(whom, purpose=f"staff-{what}"))


def staff_ground(
    conn: Connection, code: str, command: RaiseRole | ResetStaff | RestartStaff | RenewShopStaff
) -> Ground:
    """What the author saw of the person: the role, and whether it is let in."""
    person = records.require(conn, command.staff_id, code)
    return {"role": person.role.value, "active": "yes" if person.active else "no"}


def _add(
    conn: Connection,
    who: StaffActor,
    login: str,
    display_name: str,
    role: Role,
    hashed: str,
    at: datetime,
    shop_id: str | None = None,
) -> Staff:
    person = records.add(
        conn,
        staff_id=uuid.uuid4().hex,
        municipality=who.municipality,
        login=login,
        display_name=display_name,
        role=role,
        password_hash=hashed,
        at=at,
        shop_id=shop_id,
    )
    first_passwords.start(conn, person.staff_id, at)
    facts: dict[str, str | int] = {"role": role.value, "shop": shop_id or ""}
    write_audit(conn, who, at, AuditAction.STAFF_ADDED, person.login, facts=facts)
    return person


def _new_first_password(conn: Connection, who: StaffActor, person: Staff, hashed: str, at: datetime) -> None:
    factor.forget_all(conn, person.staff_id)
    records.write(conn, person.staff_id, password_hash=hashed, password_is_first=True)
    first_passwords.start(conn, person.staff_id, at)
    till_rows.end_all(conn, who, till_rows.of_person(person.staff_id), TillEnd.PASSWORD_RESET, at)
    records.end_sessions(conn, person.staff_id)


def wrong_activity(person: Staff) -> ProblemError:
    if person.active:
        return ProblemError("staff-active", "This person is let in already.")
    return ProblemError("staff-closed", "This person was stopped; start them again instead.")


def role_unfit() -> ProblemError:
    return ProblemError(
        "role-unfit",
        "Choose a role of the city for its staff, a shop's for a shop's people; the platform's keep theirs.",
    )


def keep_an_administrator(conn: Connection, person: Staff) -> None:
    if person.role is not Role.ADMINISTRATOR:
        return
    others = [
        staff
        for staff in records.list_by_city(conn, person.municipality)
        if staff.role is Role.ADMINISTRATOR and staff.active and staff.staff_id != person.staff_id
    ]
    if not others:
        raise ProblemError(
            "last-administrator", "A city keeps at least one administrator; add another first."
        )
