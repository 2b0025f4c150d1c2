"""Point services and their rules in versions: what is in force, what is coming, and what members lose by a change."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from municipal.error_messages import NO_DAY, NO_NUMBER, ErrorMessage
from municipal.forms import beside, day, number, status
from municipal.labels import services as services_of
from municipal.site import Pages, Visit
from pagekit.api import Problem

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "added": "ポイントサービスを追加しました。続けて、最初のルールを登録してください。",
    "closed": "このポイントサービスの受付を止めました。利用者が持つポイントは、これまでどおり使えます。",
    "opened": "このポイントサービスの受付を再開しました。",
    "announced": "新しい版を登録しました。適用日から有効になります。",
    "withdrawn": "この版を取り下げました。",
}
FIELDS: Final = (
    "takes_effect_on", "expiry", "expiry_count", "expiry_day", "unit_value_yen", "open_for_direct_exchange",
    "most_spent_a_day", "most_granted_a_day", "reason",
)  # fmt: skip
_SERVICE: Final = r"{service:[a-z0-9][a-z0-9-]{0,39}}"


@pages.get("/services")
async def listed(visit: Visit) -> web.Response:
    values = await services_of(visit)
    rules = await asyncio.gather(*(_rules(visit, values["point_service"]) for values in values))
    return visit.show("services.html", services=list(zip(values, rules, strict=True)))


@pages.get("/services/new", needs="change_rules")
async def add_page(visit: Visit) -> web.Response:
    return visit.show("service_new.html", typed={}, trouble=None)


@pages.post("/services/new", needs="change_rules")
async def add(visit: Visit) -> web.Response:
    body = {name: visit.typed.get(name, "") for name in ("point_service", "name")}
    try:
        made = await visit.api("POST", "/v1/city/point-services", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.show("service_new.html", status=trouble.status, typed=visit.typed, trouble=trouble)
    return visit.go(f"/services/{made['point_service']}", done="added")


@pages.get(f"/services/{_SERVICE}")
async def versions(visit: Visit) -> web.Response:
    rules, service = await asyncio.gather(_rules(visit, visit.part("service")), _service(visit))
    return visit.show("service.html", rules=rules, service=service, done=DONE.get(visit.asked("done"), ""))


@pages.get(f"/services/{_SERVICE}/closing", needs="change_rules")
async def closing_page(visit: Visit) -> web.Response:
    return visit.show("service_closing.html", service=await _service(visit), typed={}, trouble=None)


@pages.post(f"/services/{_SERVICE}/closing", needs="change_rules")
async def close_or_reopen(visit: Visit) -> web.Response:
    """What is to become of it stands in the form, so that a second click does not turn it round."""
    way = "reopening" if visit.typed.get("way") == "reopen" else "closure"
    try:
        body = {"reason": visit.typed.get("reason", "")}
        await visit.api("POST", f"/v1/city/point-services/{visit.part('service')}/{way}", body=body)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.show(
            "service_closing.html",
            status=trouble.status,
            service=await _service(visit),
            typed=visit.typed,
            trouble=trouble,
        )
    return visit.go(f"/services/{visit.part('service')}", done="opened" if way == "reopening" else "closed")


@pages.get(f"/services/{_SERVICE}/new", needs="change_rules")
async def new(visit: Visit) -> web.Response:
    """A new version begins as the one in force, or the last that is coming."""
    rules = await _rules(visit, visit.part("service"))
    typed = {"unit_value_yen": "1", "expiry": "months", "expiry_count": "6"}
    if rules["rules"]:
        typed = {name: _text(rules["rules"][-1].get(name)) for name in FIELDS}
    tomorrow = visit.site.settings.clock().date() + timedelta(days=1)
    return _form(visit, rules, typed | {"takes_effect_on": tomorrow.isoformat()}, None)


@pages.post(f"/services/{_SERVICE}/new", needs="change_rules")
async def announce(visit: Visit) -> web.Response:
    """First without consent: a change for the worse comes back once, with what members lose, to be confirmed."""
    service, typed = visit.part("service"), dict(visit.typed)
    read = _read(typed)
    if isinstance(read, ErrorMessage):
        return _form(visit, await _rules(visit, service), typed, read)
    accepted = typed.get("worse_accepted") == "yes"
    try:
        body = read | {"worse_accepted": accepted}
        await visit.api("POST", f"/v1/city/point-services/{service}/rules", body=body)
    except Problem as problem:
        rules = await _rules(visit, service)
        if problem.word == "worse-not-accepted":
            return visit.show(
                "rule_worse.html",
                status=409,
                rules=rules,
                typed=typed,
                fields=FIELDS,
                worse=str(problem.facts.get("worse", "")).split(","),
            )
        return _form(visit, rules, typed, beside(visit, problem))
    return visit.go(f"/services/{service}", done="announced")


@pages.get(f"/services/{_SERVICE}/{{version:[0-9]{{1,6}}}}/withdraw", needs="change_rules")
async def withdraw_page(visit: Visit) -> web.Response:
    return await _withdraw_page(visit, None)


@pages.post(f"/services/{_SERVICE}/{{version:[0-9]{{1,6}}}}/withdraw", needs="change_rules")
async def withdraw(visit: Visit) -> web.Response:
    service, version = visit.part("service"), visit.part("version")
    path = f"/v1/city/point-services/{service}/rules/{version}/withdrawal"
    try:
        await visit.api("POST", path, body={"reason": visit.typed.get("reason", "")})
    except Problem as problem:
        return await _withdraw_page(visit, beside(visit, problem))
    return visit.go(f"/services/{service}", done="withdrawn")


async def _withdraw_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    rules = await _rules(visit, visit.part("service"))
    version = int(visit.part("version"))
    rule = next((one for one in rules["rules"] if one["version"] == version), None)
    if rule is None:
        raise web.HTTPNotFound
    return visit.show(
        "rule_withdraw.html",
        status=status(trouble),
        rules=rules,
        rule=rule,
        trouble=trouble,
        typed=visit.typed,
    )


async def _service(visit: Visit) -> Any:
    """Raises 404 for one that is not the city's."""
    found = next(
        (values for values in await services_of(visit) if values["point_service"] == visit.part("service")),
        None,
    )
    if found is None:
        raise web.HTTPNotFound
    return found


