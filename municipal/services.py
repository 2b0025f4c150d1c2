"""Point services and their rules in versions: what is in force, what is coming, and what members lose by a change."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final

from aiohttp import web

from municipal.error_messages import NO_DAY, ErrorMessage, no_number
from municipal.forms import beside, chosen, day, differences, drawn_again, number, status
from municipal.labels import EXPIRY_KINDS
from municipal.labels import services as services_of
from municipal.proposals import proposed
from municipal.site import Pages, Visit
from pagekit.api import Call, Problem
from point_gateway_client import calls, models

pages = Pages(needs="see")

DONE: Final[dict[str, str]] = {
    "added": "ポイントサービスを追加しました。続けて、最初のルールを登録してください。",
    "closed": "このポイントサービスの受付を止めました。利用者が持つポイントは、これまでどおり使えます。",
    "opened": "このポイントサービスの受付を再開しました。",
    "issuer": "発行者を登録しました。",
    "reading": "名前の読みを登録しました。",
    "announced": "新しい版を登録しました。適用日から有効になります。",
    "withdrawn": "この版を取り下げました。",
}
FIELDS: Final = (
    "takes_effect_on", "expiry", "expiry_count", "expiry_day", "unit_value_yen", "open_for_direct_exchange",
    "most_spent_a_day", "most_granted_a_day", "reason",
)  # fmt: skip
_SERVICE: Final = r"{service:[a-z0-9][a-z0-9-]{0,39}}"


@pages.get("/services")
async def service_list(visit: Visit) -> web.Response:
    services = await services_of(visit)
    rules = await asyncio.gather(*(_rules(visit, service.point_service) for service in services))
    return visit.render("services.html", services=list(zip(services, rules, strict=True)))


@pages.get("/services/new", needs="change_rules")
async def add_page(visit: Visit) -> web.Response:
    return visit.render("service_new.html", typed={}, trouble=None)


@pages.post("/services/new", needs="change_rules")
async def add(visit: Visit) -> web.Response:
    call = calls.add_city_point_service(
        point_service=visit.form.get("point_service", ""),
        name=visit.form.get("name", ""),
        name_kana=visit.form.get("name_kana", ""),
    )
    try:
        service = await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render("service_new.html", status=trouble.status, typed=visit.form, trouble=trouble)
    return visit.redirect(f"/services/{service.point_service}", done="added")


@pages.get(f"/services/{_SERVICE}")
async def versions(visit: Visit) -> web.Response:
    name = visit.path_param("service")
    rules, service, issuer = await asyncio.gather(
        _rules(visit, name), _service(visit), visit.send(calls.get_issuer(name))
    )
    return visit.render(
        "service.html", rules=rules, service=service, issuer=issuer, done=DONE.get(visit.query("done"), "")
    )


@pages.get(f"/services/{_SERVICE}/reading", needs="change_rules")
async def reading_page(visit: Visit) -> web.Response:
    service = await _service(visit)
    typed = {"name_kana": service.name_kana, "seen": service.version}
    return visit.render("service_reading.html", service=service, typed=typed, trouble=None, differences=[])


@pages.post(f"/services/{_SERVICE}/reading", needs="change_rules")
async def change_reading(visit: Visit) -> web.Response:
    name, typed = visit.path_param("service"), visit.form
    call = calls.put_city_point_service_reading(
        name, name_kana=typed.get("name_kana", ""), seen=typed.get("seen")
    )
    try:
        await visit.send(call)
    except Problem as problem:
        trouble, service = beside(visit, problem), await _service(visit)
        return visit.render(
            "service_reading.html",
            status=trouble.status,
            service=service,
            typed=drawn_again(trouble, service, typed),
            trouble=trouble,
            differences=differences(trouble, {"name_kana": "名前の読み"}, service, typed),
        )
    return visit.redirect(f"/services/{name}", done="reading")


@pages.get(f"/services/{_SERVICE}/closing", needs="change_rules")
async def closing_page(visit: Visit) -> web.Response:
    return visit.render("service_closing.html", service=await _service(visit), typed={}, trouble=None)


@pages.post(f"/services/{_SERVICE}/closing", needs="change_rules")
async def close_or_reopen(visit: Visit) -> web.Response:
    """What is to become of it stands in the form, so that a second click does not turn it round."""
    service, reason = visit.path_param("service"), visit.form.get("reason", "")
    opens = visit.form.get("way") == "reopen"
    make_call = calls.reopen_city_point_service if opens else calls.close_city_point_service
    try:
        await visit.send(make_call(service, reason=reason))
    except Problem as problem:
        trouble = beside(visit, problem)
        return visit.render(
            "service_closing.html",
            status=trouble.status,
            service=await _service(visit),
            typed=visit.form,
            trouble=trouble,
        )
    return visit.redirect(f"/services/{service}", done="opened" if opens else "closed")


@pages.get(f"/services/{_SERVICE}/new", needs="change_rules")
async def new(visit: Visit) -> web.Response:
    """A new version begins as the one in force, or the last that is coming."""
    rules = await _rules(visit, visit.path_param("service"))
    typed = {"unit_value_yen": "1", "expiry": "months", "expiry_count": "6"}
    if rules.rules:
        typed = {name: _text(getattr(rules.rules[-1], name, None)) for name in FIELDS}
    tomorrow = visit.site.settings.clock().date() + timedelta(days=1)
    return _form(visit, rules, typed | {"takes_effect_on": tomorrow.isoformat()}, None)


@pages.post(f"/services/{_SERVICE}/new", needs="change_rules")
async def announce(visit: Visit) -> web.Response:
    """First without consent: a change for the worse comes back once, with what members lose, to be confirmed."""
    service, typed = visit.path_param("service"), dict(visit.form)
    try:
        call = _announcement(service, typed)
        if isinstance(call, ErrorMessage):
            return _form(visit, await _rules(visit, service), typed, call)
        answer = await visit.send(call)
    except Problem as problem:
        rules = await _rules(visit, service)
        if problem.word == "worse-not-accepted":
            return visit.render(
                "rule_worse.html",
                status=409,
                rules=rules,
                typed=typed,
                fields=FIELDS,
                worse=str(problem.facts.get("worse", "")).split(","),
            )
        return _form(visit, rules, typed, beside(visit, problem))
    return proposed(visit, answer) or visit.redirect(f"/services/{service}", done="announced")


@pages.get(f"/services/{_SERVICE}/{{version:[0-9]{{1,6}}}}/withdraw", needs="change_rules")
async def withdraw_page(visit: Visit) -> web.Response:
    return await _withdraw_page(visit, None)


@pages.post(f"/services/{_SERVICE}/{{version:[0-9]{{1,6}}}}/withdraw", needs="change_rules")
async def withdraw(visit: Visit) -> web.Response:
    service, version = visit.path_param("service"), int(visit.path_param("version"))
    try:
        answer = await visit.send(calls.withdraw_rule(service, version, reason=visit.form.get("reason", "")))
    except Problem as problem:
        return await _withdraw_page(visit, beside(visit, problem))
    return proposed(visit, answer) or visit.redirect(f"/services/{service}", done="withdrawn")


async def _withdraw_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    rules = await _rules(visit, visit.path_param("service"))
    version = int(visit.path_param("version"))
    rule = next((rule for rule in rules.rules if rule.version == version), None)
    if rule is None:
        raise web.HTTPNotFound
    return visit.render(
        "rule_withdraw.html",
        status=status(trouble),
        rules=rules,
        rule=rule,
        trouble=trouble,
        typed=visit.form,
    )


async def _service(visit: Visit) -> models.CityPointService:
    """Raises 404 for one that is not the city's."""
    for service in await services_of(visit):
        if service.point_service == visit.path_param("service"):
            return service
    raise web.HTTPNotFound


