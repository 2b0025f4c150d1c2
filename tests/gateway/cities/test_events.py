"""Support events: planned, shown, given to, ended; and what becomes of the gifts, once, whatever is repeated."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core_ledger import Hold, Post, Transfer, audit, chart, entries, ledger
from gateway.cities import event_outcome
from gateway.cities.event_outcome import EventOutcomes
from gateway.cities.events import EventPlan
from gateway.cities.grants.grant_files import GrantFiles
from gateway.cities.statistics import daily_stats
from gateway.errors import ProblemError
from gateway.members import member_rows as member_records
from gateway.platform import audit_log
from gateway.points import support_events
from gateway.points.allocation import Allocations

from .conftest import KASAMA, MITO, NOON, OUEN, another_town, new_id

TODAY = NOON.date()
PLAN = EventPlan(
    name="陶炎祭を支える会", purpose="窯の修理", goal_points=1_000, starts_on=TODAY, ends_on=TODAY + timedelta(days=9),
    givers="everybody", on_failure="give_back",
)  # fmt: skip
FESTIVAL = f"{KASAMA}-himatsuri"


async def shown(town, own_id="himatsuri", **other):
    planned = await town.city.events.plan(await town.who("operator"), own_id, replace(PLAN, **other))
    return await town.city.events.show(await town.who("approver"), planned.event.event_id, "議決済み")


async def giver(town, points=0, *lots, city=None):
    """A member with points in the reserve, of one day of issue or of several."""
    member = await town.member()
    for day, part in [(TODAY, points), *lots]:
        if part:
            await put(town, member.member_id, day, part)
    if city is not None:
        service = OUEN if city == KASAMA else "mito-ouen"
        default = {"default_municipality": city, "default_point_service": service}
        await town.store.run(lambda conn: member_records.change(conn, member.member_id, **default))
    return member.member_id


async def put(town, member_id, day, points):
    move = Transfer(
        id=new_id(), book=chart.member_book(member_id), source=chart.partner_due("saison"),
        target=chart.reserve(member_id), points=points, at=town.clock(), kind="exchange", issued_on=day,
    )  # fmt: skip
    await town.store.apply(move)


async def give(town, member_id, points, event_id=FESTIVAL, gift_id=None):
    allocations = Allocations(store=town.store, clock=town.clock)
    return await allocations.contribute(member_id, gift_id or new_id(), points, event_id)


async def refused(doing):
    with pytest.raises(ProblemError) as caught:
        await doing
    return caught.value.type


async def heaps(town, member_id, account):
    book = chart.member_book(member_id)
    found = await town.store.read(lambda conn: ledger.lots(conn, book, account))
    return {heap.issued_on: heap.points for heap in found if heap.points}


async def seen(town, event_id=FESTIVAL):
    return await town.city.events.get(KASAMA, event_id)


async def log(town, code=KASAMA):
    lines = await town.store.read(lambda conn: audit_log.page(conn, code))
    return [line.action for line in reversed(lines)]


async def test_nobody_gives_to_an_event_that_is_only_planned(town):
    planned = await town.city.events.plan(await town.who("operator"), "himatsuri", PLAN)
    assert (planned.event.event_id, planned.event.state) == (FESTIVAL, "planned")
    member = await giver(town, 500)
    assert await refused(give(town, member, 100)) == "unknown-event"
    for period in ("coming", "open", "ended"):
        assert await town.store.read(lambda conn, p=period: support_events.shown(conn, NOON, p)) == ()
    await town.city.events.show(await town.who("approver"), FESTIVAL, "議決済み")
    await give(town, member, 100)
    assert (await seen(town)).given == support_events.EventGifts(points=100, givers=1)


async def test_before_its_first_day_and_after_its_last_nothing_is_taken(town):
    await shown(town, starts_on=TODAY + timedelta(days=1), ends_on=TODAY + timedelta(days=1))
    member = await giver(town, 500)
    assert await refused(give(town, member, 100)) == "event-not-open"
    town.clock.forward(hours=12)
    await give(town, member, 100)
    town.clock.forward(hours=24)
    assert await refused(give(town, member, 100)) == "event-not-open"
    assert await heaps(town, member, chart.reserve(member)) == {TODAY: 400}


async def test_an_event_for_its_city_takes_from_those_whose_default_it_is(town):
    await shown(town, givers="city")
    own, other, none = [await giver(town, 500, city=city) for city in (KASAMA, MITO, None)]
    await give(town, own, 100)
    for member in (other, none):
        assert await refused(give(town, member, 100)) == "event-not-for-member"
        assert await heaps(town, member, chart.reserve(member)) == {TODAY: 500}
    assert (await seen(town)).given == support_events.EventGifts(points=100, givers=1)


async def test_the_same_gift_again_is_one_gift_also_after_the_end(town):
    await shown(town)
    member, gift = await giver(town, 500), new_id()
    assert not (await give(town, member, 100, gift_id=gift)).replayed
    assert (await give(town, member, 100, gift_id=gift)).replayed
    town.clock.forward(days=10)
    assert (await give(town, member, 100, gift_id=gift)).replayed
    assert (await seen(town)).given.points == 100


async def test_a_goal_that_was_reached_moves_every_share_to_the_event(town):
    await shown(town)
    members = [await giver(town, 600, (date(2018, 7, 20), 100)) for _ in range(2)]
    for member in members:
        await give(town, member, 500)
    town.clock.forward(days=10)
    await town.city.nightly.run_now(town.city.context.today)
    event = (await seen(town)).event
    assert (event.state, event.outcome, event.settled_at) == ("ended", "reached", town.clock())
    assert await town.total(chart.event(FESTIVAL)) == 1_000
    assert await heaps(town, members[0], chart.event_share(members[0], FESTIVAL)) == {}
    assert await heaps(town, members[0], chart.reserve(members[0])) == {TODAY: 200}
    assert (await log(town))[-2:] == ["event outcome decided", "event settled"]


async def test_a_goal_that_was_missed_gives_back_to_each_with_the_days_of_issue(town):
    await shown(town)
    early, late = date(2018, 7, 20), date(2018, 7, 25)
    one, other = await giver(town, 0, (early, 300), (late, 300)), await giver(town, 200)
    await give(town, one, 400)
    await give(town, other, 50)
    town.clock.forward(days=10)
    assert await town.city.events.outcomes.settle_ended() == 1
    assert (await seen(town)).event.outcome == "given_back"
    assert await heaps(town, one, chart.reserve(one)) == {early: 300, late: 300}
    assert await heaps(town, other, chart.reserve(other)) == {TODAY: 200}
    assert await town.total(chart.event(FESTIVAL)) == 0
    assert await town.city.events.outcomes.settle_ended() == 0


@pytest.mark.parametrize(("goal", "outcome"), [(1_000, "kept"), (None, "kept"), (100, "reached")])
async def test_an_event_that_keeps_keeps(town, goal, outcome):
    await shown(town, on_failure="keep", goal_points=goal)
    await give(town, await giver(town, 500), 100)
    town.clock.forward(days=10)
    await town.city.events.outcomes.settle_ended()
    assert (await seen(town)).event.outcome == outcome
    assert await town.total(chart.event(FESTIVAL)) == 100


async def test_what_came_back_is_moved_on_by_the_14_days_like_any_reserve(town):
    await shown(town)
    member = await giver(town, 500, city=KASAMA)
    await give(town, member, 500)
    allocations = Allocations(store=town.store, clock=town.clock)
    town.clock.forward(days=20)
    assert (await allocations.move_overdue(town.city.context.today)).points == 0
    await town.city.nightly.run_now(town.city.context.today)
    assert (await allocations.move_overdue(town.city.context.today)).points == 500
    assert await heaps(town, member, chart.municipal(member, KASAMA, OUEN)) == {TODAY: 500}


async def test_giving_back_goes_on_where_it_was_interrupted_and_never_gives_twice(town, monkeypatch):
    monkeypatch.setattr(event_outcome, "SETTLE_BATCH_SIZE", 3)
    await shown(town)
    members = [await giver(town, 100) for _ in range(8)]
    for member in members:
        await give(town, member, 60)
    town.clock.forward(days=10)
    real, calls = event_outcome._move_shares, []

    def power_cut(conn, event, books, at):
        real(conn, event, books, at)
        calls.append(len(books))
        if len(calls) == 2:
            raise OSError("power cut")

    monkeypatch.setattr(event_outcome, "_move_shares", power_cut)
    with pytest.raises(OSError, match="power cut"):
        await town.city.events.outcomes.settle_ended()
    assert (await seen(town)).event.settled_at is None
    whole = [await heaps(town, one, chart.reserve(one)) == {TODAY: 100} for one in members]
    assert sum(whole) == 3
    await asyncio.gather(*(town.city.events.outcomes.settle_ended() for _ in range(3)))
    for member in members:
        assert await heaps(town, member, chart.reserve(member)) == {TODAY: 100}
    assert (await log(town)).count("event settled") == 1
    assert (await town.store.read(audit.verify)).ok


async def test_a_share_of_which_a_reversal_holds_a_part_waits_alone_until_it_has_ended(town):
    await shown(town)
    members = [await giver(town, 500) for _ in range(3)]
    for member in members:
        await give(town, member, 100)
    book, share = chart.member_book(members[0]), chart.event_share(members[0], FESTIVAL)
    # As `reverse --taken-from` leaves it while the partner's answer is not known.
    reversal = Hold(
        id="r",
        book=book,
        source=share,
        target=chart.partner_due("saison"),
        points=60,
        at=NOON,
        kind="reversal",
    )
    await town.store.apply(reversal)
    town.clock.forward(days=10)
    await town.city.nightly.run_now(town.city.context.today)
    for member in members[1:]:
        assert await heaps(town, member, chart.reserve(member)) == {TODAY: 500}
    assert (await seen(town)).event.settled_at is None
    assert "event settled" not in await log(town)
    await town.store.apply(Post(id="p", book=book, hold="r", at=NOON))
    await town.city.nightly.run_now(town.city.context.today)
    assert await heaps(town, members[0], chart.reserve(members[0])) == {TODAY: 440}
    assert (await log(town)).count("event settled") == 1
    assert (await town.store.read(audit.verify)).ok


async def test_an_event_that_cannot_be_settled_keeps_nothing_else_from_being_done(town, monkeypatch):
    await shown(town)
    member = await giver(town, 500)
    await give(town, member, 100)
    town.clock.forward(days=10)
    done = []

    async def settle(self, event_id):
        raise RuntimeError(event_id)

    async def resume(self):
        done.append("files")
        return 0

    monkeypatch.setattr(EventOutcomes, "settle", settle)
    monkeypatch.setattr(GrantFiles, "resume", resume)
    results = await town.city.nightly.run_now(town.city.context.today)
    assert isinstance(results.faults["events"], RuntimeError)
    assert done == ["files"]
    counted = asyncio.Event()

    async def count_all(_store):
        counted.set()

    monkeypatch.setattr(daily_stats, "count_all", count_all)
    looks = asyncio.create_task(town.city.nightly.run())
    async with asyncio.timeout(10):
        await counted.wait()
    looks.cancel()


async def test_an_event_ended_early_is_decided_by_its_goal_at_that_moment(town):
    await shown(town)
    member = await giver(town, 500)
    await give(town, member, 200)
    town.clock.forward(hours=1)
    ended = await town.city.events.end(await town.who("approver"), FESTIVAL, "中止")
    assert (ended.event.outcome, ended.event.ends_at) == ("given_back", town.clock())
    assert await refused(give(town, member, 100)) == "event-not-open"
    await town.city.events.outcomes.settle(FESTIVAL)
    assert await heaps(town, member, chart.reserve(member)) == {TODAY: 500}
    assert await refused(town.city.events.end(await town.who("approver"), FESTIVAL, "中止")) == "event-state"


async def test_what_is_shown_changes_before_its_start_only_and_is_shown_again(town):
    events, operator, approver = town.city.events, await town.who("operator"), await town.who("approver")
    await shown(town, starts_on=TODAY + timedelta(days=1))
    later = replace(PLAN, starts_on=TODAY + timedelta(days=2), goal_points=5_000)
    changed = await events.change(operator, FESTIVAL, later)
    assert (changed.event.state, changed.event.goal_points) == ("planned", 5_000)
    await events.show(approver, FESTIVAL, "変更済み")
    assert await refused(events.show(approver, FESTIVAL, "もう一度")) == "event-state"
    town.clock.forward(days=3)
    assert await refused(events.change(operator, FESTIVAL, PLAN)) == "event-begun"
    assert (await log(town))[-4:] == ["event planned", "event shown", "event changed", "event shown"]


async def test_what_time_it_is_is_asked_when_the_event_is_held(town, monkeypatch):
    """A change or an end that waited for a gift over the event's very beginning comes after it."""
    await shown(town, starts_on=TODAY + timedelta(days=1))
    find = support_events.find

    def held_over_midnight(conn, event_id, *, lock=False):
        if lock:
            town.clock.now = NOON + timedelta(days=1)
        return find(conn, event_id, lock=lock)

    monkeypatch.setattr(support_events, "find", held_over_midnight)
    assert await refused(town.city.events.change(await town.who("operator"), FESTIVAL, PLAN)) == "event-begun"
    town.clock.now = NOON
    ended = await town.city.events.end(await town.who("approver"), FESTIVAL, "中止")
    assert (ended.event.outcome, ended.event.ends_at) == ("given_back", NOON + timedelta(days=1))


