"""Out of the reserve: to a municipality's points (各自治体ポイントへの移行) or to a support event.

Points, then a page that says in words what will happen, then done. The id of the move is in the confirm page's
address from the moment the amount was typed: the back button finds the same id, and the gateway makes one of two.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from pagekit.api import Call, Problem
from pagekit.ids import UUID, fresh_id
from pagekit.typed_text import number
from point_gateway_client import calls, models
from portal.error_messages import ErrorMessage
from portal.municipality_search import service_of, services_in
from portal.past_exchanges import MAX_EXCHANGES_READ, destinations_used_often
from portal.site import Pages, Visit

pages = Pages()

MOVED_COOKIE: Final = "moved"
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
    name_kana: str = ""
    name_romaji: str = ""
    municipality_kana: str = ""
    municipality_romaji: str = ""
    given_back: bool = False
    """The points return to the reserve where the event's goal is missed."""

    @property
    def is_event(self) -> bool:
        return "event_id" in self.fields

    @property
    def query(self) -> str:
        return urlencode(self.fields)

    def move(self, move_id: str, points: int) -> Call[models.ReceiptView]:
        """The call that moves the points there."""
        if self.is_event:
            return calls.contribute(contribution_id=move_id, points=points, event_id=self.fields["event_id"])
        return calls.allocate(
            allocation_id=move_id,
            points=points,
            municipality=self.fields["municipality"],
            point_service=self.fields["point_service"],
        )

    def line(self, seq: int) -> Call[models.HistoryPage]:
        """The call for one line of its history."""
        if self.is_event:
            return calls.event_history(self.fields["event_id"], before=seq + 1, limit=1)
        return calls.municipal_history(
            self.fields["municipality"], self.fields["point_service"], before=seq + 1, limit=1
        )


@pages.get("/allocate")
async def choose_municipality(visit: Visit) -> web.Response:
    """留保ポイントを個別自治体ポイントに移行: the municipality first."""
    return visit.render(
        "choose_service.html",
        choice="allocate",
        back="/mypage",
        action="/allocate",
        link="/allocate/points?",
        often=await _used_often(visit),
        **await services_in(visit),
    )


async def _used_often(visit: Visit) -> list[models.PointServiceView]:
    """よく使う移行先, without those that are gone."""
    past, lines = await asyncio.gather(
        visit.send(calls.list_exchanges(limit=MAX_EXCHANGES_READ)),
        visit.send(calls.reserve_history(limit=MAX_EXCHANGES_READ)),
    )
    services = []
    for chosen in destinations_used_often(past.exchanges, lines.lines):
        listed = await visit.send(calls.list_point_services(municipality=chosen.municipality))
        services += [each for each in listed.point_services if each.point_service == chosen.point_service]
    return services


@pages.get("/contribute")
async def choose_event(visit: Visit) -> web.Response:
    """留保ポイントを個別特定支援イベントに移行: the event first."""
    return visit.render("events.html", events=(await visit.send(calls.list_events())).events)


@pages.get("/allocate/points")
@pages.get("/contribute/points")
async def amount(visit: Visit) -> web.Response:
    if not _is_chosen(visit, visit.request.query):
        return visit.redirect(_choice(visit))
    goal = await _goal(visit, visit.request.query)
    return await _points_page(visit, goal, trouble=None, typed=visit.query("points"))


@pages.get("/allocate/confirm")
@pages.get("/contribute/confirm")
async def check(visit: Visit) -> web.Response:
    """The page before: nothing has moved yet. After the move it leads to what was moved."""
    if not _is_chosen(visit, visit.request.query):
        return visit.redirect(_choice(visit))
    goal = await _goal(visit, visit.request.query)
    typed, move_id = visit.query("points"), visit.query("id")
    done_id, _, seq = visit.request.cookies.get(visit.site.cookie(MOVED_COOKIE), "").partition(".")
    if move_id and done_id == move_id and re.fullmatch(_SEQ, seq):
        return visit.redirect(f"{goal.path}/done", **goal.fields, seq=seq)
    available, points = await _available(visit), number(typed)
    if not points:
        return await _points_page(visit, goal, trouble=POINTS_UNREADABLE, typed=typed)
    if points > available:
        return await _points_page(visit, goal, trouble=_not_enough(visit, available), typed=typed)
    return visit.render(
        "move_confirm.html",
        goal=goal,
        points=points,
        move_id=move_id if UUID.fullmatch(move_id) else fresh_id(),
        available=available,
    )


@pages.post("/allocate")
@pages.post("/contribute")
async def move(visit: Visit) -> web.Response:
    if not _is_chosen(visit, visit.form):
        return visit.redirect(_choice(visit))
    goal = await _goal(visit, visit.form)
    typed = visit.form.get("points", "")
    points = number(typed)
    if not points:
        return await _points_page(visit, goal, trouble=POINTS_UNREADABLE, typed=typed)
    try:
        receipt = await visit.send(goal.move(visit.form.get("id", ""), points))
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
    answer = visit.redirect(f"{goal.path}/done", **goal.fields, seq=str(receipt.seq))
    # The back button leads to the page before: there the id tells that the move was made.
    answer.set_cookie(
        visit.site.cookie(MOVED_COOKIE),
        f"{visit.form.get('id', '')}.{receipt.seq}",
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
    seq = visit.query("seq")
    if not re.fullmatch(_SEQ, seq):
        raise web.HTTPNotFound
    lines = (await visit.send(goal.line(int(seq)))).lines
    if not lines or str(lines[0].seq) != seq:
        raise web.HTTPNotFound
    return visit.render("move_done.html", goal=goal, line=lines[0])


async def _points_page(visit: Visit, goal: Goal, *, trouble: ErrorMessage | None, typed: str) -> web.Response:
    return visit.render(
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
    return (await visit.send(calls.balances())).reserve.available


def _choice(visit: Visit) -> str:
    """Where the goal is chosen: one that is missing is asked for, never assumed."""
    return "/contribute" if visit.request.path.startswith("/contribute") else "/allocate"


def _is_chosen(visit: Visit, values: Mapping[str, str]) -> bool:
    names = ("event_id",) if _choice(visit) == "/contribute" else ("municipality", "point_service")
    return all(values.get(name) for name in names)


async def _goal(visit: Visit, values: Mapping[str, str]) -> Goal:
    """The goal that a query or a form names. Raises 404 for one that is not there."""
    if visit.request.path.startswith("/contribute"):
        event_id = values.get("event_id", "")
        for event in (await visit.send(calls.list_events())).events:
            if event.event_id == event_id:
                return Goal(
                    path="/contribute",
                    name=event.name,
                    municipality_name="",
                    fields={"event_id": event_id},
                    history=f"/history/events/{event_id}",
                    given_back=bool(event.goal_points) and event.on_failure == "give_back",
                )
        raise Problem("unknown-event", 404)
    code, point_service = values.get("municipality", ""), values.get("point_service", "")
    service = await service_of(visit, code, point_service)
    return Goal(
        path="/allocate",
        name=service.name,
        municipality_name=service.municipality_name,
        name_kana=service.name_kana,
        name_romaji=service.name_romaji,
        municipality_kana=service.municipality_kana,
        municipality_romaji=service.municipality_romaji,
        fields={"municipality": code, "point_service": point_service},
        history=f"/history/municipal/{code}/{point_service}",
    )
