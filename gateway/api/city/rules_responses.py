"""What the API gives around rules of point services, and what of a member's points expires when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from gateway.api.responses import View
from gateway.points.expiry import ExpiryDue
from gateway.points.rules import RuleVersion

WORSE_JA = {
    "points-expire-earlier": "ポイントの有効期限が短くなります",
    "points-are-worth-less": "ポイントの価値が下がります",
    "less-can-be-spent-a-day": "1日に使えるポイントが少なくなります",
    "less-can-be-granted-a-day": "1日に受け取れるポイントが少なくなります",
    "closed-for-direct-exchange": "直接の交換ができなくなります",
}


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
        past = [one for one in found if one.takes_effect_on <= today]
        current = past[-1].version if past else None

        def state(one: RuleVersion) -> str:
            if one.version == current:
                return "in_force"
            return "past" if one.takes_effect_on <= today else "upcoming"

        return cls(
            municipality=code,
            point_service=service,
            name=name,
            rules=[RuleView.of(one, state(one)) for one in found],
        )


class ExpiryView(View):
    issued_on: date
    last_day: date | None
    points: int


class Expiries(View):
    """What a member has, the soonest to expire first; `last_day` null is never."""

    points: list[ExpiryView]

    @classmethod
    def of(cls, found: Sequence[ExpiryDue]) -> Expiries:
        return cls(
            points=[
                ExpiryView(issued_on=one.issued_on, last_day=one.last_day, points=one.points) for one in found
            ]
        )


class ServiceBalanceView(View):
    point_service: str
    points: int
