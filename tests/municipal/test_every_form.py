"""Every form of the staff keeps what was typed and says what is wrong, at an address that holds it."""

from __future__ import annotations

import pytest

from gateway.demo.environment import DemoEnvironment
from tests.forms_walked import faults_of, forms_of
from tests.municipal.conftest import At
from tests.municipal.test_every_page import ADMINISTRATORS, found_in

pytestmark = pytest.mark.xdist_group("browser")

SKIPPED = frozenset({"/account/password", "/account/passkey", "/account/totp"})
"""Misses of the password are counted, and the others begin something at the gateway each time they are shown."""
WITH_FORMS = (
    "/services/new", "/services/kasama-ouen/new", "/services/kasama-ouen/closing", "/projects/new",
    "/projects/{project}/budget", "/projects/{project}/open", "/projects/{project}/grant", "/members", "/events/new",
    "/shops/new", "/shops/shop-01/edit", "/shops/shop-01/closing", "/shops/shop-01/people", "/shops/shop-01/bank",
    "/payer", "/spends/{spend}", "/staff/new", "/staff/{person}", "/deeds/grant",
)  # fmt: skip


@pytest.mark.parametrize("path", WITH_FORMS)
def test_every_form_of_the_staff_forgives(at: At, filled: DemoEnvironment, path: str) -> None:
    request, site = at("kanri").page.context.request, filled.municipal_url
    wrong = list(faults_of(request, site, path.format(**found_in(filled)), SKIPPED))
    assert not wrong, "\n".join(wrong)


def test_no_page_with_a_form_is_left_out(at: At, filled: DemoEnvironment) -> None:
    request, found = at("kanri").page.context.request, found_in(filled)
    pages = [path for path in ADMINISTRATORS if path not in WITH_FORMS and path not in SKIPPED]
    left_out = [
        path for path in pages if forms_of(request.get(filled.municipal_url + path.format(**found)).text())
    ]
    assert left_out == []
