"""Support events (特定支援イベント): planned by one, shown to members by another, followed to their goal, ended."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from municipal.error_messages import NO_DAY, NO_NUMBER, ErrorMessage
from municipal.forms import beside, day, number, status
from municipal.labels import GIVERS, ON_FAILURE, OUTCOMES
from municipal.site import Pages, Visit
from pagekit.api import Problem

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "planned": "イベントを登録しました。公開するまで、利用者には表示されません。",
    "changed": "イベントを変更しました。公開するには、もう一度公開の操作が必要です。",
    "shown": "イベントを公開しました。",
    "ended": "イベントを終了しました。",
}
STATES: Final[dict[str, str]] = {"planned": "公開前", "shown": "公開中", "ended": "終了"}
FIELDS: Final = ("name", "purpose", "goal_points", "starts_on", "ends_on", "givers", "on_failure")
_EVENT: Final = r"{event:[a-z0-9][a-z0-9-]{0,39}}"
_DECISIONS: Final = {"show": ("showing", "shown"), "end": ("end", "ended")}


@pages.get("/events")
async def listed(visit: Visit) -> web.Response:
    found = (await visit.api("GET", "/v1/city/events"))["events"]
    return visit.show("events.html", events=found, states=STATES)


@pages.get("/events/new", needs="plan_events")
async def new(visit: Visit) -> web.Response:
    return _form(visit, None, {"givers": "everybody", "on_failure": "keep"}, None)


@pages.post("/events/new", needs="plan_events")
async def plan(visit: Visit) -> web.Response:
    typed, read = dict(visit.typed), _read(visit)
    if isinstance(read, ErrorMessage):
        return _form(visit, None, typed, read)
    try:
        made = await visit.api("POST", "/v1/city/events", body=read | {"own_id": typed.get("own_id", "")})
    except Problem as problem:
        return _form(visit, None, typed, beside(visit, problem))
    return visit.go(f"/events/{made['event_id']}", done="planned")


@pages.get(f"/events/{_EVENT}")
async def event(visit: Visit) -> web.Response:
    return await _page(visit, None)


@pages.get(f"/events/{_EVENT}/edit", needs="plan_events")
async def edit(visit: Visit) -> web.Response:
    found = await _event(visit)
    typed = {name: "" if found[name] is None else str(found[name]) for name in FIELDS}
    return _form(visit, found, typed, None)


@pages.post(f"/events/{_EVENT}/edit", needs="plan_events")
async def change(visit: Visit) -> web.Response:
    typed, read = dict(visit.typed), _read(visit)
    if isinstance(read, ErrorMessage):
        return _form(visit, await _event(visit), typed, read)
    try:
        await visit.api("PUT", f"/v1/city/events/{visit.part('event')}", body=read)
    except Problem as problem:
        return _form(visit, await _event(visit), typed, beside(visit, problem))
    return visit.go(f"/events/{visit.part('event')}", done="changed")


@pages.get(f"/events/{_EVENT}/{{deed:show|end}}", needs="decide_events")
async def decide_page(visit: Visit) -> web.Response:
    """What showing or ending means, before it is done."""
    return visit.show("event_decide.html", event=await _event(visit), deed=visit.part("deed"))


@pages.post(f"/events/{_EVENT}/{{deed:show|end}}", needs="decide_events")
async def decide(visit: Visit) -> web.Response:
    path, done = _DECISIONS[visit.part("deed")]
    try:
        body = {"reason": visit.typed.get("reason", "")}
        await visit.api("POST", f"/v1/city/events/{visit.part('event')}/{path}", body=body)
    except Problem as problem:
        return await _page(visit, beside(visit, problem))
    return visit.go(f"/events/{visit.part('event')}", done=done)


async def _event(visit: Visit) -> Any:
    return await visit.api("GET", f"/v1/city/events/{visit.part('event')}")


async def _page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    found = await _event(visit)
    return visit.show(
        "event.html",
        status=status(trouble),
        event=found,
        states=STATES,
        outcomes=OUTCOMES,
        givers=GIVERS,
        on_failure=ON_FAILURE,
        begun=found["starts_on"] <= visit.site.settings.clock().date().isoformat(),
        trouble=trouble,
        done=DONE.get(visit.asked("done"), ""),
    )


def _form(visit: Visit, found: Any, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    return visit.show(
        "event_form.html", status=status(trouble), event=found, givers=GIVERS, typed=typed, trouble=trouble
    )


def _read(visit: Visit) -> dict[str, Any] | ErrorMessage:
    """The form as the API takes it, or what is wrong with it."""
    typed = visit.typed
    starts, ends = day(typed.get("starts_on", "")), day(typed.get("ends_on", ""))
    if starts is None or ends is None:
        return NO_DAY
    goal = number(typed.get("goal_points", ""))
    if typed.get("goal_points") and not goal:
        return NO_NUMBER
    return {
        "name": typed.get("name", ""),
        "purpose": typed.get("purpose", "").replace("\r\n", "\n"),
        "goal_points": goal,
        "starts_on": starts.isoformat(),
        "ends_on": ends.isoformat(),
        "givers": typed.get("givers", ""),
        "on_failure": typed.get("on_failure", ""),
    }
