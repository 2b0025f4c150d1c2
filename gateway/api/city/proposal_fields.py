"""A proposal as every address answers it that proposes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.api.fields import View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.proposals import ListedProposal

PROPOSING: Final = ("proposal-pending", "nobody-to-decide")
"""What every address may refuse that proposes."""


class ProposalView(View):
    """Something that waits for a second person, or has. `facts` is what people read of it.

    `account_number` is the whole number of a bank account, for its author and for who may decide it.
    """

    proposal_id: str
    deed: str
    subject: str
    state: str
    points: int | None
    facts: dict[str, str | int]
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
    may_decide: bool
    account_number: str | None

    @classmethod
    def of(
        cls, proposal: Proposal, *, may_decide: bool = False, account_number: str | None = None
    ) -> ProposalView:
        return cls(
            proposal_id=proposal.proposal_id,
            deed=proposal.deed.value,
            subject=proposal.subject,
            state=proposal.state.value,
            points=proposal.points,
            facts=dict(proposal.facts),
            reason=proposal.reason,
            digest=proposal.digest,
            persons=proposal.persons,
            approvals=proposal.approvals,
            proposed_by=proposal.proposed_by,
            proposed_by_name=proposal.proposed_by_name,
            proposed_at=proposal.proposed_at,
            ends_at=proposal.ends_at,
            decided_by=proposal.decided_by,
            decided_at=proposal.decided_at,
            decision_reason=proposal.decision_reason,
            may_decide=may_decide,
            account_number=account_number,
        )

    @classmethod
    def of_listed(cls, listed: ListedProposal) -> ProposalView:
        return cls.of(listed.proposal, may_decide=listed.may_decide, account_number=listed.account_number)
