"""Who decided what with a command, and why: lines of the platform's audit log, written in the deed's own transaction.

What is in force now stands with what was decided about (`gateway.partners.availability`, the keys); here is what was decided
ever, also what was taken back. Secrets and private keys are in no line, nor addresses, which may hold some.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.partners.availability import Window
from gateway.platform import audit_log
from gateway.platform.audit_log import AuditLine
from gateway.platform.roles import PLATFORM

PAUSED: Final = "partner paused"
RESUMED: Final = "partner resumed"
PACED: Final = "partner paced"
ANNOUNCED: Final = "partner maintenance announced"
WITHDRAWN: Final = "partner maintenance withdrawn"
PUSH_KEY_MADE: Final = "push secret made"
PUSH_KEY_REVOKED: Final = "push secret revoked"
WEBHOOK_ADDED: Final = "webhook added"
WEBHOOK_REVOKED: Final = "webhook revoked"
KEY_MADE: Final = "client key made"
KEY_REVOKED: Final = "client key revoked"

ABOUT_PARTNERS: Final = (
    PAUSED, RESUMED, PACED, ANNOUNCED, WITHDRAWN, PUSH_KEY_MADE, PUSH_KEY_REVOKED,
)  # fmt: skip
ABOUT_WEBHOOKS: Final = (PUSH_KEY_MADE, PUSH_KEY_REVOKED, WEBHOOK_ADDED, WEBHOOK_REVOKED)
ABOUT_KEYS: Final = (KEY_MADE, KEY_REVOKED)

_log = structlog.get_logger()


def write(
    conn: Connection,
    deed: str,
    subject: str,
    *,
    operator: str,
    at: datetime,
    reason: str = "",
    facts: Mapping[str, str | int] | None = None,
) -> AuditLine:
    """Add a deed to the log, as a part of the caller's transaction."""
    return audit_log.write(
        conn, PLATFORM, at=at, actor="operator", actor_name=operator, action=deed, subject=subject, reason=reason,
        facts=facts,
    )  # fmt: skip


def log_audit(line: AuditLine, kind: str) -> None:
    """Say in the program's own log what has been decided; `kind` is what the subject is: `partner`, `client`, `party`."""
    values = {kind: line.subject, "operator": line.actor_name, "reason": line.reason, **line.facts}
    _log.info(line.action, **values)


def listed(
    conn: Connection, deeds: tuple[str, ...], kind: str, subject: str | None, *, limit: int
) -> list[dict[str, str | int]]:
    """What was decided about one subject, or about all, newest first."""
    return [
        {
            "at": line.at.isoformat(),
            kind: line.subject,
            "deed": line.action,
            "operator": line.actor_name,
            "reason": line.reason,
            **line.facts,
        }
        for line in audit_log.page(conn, PLATFORM, actions=deeds, subject=subject, limit=limit)
    ]


def facts_of(window: Window) -> Mapping[str, str]:
    return {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat()}


def announced_by(conn: Connection, window: Window) -> str:
    """Who announced this window last; empty for one that is older than the log of deeds."""
    lines = audit_log.page(conn, PLATFORM, actions=(ANNOUNCED,), subject=window.partner_id, limit=1_000)
    starts_at = window.starts_at.isoformat()
    return next((line.actor_name for line in lines if line.facts["starts_at"] == starts_at), "")
