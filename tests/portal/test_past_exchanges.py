"""前回と同じ and よく使う移行先: what a member did before is offered again, at the rates of today, and never done unasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from gateway.demo.environment import DemoEnvironment
from point_gateway_client import models
from portal.destination import RESERVE, Destination
from portal.past_exchanges import LastExchange, destinations_used_often, last_exchange
from tests.pagekit.whole_answers import model
from tests.portal.walk import Walk

KASAMA, MITO = Destination("082163", "kasama-ouen"), Destination("082015", "mito")
HITACHI, TSUCHIURA = Destination("082023", "hitachi"), Destination("082031", "tsuchiura")


def past(to: Destination, units: int = 1, partner: str = "saison", **other: Any) -> models.ExchangeView:
    kind = "reserve" if to.is_reserve else "municipality"
    goal = {
        "kind": kind,
        "municipality": to.municipality or None,
        "point_service": to.point_service or None,
    }
    given = {
        "state": "settled",
        "partner_id": partner,
        "coupon_value": None,
        "quote": {"destination": goal, "units": units},
    }
    return model(models.ExchangeView, **given | other)


class TestTheLastExchange:
    def test_it_is_the_newest_of_this_partner_that_was_carried_out(self) -> None:
        exchanges = [
            past(MITO, 9, state="declined"),
            past(MITO, 8, state="quoted"),
            past(MITO, 7, partner="eikyu"),
            past(KASAMA, 3),
            past(RESERVE, 5),
        ]
        assert last_exchange(exchanges, "saison") == LastExchange(destination=KASAMA, units=3)

    def test_a_coupon_chose_no_units(self) -> None:
        exchanges = [past(KASAMA, 3, coupon_value={"wallet": 1350}), past(RESERVE, 5)]
        assert last_exchange(exchanges, "saison") == LastExchange(destination=RESERVE, units=5)

    def test_without_one_there_is_none(self) -> None:
        assert last_exchange([past(KASAMA, partner="eikyu")], "saison") is None


class TestDestinationsUsedOften:
    def test_the_most_used_come_first_then_the_newest_and_three_are_enough(self) -> None:
        exchanges = [past(to) for to in (MITO, HITACHI, KASAMA, TSUCHIURA, KASAMA)]
        assert destinations_used_often(exchanges) == [KASAMA, MITO, HITACHI]

    def test_the_reserve_and_what_came_to_nothing_are_none(self) -> None:
        assert destinations_used_often([past(RESERVE), past(KASAMA, state="expired")]) == []

    def test_what_left_the_reserve_counts_too_and_what_came_back_does_not(self) -> None:
        def line(points: int, side: str) -> models.HistoryLine:
            return model(models.HistoryLine, points=points, from_or_to=side)

        lines = [
            line(-100, "municipality:082015:mito"),
            line(-100, "event:himatsuri-2018"),
            line(-100, "municipality:082015:mito"),
            line(100, "municipality:082023:hitachi"),
        ]
        assert destinations_used_often([past(KASAMA)], lines) == [MITO, KASAMA]


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    browser_context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="ja-JP", java_script_enabled=request.param
    )
    yield browser_context
    browser_context.close()


@pytest.mark.xdist_group("browser")
class TestOnThePage:
    def test_the_last_exchange_is_offered_at_todays_rate_and_confirmed_as_any(
        self, context: BrowserContext, town: DemoEnvironment
    ) -> None:
        walk = Walk(context.new_page(), town).sign_in().link_saison().to_kasama().units("1").confirm()
        page = walk.link_saison().page
        again = page.locator("#again")
        assert "笠間応援ポイント" in again.inner_text()
        promised = again.locator(".rate").inner_text()
        again.click()
        page.wait_for_selector("#units")
        assert page.input_value("#units") == "1"
        assert promised in page.inner_text("#result")
        page.click("form[action$='/units'] button.primary")
        page.wait_for_url("**/confirm")
        assert f"{walk.points('#quoted-points'):,}" in promised
        page.click(".give-up button")

    def test_a_place_that_was_used_is_one_press_away(
        self, context: BrowserContext, town: DemoEnvironment
    ) -> None:
        walk = Walk(context.new_page(), town).sign_in().link_saison().to_kasama().units("1").confirm()
        page = walk.link_saison().page
        page.click("#often a:has-text('笠間応援ポイント')")
        page.wait_for_selector("#units")
        assert page.input_value("#units") == ""
        assert "笠間応援ポイント" in page.inner_text("main")

    def test_out_of_the_reserve_it_is_one_press_away_as_well(
        self, context: BrowserContext, town: DemoEnvironment
    ) -> None:
        walk = Walk(context.new_page(), town).sign_in().link_saison().to_kasama().units("1").confirm()
        page = walk.to("/allocate").page
        page.click("#often a:has-text('笠間応援ポイント')")
        page.wait_for_url("**/allocate/points?**")
        assert "笠間応援ポイント" in page.inner_text("main")
