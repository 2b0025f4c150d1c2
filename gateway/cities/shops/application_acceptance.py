"""Accepting a shop's application: proposed by a clerk, decided by somebody else, carried out in one transaction.

The shop comes on the register under the id that was proposed, is paid to the account that was applied with, and has its first
log-in, whose password is shown to whoever decides. Where the applicant has mended anything since, nothing of it happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals.propose import Facts, Ground
from gateway.cities.shops import application_rows, shops
from gateway.cities.shops.application_entry import ApplicationEntry
from gateway.cities.shops.application_rows import Application, ApplicationState
from gateway.cities.shops.bank_accounts import BankAccount
from gateway.cities.shops.shops import ChangeShopAccount
from gateway.cities.staff import staff_keeping
from gateway.cities.staff.staff_keeping import AddShopStaff
from gateway.cities.staff.staff_rows import Staff
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptApplication:
    """The command that waits for a second person: all that the shop will be."""

    number: str
    shop_id: str
    login: str
    entry: ApplicationEntry
    account: BankAccount | None


def acceptance_facts(command: AcceptApplication, terms_version: int) -> Facts:
    """What people read of it."""
    entry = command.entry
    facts: dict[str, str | int] = {
        "application": command.number, "shop_id": command.shop_id, "name": entry.name, "name_kana": entry.name_kana,
        "category": entry.category, "address": entry.address, "phone": entry.phone, "login": command.login,
        "display_name": entry.contact, "terms_version": terms_version,
    }  # fmt: skip
    return facts | (shops.account_facts(command.account) if command.account else {})


def acceptance_ground(
    context: CityContext, conn: Connection, code: str, command: AcceptApplication
) -> Ground:
    """The application as the author saw it."""
    return {"application": application_rows.get(conn, context.vault, code, command.number).version}


def accept_application(
    context: CityContext,
    conn: Connection,
    who: StaffActor,
    command: AcceptApplication,
    hashed: str,
    reason: str,
    at: datetime,
) -> Staff:
    """Carry it out. Raises ProblemError: `application-state`, `shop-exists`, `login-taken` (409)."""
    code = who.municipality
    application = application_rows.get(conn, context.vault, code, command.number, lock=True)
    require_state(application, ApplicationState.SUBMITTED)
    shops.register_shop(conn, who, command.shop_id, command.entry.shop_entry, at)
    if command.account is not None:
        account = ChangeShopAccount(shop_id=command.shop_id, account=command.account)
        shops.change_shop_account(context, conn, who, account, at)
    log_in = AddShopStaff(login=command.login, display_name=command.entry.contact, shop_id=command.shop_id)
    person = staff_keeping.add_shop_staff(conn, who, log_in, hashed, at)
    application_rows.transition(
        conn, application, ApplicationState.ACCEPTED, at=at, shop_id=command.shop_id, account_sealed=None
    )
    facts: dict[str, str | int] = {
        "shop_id": command.shop_id, "name": command.entry.name, "login": command.login,
        "terms_version": application.terms_version,
    }  # fmt: skip
    write_audit(conn, who, at, AuditAction.SHOP_APPLICATION_ACCEPTED, command.number, reason, facts)
    return person


def require_state(application: Application, *states: ApplicationState) -> None:
    """Raise ProblemError `application-state` (409), naming the state, unless it is one of these."""
    if application.state not in states:
        raise ProblemError(
            "application-state",
            f"The application is {application.state.value.replace('_', ' ')}.",
            state=application.state.value,
        )
