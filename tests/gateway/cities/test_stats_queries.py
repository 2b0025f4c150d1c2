"""What a dashboard shows: the same points summed by day, by party, by month of issue, by last day, and still open."""

from dataclasses import asdict
from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from gateway.cities.shops.shops import ShopEntry
from gateway.cities.statistics import daily_stats, open_exchanges, stats_queries
from gateway.errors import ProblemError
from gateway.exchanges.quotes import Quote
from gateway.model import Destination, DestinationKind, Label
from gateway.platform import tables
from gateway.points.rules import Expiry, PointRule

from .conftest import KASAMA, MITO, NOON, OUEN, give, new_id

TODAY = NOON.date()


@pytest.fixture
async def busy(town):
    """Two members, points of two months, payments at two shops on two days, a rule that lets points expire."""
    operator = await town.who("operator")
    rule = PointRule(expiry=Expiry.MONTHS, expiry_count=6)
    await town.announce(rule, TODAY)
    codes = [
        town.city.shops.code_of(await town.city.shops.register(operator, shop, ShopEntry(name=shop)))
        for shop in ("soba", "cafe")
    ]
    early, late = await town.member(500, date(2018, 6, 15)), await town.member(800, date(2018, 7, 20))
    await town.city.spending.pay(early.member_id, new_id(), codes[0], OUEN, 200)
    await town.city.spending.pay(late.member_id, new_id(), codes[1], OUEN, 50)
    town.clock.forward(days=1)
    await town.city.spending.pay(late.member_id, new_id(), codes[0], OUEN, 100)
    await daily_stats.count_all(town.store)
    return town


async def test_days_and_parties_are_sums_of_the_same_figures(busy):
    since, until = TODAY - timedelta(days=30), TODAY + timedelta(days=1)
    by_day = await busy.store.read(lambda conn: stats_queries.totals_by_day(conn, KASAMA, since, until))
    by_party = await busy.store.read(
        lambda conn: stats_queries.totals_by_party(conn, KASAMA, since, until, OUEN)
    )
    assert [(one.day, one.figure, one.moves, one.points) for one in by_day] == [
        (TODAY, "exchanged", 2, 1_300),
        (TODAY, "spent", 2, 250),
        (TODAY + timedelta(days=1), "spent", 1, 100),
    ]
    assert [(one.figure, one.party, one.moves, one.points) for one in by_party] == [
        ("exchanged", "saison", 2, 1_300),
        ("spent", "soba", 2, 300),
        ("spent", "cafe", 1, 50),
    ]
    assert await busy.store.read(lambda conn: stats_queries.totals_by_party(conn, MITO, since, until)) == []
    first_day = await busy.store.read(lambda conn: stats_queries.totals_by_day(conn, KASAMA, since, TODAY))
    assert sum(one.points for one in first_day if one.figure == "spent") == 250


async def test_what_is_unused_is_known_by_month_of_issue_and_by_last_day(busy):
    months = await busy.store.read(lambda conn: stats_queries.by_month_of_issue(conn, KASAMA, OUEN))
    assert [(month.month, month.issued, month.held, month.spent) for month in months] == [
        ("2018-06", 500, 300, 200),
        ("2018-07", 800, 650, 150),
    ]
    expiring = await busy.store.read(lambda conn: stats_queries.expiring(conn, KASAMA, OUEN))
    assert [asdict(one) for one in expiring] == [
        {"last_day": date(2018, 12, 14), "points": 300},
        {"last_day": date(2019, 1, 19), "points": 650},
    ]


async def test_sums_by_party_are_the_same_whatever_months_they_are_read_from(busy):
    """Any period's sums are those of its days, where it holds whole months, parts of them, or neither."""
    for since, until in (
        (date(2018, 7, 1), date(2018, 7, 31)), (date(2018, 7, 1), date(2018, 8, 31)), (TODAY, TODAY),
        (date(2018, 6, 2), date(2018, 8, 1)), (date(2018, 7, 31), date(2018, 8, 1)), (date(2018, 7, 2), date(2018, 7, 30)),
        (date(2018, 1, 15), date(2018, 12, 31)), (date(2018, 8, 1), date(2018, 8, 1)),
    ):  # fmt: skip
        found = await busy.store.read(
            lambda conn, a=since, b=until: stats_queries.totals_by_party(conn, KASAMA, a, b)
        )
        days = await busy.store.read(lambda conn, a=since, b=until: daily_stats.by_day(conn, KASAMA, a, b))
        sums: dict[tuple[str, str], int] = {}
        for day in days:
            sums[day.figure, day.party] = sums.get((day.figure, day.party), 0) + day.points
        assert {(one.figure, one.party): one.points for one in found} == sums, (since, until)


