"""The three ways in which one person alone made points, was two, or sent money elsewhere: tried with two browsers."""

from __future__ import annotations

import pytest

from gateway.demo.environment import DemoEnvironment
from tests.axe import faults
from tests.municipal.conftest import At
from tests.municipal.test_city_story import decide, members_of

pytestmark = pytest.mark.xdist_group("browser")


def test_three_million_points_at_the_window_wait_for_a_second_person(at: At, filled: DemoEnvironment) -> None:
    operator, approver = at("fukushi"), at("kacho")
    before = operator.to("/projects/ouen-2018").text()
    operator.to("/projects/ouen-2018/grant").fill(mykey_id=members_of(filled, 1)[0], points="3000000")
    operator.press("確認する").press("給付する")
    assert "別の職員が承認するまで、何も行われません" in operator.picture("proposal").text()
    assert "提案した本人は承認できません" in operator.text()
    assert faults(operator.page) == []
    address = operator.path().partition("?")[0]
    assert operator.to("/projects/ouen-2018").text() == before
    assert "承認待ちの提案" in approver.to("/").text()
    approver.to(address).picture("proposal-approver")
    assert "3,000,000" in approver.text()
    assert faults(approver.page) == []
    approver.page.fill("#why-no", "桁を間違えていませんか")
    approver.press("差し戻す")
    assert "差し戻しました" in approver.text()
    assert "差し戻された提案" in operator.to("/").text()
    assert "桁を間違えていませんか" in operator.text()
    assert operator.to("/projects/ouen-2018").text() == before


def test_an_invented_colleague_has_no_password_until_somebody_else_says_so(at: At) -> None:
    boss = at("kanri").to("/staff/new")
    boss.fill(display_name="架空 太郎", login="kaku", reason="増員")
    boss.page.select_option("#role", "approver")
    boss.press("登録する")
    assert boss.page.locator("#first-password").count() == 0
    assert boss.page.locator("button:text-is('承認する')").count() == 0
    assert "架空 太郎" not in boss.to("/staff").text()


def test_who_was_stopped_is_told_to_administrators_with_who_did_it(at: At) -> None:
    boss = at("kanri").to("/staff/new")
    boss.fill(display_name="退職 次郎", login="taishoku", reason="増員").press("登録する")
    decide(at, boss)
    boss.to("/staff").page.click("main a:has-text('退職 次郎')")
    boss.page.fill("#why-close", "退職")
    boss.press("利用を止める")
    told = boss.to("/staff").picture("staff-changes").text("#staff-changes li >> nth=0")
    assert "利用の停止" in told
    assert "退職 次郎" in told
    assert "操作した職員" in told
    assert faults(boss.page) == []
    assert "職員のログインや権限の変更" in boss.to("/").text()


def test_a_payout_is_turned_by_nobody_alone_and_the_number_is_typed_twice(at: At) -> None:
    boss = at("kanri").to("/shops/shop-03/bank")
    account = {
        "bank_code": "0005", "bank_name": "ミホン", "branch_code": "001", "branch_name": "シテン",
        "number": "9998887", "holder": "ヤマダ ハナコ", "reason": "申し出",
    }  # fmt: skip
    boss.fill(**account, number_again="9998888").press("提案する")
    assert "口座番号が一致しません" in boss.text("#trouble")
    boss.fill(**account, number_again="9998887").press("提案する")
    assert "「ﾐﾂﾋﾞｼﾕ-ｴﾌｼﾞｴｲ」、支店名は「ﾎﾝﾃﾝ」です" in boss.text("#trouble")
    assert boss.page.get_attribute("[name=bank_name]", "aria-invalid") == "true"
    boss.picture("bank-not-listed").page.check("[name=unlisted]")
    boss.press("提案する")
    assert "銀行名が一覧と違います" in boss.text()
    address = boss.path().partition("?")[0]
    assert "****887" not in boss.to("/shops/shop-03").text()
    approver = at("kacho").to(address)
    assert "9998887" in approver.picture("proposal-account").text()
    boss.to(address)
    decide(at, boss.to(f"{address}?done=proposed"))
    # What was decided is paid to after the shop's word and the next closing, not before it.
    account_page = " ".join(boss.to("/shops/shop-03").text().split())
    assert account_page.count("****887") == account_page.count("****887 お店の確認待ち") == 1


def test_an_account_at_the_post_bank_is_typed_as_its_passbook_says(at: At) -> None:
    operator = at("kanri").to("/shops/shop-05/bank")
    operator.page.click("text=ゆうちょ銀行の記号・番号で入力する")
    typed = {"number": "１２３４５６７１", "number_again": "12345671", "holder": "ミホン", "reason": "申し出"}
    operator.fill(yucho_symbol="10181", **typed).press("提案する")
    assert "ゆうちょ銀行の記号の形式が違います" in operator.text("#trouble")
    assert operator.page.input_value("#holder") == "ミホン"
    operator.fill(yucho_symbol="１０１８０", **typed).press("提案する")
    address = operator.path().partition("?")[0]
    assert address.startswith("/proposals/"), operator.text()
    proposal = at("kacho").to(address).text()
    assert "9900" in proposal
    assert "018" in proposal
    assert "1234567" in proposal


def test_an_operator_proposes_a_new_password_for_a_shop_that_forgot_its_own(at: At) -> None:
    operator = at("fukushi").to("/shops/shop-04")
    operator.page.click("ul.lines a[href*='/people/']")
    operator.fill(reason="パスワードを忘れたとの電話").press("提案する")
    address = operator.path().partition("?")[0]
    assert address.startswith("/proposals/"), operator.text()
    assert operator.page.locator("#first-password").count() == 0
    approver = decide(at, operator)
    assert approver.page.locator("#first-password").is_visible()
