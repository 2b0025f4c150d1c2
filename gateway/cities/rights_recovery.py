"""What a restore would give back to whom it was taken from: a stopped card, a lost phone's way in, a replaced password, a
role, a partner's pause, refunds at a shop's tills; and what it would open that was closed: a person's access, a shop, a
project, a point service.

Each is a line of the audit log that the journal has and the database has not. It is done again before the gateway serves, and
only that: a new card, first password or role is given by people. What people have decided since the restore stays, however
often the same lines are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from core_ledger import chart
from gateway.cities import tables
from gateway.cities.grants import grant_projects
from gateway.cities.shops import application_rows, company_rows, shop_rows, till_pins, till_rows
from gateway.cities.spending import pay_card_rows
from gateway.cities.staff import second_factor, staff_rows
from gateway.cities.staff.staff_rows import Staff
from gateway.members import member_rows, mykey_ids
from gateway.partners import availability
from gateway.platform import tables as platform_tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_facts import TillEnd
from gateway.platform.roles import ALLOWED, Role
from gateway.platform.states import StaffState
from gateway.points import directory

Line = Mapping[str, Any]

NO_PASSWORD: Final = "-"  # noqa: S105  no hash: nothing that anybody types fits it
_ROLES: Final = frozenset(role.value for role in Role)

REOPENED_BY: Final[Mapping[str, AuditAction]] = {
    AuditAction.STAFF_CLOSED: AuditAction.STAFF_RESTARTED,
    AuditAction.SHOP_CLOSED: AuditAction.SHOP_REOPENED,
    AuditAction.PROJECT_CLOSED: AuditAction.PROJECT_REOPENED,
    AuditAction.POINT_SERVICE_CLOSED: AuditAction.POINT_SERVICE_REOPENED,
}
"""What is closed, and by what it is opened again: of one person, shop, project or service the newest of both counts."""


def opened_or_closed(line: Line) -> tuple[str, str, str] | None:
    """What a deed has closed or opened again: the closing's word, the city and the subject; None for any other line."""
    for closing, reopening in REOPENED_BY.items():
        if line.get("action") in (closing, reopening):
            return closing, str(line["municipality"]), str(line["subject"])
    return None


def takes_away(line: Line) -> bool:
    """Whether the deed took a right away that a database from before it still gives."""
    match line["action"]:
        case AuditAction.ROLE_CHANGED:
            return _is_lowered(str(line["facts"].get("from", "")), str(line["facts"].get("to", "")))
        case AuditAction.PAY_CARD_ISSUED:
            return "card_before" in line["facts"]
        case AuditAction.TILL_REFUNDS_CHANGED:
            return str(line["facts"].get("till_refunds")) == "no"
    return line["action"] in _AGAIN


def take_away_again(conn: Connection, line: Line, at: datetime) -> int:
    """Do it again, in the caller's transaction; how many rights that took away, 0 where they are gone or were given anew."""
    return _AGAIN[line["action"]](conn, line, at) if takes_away(line) else 0


# --- cards -----------------------------------------------------------------------------------------------------------


def _stop_card(conn: Connection, line: Line, at: datetime) -> int:
    known = mykey_ids.read(str(line["subject"])) or ""
    member = member_rows.find_by_mykey_id(conn, known)
    member_id = member.member_id if member else mykey_ids.retired_from(conn, known)
    if member_id is None:
        return 0
    book, code = chart.member_book(member_id), str(line["municipality"])
    if pay_card_rows.find_holder(conn, book, code) is None:
        return 0
    holder = pay_card_rows.lock_holder(conn, book, code)
    card = pay_card_rows.find_card(conn, holder.card_hash) if holder.card_hash else None
    stopped = line["facts"].get("card_before", line["facts"].get("card"))
    if card is None or card.last_digits != str(stopped) or card.issued_at > _done_at(line):
        return 0
    pay_card_rows.record_stop(conn, card.card_hash, str(line["actor"]), at)
    pay_card_rows.update_holder(conn, holder, card_hash=None)
    return 1


def _void_card_pin(conn: Connection, line: Line, _: datetime) -> int:
    """The PIN from before a new one was set fits no more; the desk sets another."""
    known = mykey_ids.read(str(line["subject"])) or ""
    member = member_rows.find_by_mykey_id(conn, known)
    if member is None or _decided_since(conn, line, AuditAction.PAY_CARD_PIN_SET):
        return 0
    book, code = chart.member_book(member.member_id), str(line["municipality"])
    if pay_card_rows.find_holder(conn, book, code) is None:
        return 0
    holder = pay_card_rows.lock_holder(conn, book, code)
    if holder.pin_hash is None:
        return 0
    pay_card_rows.update_holder(conn, holder, pin_hash=None, pin_misses=0)
    return 1


# --- ways in, and roles ----------------------------------------------------------------------------------------------


