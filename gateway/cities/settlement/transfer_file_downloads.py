"""Who has saved a transfer file before, as the audit log says it: sent twice, a file may be paid twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import StaffActor, write_audit
from gateway.errors import ProblemError
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction

_ACTIONS: Final = (
    AuditAction.TRANSFER_FILE_DOWNLOADED.value,
    AuditAction.TRANSFER_FILE_DOWNLOADED_AGAIN.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One saving of the file of that `number`. `name` is the person's as it was then."""

    number: int
    staff_id: str
    name: str
    at: datetime


def list_downloads(conn: Connection, code: str, starts_on: date) -> list[Download]:
    """All savings of a cycle's files, oldest first."""
    lines = audit_log.page(conn, code, actions=_ACTIONS, subject=starts_on.isoformat(), limit=None)
    return [
        Download(number=int(line.facts["times"]), staff_id=line.actor, name=line.actor_name, at=line.at)
        for line in reversed(lines)
    ]


def require_seen(earlier: Sequence[Download], seen: int | None) -> None:
    """Raise ProblemError `file-downloaded-before` (409) where a file was saved more often than the caller has seen.

    None is a caller that asks for no warning.
    """
    if seen is None or len(earlier) <= seen:
        return
    last = earlier[-1]
    raise ProblemError(
        "file-downloaded-before",
        f"{last.name} downloaded this file at {last.at:%Y-%m-%d %H:%M}, {len(earlier)} downloads in all.",
        downloaded_by=last.name,
        downloaded_at=last.at.isoformat(),
        downloads=len(earlier),
    )


def record(
    conn: Connection, who: StaffActor, starts_on: date, number: int, earlier: Sequence[Download], at: datetime
) -> None:
    """Write this download's line; a repeated one is a deed of its own, which counts. The caller locks the cycle."""
    facts: dict[str, str | int] = {"times": number, "downloads": len(earlier) + 1}
    action = AuditAction.TRANSFER_FILE_DOWNLOADED_AGAIN if earlier else AuditAction.TRANSFER_FILE_DOWNLOADED
    write_audit(conn, who, at, action, starts_on.isoformat(), facts=facts)
