"""Figures count every move once; and the circle closes: issued = held + spent + expired + reversed."""

import asyncio
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core_ledger import Hold, Post, Transfer, audit, chart, ledger
from gateway.errors import Refused
from gateway.municipal import figures
from gateway.municipal.grant_projects import ProjectPlan
from gateway.municipal.point_rules import Expiry, PointRule
from gateway.municipal.shops import ShopEntry

from .conftest import KASAMA, MITO, NOON, OUEN, new_id

TODAY = NOON.date()


async def by_issue(town):
    await figures.count_all(town.store)
    return await town.store.read(lambda conn: figures.by_issue(conn, KASAMA, OUEN))


async def by_day(town, since=date(2018, 1, 1), until=date(2019, 12, 31)):
    await figures.count_all(town.store)
    return await town.store.read(lambda conn: figures.by_day(conn, KASAMA, since, until))


async def test_an_exchange_is_counted_when_it_is_posted_not_when_it_is_held(town):
    member = await town.member()
    book, account = chart.member_book(member.member_id), chart.municipal(member.member_id, KASAMA, OUEN)
    hold = Hold(
        id="x:partner", book=book, source=chart.partner_due("saison"), target=account, points=550, at=NOON,
        kind="exchange", issued_on=TODAY,
    )  # fmt: skip
    await town.store.apply(hold)
    assert await by_day(town) == []
    await town.store.apply(Post(id="x:post", book=book, hold=hold.id, at=NOON + timedelta(days=1)))
    (line,) = await by_day(town)
    assert (line.day, line.figure, line.party, line.points) == (date(2018, 8, 1), "exchanged", "saison", 550)


async def test_points_of_another_kind_are_told_apart(town):
    member = await town.member()
    book, account = chart.member_book(member.member_id), chart.municipal(member.member_id, KASAMA, OUEN)

    def move(source, target, points, **more):
        return Transfer(
            id=new_id(), book=book, source=source, target=target, points=points, at=NOON, kind="x", **more
        )

    reserve = chart.reserve(member.member_id)
    await town.store.apply(
        move(chart.partner_due("saison"), reserve, 100, issued_on=TODAY),
        move(reserve, account, 60),
        move(chart.funder("fund", "summer"), account, 40, issued_on=TODAY),
        move(account, chart.partner_due("saison"), 30),
    )
    found = {(one.figure, one.party): one.points for one in await by_day(town)}
    assert found == {("allocated", ""): 60, ("campaign", "fund:summer"): 40, ("reversed", "saison"): 30}


async def test_every_move_is_counted_once_by_two_counters_at_once(town):
    for _ in range(30):
        await town.member(points=10)
    await asyncio.gather(*(figures.count_all(town.store) for _ in range(4)))
    (line,) = await by_day(town)
    assert (line.moves, line.points) == (30, 300)
    assert await figures.count_all(town.store) == 0


async def test_unused_points_at_the_end_of_march_are_what_the_ledger_says(town):
    member = await town.member(points=500)
    town.clock.now = NOON + timedelta(days=300)
    await town.give(member.member_id, 70, town.clock().date())
    await figures.count_all(town.store)
    unused = await town.store.read(lambda conn: figures.unused_on(conn, KASAMA, date(2019, 3, 31)))
    assert unused == {OUEN: 500}
    assert await town.store.read(lambda conn: figures.unused_on(conn, MITO, date(2019, 3, 31))) == {}


async def test_what_expires_when_is_known_by_day_of_issue(town):
    boss = await town.who("administrator")
    rule = PointRule(expiry=Expiry.MONTHS, expiry_count=6)
    await town.city.rules.announce(boss, OUEN, rule, TODAY, worse_accepted=True, reason="規則")
    await town.member(points=500, issued_on=date(2018, 7, 1))
    (line,) = await by_issue(town)
    assert (line.held, line.last_day) == (500, date(2018, 12, 31))


STEP = st.tuples(
    st.sampled_from(["issue", "grant", "pay", "pay", "refund", "reverse", "sweep", "tomorrow"]),
    st.integers(0, 2),
    st.integers(1, 400),
    st.integers(0, 200),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=5, max_size=30))
async def test_the_circle_closes_by_city_and_by_day_of_issue(town, steps):
    """Whatever happens to points in whatever order, none appears from nowhere and none is lost."""
    start = town.clock.now
    members, spends = [await town.member() for _ in range(3)], []
    operator, boss = await town.who("operator"), await town.who("administrator")
    if not await town.city.projects.listed(KASAMA):
        plan = ProjectPlan(
            project_id="p", point_service=OUEN, name="p", place="", content="", starts_on=TODAY,
            ends_on=date(2030, 1, 1), points_each=1, budget=10**9,
        )  # fmt: skip
        await town.city.projects.add(operator, plan)
        await town.city.shops.register(operator, "soba", ShopEntry(name="そば"))
        rule = PointRule(expiry=Expiry.MONTHS, expiry_count=1)
        await town.city.rules.announce(boss, OUEN, rule, TODAY, worse_accepted=True, reason="規則")
    code = town.city.shops.code_of(await town.city.shops.get(KASAMA, "soba"))
    for step, index, points, days in steps:
        member = members[index]
        try:
            if step == "issue":
                await town.give(member.member_id, points, town.clock().date() - timedelta(days=days % 40))
            elif step == "grant":
                await town.city.grants.to_one(operator, "p", new_id(), member.mykey_id, points)
            elif step == "pay":
                paid = await town.city.spending.pay(member.member_id, new_id(), code, OUEN, points)
                spends.append(paid.spend.spend_id)
            elif step == "refund" and spends:
                await town.city.spending.refund_by_city(operator, new_id(), spends[-1], points, "誤り")
            elif step == "reverse":
                await reverse(town, member, points)
            elif step == "sweep":
                await town.city.expiries.sweep(town.city.desk.today)
            elif step == "tomorrow":
                town.clock.forward(days=days % 25)
        except Refused:
            continue
    await circle_holds(town)
    town.clock.now = max(start, town.clock.now)


async def reverse(town, member, points):
    account = chart.municipal(member.member_id, KASAMA, OUEN)

    def job(conn):
        have = ledger.balance(conn, chart.member_book(member.member_id), account).available
        if have:
            move = Transfer(
                id=new_id(), book=chart.member_book(member.member_id), source=account,
                target=chart.partner_due("saison"), points=min(points, have), at=town.clock(), kind="reversal",
            )  # fmt: skip
            ledger.transfer(conn, move)

    await town.store.run(job)


async def circle_holds(town):
    found = await by_issue(town)
    everything = await town.store.read(lambda conn: figures.unused_on(conn, KASAMA, date(2099, 12, 31)))
    assert set(everything) <= {OUEN}
    assert everything.get(OUEN, 0) == sum(one.held for one in found)
    pattern = chart.municipal("*", KASAMA, OUEN)

    def held(conn):
        from core_ledger import unused_by_issue_date

        return unused_by_issue_date(conn, pattern)

    unused = await town.store.read(held)
    assert {one.issued_on: one.held for one in found if one.held} == unused
    assert sum(one.spent for one in found) == await town.total(chart.shop(KASAMA, "soba"))
    assert sum(one.expired for one in found) == await town.total(chart.expired(KASAMA))
    issued = -await town.total(chart.granted(KASAMA))
    net_of_partner = -await town.total(chart.partner_due("saison"))
    assert sum(one.issued - one.reversed for one in found) == issued + net_of_partner
    assert all(one.spent >= 0 and one.held >= 0 for one in found)
    assert (await town.store.read(audit.verify)).ok
