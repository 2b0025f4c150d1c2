"""代理人: who acts for a member, proposed by one clerk, decided by another, ended by any one at once. By POST, as the support desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, TypeAlias, get_args

from aiohttp import web

from municipal.error_messages import NO_DAY, ErrorMessage, no_number
from municipal.forms import beside, chosen, day, number, status
from municipal.labels import REPRESENTATIVE_ACTS, REPRESENTATIVE_KINDS
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import calls

pages = Pages(needs="help_member")

Kind: TypeAlias = Literal["guardian", "family", "care"]
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_REPRESENTATION: Final = "{representation:[0-9a-f]{32}}"


@pages.post("/support/representatives")
async def representative_page(visit: Visit) -> web.Response:
    """Who acts for one member, and the form to propose another."""
    return await _page(visit, {"mykey_id": visit.form.get("mykey_id", "")}, None)


@pages.post("/support/representatives/propose")
async def propose(visit: Visit) -> web.Response:
    typed = dict(visit.form)
    starts_on, ends_on = day(typed.get("starts_on", "")), day(typed.get("ends_on", ""))
    points = number(typed.get("pay_points_a_day", "") or "0")
    if starts_on is None or ends_on is None:
        field = "starts_on" if starts_on is None else "ends_on"
        return await _page(visit, typed, replace(NO_DAY, field=field))
    if points is None:
        return await _page(visit, typed, no_number("pay_points_a_day"))
    try:
        proposal = await visit.send(
            calls.propose_representative(
                mykey_id=typed.get("mykey_id", ""),
                actor_mykey_id=typed.get("actor_mykey_id", "").strip(),
                kind=chosen(typed, "kind", _KINDS),
                may_exchange=typed.get("may_exchange") == "yes",
                pay_points_a_day=points,
                starts_on=starts_on,
                ends_on=ends_on,
                reason=typed.get("reason", ""),
            )
        )
    except Problem as problem:
        return await _page(visit, typed, beside(visit, problem))
    return to_proposal(visit, proposal)


@pages.post(f"/support/representatives/{_REPRESENTATION}/end")
async def end(visit: Visit) -> web.Response:
    """At once, by one person."""
    typed = {"mykey_id": visit.form.get("mykey_id", "")}
    call = calls.end_representative(
        visit.path_param("representation"), reason=visit.form.get("end_reason", "")
    )
    try:
        await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        if trouble.field == "reason":
            trouble = replace(trouble, field="end_reason")
        return await _page(visit, typed, trouble)
    return await _page(visit, typed, None, done="代理を終わらせました。いまから、代理では何もできません。")


async def _page(
    visit: Visit, typed: Mapping[str, str], trouble: ErrorMessage | None, *, done: str = ""
) -> web.Response:
    mykey_id = typed.get("mykey_id", "")
    listed = await visit.send(calls.list_representatives(mykey_id=mykey_id))
    people = await visit.send(calls.name_people())
    return visit.render(
        "representatives.html",
        status=status(trouble),
        representatives=listed.representatives,
        kinds=REPRESENTATIVE_KINDS,
        kind_options=[(word, visit.speech.plain(name)) for word, name in REPRESENTATIVE_KINDS.items()],
        acts=REPRESENTATIVE_ACTS,
        people={person.staff_id: person.display_name for person in people.people},
        today=visit.now.date(),
        typed=typed,
        trouble=trouble,
        done=done,
    )
