"""個人情報の取扱い on the staff's site: what is wrong stays typed, two persons change it, and the log tells every word."""

from __future__ import annotations

from tests.axe import faults
from tests.municipal.conftest import At
from tests.municipal.test_city_story import decide


def test_the_text_about_members_data_is_changed_by_two_persons(at: At) -> None:
    boss = at("kanri").to("/privacy-text").picture("privacy-text")
    assert faults(boss.page) == []
    boss.page.evaluate("document.querySelectorAll('[required]').forEach(each => each.required = false)")
    boss.fill(ja="　", en="Kept.", reason="要綱").press("提案する")
    assert boss.page.get_attribute("[name=ja]", "aria-invalid") == "true"
    assert boss.page.input_value("[name=en]") == "Kept."
    boss.fill(ja="市はポイントのために使います。\n\n<b>ほか</b>には使いません。").press("提案する")
    shown = decide(at, boss).picture("privacy-text-approved").text()
    assert "<b>ほか</b>には使いません。" in shown
    assert "日本語の文（変更後）" in shown
    assert "最後の変更" in boss.to("/privacy-text").text()
    assert "<b>ほか</b>には使いません。" in boss.page.input_value("[name=ja]")
    log = boss.to("/audit").text()
    assert "個人情報の取扱いの変更" in log
