"""Support events (特定支援イベント): planned by one, shown to members by another, followed to their goal, ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from aiohttp import web

from municipal.error_messages import NO_DAY, ErrorMessage, no_number
from municipal.forms import (
    beside,
    chosen,
    day,
    differences,
    drawn_again,
    number,
    status,
    text_of,
    without_day,
)
from municipal.labels import GIVERS, ON_FAILURE, OUTCOMES
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.ids import fresh_name
from point_gateway_client import calls, models

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "planned": "イベントを登録しました。公開するまで、利用者には表示されません。",
    "changed": "イベントを変更しました。公開するには、もう一度公開の操作が必要です。",
    "shown": "イベントを公開しました。",
    "ended": "イベントを終了しました。",
}
STATES: Final[dict[str, str]] = {"planned": "公開前", "shown": "公開中", "ended": "終了"}
FIELDS: Final = ("name", "purpose", "goal_points", "starts_on", "ends_on", "givers", "on_failure")
LABELS: Final = {
    "name": "イベントの名前",
    "purpose": "目的",
    "goal_points": "目標（ポイント）",
    "starts_on": "開始日",
    "ends_on": "終了日",
    "givers": "寄せられる人",
    "on_failure": "目標に届かなかったとき",
}
_EVENT: Final = r"{event:[a-z0-9][a-z0-9-]{0,39}}"
_GIVERS: Final[tuple[Literal["everybody", "city"], ...]] = ("everybody", "city")
_ON_FAILURE: Final[tuple[Literal["keep", "give_back"], ...]] = ("keep", "give_back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a form says of an event, read."""

    name: str
    purpose: str
    goal_points: int | None
    starts_on: date
    ends_on: date


@pages.get("/events")
async def event_list(visit: Visit) -> web.Response:
    events = (await visit.send(calls.list_city_events())).events
    return visit.render("events.html", events=events, states=STATES)


@pages.get("/events/new", needs="plan_events")
async def new(visit: Visit) -> web.Response:
    return _form(visit, None, {"givers": "everybody", "on_failure": "keep", "own_id": fresh_name("e")}, None)


@pages.post("/events/new", needs="plan_events")
async def plan(visit: Visit) -> web.Response:
    typed, read = dict(visit.form), _read(visit)
    if isinstance(read, ErrorMessage):
        return _form(visit, None, typed, read)
    try:
        event = await visit.send(
            calls.plan_event(
                own_id=typed.get("own_id", ""),
                name=read.name,
                purpose=read.purpose,
                goal_points=read.goal_points,
                starts_on=read.starts_on,
                ends_on=read.ends_on,
                givers=chosen(typed, "givers", _GIVERS),
                on_failure=chosen(typed, "on_failure", _ON_FAILURE),
            )
        )
    except Problem as problem:
        return _form(visit, None, typed, beside(visit, problem))
    return visit.redirect(f"/events/{event.event_id}", done="planned")


@pages.get(f"/events/{_EVENT}")
async def event_page(visit: Visit) -> web.Response:
    return await _page(visit, None)


@pages.get(f"/events/{_EVENT}/edit", needs="plan_events")
async def edit(visit: Visit) -> web.Response:
    event = await _event(visit)
    typed = {name: text_of(event, name) for name in FIELDS} | {"seen": event.version}
    return _form(visit, event, typed, None)


@pages.post(f"/events/{_EVENT}/edit", needs="plan_events")
async def change(visit: Visit) -> web.Response:
    typed, read = dict(visit.form), _read(visit)
    if isinstance(read, ErrorMessage):
        return _form(visit, await _event(visit), typed, read)
    try:
        await visit.send(
            calls.change_event(
                visit.path_param("event"),
                name=read.name,
                purpose=read.purpose,
                goal_points=read.goal_points,
                starts_on=read.starts_on,
                ends_on=read.ends_on,
                givers=chosen(typed, "givers", _GIVERS),
                on_failure=chosen(typed, "on_failure", _ON_FAILURE),
                seen=typed.get("seen"),
            )
        )
    except Problem as problem:
        event, trouble = await _event(visit), beside(visit, problem)
        return _form(visit, event, drawn_again(trouble, event, typed), trouble)
    return visit.redirect(f"/events/{visit.path_param('event')}", done="changed")


@pages.get(f"/events/{_EVENT}/{{deed:show|end}}", needs="decide_events")
async def decide_page(visit: Visit) -> web.Response:
    """What showing or ending means, before it is done."""
    return await _decide_page(visit, None)


@pages.post(f"/events/{_EVENT}/{{deed:show|end}}", needs="decide_events")
async def decide(visit: Visit) -> web.Response:
    shows = visit.path_param("deed") == "show"
    make_call = calls.show_event if shows else calls.end_event
    try:
        await visit.send(make_call(visit.path_param("event"), reason=visit.form.get("reason", "")))
    except Problem as problem:
        return await _decide_page(visit, beside(visit, problem))
    return visit.redirect(f"/events/{visit.path_param('event')}", done="shown" if shows else "ended")


async def _decide_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "event_decide.html",
        status=status(trouble),
        event=await _event(visit),
        deed=visit.path_param("deed"),
        trouble=trouble,
    )


async def _event(visit: Visit) -> models.CityEventView:
    return await visit.send(calls.get_city_event(visit.path_param("event")))


async def _page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    event = await _event(visit)
    return visit.render(
        "event.html",
        status=status(trouble),
        event=event,
        states=STATES,
        outcomes=OUTCOMES,
        givers=GIVERS,
        on_failure=ON_FAILURE,
        begun=event.starts_on <= visit.site.settings.clock().date(),
        trouble=trouble,
        done=DONE.get(visit.query("done"), ""),
    )


def _form(
    visit: Visit, event: models.CityEventView | None, typed: dict[str, str], trouble: ErrorMessage | None
) -> web.Response:
    return visit.render(
        "event_form.html",
        status=status(trouble),
        event=event,
        givers=GIVERS,
        typed=typed,
        trouble=trouble,
        differences=differences(
            trouble,
            LABELS,
            event,
            typed,
            givers=visit.speech.labels(GIVERS),
            on_failure=visit.speech.labels(ON_FAILURE),
        )
        if event
        else [],
    )


def _read(visit: Visit) -> Plan | ErrorMessage:
    """What the form says, or what is wrong with it."""
    typed = visit.form
    starts, ends = day(typed.get("starts_on", "")), day(typed.get("ends_on", ""))
    if starts is None or ends is None:
        return without_day(typed, "starts_on", "ends_on") or NO_DAY
    goal = number(typed.get("goal_points", ""))
    if typed.get("goal_points") and not goal:
        return no_number("goal_points")
    return Plan(
        name=typed.get("name", ""),
        purpose=typed.get("purpose", "").replace("\r\n", "\n"),
        goal_points=goal,
        starts_on=starts,
        ends_on=ends,
    )