def _void_access(conn: Connection, line: Line, at: datetime) -> int:
    person = _person(conn, line)
    if person is None or _decided_since(conn, line, AuditAction.ACCESS_RESET, AuditAction.STAFF_RESTARTED):
        return 0
    return _void(conn, person, at)


def _void_password(conn: Connection, line: Line, at: datetime) -> int:
    """What was replaced opens nothing again: neither the password from before nor the first one, which others have seen.

    Devices stay: they prove nothing without a password.
    """
    person = _person(conn, line)
    if person is None or _decided_since(
        conn, line, AuditAction.PASSWORD_CHANGED, AuditAction.ACCESS_RESET, AuditAction.STAFF_RESTARTED
    ):
        return 0
    return _void(conn, person, at, devices=False)


def _void(conn: Connection, person: Staff, at: datetime, *, devices: bool = True) -> int:
    """The old password opens nothing, nor (`devices`) does an old device; a first password is made by whoever may."""
    hashes = select(tables.staff.c.password_hash).where(tables.staff.c.staff_id == person.staff_id)
    had_devices = devices and second_factor.has_any(conn, person)
    if conn.scalar(hashes) == NO_PASSWORD and not had_devices:
        return 0
    if devices:
        second_factor.forget_all(conn, person.staff_id)
    second_factor.end_pending_sign_ins(conn, person.staff_id)
    staff_rows.write(conn, person.staff_id, password_hash=NO_PASSWORD)
    end_tills(conn, person.staff_id, at)
    staff_rows.end_sessions(conn, person.staff_id)
    return 1


def _stop_person(conn: Connection, line: Line, at: datetime) -> int:
    person = _person(conn, line)
    if (
        person is None
        or person.state is not StaffState.ACTIVE
        or _decided_since(conn, line, AuditAction.STAFF_RESTARTED)
    ):
        return 0
    staff_rows.write(conn, person.staff_id, state=StaffState.CLOSED)
    second_factor.end_pending_sign_ins(conn, person.staff_id)
    end_tills(conn, person.staff_id, at)
    staff_rows.end_sessions(conn, person.staff_id)
    return 1


def end_tills(conn: Connection, staff_id: str, at: datetime) -> int:
    """All bound tills of a person; how many there were."""
    query = select(tables.tills.c.till_id).where(till_rows.of_person(staff_id))
    return sum(till_rows.forget(conn, till_id, TillEnd.RESTORED, at) for till_id in conn.scalars(query).all())


def _end_till(conn: Connection, line: Line, at: datetime) -> int:
    return till_rows.forget(conn, str(line["facts"]["till"]), TillEnd.RESTORED, at)


def _void_pin(conn: Connection, line: Line, _: datetime) -> int:
    """A PIN that was replaced or removed is no PIN again; the shop sets a new one."""
    return till_pins.remove(conn, str(line["municipality"]), str(line["subject"]), set_until=_done_at(line))


def _forbid_till_refunds(conn: Connection, line: Line, _: datetime) -> int:
    """What the shop's owner lets its tills do again since, they do."""
    if _decided_since(conn, line, AuditAction.TILL_REFUNDS_CHANGED):
        return 0
    return shop_rows.forbid_till_refunds(conn, str(line["municipality"]), str(line["subject"]))


def _end_company_reading(conn: Connection, line: Line, _: datetime) -> int:
    """Whose log-ins read a company's books, or work at all of its shops, was decided anew: nobody's do until the city says so again."""
    if _decided_since(conn, line, AuditAction.COMPANY_CHANGED):
        return 0
    return company_rows.remove_people(conn, str(line["municipality"]), str(line["subject"]))


def _remove_passkey(conn: Connection, line: Line, at: datetime) -> int:
    person = _person(conn, line)
    if person is None:
        return 0
    removed = [
        key
        for key in second_factor.passkeys_of(conn, person.staff_id)
        if key.name == line["facts"].get("name") and key.created_at <= _done_at(line)
    ]
    for key in removed:
        second_factor.forget_passkey(conn, person.staff_id, key.credential_id)
    return _without_factor(conn, line, at) if removed else 0


def _remove_app(conn: Connection, line: Line, at: datetime) -> int:
    person = _person(conn, line)
    if person is None or not person.has_totp:
        return 0
    if _decided_since(conn, line, AuditAction.AUTHENTICATOR_APP_SET_UP):
        return 0
    second_factor.forget_totp(conn, person.staff_id)
    return _without_factor(conn, line, at)


def _without_factor(conn: Connection, line: Line, at: datetime) -> int:
    """With the password alone a stranger could set up a device: who is left without one is let in by a reset."""
    person = _person(conn, line)
    assert person is not None
    staff_rows.end_sessions(conn, person.staff_id)
    if not second_factor.has_any(conn, person):
        _void(conn, person, at)
    return 1


