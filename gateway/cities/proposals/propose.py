"""Proposing: freezes a typed command with what it was seen against, for somebody else to decide.

A command is a frozen dataclass of its use case. `ground` is what the author saw of the world around it: where it has
moved when somebody decides, the proposal is refused and nothing happens.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import UnionType
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals import deciders, deeds, proposal_rows
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction

PROPOSAL_TTL: Final = timedelta(days=14)
Ground = Mapping[str, str | int | None]
Facts = Mapping[str, str | int]


def propose(
    context: CityContext,
    conn: Connection,
    who: StaffActor,
    deed: Deed,
    subject: str,
    command: Any,
    *,
    ground: Ground,
    facts: Facts,
    reason: str,
    at: datetime,
    points: int | None = None,
    concerns: str | None = None,
) -> Proposal:
    """Keep a command for others to decide. The same command of the same author is the proposal that waits already.

    `concerns` is the person of staff whose access it changes, who never decides it.
    Raises ProblemError (409): `proposal-pending` where another one for this subject waits, `nobody-to-decide`.
    """
    code, proposal_id = who.municipality, uuid.uuid4().hex
    text, ground_text = command_text(command), canonical(ground)
    waiting = proposal_rows.find_waiting(conn, code, deed, subject, lock=True)
    if waiting is not None and waiting.lapsed(at):
        expire(conn, waiting, at)
        waiting = None
    if waiting is not None:
        if waiting.proposed_by == who.staff_id and open_command(context, conn, waiting) == text:
            return waiting
        raise _pending(waiting)
    rule = deeds.rule_of(conn, code, deed)
    persons = max(1, rule.persons)
    deciders.require_deciders(conn, who, deed, persons, at, concerns)
    proposal = Proposal(
        municipality=code,
        proposal_id=proposal_id,
        deed=deed,
        subject=subject,
        state=ProposalState.WAITING,
        points=points,
        facts=facts,
        reason=reason,
        digest="",
        persons=persons,
        approvals=0,
        proposed_by=who.staff_id,
        proposed_by_name=who.display_name,
        proposed_at=at,
        ends_at=at + PROPOSAL_TTL,
        decided_by=None,
        decided_at=None,
        decision_reason="",
    )
    proposal = replace(proposal, digest=digest_of(context, proposal, text, ground_text))
    sealed = context.vault.encrypt(text, purpose="proposal", bound_to=f"{code}/{proposal_id}")
    if not proposal_rows.add(conn, proposal, sealed, ground_text):  # somebody else proposed it at this moment
        raise _pending(proposal_rows.find_waiting(conn, code, deed, subject))
    write_audit(conn, who, at, AuditAction.PROPOSED, subject, reason, proposal_facts(proposal))
    return proposal


def open_command(context: CityContext, conn: Connection, proposal: Proposal) -> str:
    """The frozen command's text; empty where it was erased with what it was about."""
    sealed, _ = proposal_rows.encrypted_command(conn, proposal.municipality, proposal.proposal_id)
    bound_to = f"{proposal.municipality}/{proposal.proposal_id}"
    return context.vault.decrypt(sealed, purpose="proposal", bound_to=bound_to)


def expire(conn: Connection, proposal: Proposal, at: datetime) -> None:
    """End a proposal that nobody decided in time."""
    proposal_rows.transition(conn, proposal, ProposalState.EXPIRED, by=None, at=at, reason="")
    system = SystemActor(municipality=proposal.municipality)
    write_audit(
        conn, system, at, AuditAction.PROPOSAL_EXPIRED, proposal.subject, "", proposal_facts(proposal)
    )


class SystemActor:
    """Stands in the audit log for what happens by itself."""

    staff_id = "system"
    display_name = ""

    def __init__(self, municipality: str) -> None:
        self.municipality = municipality


def proposal_facts(proposal: Proposal) -> dict[str, str | int]:
    """What a line of the audit log says of a proposal."""
    facts: dict[str, str | int] = {"deed": proposal.deed.value, "proposal": proposal.proposal_id[:8]}
    if proposal.points is not None:
        facts["points"] = proposal.points
    return facts


def canonical(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def command_text(command: Any) -> str:
    """A frozen command as it is kept; `read_command` gives the very same value again."""
    return _adapter(type(command)).dump_json(command).decode()


def read_command(kind: type[Any] | UnionType, text: str) -> Any:
    """The value that `command_text` wrote; `kind` may be one of several commands of a deed."""
    return _adapter(kind).validate_json(text)


_DIGEST_PURPOSE: Final = "proposal-digest"
_ADAPTERS: Final[dict[Any, TypeAdapter[Any]]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def digest_of(context: CityContext, proposal: Proposal, command: str, ground: str) -> str:
    """The keyed hash of all that people read and of all that will be done: whoever rewrites a row is found out."""
    return context.vault.keyed_hash(_read_and_done(proposal, command, ground), purpose=_DIGEST_PURPOSE)


def is_digest_of(context: CityContext, digest: str, proposal: Proposal, command: str, ground: str) -> bool:
    """Whether `digest_of` made it of this, before or after a turn-over of the key."""
    return context.vault.is_keyed_hash(
        digest, _read_and_done(proposal, command, ground), purpose=_DIGEST_PURPOSE
    )


def _read_and_done(proposal: Proposal, command: str, ground: str) -> str:
    parts = (
        proposal.municipality, proposal.proposal_id, proposal.deed.value, proposal.subject, command, ground,
        canonical(proposal.facts), str(proposal.points), str(proposal.persons), proposal.proposed_by, proposal.reason,
    )  # fmt: skip
    return json.dumps(parts, ensure_ascii=False)


def _pending(waiting: Proposal | None) -> ProblemError:
    return ProblemError(
        "proposal-pending",
        "Another proposal for this waits already; have it decided or withdrawn first.",
        proposal_id=waiting.proposal_id if waiting else "",
    )
