"""The same city on PostgreSQL with several writers: what a race decides there, and what it must not."""

import asyncio
import time
from datetime import date, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import insert, select, text

from core_ledger import Transfer, audit, chart, ledger, unused_by_issue_date
from gateway.cities import tables as city_tables
from gateway.cities.events import EventPlan
from gateway.cities.grants import grant_files
from gateway.cities.grants.grant_projects import ProjectPlan
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed, DeedRule
from gateway.cities.settlement import settlement_lines
from gateway.cities.settlement.settlement_lines import paid_account
from gateway.cities.shops import account_changes
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.spending.spending import Spending
from gateway.cities.staff import second_factor
from gateway.cities.statistics import daily_stats, open_exchanges
from gateway.cities.statistics.shop_report import shop_report
from gateway.demo import city as demo
from gateway.errors import ProblemError
from gateway.platform import audit_log, tables
from gateway.platform.roles import Role
from gateway.points.allocation import Allocations
from gateway.points.rules import Expiry, PointRule

from .conftest import KASAMA, NOON, OUEN, SITE, another_town, new_id
from .passkey import SoftPasskey
from .test_stats_queries import exchange

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]


@pytest.fixture
async def town(postgres, tmp_path):
    # One job a transaction and four writers, so that they race.
    async with another_town(tmp_path, postgres, writers=4, max_batch=1) as opened:
        yield opened


