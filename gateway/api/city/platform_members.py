"""What of members only the platform can put right: proposed here, decided by another of its persons."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from core_ledger.transfers import MAX_POINTS
from gateway.api.city.fields import Line, Reason
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


class ErasureWanted(Strict):
    """`gives_up` are all points that are left; 0 for who has none, or has revoked the MyKey ID."""

    mykey_id: MykeyIdTyped
    gives_up: Annotated[int, Field(ge=0, le=MAX_POINTS)] = 0
    reason: Reason


class RectificationWanted(Strict):
    """Null and false leave it as it is. `forgets_mail`: the address is not the member's, who may set another one."""

    mykey_id: MykeyIdTyped
    display_name: Line | None = None
    language: Literal["ja", "en", "ja-easy"] | None = None
    new_mykey_id: MykeyIdTyped | None = None
    forgets_mail: bool = False
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


@api.post(
    "/v1/platform/members/erasures",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_MEMBERS,
    body=ErasureWanted,
    returns={202: ProposalView},
    refuses=("unknown-member", "member-busy", "points-left", "reason-missing", *PROPOSING),
)
async def propose_erasure(call: StaffRequest[ErasureWanted]) -> TypedResponse:
    """Propose to erase what is kept of a member; moves of points, payments and logs stay under a number."""
    body = call.body
    proposal = await call.services.city.platform.erase_member(
        call.staff, body.mykey_id, body.reason, body.gives_up
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.post(
    "/v1/platform/members/rectifications",
    tag="platform",
    caller=STAFF,
    action=Action.KEEP_MEMBERS,
    body=RectificationWanted,
    returns={202: ProposalView},
    refuses=(
        "unknown-member", "member-merged", "member-revoked", "mykey-id-taken", "mykey-id-unfit", "bad-display-name",
        "nothing-to-rectify", "reason-missing", *PROPOSING,
    ),
)  # fmt: skip
async def propose_rectification(call: StaffRequest[RectificationWanted]) -> TypedResponse:
    """Propose to put right what is wrongly kept of a member; the member is told when it is done."""
    body = call.body
    proposal = await call.services.city.platform.rectify_member(
        call.staff,
        body.mykey_id,
        body.reason,
        display_name=body.display_name,
        language=body.language,
        new_mykey_id=body.new_mykey_id,
        forgets_mail=body.forgets_mail,
    )
    return TypedResponse(202, ProposalView.of(proposal))
