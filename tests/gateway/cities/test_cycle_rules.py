"""Each city's cycles: ends and paying days by setting; a change begins with the next cycle, without a gap or an overlap."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_ledger import audit, chart
from gateway.cities.settlement.business_days import (
    MONTH_END,
    STANDARD,
    CycleCalendar,
    CycleRule,
    SettlementCycle,
    bank_days_after,
    is_business_day,
)
from gateway.cities.settlement.settlement_settings import SettlementSettings
from gateway.errors import ProblemError
from gateway.platform import audit_log
from httpkit.clock import day_of

from .conftest import KASAMA
from .test_payouts import refused
from .test_settlement import JULY_1, JULY_16, at, pay, shops

__all__ = ["shops"]
TENTH = CycleRule(ends=(10, 25), pay_days=(25, 10))
MONTHLY = CycleRule(ends=(MONTH_END,), pay_days=(), pay_after=5)
DAY = timedelta(days=1)


def cycle(*days):
    return SettlementCycle(*map(date.fromisoformat, days))


@st.composite
def rules(draw):
    month_day = st.one_of(st.integers(1, 28), st.just(MONTH_END))
    ends = tuple(sorted(draw(st.sets(month_day, min_size=1, max_size=4))))
    if draw(st.booleans()):
        return CycleRule(ends=ends, pay_days=(), pay_after=draw(st.integers(1, 20)))
    return CycleRule(ends=ends, pay_days=tuple(draw(month_day) for _ in ends))


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [
        (TENTH, "2018-07-10", ("2018-06-26", "2018-07-10", "2018-07-25")),
        (TENTH, "2018-07-11", ("2018-07-11", "2018-07-25", "2018-08-10")),
        (TENTH, "2018-12-31", ("2018-12-26", "2019-01-10", "2019-01-25")),
        (TENTH, "2018-01-05", ("2017-12-26", "2018-01-10", "2018-01-25")),
        (TENTH, "2018-10-26", ("2018-10-26", "2018-11-10", "2018-11-26")),  # 25 November was a Sunday
        (MONTHLY, "2018-07-03", ("2018-07-01", "2018-07-31", "2018-08-07")),
        (MONTHLY, "2018-12-31", ("2018-12-01", "2018-12-31", "2019-01-10")),  # banks opened on the 4th
        (MONTHLY, "2020-02-29", ("2020-02-01", "2020-02-29", "2020-03-06")),
        (CycleRule(ends=(28,), pay_days=(MONTH_END,)), "2019-02-10", ("2019-01-29", "2019-02-28", "2019-04-01")),
        (CycleRule(ends=(20,), pay_days=(20,)), "2018-07-20", ("2018-06-21", "2018-07-20", "2018-08-20")),
    ],
)  # fmt: skip
def test_a_cycle_ends_and_is_paid_as_the_rule_says(rule, day, expected):
    assert rule.cycle_of(date.fromisoformat(day)) == cycle(*expected)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 1_400), rules()), max_size=6),
    st.dates(date(2017, 1, 1), date(2023, 1, 1)),
)
def test_years_of_changed_rules_have_no_gap_and_no_overlap(changes, first):
    calendar, last = CycleCalendar(), first + timedelta(days=1_500)
    for after, rule in sorted(changes, key=lambda change: change[0]):
        today = first + timedelta(days=after)
        running = calendar.cycle_of(today)
        before = [calendar.cycle_of(running.ends_on - DAY * back) for back in range(0, 200, 7)]
        calendar = calendar.changed(rule, today)
        # What has begun ends and is paid as it was announced; the next cycle is the new rule's.
        assert [calendar.cycle_of(running.ends_on - DAY * back) for back in range(0, 200, 7)] == before
        following = calendar.cycle_of(running.ends_on + DAY)
        assert following.starts_on == running.ends_on + DAY
        assert (following.ends_on, following.pays_on) == (
            rule.cycle_of(following.starts_on).ends_on, rule.cycle_of(following.starts_on).pays_on,
        )  # fmt: skip
    expected = first
    for each in calendar.cycles(first, last):
        assert each.starts_on <= expected <= each.ends_on < each.pays_on
        assert each.starts_on == expected or expected == first
        assert is_business_day(each.pays_on)
        assert {calendar.cycle_of(each.starts_on), calendar.cycle_of(each.ends_on)} == {each}
        expected = each.ends_on + DAY
    assert expected > last


def test_bank_days_are_counted_over_weekends_and_holidays():
    assert bank_days_after(date(2019, 4, 26), 1) == date(2019, 5, 7)  # ten days of holidays for a new emperor
    assert bank_days_after(date(2018, 7, 31), 3) == date(2018, 8, 3)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"cycle_ends": (), "cycle_pay_days": ()}, "cycle_ends"),
        ({"cycle_ends": (15, 10)}, "cycle_ends"),
        ({"cycle_ends": (10, 10)}, "cycle_ends"),
        ({"cycle_ends": (10, 29)}, "cycle_ends"),
        ({"cycle_ends": (10, 30)}, "cycle_ends"),
        ({"cycle_ends": (0, 10)}, "cycle_ends"),
        ({"cycle_ends": (5, 10, 15, 20, 25), "cycle_pay_days": (10, 15, 20, 25, 28)}, "cycle_ends"),
        ({"cycle_pay_days": (10, 30)}, "cycle_pay_days"),
        ({"cycle_pay_days": (10,)}, "cycle_pay_days"),
        ({"cycle_pay_days": ()}, "cycle_pay_days"),
        ({"cycle_pay_after": 5}, "cycle_pay_days"),
        ({"cycle_pay_days": (), "cycle_pay_after": 21}, "cycle_pay_after"),
        ({"cycle_pay_days": (), "cycle_pay_after": -1}, "cycle_pay_after"),
    ],
)
def test_what_is_no_rule_is_refused_by_its_field(values, field):
    with pytest.raises(ProblemError) as caught:
        SettlementSettings(**values)
    assert (caught.value.type, caught.value.facts["field"]) == ("bad-settlement-settings", field)


def settings_of(rule):
    return replace(
        SettlementSettings(),
        cycle_ends=rule.ends, cycle_pay_days=rule.pay_days, cycle_pay_after=rule.pay_after,
    )  # fmt: skip


async def set_rule(town, rule):
    boss = await town.who("administrator")
    await town.who("approver")
    await town.decided(await town.city.settlements.propose_settings(boss, settings_of(rule), "要綱の改正"))


async def starts(town):
    return [each.starts_on.isoformat() for each, _ in reversed(await town.city.settlements.listed(KASAMA))]


class TestAChange:
    async def test_begins_with_the_next_cycle_and_every_yen_is_paid_once(self, town, shops):
        await pay(town, at(2), 100)
        await pay(town, at(16), 200)
        town.clock.now = at(20)
        await set_rule(town, TENTH)
        await pay(town, at(31), 400)
        await pay(town, at(1, 8), 800)
        await pay(town, at(10, 8), 1_600)
        await pay(town, at(11, 8), 3_200)
        town.clock.now = at(26, 8)
        assert await starts(town) == ["2018-07-01", "2018-07-16", "2018-08-01", "2018-08-11", "2018-08-26"]
        paid = []
        for starts_on in (JULY_1, JULY_16, date(2018, 8, 1), date(2018, 8, 11)):
            closed = await town.close_cycle(starts_on)
            paid.append((closed.cycle.ends_on.isoformat(), closed.cycle.pays_on.isoformat(), closed.yen))
        assert paid == [
            ("2018-07-15", "2018-07-31", 100), ("2018-07-31", "2018-08-15", 600), ("2018-08-10", "2018-08-27", 2_400),
            ("2018-08-25", "2018-09-10", 3_200),
        ]  # fmt: skip
        assert await town.total(chart.shop(KASAMA, "soba")) == 0
        assert (await town.store.read(audit.verify)).ok

    async def test_does_not_move_what_is_closed_or_running(self, town, shops):
        await pay(town, at(2), 100)
        town.clock.now = at(17)
        before = await town.close_cycle(JULY_1)
        await set_rule(town, MONTHLY)
        assert await town.city.settlements.get(KASAMA, JULY_1) == before
        assert (await town.city.settlements.get(KASAMA, JULY_16)).cycle == STANDARD.cycle_of(JULY_16)
        august = (await town.city.settlements.get(KASAMA, date(2018, 8, 1))).cycle
        assert august == cycle("2018-08-01", "2018-08-31", "2018-09-07")
        assert await refused(town.city.settlements.get(KASAMA, date(2018, 8, 16))) == "unknown-cycle"

    async def test_a_second_change_before_the_first_has_begun_replaces_it(self, town, shops):
        town.clock.now = at(17)
        await set_rule(town, MONTHLY)
        await set_rule(town, TENTH)
        calendar = await town.city.settlements.calendar(KASAMA)
        assert [rule for since, rule in calendar.rules if since > day_of(town.clock.now)] == [TENTH]
        await set_rule(town, STANDARD)
        calendar = await town.city.settlements.calendar(KASAMA)
        assert calendar.cycle_of(date(2018, 8, 20)) == STANDARD.cycle_of(date(2018, 8, 20))

    async def test_says_when_it_begins(self, town, shops):
        town.clock.now = at(17)
        boss = await town.who("administrator")
        await town.who("approver")
        proposal = await town.city.settlements.propose_settings(boss, settings_of(MONTHLY), "要綱の改正")
        assert proposal.facts["starts_on"] == "2018-08-01"
        await town.decided(proposal)
        (line,) = await town.store.read(
            lambda conn: audit_log.page(conn, KASAMA, actions=["settlement settings changed"])
        )
        assert line.facts["starts_on"] == "2018-08-01"

    @pytest.mark.parametrize("rule", [MONTHLY, STANDARD])
    async def test_is_outdated_where_another_cycle_has_begun_meanwhile(self, town, shops, rule):
        town.clock.now = at(31)
        boss = await town.who("administrator")
        await town.who("approver")
        wanted = replace(settings_of(rule), tax_note="注記")
        proposal = await town.city.settlements.propose_settings(boss, wanted, "要綱の改正")
        town.clock.now = at(1, 8)
        if rule is STANDARD:  # other settings begin at once, whenever they are approved
            await town.decided(proposal)
        else:
            assert await refused(town.decided(proposal)) == "proposal-outdated"

    async def test_a_cycle_is_not_over_before_its_own_end(self, town, shops):
        town.clock.now = at(17)
        await set_rule(town, MONTHLY)
        town.clock.now = at(31, 8)
        who = await town.who("approver")
        assert await refused(town.city.settlements.close(who, date(2018, 8, 1))) == "cycle-not-over"

    async def test_a_refund_names_the_cycle_that_paid(self, town, shops):
        spend = await pay(town, at(2), 100)
        town.clock.now = at(17)
        await town.close_cycle(JULY_1)
        await set_rule(town, TENTH)
        await pay(town, at(3, 8), 900)
        town.clock.now = at(4, 8)
        await town.refund(spend, 40)
        found = await town.city.settlements.corrections(KASAMA, date(2018, 8, 1))
        assert [(each.corrects.starts_on, each.yen) for each in found.corrections] == [(JULY_1, -40)]
