"""The city's support events (特定支援イベント): staff plan them, show them to members, and may end them early."""

from __future__ import annotations

from typing import Any, Final

from gateway.api import directory_responses as views
from gateway.api.city import requests as asked
from gateway.api.city.staff_requests import ReasonGiven
from gateway.api.requests import EventPath
from gateway.cities.events import EventPlan, EventProgress
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.platform.roles import Action
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF


@api.get("/v1/city/events", tag="events", caller=STAFF, action=Action.SEE, returns={200: views.CityEvents})
async def list_city_events(call: TypedRequest[None, Services]) -> TypedResponse:
    """The city's own events with their progress, planned and ended ones too; the one that starts last comes first."""
    now, found = call.services.clock(), await call.services.city.events.list(call.staff.municipality)
    return TypedResponse(200, views.CityEvents(events=[views.CityEventView.of(one, now) for one in found]))


@api.post(
    "/v1/city/events",
    tag="events",
    caller=STAFF,
    action=Action.PLAN_EVENTS,
    body=asked.EventWanted,
    returns={201: views.CityEventView},
    refuses=("bad-event", "event-exists", "unknown-municipality"),
)
async def plan_event(call: TypedRequest[asked.EventWanted, Services]) -> TypedResponse:
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
    returns={200: views.CityEventView},
    refuses=("unknown-event",),
)
async def get_city_event(call: TypedRequest[None, Services, None, EventPath]) -> TypedResponse:
    """One of the city's own events."""
    return _event(call, await call.services.city.events.get(call.staff.municipality, call.path.event_id))


@api.put(
    "/v1/city/events/{event_id}",
    tag="events",
    caller=STAFF,
    action=Action.PLAN_EVENTS,
    path=EventPath,
    body=asked.EventChanged,
    returns={200: views.CityEventView},
    refuses=("unknown-event", "bad-event", "event-begun", "event-state", "unknown-municipality"),
)
async def change_event(call: TypedRequest[asked.EventChanged, Services, None, EventPath]) -> TypedResponse:
    """Change an event before its start. One that is shown is planned again: it has to be shown anew."""
    plan = EventPlan(**call.body.model_dump())
    return _event(call, await call.services.city.events.change(call.staff, call.path.event_id, plan))


@api.post(
    "/v1/city/events/{event_id}/showing",
    tag="events",
    caller=STAFF,
    action=Action.DECIDE_EVENTS,
    path=EventPath,
    body=ReasonGiven,
    returns={200: views.CityEventView},
    refuses=("unknown-event", "event-state", "event-over", "reason-missing"),
)
async def show_event(call: TypedRequest[ReasonGiven, Services, None, EventPath]) -> TypedResponse:
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
    returns={200: views.CityEventView},
    refuses=("unknown-event", "event-state", "reason-missing"),
)
async def end_event(call: TypedRequest[ReasonGiven, Services, None, EventPath]) -> TypedResponse:
    """End an event early: its goal and its rule decide at once; shares move in the background."""
    return _event(call, await call.services.city.events.end(call.staff, call.path.event_id, call.body.reason))


def _event(
    call: TypedRequest[Any, Services, Any, Any], seen: EventProgress, status: int = 200
) -> TypedResponse:
    return TypedResponse(status, views.CityEventView.of(seen, call.services.clock()))
