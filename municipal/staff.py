"""Keeping the staff: adding somebody, another role, letting somebody in no more, a reset when a phone is lost."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, chosen, status
from municipal.labels import CITY_ROLES, PLATFORM_ROLES, ROLES, SHOP_ROLES, STAFF_CHANGES
from municipal.proposals import proposed
from municipal.site import Pages, Visit
from pagekit.api import Call, Problem
from point_gateway_client import calls, models

pages = Pages(needs="keep_staff")

DONE: Final[dict[str, str]] = {
    "role": "権限を変更しました。本人はログインし直す必要があります。",
    "closed": "利用を止めました。この方はもうログインできません。",
}
_PERSON: Final = r"{person:[0-9a-f]{32}}"


@pages.get("/staff")
async def people_list(visit: Visit) -> web.Response:
    """The people, and whose access was made, changed or ended of late."""
    who = visit.query("who")
    people = (await visit.send(calls.list_staff())).staff
    is_city = who != "shops" and visit.signed_in().may("see")
    changes = (await visit.send(calls.list_staff_changes())).changes if is_city else None
    return visit.render(
        "staff.html",
        people=[person for person in people if bool(person.shop_id) == (who == "shops")],
        who=who,
        changes=changes,
        change_names=STAFF_CHANGES,
        names={person.staff_id: person.display_name for person in people},
        done=DONE.get(visit.query("done"), ""),
    )


@pages.get("/staff/new")
async def new(visit: Visit) -> web.Response:
    return _new_page(visit, {"role": "viewer"}, None)


@pages.post("/staff/new")
async def add(visit: Visit) -> web.Response:
    """Proposed; the first password is shown to whoever decides it, this once."""
    form = visit.form
    try:
        added = await visit.send(
            calls.add_staff(
                login=form.get("login", ""),
                display_name=form.get("display_name", ""),
                role=chosen(form, "role", (*CITY_ROLES, *PLATFORM_ROLES)),
                reason=form.get("reason", ""),
            )
        )
    except Problem as problem:
        return _new_page(visit, dict(visit.form), beside(visit, problem))
    waits = proposed(visit, added)
    return waits or visit.render_once("first_password.html", access=added, back="/staff", was_reset=False)


@pages.get(f"/staff/{_PERSON}")
async def person_page(visit: Visit) -> web.Response:
    return await _person_page(visit, None)


@pages.post(f"/staff/{_PERSON}/role")
async def change_role(visit: Visit) -> web.Response:
    form = visit.form
    try:
        answer = await visit.send(
            calls.change_staff_role(
                visit.path_param("person"),
                role=chosen(form, "role", (*CITY_ROLES, *SHOP_ROLES)),
                reason=form.get("reason", ""),
                seen=form.get("seen"),
            )
        )
    except Problem as problem:
        return await _person_page(visit, beside(visit, problem))
    return proposed(visit, answer) or visit.redirect("/staff", done="role")


@pages.post(f"/staff/{_PERSON}/close")
async def close(visit: Visit) -> web.Response:
    try:
        await visit.send(calls.close_staff(visit.path_param("person"), reason=visit.form.get("reason", "")))
    except Problem as problem:
        return await _person_page(visit, beside(visit, problem))
    return visit.redirect("/staff", done="closed")


@pages.post(f"/staff/{_PERSON}/reset")
async def reset(visit: Visit) -> web.Response:
    reason = visit.form.get("reason", "")
    return await _renew(visit, calls.reset_staff(visit.path_param("person"), reason=reason))


@pages.post(f"/staff/{_PERSON}/restart")
async def restart(visit: Visit) -> web.Response:
    reason = visit.form.get("reason", "")
    return await _renew(visit, calls.restart_staff(visit.path_param("person"), reason=reason))


async def _renew(visit: Visit, call: Call[models.StaffAdded | models.ProposalView]) -> web.Response:
    try:
        renewed = await visit.send(call)
    except Problem as problem:
        return await _person_page(visit, beside(visit, problem))
    waits = proposed(visit, renewed)
    return waits or visit.render_once("first_password.html", access=renewed, back="/staff", was_reset=True)


def _new_page(visit: Visit, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    return visit.render(
        "staff_new.html", status=status(trouble), typed=typed, trouble=trouble, roles=_roles(visit)
    )


async def _person_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    people = (await visit.send(calls.list_staff())).staff
    person = next((person for person in people if person.staff_id == visit.path_param("person")), None)
    if person is None:
        raise web.HTTPNotFound
    return visit.render(
        "staff_person.html",
        status=status(trouble),
        person=person,
        own=person.staff_id == visit.signed_in().staff_id,
        roles=_shop_roles(visit) if person.shop_id else _roles(visit),
        typed=visit.form,
        trouble=trouble,
    )


def _roles(visit: Visit) -> list[tuple[str, str]]:
    roles = PLATFORM_ROLES if visit.signed_in().municipality == "platform" else CITY_ROLES
    return [(role, visit.speech.plain(ROLES[role])) for role in roles]


def _shop_roles(visit: Visit) -> list[tuple[str, str]]:
    return [(role, visit.speech.plain(ROLES[role])) for role in SHOP_ROLES]
