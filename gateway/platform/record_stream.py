"""The second stream of the journal: what else a restore forgets and no partner can tell.

Moves of points that are no exchange's (payments, refunds, grants, allocations), the lines of the audit log, members
who revoked their MyKey ID or were erased, and proofs by which a member signs in no more. Written after the commit, before its callers are answered, one fsync for all of a commit. Where
the journal cannot be written they are answered all the same: the database has it, and a full disk of the journal closes no
shop. What is not in the journal yet waits, and goes first when it can be written again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from core_ledger import Record
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import AuditLine
from gateway.platform.journal import Journal, JournalFailed

MOVE: Final = "move"
DEED: Final = "deed"
MEMBER_REVOKED: Final = "member revoked"
MEMBER_ERASED: Final = "member erased"
PROOF_ENDED: Final = "proof ended"
KINDS: Final = frozenset({MOVE, DEED, MEMBER_REVOKED, MEMBER_ERASED, PROOF_ENDED})

MOVES_KEPT: Final = frozenset(
    {"spend", "refund", "grant", "allocate", "auto_allocate", "contribute", "merge", "carry_in"}
)
"""Moves by their kind. An exchange's come back from its order, expiry by the rules, settlements by their closing."""

DEEDS_NOT_KEPT: Final = frozenset(
    {
        AuditAction.SIGNED_IN,
        AuditAction.SIGN_IN_FAILED,
        AuditAction.SHOP_CHOSEN,
        AuditAction.MEMBER_LOOKED_UP,
        AuditAction.MEMBER_RECORD_EXPORTED,
        AuditAction.GRANTS_LOOKED_AT,
        AuditAction.MEMBER_SEARCHED_FOR,
        AuditAction.HISTORY_LOOKED_AT,
        AuditAction.SIGN_IN_UNLOCKED,
        AuditAction.MEMBER_ACCESS_RESTORED,
        AuditAction.LIST_EXPORTED,
        AuditAction.CITY_EXPORTED,
        AuditAction.GRANTED,
        AuditAction.REFUNDED,
        AuditAction.GRANT_FILE_CHECKED,
        AuditAction.CARRY_IN_CHECKED,
        AuditAction.CARRY_IN_JOINED,
        AuditAction.CARRY_IN_CODE_STOPPED,
        AuditAction.CARRY_IN_CODE_OPENED,
        AuditAction.CARRY_IN_CODE_REFUSED,
        AuditAction.TRANSFER_FILE_DOWNLOADED,
        AuditAction.TRANSFER_FILE_DOWNLOADED_AGAIN,
        AuditAction.EVENT_SETTLED,
        AuditAction.DATABASE_RESTORED,
        AuditAction.DATABASE_COMPLETED,
        AuditAction.EXCHANGE_RECOVERED,
        AuditAction.EXCHANGE_LEFT,
        AuditAction.REVERSAL_RECOVERED,
        AuditAction.RECORD_RECOVERED,
        AuditAction.CHAINS_SIGNED,
        AuditAction.MEMBERS_MERGED,
        AuditAction.MEMBER_ERASED,
    }
)
"""Lines that nobody has to do again: their moves are kept themselves, or they change nothing, or a restore wrote them."""

APPEND_TIMEOUT_S: Final = 2.0
RETRY_INTERVAL_S: Final = 10.0
MAX_WAITING: Final = 100_000
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MemberRevoked:
    """A note that a member's MyKey ID was revoked; `into` is whom the same person is from then on, where it was merged."""

    member_id: str
    into: str = ""


@dataclass(frozen=True, slots=True)
class MemberErased:
    """A note that what was kept of a member was erased."""

    member_id: str


@dataclass(frozen=True, slots=True)
class ProofEnded:
    """A note that a member signs in by this proof no more: it was removed, or another one has taken its place.

    `proof_id` names the row and is no secret; "" for a password that nobody had come in by yet. `way` is the proof's kind.
    """

    member_id: str
    proof_id: str
    way: str


class RecordStream:
    """What a store calls after each commit (`Store.on_commit`). Never raises."""

    def __init__(self, journal: Journal) -> None:
        self._journal: Final = journal
        self._lock: Final = threading.Lock()
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._try_at = 0.0

    def __call__(self, notes: Sequence[Any]) -> None:
        """Keep what was noted."""
        lines = [line for line in map(_line_of, notes) if line is not None]
        if not lines:
            return
        with self._lock:
            is_failing = bool(self._waiting)
            if is_failing:
                self._wait(lines)
                if time.monotonic() < self._try_at:
                    return
                lines, self._waiting = self._waiting, []
        try:
            self._journal.append_now(lines, within_s=APPEND_TIMEOUT_S)
        except JournalFailed as fault:
            with self._lock:
                self._wait(lines)
                self._try_at = time.monotonic() + RETRY_INTERVAL_S
            _log.error(
                "records not in the journal",
                waiting=len(self._waiting),
                text=str(fault),
                remedy="the database has them; see to the journal's disk before anything happens to the database",
            )
        else:
            if is_failing:
                _log.info("records are in the journal again", lines=len(lines))

    def flush(self) -> None:
        """Try once more what waits, at the end of the process."""
        with self._lock:
            lines, self._waiting = self._waiting, []
        if lines:
            try:
                self._journal.append_now(lines, within_s=APPEND_TIMEOUT_S)
            except JournalFailed as fault:
                _log.error("records not in the journal", waiting=len(lines), text=str(fault))

    def _wait(self, lines: Sequence[tuple[str, dict[str, Any]]]) -> None:
        self._waiting.extend(lines)
        del self._waiting[:-MAX_WAITING]


def _line_of(note: Any) -> tuple[str, dict[str, Any]] | None:
    if isinstance(note, Record):
        return (MOVE, _move_line(note)) if note.kind in MOVES_KEPT and note.action == "transfer" else None
    if isinstance(note, AuditLine):
        return (DEED, _deed_line(note)) if note.action not in DEEDS_NOT_KEPT else None
    if isinstance(note, MemberRevoked):
        return MEMBER_REVOKED, {"member": note.member_id} | ({"into": note.into} if note.into else {})
    if isinstance(note, MemberErased):
        return MEMBER_ERASED, {"member": note.member_id}
    if isinstance(note, ProofEnded):
        return PROOF_ENDED, {"member": note.member_id, "proof": note.proof_id, "way": note.way}
    return None


def _move_line(move: Record) -> dict[str, Any]:
    """A move as it was written, but for its place in the chain, which is another one when it comes back."""
    return {
        "book": move.book_id,
        "id": move.id,
        "source": move.source,
        "target": move.target,
        "points": move.points,
        "moved_at_us": move.at,
        "move": move.kind,
        "reference": move.reference,
        "details": move.details,
        "lots": move.lots,
    }


def _deed_line(line: AuditLine) -> dict[str, Any]:
    return {
        "municipality": line.municipality,
        "seq": line.seq,
        "done_at": line.at.isoformat(),
        "actor": line.actor,
        "actor_name": line.actor_name,
        "action": line.action,
        "subject": line.subject,
        "reason": line.reason,
        "facts": dict(line.facts),
        "hash": line.hash,
    }
