"""Looking leaves a trace (閲覧の記録): who of a city's staff has looked up a member, opened a list, or taken one away.

A look is a line of the city's audit log like a deed, written before anything is shown. A look that finds nobody is a line
too: who tries IDs one after the other is seen.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from core_ledger import Store
from gateway.cities.city_context import StaffActor, write_audit
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_facts import ExportedList


async def record_export(
    store: Store, who: StaffActor, at: datetime, exported: ExportedList, subject: str
) -> None:
    """A list that leaves as a file: `subject` is the project, cycle, file or day that it is of."""
    facts: dict[str, str | int] = {"list": exported.value}

    def job(conn: Connection) -> None:
        write_audit(conn, who, at, AuditAction.LIST_EXPORTED, subject, facts=facts)

    await store.run(job)


async def record_look(store: Store, who: StaffActor, at: datetime, subject: str, member: str = "") -> None:
    """The lines of a grant file or of a project are opened; `member` where one was looked for."""
    facts: dict[str, str | int] = {"member": member}

    def job(conn: Connection) -> None:
        write_audit(conn, who, at, AuditAction.GRANTS_LOOKED_AT, subject, facts=facts)

    await store.run(job)


async def record_member_look(store: Store, who: StaffActor, at: datetime, mykey_id: str) -> None:
    """A member is looked up."""

    def job(conn: Connection) -> None:
        write_audit(conn, who, at, AuditAction.MEMBER_LOOKED_UP, mykey_id)

    await store.run(job)
