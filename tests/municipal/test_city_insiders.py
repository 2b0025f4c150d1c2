"""The three ways in which one person alone made points, was two, or sent money elsewhere: tried with two browsers."""

from __future__ import annotations

import pytest

from gateway.demo.environment import DemoEnvironment
from tests.municipal.conftest import At
from tests.municipal.test_city_story import decide, members_of
from tests.portal.test_every_page import faults

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


def test_a_payout_is_turned_by_nobody_alone_and_the_number_is_typed_twice(at: At) -> None:
    boss = at("kanri").to("/shops/shop-03/bank")
    account = {
        "bank_code": "0005", "bank_name": "ミホン", "branch_code": "001", "branch_name": "シテン",
        "number": "9998887", "holder": "ヤマダ ハナコ", "reason": "申し出",
    }  # fmt: skip
    boss.fill(**account, number_again="9998888").press("提案する")
    assert "口座番号が一致しません" in boss.text("#trouble")
    boss.fill(**account, number_again="9998887").press("提案する")
    address = boss.path().partition("?")[0]
    assert "****887" not in boss.to("/shops/shop-03").text()
    approver = at("kacho").to(address)
    assert "9998887" in approver.picture("proposal-account").text()
    boss.to(address)
    decide(at, boss.to(f"{address}?done=proposed"))
    # What was decided is paid to after the next closing, not before it.
    assert "****887" not in boss.to("/shops/shop-03").text()
