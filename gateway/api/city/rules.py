"""Rules of point services: versions, announcement, withdrawal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import Field
from sqlalchemy import Connection

from gateway.api.city.fields import Day, Reason, ReasonGiven, ServicePath
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import Points, PointServiceId, PointServicePath, View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.roles import Action
from gateway.points import directory
from gateway.points.rules import Expiry, PointRule, RuleVersion
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF

WORSE_JA = {
    "points-expire-earlier": "ポイントの有効期限が短くなります",
    "points-are-worth-less": "ポイントの価値が下がります",
    "less-can-be-spent-a-day": "1日に使えるポイントが少なくなります",
    "less-can-be-granted-a-day": "1日に受け取れるポイントが少なくなります",
    "closed-for-direct-exchange": "直接の交換ができなくなります",
}


class RuleVersionPath(Strict):
    point_service: PointServiceId
    version: Annotated[int, Field(ge=1, le=100_000)]


class RuleWanted(Strict):
    """A new version of a point service's rules. Limits are points by member and day; null is none."""

    takes_effect_on: Day
    expiry: Literal["none", "months", "fiscal_year", "fixed_day"]
    expiry_count: Annotated[int, Field(ge=0, le=120)] = 0
    expiry_day: Day | None = None
    unit_value_yen: Annotated[int, Field(ge=1, le=10_000)] = 1
    open_for_direct_exchange: bool
    most_spent_a_day: Points | None = None
    most_granted_a_day: Points | None = None
    worse_accepted: bool = False
    reason: Reason


class WorseView(View):
    """What members lose: a stable word and what pages show."""

    word: str
    ja: str


class RuleView(View):
    """One version. `state`: past, in_force or upcoming. Limits are points by member and day."""

    version: int
    state: str
    takes_effect_on: date
    expiry: str
    expiry_count: int
    expiry_day: date | None
    unit_value_yen: int
    open_for_direct_exchange: bool
    most_spent_a_day: int | None
    most_granted_a_day: int | None
    worse: list[WorseView]
    decided_at: datetime

    @classmethod
    def of(cls, one: RuleVersion, state: str) -> RuleView:
        rule = one.rule
        return cls(
            version=one.version,
            state=state,
            takes_effect_on=one.takes_effect_on,
            expiry=rule.expiry,
            expiry_count=rule.expiry_count,
            expiry_day=rule.expiry_day,
            unit_value_yen=rule.unit_value_yen,
            open_for_direct_exchange=rule.open_for_direct_exchange,
            most_spent_a_day=rule.most_spent_a_day,
            most_granted_a_day=rule.most_granted_a_day,
            worse=[WorseView(word=word, ja=WORSE_JA[word]) for word in one.worse],
            decided_at=one.decided_at,
        )


class Rules(View):
    municipality: str
    point_service: str
    name: str
    rules: list[RuleView]

    @classmethod
    def of(cls, code: str, service: str, name: str, found: Sequence[RuleVersion], today: date) -> Rules:
        past = [rule_version for rule_version in found if rule_version.takes_effect_on <= today]
        current = past[-1].version if past else None

        def state(one: RuleVersion) -> str:
            if one.version == current:
                return "in_force"
            return "past" if one.takes_effect_on <= today else "upcoming"

        return cls(
            municipality=code,
            point_service=service,
            name=name,
            rules=[RuleView.of(rule_version, state(rule_version)) for rule_version in found],
        )


@api.get(
    "/v1/point-services/{municipality}/{point_service}/rules",
    tag="directory",
    caller=AuthLevel.CLIENT,
    path=PointServicePath,
    returns={200: Rules},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def point_service_rules(call: TypedRequest[None, Services, None, PointServicePath]) -> TypedResponse:
    """The rules of a point service: what is in force, what is coming, and what members lose by it."""
    return TypedResponse(200, await _rules(call.services, call.path.municipality, call.path.point_service))


@api.get(
    "/v1/city/point-services/{point_service}/rules",
    tag="rules",
    caller=STAFF,
    action=Action.SEE,
    path=ServicePath,
    returns={200: Rules},
    refuses=("unknown-municipality", "unknown-point-service"),
)
async def city_rules(call: StaffRequest[None, None, ServicePath]) -> TypedResponse:
    """All versions of the rules of one of the city's point services."""
    return TypedResponse(200, await _rules(call.services, call.staff.municipality, call.path.point_service))


@api.post(
    "/v1/city/point-services/{point_service}/rules",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=ServicePath,
    body=RuleWanted,
    returns={202: ProposalView, 201: Rules},
    refuses=(
        "bad-rule", "rule-in-effect", "worse-not-accepted", "unknown-municipality", "unknown-point-service",
        *PROPOSING,
    ),
)  # fmt: skip
async def announce_rule(
    call: StaffRequest[RuleWanted, None, ServicePath],
) -> TypedResponse:
    """Propose a new version (202). A change for the worse is refused once, naming what members lose."""
    body = call.body
    rule = PointRule(
        expiry=Expiry(body.expiry),
        expiry_count=body.expiry_count,
        expiry_day=body.expiry_day,
        unit_value_yen=body.unit_value_yen,
        open_for_direct_exchange=body.open_for_direct_exchange,
        most_spent_a_day=body.most_spent_a_day,
        most_granted_a_day=body.most_granted_a_day,
    )
    service = call.path.point_service
    announced = await call.services.city.rules.announce(
        call.staff,
        service,
        rule,
        body.takes_effect_on,
        worse_accepted=body.worse_accepted,
        reason=body.reason,
    )
    if isinstance(announced, Proposal):
        return TypedResponse(202, ProposalView.of(announced))
    return TypedResponse(201, await _rules(call.services, call.staff.municipality, service))


@api.post(
    "/v1/city/point-services/{point_service}/rules/{version}/withdrawal",
    tag="rules",
    caller=STAFF,
    action=Action.CHANGE_RULES,
    path=RuleVersionPath,
    body=ReasonGiven,
    returns={202: ProposalView, 200: Rules},
    refuses=("unknown-rule", "rule-in-effect", "unknown-municipality", "unknown-point-service", *PROPOSING),
)
async def withdraw_rule(
    call: StaffRequest[ReasonGiven, None, RuleVersionPath],
) -> TypedResponse:
    """Propose to take back a version that has not taken effect (202)."""
    service = call.path.point_service
    proposal = await call.services.city.rules.withdraw(
        call.staff, service, call.path.version, call.body.reason
    )
    if proposal is not None:
        return TypedResponse(202, ProposalView.of(proposal))
    return TypedResponse(200, await _rules(call.services, call.staff.municipality, service))


async def _rules(services: Services, code: str, service: str) -> Rules:
    def job(conn: Connection) -> str:
        return directory.require_known_service(conn, code, service).name

    name = await services.store.read(job)
    rule_versions: list[RuleVersion] = await services.city.rules.versions(code, service)
    return Rules.of(code, service, name, rule_versions, services.city.context.today)