async def _rules(visit: Visit, service: str) -> Any:
    return await visit.api("GET", f"/v1/city/point-services/{service}/rules")


def _form(visit: Visit, rules: Any, typed: dict[str, str], trouble: ErrorMessage | None) -> web.Response:
    return visit.show("rule_new.html", status=status(trouble), rules=rules, typed=typed, trouble=trouble)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _read(typed: dict[str, str]) -> dict[str, Any] | ErrorMessage:
    """The form as the API takes it, or what is wrong with it."""
    effect = day(typed.get("takes_effect_on", ""))
    last = day(typed.get("expiry_day", ""))
    expiry = typed.get("expiry", "")
    if effect is None or (expiry == "fixed_day" and last is None):
        return NO_DAY
    numbers: dict[str, int | None] = {}
    for name in ("expiry_count", "unit_value_yen", "most_spent_a_day", "most_granted_a_day"):
        text = typed.get(name, "")
        numbers[name] = number(text)
        if text and numbers[name] is None:
            return NO_NUMBER
    return {
        "takes_effect_on": effect.isoformat(),
        "expiry": expiry,
        "expiry_count": (numbers["expiry_count"] or 0) if expiry in ("months", "fiscal_year") else 0,
        "expiry_day": last.isoformat() if last and expiry == "fixed_day" else None,
        "unit_value_yen": numbers["unit_value_yen"] or 1,
        "open_for_direct_exchange": typed.get("open_for_direct_exchange") == "yes",
        "most_spent_a_day": numbers["most_spent_a_day"] or None,
        "most_granted_a_day": numbers["most_granted_a_day"] or None,
        "reason": typed.get("reason", ""),
    }
