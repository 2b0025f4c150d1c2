"""A shop's report of a period: its sums are those of the statements, the city's figures and the ledger."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any

import pytest

from core_ledger import chart
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.statistics import daily_stats, stats_queries
from gateway.cities.statistics.shop_report import ReportRow, ShopReport, shop_report, shop_report_csv
from gateway.errors import ProblemError
from gateway.model import JST
from gateway.points import directory

from .conftest import KASAMA, NOON, OUEN, new_id

JULY, AUGUST = date(2018, 7, 1), date(2018, 8, 1)


async def paid(town: Any, member: Any, points: int, at: datetime, shop_id: str = "soba") -> Any:
    town.clock.now = at
    return await pays(town, member, points, shop_id, OUEN)


async def pays(town: Any, member: Any, points: int, shop_id: str, service: str) -> Any:
    code = town.city.shops.code_of(await town.city.shops.get(KASAMA, shop_id))
    return (await town.city.spending.pay(member.member_id, new_id(), code, service, points)).spend


async def test_reads_payments_and_refunds_by_the_shops_indexes(town: Any) -> None:
    def plans(conn: Any) -> list[str]:
        driver, asked = conn.connection.driver_connection, []
        driver.set_trace_callback(asked.append)
        shop_report(conn, KASAMA, "soba", "そば", JULY, AUGUST, "month")
        driver.set_trace_callback(None)
        return [step[3] for sql in asked for step in driver.execute(f"EXPLAIN QUERY PLAN {sql}")]

    steps = [step for step in await town.store.read(plans) if "refunds" in step]
    assert steps == [
        "SEARCH refunds USING INDEX refunds_of_a_shop (shop_id=? AND municipality=? AND at>? AND at<?)"
    ]


async def report_of(
    town: Any, since: date, until: date, by: Any = "day", shop_id: str = "soba"
) -> ShopReport:
    report: ShopReport = await town.store.read(
        lambda conn: shop_report(conn, KASAMA, shop_id, "そば", since, until, by)
    )
    return report


def shown(report: ShopReport) -> list[tuple[Any, ...]]:
    return [
        (row.period, row.spends, row.spent, row.refunds, row.refunded, row.points, row.yen)
        for row in report.rows
    ]


@pytest.fixture
async def month(town: Any) -> Any:
    """Payments on both sides of a midnight and of a month's end, and a refund over two days of issue."""
    for shop_id in ("soba", "toki"):
        await town.city.shops.register(await town.who("operator"), shop_id, ShopEntry(name=f"見本 {shop_id}"))
    member = await town.member(1_000, date(2018, 6, 30))
    await town.give(member.member_id, 9_000, date(2018, 7, 15))
    await paid(town, member, 300, datetime(2018, 7, 30, 23, 59, 59, tzinfo=JST))
    both = await paid(town, member, 1_500, datetime(2018, 7, 31, 0, 0, 0, tzinfo=JST))
    await paid(town, member, 70, datetime(2018, 7, 31, 12, 0, tzinfo=JST), shop_id="toki")
    await paid(town, member, 40, datetime(2018, 8, 1, 0, 0, 0, tzinfo=JST))
    town.clock.now = datetime(2018, 8, 1, 9, 0, tzinfo=JST)
    await town.refund(both, 1_200)
    return town


