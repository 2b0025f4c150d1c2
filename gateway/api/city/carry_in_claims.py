"""A member takes over the points of a city's former system (引継ぎ)."""

from __future__ import annotations

from gateway.api.city.carry_ins import LotTotalView
from gateway.api.city.fields import CodeText
from gateway.api.fields import MunicipalityCode, View
from gateway.api.member_request import MemberRequest
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse

api = Api()


class ClaimWanted(Strict):
    """A number of the city's former system and the code from the city's letter."""

    municipality: MunicipalityCode
    number: CodeText
    code: CodeText


class ClaimedView(View):
    """What was taken over."""

    points: int
    lots: list[LotTotalView]


@api.post(
    "/v1/me/carry-ins",
    tag="points",
    caller=AuthLevel.MEMBER,
    body=ClaimWanted,
    returns={201: ClaimedView},
    refuses=("unknown-municipality", "unknown-member", "carry-in-wrong", "carry-in-locked"),
)
async def claim_carry_in(call: MemberRequest[ClaimWanted]) -> TypedResponse:
    """Take over the points of a city's former system, with the number there and the code that the city has sent.

    Each number once for ever. The points keep their days of issue and their last days.
    """
    body = call.body
    lots = await call.services.city.claims.claim(
        call.member.member_id, body.municipality, body.number, body.code
    )
    views = [
        LotTotalView(point_service=each.point_service, last_day=each.last_day, points=each.points)
        for each in lots
    ]
    return TypedResponse(201, ClaimedView(points=sum(each.points for each in lots), lots=views))
