"""A shop's report of a period (期間の集計): payments, refunds and what is left, by day or month and by point service.

Read from the payments and refunds themselves, as statements are: a refund counts once, on its own day, whatever days of issue it
brings back. So the report of a cycle's days has the sums of its statement, but for what was settled in another cycle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

from sqlalchemy import BigInteger, Connection, Table, literal_column, type_coerce

from gateway.cities import tables
from gateway.cities.spending.spend_sums import sum_rows
from gateway.cities.statistics.stats_queries import require_period
from gateway.model import JST
from gateway.points import directory
from httpkit.safe_csv import excel_csv

MAX_REPORT_DAYS: Final = 397
"""13 months, the longest of them."""
By = Literal["day", "month"]
_spends, _refunds = tables.spends, tables.refunds
_DAY_MICROSECONDS: Final = 86_400_000_000
_JST_MICROSECONDS: Final = 9 * 3_600_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).date()
_HEADER: Final = (
    "期間", "加盟店番号", "加盟店名", "ポイントサービス", "利用件数", "利用ポイント", "取消件数", "取消ポイント", "差引ポイント", "差引(円)",
)  # fmt: skip


_FIGURES: Final = ("spends", "spent", "refunds", "refunded", "points", "yen")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One point service in one day (`2018-07-31`) or month (`2018-07`). `points` and `yen` are what is left after refunds."""

    period: str
    point_service: str
    service_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    yen: int

    @property
    def points(self) -> int:
        return self.spent - self.refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopReport:
    """The rows in the order of their time; a day or month without a payment or refund has none."""

    shop_id: str
    shop_name: str
    since: date
    until: date
    rows: tuple[ReportRow, ...]

    @property
    def sums(self) -> dict[str, int]:
        """The sum of all rows, by figure."""
        return {name: sum(getattr(row, name) for row in self.rows) for name in _FIGURES}


def shop_report(
    conn: Connection, code: str, shop_id: str, shop_name: str, since: date, until: date, by: By
) -> ShopReport:
    """Sum a shop's days from `since` to `until`, both included. Raises ProblemError `bad-period` (422)."""
    require_period(since, until, MAX_REPORT_DAYS)
    sums: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for table, count, points, sign in (
        (_spends, "spends", "spent", 1),
        (_refunds, "refunds", "refunded", -1),
    ):
        for day, service, moves, moved, yen in _by_day(conn, table, code, shop_id, since, until):
            period = day.isoformat() if by == "day" else f"{day:%Y-%m}"
            sums[period, service].update({count: moves, points: moved, "yen": sign * yen})
    names = {
        service.point_service: service.name
        for service in directory.list_services(conn, municipality_code=code, closed=True)
    }
    rows = tuple(
        ReportRow(
            period=period, point_service=service, service_name=names.get(service, service),
            spends=row["spends"], spent=row["spent"], refunds=row["refunds"], refunded=row["refunded"], yen=row["yen"],
        )
        for (period, service), row in sorted(sums.items())
    )  # fmt: skip
    return ShopReport(shop_id=shop_id, shop_name=shop_name, since=since, until=until, rows=rows)


def shop_report_csv(report: ShopReport) -> bytes:
    """A report for Excel: a line a day or month and point service, and below them the sum."""
    return excel_csv(_HEADER, [*_lines(report), _sum_line(report)])


def company_report_csv(reports: Sequence[ShopReport]) -> bytes:
    """The reports of a company's shops for Excel, each with its sum, and below them the company's."""
    lines = [line for report in reports for line in (*_lines(report), _sum_line(report))]
    sums = [report.sums for report in reports]
    total = tuple(sum(each[name] for each in sums) for name in _FIGURES)
    return excel_csv(_HEADER, [*lines, ("会社の合計", "", "", "", *total)])


def _lines(report: ShopReport) -> list[tuple[str | int, ...]]:
    return [
        (
            row.period, report.shop_id, report.shop_name, row.service_name,
            *(int(getattr(row, name)) for name in _FIGURES),
        )
        for row in report.rows
    ]  # fmt: skip


def _sum_line(report: ShopReport) -> tuple[str | int, ...]:
    sums = report.sums
    return ("合計", report.shop_id, report.shop_name, "", *(sums[name] for name in _FIGURES))


def _by_day(
    conn: Connection, table: Table, code: str, shop_id: str, since: date, until: date
) -> Iterable[tuple[date, str, int, int, int]]:
    """(day in Japan, point service, moves, points, yen) of payments, or of refunds, which have their payment's service."""
    begins, ends = (datetime.combine(day, time(), JST) for day in (since, until + timedelta(days=1)))
    # Written out and not bound: PostgreSQL takes two parameters of one value for two expressions, and groups by neither.
    microseconds = type_coerce(table.c.at, BigInteger) + literal_column(str(_JST_MICROSECONDS), BigInteger)
    day = (microseconds // literal_column(str(_DAY_MICROSECONDS), BigInteger)).label("day")
    where = (
        table.c.municipality == code,
        table.c.shop_id == shop_id,
        table.c.at >= begins,
        table.c.at < ends,
    )
    query = sum_rows(table, day, _spends.c.point_service, where=where)
    if table is _refunds:
        query = query.join_from(
            _refunds,
            _spends,
            (_spends.c.spend_id == _refunds.c.spend_id) & (_spends.c.book_id == _refunds.c.book_id),
        )
    for number, service, moves, points, yen in conn.execute(query):
        yield _EPOCH + timedelta(days=int(number)), service, int(moves), int(points), int(yen)