async def _rules(visit: Visit, service: str) -> models.Rules:
    return await visit.send(calls.city_rules(service))


def _form(
    visit: Visit, rules: models.Rules, typed: dict[str, str], trouble: ErrorMessage | None
) -> web.Response:
    return visit.render("rule_new.html", status=status(trouble), rules=rules, typed=typed, trouble=trouble)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _announcement(
    service: str, typed: dict[str, str]
) -> Call[models.Rules | models.ProposalView] | ErrorMessage:
    """The call that a form stands for, or what is wrong with the form. Raises Problem for an expiry that is none."""
    effect = day(typed.get("takes_effect_on", ""))
    last = day(typed.get("expiry_day", ""))
    expiry = typed.get("expiry", "")
    if effect is None:
        return replace(NO_DAY, field="takes_effect_on")
    if expiry == "fixed_day" and last is None:
        return replace(NO_DAY, field="expiry_day")
    numbers: dict[str, int | None] = {}
    for name in ("expiry_count", "unit_value_yen", "most_spent_a_day", "most_granted_a_day"):
        text = typed.get(name, "")
        numbers[name] = number(text)
        if text and numbers[name] is None:
            return no_number(name)
    return calls.announce_rule(
        service,
        takes_effect_on=effect,
        expiry=chosen(typed, "expiry", EXPIRY_KINDS),
        expiry_count=(numbers["expiry_count"] or 0) if expiry in ("months", "fiscal_year") else 0,
        expiry_day=last if expiry == "fixed_day" else None,
        unit_value_yen=numbers["unit_value_yen"] or 1,
        open_for_direct_exchange=typed.get("open_for_direct_exchange") == "yes",
        most_spent_a_day=numbers["most_spent_a_day"] or None,
        most_granted_a_day=numbers["most_granted_a_day"] or None,
        reason=typed.get("reason", ""),
        worse_accepted=typed.get("worse_accepted") == "yes",
    )
