"""Who was a member of a city's former system takes the points over with the letter's number and code."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from gateway.demo.environment import DemoEnvironment
from tests.axe import faults
from tests.portal.walk import Walk

pytestmark = pytest.mark.xdist_group("browser")


def test_a_wrong_code_is_said_beside_its_field_and_keeps_the_number(
    chromium: Browser, town: DemoEnvironment
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    page = Walk(context.new_page(), town).sign_in().to("/carry-in/082163").page
    assert faults(page) == []
    assert "笠間市 から届いた通知" in page.inner_text("main")
    page.fill("#number", "A-0001")
    page.fill("#code", "ABCDE12345")
    page.click("main form.card button.primary")
    page.wait_for_load_state()
    assert "番号か引継ぎコードが違います" in page.inner_text("main")
    assert page.input_value("#number") == "A-0001"
    assert page.input_value("#code") == "ABCDE12345"
    assert faults(page) == []
    context.close()
