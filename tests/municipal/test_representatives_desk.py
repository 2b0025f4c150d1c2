"""The desk lets somebody act for a member: proposed by one clerk, decided by another, ended by one, on pages."""

from __future__ import annotations

import pytest

from gateway.demo.environment import DemoEnvironment
from gateway.demo.scenario import HANAKO, JIRO
from tests.axe import faults
from tests.municipal.conftest import At
from tests.municipal.staffer import Staffer

pytestmark = pytest.mark.xdist_group("browser")


def desk(at: At, town: DemoEnvironment) -> Staffer:
    """The page of JIRO's representatives, reached as a clerk reaches it."""
    clerk = at("fukushi").to("/support")
    clerk.fill(mykey_id=town.mykey_ids[JIRO.name], reason="窓口に来た方").press("照会する")
    clerk.page.locator("form[action='/support/representatives'] button").click()
    return clerk


def test_two_let_somebody_act_and_one_ends_it(at: At, filled: DemoEnvironment) -> None:
    clerk, today = desk(at, filled), filled.clock().date()
    assert faults(clerk.page) == []
    clerk.fill(
        actor_mykey_id="NOBODY99", starts_on=today.isoformat(), ends_on=today.isoformat(), pay_points_a_day="千",
        reason="登記事項証明書を確認",
    ).press("提案する")  # fmt: skip
    assert "数字を読み取れません" in clerk.text()
    assert clerk.page.input_value("#reason") == "登記事項証明書を確認"
    clerk.fill(pay_points_a_day="１，０００").press("提案する")
    assert "利用者" in clerk.text()
    clerk.fill(actor_mykey_id=filled.mykey_ids[HANAKO.name]).picture("representatives").press("提案する")
    assert "代理人の登録" in clerk.text()
    address = clerk.path().partition("?")[0]
    boss = at("kacho").to(address)
    assert "成年後見人など" in boss.text()
    assert faults(boss.page) == []
    boss.picture("representative-proposal").press("承認する")
    assert "承認しました" in boss.text()
    clerk = desk(at, filled)
    assert filled.mykey_ids[HANAKO.name] in clerk.picture("representative").text()
    assert faults(clerk.page) == []
    clerk.fill(end_reason="終了の届け出").press("代理を終わらせる")
    assert "代理を終わらせました" in clerk.text()
    assert clerk.page.locator("button:has-text('代理を終わらせる')").count() == 0
