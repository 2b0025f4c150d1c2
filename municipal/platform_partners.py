"""The platform's desk: how each partner stands, pause and resume; days on which both books differ, and closing that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from httpkit.clock import JST
from municipal.error_messages import NO_DAY, ErrorMessage, no_number
from municipal.forms import NotANumberError, beside, day, day_param, optional_number, status
from municipal.labels import VERDICTS
from municipal.proposals import proposed, to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import calls, models

pages = Pages(needs="see_exchanges")

_DONE: Final[Mapping[str, str]] = {
    "paused": "停止しました。新しい移行は始まりません。",
    "maintenance": "メンテナンスを登録しました。ポータルに表示されます。",
    "paced": "呼び出しの上限を変更しました。",
}
_PARTNER: Final = "{partner:[a-z][a-z0-9_]{0,39}}"
_DAY: Final = "{day:[0-9]{4}-[0-9]{2}-[0-9]{2}}"


@pages.get("/platform/partners")
async def partner_list(visit: Visit) -> web.Response:
    standings = await visit.send(calls.platform_partners())
    return visit.render(
        "platform_partners.html",
        partners=standings.partners,
        done=_DONE.get(visit.query("done"), ""),
    )


@pages.get(f"/platform/partners/{_PARTNER}")
async def partner_page(visit: Visit) -> web.Response:
    return await _partner_page(visit, None)


@pages.post(f"/platform/partners/{_PARTNER}/pause", needs="keep_partners")
async def pause(visit: Visit) -> web.Response:
    """At once, by one person."""
    partner, reason = visit.path_param("partner"), visit.form.get("reason", "")
    try:
        await visit.send(calls.pause_partner(partner, reason=reason))
    except Problem as problem:
        return await _partner_page(visit, beside(visit, problem))
    return visit.redirect("/platform/partners", done="paused")


@pages.post(f"/platform/partners/{_PARTNER}/resume", needs="keep_partners")
async def resume(visit: Visit) -> web.Response:
    partner, reason = visit.path_param("partner"), visit.form.get("reason", "")
    try:
        proposal = await visit.send(calls.propose_resumption(partner, reason=reason))
    except Problem as problem:
        return await _partner_page(visit, beside(visit, problem))
    return to_proposal(visit, proposal)


@pages.post(f"/platform/partners/{_PARTNER}/maintenance", needs="keep_partners")
async def announce_maintenance(visit: Visit) -> web.Response:
    """At once, or proposed where it ends another window earlier."""
    partner, form = visit.path_param("partner"), visit.form
    call = calls.announce_maintenance(
        partner,
        starts_at=form.get("starts_at", ""),
        ends_at=form.get("ends_at", ""),
        reason=form.get("maintenance_reason", ""),
    )
    try:
        answer = await visit.send(call)
    except Problem as problem:
        return await _partner_page(visit, _renamed(beside(visit, problem), "maintenance_reason"))
    return proposed(visit, answer) or visit.redirect("/platform/partners", done="maintenance")


@pages.post(f"/platform/partners/{_PARTNER}/maintenance/withdraw", needs="keep_partners")
async def withdraw_maintenance(visit: Visit) -> web.Response:
    """Proposed: it lets exchanges begin."""
    partner, form = visit.path_param("partner"), visit.form
    call = calls.propose_maintenance_withdrawal(
        partner, starts_at=form.get("window", ""), reason=form.get("withdrawal_reason", "")
    )
    try:
        proposal = await visit.send(call)
    except Problem as problem:
        return await _partner_page(visit, _renamed(beside(visit, problem), "withdrawal_reason"))
    return to_proposal(visit, proposal)


@pages.post(f"/platform/partners/{_PARTNER}/pace", needs="keep_partners")
async def change_pace(visit: Visit) -> web.Response:
    """At once where it is lowered, else proposed."""
    partner, form = visit.path_param("partner"), visit.form
    try:
        pace = optional_number(form, "pace")
    except NotANumberError:
        return await _partner_page(visit, no_number("pace"))
    call = calls.change_pace(partner, calls_per_minute=pace, reason=form.get("pace_reason", ""))
    try:
        answer = await visit.send(call)
    except Problem as problem:
        return await _partner_page(visit, _renamed(beside(visit, problem), "pace_reason"))
    return proposed(visit, answer) or visit.redirect("/platform/partners", done="paced")


def _renamed(trouble: ErrorMessage, reason_field: str) -> ErrorMessage:
    """The forms of a partner each have a reason and names of their own."""
    names = {"reason": reason_field, "calls_per_minute": "pace"}
    return replace(trouble, field=names.get(trouble.field, trouble.field))


@pages.get("/platform/differences")
async def difference_list(visit: Visit) -> web.Response:
    """The days that differ, and the form to compare any other."""
    partner, typed = visit.query("partner"), visit.query("day")
    trouble = None
    if partner and typed:
        if day(typed) is not None:
            return visit.redirect(f"/platform/differences/{partner}/{typed}")
        trouble = replace(NO_DAY, field="day")
    days = (await visit.send(calls.days_with_differences())).days
    partners = (await visit.send(calls.platform_partners())).partners
    return visit.render(
        "platform_differences.html",
        status=status(trouble),
        days=days,
        names={each.partner_id: visit.speech.label(each.name) for each in partners if each.name},
        comparable=[each for each in partners if each.lists_days],
        typed={"partner": partner, "day": typed},
        trouble=trouble,
    )


@pages.get(f"/platform/differences/{_PARTNER}/{_DAY}")
async def day_page(visit: Visit) -> web.Response:
    return await _day_page(visit, None)


@pages.post(f"/platform/differences/{_PARTNER}/{_DAY}/close", needs="keep_exchanges")
async def close(visit: Visit) -> web.Response:
    """Proposed: our side is made what the partner's is, or nothing moves."""
    form = visit.form
    try:
        proposal = await visit.send(
            calls.propose_closing(
                partner_id=visit.path_param("partner"),
                day=day_param(visit, "day"),
                exchange_id=form.get("exchange_id", ""),
                leave=form.get("leave") == "yes",
                reason=form.get("reason", ""),
            )
        )
    except Problem as problem:
        return await _day_page(visit, beside(visit, problem))
    return to_proposal(visit, proposal)


