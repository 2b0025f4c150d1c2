"""特定支援イベント: what is being supported, how far it is, until when, and what becomes of the points if it fails."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from portal.site import Pages, Visit

pages = Pages()

PERIODS: Final[dict[str, str]] = {"open": "受付中", "coming": "これから始まるもの", "ended": "終わったもの"}
OUTCOMES: Final[dict[str, str]] = {
    "reached": "目標に届きました。集まったポイントはイベントに使われます。",
    "kept": "目標には届きませんでしたが、集まったポイントはイベントに使われます。",
    "given_back": "目標に届かなかったため、ポイントは応援した人の留保ポイントに戻されます。",
    "withdrawn": "このイベントは取りやめになりました。",
}


@pages.get("/events", public=True)
async def listed(visit: Visit) -> web.Response:
    wanted = visit.asked("period")
    period = wanted if wanted in PERIODS else "open"
    found = (await visit.api("GET", "/v1/events", query={"period": period}))["events"]
    return visit.show(
        "support_events.html",
        events=[one | {"progress": progress(one)} for one in found],
        period=period,
        periods=PERIODS,
    )


@pages.get("/events/{event:[a-z0-9][a-z0-9-]{0,39}}", public=True)
async def event(visit: Visit) -> web.Response:
    found = await visit.api("GET", f"/v1/events/{visit.part('event')}")
    return visit.show(
        "support_event.html",
        event=found,
        progress=progress(found),
        outcome=OUTCOMES.get(found["outcome"] or ""),
    )


def progress(event: dict[str, Any]) -> dict[str, int] | None:
    """How far an event with a goal is: per cent, rounded down so that 100 means reached; the bar ends at its end."""
    goal = event["goal_points"]
    if not goal:
        return None
    per_cent = event["given_points"] * 100 // goal
    return {"per_cent": per_cent, "bar": min(per_cent, 100), "left": max(goal - event["given_points"], 0)}
