"""What will move or expire within 30 days, in the order of its days and at its place in the picture."""

from __future__ import annotations

from datetime import date

from portal.mypage import MAX_SHOWN, ahead

TODAY = date(2018, 8, 1)
KASAMA = {"municipality": "082163", "point_service": "kasama-ouen", "point_service_name": "笠間応援ポイント"}


def seen(moves: dict[str, int], expires: dict[str, int]) -> dict[str, object]:
    place = {name: KASAMA[name] for name in ("municipality", "point_service")}
    return {
        "balances": {
            "reserve_heaps": [{"moves_on": day, "points": points} for day, points in moves.items()],
            "municipal": [KASAMA],
        },
        "expiring": [{**place, "last_day": day, "points": points} for day, points in expires.items()],
    }


def test_moves_and_expiries_stand_in_the_order_of_their_days() -> None:
    aheads = ahead(seen({"2018-08-14": 900, "2018-08-03": 450}, {"2018-08-10": 70}), TODAY)
    assert [(one.day, one.points, one.at) for one in aheads] == [
        ("2018-08-03", 450, MAX_SHOWN + 40),
        ("2018-08-10", 70, MAX_SHOWN + 180),
        ("2018-08-14", 900, MAX_SHOWN + 260),
    ]
    assert [one.service for one in aheads] == [None, KASAMA, None]


def test_the_thirtieth_day_is_the_end_of_the_picture_and_later_ones_are_not_in_it() -> None:
    aheads = ahead(seen({"2018-08-31": 1, "2018-09-01": 2}, {}), TODAY)
    assert [(one.points, one.at) for one in aheads] == [(1, 612)]


def test_reserve_that_found_no_municipality_to_move_to_lies_at_today() -> None:
    assert [one.at for one in ahead(seen({"2018-07-20": 5}, {}), TODAY)] == [MAX_SHOWN]
