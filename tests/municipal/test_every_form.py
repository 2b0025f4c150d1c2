"""Every form of the staff keeps what was typed and says what is wrong, at an address that holds it."""

from __future__ import annotations

import pytest

from gateway.demo.environment import DemoEnvironment
from municipal.app import PARTS
from tests.forms_walked import Routes, faults_of, forms_of, walk_as
from tests.municipal.conftest import At
from tests.municipal.test_every_page import ADMINISTRATORS, found_in

pytestmark = pytest.mark.xdist_group("browser")

ROUTES = Routes(page for part in PARTS for page in part.pages.all)
SKIPPED = frozenset(
    {"/account/password", "/account/passkey", "/account/totp", "/account/totp/remove", "/account/sessions"}
)
"""Misses of the password are counted, and the others begin or end something."""
WITH_FORMS = (
    "/services/new", "/services/kasama-ouen/new", "/services/kasama-ouen/closing", "/services/kasama-ouen/issuer", "/services/kasama-ouen/reading", "/projects/new",
    "/projects/{project}/budget", "/projects/{project}/open", "/projects/{project}/grant", "/projects/{project}/file", "/carry-ins/new", "/carry-ins/join",
    "/members", "/support", "/cards", "/cards/limits", "/audit", "/events/new", "/events/himatsuri-2018/end", "/announcements/new",
    "/applications/{application}/return", "/applications/{application}/refusal", "/applications/{application}/acceptance",
    "/shop-terms", "/shops/new", "/shops/list", "/companies/new", "/shops/shop-01/edit", "/shops/shop-01/closing", "/shops/shop-01/people", "/shops/shop-01/people/{cashier}",
    "/shops/shop-01/bank", "/shops/shop-01/bank?by=yucho",
    "/payer", "/settlement-settings", "/privacy-text", "/spends/{spend}", "/staff/new", "/staff/{person}", "/deeds/grant",
    "/settlements/2018-07-01", "/settlements/2018-07-16", "/settlements/2018-07-16/close",
    "/settlements/2018-07-01/payouts/shop-02",
)  # fmt: skip
WITH_A_TEST_OF_ITS_OWN = "/proposals/{proposal}"
"""A proposal is decided once, so its forms are walked on one that is made for it."""

LEFT_BY_SHOPS = dict.fromkeys(
    SKIPPED | {"/account/passkey/begin", "/account/totp/begin"}, "misses of the password are counted"
)
FORMS_OF_SHOPS = {"/shop/take/check", "/shop/tills", "/shop/till-refunds"}
ELSEWHERE = {
    "/account/passkey/begin": "misses of the password are counted",
    "/account/totp/begin": "misses of the password are counted",
    "/projects/{project}/grants": "a search: sent empty it is no mistake, it finds everything",
    "/companies/{company}": "there once a story has made a company; the form is that of a new one",
    "/events/{event}/edit": "there once a story has planned an event; the form is that of a new one",
    "/files/{file}/cancel": "there once a story has left a file that waits; it asks for a reason alone",
}
"""Forms that are not walked, and why."""


@pytest.mark.parametrize("path", WITH_FORMS)
def test_every_form_of_the_staff_forgives(at: At, filled: DemoEnvironment, path: str) -> None:
    request, site = at("kanri").page.context.request, filled.municipal_url
    wrong = list(faults_of(request, site, path.format(**found_in(filled)), SKIPPED))
    assert not wrong, "\n".join(wrong)


def test_the_forms_of_a_proposal_forgive(at: At, filled: DemoEnvironment) -> None:
    """One that waits for the person who looks at it: 承認, 差戻し; and for its author: 取り下げ."""
    operator, boss = at("fukushi"), at("kanri")
    operator.to("/projects/new").fill(
        name="提案のままの給付", project_id="teian", starts_on="2018-07-01", ends_on="2018-12-31", points_each="500",
        budget="1000",
    )  # fmt: skip
    path = operator.press("登録する").path().partition("?")[0]
    assert path.startswith("/proposals/"), operator.text()
    for person, forms in ((boss, 2), (operator, 1)):
        request, site = person.page.context.request, filled.municipal_url
        assert (
            len([each for each in forms_of(request.get(site + path).text()) if "/proposals/" in each.action])
            == forms
        )
        wrong = list(faults_of(request, site, path, SKIPPED | {f"{path}/approve"}))
        assert not wrong, "\n".join(wrong)


def test_every_form_of_a_shops_owner_forgives(at: At, filled: DemoEnvironment) -> None:
    """All that the owner comes to by links; a payment is asked for with a code, and so is given back nowhere here."""
    owner = at("shop-01", signed_in=False).give_password()
    walk = walk_as(owner.page.context.request, filled.municipal_url, ROUTES, LEFT_BY_SHOPS)
    with walk.http:
        walk.walk(["/", "/shop/take/scan?points=100"])
    assert not walk.faults, "\n".join(walk.faults)
    assert {ROUTES.plain(page) for page in walk.met} >= FORMS_OF_SHOPS


def test_no_page_with_a_form_is_left_out(at: At, filled: DemoEnvironment) -> None:
    """Every page that an administrator comes to by links, and where its forms lead."""
    found = found_in(filled)
    crawl = walk_as(at("kanri").page.context.request, filled.municipal_url, ROUTES)
    with crawl.http:
        walked = {
            ROUTES.of(form.action) for path in WITH_FORMS for form in crawl.forms_at(path.format(**found))
        }
        left_out = {
            ROUTES.plain(ROUTES.of(form.action)): path
            for path, page in crawl.pages_from(["/", *(path.format(**found) for path in ADMINISTRATORS)])
            for form in forms_of(page)
            if ROUTES.of(form.action) not in walked | SKIPPED
        }
    assert left_out.keys() <= set(ELSEWHERE), left_out
