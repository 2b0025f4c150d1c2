"""Every form of the staff keeps what was typed and says what is wrong, at an address that holds it."""

from __future__ import annotations

import pytest

from gateway.demo.town import DemoEnvironment
from tests.forms_walked import faults_of, forms_of
from tests.municipal.conftest import At
from tests.municipal.test_every_page import ADMINISTRATORS, found_in

pytestmark = pytest.mark.xdist_group("browser")

SKIPPED = frozenset({"/account/password", "/account/passkey", "/account/totp"})
"""Misses of the password are counted, and the others begin something at the gateway each time they are shown."""


def test_every_form_of_the_staff_forgives(at: At, filled: DemoEnvironment) -> None:
    request, site = at("kanri").page.context.request, filled.municipal_url
    found = found_in(filled)
    seen, wrong = 0, []
    for path in (path.format(**found) for path in ADMINISTRATORS):
        if path.partition("?")[0] in SKIPPED:
            continue
        page = request.get(site + path).text()
        seen += len(forms_of(page))
        wrong += faults_of(request, site, path, SKIPPED)
    assert not wrong, "\n".join(wrong)
    assert seen > 15
