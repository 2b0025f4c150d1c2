"""特定支援イベント: what is being supported, how far it is, until when, and what becomes of the points if it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import web

from pagekit.typed_text import choice_of
from point_gateway_client import calls, models
from portal.site import Pages, Visit

pages = Pages()

PERIODS: Final[Mapping[Literal["open", "coming", "ended"], str]] = {
    "open": "受付中",
    "coming": "これから始まるもの",
    "ended": "終わったもの",
}
OUTCOMES: Final[dict[str, str]] = {
    "reached": "目標に届きました。集まったポイントはイベントに使われます。",
    "kept": "目標には届きませんでしたが、集まったポイントはイベントに使われます。",
    "given_back": "目標に届かなかったため、ポイントは応援した人の留保ポイントに戻されます。",
    "withdrawn": "このイベントは取りやめになりました。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an event is: `per_cent` is rounded down so that 100 means reached; the `bar` ends at its end."""

    per_cent: int
    bar: int
    left: int


@pages.get("/events", public=True)
async def event_list(visit: Visit) -> web.Response:
    period = choice_of(visit.query("period"), PERIODS) or "open"
    events = (await visit.send(calls.list_events(period=period))).events
    return visit.render(
        "support_events.html",
        events=[(event, progress(event)) for event in events],
        period=period,
        periods=PERIODS,
    )


@pages.get("/events/{event:[a-z0-9][a-z0-9-]{0,39}}", public=True)
async def one_event(visit: Visit) -> web.Response:
    event = await visit.send(calls.get_event(visit.path_param("event")))
    return visit.render(
        "support_event.html",
        event=event,
        progress=progress(event),
        outcome=OUTCOMES.get(event.outcome or ""),
    )


def progress(event: models.EventView) -> Progress | None:
    """How far an event with a goal is; None for one without."""
    if not event.goal_points:
        return None
    per_cent = event.given_points * 100 // event.goal_points
    left = max(event.goal_points - event.given_points, 0)
    return Progress(per_cent=per_cent, bar=min(per_cent, 100), left=left)
