"""The accessibility statement says what was tested, and nothing beyond it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gateway.demo.environment import DemoEnvironment
from portal.accessibility import stored_results
from portal.i18n import SOURCES
from tools.accessibility_results import collect

pytestmark = pytest.mark.xdist_group("browser")

LOCK = Path(__file__).parents[1] / "browser" / "package-lock.json"
NEVER_LEFT_OUT = {
    "利用者マイページ",
    "ログイン",
    "地域経済応援ポイント協力会社一覧",
    "QRコードを読み取る",
    "アクセシビリティについて",
    "ヘルプ",
}


def test_the_table_has_the_pages_that_residents_need_and_none_with_a_fault() -> None:
    results = stored_results()
    titles = {page.title for page in results.pages}
    assert titles >= NEVER_LEFT_OUT
    assert len(titles) >= 25
    assert titles - set(SOURCES.sentences()) == set()
    assert {page.faults for page in results.pages} == {0}
    assert min(page.rules for page in results.pages) > 20


def test_a_newer_axe_asks_for_a_new_table() -> None:
    lock = json.loads(LOCK.read_text("utf-8"))
    assert stored_results().axe == lock["packages"]["node_modules/axe-core"]["version"], (
        "run make accessibility"
    )


def test_a_page_that_was_looked_at_twice_stands_once_with_all_its_faults() -> None:
    lines = [
        {"title": "ヘルプ | マイキープラットフォーム", "rules": 30, "faults": 0},
        {"title": "エラー：ヘルプ | マイキープラットフォーム", "rules": 31, "faults": 0},
        {"title": "ヘルプ | マイキープラットフォーム", "rules": 29, "faults": 2},
        {"title": "Help", "rules": 40, "faults": 0},
    ]
    assert collect(lines, {"ヘルプ"}) == [{"title": "ヘルプ", "rules": 30, "faults": 2}]


def test_the_page_tells_results_and_claims_no_conformance(chromium: Browser, town: DemoEnvironment) -> None:
    page = chromium.new_context(locale="ja-JP").new_page()
    page.goto(f"{town.portal_url}/help")
    page.click("a[href='/accessibility']")
    text = page.inner_text("main")
    assert page.locator("tbody tr").count() == len(stored_results().pages)
    assert "適合を宣言していません" in text
    assert "準拠しています" not in text
    assert f"axe-core {stored_results().axe}" in text
    page.context.close()