def _lower_role(conn: Connection, line: Line, _: datetime) -> int:
    person, role = _person(conn, line), str(line["facts"]["to"])
    if (
        person is None
        or not _is_lowered(person.role, role)
        or _decided_since(conn, line, AuditAction.ROLE_CHANGED)
    ):
        return 0
    staff_rows.write(conn, person.staff_id, role=role)
    staff_rows.end_sessions(conn, person.staff_id)
    return 1


def _is_lowered(before: str, after: str) -> bool:
    return {before, after} <= _ROLES and ALLOWED[Role(after)] < ALLOWED[Role(before)]


def _person(conn: Connection, line: Line) -> Staff | None:
    staff = tables.staff.c
    staff_id = conn.scalar(
        select(staff.staff_id).where(
            staff.municipality == line["municipality"], staff.login == line["subject"]
        )
    )
    return (
        None if staff_id is None else staff_rows.require(conn, staff_id, str(line["municipality"]), lock=True)
    )


# --- partners --------------------------------------------------------------------------------------------------------


def _pause(conn: Connection, line: Line, at: datetime) -> int:
    partner_id = str(line["subject"])
    standing = availability.standings(conn, at).get(partner_id)
    if (standing is not None and standing.paused) or _decided_since(conn, line, AuditAction.PARTNER_RESUMED):
        return 0
    availability.pause(conn, partner_id, reason=str(line["reason"]), operator=str(line["actor_name"]), at=at)
    return 1


# --- shops, projects and point services that are closed ---------------------------------------------------------------


def _close_shop(conn: Connection, line: Line, at: datetime) -> int:
    """It takes no points; what it is owed is still paid."""
    code, shop_id = str(line["municipality"]), str(line["subject"])
    if _decided_since(conn, line, AuditAction.SHOP_REOPENED) or not shop_rows.close_again(
        conn, code, shop_id, _done_at(line)
    ):
        return 0
    query = select(tables.tills.c.till_id).where(
        tables.tills.c.municipality == code, till_rows.of_shop(shop_id)
    )
    for till_id in conn.scalars(query).all():
        till_rows.forget(conn, till_id, TillEnd.RESTORED, at)
    return 1


def _close_project(conn: Connection, line: Line, _: datetime) -> int:
    if _decided_since(conn, line, AuditAction.PROJECT_REOPENED):
        return 0
    return grant_projects.close_again(conn, str(line["municipality"]), str(line["subject"]))


def _close_service(conn: Connection, line: Line, _: datetime) -> int:
    if _decided_since(conn, line, AuditAction.POINT_SERVICE_REOPENED):
        return 0
    return directory.close_again(conn, str(line["municipality"]), str(line["subject"]), _done_at(line))


# --- shops that apply ------------------------------------------------------------------------------------------------


def _withdraw_application(conn: Connection, line: Line, at: datetime) -> int:
    """What its applicant took back is examined no more."""
    return application_rows.withdraw_again(conn, str(line["municipality"]), str(line["subject"]), at)


def _decided_since(conn: Connection, line: Line, *actions: AuditAction) -> bool:
    """Whether people have decided about it since, in this database."""
    lines = platform_tables.audit_lines.c
    query = select(lines.seq).where(
        lines.municipality == line["municipality"], lines.subject == line["subject"],
        lines.action.in_([action.value for action in actions]), lines.at > _done_at(line),
    )  # fmt: skip
    return conn.execute(query.limit(1)).first() is not None


def _done_at(line: Line) -> datetime:
    return datetime.fromisoformat(str(line["done_at"]))


_AGAIN: Final[Mapping[str, Callable[[Connection, Line, datetime], int]]] = {
    AuditAction.PAY_CARD_STOPPED: _stop_card,
    AuditAction.PAY_CARD_ISSUED: _stop_card,
    AuditAction.PAY_CARD_PIN_SET: _void_card_pin,
    AuditAction.ACCESS_RESET: _void_access,
    AuditAction.PASSWORD_CHANGED: _void_password,
    AuditAction.STAFF_CLOSED: _stop_person,
    AuditAction.SHOP_CLOSED: _close_shop,
    AuditAction.PROJECT_CLOSED: _close_project,
    AuditAction.POINT_SERVICE_CLOSED: _close_service,
    AuditAction.PASSKEY_REMOVED: _remove_passkey,
    AuditAction.AUTHENTICATOR_APP_REMOVED: _remove_app,
    AuditAction.ROLE_CHANGED: _lower_role,
    AuditAction.PARTNER_PAUSED: _pause,
    AuditAction.SHOP_APPLICATION_WITHDRAWN: _withdraw_application,
    AuditAction.TILL_ENDED: _end_till,
    AuditAction.TILL_PIN_SET: _void_pin,
    AuditAction.TILL_PIN_REMOVED: _void_pin,
    AuditAction.TILL_REFUNDS_CHANGED: _forbid_till_refunds,
    AuditAction.COMPANY_CHANGED: _end_company_reading,
}
