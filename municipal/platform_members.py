"""The platform's desk for what is kept of members: two MyKey IDs of one person, erasing a record, putting it right."""

from __future__ import annotations

from typing import Final, Literal, get_args

from aiohttp import web

from municipal.error_messages import ErrorMessage, no_number
from municipal.forms import NotANumberError, beside, optional_number, status
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Call, Problem
from pagekit.typed_text import choice_of
from point_gateway_client import UNSET, calls, models

pages = Pages(needs="keep_members")

Language = Literal["ja", "en", "ja-easy"]
_LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


@pages.get("/platform/members")
@pages.get("/platform/members/erase")
@pages.get("/platform/members/rectify")
async def member_page(visit: Visit) -> web.Response:
    return _desk(visit, None)


@pages.post("/platform/members/merge")
async def merge(visit: Visit) -> web.Response:
    """Proposed: another person looks at both and decides."""
    form = visit.form
    call = calls.propose_merge(
        from_mykey_id=form.get("from_mykey_id", ""),
        mykey_id=form.get("mykey_id", ""),
        reason=form.get("reason", ""),
    )
    return await _propose(visit, call)


@pages.post("/platform/members/erase")
async def erase(visit: Visit) -> web.Response:
    """Proposed, with the points that nobody can use afterwards."""
    form = visit.form
    try:
        gives_up = optional_number(form, "gives_up") or 0
    except NotANumberError:
        return _desk(visit, no_number("gives_up"))
    call = calls.propose_erasure(
        mykey_id=form.get("mykey_id", ""), reason=form.get("reason", ""), gives_up=gives_up
    )
    return await _propose(visit, call)


@pages.post("/platform/members/rectify")
async def rectify(visit: Visit) -> web.Response:
    """Proposed: what was left empty stays as it is."""
    form = visit.form
    call = calls.propose_rectification(
        mykey_id=form.get("mykey_id", ""),
        reason=form.get("reason", ""),
        display_name=form.get("display_name", "").strip() or UNSET,
        language=choice_of(form.get("language", ""), _LANGUAGES) or UNSET,
        new_mykey_id=form.get("new_mykey_id", "").strip() or UNSET,
        forgets_mail=form.get("forgets_mail") == "yes",
    )
    return await _propose(visit, call)


async def _propose(visit: Visit, call: Call[models.ProposalView]) -> web.Response:
    try:
        proposal = await visit.send(call)
    except Problem as problem:
        return _desk(visit, beside(visit, problem))
    return to_proposal(visit, proposal)


def _desk(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    """The form that the address names; of two MyKey IDs where it names none."""
    about = visit.request.path.removeprefix("/platform/members").strip("/") or "merge"
    return visit.render(
        "platform_members.html", status=status(trouble), about=about, typed=visit.form, trouble=trouble
    )
