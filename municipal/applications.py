"""Clerks examine shops that applied on the web: the list, one with what says the same, and the three ways to decide; the terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, get_args

from aiohttp import web

from municipal.bank_form import KINDS
from municipal.error_messages import ErrorMessage
from municipal.forms import beside, drawn_again, status
from municipal.labels import APPLICATION_STATES, SAMENESS
from municipal.proposals import to_proposal
from municipal.site import Pages, Visit
from pagekit.api import Problem
from pagekit.ids import fresh_number
from pagekit.typed_text import choice_of
from point_gateway_client import UNSET, calls, models

pages = Pages(needs="see_member")
_APPLICATION: Final = r"{application:[0-9]{8}}"
_VERSION: Final = re.compile(r"[0-9a-f]{16}")
_UNSEEN: Final = "0" * 16
"""What nobody has examined: a form that does not say what it was drawn from decides nothing."""
State = Literal["open", "submitted", "sent_back", "withdrawn", "refused", "accepted"]
_STATES: Final[tuple[State, ...]] = get_args(State)
DONE: Final[dict[str, str]] = {
    "sent-back": "差し戻しました。申請した人は、申請番号と照会用のことばで理由を見て、直すことができます。",
    "refused": "申請を却下しました。",
    "terms": "規約を登録しました。これからの申請に使われます。",
}


@pages.get("/applications")
async def application_list(visit: Visit) -> web.Response:
    state = choice_of(visit.query("state"), _STATES) or "open"
    after = visit.query("after")
    page = await visit.send(
        calls.list_shop_applications(
            state=state, after=after if after.isdecimal() and len(after) == 8 else UNSET
        )
    )
    return visit.render(
        "applications.html",
        applications=page.applications,
        next_after=page.next_after,
        state=state,
        states=APPLICATION_STATES,
        done=DONE.get(visit.query("done"), ""),
    )


@pages.get(f"/applications/{_APPLICATION}")
async def application_page(visit: Visit) -> web.Response:
    examined = await _examined(visit)
    return visit.render(
        "application.html",
        application=examined.application,
        terms=examined.terms,
        duplicates=examined.duplicates,
        states=APPLICATION_STATES,
        sameness=SAMENESS,
        kinds=dict(KINDS),
        done=DONE.get(visit.query("done"), ""),
    )


@pages.get(f"/applications/{_APPLICATION}/return", needs="keep_shops")
async def return_page(visit: Visit) -> web.Response:
    return await _decision_page(visit, is_return=True, trouble=None)


@pages.post(f"/applications/{_APPLICATION}/return", needs="keep_shops")
async def send_back(visit: Visit) -> web.Response:
    form = visit.form
    call = calls.send_back_shop_application(
        visit.path_param("application"), reason=form.get("reason", ""), seen=form.get("seen") or _UNSEEN
    )
    try:
        await visit.send(call)
    except Problem as problem:
        return await _decision_page(visit, is_return=True, trouble=beside(visit, problem))
    return visit.redirect(f"/applications/{visit.path_param('application')}", done="sent-back")


@pages.get(f"/applications/{_APPLICATION}/refusal", needs="keep_shops")
async def refusal_page(visit: Visit) -> web.Response:
    return await _decision_page(visit, is_return=False, trouble=None)


@pages.post(f"/applications/{_APPLICATION}/refusal", needs="keep_shops")
async def refuse(visit: Visit) -> web.Response:
    form = visit.form
    call = calls.refuse_shop_application(
        visit.path_param("application"), reason=form.get("reason", ""), seen=form.get("seen") or _UNSEEN
    )
    try:
        await visit.send(call)
    except Problem as problem:
        return await _decision_page(visit, is_return=False, trouble=beside(visit, problem))
    return visit.redirect(f"/applications/{visit.path_param('application')}", done="refused")


@pages.get(f"/applications/{_APPLICATION}/acceptance", needs="keep_shops")
async def acceptance_page(visit: Visit) -> web.Response:
    application = await _application(visit)
    typed = {"shop_id": fresh_number(), "seen": _examined_version(visit, application)}
    return _acceptance(visit, application, typed, None)


@pages.post(f"/applications/{_APPLICATION}/acceptance", needs="keep_shops")
async def propose_acceptance(visit: Visit) -> web.Response:
    """Proposed; whoever decides it sees the shop's first password, this once."""
    typed = visit.form
    call = calls.accept_shop_application(
        visit.path_param("application"),
        shop_id=typed.get("shop_id", ""),
        login=typed.get("login", ""),
        reason=typed.get("reason", ""),
        seen=typed.get("seen") or _UNSEEN,
    )
    try:
        return to_proposal(visit, await visit.send(call))
    except Problem as problem:
        trouble = beside(visit, problem)
    application = await _application(visit)
    return _acceptance(visit, application, drawn_again(trouble, application, typed), trouble)


@pages.get("/shop-terms", needs="keep_shops")
async def terms_page(visit: Visit) -> web.Response:
    terms = await visit.send(calls.get_shop_terms())
    return _terms_page(visit, terms, {"text": terms.text, "seen": terms.version}, None)


@pages.post("/shop-terms", needs="keep_shops")
async def set_terms(visit: Visit) -> web.Response:
    typed = visit.form
    call = calls.set_shop_terms(
        # A browser sends its line ends as CR LF, whatever was typed.
        text=typed.get("text", "").replace("\r\n", "\n"),
        reason=typed.get("reason", ""),
        seen=typed.get("seen") or UNSET,
    )
    try:
        await visit.send(call)
    except Problem as problem:
        trouble = beside(visit, problem)
        terms = await visit.send(calls.get_shop_terms())
        return _terms_page(visit, terms, typed, trouble)
    return visit.redirect("/applications", done="terms")


async def _examined(visit: Visit) -> models.ExaminedApplicationView:
    return await visit.send(calls.get_shop_application(visit.path_param("application")))


async def _application(visit: Visit) -> models.ApplicationView:
    """For a page that does not show what says the same."""
    call = calls.get_shop_application(visit.path_param("application"), duplicates=False)
    return (await visit.send(call)).application


def _examined_version(visit: Visit, application: models.ApplicationView) -> str:
    """What was examined on the application's page, whatever it says now; for who came otherwise, what this page shows."""
    seen = visit.query("seen")
    return seen if _VERSION.fullmatch(seen) else application.version


async def _decision_page(visit: Visit, *, is_return: bool, trouble: ErrorMessage | None) -> web.Response:
    application = await _application(visit)
    typed = {"seen": _examined_version(visit, application)} | dict(visit.form)
    return visit.render(
        "application_decision.html",
        status=status(trouble),
        application=application,
        kinds=dict(KINDS),
        typed=typed if trouble is None else drawn_again(trouble, application, typed),
        trouble=trouble,
        is_return=is_return,
    )


def _acceptance(
    visit: Visit, application: models.ApplicationView, typed: Mapping[str, str], trouble: ErrorMessage | None
) -> web.Response:
    return visit.render(
        "application_acceptance.html",
        status=status(trouble),
        application=application,
        kinds=dict(KINDS),
        typed=typed,
        trouble=trouble,
    )


def _terms_page(
    visit: Visit, terms: models.ShopTermsView, typed: Mapping[str, str], trouble: ErrorMessage | None
) -> web.Response:
    address = f"{visit.site.settings.origin}/apply/{terms.municipality}"
    return visit.render(
        "shop_terms.html", status=status(trouble), terms=terms, typed=typed, trouble=trouble, address=address
    )
