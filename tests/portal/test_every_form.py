"""Every form of the members' pages keeps what was typed and says what is wrong, at an address that holds it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from gateway.demo.environment import DemoEnvironment
from tests.forms_walked import BAD, faults_of, forms_of
from tests.portal.conftest import Loop, add_member
from tests.portal.walk import PASSWORDS, Walk

pytestmark = pytest.mark.xdist_group("browser")

STRANGERS = ["/login", "/register", "/relink", "/restore"]
MEMBERS = [
    "/coupon", "/scan", "/settings/password", "/settings/mykey-id", "/settings/card", "/settings/card-password",
    "/settings/revoke",
]  # fmt: skip


def test_a_form_is_read_as_a_browser_would_send_it() -> None:
    page = """<main><form method="post" action="/x"><input type="hidden" name="h" value="1"><input name="t" value="é">
    <select name="s"><option value="a"><option value="b" selected></select><textarea name="u">v</textarea>
    <input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>
    <input type="password" name="p"><button name="do" value="go"></form><form action="/get"></form></main>"""
    (form,) = forms_of(page)
    assert form.values == {"h": "1", "t": "é", "s": "b", "u": "v", "r": "2", "do": "go"}
    assert (form.typed, form.secret) == (["t", "u"], ["p"])


def test_every_form_of_strangers_forgives(chromium: Browser, town: DemoEnvironment) -> None:
    context = chromium.new_context(locale="ja-JP")
    wrong = [
        fault
        for path in STRANGERS
        for fault in faults_of(context.request, town.portal_url, path, frozenset())
    ]
    context.close()
    assert not wrong, "\n".join(wrong)


def test_every_form_of_members_forgives(chromium: Browser, town: DemoEnvironment, loop: Loop) -> None:
    context = chromium.new_context(locale="ja-JP")
    walk = Walk(context.new_page(), town, name=loop.run(add_member(town)))
    PASSWORDS[walk.name] = f"password of {walk.name}"
    walk.sign_in()
    seen = 0
    wrong: list[str] = []
    for path in MEMBERS:
        seen += len(forms_of(context.request.get(town.portal_url + path).text()))
        wrong += faults_of(context.request, town.portal_url, path, frozenset())
    context.close()
    assert not wrong, "\n".join(wrong)
    assert seen >= 5
    assert len(BAD) == 3