async def test_a_clock_that_is_set_back_over_the_beginning_makes_no_gift_vanish(town):
    await shown(town, starts_on=TODAY + timedelta(days=1))
    member, approver = await giver(town, 500), await town.who("approver")
    town.clock.forward(hours=12, seconds=5)
    await give(town, member, 200)
    town.clock.forward(seconds=-30)
    assert await refused(town.city.events.change(await town.who("operator"), FESTIVAL, PLAN)) == "event-begun"
    assert (await town.city.events.end(approver, FESTIVAL, "中止")).event.outcome == "given_back"
    await town.city.events.outcomes.settle(FESTIVAL)
    assert await heaps(town, member, chart.reserve(member)) == {TODAY: 500}


async def test_an_event_that_never_began_is_withdrawn_and_unknown_to_members(town):
    await shown(town, starts_on=TODAY + timedelta(days=1))
    ended = await town.city.events.end(await town.who("approver"), FESTIVAL, "取りやめ")
    assert ended.event.outcome == "withdrawn"
    with pytest.raises(ProblemError, match="no such event"):
        await town.store.read(lambda conn: support_events.require_shown(conn, FESTIVAL))
    assert (await town.city.events.outcomes.settle(FESTIVAL)).settled_at is not None


async def test_an_event_whose_days_went_by_unshown_is_changed_first(town):
    await town.city.events.plan(await town.who("operator"), "himatsuri", PLAN)
    town.clock.forward(days=30)
    assert await town.city.events.outcomes.settle_ended() == 0
    assert (
        await refused(town.city.events.show(await town.who("approver"), FESTIVAL, "遅れた")) == "event-over"
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "　"},
        {"ends_on": TODAY - timedelta(days=1)},
        {"goal_points": 0},
        {"goal_points": None},  # gives back, but says no goal that could be missed
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(town, bad):
    operator = await town.who("operator")
    assert await refused(town.city.events.plan(operator, "himatsuri", replace(PLAN, **bad))) == "bad-event"
    assert await town.city.events.list(KASAMA) == []


