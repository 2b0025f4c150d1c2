"""Four eyes over HTTP: what waits for a second person, deciding it, and the city's table of deeds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from gateway.api.city.fields import Line, Reason, ReasonGiven, Version
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff import StaffView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.proposals.deeds import MAX_SUM, Deed, DeedRule
from gateway.cities.proposals.proposal_rows import ProposalState
from gateway.cities.proposals.proposals import Decision
from gateway.cities.proposals.staff_ties import StaffChange
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF
ProposalId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
DeedWord = Literal[
    "grant", "grant_file", "carry_in", "carry_in_join", "grant_cancel", "correction", "project", "budget", "refund", "shop_account", "payer_account", "closing", "transfer_file", "payout", "shop_debt", "settlement_settings", "privacy_text", "staff", "role", "reset", "restart", "rule",
    "rule_withdrawal", "shop_staff", "shop_reset", "shop_application", "shop_list", "company", "member_access", "representative", "card_limits", "announcement", "deed_rule",
]  # fmt: skip
Sum = Annotated[int, Field(ge=0, le=MAX_SUM)]


class ProposalPath(Strict):
    proposal_id: ProposalId


class ProposalsQuery(Strict):
    """`ended`: carried out, sent back, withdrawn or expired. `after` is a page's `next_after`."""

    state: Literal["waiting", "carried_out", "sent_back", "withdrawn", "expired", "ended"] | None = None
    after: ProposalId | None = None


class Approval(Strict):
    """`digest` is the proposal's own: what you have seen is what you approve."""

    digest: Digest
    reason: Line = ""


class DeedPath(Strict):
    deed: DeedWord


class DeedRuleWanted(Strict):
    """`persons` decide besides the author; 0 lets the deed take effect at once. The sums belong to grants and refunds.

    `seen` is the `version` of the line that it was drawn from; null changes whatever is there.
    """

    persons: Annotated[int, Field(ge=0, le=3)]
    from_points: Sum | None = None
    points_a_day: Sum | None = None
    reason: Reason
    seen: Version | None = None


class ProposalList(View):
    proposals: list[ProposalView]
    next_after: str | None


class DecisionView(View):
    """Shown this once, where the deed made one: `first_password` for `staff`, `member_code` for a member, `new_secret` for a webhook.

    `key_id` names the key that the secret belongs to.
    """

    proposal: ProposalView
    staff: StaffView | None
    first_password: str | None
    member_code: str | None
    new_secret: str | None
    key_id: str | None

    @classmethod
    def of(cls, decision: Decision) -> DecisionView:
        first, made = decision.first_password, decision.new_secret
        return cls(
            proposal=ProposalView.of(decision.proposal),
            staff=None if first is None else StaffView.of(first.staff),
            first_password=None if first is None else first.password.reveal(),
            member_code=None if decision.member_code is None else decision.member_code.reveal(),
            new_secret=None if made is None else made.secret.reveal(),
            key_id=None if made is None else made.key_id,
        )


class DeedRuleView(View):
    deed: str
    persons: int
    from_points: int | None
    points_a_day: int | None
    version: str

    @classmethod
    def of(cls, rule: DeedRule) -> DeedRuleView:
        return cls(
            deed=rule.deed.value,
            persons=rule.persons,
            from_points=rule.from_points,
            points_a_day=rule.points_a_day,
            version=rule.version,
        )


class DeedRuleList(View):
    deeds: list[DeedRuleView]


class StaffChangeView(View):
    """Somebody's access was made, changed or ended. `change`: added, raised, reset, restarted, lowered or stopped.

    What two persons have done is two changes of one moment.
    """

    staff_id: str
    change: str
    by_staff: str
    at: datetime

    @classmethod
    def of(cls, change: StaffChange) -> StaffChangeView:
        return cls(staff_id=change.staff_id, change=change.change, by_staff=change.by_staff, at=change.at)


class StaffChangeList(View):
    changes: list[StaffChangeView]


@api.get(
    "/v1/city/proposals",
    tag="proposals",
    caller=STAFF,
    action=Action.SEE_PROPOSALS,
    query=ProposalsQuery,
    returns={200: ProposalList},
    refuses=("unknown-proposal",),
)
async def list_proposals(call: StaffRequest[None, ProposalsQuery]) -> TypedResponse:
    """The city's proposals, the newest first, 200 a page; `may_decide` says which of them wait for you."""
    match call.query.state:
        case None:
            states = set(ProposalState)
        case "ended":
            states = set(ProposalState) - {ProposalState.WAITING}
        case state:
            states = {ProposalState(state)}
    page = await call.services.city.proposals.list_by_state(call.staff, states, call.query.after)
    proposals = [ProposalView.of_listed(each) for each in page.proposals]
    return TypedResponse(200, ProposalList(proposals=proposals, next_after=page.next_after))


@api.get(
    "/v1/city/proposals/{proposal_id}",
    tag="proposals",
    caller=STAFF,
    action=Action.SEE_PROPOSALS,
    path=ProposalPath,
    returns={200: ProposalView},
    refuses=("unknown-proposal",),
)
async def get_proposal(call: StaffRequest[None, None, ProposalPath]) -> TypedResponse:
    """One proposal with its `digest`, which an approval names."""
    listed = await call.services.city.proposals.get(call.staff, call.path.proposal_id)
    return TypedResponse(200, ProposalView.of_listed(listed))


