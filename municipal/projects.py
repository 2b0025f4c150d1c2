"""Grant projects (給付事業): the list with what is left of each budget, planning one, one member's grant, the venue's QR.

A grant goes over a page that says in words who gets what; its id was made when the form was drawn, so that a double
click, a reload or the back button grants once.
"""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

from municipal.error_messages import ErrorMessage, no_number
from municipal.forms import (
    beside,
    day,
    differences,
    drawn_again,
    number,
    optional_number,
    status,
    without_day,
    without_number,
)
from municipal.labels import services
from municipal.proposals import proposed, to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id, fresh_name
from pagekit.qr import qr
from pagekit.typed_text import code
from point_gateway_client import InputError, calls, models

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "added": "給付事業を登録しました。",
    "budget": "予算を変更しました。",
    "closed": "受付を止めました。",
    "opened": "受付を再開しました。",
    "granted": "給付しました。利用者のマイページにすぐ表示されます。",
    "again": "この給付は先ほど済んでいます。二重には給付されていません。",
}
_BELOW_GRANTED: Final = (
    "予算を、給付した分より少なくはできません",
    "給付済みと承認済みのポイントの合計以上の予算を入力してください。",
)
LIMITS: Final = ("most_grants_each", "most_points_each", "venue_points_a_day")
BUDGET: Final = {"budget": "予算（ポイント）", "venue_points_a_day": "会場の1日の上限（ポイント）"}
PROJECT: Final = r"{project:[a-z0-9][a-z0-9-]{0,39}}"


@pages.get("/projects")
async def project_list(visit: Visit) -> web.Response:
    projects = (await visit.send(calls.list_projects())).projects
    return visit.render("projects.html", projects=projects, today=visit.site.settings.clock().date())


@pages.get("/projects/new", needs="plan_grants")
async def new(visit: Visit) -> web.Response:
    today = visit.site.settings.clock().date()
    return await _new_page(visit, {"starts_on": today.isoformat(), "project_id": fresh_name("p")}, None)