class TestAReport:
    async def test_counts_each_payment_and_refund_on_its_own_day_in_japan(self, month: Any) -> None:
        assert shown(await report_of(month, JULY, date(2018, 8, 31))) == [
            ("2018-07-30", 1, 300, 0, 0, 300, 300),
            ("2018-07-31", 1, 1_500, 0, 0, 1_500, 1_500),
            ("2018-08-01", 1, 40, 1, 1_200, -1_160, -1_160),
        ]

    async def test_by_month_sums_the_days(self, month: Any) -> None:
        assert shown(await report_of(month, JULY, date(2018, 8, 31), "month")) == [
            ("2018-07", 2, 1_800, 0, 0, 1_800, 1_800),
            ("2018-08", 1, 40, 1, 1_200, -1_160, -1_160),
        ]

    async def test_has_the_days_asked_for_with_both_ends_and_no_other_shop(self, month: Any) -> None:
        assert shown(await report_of(month, date(2018, 7, 31), date(2018, 7, 31))) == [
            ("2018-07-31", 1, 1_500, 0, 0, 1_500, 1_500)
        ]
        assert shown(await report_of(month, JULY, date(2018, 8, 31), shop_id="toki")) == [
            ("2018-07-31", 1, 70, 0, 0, 70, 70)
        ]

    async def test_parts_point_services_and_names_them(self, month: Any) -> None:
        def second(conn: Any) -> None:
            directory.register_service(
                conn, KASAMA, "premium", name="プレミアム", open_for_direct_exchange=True, at=NOON
            )

        await month.store.run(second)
        member = await month.member()
        from core_ledger import Transfer, ledger

        def grant(conn: Any) -> None:
            ledger.transfer(
                conn,
                Transfer(
                    id=new_id(), book=chart.member_book(member.member_id), source=chart.partner_due("saison"),
                    target=chart.municipal(member.member_id, KASAMA, "premium"), points=500, at=month.clock(),
                    kind="exchange", issued_on=month.clock().date(), details={"partner_id": "saison"},
                ),
            )  # fmt: skip

        await month.store.run(grant)
        await pays(month, member, 11, "soba", "premium")
        report = await report_of(month, AUGUST, AUGUST)
        assert [(row.service_name, row.points) for row in report.rows] == [
            ("笠間応援ポイント", -1_160),
            ("プレミアム", 11),
        ]

    @pytest.mark.parametrize(
        ("since", "until", "taken"),
        [
            (date(2018, 7, 2), date(2018, 7, 1), False),
            (date(2018, 7, 1), date(2019, 7, 31), True),
            (date(2018, 7, 1), date(2019, 8, 2), False),
        ],
    )
    async def test_has_at_most_thirteen_months(
        self, town: Any, since: date, until: date, taken: bool
    ) -> None:
        if taken:
            assert (await report_of(town, since, until)).rows == ()
            return
        with pytest.raises(ProblemError) as refused:
            await report_of(town, since, until)
        assert refused.value.type == "bad-period"

    def test_for_excel_ends_with_its_sum(self) -> None:
        rows = tuple(
            ReportRow(
                period=f"2018-0{month}", point_service=OUEN, service_name="笠間応援ポイント", spends=month, spent=100,
                refunds=1, refunded=10, yen=90,
            )
            for month in (7, 8)
        )  # fmt: skip
        report = ShopReport(shop_id="soba", shop_name="=そば", since=JULY, until=AUGUST, rows=rows)
        lines = list(csv.reader(io.StringIO(shop_report_csv(report).decode("utf-8-sig"))))
        assert lines[0][0] == "期間"
        assert not lines[1][2].startswith("=")
        assert [lines[3][0], *lines[3][4:]] == ["合計", "15", "200", "2", "20", "180", "180"]


class TestItsSums:
    async def test_are_those_of_the_statements(self, month: Any) -> None:
        month.clock.now = datetime(2018, 8, 20, 9, 0, tzinfo=JST)
        for starts_on, ends_on in ((date(2018, 7, 16), date(2018, 7, 31)), (AUGUST, date(2018, 8, 15))):
            await month.close_cycle(starts_on)
            line = (await month.city.settlements.statement(KASAMA, starts_on, "soba")).line
            rows = (await report_of(month, starts_on, ends_on)).rows
            assert (
                sum(row.spends for row in rows), sum(row.spent for row in rows), sum(row.refunds for row in rows),
                sum(row.refunded for row in rows), sum(row.yen for row in rows),
            ) == (line.spends, line.spent, line.refunds, line.refunded, line.yen)  # fmt: skip

    async def test_are_those_of_the_citys_figures(self, month: Any) -> None:
        await daily_stats.count_all(month.store)
        totals = await month.store.read(
            lambda conn: stats_queries.totals_by_party(conn, KASAMA, JULY, date(2018, 8, 31))
        )
        figures = {total.figure: (total.moves, total.points) for total in totals if total.party == "soba"}
        rows = (await report_of(month, JULY, date(2018, 8, 31))).rows
        assert figures == {
            "spent": (sum(row.spends for row in rows), sum(row.spent for row in rows)),
            "refunded": (sum(row.refunds for row in rows), sum(row.refunded for row in rows)),
        }

    async def test_are_what_the_ledger_has_at_the_shop(self, month: Any) -> None:
        for shop_id in ("soba", "toki"):
            rows = (await report_of(month, JULY, date(2018, 8, 31), shop_id=shop_id)).rows
            assert sum(row.points for row in rows) == await month.total(chart.shop(KASAMA, shop_id))
