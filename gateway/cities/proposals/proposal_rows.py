"""Proposals as rows: sync functions of a Connection. The frozen command is kept encrypted, what people read beside it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select, update

from gateway.cities import tables
from gateway.cities.proposals.deeds import Deed
from gateway.errors import ProblemError
from gateway.platform.encryption import Vault
from gateway.platform.sql import insert_new

_proposals = tables.proposals
_decisions = tables.proposal_decisions
PAGE_SIZE: Final = 200
NO_FACTS: Final = "{}"


class ProposalState(StrEnum):
    WAITING = "waiting"
    CARRIED_OUT = "carried_out"
    SENT_BACK = "sent_back"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


LEGAL: Final[Mapping[ProposalState, frozenset[ProposalState]]] = {
    ProposalState.WAITING: frozenset(set(ProposalState) - {ProposalState.WAITING}),
    **{state: frozenset() for state in ProposalState if state is not ProposalState.WAITING},
}
"""A proposal waits, and ends once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What somebody proposes. `digest` is the hash of all that was seen; `facts` is what people read of it."""

    municipality: str
    proposal_id: str
    deed: Deed
    subject: str
    state: ProposalState
    points: int | None
    facts: Mapping[str, str | int]
    reason: str
    digest: str
    persons: int
    approvals: int
    proposed_by: str
    proposed_by_name: str
    proposed_at: datetime
    ends_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str

    def lapsed(self, now: datetime) -> bool:
        """Whether its time is up; a sweep writes it down later."""
        return self.state is ProposalState.WAITING and now >= self.ends_at


def add(conn: Connection, proposal: Proposal, command_sealed: bytes, ground: str) -> bool:
    """Add a waiting proposal; False where another one for the same subject waits."""
    return insert_new(
        conn, _proposals,
        municipality=proposal.municipality, proposal_id=proposal.proposal_id, deed=proposal.deed.value,
        subject=proposal.subject, state=proposal.state.value, points=proposal.points,
        facts=json.dumps(dict(proposal.facts), ensure_ascii=False), reason=proposal.reason, digest=proposal.digest,
        command_sealed=command_sealed, ground=ground, persons=proposal.persons, proposed_by=proposal.proposed_by,
        proposed_by_name=proposal.proposed_by_name, proposed_at=proposal.proposed_at, ends_at=proposal.ends_at,
        decided_by=None, decided_at=None, decision_reason="",
    )  # fmt: skip


def get(conn: Connection, code: str, proposal_id: str, *, lock: bool = False) -> Proposal:
    """Give a proposal of this city. Raises ProblemError `unknown-proposal` (404)."""
    query = select(_proposals).where(
        _proposals.c.municipality == code, _proposals.c.proposal_id == proposal_id
    )
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise ProblemError("unknown-proposal", "This city has no such proposal.")
    return _proposal(row, _approvals(conn, code, proposal_id))


def encrypted_command(conn: Connection, code: str, proposal_id: str) -> tuple[bytes, str]:
    """The encrypted command, and the ground that it was proposed on."""
    row = conn.execute(
        select(_proposals.c.command_sealed, _proposals.c.ground).where(
            _proposals.c.municipality == code, _proposals.c.proposal_id == proposal_id
        )
    ).one()
    return row.command_sealed, row.ground


def find_waiting(
    conn: Connection, code: str, deed: Deed, subject: str, *, lock: bool = False
) -> Proposal | None:
    query = select(_proposals).where(
        _proposals.c.municipality == code, _proposals.c.deed == deed.value, _proposals.c.subject == subject,
        _proposals.c.state == ProposalState.WAITING.value,
    )  # fmt: skip
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _proposal(row, _approvals(conn, code, row.proposal_id))


def list_ended_by_author(
    conn: Connection, code: str, deed: Deed, staff_id: str, *, since: datetime
) -> list[Proposal]:
    """What this person has proposed of a deed that ended after `since` without a yes."""
    without_yes = (ProposalState.SENT_BACK, ProposalState.WITHDRAWN, ProposalState.EXPIRED)
    query = select(_proposals).where(
        _proposals.c.municipality == code, _proposals.c.deed == deed.value, _proposals.c.proposed_by == staff_id,
        _proposals.c.state.in_([state.value for state in without_yes]), _proposals.c.decided_at > since,
    )  # fmt: skip
    return [_proposal(row, 0) for row in conn.execute(query)]


def list_waiting_subjects(conn: Connection, code: str, deed: Deed) -> list[str]:
    """What the waiting proposals of one deed are about."""
    query = select(_proposals.c.subject).where(
        _proposals.c.municipality == code, _proposals.c.deed == deed.value,
        _proposals.c.state == ProposalState.WAITING.value,
    )  # fmt: skip
    return list(conn.scalars(query))


def list_by_state(
    conn: Connection, code: str, states: Collection[ProposalState], after: str | None = None
) -> list[Proposal]:
    """The city's proposals in one of these states, the newest first; pass the last id of a page as `after`."""
    query = select(_proposals).where(
        _proposals.c.municipality == code, _proposals.c.state.in_(sorted(state.value for state in states))
    )
    if after is not None:
        last = get(conn, code, after)
        same = (_proposals.c.proposed_at == last.proposed_at) & (_proposals.c.proposal_id > after)
        query = query.where((_proposals.c.proposed_at < last.proposed_at) | same)
    order = (_proposals.c.proposed_at.desc(), _proposals.c.proposal_id)
    rows = conn.execute(query.order_by(*order).limit(PAGE_SIZE)).all()
    counts = conn.execute(
        select(_decisions.c.proposal_id, func.count().label("approvals"))
        .where(_decisions.c.municipality == code)
        .where(_decisions.c.proposal_id.in_([row.proposal_id for row in rows]))
        .group_by(_decisions.c.proposal_id)
    )
    approvals = {row.proposal_id: row.approvals for row in counts}
    return [_proposal(row, approvals.get(row.proposal_id, 0)) for row in rows]