@pages.post("/projects/new", needs="plan_grants")
async def add(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    starts, ends = day(typed.get("starts_on", "")), day(typed.get("ends_on", ""))
    points, budget = number(typed.get("points_each", "")), number(typed.get("budget", ""))
    trouble = without_day(typed, "starts_on", "ends_on") or without_number(
        typed, "points_each", "budget", optional=LIMITS
    )
    if trouble is not None or starts is None or ends is None or points is None or budget is None:
        return await _new_page(visit, typed, trouble)
    try:
        call = calls.add_project(
            project_id=typed.get("project_id", ""),
            point_service=typed.get("point_service", ""),
            name=typed.get("name", ""),
            place=typed.get("place", ""),
            content=typed.get("content", "").replace("\r\n", "\n"),
            starts_on=starts,
            ends_on=ends,
            points_each=points,
            budget=budget,
            venue=typed.get("venue") == "yes",
            most_grants_each=optional_number(typed, "most_grants_each"),
            most_points_each=optional_number(typed, "most_points_each"),
            venue_points_a_day=optional_number(typed, "venue_points_a_day"),
            reason=typed.get("reason", ""),
        )
        answer = await visit.send(call)
    except Problem as problem:
        return await _new_page(visit, typed, beside(visit, problem))
    if isinstance(answer, models.ProposalView):
        return to_proposal(visit, answer)
    return visit.redirect(f"/projects/{answer.project_id}", done="added")


@pages.get(f"/projects/{PROJECT}")
async def project_page(visit: Visit) -> web.Response:
    project, files = await asyncio.gather(
        _project(visit), visit.send(calls.list_files(project_id=visit.path_param("project")))
    )
    return visit.render(
        "project.html",
        project=project,
        files=files.files,
        today=visit.site.settings.clock().date(),
        done=DONE.get(visit.query("done"), ""),
    )


@pages.get(f"/projects/{PROJECT}/budget", needs="plan_grants")
async def budget_page(visit: Visit) -> web.Response:
    project = await _project(visit)
    typed = {
        "budget": str(project.budget or ""),
        "venue_points_a_day": str(project.venue_points_a_day or ""),
        "seen": project.version,
    }
    return visit.render("budget.html", project=project, trouble=None, typed=typed, differences=[])


@pages.post(f"/projects/{PROJECT}/budget", needs="plan_grants")
async def change_budget(visit: Visit) -> web.Response:
    trouble = without_number(visit.form, "budget", optional=["venue_points_a_day"])
    budget = number(visit.form.get("budget", ""))
    if trouble is None and budget is not None:
        venue = optional_number(visit.form, "venue_points_a_day")
        call = calls.change_project_budget(
            visit.path_param("project"),
            budget=budget,
            venue_points_a_day=venue,
            reason=visit.form.get("reason", ""),
            seen=visit.form.get("seen"),
        )
        try:
            answer = await visit.send(call)
        except Problem as problem:
            trouble = beside(visit, problem)
            if problem.word == "budget-exceeded":
                trouble = ErrorMessage(*_BELOW_GRANTED, problem.status, field="budget")
        else:
            return proposed(visit, answer) or visit.redirect(
                f"/projects/{visit.path_param('project')}", done="budget"
            )
    project = await _project(visit)
    trouble = trouble or no_number("budget")
    return visit.render(
        "budget.html",
        status=trouble.status,
        project=project,
        trouble=trouble,
        typed=drawn_again(trouble, project, visit.form),
        differences=differences(trouble, BUDGET, project, visit.form),
    )


@pages.get(f"/projects/{PROJECT}/open", needs="plan_grants")
async def open_page(visit: Visit) -> web.Response:
    return visit.render("project_open.html", project=await _project(visit), trouble=None, typed={})


@pages.post(f"/projects/{PROJECT}/open", needs="plan_grants")
async def set_open(visit: Visit) -> web.Response:
    opens = visit.form.get("open") == "yes"
    call = calls.set_project_open(
        visit.path_param("project"),
        open=opens,
        reason=visit.form.get("reason", ""),
        seen=visit.form.get("seen"),
    )
    try:
        await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render(
            "project_open.html",
            status=trouble.status,
            project=await _project(visit),
            trouble=trouble,
            typed=visit.form,
        )
    return visit.redirect(f"/projects/{visit.path_param('project')}", done="opened" if opens else "closed")


# --- one member --------------------------------------------------------------------------------------------------


@pages.get(f"/projects/{PROJECT}/grant", needs="grant")
async def grant_page(visit: Visit) -> web.Response:
    project = await _project(visit)
    return _grant_form(visit, project, {"points": str(project.points_each), "grant_id": fresh_id()}, None)


@pages.post(f"/projects/{PROJECT}/grant/confirm", needs="grant")
async def grant_confirm(visit: Visit) -> web.Response:
    """Who it is and how many points, before anything moves. POST, so that no MyKey ID stands in an address."""
    project, typed = await _project(visit), dict(visit.form)
    points = number(typed.get("points", ""))
    if not UUID.fullmatch(typed.get("grant_id", "")):
        typed["grant_id"] = fresh_id()
    if not points:
        return _grant_form(visit, project, typed, no_number("points"))
    try:
        mykey_id = _plain_id(typed.get("mykey_id", ""))
        member = await visit.send(calls.get_grantee(visit.path_param("project"), mykey_id))
    except Problem as problem:
        return _grant_form(visit, project, typed, beside(visit, problem))
    return visit.render(
        "grant_confirm.html",
        project=project,
        member=member,
        points=points,
        typed=typed | {"points": str(points)},
    )


@pages.post(f"/projects/{PROJECT}/grant", needs="grant")
async def grant(visit: Visit) -> web.Response:
    typed, project_id = dict(visit.form), visit.path_param("project")
    call = calls.grant_to_one(
        project_id,
        grant_id=typed.get("grant_id", ""),
        mykey_id=typed.get("mykey_id", ""),
        points=number(typed.get("points", "")) or 0,
        note=typed.get("note", ""),
    )
    try:
        answer = await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        if problem.word == "id-reused":
            typed["grant_id"] = fresh_id()
        return _grant_form(visit, await _project(visit), typed, trouble)
    if isinstance(answer, models.ProposalView):
        return to_proposal(visit, answer)
    return visit.redirect(f"/projects/{project_id}", done="again" if answer.replayed else "granted")


@pages.get(f"/projects/{PROJECT}/venue", needs="grant")
async def venue_sheet(visit: Visit) -> web.Response:
    """Today's QR of the venue, large, for a screen or for printing."""
    project = await _project(visit)
    try:
        today = await visit.send(calls.project_venue_code(project.project_id))
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render(
            "venue.html", status=trouble.status, project=project, code=None, picture="", trouble=trouble
        )
    picture = qr(today.venue_code, visit.speech.plain("会場のQRコード"))
    return visit.render("venue.html", project=project, code=today, picture=picture, trouble=None)


# --- a member's balances -------------------------------------------------------------------------------------------


@pages.get("/members", needs="see_member")
async def members(visit: Visit) -> web.Response:
    return visit.render("members.html", member=None, names={}, trouble=None, typed={})


@pages.post("/members", needs="see_member")
async def look_up(visit: Visit) -> web.Response:
    """By MyKey ID; only who has the city's points or has chosen the city is found."""
    try:
        member = await member_of(visit, visit.form.get("mykey_id", ""))
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render(
            "members.html", status=trouble.status, member=None, names={}, trouble=trouble, typed=visit.form
        )
    names = {service.point_service: service.name for service in await services(visit)}
    return visit.render("members.html", member=member, names=names, trouble=None, typed=visit.form)


async def member_of(visit: Visit, typed: str) -> models.CityMemberView:
    """Raises Problem for what is nobody here."""
    return await visit.send(calls.city_member(_plain_id(typed)))


def _plain_id(typed: str) -> str:
    """A MyKey ID as it can stand in an address. Raises Problem for what is none."""
    plain = "".join(letter for letter in code(typed).upper() if letter.isalnum() and letter.isascii())
    if not 0 < len(plain) <= 40:
        raise Problem("unknown-member", 404, errors=(InputError("#/mykey_id", ""),))
    return plain


async def _project(visit: Visit) -> models.ProjectView:
    return await visit.send(calls.get_project(visit.path_param("project")))


async def _new_page(visit: Visit, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    open_services = [service for service in await services(visit) if not service.closed_at]
    return visit.render(
        "project_new.html", status=status(trouble), typed=typed, trouble=trouble, services=open_services
    )


def _grant_form(
    visit: Visit, project: models.ProjectView, typed: dict[str, str], trouble: ErrorMessage | None
) -> web.Response:
    return visit.render("grant.html", status=status(trouble), project=project, typed=typed, trouble=trouble)
