"""Who decides a proposal: read from the database inside the transaction, never from the session's own word.

A yes counts as long as whoever said it could still say it; a proposal stands as long as its author could propose it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import StaffActor
from gateway.cities.proposals import deeds, proposal_rows, staff_ties
from gateway.cities.proposals.deeds import DECIDED_BY, DECIDING_ROLES, Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import Staff
from gateway.errors import ProblemError
from gateway.platform.roles import PLATFORM

_DECIDERS: Final = ("city's approvers or administrators", "platform's staff")


def decides(person: Staff, deed: Deed) -> bool:
    """Whether this person is let in and has a role that decides the deed."""
    return person.active and person.role in DECIDED_BY[deed]


def eligible_deciders(
    conn: Connection, code: str, author: str, deed: Deed, at: datetime, concerns: str | None
) -> set[str]:
    """Who may decide what this author proposes now: active, of a role that decides it, and nobody of one's own."""
    tied = staff_ties.tied_to(conn, author, at) | {author, concerns}
    people = staff_rows.list_by_city(conn, code)
    return {person.staff_id for person in people if decides(person, deed) and person.staff_id not in tied}


def require_deciders(
    conn: Connection, who: StaffActor, deed: Deed, persons: int, at: datetime, concerns: str | None = None
) -> None:
    """Raise ProblemError `nobody-to-decide` (409) where not as many others may decide it, tied to none of each other."""
    others = eligible_deciders(conn, who.municipality, who.staff_id, deed, at, concerns)
    if len(others) < persons or (persons > 1 and not staff_ties.independent(conn, others, persons, at)):
        raise ProblemError(
            "nobody-to-decide",
            f"This needs {persons} more of the {_DECIDERS[who.municipality == PLATFORM]}; {len(others)} may decide it.",
            deed=deed.value,
            persons=persons,
            available=len(others),
        )


def barred(conn: Connection, proposal: Proposal, concerned: str | None) -> set[str]:
    """Who decides nothing of it: its author, whom it concerns, who is tied to the author or to an earlier approver."""
    people = {proposal.proposed_by} | ({concerned} if concerned else set())
    for person in (proposal.proposed_by, *proposal_rows.approvers(conn, proposal)):
        people |= staff_ties.tied_to(conn, person, proposal.proposed_at)
    return people


def require_decider(conn: Connection, who: StaffActor, proposal: Proposal, concerned: str | None) -> None:
    """Raise ProblemError `role-not-allowed` (403) or `second-person-missing` (409) for who may not decide it."""
    person = staff_rows.require(conn, who.staff_id, who.municipality, lock=True)
    if not decides(person, proposal.deed):
        raise ProblemError(
            "role-not-allowed",
            "Only an approver or an administrator decides this, or one of the platform's staff what is the platform's.",
        )
    if person.staff_id in barred(conn, proposal, concerned):
        raise ProblemError(
            "second-person-missing",
            "Somebody else decides: nobody whose access the author or an earlier approver made or changed.",
        )


def require_author(conn: Connection, proposal: Proposal) -> None:
    """Raise ProblemError `proposal-outdated` (409) where its author was stopped, or may propose it no more."""
    author = staff_rows.require(conn, proposal.proposed_by, proposal.municipality, lock=True)
    if not author.active or not deeds.may_propose(author.role, proposal.deed):
        raise ProblemError(
            "proposal-outdated",
            "Its author was stopped, or may not propose it any more; send it back and propose it anew.",
        )


def standing_approvers(conn: Connection, proposal: Proposal) -> list[str]:
    """Who has said yes and could still say it, in their order."""
    people = {person.staff_id: person for person in staff_rows.list_by_city(conn, proposal.municipality)}
    approvers = proposal_rows.approvers(conn, proposal)
    return [staff_id for staff_id in approvers if decides(people[staff_id], proposal.deed)]


def persons_needed(conn: Connection, proposal: Proposal) -> int:
    """How many have to say yes: as many as when it was proposed, or more where the city's table has been raised."""
    return max(proposal.persons, deeds.rule_of(conn, proposal.municipality, proposal.deed).persons)


def count_deciders(conn: Connection, code: str, without: Iterable[str] = ()) -> int:
    """How many of the city's people decide proposals, leaving these out."""
    left_out = set(without)
    return sum(
        1
        for person in staff_rows.list_by_city(conn, code)
        if person.active and person.role in DECIDING_ROLES and person.staff_id not in left_out
    )


def require_left(conn: Connection, leaving: Staff) -> None:
    """Raise ProblemError `too-few-deciders` (409) where nobody could decide any more without this person.

    An author and as many others as the city's table asks for have to stay: else nothing could be decided again,
    not even a change of the table.
    """
    if not leaving.active or leaving.role not in DECIDING_ROLES:
        return
    persons = max(1, deeds.most_persons(conn, leaving.municipality))
    left = count_deciders(conn, leaving.municipality, [leaving.staff_id])
    if left < persons + 1:
        raise ProblemError(
            "too-few-deciders",
            f"{persons + 1} approvers or administrators have to stay; {left} would be left.",
            persons=persons + 1,
            available=left,
        )
