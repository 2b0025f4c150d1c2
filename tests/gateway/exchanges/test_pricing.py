"""Rates in force, drawing on wallets: the seed's numbers, and the edges of every rule."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import NoRate, NotEnough, ProblemError
from gateway.exchanges.pricing import (
    draw,
    lots_drawn,
    most_units,
    rate_in_force,
    require_units,
    units_fault,
    units_of_coupon,
)
from gateway.model import JST, BalanceLot, Campaign, Destination, DestinationKind, Label, Rate, WalletId

EIKYU, WALLET = WalletId("eikyu"), WalletId("wallet")
PRIORITY = (WALLET, EIKYU)
CAMPAIGN_ENDS = datetime(2018, 8, 1, tzinfo=JST)
LAST_MINUTE = datetime(2018, 7, 31, 23, 59, tzinfo=JST)
RESERVE = Destination.reserve()
KASAMA = Destination.to_municipality("082163", "kasama-ouen")
BOTH = frozenset(DestinationKind)
CAMPAIGN = Campaign(
    id="2018-summer", name=Label("夏", "Summer"), funder="saison-campaign", extra_points_per_unit=100
)


def rate(wallet: WalletId, cost: int, points: int, **more: Any) -> Rate:
    values: dict[str, Any] = {"destinations": BOTH, "source": "seed", "sample": False} | more
    return Rate(wallet=wallet, cost_per_unit=cost, points_per_unit=points, **values)


RATES = (
    rate(EIKYU, 100, 450),
    rate(
        EIKYU,
        100,
        550,
        campaign=CAMPAIGN,
        ends_at=CAMPAIGN_ENDS,
        destinations=frozenset({DestinationKind.MUNICIPALITY}),
    ),
    rate(WALLET, 450, 450),
)


def drawn(units: int, destination: Destination, at: datetime, wallet: int = 0, eikyu: int = 10_000):
    return draw(units, RATES, PRIORITY, {EIKYU: eikyu, WALLET: wallet}, destination, at)


@given(parts=st.lists(st.integers(1, 500), max_size=6), share=st.floats(0, 1))
def test_what_is_drawn_comes_from_the_first_lots_whole_and_from_the_last_in_part(parts, share) -> None:
    lots = [BalanceLot(wallet=EIKYU, amount=amount, last_day=None) for amount in parts]
    amount = round(sum(parts) * share)
    drawn = lots_drawn(amount, lots)
    assert sum(lot.amount for lot in drawn) == amount
    assert [lot.amount for lot in drawn[:-1]] == parts[: max(0, len(drawn) - 1)]
    assert all(lot.amount > 0 for lot in drawn)


def test_two_units_to_the_reserve_bring_900() -> None:
    drawing = drawn(2, RESERVE, LAST_MINUTE)
    assert drawing.points == 900
    assert drawing.partner_points == 900
    assert [(line.wallet, line.amount) for line in drawing.lines] == [(EIKYU, 200)]


def test_two_units_to_kasama_on_the_last_minute_bring_1100_of_which_200_are_the_funders() -> None:
    drawing = drawn(2, KASAMA, LAST_MINUTE)
    assert drawing.points == 1_100
    assert drawing.partner_points == 900
    assert drawing.points_by_campaign == {("saison-campaign", "2018-summer"): 200}


def test_a_minute_later_the_campaign_is_over_and_two_units_bring_900() -> None:
    drawing = drawn(2, KASAMA, CAMPAIGN_ENDS)
    assert drawing.points == 900
    assert drawing.points_by_campaign == {}


def test_the_campaign_is_not_for_the_reserve() -> None:
    assert rate_in_force(RATES, EIKYU, RESERVE, LAST_MINUTE, 1) == RATES[0]


def test_a_wallet_of_450_is_drawn_first() -> None:
    drawing = drawn(2, KASAMA, LAST_MINUTE, wallet=450)
    assert [(line.wallet, line.units, line.amount, line.points) for line in drawing.lines] == [
        (WALLET, 1, 450, 450),
        (EIKYU, 1, 100, 550),
    ]


def test_a_wallet_of_449_is_left_alone() -> None:
    drawing = drawn(2, KASAMA, LAST_MINUTE, wallet=449)
    assert [line.wallet for line in drawing.lines] == [EIKYU]


def test_a_wallet_is_drawn_for_each_unit_while_a_whole_450_is_left() -> None:
    drawing = drawn(3, RESERVE, LAST_MINUTE, wallet=1_000)
    assert [(line.wallet, line.units) for line in drawing.lines] == [(WALLET, 2), (EIKYU, 1)]


def test_too_few_points_are_refused_with_the_units_short() -> None:
    with pytest.raises(NotEnough) as caught:
        drawn(5, RESERVE, LAST_MINUTE, wallet=449, eikyu=399)
    assert caught.value.units_short == 2


def test_a_destination_without_a_rate_is_refused() -> None:
    only_direct = (rate(EIKYU, 100, 550, destinations=frozenset({DestinationKind.MUNICIPALITY})),)
    with pytest.raises(NoRate):
        draw(1, only_direct, PRIORITY, {EIKYU: 10_000}, RESERVE, LAST_MINUTE)


def test_a_wallet_without_a_rate_is_passed_over() -> None:
    drawing = draw(1, RATES[:1], PRIORITY, {EIKYU: 100, WALLET: 450}, RESERVE, LAST_MINUTE)
    assert [line.wallet for line in drawing.lines] == [EIKYU]


@pytest.mark.parametrize(("units", "points"), [(9, 9 * 50), (10, 10 * 100)])
def test_a_rate_may_depend_on_how_much_is_exchanged_at_once(units: int, points: int) -> None:
    steps = (rate(EIKYU, 100, 50, max_units=9), rate(EIKYU, 100, 100, min_units=10))
    assert draw(units, steps, (EIKYU,), {EIKYU: 5_000}, RESERVE, LAST_MINUTE).points == points


def test_the_most_units_are_those_that_can_be_drawn() -> None:
    assert most_units(RATES, PRIORITY, {EIKYU: 10_000, WALLET: 449}, RESERVE, LAST_MINUTE) == 100
    assert most_units(RATES, PRIORITY, {EIKYU: 10_099, WALLET: 901}, RESERVE, LAST_MINUTE) == 102
    assert most_units(RATES, PRIORITY, {EIKYU: 99}, RESERVE, LAST_MINUTE) == 0
    assert most_units(RATES, PRIORITY, {EIKYU: 100}, RESERVE, LAST_MINUTE) == 1
    assert most_units(RATES, PRIORITY, {EIKYU: 10**9}, RESERVE, LAST_MINUTE) == 9_999
    steps = (rate(EIKYU, 100, 50, max_units=9), rate(EIKYU, 100, 100, min_units=20))
    assert most_units(steps, (EIKYU,), {EIKYU: 1_500}, RESERVE, LAST_MINUTE) == 9
    cheaper = (rate(EIKYU, 100, 450), rate(EIKYU, 50, 450, campaign=CAMPAIGN, max_units=5))
    assert most_units(cheaper, (EIKYU,), {EIKYU: 300}, RESERVE, LAST_MINUTE) == 5
    dearer = (rate(EIKYU, 100, 450), rate(EIKYU, 50, 450, campaign=CAMPAIGN, min_units=6))
    assert most_units(dearer, (EIKYU,), {EIKYU: 290}, RESERVE, LAST_MINUTE) == 2


@given(st.integers(1, 60), st.integers(0, 5_000), st.integers(0, 5_000), st.sampled_from([RESERVE, KASAMA]))
def test_a_drawing_is_whole_units_and_never_more_than_there_is(
    units: int, eikyu: int, wallet: int, destination: Destination
) -> None:
    available = {EIKYU: eikyu, WALLET: wallet}
    most = most_units(RATES, PRIORITY, available, destination, LAST_MINUTE)
    if units > most:
        with pytest.raises(NotEnough) as caught:
            draw(units, RATES, PRIORITY, available, destination, LAST_MINUTE)
        assert units - caught.value.units_short == most
        return
    drawing = draw(units, RATES, PRIORITY, available, destination, LAST_MINUTE)
    assert drawing.units == units
    for line in drawing.lines:
        assert line.amount == line.units * line.rate.cost_per_unit <= available[line.wallet]
    assert drawing.partner_points + sum(drawing.points_by_campaign.values()) == drawing.points


def test_a_coupon_of_whole_units_is_exchanged_whole() -> None:
    miles = (rate(WalletId("miles"), 1_000, 1_000),)
    assert units_of_coupon(3_000, WalletId("miles"), miles, RESERVE, LAST_MINUTE) == 3
    with pytest.raises(ProblemError, match="no whole number of units"):
        units_of_coupon(3_500, WalletId("miles"), miles, RESERVE, LAST_MINUTE)
    with pytest.raises(NoRate):
        units_of_coupon(3_000, EIKYU, miles, RESERVE, LAST_MINUTE)


@pytest.mark.parametrize(("amount", "units"), [(800, 2), (2_000, 5)])
def test_a_coupon_is_counted_in_the_units_of_the_rate_that_draws_it(amount: int, units: int) -> None:
    miles = WalletId("miles")
    table = (rate(miles, 500, 500), rate(miles, 400, 500, campaign=CAMPAIGN))
    assert units_of_coupon(amount, miles, table, RESERVE, LAST_MINUTE) == units
    drawing = draw(units, table, (miles,), {miles: amount}, RESERVE, LAST_MINUTE)
    assert sum(line.amount for line in drawing.lines) == amount


def test_a_coupon_of_which_a_part_would_be_lost_is_refused() -> None:
    miles = WalletId("miles")
    table = (rate(miles, 500, 500), rate(miles, 400, 500, campaign=CAMPAIGN))
    with pytest.raises(ProblemError, match="no whole number of units"):
        units_of_coupon(1_000, miles, table, RESERVE, LAST_MINUTE)


class TestAWalletThatThePartnerDoesNotMention:
    """It holds nothing, also where one unit costs one point."""

    CHEAP = (rate(EIKYU, 1, 1), rate(WALLET, 1, 1))

    def test_nothing_is_drawn_from_it(self) -> None:
        with pytest.raises(NotEnough) as caught:
            draw(3, self.CHEAP, PRIORITY, {EIKYU: 2}, RESERVE, LAST_MINUTE)
        assert (caught.value.units, caught.value.units_short) == (3, 1)

    def test_it_adds_nothing_to_the_most(self) -> None:
        assert most_units(self.CHEAP, PRIORITY, {EIKYU: 2}, RESERVE, LAST_MINUTE) == 2

    def test_a_wallet_without_a_rate_adds_nothing_to_the_most(self) -> None:
        held = {EIKYU: 2, WALLET: 450}
        assert most_units((rate(EIKYU, 1, 1),), PRIORITY, held, RESERVE, LAST_MINUTE) == 2

    def test_no_rate_at_all_is_said_with_destination_and_moment(self) -> None:
        with pytest.raises(NoRate) as caught:
            draw(1, (), PRIORITY, {EIKYU: 2}, RESERVE, LAST_MINUTE)
        assert str(caught.value) == "no rate is in force for reserve at 2018-07-31T23:59:00+09:00"


class TestACouponMeetsSeveralRates:
    MILES = WalletId("miles")

    def units(self, amount: int, *table: Rate, at: datetime = LAST_MINUTE) -> int:
        return units_of_coupon(amount, self.MILES, table, RESERVE, at)

    def limited(self, cost: int, **more: Any) -> Rate:
        return rate(self.MILES, cost, 500, campaign=CAMPAIGN, ends_at=CAMPAIGN_ENDS, **more)

    def test_one_that_is_over_counts_no_more(self) -> None:
        assert self.units(1_000, self.limited(250)) == 4
        with pytest.raises(NoRate) as caught:
            self.units(1_000, self.limited(250), at=CAMPAIGN_ENDS)
        assert str(caught.value) == "no rate is in force for miles to reserve at 2018-08-01T00:00:00+09:00"

    def test_the_campaigns_is_looked_at_before_the_ordinary_one(self) -> None:
        assert self.units(1_000, rate(self.MILES, 250, 500), self.limited(500, max_units=2)) == 2

    def test_one_for_more_units_than_the_coupon_makes_is_passed_over(self) -> None:
        assert self.units(200, rate(self.MILES, 100, 500), self.limited(50, min_units=5)) == 2

    def test_what_is_left_over_has_its_word(self) -> None:
        with pytest.raises(ProblemError) as caught:
            self.units(1_001, self.limited(250))
        assert caught.value.type == "coupon-not-whole-units"


def test_a_rate_starts_with_its_first_moment_and_ends_before_its_last() -> None:
    short = rate(EIKYU, 100, 450, starts_at=LAST_MINUTE, ends_at=CAMPAIGN_ENDS)
    moment = timedelta(microseconds=1)
    assert not short.in_force(DestinationKind.RESERVE, LAST_MINUTE - moment)
    assert short.in_force(DestinationKind.RESERVE, LAST_MINUTE)
    assert short.in_force(DestinationKind.RESERVE, CAMPAIGN_ENDS - moment)
    assert not short.in_force(DestinationKind.RESERVE, CAMPAIGN_ENDS)


@pytest.mark.parametrize("typed", ["1", "2", "10", "9999"])
def test_half_width_digits_are_taken(typed: str) -> None:
    assert units_fault(typed) is None


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "nothing was typed"),
        ("２", "half-width digits"),
        ("+2", "sign"),
        ("-2", "sign"),
        ("1e3", "other than the digits"),
        ("1.0", "other than the digits"),
        (" 2", "other than the digits"),
        ("02", "starts with 0"),
        ("0", "starts with 0"),
        ("10000", "out of range"),
        ("9" * 5_000, "out of range"),
        ("٣", "half-width digits"),
    ],
)
def test_anything_else_is_refused_by_name(typed: str, why: str) -> None:
    fault = units_fault(typed)
    assert fault is not None
    assert why in fault.en


@pytest.mark.parametrize(
    ("typed", "japanese", "english"),
    [
        ("", "何も入力されていません", "nothing was typed"),
        (
            "２",
            "全角などの文字があります。半角数字で入力してください",
            "it has full-width or other wide characters; type half-width digits (半角数字)",
        ),
        ("+2", "符号があります。数字だけを入力してください", "it has a sign; type digits only"),
        ("X2", "0 から 9 の数字ではない文字があります", "it has something other than the digits 0 to 9"),
        ("10000", "範囲の外です", "it is out of range"),
        ("02", "0 で始まっています", "it starts with 0"),
    ],
)
def test_what_is_wrong_is_said_in_both_languages(typed: str, japanese: str, english: str) -> None:
    assert units_fault(typed) == Label(japanese, english)


@pytest.mark.parametrize("units", [1, 9_999])
def test_the_fewest_and_the_most_units_are_allowed(units: int) -> None:
    require_units(units)


@pytest.mark.parametrize(
    ("units", "why"),
    [
        (0, "0 is out of range"),
        (-1, "-1 is out of range"),
        (10_000, "10,000 is out of range"),
        (999_999_999, "999,999,999 is out of range"),
        (10**9, "it is out of range"),
        (10**30, "it is out of range"),
    ],
)
def test_units_out_of_range_are_refused(units: int, why: str) -> None:
    with pytest.raises(ProblemError) as caught:
        require_units(units)
    assert str(caught.value) == (
        f"the number of units (口数) was not taken: {why}. Give a whole number from 1 to 9,999"
    )
