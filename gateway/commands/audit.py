"""Who decided what with a command, and why: lines of the platform's audit log, written in the deed's own transaction.

What is in force now stands with what was decided about (`gateway.partners.availability`, the keys); here is what was decided
ever, also what was taken back. Secrets and private keys are in no line, nor addresses, which may hold some.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.partners.availability import Window
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import AuditLine
from gateway.platform.roles import PLATFORM
from gateway.platform.security_log import SecurityEvent, log_security

ABOUT_PARTNERS: Final = (
    AuditAction.PARTNER_PAUSED,
    AuditAction.PARTNER_RESUMED,
    AuditAction.PARTNER_PACED,
    AuditAction.PARTNER_MAINTENANCE_ANNOUNCED,
    AuditAction.PARTNER_MAINTENANCE_WITHDRAWN,
    AuditAction.PUSH_SECRET_MADE,
    AuditAction.PUSH_SECRET_REVOKED,
)
ABOUT_WEBHOOKS: Final = (
    AuditAction.PUSH_SECRET_MADE,
    AuditAction.PUSH_SECRET_REVOKED,
    AuditAction.WEBHOOK_ADDED,
    AuditAction.WEBHOOK_REVOKED,
)
ABOUT_KEYS: Final = (AuditAction.CLIENT_KEY_MADE, AuditAction.CLIENT_KEY_REVOKED)


def write(
    conn: Connection,
    deed: AuditAction,
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
    log_security(SecurityEvent.DEED, **({"action": line.action, "audit_line": line.seq} | values))


def listed(
    conn: Connection, deeds: tuple[AuditAction, ...], kind: str, subject: str | None, *, limit: int
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


def facts_of(window: Window) -> dict[str, str | int]:
    return {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat()}


def announced_by(conn: Connection, window: Window) -> str:
    """Who announced this window last; empty for one that is older than the log of deeds."""
    lines = audit_log.page(
        conn,
        PLATFORM,
        actions=(AuditAction.PARTNER_MAINTENANCE_ANNOUNCED,),
        subject=window.partner_id,
        limit=1_000,
    )
    starts_at = window.starts_at.isoformat()
    return next((line.actor_name for line in lines if line.facts["starts_at"] == starts_at), "")
