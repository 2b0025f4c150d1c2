"""What of members only the platform can put right: proposed here, decided by another of its persons."""

from __future__ import annotations

from typing import Final

from gateway.api.city.fields import Reason
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import MykeyIdTyped
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class MergeWanted(Strict):
    """All that the person has under `from_mykey_id` goes to `mykey_id`, which the person goes on with."""

    from_mykey_id: MykeyIdTyped
    mykey_id: MykeyIdTyped
    reason: Reason


@api.post(
    "/v1/platform/members/merges",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_MEMBERS,
    body=MergeWanted,
    returns={202: ProposalView},
    refuses=(
        "unknown-member", "same-member", "member-revoked", "member-merged", "member-busy", "nothing-to-merge",
        "reason-missing", *PROPOSING,
    ),
)  # fmt: skip
async def propose_merge(call: StaffRequest[MergeWanted]) -> TypedResponse:
    """Propose to bring together two members who are one person; the old MyKey ID may have been revoked before."""
    body = call.body
    proposal = await call.services.city.platform.merge_members(
        call.staff, body.from_mykey_id, body.mykey_id, body.reason
    )
    return TypedResponse(202, ProposalView.of(proposal))