async def _day_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    """Both sides as they are now: the partner is asked for its book. `trouble` belongs to the line that was refused."""
    partner, on, comparison = visit.path_param("partner"), day_param(visit, "day"), None
    try:
        comparison = await visit.send(calls.compare_day(partner_id=partner, day=on))
    except Problem as problem:
        if problem.word in ("unknown-partner", "body-invalid"):
            raise web.HTTPNotFound from None
        trouble = trouble or beside(visit, problem)
    return visit.render(
        "platform_day.html",
        status=status(trouble),
        partner=partner,
        day=on,
        comparison=comparison,
        verdicts=VERDICTS,
        typed=visit.form,
        trouble=trouble,
    )


async def _partner_page(visit: Visit, trouble: ErrorMessage | None) -> web.Response:
    partners = (await visit.send(calls.platform_partners())).partners
    partner = next((each for each in partners if each.partner_id == visit.path_param("partner")), None)
    if partner is None:
        raise web.HTTPNotFound
    return visit.render(
        "platform_partner.html",
        status=status(trouble),
        partner=partner,
        windows=[
            (f"{each.starts_at.astimezone(JST):%Y-%m-%dT%H:%M}", _window_text(visit, each))
            for each in partner.windows
        ],
        typed=visit.form,
        trouble=trouble,
    )


def _window_text(visit: Visit, window: models.WindowView) -> str:
    starts, ends = visit.speech.moment(window.starts_at), visit.speech.moment(window.ends_at)
    return f"{starts} – {ends} {window.reason}"
