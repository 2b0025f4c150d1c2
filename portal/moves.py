"""Out of the reserve: to a municipality's points (各自治体ポイントへの移行) or to a support event.

Points, then a page that says in words what will happen, then done. The id of the move is in the confirm page's
address from the moment the amount was typed: the back button finds the same id, and the gateway makes one of two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id
from portal.places import service_of, services_in
from portal.trouble import Trouble
from portal.visits import Pages, Visit

pages = Pages()

_POINTS: Final = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where the points shall go. `fields` name it in forms and addresses."""

    path: str
    name: str
    municipality_name: str
    fields: dict[str, str]
    history: str

    @property
    def is_event(self) -> bool:
        return "event_id" in self.fields

    @property
    def query(self) -> str:
        return urlencode(self.fields)


@pages.get("/allocate")
async def choose_municipality(visit: Visit) -> web.Response:
    """留保ポイントを個別自治体ポイントに移行: the municipality first."""
    return visit.show(
        "choose_service.html",
        choice="allocate",
        back="/mypage",
        action="/allocate",
        link="/allocate/points?",
        **await services_in(visit),
    )


@pages.get("/contribute")
async def choose_event(visit: Visit) -> web.Response:
    """留保ポイントを個別特定支援イベントに移行: the event first."""
    return visit.show("events.html", events=(await visit.api("GET", "/v1/events"))["events"])


@pages.get("/allocate/points")
@pages.get("/contribute/points")
async def points(visit: Visit) -> web.Response:
    goal = await _goal(visit, visit.request.query)
    return await _points_page(visit, goal, trouble=None, typed=visit.asked("points"))


@pages.get("/allocate/confirm")
@pages.get("/contribute/confirm")
async def check(visit: Visit) -> web.Response:
    """The page before: nothing has moved yet."""
    goal = await _goal(visit, visit.request.query)
    typed, move_id = visit.asked("points"), visit.asked("id")
    available = await _available(visit)
    if not _POINTS.fullmatch(typed):
        said = Trouble("ポイント数を読み取れません", "1以上の半角数字で入力してください。", 422)
        return await _points_page(visit, goal, trouble=said, typed=typed)
    if int(typed) > available:
        said = Trouble("ポイントが足りません", "移行できるポイント数を確認してください。", 409)
        # A move that was made under this id already took them: then its outcome is what to show.
        if not UUID.fullmatch(move_id):
            return await _points_page(visit, goal, trouble=said, typed=typed)
    return visit.show(
        "move_confirm.html",
        goal=goal,
        points=int(typed),
        move_id=move_id or fresh_id(),
        available=available,
    )


@pages.post("/allocate")
@pages.post("/contribute")
async def move(visit: Visit) -> web.Response:
    goal = await _goal(visit, visit.typed)
    name, address = (
        ("contribution_id", "/v1/contributions") if goal.is_event else ("allocation_id", "/v1/allocations")
    )
    typed = visit.typed.get("points", "")
    body: dict[str, Any] = goal.fields | {name: visit.typed.get("id", "")}
    body["points"] = int(typed) if _POINTS.fullmatch(typed) else 0
    try:
        receipt = await visit.api("POST", address, body=body)
    except Problem as problem:
        if problem.word not in (
            "not-enough-points",
            "points-expired-there",
            "body-invalid",
            "event-not-open",
        ):
            raise
        return await _points_page(visit, goal, trouble=visit.trouble(problem), typed=typed)
    return visit.go(f"{goal.path}/done", **goal.fields, seq=str(receipt["seq"]))


@pages.get("/allocate/done")
@pages.get("/contribute/done")
async def done(visit: Visit) -> web.Response:
    """What was moved, read from the history: a reload asks for nothing new."""
    goal = await _goal(visit, visit.request.query)
    seq = visit.asked("seq")
    if not re.fullmatch(r"[0-9]{1,15}", seq):
        raise web.HTTPNotFound
    page = await visit.api("GET", f"/v1{goal.history}", query={"before": str(int(seq) + 1), "limit": "1"})
    line = page["lines"][0] if page["lines"] and str(page["lines"][0]["seq"]) == seq else None
    if line is None:
        raise web.HTTPNotFound
    return visit.show("move_done.html", goal=goal, line=line)


async def _points_page(visit: Visit, goal: Goal, *, trouble: Trouble | None, typed: str) -> web.Response:
    return visit.show(
        "move_points.html",
        status=trouble.status if trouble else 200,
        goal=goal,
        available=await _available(visit),
        trouble=trouble,
        typed=typed,
        move_id=fresh_id(),
    )


async def _available(visit: Visit) -> int:
    return int((await visit.api("GET", "/v1/balances"))["reserve"]["available"])


async def _goal(visit: Visit, given: Any) -> Goal:
    if visit.request.path.startswith("/contribute"):
        wanted = given.get("event_id", "")
        for event in (await visit.api("GET", "/v1/events"))["events"]:
            if event["event_id"] == wanted:
                return Goal(
                    path="/contribute",
                    name=event["name"],
                    municipality_name="",
                    fields={"event_id": wanted},
                    history=f"/history/events/{wanted}",
                )
        raise web.HTTPNotFound
    code, service = given.get("municipality", ""), given.get("point_service", "")
    found = await service_of(visit, code, service)
    return Goal(
        path="/allocate",
        name=found["name"],
        municipality_name=found["municipality_name"],
        fields={"municipality": code, "point_service": service},
        history=f"/history/municipal/{code}/{service}",
    )