async def test_events_of_another_city_do_not_exist(town):
    await shown(town)
    stranger = await town.who("administrator", MITO)
    for doing in (
        town.city.events.get(MITO, FESTIVAL),
        town.city.events.change(stranger, FESTIVAL, PLAN),
        town.city.events.show(stranger, FESTIVAL, "x"),
        town.city.events.end(stranger, FESTIVAL, "x"),
    ):
        assert await refused(doing) == "unknown-event"
    assert await town.city.events.list(MITO) == []


async def gifts_agree(town, members, event_id):
    """Of every day of issue: given = still set aside + kept by the event + given back; and the counter agrees."""

    def job(conn):
        moves = {"contribute": 0, "event_kept": 0, "event_given_back": 0}
        waiting = 0
        for member in members:
            book, share = chart.member_book(member), chart.event_share(member, event_id)
            waiting += ledger.balance(conn, book, share).posted
            for entry in entries(conn, book, share):
                moves[entry.kind] += abs(entry.points)
        return moves, waiting, support_events.gifts_by_event(conn, [event_id])[event_id]

    moves, waiting, counted = await town.store.read(job)
    assert counted.points == moves["contribute"]
    assert moves["contribute"] == waiting + moves["event_kept"] + moves["event_given_back"]
    assert await town.total(chart.event(event_id)) == moves["event_kept"]
    return waiting


