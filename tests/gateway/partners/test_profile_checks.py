"""Profiles and rates that make no sense together are found, each with a sentence that says where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import JST, Campaign, DestinationKind, Label, RateTable, Wallet, WalletId
from gateway.partners.loading.profile_checks import coherence

RESERVE, MUNICIPALITY = DestinationKind.RESERVE, DestinationKind.MUNICIPALITY
AUGUST = datetime(2018, 8, 1, tzinfo=JST)
CAMPAIGN = Campaign(id="summer", name=Label("夏", "summer"), funder="city", extra_points_per_unit=100)


def table(*rates, **values):
    return RateTable(rates=rates, **values)


def test_the_seeds_rates_make_sense(profile, rate):
    direct = rate(
        destinations=frozenset({MUNICIPALITY}), points_per_unit=550, ends_at=AUGUST, campaign=CAMPAIGN
    )
    both = rate(destinations=frozenset({RESERVE, MUNICIPALITY}))
    wallet = rate(wallet=WalletId("cash"), cost_per_unit=450)
    assert coherence(profile(), table(direct, both, wallet)) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "other"}, "kind and link"),
        ({"link": "account"}, "kind and link"),
        ({"name": Label("どんぐり", " ")}, "the profile's name must be a Label"),
        ({"terms": "規約"}, "the profile's terms must be a Label"),
        ({"wallets": ()}, "at least one wallet"),
        ({"wallets": [Wallet(id=WalletId("a"), name=Label("a", "a"))]}, "a tuple of at least one wallet"),
        ({"wallets": (Wallet(id=WalletId(""), name=Label("a", "a")),)}, "every wallet needs an id"),
        (
            {"wallets": (Wallet(id=WalletId("a"), name=Label("a", "a")),) * 2},
            "the wallet a is in the profile twice",
        ),
        ({"wallets": (Wallet(id=WalletId("a"), name=Label("", "a")),)}, "the name of wallet a"),
        ({"hosts": ()}, "every host"),
        ({"hosts": "acorn.example"}, "every host"),
        ({"hosts": ("https://acorn.example",)}, "'https://acorn.example' is neither"),
        ({"hosts": ("acorn.example/path",)}, "is neither"),
        ({"hosts": (1,)}, "is neither"),
        ({"arrives_within": 5}, "arrives_within"),
        ({"debits_may_hide_for": -timedelta(1)}, "debits_may_hide_for"),
        ({"arrives_within": timedelta.max}, "arrives_within must be a timedelta from 0 to 366 days"),
        ({"debits_may_hide_for": timedelta(days=400)}, "debits_may_hide_for must be"),
        ({"keys_kept_for": timedelta.max}, "keys_kept_for must be a timedelta from 0 to 3,660 days"),
        ({"keys_kept_for": 24}, "keys_kept_for must be a timedelta"),
        ({"decides_within": 7, "proves": {"amount"}}, "decides_within must be a timedelta"),
        (
            {"arrives_within": timedelta(days=14), "proves": {"amount"}},
            "decides_within (7 days) is shorter than its arrives_within (14 days): the member is promised",
        ),
        (
            {"debits_may_hide_for": timedelta(days=8), "proves": set()},
            'decides_within (7 days) is shorter than its debits_may_hide_for (8 days): no "no record" could',
        ),
        ({"deadline_s": 0}, "deadline_s must be above 0"),
        ({"deadline_s": 121}, "at most 120"),
        ({"deadline_s": True}, "deadline_s must be a number"),
        ({"deadline_s": "5"}, "deadline_s must be a number"),
    ],
)
def test_each_fault_of_a_profile_is_named(profile, changes, said):
    faults = coherence(profile(**changes))
    assert said in faults[0]


def test_a_plugin_of_the_first_edition_has_not_said_how_long_its_partner_decides(profile):
    assert coherence(profile(arrives_within=timedelta(days=14))) == ()
    assert coherence(profile(keys_kept_for=timedelta(days=3_660), proves={"amount"})) == ()


@pytest.mark.parametrize(
    "ends_at", [datetime(2018, 8, 1, tzinfo=UTC), datetime(2018, 8, 1, tzinfo=timezone(timedelta(hours=1)))]
)
def test_a_rate_that_ends_at_midnight_elsewhere_is_told_the_hour_in_japan(profile, rate, ends_at):
    (fault,) = coherence(profile(), table(rate(ends_at=ends_at)))
    assert "is midnight in another zone and 0" in fault
    assert "in Japan; write it with tzinfo=JST" in fault
    assert coherence(profile(), table(rate(ends_at=ends_at.astimezone(JST)))) == ()


@pytest.mark.parametrize(
    "host", ["acorn.example", "acorn.example:8443", "127.0.0.1:8101", "[::1]:8101", "localhost"]
)
def test_hosts_are_names_with_or_without_a_port(profile, host):
    assert coherence(profile(hosts=(host,))) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"wallet": WalletId("nobodys")}, "rate 1 (nobodys): the profile has no such wallet"),
        ({"destinations": frozenset()}, "at least one DestinationKind"),
        ({"destinations": {RESERVE}}, "frozenset"),
        ({"destinations": frozenset({"reserve-ish"})}, "at least one DestinationKind"),
        ({"cost_per_unit": 0}, "cost_per_unit must be a whole number above 0"),
        ({"cost_per_unit": 4.5}, "cost_per_unit must be a whole number above 0"),
        ({"points_per_unit": True}, "points_per_unit must be a whole number above 0"),
        ({"min_units": 0}, "min_units must be"),
        ({"min_units": 3, "max_units": 2}, "min_units is above max_units"),
        ({"source": ""}, "source is empty"),
        ({"starts_at": datetime(2018, 7, 1)}, "with their offset"),
        ({"ends_at": "2018-08-01"}, "with their offset"),
        ({"starts_at": AUGUST, "ends_at": AUGUST}, "starts_at must be before ends_at"),
        ({"campaign": CAMPAIGN, "points_per_unit": 99}, "at most points_per_unit"),
        (
            {"campaign": Campaign(id="", name=CAMPAIGN.name, funder="c", extra_points_per_unit=1)},
            "an id and a funder",
        ),
        (
            {"campaign": Campaign(id="s", name="s", funder="c", extra_points_per_unit=1)},  # type: ignore[arg-type]
            "the campaign's name",
        ),
        *(
            (
                {"campaign": Campaign(id=id_, name=CAMPAIGN.name, funder=funder, extra_points_per_unit=1)},  # type: ignore[arg-type]
                "without ':'",
            )
            for id_, funder in (
                ("summer:2018", "c"),
                ("s", "city:kasama"),
                ("s", "c" * 101),
                ("s\n", "c"),
                (7, "c"),
            )
        ),
        ({"campaign": Campaign(id="s", name=CAMPAIGN.name, funder="c", extra_points_per_unit=0)}, "above 0"),
    ],
)
def test_each_fault_of_a_rate_is_named(profile, rate, changes, said):
    faults = coherence(profile(), table(rate(**changes)))
    assert any(said in fault for fault in faults)


def test_rates_must_be_a_tuple_of_rates_and_notes_labels(profile, rate):
    assert "tuple of Rate" in coherence(profile(), RateTable(rates=[rate()]))[0]  # type: ignore[arg-type]
    assert "tuple of Rate" in coherence(profile(), table({}))[0]
    assert "a note of the rate table" in coherence(profile(), table(rate(), notes=("x",)))[0]


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ({}, {}, True),
        ({"ends_at": AUGUST}, {"starts_at": AUGUST}, False),
        ({"ends_at": AUGUST}, {"starts_at": AUGUST - timedelta(seconds=1)}, True),
        ({"max_units": 9}, {"min_units": 10}, False),
        ({"max_units": 10}, {"min_units": 10}, True),
        ({}, {"wallet": WalletId("cash")}, False),
        ({}, {"destinations": frozenset({MUNICIPALITY})}, False),
        ({}, {"destinations": frozenset({MUNICIPALITY, RESERVE})}, True),
        ({}, {"campaign": CAMPAIGN}, False),
        ({"campaign": CAMPAIGN}, {"campaign": CAMPAIGN}, True),
    ],
)
def test_two_rates_of_one_rank_are_never_in_force_together(profile, rate, one, other, overlap):
    faults = coherence(profile(), table(rate(**one), rate(**other)))
    assert any("rates 1 and 2 (points) are in force at the same time" in fault for fault in faults) is overlap


MOMENTS = st.one_of(st.none(), st.integers(0, 6).map(lambda days: AUGUST + timedelta(days=days)))
SPANS = st.tuples(MOMENTS, MOMENTS).filter(lambda span: None in span or span[0] < span[1])  # type: ignore[arg-type]


@given(spans=st.lists(SPANS, min_size=2, max_size=4))
def test_overlaps_are_found_exactly_when_some_moment_has_two_rates(profile, rate, spans):
    rates = [rate(starts_at=starts, ends_at=ends) for starts, ends in spans]
    moments = [AUGUST + timedelta(hours=hours) for hours in range(-12, 24 * 8, 12)]
    doubled = any(
        one.in_force(RESERVE, moment) and other.in_force(RESERVE, moment)
        for one, other in combinations(rates, 2)
        for moment in moments
    )
    assert bool(coherence(profile(), table(*rates))) is doubled
