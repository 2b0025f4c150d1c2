"""What was granted in a project, as a list; taking a grant back, and correcting a balance. Both wait for a second person.

A member is looked for by POST, so that no MyKey ID stands in an address.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from aiohttp import web

from municipal.error_messages import NO_DAY, ErrorMessage, no_number
from municipal.forms import beside, day, number, status
from municipal.labels import services
from municipal.projects import PROJECT, member_of
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.ids import UUID, fresh_id
from point_gateway_client import UNSET, calls

pages = Pages(needs="see_member")

WAYS: Final = {"one": "窓口", "file": "ファイル", "venue": "会場"}
_SEARCH: Final = ("mykey_id", "since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Grants to one member or of some days; what is empty narrows nothing."""

    mykey_id: str = ""
    since: date | None = None
    until: date | None = None
    after: str = ""


@pages.get(f"/projects/{PROJECT}/grants")
async def grant_list(visit: Visit) -> web.Response:
    return await _list_page(visit, Search(), None)


@pages.post(f"/projects/{PROJECT}/grants")
async def search(visit: Visit) -> web.Response:
    """The grants to one member or of some days, and the next page."""
    typed = dict(visit.form)
    for name in ("since", "until"):
        if typed.get(name) and day(typed[name]) is None:
            return await _list_page(visit, Search(), replace(NO_DAY, field=name), typed)
    narrowed = Search(
        mykey_id=typed.get("mykey_id", "").strip(),
        since=day(typed.get("since", "")),
        until=day(typed.get("until", "")),
        after=typed.get("after", "").strip(),
    )
    try:
        return await _list_page(visit, narrowed, None, typed)
    except Problem as problem:
        return await _list_page(visit, Search(), beside(visit, problem), typed)


@pages.get(f"/projects/{PROJECT}/grants/csv")
async def grants_csv(visit: Visit) -> web.Response:
    return await visit.proxy_download(calls.grants_csv(visit.path_param("project")))


@pages.post(f"/projects/{PROJECT}/grants/cancel", needs="grant")
async def cancel_page(visit: Visit) -> web.Response:
    """What taking it back means, before it is proposed."""
    typed = dict(visit.form) | {"cancellation_id": fresh_id()}
    return await _cancel_page(visit, typed, None)


@pages.post(f"/projects/{PROJECT}/grants/cancel/propose", needs="grant")
async def cancel(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    points = number(typed.get("points", ""))
    if not UUID.fullmatch(typed.get("cancellation_id", "")):
        typed["cancellation_id"] = fresh_id()
    if not points:
        return await _cancel_page(visit, typed, no_number("points"))
    call = calls.cancel_grant(
        visit.path_param("project"),
        cancellation_id=typed["cancellation_id"],
        grant=typed.get("grant", ""),
        mykey_id=typed.get("mykey_id", ""),
        points=points,
        reason=typed.get("reason", ""),
    )
    try:
        proposal = await visit.send(call)
    except Problem as problem:
        return await _cancel_page(visit, typed, beside(visit, problem))
    return visit.redirect(f"/proposals/{proposal.proposal_id}", done="proposed")


@pages.post("/members/correct", needs="grant")
async def correct_page(visit: Visit) -> web.Response:
    typed = {"mykey_id": visit.form.get("mykey_id", ""), "correction_id": fresh_id()}
    return await _correct_page(visit, typed, None)


@pages.post("/members/correct/propose", needs="grant")
async def correct(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    points = number(typed.get("points", ""))
    if not UUID.fullmatch(typed.get("correction_id", "")):
        typed["correction_id"] = fresh_id()
    if not points:
        return await _correct_page(visit, typed, no_number("points"))
    try:
        member = await member_of(visit, typed.get("mykey_id", ""))
        proposal = await visit.send(
            calls.correct_balance(
                member.mykey_id,
                correction_id=typed["correction_id"],
                point_service=typed.get("point_service", ""),
                points=-points if typed.get("way") == "take" else points,
                reason=typed.get("reason", ""),
            )
        )
    except Problem as problem:
        return await _correct_page(visit, typed, beside(visit, problem))
    return visit.redirect(f"/proposals/{proposal.proposal_id}", done="proposed")


async def _list_page(
    visit: Visit, narrowed: Search, trouble: ErrorMessage | None, typed: dict[str, str] | None = None
) -> web.Response:
    project_id = visit.path_param("project")
    call = calls.list_grants(
        project_id,
        mykey_id=narrowed.mykey_id or UNSET,
        since=narrowed.since or UNSET,
        until=narrowed.until or UNSET,
        after=narrowed.after or UNSET,
    )
    project, page, people = await asyncio.gather(
        visit.send(calls.get_project(project_id)), visit.send(call), visit.send(calls.name_people())
    )
    return visit.render(
        "grants.html",
        status=status(trouble),
        project=project,
        grants=page.grants,
        next_after=page.next_after,
        people={person.staff_id: person.display_name for person in people.people},
        way_names=WAYS,
        search=_SEARCH,
        typed=typed or {},
        trouble=trouble,
    )


async def _cancel_page(visit: Visit, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    project = await visit.send(calls.get_project(visit.path_param("project")))
    return visit.render(
        "grant_cancel.html", status=status(trouble), project=project, typed=typed, trouble=trouble
    )


async def _correct_page(visit: Visit, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    try:
        member = await member_of(visit, typed.get("mykey_id", ""))
    except Problem as problem:
        trouble = trouble or beside(visit, problem)
        return visit.render(
            "members.html", status=trouble.status, member=None, names={}, trouble=trouble, typed=typed
        )
    return visit.render(
        "balance_correct.html",
        status=status(trouble),
        member=member,
        services=await services(visit),
        typed=typed,
        trouble=trouble,
    )
