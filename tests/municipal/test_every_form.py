"""Every form of the staff keeps what was typed and says what is wrong, at an address that holds it."""

from __future__ import annotations

import pytest

from gateway.demo.environment import DemoEnvironment
from tests.forms_walked import faults_of, forms_of
from tests.municipal.conftest import At
from tests.municipal.test_every_page import ADMINISTRATORS, found_in

pytestmark = pytest.mark.xdist_group("browser")

SKIPPED = frozenset(
    {"/account/password", "/account/passkey", "/account/totp", "/account/totp/remove", "/account/sessions"}
)
"""Misses of the password are counted, and the others begin or end something."""
WITH_FORMS = (
    "/services/new", "/services/kasama-ouen/new", "/services/kasama-ouen/closing", "/services/kasama-ouen/issuer", "/services/kasama-ouen/reading", "/projects/new",
    "/projects/{project}/budget", "/projects/{project}/open", "/projects/{project}/grant", "/projects/{project}/file", "/carry-ins/new", "/carry-ins/join",
    "/members", "/support", "/cards", "/cards/limits", "/audit", "/events/new", "/announcements/new",
    "/applications/{application}/return", "/applications/{application}/refusal", "/applications/{application}/acceptance",
    "/shop-terms", "/shops/new", "/shops/list", "/companies/new", "/shops/shop-01/edit", "/shops/shop-01/closing", "/shops/shop-01/people", "/shops/shop-01/people/{cashier}",
    "/shops/shop-01/bank", "/shops/shop-01/bank?by=yucho",
    "/payer", "/settlement-settings", "/privacy-text", "/spends/{spend}", "/staff/new", "/staff/{person}", "/deeds/grant",
    "/settlements/2018-07-01", "/settlements/2018-07-16", "/settlements/2018-07-16/close",
    "/settlements/2018-07-01/payouts/shop-02",
)  # fmt: skip
WITH_A_TEST_OF_ITS_OWN = "/proposals/{proposal}"
"""A proposal is decided once, so its forms are walked on one that is made for it."""

A_SEARCH = "/projects/{project}/grants"
"""Sent empty it is no mistake: it finds everything."""


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


def test_no_page_with_a_form_is_left_out(at: At, filled: DemoEnvironment) -> None:
    request, found = at("kanri").page.context.request, found_in(filled)
    walked = {*WITH_FORMS, *SKIPPED, WITH_A_TEST_OF_ITS_OWN, A_SEARCH}
    pages = [path for path in ADMINISTRATORS if path not in walked]
    left_out = [
        path for path in pages if forms_of(request.get(filled.municipal_url + path.format(**found)).text())
    ]
    assert left_out == []
