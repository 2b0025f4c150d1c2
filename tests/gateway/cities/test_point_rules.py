"""When points expire, by the first day of issue; how rules change, and what members are told."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_ledger import Lot, Transfer, chart, ledger
from gateway.cities.shops.shops import ShopEntry
from gateway.errors import ProblemError
from gateway.members import member_rows as member_records
from gateway.model import JST
from gateway.points import directory, expiry, expiry_sweep
from gateway.points.allocation import Allocations
from gateway.points.rules import (
    Expiry,
    PointRule,
    RuleVersion,
    adverse_changes,
    check,
    last_day,
    last_day_under,
)

from .conftest import KASAMA, MITO, NOON, OUEN, new_id

TODAY = NOON.date()


def months(count):
    return PointRule(expiry=Expiry.MONTHS, expiry_count=count)


def fiscal(years=0):
    return PointRule(expiry=Expiry.FISCAL_YEAR, expiry_count=years)


def version(number, on, rule):
    return RuleVersion(
        municipality=KASAMA, point_service=OUEN, version=number, takes_effect_on=on, rule=rule, worse=(),
        decided_by="s", decided_at=NOON, withdrawn_at=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "issued", "last"),
    [
        (PointRule(), "2018-07-31", None),
        (months(6), "2018-07-15", "2019-01-14"),
        (months(6), "2018-08-31", "2019-02-28"),
        (months(1), "2020-01-30", "2020-02-29"),
        (months(12), "2018-01-01", "2018-12-31"),
        (fiscal(), "2018-07-31", "2019-03-31"),
        (fiscal(), "2018-03-31", "2018-03-31"),
        (fiscal(), "2018-04-01", "2019-03-31"),
        (fiscal(1), "2018-07-31", "2020-03-31"),
        (PointRule(expiry=Expiry.FIXED_DAY, expiry_day=date(2018, 12, 31)), "2018-07-31", "2018-12-31"),
    ],
)
def test_the_last_day_follows_from_the_first_day_of_issue(rule, issued, last):
    assert last_day_under(rule, date.fromisoformat(issued)) == (date.fromisoformat(last) if last else None)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_six_months_are_never_more_than_six_months(issued):
    last = last_day_under(months(6), issued)
    month = (issued.month + 5) % 12 + 1
    assert (last + timedelta(days=1)).month in (month, month % 12 + 1)  # type: ignore[operator]
    assert 180 <= (last - issued).days <= 184


def test_a_shorter_rule_leaves_older_points_alone():
    rules = [version(1, date(2018, 4, 1), months(12)), version(2, date(2018, 8, 1), months(1))]
    assert last_day(rules, date(2018, 7, 31)) == date(2019, 7, 30)
    assert last_day(rules, date(2018, 8, 1)) == date(2018, 8, 31)


def test_a_longer_rule_lengthens_what_has_not_expired():
    rules = [version(1, date(2018, 4, 1), months(1)), version(2, date(2018, 8, 1), months(12))]
    assert last_day(rules, date(2018, 7, 20)) == date(2019, 7, 19)
    assert last_day(rules, date(2018, 5, 1)) == date(2018, 5, 31)


def test_points_older_than_the_first_rule_go_by_it_from_the_day_on_which_it_takes_effect():
    rules = [version(1, date(2018, 8, 1), months(6)), version(2, date(2018, 8, 2), months(24))]
    for issued, last in (
        (date(2016, 1, 10), date(2018, 7, 31)),
        (date(2018, 1, 10), date(2018, 7, 31)),
        (date(2018, 2, 10), date(2020, 2, 9)),
        (date(2018, 8, 1), date(2020, 7, 31)),
    ):
        assert last_day(rules, issued) == last
    assert last_day(rules[:1], date(2018, 2, 10)) == date(2018, 8, 9)


def test_points_that_never_expire_stay_so_and_become_so():
    never, later = version(1, date(2018, 4, 1), PointRule()), date(2018, 8, 1)
    assert last_day([never], date(2018, 1, 10)) is None
    assert last_day([never, version(2, later, months(6))], date(2018, 7, 20)) is None
    assert last_day([version(1, date(2018, 4, 1), months(6)), version(2, later, PointRule())], TODAY) is None


def test_a_longer_rule_still_lengthens_what_can_be_used_on_its_first_day():
    first = version(1, date(2018, 4, 1), months(1))
    longer = version(2, date(2018, 8, 1), months(12))
    assert last_day([first, longer], date(2018, 7, 2)) == date(2019, 7, 1)  # usable until 1 August
    assert last_day([first, longer], date(2018, 7, 1)) == date(2018, 7, 31)


def test_points_with_and_without_a_last_day_are_listed_together_the_soonest_first():
    rules = [version(1, date(2018, 4, 1), PointRule()), version(2, date(2018, 8, 1), months(6))]
    heaps = [Lot(issued_on=day, points=1, held=0) for day in (date(2018, 7, 1), date(2018, 8, 2))]
    assert [due.last_day for due in expiry.last_days(rules, heaps)] == [date(2019, 2, 1), None]


def test_what_is_lost_is_lost_by_points_to_come():
    """A fixed day cuts what is issued late in the year and nothing of what was issued before."""
    fixed = PointRule(expiry=Expiry.FIXED_DAY, expiry_day=date(2019, 3, 31))
    assert adverse_changes(months(6), fixed, date(2018, 10, 1)) == ("points-expire-earlier",)


@pytest.mark.parametrize("rule", [months(1), months(120), fiscal(0), fiscal(10)])
def test_the_shortest_and_the_longest_rule_are_rules(rule):
    check(rule)


@pytest.mark.parametrize("rule", [fiscal(-1), fiscal(11)])
def test_a_fiscal_year_that_is_over_or_far_away_is_none(rule):
    with pytest.raises(ProblemError, match="expiry_count"):
        check(rule)


async def test_a_first_rule_takes_no_points_before_it_takes_effect(town):
    code = await shop_code(town)
    member = await town.member(points=100, issued_on=date(2016, 1, 10))
    tomorrow = TODAY + timedelta(days=1)
    await announce(town, months(6), tomorrow, accepted=True)
    await town.city.nightly.run_now(TODAY)
    await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 40)
    assert await town.balance(member.member_id) == 60
    town.clock.forward(days=1)
    await town.city.nightly.run_now(tomorrow)
    assert await town.balance(member.member_id) == 0


async def shop_code(town):
    made = await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="そば"))
    return town.city.shops.code_of(made)


def test_what_members_lose_is_named():
    old = PointRule(expiry=Expiry.MONTHS, expiry_count=6, open_for_direct_exchange=True)
    new = PointRule(
        expiry=Expiry.MONTHS, expiry_count=5, most_spent_a_day=1000, most_granted_a_day=5, unit_value_yen=1
    )
    assert adverse_changes(old, new, TODAY) == (
        "points-expire-earlier",
        "less-can-be-spent-a-day",
        "less-can-be-granted-a-day",
        "closed-for-direct-exchange",
    )
    assert adverse_changes(new, old, TODAY) == ()


def test_a_fiscal_year_is_worse_than_six_months_for_points_issued_in_winter():
    assert "points-expire-earlier" in adverse_changes(months(6), fiscal(), TODAY)


async def announce(town, rule, on=TODAY, *, accepted=False):
    return await town.announce(rule, on, accepted=accepted)


def fixed(day):
    return PointRule(expiry=Expiry.FIXED_DAY, expiry_day=day, open_for_direct_exchange=True)


async def test_a_fixed_day_that_is_over_when_its_rule_begins_is_refused(town):
    member = await town.member(points=100)
    with pytest.raises(ProblemError) as refused:
        await announce(town, fixed(TODAY - timedelta(days=1)))
    assert refused.value.type == "bad-rule"
    await town.city.nightly.run_now(TODAY)
    assert await town.balance(member.member_id) == 100


async def test_a_point_service_whose_fixed_day_is_over_takes_nothing_from_partners(town):
    await announce(town, fixed(TODAY))

    async def is_open():
        found = await town.store.read(lambda conn: directory.require_service(conn, KASAMA, OUEN))
        return found.open_for_direct_exchange

    await town.city.nightly.run_now(TODAY)
    assert await is_open()
    tomorrow = TODAY + timedelta(days=1)
    await town.city.nightly.run_now(tomorrow)
    assert not await is_open()
    town.clock.forward(days=1)
    await announce(town, fixed(TODAY + timedelta(days=365)), tomorrow + timedelta(days=1))
    await town.city.nightly.run_now(tomorrow + timedelta(days=1))
    assert await is_open()


async def test_a_first_rule_may_take_effect_today_and_closes_direct_exchange(town):
    await announce(town, PointRule(open_for_direct_exchange=False))
    service = await town.store.read(lambda conn: directory.require_service(conn, KASAMA, OUEN))
    assert service.open_for_direct_exchange is False


async def test_a_first_rule_for_points_that_members_have_is_announced_and_named_like_any_other(town):
    """Until then they never expired."""
    member = await town.member(points=100, issued_on=date(2016, 1, 10))
    with pytest.raises(ProblemError) as refused:
        await announce(town, months(6))
    assert refused.value.type == "rule-in-effect"
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(ProblemError) as refused:
        await announce(town, months(6), tomorrow)
    assert refused.value.facts["worse"] == "points-expire-earlier"
    await town.city.nightly.run_now(tomorrow)
    assert await town.balance(member.member_id) == 100
    made = await announce(town, months(6), tomorrow, accepted=True)
    assert (made.version, made.worse) == (1, ("points-expire-earlier",))


async def test_a_later_rule_takes_effect_tomorrow_at_the_earliest(town):
    await announce(town, months(6))
    with pytest.raises(ProblemError) as refused:
        await announce(town, months(7))
    assert refused.value.type == "rule-in-effect"


async def test_a_change_for_the_worse_is_named_before_it_is_taken(town):
    await announce(town, months(6))
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(ProblemError) as refused:
        await announce(town, months(5), tomorrow)
    assert refused.value.facts["worse"] == "points-expire-earlier"
    made = await announce(town, months(5), tomorrow, accepted=True)
    assert (made.version, made.worse) == (2, ("points-expire-earlier",))


async def test_a_version_is_withdrawn_before_but_not_after_it_takes_effect(town):
    await announce(town, months(6))
    await announce(town, months(7), TODAY + timedelta(days=1))
    who = await town.who("administrator")
    await town.decided(await town.city.rules.withdraw(who, OUEN, 2, "取りやめ"))
    assert [one.version for one in await town.city.rules.versions(KASAMA, OUEN)] == [1]
    with pytest.raises(ProblemError) as refused:
        await town.city.rules.withdraw(who, OUEN, 1, "取りやめ")
    assert refused.value.type == "rule-in-effect"


@pytest.mark.parametrize(
    "rule",
    [months(0), months(121), PointRule(expiry=Expiry.FIXED_DAY), PointRule(unit_value_yen=0),
     PointRule(most_spent_a_day=0), PointRule(expiry_day=date(2018, 12, 31))],
)  # fmt: skip
async def test_a_rule_that_makes_no_sense_is_refused(town, rule):
    with pytest.raises(ProblemError) as refused:
        await announce(town, rule)
    assert refused.value.type == "bad-rule"


async def test_the_sweep_takes_what_expired_yesterday_and_leaves_what_expires_today(town):
    await announce(town, months(6))
    member = await town.member(points=100, issued_on=date(2018, 1, 31))
    await town.give(member.member_id, 50, date(2018, 2, 1))
    assert await town.city.expiries.sweep(date(2018, 7, 31)) == expiry_sweep.SweepResult(heaps=1, points=100)
    assert await town.balance(member.member_id) == 50
    assert await town.total(chart.expired(KASAMA)) == 100
    assert await town.city.expiries.sweep(date(2018, 7, 31)) == expiry_sweep.SweepResult(heaps=0, points=0)
    assert await town.city.expiries.sweep(date(2018, 8, 1)) == expiry_sweep.SweepResult(heaps=1, points=50)


async def test_points_of_the_same_day_that_come_after_a_sweep_expire_in_the_next(town):
    await announce(town, months(6))
    member = await town.member(points=100, issued_on=date(2018, 1, 5))
    await town.city.expiries.sweep(TODAY)
    await town.give(member.member_id, 100, date(2018, 1, 5))
    await town.city.expiries.sweep(TODAY)
    assert await town.balance(member.member_id) == 0
    assert await town.total(chart.expired(KASAMA)) == 200


async def test_a_member_sees_what_expires_when_the_soonest_first(town):
    await announce(town, months(6))
    member = await town.member(points=100, issued_on=date(2018, 6, 1))
    await town.give(member.member_id, 50, date(2018, 5, 1))
    found = await town.store.read(lambda conn: expiry.what_expires(conn, member.member_id, KASAMA, OUEN))
    assert [(one.last_day, one.points) for one in found] == [
        (date(2018, 10, 31), 50),
        (date(2018, 11, 30), 100),
    ]


async def put_in_reserve(town, points, *days):
    """A member whose 基本自治体 is Kasama, with points in the reserve of each of these days of issue."""
    member = await town.member()
    book, reserve = chart.member_book(member.member_id), chart.reserve(member.member_id)
    for day in days:
        move = Transfer(
            id=day.isoformat(), book=book, source=chart.partner_due("saison"), target=reserve, points=points,
            at=town.clock(), kind="exchange", issued_on=day,
        )  # fmt: skip
        await town.store.apply(move)
    default = {"default_municipality": KASAMA, "default_point_service": OUEN}
    await town.store.run(lambda conn: member_records.change(conn, member.member_id, **default))
    return member.member_id


async def reserve_of(town, member_id):
    book, reserve = chart.member_book(member_id), chart.reserve(member_id)
    return {
        heap.issued_on: heap.points
        for heap in await town.store.read(lambda conn: ledger.lots(conn, book, reserve))
    }


async def test_the_14_day_move_carries_no_points_to_where_they_have_expired(town):
    await announce(town, fiscal())
    old, young = date(2019, 3, 25), date(2019, 4, 1)
    member = await put_in_reserve(town, 900, old, young)
    allocations = Allocations(store=town.store, clock=town.clock)
    town.clock.now = datetime(2019, 4, 15, 12, 0, tzinfo=JST)
    moved = await allocations.move_overdue(town.city.context.today)
    assert (moved.heaps, moved.points, moved.without_default) == (1, 900, 1)
    await town.city.expiries.sweep(town.city.context.today)
    assert await reserve_of(town, member) == {old: 900}
    assert await town.balance(member) == 900
    assert await town.total(chart.expired(KASAMA)) == 0


async def test_nobody_allocates_points_to_where_they_have_expired(town):
    await announce(town, fiscal())
    member = await put_in_reserve(town, 900, date(2019, 3, 25))
    allocations, allocation = Allocations(store=town.store, clock=town.clock), new_id()
    town.clock.now = datetime(2019, 3, 31, 23, 0, tzinfo=JST)
    await allocations.allocate(member, allocation, 100, KASAMA, OUEN)
    town.clock.forward(hours=2)
    assert (await allocations.allocate(member, allocation, 100, KASAMA, OUEN)).replayed
    with pytest.raises(ProblemError, match="expired there on 2019-03-31") as refused:
        await allocations.allocate(member, new_id(), 100, KASAMA, OUEN)
    assert refused.value.type == "points-expired-there"
    assert await reserve_of(town, member) == {date(2019, 3, 25): 800}
    await allocations.allocate(member, new_id(), 800, MITO, "mito-ouen")
