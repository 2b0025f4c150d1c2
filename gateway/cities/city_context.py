"""What every use case of the municipal cloud works with, and how staff deeds get their line in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from core_ledger import Store
from gateway.cities.platform_deeds.exchange_services import ExchangeServices
from gateway.errors import ProblemError
from gateway.members.passwords import PasswordHasher
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.encryption import Vault
from gateway.platform.tasks import Tasks
from gateway.plugin_interfaces import Clock
from httpkit.clock import day_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CityContext:
    """`site` is the address at which staff and shops open their pages: passkeys are bound to it."""

    store: Store
    vault: Vault
    clock: Clock
    tasks: Tasks
    hasher: PasswordHasher
    site: str
    exchanges: ExchangeServices | None = None

    @property
    def today(self) -> date:
        """The day in Japan."""
        return day_of(self.clock())

    @property
    def exchange_services(self) -> ExchangeServices:
        """What the platform's deeds act through."""
        assert self.exchanges is not None, "this municipal cloud was opened without exchanges"
        return self.exchanges


class StaffActor(Protocol):
    """Whose deed a line of the audit log is: a session, or the author of a proposal that others decided."""

    @property
    def municipality(self) -> str: ...
    @property
    def staff_id(self) -> str: ...
    @property
    def display_name(self) -> str: ...


def write_audit(
    conn: Connection,
    who: StaffActor,
    at: datetime,
    action: AuditAction,
    subject: str = "",
    reason: str = "",
    facts: Mapping[str, str | int] | None = None,
) -> None:
    """Write a line of the city's audit log as a part of the deed's own transaction."""
    audit_log.write(
        conn,
        who.municipality,
        at=at,
        actor=who.staff_id,
        actor_name=who.display_name,
        action=action,
        subject=subject,
        reason=reason,
        facts=facts,
    )


def require_reason(reason: str) -> str:
    """Give the reason without its margins. Raises ProblemError `reason-missing` (422) for none."""
    plain = reason.strip()
    if not plain:
        raise ProblemError("reason-missing", "Say in one sentence why it was decided so.")
    return plain