@api.post(
    "/v1/city/proposals/{proposal_id}/approval",
    tag="proposals",
    caller=STAFF,
    action=Action.DECIDE_PROPOSALS,
    path=ProposalPath,
    body=Approval,
    returns={200: DecisionView},
    refuses=(
        "unknown-proposal", "proposal-state", "proposal-changed", "proposal-outdated", "second-person-missing",
        "role-not-allowed", "unknown-staff", "project-exists", "unknown-point-service", "unknown-municipality",
        "unknown-project", "budget-exceeded", "project-not-open", "limit-of-the-day", "limit-of-the-project",
        "id-reused", "unknown-shop", "login-taken", "last-administrator", "staff-active", "staff-closed",
        "cycle-closed", "earlier-cycle-open", "sum-too-large", "cycle-not-closed", "nothing-to-pay", "file-made-before",
        "payer-missing", "bank-missing", "bad-transfer-day", "unknown-cycle", "unknown-spend", "refund-too-much", "refund-expired", "unknown-member", "unknown-file", "file-state", "rule-in-effect", "worse-not-accepted", "unknown-rule", "bad-deed-rule", "too-few-deciders", "no-debt",
        "unknown-exchange", "exchange-state", "unknown-reversal", "reversal-ended", "reversal-by-hand", "more-than-is-left",
        "not-the-members", "points-already-spent", "no-difference", "not-ours", "no-whole-units", "no-daily-list",
        "partner-unavailable", "unknown-partner", "partner-not-paused", "member-merged", "member-revoked", "member-busy",
        "nothing-to-merge", "points-left", "mykey-id-taken",
        "partner-unavailable", "unknown-partner", "partner-not-paused", "unknown-window", "bad-window", "bad-pace", "bad-client", "bad-scope",
        "bad-last-day", "key-exists", "bad-url", "representative-unfit", "representative-exists",
    ),
)  # fmt: skip
async def approve_proposal(call: StaffRequest[Approval, None, ProposalPath]) -> TypedResponse:
    """Say yes to what somebody else has proposed; the last yes that is needed carries it out, whole or not at all."""
    decision = await call.services.city.proposals.approve(
        call.staff, call.path.proposal_id, call.body.digest, call.body.reason
    )
    return TypedResponse(200, DecisionView.of(decision))


@api.post(
    "/v1/city/proposals/{proposal_id}/return",
    tag="proposals",
    caller=STAFF,
    action=Action.DECIDE_PROPOSALS,
    path=ProposalPath,
    body=ReasonGiven,
    returns={200: ProposalView},
    refuses=(
        "unknown-proposal", "proposal-state", "second-person-missing", "role-not-allowed", "unknown-staff",
        "reason-missing", "unknown-file",
    ),
)  # fmt: skip
async def send_back_proposal(
    call: StaffRequest[ReasonGiven, None, ProposalPath],
) -> TypedResponse:
    """Send a proposal back to its author with a reason (差戻し); nothing happens."""
    proposal = await call.services.city.proposals.send_back(
        call.staff, call.path.proposal_id, call.body.reason
    )
    return TypedResponse(200, ProposalView.of(proposal))


@api.post(
    "/v1/city/proposals/{proposal_id}/withdrawal",
    tag="proposals",
    caller=STAFF,
    action=Action.SEE_PROPOSALS,
    path=ProposalPath,
    body=ReasonGiven,
    returns={200: ProposalView},
    refuses=("unknown-proposal", "proposal-state", "proposal-of-another", "reason-missing", "unknown-file"),
)
async def withdraw_proposal(
    call: StaffRequest[ReasonGiven, None, ProposalPath],
) -> TypedResponse:
    """Take back what you have proposed yourself, while nobody has decided it."""
    proposal = await call.services.city.proposals.withdraw(
        call.staff, call.path.proposal_id, call.body.reason
    )
    return TypedResponse(200, ProposalView.of(proposal))


@api.get(
    "/v1/city/deeds",
    tag="proposals",
    caller=STAFF,
    action=Action.SEE_PROPOSALS,
    returns={200: DeedRuleList},
)
async def list_deed_rules(call: StaffRequest) -> TypedResponse:
    """The city's table: how many others decide each deed, and from which sum a grant waits."""
    rules = await call.services.city.proposals.deed_rules(call.staff)
    return TypedResponse(200, DeedRuleList(deeds=[DeedRuleView.of(rule) for rule in rules]))


@api.put(
    "/v1/city/deeds/{deed}",
    tag="proposals",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=DeedPath,
    body=DeedRuleWanted,
    returns={202: ProposalView},
    refuses=("bad-deed-rule", "reason-missing", "changed-meanwhile", *PROPOSING),
)
async def propose_deed_rule(
    call: StaffRequest[DeedRuleWanted, None, DeedPath],
) -> TypedResponse:
    """Propose another line of the table. It takes a second person, whatever the table says."""
    body = call.body
    rule = DeedRule(
        deed=Deed(call.path.deed),
        persons=body.persons,
        from_points=body.from_points,
        points_a_day=body.points_a_day,
    )
    proposal = await call.services.city.proposals.propose_deed_rule(call.staff, rule, body.reason, body.seen)
    return TypedResponse(202, ProposalView.of(proposal))


@api.get(
    "/v1/city/staff-changes",
    tag="proposals",
    caller=STAFF,
    action=Action.SEE,
    returns={200: StaffChangeList},
)
async def list_staff_changes(call: StaffRequest) -> TypedResponse:
    """Whose access was made, changed or ended in the last 30 days: all for administrators, one's own for others."""
    changes = await call.services.city.proposals.staff_changes(call.staff)
    return TypedResponse(200, StaffChangeList(changes=[StaffChangeView.of(each) for each in changes]))
