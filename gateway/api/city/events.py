"""A city's support events: plan, change, show, end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import StringConstraints

from gateway.api.city.fields import Budget, Day, ReasonGiven, Text, Version
from gateway.api.city.staff_request import StaffRequest
from gateway.api.events import EventView, _event_fields
from gateway.api.fields import EventPath, View
from gateway.cities.events import EventPlan, EventProgress, event_version
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.roles import Action
from gateway.services import Services
from httpkit.clock import day_of

api = Api()
STAFF: Final = AuthLevel.STAFF


class EventPlanned(Strict):
    """A support event (特定支援イベント); the period includes both days. `on_failure` needs a goal to give back."""

    name: Words
    purpose: Text = ""
    goal_points: Budget | None = None
    starts_on: Day
    ends_on: Day
    givers: Literal["everybody", "city"] = "everybody"
    on_failure: Literal["keep", "give_back"] = "keep"


class EventChanged(EventPlanned):
    """The same; `seen` is the `version` of the event that the change was drawn from; null changes whatever is there."""

    seen: Version | None = None


class EventWanted(EventPlanned):
    """`own_id` is the city's own; the event's id is the city's code, a hyphen and this."""

    own_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$")]


class CityEventView(EventView):
    """An event as its city's staff see it. `state`: planned, shown or ended; `settled_at`: every share has moved."""

    state: str
    starts_on: date
    ends_on: date
    decided_at: datetime | None
    settled_at: datetime | None
    version: str

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
            version=event_version(event),
        )


class CityEvents(View):
    events: list[CityEventView]


@api.get("/v1/city/events", tag="events", caller=STAFF, action=Action.SEE, returns={200: CityEvents})
async def list_city_events(call: StaffRequest) -> TypedResponse:
    """The city's own events with their progress, planned and ended ones too; the one that starts last comes first."""
    now, events = (
        call.services.clock(),
        await call.services.city.events.list(call.staff.municipality),
    )
    return TypedResponse(200, CityEvents(events=[CityEventView.of(event, now) for event in events]))


@api.post(
    "/v1/city/events",
    tag="events",
    caller=STAFF,
    action=Action.PLAN_EVENTS,
    body=EventWanted,
    returns={201: CityEventView},
    refuses=("bad-event", "event-exists", "unknown-municipality"),
)
async def plan_event(call: StaffRequest[EventWanted]) -> TypedResponse:
    """Plan an event. Members see nothing of it until somebody whose role may shows it."""
    values: dict[str, Any] = call.body.model_dump()
    own_id = values.pop("own_id")
    return _event(call, await call.services.city.events.plan(call.staff, own_id, EventPlan(**values)), 201)


@api.get(
    "/v1/city/events/{event_id}",
    tag="events",
    caller=STAFF,
    action=Action.SEE,
    path=EventPath,
    returns={200: CityEventView},
    refuses=("unknown-event",),
)
async def get_city_event(call: StaffRequest[None, None, EventPath]) -> TypedResponse:
    """One of the city's own events."""
    return _event(call, await call.services.city.events.get(call.staff.municipality, call.path.event_id))


@api.put(
    "/v1/city/events/{event_id}",
    tag="events",
    caller=STAFF,
    action=Action.PLAN_EVENTS,
    path=EventPath,
    body=EventChanged,
    returns={200: CityEventView},
    refuses=(
        "unknown-event", "bad-event", "event-begun", "event-state", "unknown-municipality", "changed-meanwhile",
    ),
)  # fmt: skip
async def change_event(call: StaffRequest[EventChanged, None, EventPath]) -> TypedResponse:
    """Change an event before its start. One that is shown is planned again: it has to be shown anew."""
    plan = EventPlan(**call.body.model_dump(exclude={"seen"}))
    events, event_id = call.services.city.events, call.path.event_id
    return _event(call, await events.change(call.staff, event_id, plan, call.body.seen))


@api.post(
    "/v1/city/events/{event_id}/showing",
    tag="events",
    caller=STAFF,
    action=Action.DECIDE_EVENTS,
    path=EventPath,
    body=ReasonGiven,
    returns={200: CityEventView},
    refuses=("unknown-event", "event-state", "event-over", "reason-missing"),
)
async def show_event(call: StaffRequest[ReasonGiven, None, EventPath]) -> TypedResponse:
    """Let members see an event, and give to it from its start on."""
    return _event(
        call, await call.services.city.events.show(call.staff, call.path.event_id, call.body.reason)
    )


@api.post(
    "/v1/city/events/{event_id}/end",
    tag="events",
    caller=STAFF,
    action=Action.DECIDE_EVENTS,
    path=EventPath,
    body=ReasonGiven,
    returns={200: CityEventView},
    refuses=("unknown-event", "event-state", "reason-missing"),
)
async def end_event(call: StaffRequest[ReasonGiven, None, EventPath]) -> TypedResponse:
    """End an event early: its goal and its rule decide at once; shares move in the background."""
    return _event(call, await call.services.city.events.end(call.staff, call.path.event_id, call.body.reason))


def _event(
    call: TypedRequest[Any, Services, Any, Any], seen: EventProgress, status: int = 200
) -> TypedResponse:
    return TypedResponse(status, CityEventView.of(seen, call.services.clock()))
