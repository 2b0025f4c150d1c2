"""What makes no sense is refused before anything is written, and the refusal says what would."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.cities.grants import grant_list
from gateway.cities.settlement import zengin
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.points import rules, support_events
from gateway.points.rules import Expiry, PointRule
from gateway.points.support_events import SupportEvent

from .conftest import KASAMA, NOON
from .test_grants import plan


@pytest.mark.parametrize(
    "changes",
    [
        {"project_id": "Kosodate!"},
        {"name": " "},
        {"ends_on": date(2018, 6, 30)},
        {"points_each": 0},
        {"budget": 0},
    ],
)
async def test_a_project_that_makes_no_sense_is_not_planned(town, changes):
    with pytest.raises(ProblemError) as refused:
        await town.city.projects.add(await town.who("operator"), plan(**changes))
    assert refused.value.type == "bad-project"
    assert await town.city.projects.listed(KASAMA) == []


async def test_a_shop_needs_a_name_when_it_is_registered_and_when_it_is_changed(town):
    who = await town.who("operator")
    entry = ShopEntry(
        name="カフェ 見本", name_kana="カフェ ミホン", category="飲食", address="笠間", phone="0296"
    )
    for shop_id, shop_entry in (("Cafe!", entry), ("cafe", replace(entry, name=" "))):
        with pytest.raises(ProblemError) as refused:
            await town.city.shops.register(who, shop_id, shop_entry)
        assert refused.value.type == "bad-shop"
    await town.city.shops.register(who, "cafe", entry)
    with pytest.raises(ProblemError, match="has a name"):
        await town.city.shops.change(who, "cafe", replace(entry, name=""))
    assert (await town.city.shops.get(KASAMA, "cafe")).name == "カフェ 見本"


def test_points_that_are_worth_less_are_a_change_for_the_worse():
    old, new = PointRule(unit_value_yen=2), PointRule(unit_value_yen=1)
    assert rules.adverse_changes(old, new, date(2018, 8, 1)) == ("points-are-worth-less",)


def test_the_end_of_a_fiscal_year_is_at_most_ten_years_away():
    rules.check(PointRule(expiry=Expiry.FISCAL_YEAR, expiry_count=10))
    with pytest.raises(ProblemError, match="up to 10 years later"):
        rules.check(PointRule(expiry=Expiry.FISCAL_YEAR, expiry_count=11))


def test_an_event_for_a_citys_members_is_some_citys():
    event = SupportEvent(
        event_id="matsuri", name="祭り", starts_at=NOON, ends_at=NOON + timedelta(days=1), givers="city"
    )
    with pytest.raises(ProblemError, match="Only an event of a municipality"):
        support_events.check(event)
    support_events.check(replace(event, municipality=KASAMA))


def test_blank_lines_of_a_file_are_passed_over_and_an_endless_note_is_named():
    rows = ["マイキーID,ポイント,摘要", "", " , , ", f"A2345678,100,{'長' * 1_000}"]
    (line,) = grant_list.lines("\r\n".join(rows).encode())
    assert (line.line, line.fault) == (4, "note-too-long")


def test_what_no_record_of_the_banks_file_can_hold_is_not_cut_short():
    with pytest.raises(ValueError, match="at most 4 half-width digits"):
        zengin._number("bank", "12345", 4)
    with pytest.raises(ValueError, match="at most 4 half-width digits"):
        zengin._number("bank", "１２", 4)
    with pytest.raises(ValueError, match="a transfer file can carry"):
        zengin._text("name", "漢字", 15)
