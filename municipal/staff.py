"""Keeping the staff: adding somebody, another role, letting somebody in no more, a reset when a phone is lost."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from municipal.error_messages import ErrorMessage
from municipal.forms import beside, status
from municipal.labels import CITY_ROLES, ROLES
from municipal.proposals import proposed
from municipal.site import Pages, Visit
from pagekit.api import Problem

pages = Pages(needs="keep_staff")

DONE: Final[dict[str, str]] = {
    "role": "権限を変更しました。本人はログインし直す必要があります。",
    "closed": "利用を止めました。この方はもうログインできません。",
}
_PERSON: Final = r"{person:[0-9a-f]{32}}"


@pages.get("/staff")
async def listed(visit: Visit) -> web.Response:
    people = (await visit.api("GET", "/v1/city/staff"))["staff"]
    wanted = visit.asked("who")
    shown = [one for one in people if bool(one["shop_id"]) == (wanted == "shops")]
    return visit.show("staff.html", people=shown, wanted=wanted, done=DONE.get(visit.asked("done"), ""))


@pages.get("/staff/new")
async def new(visit: Visit) -> web.Response:
    return _new_page(visit, {"role": "viewer"}, None)


@pages.post("/staff/new")
async def add(visit: Visit) -> web.Response:
    """Proposed; the first password is shown to whoever decides it, this once."""
    body = {name: visit.typed.get(name, "") for name in ("login", "display_name", "role", "reason")}
    try:
        made = await visit.api("POST", "/v1/city/staff", body=body)
    except Problem as problem:
        return _new_page(visit, dict(visit.typed), beside(visit, problem))
    waits = proposed(visit, made)
    return waits or visit.show_once("first_password.html", made=made, back="/staff", was_reset=False)


@pages.get(f"/staff/{_PERSON}")
async def person(visit: Visit) -> web.Response:
    return await _person_page(visit, None)


@pages.post(f"/staff/{_PERSON}/role")
async def change_role(visit: Visit) -> web.Response:
    body = {"role": visit.typed.get("role", ""), "reason": visit.typed.get("reason", "")}
    try:
        answer = await visit.api("PUT", f"/v1/city/staff/{visit.part('person')}/role", body=body)
    except Problem as problem:
        return await _person_page(visit, beside(visit, problem))
    return proposed(visit, answer) or visit.go("/staff", done="role")


@pages.post(f"/staff/{_PERSON}/close")
async def close(visit: Visit) -> web.Response:
    try:
        body = {"reason": visit.typed.get("reason", "")}
        await visit.api("POST", f"/v1/city/staff/{visit.part('person')}/closure", body=body)
    except Problem as problem:
        return await _person_page(visit, beside(visit, problem))
    return visit.go("/staff", done="closed")


@pages.post(f"/staff/{_PERSON}/reset")
async def reset(visit: Visit) -> web.Response:
    return await _renew(visit, "reset")


@pages.post(f"/staff/{_PERSON}/restart")
async def restart(visit: Visit) -> web.Response:
    return await _renew(visit, "restart")


async def _renew(visit: Visit, way: str) -> web.Response:
    try:
        body = {"reason": visit.typed.get("reason", "")}
        made = await visit.api("POST", f"/v1/city/staff/{visit.part('person')}/{way}", body=body)
    except Problem as problem:
        return await _person_page(visit, beside(visit, problem))
    waits = proposed(visit, made)
    return waits or visit.show_once("first_password.html", made=made, back="/staff", was_reset=True)


def _new_page(visit: Visit, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    return visit.show(
        "staff_new.html", status=status(trouble), typed=typed, trouble=trouble, roles=_roles(visit)
    )


async def _person_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    people: list[Any] = (await visit.api("GET", "/v1/city/staff"))["staff"]
    found = next((one for one in people if one["staff_id"] == visit.part("person")), None)
    if found is None:
        raise web.HTTPNotFound
    return visit.show(
        "staff_person.html",
        status=status(trouble),
        person=found,
        own=found["staff_id"] == visit.signed_in().staff_id,
        roles=_roles(visit),
        typed=visit.typed,
        trouble=trouble,
    )


def _roles(visit: Visit) -> list[tuple[str, str]]:
    return [(one, visit.speech.plain(ROLES[one])) for one in CITY_ROLES]
