"""Proposing: freezes a typed command with what it was seen against, for somebody else to decide.

A command is a frozen dataclass of its use case. `ground` is what the author saw of the world around it: where it has
moved when somebody decides, the proposal is refused and nothing happens.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals import deeds, proposal_rows, staff_ties
from gateway.cities.proposals.deeds import DECIDED_BY, Deed
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError

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
    waiting = proposal_rows.find_waiting(conn, code, deed, subject)
    if waiting is not None and waiting.lapsed(at):
        expire(conn, waiting, at)
        waiting = None
    if waiting is not None:
        if waiting.proposed_by == who.staff_id and open_command(context, conn, waiting) == text:
            return waiting
        raise _pending(waiting)
    rule = deeds.rule_of(conn, code, deed)
    persons = max(1, rule.persons)
    _require_deciders(conn, who, deed, persons, at, concerns)
    proposal = Proposal(
        municipality=code,
        proposal_id=proposal_id,
        deed=deed,
        subject=subject,
        state=ProposalState.WAITING,
        points=points,
        facts=facts,
        reason=reason,
        digest=_digest(code, proposal_id, deed, subject, text, ground_text, who.staff_id, reason),
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
    sealed = context.vault.encrypt(text, purpose="proposal", bound_to=f"{code}/{proposal_id}")
    if not proposal_rows.add(conn, proposal, sealed, ground_text):  # somebody else proposed it at this moment
        raise _pending(proposal_rows.find_waiting(conn, code, deed, subject))
    write_audit(conn, who, at, "proposed", subject, reason, proposal_facts(proposal))
    return proposal


def open_command(context: CityContext, conn: Connection, proposal: Proposal) -> str:
    """The frozen command's text."""
    sealed, _ = proposal_rows.sealed_command(conn, proposal.municipality, proposal.proposal_id)
    bound_to = f"{proposal.municipality}/{proposal.proposal_id}"
    return context.vault.decrypt(sealed, purpose="proposal", bound_to=bound_to)


def expire(conn: Connection, proposal: Proposal, at: datetime) -> None:
    """End a proposal that nobody decided in time."""
    proposal_rows.transition(conn, proposal, ProposalState.EXPIRED, by=None, at=at, reason="")
    system = SystemActor(municipality=proposal.municipality)
    write_audit(conn, system, at, "proposal expired", proposal.subject, "", proposal_facts(proposal))


def eligible_deciders(
    conn: Connection, code: str, author: str, deed: Deed, at: datetime, concerns: str | None
) -> set[str]:
    """Who may decide what this author proposes now: active, of a role that decides it, and nobody of one's own."""
    tied = staff_ties.tied_to(conn, author, at) | {author, concerns}
    return {
        person.staff_id
        for person in staff_rows.of_municipality(conn, code)
        if person.active and person.role in DECIDED_BY[deed] and person.staff_id not in tied
    }


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


def read_command(kind: type[Any], text: str) -> Any:
    return _adapter(kind).validate_json(text)


_ADAPTERS: Final[dict[type[Any], TypeAdapter[Any]]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def _require_deciders(
    conn: Connection, who: StaffActor, deed: Deed, persons: int, at: datetime, concerns: str | None
) -> None:
    others = eligible_deciders(conn, who.municipality, who.staff_id, deed, at, concerns)
    if len(others) < persons or (persons > 1 and not staff_ties.independent(conn, others, persons, at)):
        raise ProblemError(
            "nobody-to-decide",
            f"This needs {persons} more of the city's approvers or administrators; {len(others)} may decide it.",
            deed=deed.value,
            persons=persons,
            available=len(others),
        )


def _pending(waiting: Proposal | None) -> ProblemError:
    return ProblemError(
        "proposal-pending",
        "Another proposal for this waits already; have it decided or withdrawn first.",
        proposal_id=waiting.proposal_id if waiting else "",
    )