STEP = st.tuples(
    st.sampled_from(["issue", "give", "give", "tomorrow", "night", "end"]),
    st.integers(0, 2),
    st.integers(1, 400),
    st.integers(0, 13),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(STEP, min_size=5, max_size=30),
    goal=st.integers(1, 1_500),
    rule=st.sampled_from(["keep", "give_back"]),
)
async def test_no_gift_is_lost_or_made_by_whatever_happens_to_an_event(tmp_path, steps, goal, rule):
    """Points by day of issue are the same before and after: in reserve, set aside, or with the event that keeps them."""
    async with another_town(tmp_path) as town:
        await shown(town, goal_points=goal, on_failure=rule)
        members = [await giver(town) for _ in range(3)]
        issued: dict[date, int] = {}
        for step, index, points, days in steps:
            member = members[index]
            try:
                if step == "issue":
                    day = town.clock().date() - timedelta(days=days)
                    await put(town, member, day, points)
                    issued[day] = issued.get(day, 0) + points
                elif step == "give":
                    await give(town, member, points)
                elif step == "tomorrow":
                    town.clock.forward(days=days % 5)
                elif step == "night":
                    await town.city.events.outcomes.settle_ended()
                elif index == 0:
                    await town.city.events.end(await town.who("approver"), FESTIVAL, "中止")
            except ProblemError:
                continue
        town.clock.forward(days=30)
        await town.city.events.outcomes.settle_ended()
        assert await gifts_agree(town, members, FESTIVAL) == 0
        event = (await seen(town)).event
        assert event.settled_at is not None
        held: dict[date, int] = {}
        for member in members:
            for day, points in (await heaps(town, member, chart.reserve(member))).items():
                held[day] = held.get(day, 0) + points
        kept = await town.total(chart.event(FESTIVAL))
        assert sum(issued.values()) == sum(held.values()) + kept
        if event.outcome == "given_back":
            assert (held, kept) == (issued, 0)
        assert (await town.store.read(audit.verify)).ok


