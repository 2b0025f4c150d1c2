"""A number of the former system whose code is lost, joined at the desk to the member whose MyKey ID is shown (引継ぎ)."""

from __future__ import annotations

from gateway.api.city.fields import CodeText, Line
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()


class JoinWanted(Strict):
    """The number in the former system, and the MyKey ID that the person shows."""

    number: CodeText
    mykey_id: Line
    reason: Line


@api.post(
    "/v1/city/carry-in-joins",
    tag="grants",
    caller=AuthLevel.STAFF,
    action=Action.HELP_MEMBER,
    body=JoinWanted,
    returns={202: ProposalView},
    refuses=("number-not-waiting", "number-proposed-before", "unknown-member", "reason-missing", *PROPOSING),
)
async def propose_carry_in_join(call: StaffRequest[JoinWanted]) -> TypedResponse:
    """Propose to join a waiting number to a member who has lost its code, after the clerk has seen who it is.

    The code opens nothing from now on; where the proposal ends without a yes it opens again, and who proposed it
    proposes the same number no sooner than 14 days later. The member who is named is told.
    """
    body = call.body
    proposal = await call.services.city.lost_codes.propose(
        call.staff, body.number, body.mykey_id, body.reason
    )
    return TypedResponse(202, ProposalView.of(proposal))
