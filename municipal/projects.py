"""Grant projects (給付事業): the list with what is left of each budget, planning one, one member's grant, the venue's QR.

A grant goes over a page that says in words who gets what; its id was made when the form was drawn, so that a double
click, a reload or the back button grants once.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from municipal.error_messages import NO_DAY, NO_NUMBER, ErrorMessage
from municipal.forms import beside, day, number, status
from municipal.labels import services
from municipal.proposals import proposed
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id
from pagekit.qr import qr
from point_gateway_client import InputError

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "added": "給付事業を登録しました。",
    "budget": "予算を変更しました。",
    "closed": "受付を止めました。",
    "opened": "受付を再開しました。",
    "granted": "給付しました。利用者のマイページにすぐ表示されます。",
    "again": "この給付は先ほど済んでいます。二重には給付されていません。",
}
PROJECT: Final = r"{project:[a-z0-9][a-z0-9-]{0,39}}"


@pages.get("/projects")
async def listed(visit: Visit) -> web.Response:
    found = (await visit.api("GET", "/v1/city/projects"))["projects"]
    today = visit.site.settings.clock().date().isoformat()
    return visit.show("projects.html", projects=found, today=today)


@pages.get("/projects/new", needs="plan_grants")
async def new(visit: Visit) -> web.Response:
    today = visit.site.settings.clock().date()
    return await _new_page(visit, {"starts_on": today.isoformat()}, None)


@pages.post("/projects/new", needs="plan_grants")
async def add(visit: Visit) -> web.Response:
    typed = dict(visit.typed)
    starts, ends = day(typed.get("starts_on", "")), day(typed.get("ends_on", ""))
    points, budget = number(typed.get("points_each", "")), number(typed.get("budget", ""))
    if starts is None or ends is None:
        return await _new_page(visit, typed, NO_DAY)
    if points is None or budget is None:
        return await _new_page(visit, typed, NO_NUMBER)
    body = {
        "project_id": typed.get("project_id", ""),
        "point_service": typed.get("point_service", ""),
        "name": typed.get("name", ""),
        "place": typed.get("place", ""),
        "content": typed.get("content", "").replace("\r\n", "\n"),
        "starts_on": starts.isoformat(),
        "ends_on": ends.isoformat(),
        "points_each": points,
        "budget": budget,
        "venue": typed.get("venue") == "yes",
        "most_grants_each": number(typed.get("most_grants_each", "")),
        "most_points_each": number(typed.get("most_points_each", "")),
        "reason": typed.get("reason", ""),
    }
    try:
        made = await visit.api("POST", "/v1/city/projects", body=body)
    except Problem as problem:
        return await _new_page(visit, typed, beside(visit, problem))
    return proposed(visit, made) or visit.go(f"/projects/{made['project_id']}", done="added")


@pages.get(f"/projects/{PROJECT}")
async def project(visit: Visit) -> web.Response:
    found, files = await asyncio.gather(
        _project(visit),
        visit.api("GET", "/v1/city/files", query={"project_id": visit.part("project")}),
    )
    today = visit.site.settings.clock().date().isoformat()
    return visit.show(
        "project.html",
        project=found,
        files=files["files"],
        today=today,
        done=DONE.get(visit.asked("done"), ""),
    )


@pages.get(f"/projects/{PROJECT}/budget", needs="plan_grants")
async def budget_page(visit: Visit) -> web.Response:
    found = await _project(visit)
    return visit.show("budget.html", project=found, trouble=None, typed={"budget": str(found["budget"])})


@pages.post(f"/projects/{PROJECT}/budget", needs="plan_grants")
async def change_budget(visit: Visit) -> web.Response:
    budget, trouble = number(visit.typed.get("budget", "")), NO_NUMBER
    if budget is not None:
        try:
            body = {"budget": budget, "reason": visit.typed.get("reason", "")}
            answer = await visit.api("PUT", f"/v1/city/projects/{visit.part('project')}/budget", body=body)
        except Problem as problem:
            trouble = beside(visit, problem)
        else:
            return proposed(visit, answer) or visit.go(f"/projects/{visit.part('project')}", done="budget")
    return visit.show(
        "budget.html", status=422, project=await _project(visit), trouble=trouble, typed=visit.typed
    )


@pages.get(f"/projects/{PROJECT}/open", needs="plan_grants")
async def open_page(visit: Visit) -> web.Response:
    return visit.show("project_open.html", project=await _project(visit), trouble=None, typed={})


@pages.post(f"/projects/{PROJECT}/open", needs="plan_grants")
async def set_open(visit: Visit) -> web.Response:
    wanted = visit.typed.get("open") == "yes"
    try:
        body = {"open": wanted, "reason": visit.typed.get("reason", "")}
        await visit.api("PUT", f"/v1/city/projects/{visit.part('project')}/open", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.show(
            "project_open.html",
            status=trouble.status,
            project=await _project(visit),
            trouble=trouble,
            typed=visit.typed,
        )
    return visit.go(f"/projects/{visit.part('project')}", done="opened" if wanted else "closed")


# --- one member --------------------------------------------------------------------------------------------------


@pages.get(f"/projects/{PROJECT}/grant", needs="grant")
async def grant_page(visit: Visit) -> web.Response:
    found = await _project(visit)
    return _grant_form(visit, found, {"points": str(found["points_each"]), "grant_id": fresh_id()}, None)


@pages.post(f"/projects/{PROJECT}/grant/confirm", needs="grant")
async def grant_confirm(visit: Visit) -> web.Response:
    """Who it is and how many points, before anything moves. POST, so that no MyKey ID stands in an address."""
    found, typed = await _project(visit), dict(visit.typed)
    points = number(typed.get("points", ""))
    if not UUID.fullmatch(typed.get("grant_id", "")):
        typed["grant_id"] = fresh_id()
    if not points:
        return _grant_form(visit, found, typed, NO_NUMBER)
    try:
        member = await member_of(visit, typed.get("mykey_id", ""))
    except Problem as problem:
        return _grant_form(visit, found, typed, beside(visit, problem))
    return visit.show(
        "grant_confirm.html",
        project=found,
        member=member,
        points=points,
        typed=typed | {"points": str(points)},
    )


@pages.post(f"/projects/{PROJECT}/grant", needs="grant")
async def grant(visit: Visit) -> web.Response:
    typed, project_id = dict(visit.typed), visit.part("project")
    body = {
        "grant_id": typed.get("grant_id", ""),
        "mykey_id": typed.get("mykey_id", ""),
        "points": number(typed.get("points", "")) or 0,
        "note": typed.get("note", ""),
    }
    try:
        told = await visit.api("POST", f"/v1/city/projects/{project_id}/grants", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        if problem.word == "id-reused":
            typed["grant_id"] = fresh_id()
        return _grant_form(visit, await _project(visit), typed, trouble)
    waits = proposed(visit, told)
    if waits is not None:
        return waits
    return visit.go(f"/projects/{project_id}", done="again" if told["replayed"] else "granted")


@pages.get(f"/projects/{PROJECT}/venue", needs="grant")
async def venue(visit: Visit) -> web.Response:
    """Today's QR of the venue, large, for a screen or for printing."""
    found = await _project(visit)
    try:
        code = await visit.api("GET", f"/v1/city/projects/{visit.part('project')}/venue-code")
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.show(
            "venue.html", status=trouble.status, project=found, code=None, picture="", trouble=trouble
        )
    picture = qr(code["venue_code"], visit.speech.plain("会場のQRコード"))
    return visit.show("venue.html", project=found, code=code, picture=picture, trouble=None)


