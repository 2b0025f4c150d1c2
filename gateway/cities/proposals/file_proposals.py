"""A file that waits for its approval as a proposal: what files of grants and of carried-in balances have in common."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from gateway.cities.city_context import StaffActor
from gateway.cities.proposals import deciders, deeds, proposal_rows
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.errors import ProblemError


def require_deciders(conn: Connection, who: StaffActor, deed: Deed, at: datetime) -> None:
    """Raise ProblemError `nobody-to-decide` (409) before a file is checked that nobody could approve."""
    persons = max(1, deeds.rule_of(conn, who.municipality, deed).persons)
    deciders.require_deciders(conn, who, deed, persons, at)


def find_proposal(conn: Connection, code: str, deed: Deed, file_id: str, at: datetime) -> Proposal | None:
    """The proposal in which a file waits; one that has lapsed is none."""
    proposal = proposal_rows.find_waiting(conn, code, deed, file_id)
    return None if proposal is None or proposal.lapsed(at) else proposal


def withdraw(conn: Connection, who: StaffActor, deed: Deed, file_id: str, reason: str, at: datetime) -> None:
    """End the proposal of a file that is cancelled. Raises ProblemError `proposal-of-another` (409).

    The proposal is locked before its file, as its decision does.
    """
    proposal = proposal_rows.find_waiting(conn, who.municipality, deed, file_id, lock=True)
    if proposal is None:
        return
    if proposal.proposed_by != who.staff_id:
        raise ProblemError("proposal-of-another", "Only who sent this file cancels it; send it back instead.")
    proposal_rows.transition(conn, proposal, ProposalState.WITHDRAWN, by=who.staff_id, at=at, reason=reason)
