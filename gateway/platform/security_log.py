"""Security events: lines of the log that begin with `security.`, for whoever watches accounts, keys and attempts.

Each is one of `SecurityEvent`, described in docs/logs.md. People stand in them as keyed hashes, staff by their id as in
the audit log; passwords, tokens and MyKey IDs in none. They are never left out, however many are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import structlog

from gateway.platform.audit_log import AuditLine
from gateway.platform.encryption import Vault

HASH_LENGTH: Final = 16
_log = structlog.get_logger("gateway.security")


class SecurityEvent(StrEnum):
    SIGNED_IN = "security.signed_in"
    SIGN_IN_FAILED = "security.sign_in_failed"
    SIGN_IN_LOCKED = "security.sign_in_locked"
    ACCOUNT_CHANGED = "security.account_changed"
    DEED = "security.deed"
    MANY_REFUSED = "security.many_refused"
    TILL_COPIED = "security.till_copied"


_WARNINGS: Final = frozenset(
    {
        SecurityEvent.SIGN_IN_FAILED,
        SecurityEvent.SIGN_IN_LOCKED,
        SecurityEvent.MANY_REFUSED,
        SecurityEvent.TILL_COPIED,
    }
)


def log_security(event: SecurityEvent, **facts: Any) -> None:
    """Write the event, as a warning where somebody was refused."""
    (_log.warning if event in _WARNINGS else _log.info)(event.value, **facts)


def log_deeds(notes: Sequence[Any]) -> None:
    """Write what a transaction has added to the audit log, once it is committed; other notes are not looked at.

    What it was done to is left out, as it may be a member: the line's number finds it in the audit log.
    """
    for note in notes:
        if isinstance(note, AuditLine):
            log_security(
                SecurityEvent.DEED,
                action=note.action,
                staff=note.actor,
                municipality=note.municipality,
                audit_line=note.seq,
            )


def account_name(vault: Vault, member_id: str) -> str:
    """How a member stands in the log: the same in every line, and nobody's without the key."""
    return vault.keyed_hash(member_id, purpose="log-account")[:HASH_LENGTH]


def login_name(vault: Vault, login: str) -> str:
    """How what was typed as a MyKey ID or login stands in the log, be it anybody's or nobody's."""
    return vault.keyed_hash(login, purpose="log-login")[:HASH_LENGTH]