# --- over HTTP -----------------------------------------------------------------------------------------------------


async def test_staff_plan_and_show_and_members_see_the_progress(site):
    operator, approver = await site.staff_token("operator"), await site.staff_token("approver")
    plan = {
        "own_id": "himatsuri", "name": "陶炎祭を支える会", "goal_points": 1_000, "starts_on": "2018-07-31",
        "ends_on": "2018-08-09", "on_failure": "give_back",
    }  # fmt: skip
    status, planned = await site.call("POST", "/v1/city/events", operator, json=plan)
    assert (status, planned["event_id"], planned["state"], planned["ends_on"]) == (
        201, FESTIVAL, "planned", "2018-08-09",
    )  # fmt: skip
    showing = f"/v1/city/events/{FESTIVAL}/showing"
    assert (await site.call("GET", f"/v1/events/{FESTIVAL}"))[0] == 404
    assert (await site.call("POST", showing, operator, json={"reason": "x"}))[0] == 403
    assert (await site.call("POST", showing, approver, json={"reason": "議決済み"}))[0] == 200

    member, token = await site.member_token()
    move = Transfer(
        id="e", book=chart.member_book(member.member_id), source=chart.partner_due("saison"),
        target=chart.reserve(member.member_id), points=500, at=NOON, kind="exchange", issued_on=TODAY,
    )  # fmt: skip
    await site.services.store.apply(move)
    gift = {"contribution_id": new_id(), "points": 200, "event_id": FESTIVAL}
    assert (await site.call("POST", "/v1/contributions", token, json=gift))[0] == 201
    (found,) = (await site.call("GET", "/v1/events"))[1]["events"]
    assert (found["given_points"], found["given_by"], found["period"]) == (200, 1, "open")
    assert (await site.call("GET", "/v1/events?period=coming"))[1]["events"] == []

    site.set_clock(NOON + timedelta(minutes=5))
    ending = f"/v1/city/events/{FESTIVAL}/end"
    status, ended = await site.call("POST", ending, approver, json={"reason": "中止"})
    assert (status, ended["outcome"]) == (200, "given_back")
    await site.services.city.events.outcomes.settle(FESTIVAL)
    balances = (await site.call("GET", "/v1/balances", token))[1]
    assert balances["reserve"]["points"] == 500
    assert (await site.call("GET", f"/v1/events/{FESTIVAL}"))[1]["outcome"] == "given_back"
    begun = plan | {"name": "別の名前"}
    begun.pop("own_id")
    status, refusal = await site.call("PUT", f"/v1/city/events/{FESTIVAL}", operator, json=begun)
    assert (status, refusal["type"]) == (409, "/docs/problems/event-state")
