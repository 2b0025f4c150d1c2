"""A clerk announces, a colleague decides, a shop and a member read it; a planned stop stands on every page until it is withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest

from httpkit.clock import FileClock
from tests.axe import faults
from tests.municipal.conftest import At

pytestmark = pytest.mark.xdist_group("browser")


def test_an_announcement_is_read_by_shops_once_two_persons_have_published_it(at: At) -> None:
    clerk = at("fukushi").to("/announcements/new").fill(ends_on="2018-12-31", title_ja="秋の給付を始めます")
    clerk.fill(text_ja="9月1日から窓口で受け付けます。\n持ち物：本人確認書類")
    assert faults(clerk.page) == []
    clerk.picture("announcement-new").press("登録する")
    assert "別の職員が承認するまで、何も行われません" in clerk.text()
    assert "利用者と加盟店" in clerk.text()
    shop = at("shop-01", signed_in=False).give_password().to("/shop/take")
    assert shop.page.locator("#news").count() == 0
    chief = at("kacho").to(clerk.path().partition("?")[0])
    assert "本人確認書類" in chief.text()
    chief.press("承認する")
    shop.to("/shop/take").page.click("#news a")
    assert "9月1日から窓口で受け付けます。\n持ち物：本人確認書類" in shop.picture("shop-announcements").text()
    assert faults(shop.page) == []
    clerk.to("/announcements").picture("announcements")
    clerk.page.click("main .lines a")
    assert faults(clerk.page) == []
    clerk.fill(reason="日付の誤り").press("取り下げる")
    assert "お知らせを取り下げました" in clerk.text()
    assert "いまのお知らせはありません" in shop.to("/shop/announcements").text()


def test_a_planned_stop_is_proposed_in_words_and_refused_when_it_comes_too_soon(at: At) -> None:
    one = at("platform").to("/platform/stops/new")
    assert faults(one.page) == []
    now = FileClock(one.town.folder / "clock")()
    begins = (now + timedelta(days=10)).strftime("%Y-%m-%dT%H:%M")
    ends = (now + timedelta(days=10, hours=4)).strftime("%Y-%m-%dT%H:%M")
    one.fill(
        stops_from=begins, stops_until=ends, title_ja="機器の更新", text_ja="支払いと移行ができません。"
    ).press("提案する")
    assert "計画停止は30日前までに知らせます" in one.picture("stop-new").text()
    assert one.page.input_value("#title_ja") == "機器の更新"
    one.page.check("[name=urgent]")
    one.press("提案する")
    other = at("platform-2").to(one.path().partition("?")[0])
    other.press("承認する")
    one.to("/platform/stops")
    assert "掲載中" in one.text()
    assert faults(one.page) == []
    one.page.click("main .lines a")
    one.fill(reason="中止").press("取り下げる")
    assert "計画停止の予告を取り下げました" in one.text()
