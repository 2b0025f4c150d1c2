"""The history as a file for a spreadsheet: it is read as it was meant, and nothing in it is run."""

from __future__ import annotations

import csv
import io

import pytest

from tests.pagekit.test_site import House, house
from tests.portal.scripted_gateway import member

__all__ = ["house"]

NOTHING = {"reserve": {}, "municipal": [], "events": []}


def line(**values: object) -> dict[str, object]:
    return {
        "seq": 7, "at": "2018-08-01T09:00:00+09:00", "kind": "spend", "party": "八百屋", "points": -300,
        "balance": 700, "reference": "p-1", "exchange_id": None, "partner_id": None, "from_or_to": "shop",
    } | values  # fmt: skip


async def rows(house: House, *lines: dict[str, object]) -> list[list[str]]:
    answers = {
        "/v1/history/reserve": {"lines": lines, "next_before": None},
        "/v1/partners": {"partners": []},
        "/v1/balances": NOTHING,
    }
    async with member(house, answers) as browser:
        text = await browser.page("/history/reserve/csv")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "−", "　＝", " =", "\t="])
async def test_what_a_spreadsheet_would_run_gets_a_quote_mark_and_loses_nothing(
    house: House, start: str
) -> None:
    name = f"{start}cmd|' /C calc'!A0"
    _, row = await rows(house, line(party=name, reference=name))
    assert row[2] == "'" + name
    assert row[6] == "'" + name


@pytest.mark.parametrize("name", ["八百屋", "", "ＡＢＣ＝マート"])
async def test_every_other_name_stays_as_it_is(house: House, name: str) -> None:
    _, row = await rows(house, line(party=name or None, from_or_to="x"))
    assert row[2] == name


async def test_numbers_stay_numbers_below_zero_too(house: House) -> None:
    _, row = await rows(house, line())
    assert row == ["2018-08-01 09:00:00", "お店での支払い", "八百屋", "-300", "700", "", "p-1", ""]
