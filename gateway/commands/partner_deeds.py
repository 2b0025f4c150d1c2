"""Who decided what about a partner, and why: lines of the platform's audit log, written in the deed's own transaction.

What is in force now stands in `gateway.partner_controls`; here is what was decided ever, windows taken back too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.municipal import audit_log
from gateway.municipal.audit_log import AuditLine
from gateway.municipal.roles import PLATFORM
from gateway.partner_controls import Window

PAUSED: Final = "partner paused"
RESUMED: Final = "partner resumed"
PACED: Final = "partner paced"
ANNOUNCED: Final = "partner maintenance announced"
WITHDRAWN: Final = "partner maintenance withdrawn"
DEEDS: Final = (PAUSED, RESUMED, PACED, ANNOUNCED, WITHDRAWN)


def write(
    conn: Connection,
    deed: str,
    partner_id: str,
    *,
    operator: str,
    at: datetime,
    reason: str = "",
    facts: Mapping[str, str | int] | None = None,
) -> None:
    """Add a deed to the log, as a part of the caller's transaction."""
    audit_log.write(
        conn, PLATFORM, at=at, actor="operator", actor_name=operator, action=deed, subject=partner_id, reason=reason,
        facts=facts,
    )  # fmt: skip


def facts_of(window: Window) -> Mapping[str, str]:
    return {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat()}


def listed(conn: Connection, partner_id: str | None = None, *, limit: int = 100) -> list[AuditLine]:
    """What was decided about one partner, or about all, newest first."""
    return audit_log.page(conn, PLATFORM, actions=DEEDS, subject=partner_id, limit=limit)


def announced_by(conn: Connection, window: Window) -> str:
    """Who announced this window last; empty for one that is older than the log of deeds."""
    lines = audit_log.page(conn, PLATFORM, actions=(ANNOUNCED,), subject=window.partner_id, limit=1_000)
    starts_at = window.starts_at.isoformat()
    return next((one.actor_name for one in lines if one.facts["starts_at"] == starts_at), "")
