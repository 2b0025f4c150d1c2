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
from pagekit.typed_text import number
from portal.error_messages import ErrorMessage
from portal.municipality_search import service_of, services_in
from portal.site import Pages, Visit

pages = Pages()

_MOVED: Final = "moved"
_SEQ: Final = r"[0-9]{1,15}"
POINTS_UNREADABLE: Final = ErrorMessage(
    "ポイント数を入力してください", "ポイント数は1以上の整数で入力してください。", 422, field="points"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where the points shall go. `fields` name it in forms and addresses."""

    path: str
    name: str
    municipality_name: str
    fields: dict[str, str]
    history: str
    given_back: bool = False
    """The points return to the reserve where the event's goal is missed."""

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
    """The page before: nothing has moved yet. After the move it leads to what was moved."""
    goal = await _goal(visit, visit.request.query)
    typed, move_id = visit.asked("points"), visit.asked("id")
    done_id, _, seq = visit.request.cookies.get(visit.site.cookie(_MOVED), "").partition(".")
    if move_id and done_id == move_id and re.fullmatch(_SEQ, seq):
        return visit.go(f"{goal.path}/done", **goal.fields, seq=seq)
    available, wanted = await _available(visit), number(typed)
    if not wanted:
        return await _points_page(visit, goal, trouble=POINTS_UNREADABLE, typed=typed)
    if wanted > available:
        return await _points_page(visit, goal, trouble=_not_enough(visit, available), typed=typed)
    return visit.show(
        "move_confirm.html",
        goal=goal,
        points=wanted,
        move_id=move_id if UUID.fullmatch(move_id) else fresh_id(),
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
    body["points"] = number(typed) or 0
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
        trouble = visit.trouble(problem)
        if problem.word == "not-enough-points":
            trouble = _not_enough(visit, await _available(visit))
        return await _points_page(visit, goal, trouble=trouble, typed=typed)
    answer = visit.go(f"{goal.path}/done", **goal.fields, seq=str(receipt["seq"]))
    # The back button leads to the page before: there the id tells that the move was made.
    answer.set_cookie(
        visit.site.cookie(_MOVED),
        f"{visit.typed.get('id', '')}.{receipt['seq']}",
        path="/",
        httponly=True,
        samesite="Lax",
        secure=visit.site.settings.https,
    )
    return answer


@pages.get("/allocate/done")
@pages.get("/contribute/done")
async def done(visit: Visit) -> web.Response:
    """What was moved, read from the history: a reload asks for nothing new."""
    goal = await _goal(visit, visit.request.query)
    seq = visit.asked("seq")
    if not re.fullmatch(_SEQ, seq):
        raise web.HTTPNotFound
    page = await visit.api("GET", f"/v1{goal.history}", query={"before": str(int(seq) + 1), "limit": "1"})
    line = page["lines"][0] if page["lines"] and str(page["lines"][0]["seq"]) == seq else None
    if line is None:
        raise web.HTTPNotFound
    return visit.show("move_done.html", goal=goal, line=line)


async def _points_page(visit: Visit, goal: Goal, *, trouble: ErrorMessage | None, typed: str) -> web.Response:
    return visit.show(
        "move_points.html",
        status=trouble.status if trouble else 200,
        goal=goal,
        available=await _available(visit),
        trouble=trouble,
        typed=typed,
        move_id=fresh_id(),
    )


def _not_enough(visit: Visit, available: int) -> ErrorMessage:
    return ErrorMessage(
        "ポイントが足りません",
        "移行できるのは %(available)s ポイントまでです。",
        409,
        {"available": visit.speech.fact(available)},
        "points",
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
                    given_back=bool(event["goal_points"]) and event["on_failure"] == "give_back",
                )
        raise web.HTTPNotFound
    code, service = given.get("municipality", ""), given.get("point_service", "")
    values = await service_of(visit, code, service)
    return Goal(
        path="/allocate",
        name=values["name"],
        municipality_name=values["municipality_name"],
        fields={"municipality": code, "point_service": service},
        history=f"/history/municipal/{code}/{service}",
    )