@pytest.mark.parametrize(("since", "days"), [(TODAY, -1), (date(2000, 1, 1), 4_001)])
async def test_a_period_that_no_page_shows_is_refused(town, since, days):
    with pytest.raises(ProblemError) as refused:
        await town.store.read(
            lambda conn: stats_queries.totals_by_day(conn, KASAMA, since, since + timedelta(days=days))
        )
    assert refused.value.type == "bad-period"


def exchange(number: int, state: str, municipality: str | None, points: int = 450) -> dict[str, object]:
    kind = DestinationKind.RESERVE if municipality is None else DestinationKind.MUNICIPALITY
    quote = Quote(
        quote_id="q", destination=Destination(kind, municipality or "", OUEN if municipality else ""), units=1,
        lines=(), points=points, partner_points=100, terms=Label("", ""), notes=(), quoted_at=NOON, ends_at=NOON,
        arrives_within_s=0,
    )  # fmt: skip
    return {
        "book_id": f"member:{number}", "exchange_id": str(number), "partner_id": "saison", "state": state,
        "request_hash": "", "quote": quote.to_json(), "points": points, "started_at": NOON,
        "sent_at": NOON + timedelta(minutes=number),
    }  # fmt: skip


async def test_open_exchanges_into_the_city_are_counted_by_partner_and_no_others(town):
    rows = [
        exchange(1, "open", KASAMA), exchange(2, "open", KASAMA, 900), exchange(3, "needs_a_person", KASAMA),
        exchange(4, "open", MITO), exchange(5, "open", None), exchange(6, "settled", KASAMA), exchange(7, "quoted", KASAMA),
    ]  # fmt: skip
    await town.store.run(lambda conn: conn.execute(insert(tables.exchanges), rows))
    found = await town.store.read(lambda conn: open_exchanges.by_state(conn, KASAMA))
    assert [(one.state, one.exchanges, one.points, one.oldest_sent_at) for one in found] == [
        ("needs_a_person", 1, 450, NOON + timedelta(minutes=3)),
        ("open", 2, 1_350, NOON + timedelta(minutes=1)),
    ]


async def test_the_figures_are_told_over_http(site):
    viewer = await site.staff_token("viewer")
    period = "since=2018-07-01&until=2018-07-31"
    for path, name in (
        (f"/v1/city/figures/by-day?{period}", "totals"),
        (f"/v1/city/figures/by-party?{period}&point_service={OUEN}", "totals"),
        (f"/v1/city/point-services/{OUEN}/issue-months", "months"),
        (f"/v1/city/point-services/{OUEN}/expiring", "expiring"),
        ("/v1/city/open-exchanges", "open"),
    ):
        assert await site.call("GET", path, viewer) == (200, {name: []})
    long = "/v1/city/figures?since=2010-01-01&until=2018-07-31"
    status, refused = await site.call("GET", long, viewer)
    assert (status, refused["type"], refused["most_days"]) == (422, "/docs/problems/bad-period", 400)


async def test_the_legal_report_and_the_issues_open_in_excel(site):
    viewer, member = (
        await site.staff_token("viewer"),
        await site.services.members.create(display_name="山田 花子", password="botan-nabe-3-kilo"),
    )
    await site.services.store.run(lambda conn: give(conn, member.member_id, 500, TODAY, NOON))
    await daily_stats.count_all(site.services.store)
    status, data = await site.call("GET", "/v1/city/unused/csv?day=2018-07-31", viewer)
    assert (status, data[:3]) == (200, b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig").splitlines()[1:] == [
        f"2018-07-31,{OUEN},笠間応援ポイント,500",
        "2018-07-31,,合計,500",
    ]
    status, data = await site.call("GET", f"/v1/city/point-services/{OUEN}/issues/csv", viewer)
    assert data.decode("utf-8-sig").splitlines()[1:] == ["2018-07-31,500,500,0,0,0,"]