def begun_beside(town, loop, work):
    """Begin `work` from inside a transaction of another thread; give it when it is done, or waits for that transaction."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
    )
    with town.store.engine.connect() as beside:
        while not future.done() and not beside.execute(waiting).scalar_one():
            beside.rollback()
            time.sleep(0.01)
    return asyncio.wrap_future(future, loop=loop)


async def test_a_filled_city_is_whole_there_too(town, monkeypatch):
    for name, value in {"MEMBERS": 60, "DAYS": 34, "VISITS_A_DAY": 8, "SHOPS": 5}.items():
        monkeypatch.setattr(demo, name, value)
    filled = await demo.fill_city(town.city, date(2018, 5, 1))
    assert filled.closed_cycles == 2
    issues = await town.store.read(lambda conn: daily_stats.by_issue(conn, demo.CITY, demo.SERVICE))
    unused = await town.store.read(
        lambda conn: unused_by_issue_date(conn, chart.municipal("*", demo.CITY, demo.SERVICE))
    )
    assert {issue.issued_on: issue.held for issue in issues if issue.held} == unused
    assert (await town.store.read(audit.verify)).ok
    assert await town.store.read(audit_log.verify) == []


async def shop(town):
    made = await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="そば"))
    await town.set_account("soba")
    return town.city.shops.code_of(made)


async def test_thirty_payments_at_once_never_take_more_than_there_is(town):
    code, member = await shop(town), await town.member(points=1_000)
    outcomes = await asyncio.gather(
        *(town.city.spending.pay(member.member_id, new_id(), code, OUEN, 150) for _ in range(30)),
        return_exceptions=True,
    )
    assert sum(1 for outcome in outcomes if not isinstance(outcome, Exception)) == 6
    assert {outcome.type for outcome in outcomes if isinstance(outcome, ProblemError)} == {
        "not-enough-points"
    }
    assert not [
        outcome
        for outcome in outcomes
        if isinstance(outcome, Exception) and not isinstance(outcome, ProblemError)
    ]


async def test_a_shops_report_is_grouped_by_days_in_japan_there_too(town):
    await shop(town)
    member = await town.member(1_000)
    spends = []
    for hours in (0, 11.99, 12):  # from noon on: the last one is the next day
        town.clock.now = NOON + timedelta(hours=hours)
        code = town.city.shops.code_of(await town.city.shops.get(KASAMA, "soba"))
        paid = await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 100)
        spends.append(paid.spend)
    await town.refund(spends[0], 30)
    report = await town.store.read(
        lambda conn: shop_report(conn, KASAMA, "soba", "そば", NOON.date(), date(2018, 8, 31), "day")
    )
    assert [(row.period, row.spends, row.spent, row.refunds, row.points) for row in report.rows] == [
        ("2018-07-31", 2, 200, 0, 200),
        ("2018-08-01", 1, 100, 1, 70),
    ]


async def test_one_code_is_one_payment_for_two_shops_at_once(town):
    await shop(town)
    member, who = await town.member(points=1_000), await town.who("shop", KASAMA, "soba")
    code = await town.city.codes.make(member.member_id, KASAMA, OUEN)
    outcomes = await asyncio.gather(
        *(town.city.spending.receive_payment(who, new_id(), code.qr, 100) for _ in range(10)),
        return_exceptions=True,
    )
    assert sum(1 for outcome in outcomes if not isinstance(outcome, Exception)) == 1
    assert await town.balance(member.member_id) == 900


@pytest.mark.parametrize("way", ["shop_scans", "member_pays"])
async def test_a_payment_that_is_sent_again_while_it_is_made_is_one_payment_for_both(town, way):
    shop_code, who = await shop(town), await town.who("shop", KASAMA, "soba")
    expires = PointRule(open_for_direct_exchange=True, expiry=Expiry.MONTHS, expiry_count=6)
    await town.announce(expires, NOON.date())
    for _ in range(5):
        member, spend_id = await town.member(points=1_000), new_id()
        await town.give(member.member_id, 50, date(2017, 1, 1))  # expired, so it is decided alone
        code = await town.city.codes.make(member.member_id, KASAMA, OUEN)
        gateways = [Spending(town.city.context) for _ in range(4)]
        outcomes = await asyncio.gather(
            *(
                gateway.receive_payment(who, spend_id, code.qr, 100)
                if way == "shop_scans"
                else gateway.pay(member.member_id, spend_id, shop_code, OUEN, 100)
                for gateway in gateways
            )
        )
        assert sorted(outcome.replayed for outcome in outcomes) == [False, True, True, True]
        assert await town.balance(member.member_id) == 900


async def test_a_card_pays_no_more_than_its_day_while_it_is_given_back_and_replaced(town):
    await shop(town)
    who, clerk = await town.who("shop", KASAMA, "soba"), await town.who("operator")
    member = await town.member(points=20_000)
    issued = await town.city.cards.issue(clerk, new_id(), OUEN, [member.mykey_id], "窓口")
    qr = issued.cards[0].qr
    gateways = [Spending(town.city.context) for _ in range(4)]
    paid = await asyncio.gather(
        *(gateways[n % 4].receive_payment(who, new_id(), qr, 900) for n in range(12)), return_exceptions=True
    )
    made = [outcome for outcome in paid if not isinstance(outcome, BaseException)]
    assert len(made) == 5
    assert {outcome.type for outcome in paid if isinstance(outcome, ProblemError)} == {"limit-of-the-day"}
    # What is given back, paid, stopped and issued beside each other locks in one order.
    outcomes = await asyncio.gather(
        *(
            town.city.spending.refund_by_shop(who, new_id(), each.spend.spend_id, 900, "誤り")
            for each in made
        ),
        *(gateways[n % 4].receive_payment(who, new_id(), qr, 100) for n in range(8)),
        *(
            town.city.cards.issue(clerk, new_id(), OUEN, [member.mykey_id], "差し替え", replace=True)
            for _ in range(3)
        ),
        return_exceptions=True,
    )
    failures = [each for each in outcomes if isinstance(each, BaseException)]
    assert {each.type for each in failures if isinstance(each, ProblemError)} <= {
        "limit-of-the-day", "pay-card-stopped",
    }  # fmt: skip
    assert all(isinstance(each, ProblemError) for each in failures), failures
    small = sum(1 for each in outcomes[5:13] if not isinstance(each, BaseException))
    assert await town.balance(member.member_id) == 20_000 - 100 * small
    holder = await town.store.read(lambda conn: conn.execute(select(city_tables.pay_card_holders)).one())
    assert holder.paid_points == 100 * small


async def test_forty_guesses_of_a_pin_at_four_gateways_are_five(town):
    await shop(town)
    who, clerk = await town.who("shop", KASAMA, "soba"), await town.who("operator")
    member = await town.member(points=20_000)
    issued = await town.city.cards.issue(clerk, new_id(), OUEN, [member.mykey_id], "窓口")
    await town.city.cards.set_pin(clerk, member.mykey_id, "4627", "窓口")
    gateways = [Spending(town.city.context) for _ in range(4)]
    outcomes = await asyncio.gather(
        *(
            gateways[n % 4].receive_payment(who, new_id(), issued.cards[0].qr, 1_001, f"{n:04}")
            for n in range(40)
        ),
        return_exceptions=True,
    )
    words = [outcome.type for outcome in outcomes if isinstance(outcome, ProblemError)]
    # The fifth wrong one is told that the PIN is locked now.
    assert (words.count("pay-card-pin-wrong"), words.count("pay-card-pin-locked")) == (4, 36)
    assert await town.balance(member.member_id) == 20_000


async def test_one_payment_id_never_takes_from_two_members(town):
    await shop(town)
    who, gateways = await town.who("shop", KASAMA, "soba"), [Spending(town.city.context) for _ in range(4)]
    for _ in range(5):
        members, spend_id = [await town.member(points=1_000) for _ in gateways], new_id()
        codes = [await town.city.codes.make(member.member_id, KASAMA, OUEN) for member in members]
        outcomes = await asyncio.gather(
            *(
                spending.receive_payment(who, spend_id, code.qr, 100)
                for spending, code in zip(gateways, codes, strict=True)
            ),
            return_exceptions=True,
        )
        assert len({outcome.spend.book_id for outcome in outcomes if not isinstance(outcome, Exception)}) == 1
        assert sum([await town.balance(member.member_id) for member in members]) == 3_900


@pytest.mark.parametrize("deed", ["shop", "project", "point service", "staff", "event", "rule"])
async def test_what_is_added_twice_at_once_is_added_once_and_the_other_is_told_so(town, deed):
    operator, boss = await town.who("operator"), await town.who("administrator")
    await town.who("approver")
    plan = ProjectPlan(
        project_id="p", point_service=OUEN, name="p", place="", content="", starts_on=date(2018, 7, 1),
        ends_on=date(2018, 8, 31), points_each=300, budget=1_000,
    )  # fmt: skip
    event = EventPlan(
        name="e", purpose="", goal_points=None, starts_on=date(2018, 8, 1), ends_on=date(2018, 8, 31),
        givers="everybody", on_failure="keep",
    )  # fmt: skip

    def add():
        match deed:
            case "shop":
                return town.city.shops.register(operator, "soba", ShopEntry(name="そば"))
            case "project":
                return town.city.projects.add(operator, plan)
            case "point service":
                return town.city.services.add(boss, "new", "新")
            case "staff":
                return town.city.staff.add(boss, login="sato", display_name="佐藤", role=Role.VIEWER)
            case "event":
                return town.city.events.plan(operator, "e", event)
            case _:
                rule = PointRule(open_for_direct_exchange=True)
                return town.city.rules.announce(
                    boss, OUEN, rule, date(2018, 9, 1), worse_accepted=True, reason="見本"
                )

    outcomes = await asyncio.gather(*(add() for _ in range(4)), return_exceptions=True)
    faults = {type(outcome).__name__ for outcome in outcomes if isinstance(outcome, Exception)}
    assert faults <= {"ProblemError"}
    if deed in ("project", "staff", "rule"):  # the same proposal of the same author is one proposal
        problems = {outcome.type for outcome in outcomes if isinstance(outcome, ProblemError)}
        proposals = {outcome.proposal_id for outcome in outcomes if not isinstance(outcome, Exception)}
        assert (len(proposals), problems <= {"proposal-pending"}) == (1, True)
    else:
        assert [isinstance(outcome, Exception) for outcome in outcomes].count(False) == 1


async def test_one_grant_id_never_grants_to_two_members(town):
    plan = ProjectPlan(
        project_id="p", point_service=OUEN, name="p", place="", content="", starts_on=date(2018, 7, 1),
        ends_on=date(2018, 8, 31), points_each=300, budget=1_000,
    )  # fmt: skip
    who, grant_id = await town.who("operator"), new_id()
    await town.add_project(plan)
    members = [await town.member() for _ in range(4)]
    outcomes = await asyncio.gather(
        *(town.city.grants.to_one(who, "p", grant_id, member.mykey_id, 100) for member in members),
        return_exceptions=True,
    )
    assert (
        sorted(getattr(outcome, "type", "granted") for outcome in outcomes) == ["granted"] + ["id-reused"] * 3
    )
    assert await town.total(chart.granted(KASAMA)) == -100


async def test_a_budget_is_not_exceeded_by_a_race_and_the_log_has_one_line_for_each_grant(town):
    plan = ProjectPlan(
        project_id="p", point_service=OUEN, name="p", place="", content="", starts_on=date(2018, 7, 1),
        ends_on=date(2018, 8, 31), points_each=300, budget=1_000,
    )  # fmt: skip
    who = await town.who("operator")
    await town.add_project(plan)
    members = [await town.member() for _ in range(12)]
    outcomes = await asyncio.gather(
        *(town.city.grants.to_one(who, "p", new_id(), member.mykey_id, 300) for member in members),
        return_exceptions=True,
    )
    assert [getattr(outcome, "type", "granted") for outcome in outcomes].count("granted") == 3
    assert await town.total(chart.granted(KASAMA)) == -900
    lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA))
    assert [line.action for line in lines].count("granted") == 3
    assert await town.store.read(audit_log.verify) == []


@pytest.mark.parametrize("deed", ["close", "change_role"])
async def test_two_administrators_who_dismiss_each_other_at_once_leave_one(town, deed):
    def dismiss(who, whom):
        if deed == "close":
            return town.city.staff.close(who, whom.staff_id, "見本")
        return town.city.staff.change_role(who, whom.staff_id, Role.VIEWER, "見本")

    await town.who("approver")
    one, other = [await town.who("administrator", name=name) for name in ("一", "二")]
    outcomes = await asyncio.gather(dismiss(one, other), dismiss(other, one), return_exceptions=True)
    assert sorted(getattr(it, "type", "done") for it in outcomes) == ["done", "last-administrator"]
    people = await town.city.staff.people(one)
    assert len([it for it in people if it.active and it.role is Role.ADMINISTRATOR]) == 1


async def test_a_cycle_is_closed_once_and_figures_are_counted_once_by_several(town):
    code, member = await shop(town), await town.member(points=1_000)
    await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 400)
    town.clock.now = NOON + timedelta(days=1)
    who, other = await town.who("approver"), await town.who("administrator")
    proposal = await town.city.settlements.close(who, date(2018, 7, 16))
    approve = town.city.proposals.approve
    outcomes = await asyncio.gather(
        *(approve(other, proposal.proposal_id, proposal.digest, "") for _ in range(5)), return_exceptions=True
    )
    words = sorted(getattr(outcome, "type", "closed") for outcome in outcomes)
    assert words == ["closed"] + ["proposal-state"] * 4
    assert await town.total(paid_account(KASAMA)) == 400
    await asyncio.gather(*(daily_stats.count_all(town.store) for _ in range(4)))
    (issue,) = await town.store.read(lambda conn: daily_stats.by_issue(conn, KASAMA, OUEN))
    assert (issue.issued, issue.spent, issue.held) == (1_000, 400, 600)


@pytest.mark.parametrize("late", ["payment", "refund"])
async def test_what_is_committed_while_a_cycle_is_closed_comes_into_the_next_one_and_is_not_lost(
    town, monkeypatch, late
):
    # Decided by one, so that the log is not held while the other writes: no deed of a city begins before it is free.
    for deed in (Deed.CLOSING, Deed.REFUND):
        rule = DeedRule(deed=deed, persons=0, points_a_day=1 if deed is Deed.REFUND else None)
        await town.store.run(lambda conn, rule=rule: deeds.save_rule(conn, KASAMA, rule))
    code, who, operator = await shop(town), await town.who("approver"), await town.who("operator")
    member, other = await town.member(points=1_000), await town.member(points=1_000)
    town.clock.now = NOON - timedelta(days=20)
    before = await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 100)
    town.clock.now = NOON
    await town.city.settlements.close(who, date(2018, 7, 1))
    await town.city.spending.pay(member.member_id, new_id(), code, OUEN, 400)
    loop, drawn_up = asyncio.get_running_loop(), settlement_lines.compute

    async def comes_late():
        # Asked for before midnight, written when the cycle is being closed.
        town.clock.now = NOON
        if late == "payment":
            await town.city.spending.pay(other.member_id, new_id(), code, OUEN, 70)
        else:
            await town.city.spending.refund_by_city(operator, new_id(), before.spend.spend_id, 70, "誤り")

    def with_something_late(conn, scope, *args):
        drawn = drawn_up(conn, scope, *args)
        if scope.closed:  # its payments are claimed
            monkeypatch.setattr(settlement_lines, "compute", drawn_up)
            asyncio.run_coroutine_threadsafe(comes_late(), loop).result()
        return drawn

    monkeypatch.setattr(settlement_lines, "compute", with_something_late)
    town.clock.now = NOON + timedelta(days=1)
    closed = await town.city.settlements.close(who, date(2018, 7, 16))
    town.clock.now = NOON + timedelta(days=16)
    (line,) = (await town.city.settlements.close(who, date(2018, 8, 1))).lines
    assert closed.yen == 400
    assert (line.spent, line.refunded) == ((70, 0) if late == "payment" else (0, 70))
    assert (line.paid_yen, line.carried_yen) == ((70, 0) if late == "payment" else (0, -70))
    assert await town.total(chart.shop(KASAMA, "soba")) == line.carried_points


async def test_a_gift_at_the_moment_of_the_end_is_counted_or_refused_never_stranded(town):
    plan = EventPlan(
        name="陶炎祭", purpose="", goal_points=10_000, starts_on=NOON.date(), ends_on=NOON.date(), givers="everybody",
        on_failure="give_back",
    )  # fmt: skip
    event = (await town.city.events.plan(await town.who("operator"), "himatsuri", plan)).event
    await town.city.events.show(await town.who("approver"), event.event_id, "議決済み")
    approver, allocations = await town.who("approver"), Allocations(store=town.store, clock=town.clock)
    members = [await town.member() for _ in range(20)]
    for member in members:
        move = Transfer(
            id="e", book=chart.member_book(member.member_id), source=chart.partner_due("saison"),
            target=chart.reserve(member.member_id), points=100, at=NOON, kind="exchange", issued_on=NOON.date(),
        )  # fmt: skip
        await town.store.apply(move)
    gifts = [allocations.contribute(one.member_id, new_id(), 70, event.event_id) for one in members]
    ending = town.city.events.end(approver, event.event_id, "中止")
    outcomes = await asyncio.gather(*gifts[:10], ending, *gifts[10:], return_exceptions=True)
    others = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert {other.type for other in others if isinstance(other, ProblemError)} <= {"event-not-open"}
    assert all(isinstance(other, ProblemError) for other in others)
    await asyncio.gather(*(town.city.events.outcomes.settle(event.event_id) for _ in range(4)))
    for member in members:
        reserve = chart.reserve(member.member_id)
        book = chart.member_book(member.member_id)
        assert (
            await town.store.read(lambda conn, a=reserve, b=book: ledger.balance(conn, b, a))
        ).posted == 100
    assert (await town.store.read(audit.verify)).ok
    lines = [one.action for one in await town.store.read(lambda conn: audit_log.page(conn, KASAMA))]
    assert lines.count("event settled") == 1


async def test_open_exchanges_are_counted_there_too(town):
    rows = [exchange(1, "open", KASAMA), exchange(2, "open", None), exchange(3, "sending", KASAMA)]
    await town.store.run(lambda conn: conn.execute(insert(tables.exchanges), rows))
    found = await town.store.read(lambda conn: open_exchanges.by_state(conn, KASAMA))
    assert [(one.state, one.exchanges, one.oldest_sent_at) for one in found] == [
        ("open", 1, NOON + timedelta(minutes=1)),
        ("sending", 1, NOON + timedelta(minutes=3)),
    ]


async def test_one_file_uploaded_by_several_at_once_is_one_file_and_whole(town, monkeypatch):
    monkeypatch.setattr(grant_files, "CHECK_BATCH_SIZE", 3)
    operator, members = await town.who("operator"), [await town.member() for _ in range(20)]
    plan = ProjectPlan(
        project_id="p", point_service=OUEN, name="p", place="", content="", starts_on=NOON.date(),
        ends_on=NOON.date(), points_each=10, budget=1_000,
    )  # fmt: skip
    await town.add_project(plan)
    raw = ("マイキーID,ポイント\r\n" + "".join(f"{member.mykey_id},10\r\n" for member in members)).encode()
    outcomes = await asyncio.gather(
        *(town.city.files.upload(operator, "p", "x.csv", raw) for _ in range(4)), return_exceptions=True
    )
    assert {getattr(outcome, "type", "") for outcome in outcomes if isinstance(outcome, Exception)} <= {
        "file-state"
    }
    (file,) = await town.city.files.listed(KASAMA)
    assert (file.state, file.lines, file.points) == ("checked", 20, 200)
    await town.approve_file(file.file_id)
    await asyncio.gather(*(town.city.files.apply(KASAMA, file.file_id) for _ in range(3)))
    assert [await town.balance(member.member_id) for member in members] == [10] * 20


async def test_one_refund_id_for_two_payments_at_once_is_one_refund(town):
    """Their points are of two days of issue, so that the moves alone would not meet."""
    code, who = await shop(town), await town.who("operator")
    for _ in range(6):
        member = await town.member(points=100, issued_on=date(2018, 7, 1))
        await town.give(member.member_id, 100, date(2018, 7, 2))
        spends = [new_id(), new_id()]
        for spend_id in spends:
            await town.city.spending.pay(member.member_id, spend_id, code, OUEN, 100)
        refund_id = new_id()
        outcomes = await asyncio.gather(
            *(
                town.city.spending.refund_by_city(who, refund_id, spend_id, 100, "返品")
                for spend_id in spends
            ),
            return_exceptions=True,
        )
        assert {outcome.type for outcome in outcomes if isinstance(outcome, ProblemError)} == {"id-reused"}
        assert sum(1 for outcome in outcomes if not isinstance(outcome, Exception)) == 1
        assert await town.balance(member.member_id) == 100


async def with_passkey(town):
    """Somebody of the city with a password and a passkey: (session, password, passkey)."""
    login, staff = f"sato-{new_id()[:8]}", town.city.staff
    await town.who("approver")
    boss = await town.who("administrator")
    proposal = await staff.add(boss, login=login, display_name="佐藤", role=Role.OPERATOR)
    password = (await town.decided(proposal)).first_password.password
    who = (await staff.sign_in(login, password.reveal(), client_id="city")).session
    begun, passkey = await staff.begin_passkey(who, password.reveal()), SoftPasskey(SITE)
    await staff.add_passkey(who, begun.token.reveal(), passkey.create(begun.options), "電話")
    return who, password.reveal(), passkey


async def test_what_was_begun_with_the_old_password_ends_also_where_it_is_just_being_completed(
    town, monkeypatch
):
    who, password, passkey = await with_passkey(town)
    half = (await town.city.staff.sign_in(who.login, password, client_id="city")).challenge
    loop, end, changing = asyncio.get_running_loop(), second_factor._end, []

    def while_it_is_completed(conn, token):
        end(conn, token)
        change = town.city.staff.change_password(who, password, "asagao-no-sakima-8")
        changing.append(begun_beside(town, loop, change))

    monkeypatch.setattr(second_factor, "_end", while_it_is_completed)
    signed_in = await town.city.staff.prove_by_passkey(
        half.token.reveal(), passkey.get(half.options), client_id="city"
    )
    await changing[0]
    with pytest.raises(ProblemError, match="session has ended"):
        await town.city.staff.session(signed_in.token.reveal(), "city")


async def test_an_account_that_is_decided_while_a_cycle_is_closed_waits_for_the_next_closing(town):
    loop = asyncio.get_running_loop()
    await shop(town)

    class Late:
        """A connection after whose first statement somebody else commits a change."""

        def __init__(self, conn):
            self.conn, self.late = conn, True

        def execute(self, *args):
            result = self.conn.execute(*args)
            if self.late:
                self.late = False
                save = town.store.run(lambda conn: account_changes.save(conn, KASAMA, "late", b"x", NOON))
                asyncio.run_coroutine_threadsafe(save, loop).result()
            return result

    await town.store.run(lambda conn: account_changes.take_effect(cast("Any", Late(conn)), KASAMA))
    waiting = await town.store.read(lambda conn: account_changes.find_encrypted(conn, KASAMA, "late"))
    assert waiting == b"x"
