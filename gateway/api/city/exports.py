"""A list that leaves as a file is a line of the audit log."""

from __future__ import annotations

from typing import Any

from gateway.api.city.staff_request import StaffRequest
from gateway.cities import looks
from gateway.platform.audit_facts import ExportedList


async def log_export(call: StaffRequest[Any, Any, Any], exported: ExportedList, subject: object) -> None:
    """Write the line: who has taken which list away."""
    services = call.services
    await looks.record_export(services.store, call.staff, services.clock(), exported, str(subject))


async def log_look(call: StaffRequest[Any, Any, Any], subject: str, member: str = "") -> None:
    """Write the line: whose grants were looked at."""
    services = call.services
    await looks.record_look(services.store, call.staff, services.clock(), subject, member)
