"""代理: for whom the member acts, who acts for the member and what was done; begin to act, end it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from pagekit.api import Problem
from point_gateway_client import calls
from portal.error_messages import TROUBLES, ErrorMessage
from portal.session import acting_session
from portal.site import Pages, Visit

pages = Pages()

KINDS: Final[Mapping[str, str]] = {
    "guardian": "成年後見人など",
    "family": "家族",
    "care": "介護・支援をする人",
}
ACTS: Final[Mapping[str, str]] = {
    "exchange": "協力会社からの移行",
    "allocation": "留保ポイントからの移行",
    "payment": "お店での支払い",
}
ENDED_BY: Final[Mapping[str, str]] = {"member": "ご本人", "actor": "代理人", "desk": "自治体の窓口"}
DONE: Final[Mapping[str, str]] = {"ended": "代理を終わりました。いまから、代理ではログインできません。"}
_REPRESENTATION: Final = "{representation:[0-9a-f]{32}}"


@pages.get("/representatives")
async def representation_list(visit: Visit) -> web.Response:
    return await _page(visit, None)


@pages.post(f"/representatives/{_REPRESENTATION}/act")
async def act(visit: Visit) -> web.Response:
    """The member's own session ends; from here on every page is the other person's, and says so."""
    try:
        started = await visit.send(calls.begin_acting(visit.path_param("representation")))
    except Problem as problem:
        return await _page(visit, TROUBLES.of(problem, visit.speech))
    own = visit.signed_in()
    visit.session = acting_session(
        started.token,
        started.name,
        actor=own.shown_name,
        shared_terminal=own.shared_terminal,
        now=visit.site.settings.clock(),
    )
    return visit.redirect("/mypage")


@pages.post(f"/representatives/{_REPRESENTATION}/end")
async def end(visit: Visit) -> web.Response:
    try:
        await visit.send(calls.end_representation(visit.path_param("representation")))
    except Problem as problem:
        if problem.word != "representation-over":  # a second click: the list says how it is
            return await _page(visit, TROUBLES.of(problem, visit.speech))
    return visit.redirect("/representatives", done="ended")


async def _page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    listed = await visit.send(calls.list_representations())
    return visit.render(
        "representatives.html",
        status=trouble.status if trouble else 200,
        trouble=trouble,
        listed=listed,
        kinds=KINDS,
        acts=ACTS,
        ended_by=ENDED_BY,
        today=visit.now.date(),
        done=DONE.get(visit.query("done"), ""),
    )
