"""A shop applies to take a city's points: pages for whoever has no account.

A number and a secret open the application. They are sent with every form and stand in no address; a page with the secret in it
is drawn once and has no address of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from municipal.application_form import ENTRY, NOT_FOUND, beside_field, read_application
from municipal.bank_form import KINDS
from municipal.error_messages import ErrorMessage
from municipal.forms import status
from municipal.labels import APPLICATION_STATES
from municipal.site import Pages, Visit
from pagekit.api import Problem
from point_gateway_client import UNSET, calls, models

pages = Pages()
_CITY: Final = r"{city:[0-9]{6}}"
OPEN: Final = ("submitted", "sent_back")


@pages.get(f"/apply/{_CITY}", public=True)
async def form_page(visit: Visit) -> web.Response:
    terms = await _terms(visit)
    typed = {"request_id": str(uuid.uuid4()), "terms_version": str(terms.terms_version), "kind": "1"}
    return _form(visit, terms, typed, None)


@pages.post(f"/apply/{_CITY}", public=True)
async def apply(visit: Visit) -> web.Response:
    """The id in the form makes it one application, however often it is sent; number and secret are shown once."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    typed = dict(visit.form)
    terms = await _terms(visit)
    read = read_application(typed)
    if isinstance(read, ErrorMessage):
        return _form(visit, terms, typed, read)
    call = calls.apply_as_shop(
        visit.path_param("city"),
        request_id=typed.get("request_id", ""),
        terms_version=read.terms_version,
        account=read.account,
        source=visit.network,
        **read.entry,
    )
    try:
        added = await visit.send(call)
    except Problem as problem:
        trouble = beside_field(visit, problem)
        if trouble.word == "terms-changed":
            typed |= {"terms_version": str(terms.terms_version), "accepts": ""}
        return _form(visit, terms, typed, trouble)
    return visit.render_once("applied.html", application=added.application, secret=added.secret)


@pages.get("/application", public=True)
async def find_page(visit: Visit) -> web.Response:
    return _find_form(visit, {}, None)


@pages.post("/application", public=True)
async def show_own(visit: Visit) -> web.Response:
    if (answer := visit.render_throttled()) is not None:
        return answer
    application = await _own_application(visit)
    return _find_form(visit, visit.form, NOT_FOUND) if application is None else _own(visit, application)


@pages.post("/application/resubmission", public=True)
async def resubmit(visit: Visit) -> web.Response:
    """The form as it was sent the last time; sent from there, what is to be changed."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    typed = dict(visit.form)
    application = await _own_application(visit)
    if application is None:
        return _find_form(visit, typed, NOT_FOUND)
    if application.state not in OPEN:
        return _own(visit, application)
    terms = await _terms_of(visit, application)
    if typed.get("way") != "send":
        typed |= {name: getattr(application, name) for name in ENTRY}
        typed |= {"seen": application.version, "terms_version": str(terms.terms_version), "kind": "1"}
        typed |= {"keeps_account": "yes"} if application.account else {}
        return _resubmission_page(visit, application, terms, typed, None)
    read = read_application(typed)
    if isinstance(read, ErrorMessage):
        return _resubmission_page(visit, application, terms, typed, read)
    keeps = typed.get("keeps_account") == "yes" and read.account is None
    call = calls.resubmit_own_application(
        number=application.number,
        secret=typed.get("application_secret", ""),
        terms_version=read.terms_version,
        account=read.account,
        keeps_account=keeps,
        seen=typed.get("seen") or UNSET,
        **read.entry,
    )
    try:
        resubmitted = await visit.send(call)
    except Problem as problem:
        trouble = beside_field(visit, problem)
        if trouble.word == "terms-changed":
            typed |= {"terms_version": str(terms.terms_version), "accepts": ""}
        if trouble.word == "changed-meanwhile":
            typed["seen"] = application.version
        return _resubmission_page(visit, application, terms, typed, trouble)
    return _own(visit, resubmitted, done="内容を直して、もう一度提出しました。")


@pages.post("/application/withdrawal", public=True)
async def withdraw(visit: Visit) -> web.Response:
    """Asked once more before it is done."""
    if (answer := visit.render_throttled()) is not None:
        return answer
    typed = visit.form
    application = await _own_application(visit)
    if application is None:
        return _find_form(visit, typed, NOT_FOUND)
    if application.state not in OPEN:
        return _own(visit, application)
    if typed.get("sure") != "yes":
        return visit.render_once("application_withdraw.html", application=application, typed=typed)
    call = calls.withdraw_own_application(
        number=application.number, secret=typed.get("application_secret", "")
    )
    return _own(visit, await visit.send(call), done="申請を取り下げました。")


async def _own_application(visit: Visit) -> models.ApplicationView | None:
    """The application that number and secret open; None where they open none."""
    call = calls.view_own_application(
        number=visit.form.get("application_number", ""), secret=visit.form.get("application_secret", "")
    )
    try:
        return await visit.send(call)
    except Problem as problem:
        if problem.word not in ("unknown-application", "body-invalid"):
            raise
    return None


async def _terms(visit: Visit) -> models.ShopTermsView:
    return await visit.send(calls.municipality_shop_terms(visit.path_param("city")))


async def _terms_of(visit: Visit, application: models.ApplicationView) -> models.ShopTermsView:
    """What is accepted with the resubmission: the city's terms of today, or what was accepted where it takes no new applications."""
    try:
        return await visit.send(calls.municipality_shop_terms(application.municipality))
    except Problem as problem:
        if problem.word != "no-applications":
            raise
    return models.ShopTermsView(
        municipality=application.municipality,
        municipality_name=application.municipality_name,
        terms_version=application.terms_version,
        text="",
        set_at=None,
        version="",
    )


def _form(
    visit: Visit, terms: models.ShopTermsView, typed: Mapping[str, str], trouble: ErrorMessage | None
) -> web.Response:
    return visit.render(
        "apply.html", status=status(trouble), terms=terms, typed=typed, trouble=trouble, kinds=KINDS
    )


def _resubmission_page(
    visit: Visit,
    application: models.ApplicationView,
    terms: models.ShopTermsView,
    typed: Mapping[str, str],
    trouble: ErrorMessage | None,
) -> web.Response:
    return visit.render_once(
        "application_resubmit.html",
        status=status(trouble),
        application=application,
        terms=terms,
        typed=typed,
        trouble=trouble,
        kinds=KINDS,
    )


def _find_form(visit: Visit, typed: Mapping[str, str], trouble: ErrorMessage | None) -> web.Response:
    return visit.render("application_find.html", status=status(trouble), typed=typed, trouble=trouble)


def _own(visit: Visit, application: models.ApplicationView, done: str = "") -> web.Response:
    return visit.render_once(
        "application_own.html",
        application=application,
        typed=visit.form,
        states=APPLICATION_STATES,
        kinds=dict(KINDS),
        is_open=application.state in OPEN,
        done=done,
    )
