"""The member's own sum above which a payment asks for a card, phone or passkey that was shown within five minutes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.api.fields import View
from gateway.api.member_request import MemberRequest
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.members.step_up import StepUpState

api = Api()


class StepUpWanted(Strict):
    """`above` in points; null for no question at all."""

    above: Annotated[int, Field(ge=0, le=1_000_000_000)] | None


class StepUpView(View):
    """`has_strong_proof`: the member has a card, phone or passkey, without which no sum can be set."""

    above: int | None
    has_strong_proof: bool

    @classmethod
    def of(cls, state: StepUpState) -> StepUpView:
        return cls(above=state.above, has_strong_proof=state.has_strong_proof)


@api.get("/v1/me/step-up", tag="member", caller=AuthLevel.MEMBER, returns={200: StepUpView})
async def get_step_up(call: MemberRequest) -> TypedResponse:
    """Above which sum a payment asks who pays."""
    return TypedResponse(200, StepUpView.of(await call.services.step_ups.get(call.member.member_id)))


@api.put(
    "/v1/me/step-up",
    tag="member",
    caller=AuthLevel.MEMBER,
    body=StepUpWanted,
    returns={200: StepUpView},
    refuses=("fresh-proof-needed", "step-up-no-proof"),
)
async def set_step_up(call: MemberRequest[StepUpWanted]) -> TypedResponse:
    """Set the sum. To raise it or take it away, the session has begun with card, phone or passkey within five minutes."""
    return TypedResponse(
        200, StepUpView.of(await call.services.step_ups.change(call.member, call.body.above))
    )