# --- a member's balances -------------------------------------------------------------------------------------------


@pages.get("/members", needs="see_member")
async def members(visit: Visit) -> web.Response:
    return visit.show("members.html", member=None, names={}, trouble=None, typed={})


@pages.post("/members", needs="see_member")
async def look_up(visit: Visit) -> web.Response:
    """By MyKey ID; only who has the city's points or has chosen the city is found."""
    try:
        member = await member_of(visit, visit.typed.get("mykey_id", ""))
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.show(
            "members.html", status=trouble.status, member=None, names={}, trouble=trouble, typed=visit.typed
        )
    names = {values["point_service"]: values["name"] for values in await services(visit)}
    return visit.show("members.html", member=member, names=names, trouble=None, typed=visit.typed)


async def member_of(visit: Visit, typed: str) -> Any:
    """Raises Problem for what is nobody here."""
    plain = "".join(letter for letter in typed.upper() if letter.isalnum() and letter.isascii())
    if not 0 < len(plain) <= 40:
        raise Problem("unknown-member", 404, errors=(InputError("#/mykey_id", ""),))
    return await visit.api("GET", f"/v1/city/members/{plain}")


async def _project(visit: Visit) -> Any:
    return await visit.api("GET", f"/v1/city/projects/{visit.part('project')}")


async def _new_page(visit: Visit, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    open_ones = [values for values in await services(visit) if not values["closed_at"]]
    return visit.show(
        "project_new.html", status=status(trouble), typed=typed, trouble=trouble, services=open_ones
    )


def _grant_form(
    visit: Visit, project: Any, typed: dict[str, str], trouble: ErrorMessage | None
) -> web.Response:
    return visit.show("grant.html", status=status(trouble), project=project, typed=typed, trouble=trouble)
