"""What will move or expire within 30 days, in the order of its days and at its place in the picture."""

from __future__ import annotations

from datetime import date

from point_gateway_client import models
from portal.mypage import TODAY_X, ahead
from tests.pagekit.whole_answers import model

TODAY = date(2018, 8, 1)
KASAMA = {"municipality": "082163", "point_service": "kasama-ouen", "point_service_name": "笠間応援ポイント"}


def overview(moves: dict[str, int], expires: dict[str, int]) -> models.Overview:
    return model(
        models.Overview,
        balances={
            "reserve_heaps": [{"moves_on": day, "points": points} for day, points in moves.items()],
            "municipal": [KASAMA],
        },
        expiring=[KASAMA | {"last_day": day, "points": points} for day, points in expires.items()],
    )


def test_moves_and_expiries_stand_in_the_order_of_their_days() -> None:
    changes = ahead(overview({"2018-08-14": 900, "2018-08-03": 450}, {"2018-08-10": 70}), TODAY)
    assert [(change.day, change.points, change.at) for change in changes] == [
        (date(2018, 8, 3), 450, TODAY_X + 40),
        (date(2018, 8, 10), 70, TODAY_X + 180),
        (date(2018, 8, 14), 900, TODAY_X + 260),
    ]
    names = [change.service.point_service_name if change.service else None for change in changes]
    assert names == [None, "笠間応援ポイント", None]


def test_the_thirtieth_day_is_the_end_of_the_picture_and_later_ones_are_not_in_it() -> None:
    changes = ahead(overview({"2018-08-31": 1, "2018-09-01": 2}, {}), TODAY)
    assert [(change.points, change.at) for change in changes] == [(1, 612)]


def test_reserve_that_found_no_municipality_to_move_to_lies_at_today() -> None:
    """F14."""
    assert [change.at for change in ahead(overview({"2018-07-20": 5}, {}), TODAY)] == [TODAY_X]
