"""Places where points can go, as the API gives them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from gateway.api.responses import View
from gateway.cities.events import EventProgress
from gateway.platform.clock import day_of
from gateway.points.directory import PointService


class PrefectureView(View):
    code: str
    name: str
    kana: str
    municipalities: int


class Prefectures(View):
    prefectures: list[PrefectureView]


class MunicipalityView(View):
    code: str
    name: str
    kana: str


class Municipalities(View):
    municipalities: list[MunicipalityView]


class PointServiceView(View):
    municipality: str
    municipality_name: str
    point_service: str
    name: str
    open_for_direct_exchange: bool


class PointServices(View):
    """対象：N件. Those that are not open for direct exchange are reached by way of the reserve."""

    count: int
    point_services: list[PointServiceView]


class CityPointService(View):
    """A point service as its city's staff see it; `closed_at` is set from the moment it takes no more points."""

    point_service: str
    name: str
    open_for_direct_exchange: bool
    created_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, service: PointService) -> CityPointService:
        return cls(**{name: getattr(service, name) for name in cls.model_fields})


class CityPointServices(View):
    point_services: list[CityPointService]


class EventView(View):
    """An event with its progress: `given_points` by `given_by` members so far, of `goal_points`.

    `period`: coming, open or ended. `givers`: everybody, or city (members whose 基本自治体 it is). `on_failure`
    decides over the points where the goal is missed: keep or give_back. `outcome`: reached, kept, given_back.
    """

    event_id: str
    name: str
    purpose: str
    municipality: str | None
    goal_points: int | None
    starts_at: datetime
    ends_at: datetime
    period: str
    givers: str
    on_failure: str
    given_points: int
    given_by: int
    outcome: str | None

    @classmethod
    def of(cls, seen: EventProgress, at: datetime) -> EventView:
        return cls(**_event_fields(seen, at))


class CityEventView(EventView):
    """An event as its city's staff see it. `state`: planned, shown or ended; `settled_at`: every share has moved."""

    state: str
    starts_on: date
    ends_on: date
    decided_at: datetime | None
    settled_at: datetime | None

    @classmethod
    def of(cls, seen: EventProgress, at: datetime) -> CityEventView:
        event = seen.event
        return cls(
            **_event_fields(seen, at),
            state=event.state,
            starts_on=day_of(event.starts_at),
            ends_on=day_of(event.ends_at - timedelta(microseconds=1)),
            decided_at=event.decided_at,
            settled_at=event.settled_at,
        )


class CityEvents(View):
    events: list[CityEventView]


def _event_fields(seen: EventProgress, at: datetime) -> dict[str, Any]:
    event = seen.event
    return {
        "event_id": event.event_id, "name": event.name, "purpose": event.purpose,
        "municipality": event.municipality, "goal_points": event.goal_points, "starts_at": event.starts_at,
        "ends_at": event.ends_at, "period": event.period(at), "givers": event.givers,
        "on_failure": event.on_failure, "given_points": seen.given.points, "given_by": seen.given.givers,
        "outcome": event.outcome,
    }  # fmt: skip


class Events(View):
    events: list[EventView]
