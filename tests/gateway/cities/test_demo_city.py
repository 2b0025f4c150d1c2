"""A city filled with three months of life: the same each time, and every book in order."""

from dataclasses import asdict
from datetime import date

import pytest

from core_ledger import audit, chart, ledger, unused_by_issue_date
from gateway.cities.settlement import partner_settlement
from gateway.cities.spending.payments_check import payment_faults
from gateway.cities.statistics import daily_stats, stats_queries
from gateway.demo import city as demo
from gateway.errors import ProblemError
from gateway.members import member_rows
from gateway.platform import audit_log

from .conftest import another_town

FIRST = date(2018, 5, 1)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(demo, "MEMBERS", 60)
    monkeypatch.setattr(demo, "DAYS", 40)
    monkeypatch.setattr(demo, "VISITS_A_DAY", 12)
    monkeypatch.setattr(demo, "SHOPS", 5)


async def test_a_filled_city_is_whole_and_refuses_to_be_filled_twice(town, small):
    filled = await demo.fill_city(town.city, FIRST)
    assert (filled.members, filled.shops, filled.closed_cycles) == (60, 5, 2)
    assert filled.spends > 100
    assert filled.refunds > 0
    assert filled.paid_yen > 0
    assert (await town.store.read(audit.verify)).ok
    assert await town.store.read(payment_faults) == []
    issues = await town.store.read(lambda conn: daily_stats.by_issue(conn, demo.CITY, demo.SERVICE))
    pattern = chart.municipal("*", demo.CITY, demo.SERVICE)
    unused = await town.store.read(lambda conn: unused_by_issue_date(conn, pattern))
    assert {issue.issued_on: issue.held for issue in issues if issue.held} == unused
    with pytest.raises(ProblemError):
        await demo.fill_city(town.city, FIRST)


async def test_the_citys_figures_and_the_partners_invoices_say_the_same(town, small):
    await demo.fill_city(town.city, FIRST)
    for month, last in ((5, 31), (6, 30)):
        first, until = FIRST.replace(month=month), FIRST.replace(month=month, day=last)
        totals = await town.store.read(
            lambda conn, first=first, until=until: stats_queries.totals_by_party(
                conn, demo.CITY, first, until
            )
        )
        by_partner = {each.party: each.points for each in totals if each.figure == "exchanged"}
        for partner_id in ("saison", "airline_miles"):
            invoice = await town.store.read(
                lambda conn, partner_id=partner_id, month=month: partner_settlement.month_of(
                    conn, partner_id, 2018, month, {}
                )
            )
            assert invoice.owes == by_partner[partner_id] > 0
            assert (invoice.compared, invoice.differences) == (invoice.exchanges, 0)


async def test_nothing_happened_before_its_shop_was_there_and_the_log_is_in_the_order_of_its_days(
    town, small
):
    await demo.fill_city(town.city, FIRST)
    shops = await town.city.shops.listed(demo.CITY)
    assert {shop.registered_at.date() for shop in shops} == {FIRST}
    lines = await town.store.read(lambda conn: audit_log.page(conn, demo.CITY, limit=10_000))
    moments = [line.at for line in reversed(lines)]
    assert moments == sorted(moments)


async def test_each_payment_keeps_the_lots_that_the_ledger_drew(town, small):
    await demo.fill_city(town.city, FIRST)
    listed = await town.city.settlements.listed(demo.CITY)
    closed = [cycle for cycle, yen in listed if yen is not None]
    statement = await town.city.settlements.statement(demo.CITY, closed[0].starts_on, "shop-01")
    assert statement.spends
    assert all(sum(lot.points for lot in spend.lots) == spend.points for spend in statement.spends)


async def test_its_closed_cycles_hold_corrections_of_earlier_ones(town, small):
    await demo.fill_city(town.city, FIRST)
    first, second = [
        (await town.city.settlements.corrections(demo.CITY, FIRST.replace(day=day))).corrections
        for day in (1, 16)
    ]
    assert first == ()
    assert second
    assert {(one.corrects.starts_on, one.reason) for one in second} == {(FIRST, "金額の間違い")}


async def test_somebody_is_named_who_has_points_and_can_sign_in(town, small):
    await demo.fill_city(town.city, FIRST)
    mykey_id, points = await town.store.read(demo.who_has_most)
    found = await town.store.read(lambda conn: member_rows.find_by_mykey_id(conn, mykey_id))
    account = chart.municipal(found.member_id, demo.CITY, demo.SERVICE)
    book = chart.member_book(found.member_id)
    has = (await town.store.read(lambda conn: ledger.balance(conn, book, account))).available
    assert has == points > 1_000
    assert found.has_password


async def test_two_fillings_tell_the_same_story(town, small, tmp_path):
    first = asdict(await demo.fill_city(town.city, FIRST))
    async with another_town(tmp_path) as other:
        assert asdict(await demo.fill_city(other.city, FIRST)) == first
