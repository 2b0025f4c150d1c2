"""Support events (特定支援イベント) as members see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from gateway.api.fields import EventPath, View
from gateway.cities.events import EventProgress, seen
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.points import support_events
from gateway.services import Services

api = Api()


class EventsQuery(Strict):
    period: Literal["coming", "open", "ended"] = "open"


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


class Events(View):
    events: list[EventView]


@api.get(
    "/v1/events",
    tag="directory",
    caller=AuthLevel.CLIENT,
    query=EventsQuery,
    returns={200: Events},
)
async def list_events(call: TypedRequest[None, Services, EventsQuery]) -> TypedResponse:
    """Support events (特定支援イベント) with their progress; without `period` those that take points now.

    Of the open ones the one that ends first comes first; of ended ones the newest 200.
    """
    now, period = call.services.clock(), call.query.period

    def job(conn: Connection) -> list[EventProgress]:
        return seen(conn, support_events.shown(conn, now, period))

    events = await call.services.store.read(job)
    return TypedResponse(200, Events(events=[EventView.of(event, now) for event in events]))


@api.get(
    "/v1/events/{event_id}",
    tag="directory",
    caller=AuthLevel.CLIENT,
    path=EventPath,
    returns={200: EventView},
    refuses=("unknown-event",),
)
async def get_event(call: TypedRequest[None, Services, None, EventPath]) -> TypedResponse:
    """One support event with its progress, also after its end, when `outcome` says what became of the points."""
    now, event_id = call.services.clock(), call.path.event_id

    def job(conn: Connection) -> EventProgress:
        return seen(conn, [support_events.require_shown(conn, event_id)])[0]

    return TypedResponse(200, EventView.of(await call.services.store.read(job), now))


def _event_fields(seen: EventProgress, at: datetime) -> dict[str, Any]:
    event = seen.event
    return {
        "event_id": event.event_id, "name": event.name, "purpose": event.purpose,
        "municipality": event.municipality, "goal_points": event.goal_points, "starts_at": event.starts_at,
        "ends_at": event.ends_at, "period": event.period(at), "givers": event.givers,
        "on_failure": event.on_failure, "given_points": seen.given.points, "given_by": seen.given.givers,
        "outcome": event.outcome,
    }  # fmt: skip
