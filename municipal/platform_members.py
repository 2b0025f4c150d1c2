"""The platform's desk for what is kept of members: bringing two MyKey IDs of one person together."""

from __future__ import annotations

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, status
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import calls

pages = Pages(needs="keep_members")


@pages.get("/platform/members")
async def member_desk(visit: Visit) -> web.Response:
    return _desk(visit, None)


@pages.post("/platform/members/merge")
async def merge(visit: Visit) -> web.Response:
    """Proposed: another person looks at both and decides."""
    form = visit.form
    try:
        proposal = await visit.send(
            calls.propose_merge(
                from_mykey_id=form.get("from_mykey_id", ""),
                mykey_id=form.get("mykey_id", ""),
                reason=form.get("reason", ""),
            )
        )
    except Problem as problem:
        return _desk(visit, beside(visit, problem))
    return to_proposal(visit, proposal)


def _desk(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    return visit.render("platform_members.html", status=status(trouble), typed=visit.form, trouble=trouble)