def list_lapsed(conn: Connection, now: datetime) -> list[Proposal]:
    """Waiting proposals of all cities whose time is up, held until the transaction ends."""
    query = select(_proposals).where(
        _proposals.c.state == ProposalState.WAITING.value, _proposals.c.ends_at <= now
    )
    return [_proposal(row, 0) for row in conn.execute(query.limit(PAGE_SIZE).with_for_update())]


def add_approval(conn: Connection, proposal: Proposal, staff_id: str, reason: str, at: datetime) -> bool:
    """Add one person's yes; False where that person has said it before."""
    return insert_new(
        conn, _decisions, municipality=proposal.municipality, proposal_id=proposal.proposal_id, staff_id=staff_id,
        reason=reason, at=at,
    )  # fmt: skip


def approvers(conn: Connection, proposal: Proposal) -> list[str]:
    """Who has said yes, in their order."""
    query = select(_decisions.c.staff_id).where(
        _decisions.c.municipality == proposal.municipality, _decisions.c.proposal_id == proposal.proposal_id
    )
    return list(conn.execute(query.order_by(_decisions.c.at, _decisions.c.staff_id)).scalars())


def transition(
    conn: Connection, proposal: Proposal, state: ProposalState, *, by: str | None, at: datetime, reason: str
) -> None:
    """End a proposal that the caller holds."""
    assert state in LEGAL[proposal.state], (proposal.state, state)
    conn.execute(
        update(_proposals)
        .where(
            _proposals.c.municipality == proposal.municipality,
            _proposals.c.proposal_id == proposal.proposal_id,
        )
        .values(state=state.value, decided_by=by, decided_at=at, decision_reason=reason)
    )


def forget_named(conn: Connection, proposal: Proposal, subject: str) -> None:
    """Take out of a proposal what people read of it and what it was proposed on, and let it be about `subject`."""
    conn.execute(
        update(_proposals)
        .where(
            _proposals.c.municipality == proposal.municipality,
            _proposals.c.proposal_id == proposal.proposal_id,
        )
        .values(facts=NO_FACTS, ground=NO_FACTS, subject=subject)
    )


def empty_ended(
    conn: Connection, vault: Vault, deed: Deed, subject_of: ColumnElement[str], limit: int
) -> int:
    """Take command and facts out of ended proposals of a deed whose subject is no row's any more; how many these were.

    `subject_of` is the column that has the subjects which are there still. Who proposed and decided it when stays.
    """
    gone = (
        (_proposals.c.deed == deed.value)
        & (_proposals.c.state != ProposalState.WAITING.value)
        & (_proposals.c.facts != NO_FACTS)
        & ~exists().where(subject_of == _proposals.c.subject)
    )
    key = (_proposals.c.municipality, _proposals.c.proposal_id)
    rows = conn.execute(select(*key).where(gone).order_by(*key).limit(limit).with_for_update()).all()
    for code, proposal_id in rows:
        empty = vault.encrypt("", purpose="proposal", bound_to=f"{code}/{proposal_id}")
        conn.execute(
            update(_proposals)
            .where(_proposals.c.municipality == code, _proposals.c.proposal_id == proposal_id)
            .values(facts=NO_FACTS, command_sealed=empty)
        )
    return len(rows)


def _approvals(conn: Connection, code: str, proposal_id: str) -> int:
    return conn.execute(
        select(func.count())
        .select_from(_decisions)
        .where(_decisions.c.municipality == code, _decisions.c.proposal_id == proposal_id)
    ).scalar_one()


def _proposal(row: Row[Any], approvals: int) -> Proposal:
    return Proposal(
        municipality=row.municipality,
        proposal_id=row.proposal_id,
        deed=Deed(row.deed),
        subject=row.subject,
        state=ProposalState(row.state),
        points=row.points,
        facts=json.loads(row.facts),
        reason=row.reason,
        digest=row.digest,
        persons=row.persons,
        approvals=approvals,
        proposed_by=row.proposed_by,
        proposed_by_name=row.proposed_by_name,
        proposed_at=row.proposed_at,
        ends_at=row.ends_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
    )
