"""The half-year report: in yen, per issuer, of what was issued for value; who has to report and who is exempt."""

from datetime import date, datetime, timedelta

import pytest

from core_ledger import Transfer, chart, ledger
from gateway.cities.statistics import daily_stats, half_year, issuers
from gateway.cities.statistics.half_year import Duty
from gateway.cities.statistics.issuers import Issuer, IssuerKind
from gateway.model import JST
from gateway.platform import audit_log

from .conftest import KASAMA, OUEN, new_id
from .test_corrections import refused

SEPTEMBER = date(2018, 9, 30)
MARCH = date(2019, 3, 31)


async def move(town, member, source, target, points, at, kind="k"):
    municipal = chart.municipal(member.member_id, KASAMA, OUEN)
    names = {
        "partner": chart.partner_due("saison"), "city": chart.granted(KASAMA),
        "shop": chart.shop(KASAMA, "soba"), "member": municipal, "reserve": chart.reserve(member.member_id),
    }  # fmt: skip
    incoming = target in ("member", "reserve") and source != "reserve"
    transfer = Transfer(
        id=new_id(), book=chart.member_book(member.member_id), source=names[source], target=names[target],
        points=points, at=at, kind=kind, issued_on=at.date() if incoming else None,
    )  # fmt: skip
    await town.store.run(lambda conn: ledger.transfer(conn, transfer))


def day(month, day_, year=2018):
    return datetime(year, month, day_, 12, tzinfo=JST)


async def report(town, base_day=SEPTEMBER):
    await daily_stats.count_all(town.store)
    return await town.store.read(lambda conn: half_year.by_issuer(conn, KASAMA, base_day))


async def name_issuer(town, kind=IssuerKind.CHAMBER, name="笠間商工会", contact="0296-00-0000"):
    boss, issuer = await town.who("administrator"), Issuer(kind=kind, name=name, contact=contact)
    return await town.store.run(
        lambda conn: issuers.set_issuer(conn, boss, OUEN, issuer, "要綱の改正", town.clock())
    )


class TestTheSums:
    async def test_hold_what_came_for_value_and_leave_out_what_was_given(self, town):
        member = await town.member()
        await move(town, member, "partner", "member", 700, day(5, 1))
        await move(town, member, "partner", "reserve", 200, day(5, 2))
        await move(town, member, "reserve", "member", 200, day(5, 9))
        await move(town, member, "city", "member", 1_000, day(5, 3))
        (found,) = await report(town)
        assert (found.issued_yen, found.recovered_yen, found.unused_yen, found.free_unused_yen) == (
            900, 0, 900, 1_000,
        )  # fmt: skip

    async def test_count_free_points_as_used_first_so_that_nothing_is_told_too_low(self, town):
        member = await town.member()
        await move(town, member, "partner", "member", 700, day(5, 1))
        await move(town, member, "city", "member", 1_000, day(5, 3))
        await move(town, member, "member", "shop", 900, day(6, 1))
        (found,) = await report(town)
        assert (found.recovered_yen, found.unused_yen, found.free_unused_yen) == (0, 700, 100)
        await move(town, member, "member", "shop", 300, day(7, 1))
        (found,) = await report(town)
        assert (found.recovered_yen, found.unused_yen, found.free_unused_yen) == (200, 500, 0)

    async def test_a_refund_takes_back_what_was_recovered(self, town):
        member = await town.member()
        await move(town, member, "partner", "member", 700, day(5, 1))
        await move(town, member, "member", "shop", 300, day(6, 1))
        await move(town, member, "shop", "member", 100, day(6, 2))
        (found,) = await report(town)
        assert (found.recovered_yen, found.unused_yen) == (200, 500)

    async def test_are_of_the_half_year_and_the_balance_of_its_last_day(self, town):
        member = await town.member()
        await move(town, member, "partner", "member", 700, day(9, 30))
        await move(town, member, "partner", "member", 50, day(10, 1))
        await move(town, member, "member", "shop", 300, day(10, 2))
        (september,) = await report(town)
        (march,) = await report(town, MARCH)
        assert (september.issued_yen, september.recovered_yen, september.unused_yen) == (700, 0, 700)
        assert (march.issued_yen, march.recovered_yen, march.unused_yen) == (50, 300, 450)
        assert september.unused_yen + march.issued_yen - march.recovered_yen == march.unused_yen


class TestWhoReports:
    async def test_a_city_is_exempt_whatever_the_sum(self, town):
        member = await town.member()
        await move(town, member, "partner", "member", 20_000_000, day(5, 1))
        (found,) = await report(town)
        assert (found.issuer.kind, found.duty) == (IssuerKind.CITY, Duty.EXEMPT)

    @pytest.mark.parametrize(("points", "duty"), [(10_000_000, Duty.BELOW), (10_000_001, Duty.ABOVE)])
    async def test_another_issuer_reports_above_ten_million_yen(self, town, points, duty):
        await name_issuer(town)
        member = await town.member()
        await move(town, member, "partner", "member", points, day(5, 1))
        await move(town, member, "city", "member", 5_000_000, day(5, 1))
        (found,) = await report(town)
        assert (found.issuer.name, found.unused_yen, found.duty) == ("笠間商工会", points, duty)

    async def test_all_services_of_one_issuer_are_counted_together(self, town):
        await town.city.services.add(await town.who("administrator"), "second", "第二ポイント")
        (found,) = await report(town)
        assert set(found.services) == {OUEN, "second"}
        await name_issuer(town)
        assert [each.issuer.kind for each in await report(town)] == [IssuerKind.CITY, IssuerKind.CHAMBER]

    async def test_an_issuer_that_is_no_city_says_where_to_complain(self, town):
        assert await refused(name_issuer(town, contact=" ")) == "bad-issuer"
        await name_issuer(town)
        (line,) = await town.store.read(
            lambda conn: audit_log.page(conn, KASAMA, actions=["issuer named"], limit=9)
        )
        assert (line.subject, line.facts["name"], line.facts["name_before"]) == (OUEN, "笠間商工会", "笠間市")


@pytest.mark.parametrize("wrong", [date(2018, 9, 29), date(2019, 4, 1)])
async def test_other_days_are_no_base_days(town, wrong):
    assert await refused(report(town, wrong)) == "bad-base-day"


def test_a_half_year_has_no_gap_and_no_overlap():
    first, last = half_year.period_of(SEPTEMBER)
    after, _ = half_year.period_of(MARCH)
    assert (first, last + timedelta(days=1)) == (date(2018, 4, 1), after)
