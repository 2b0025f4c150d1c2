"""Pause, maintenance and pace, decided while everything runs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from threading import Barrier

import pytest

from core_ledger import Store
from gateway.errors import ProblemError
from gateway.exchanges.states import State
from gateway.model import Debited
from gateway.partners import availability
from gateway.partners.availability import Controls, Window
from gateway.partners.calls.throttle import Throttle
from tests.gateway.exchanges.conftest import CARDS, PORTAL, new_id
from tests.gateway.exchanges.outcomes.conftest import Seconds
from tests.gateway.exchanges.outcomes.test_outcome_poller import now


async def decide(world, what, *rest, **options):
    at = world.clock()
    options = options if what is availability.announce else {"operator": "sato", "at": at} | options
    await world.store.run(lambda conn: what(conn, *rest, **options))


def window(world, starts_min=0, ends_min=60):
    at = world.clock()
    return Window(
        partner_id=CARDS,
        starts_at=at + timedelta(minutes=starts_min),
        ends_at=at + timedelta(minutes=ends_min),
        reason="定期点検",
    )


async def test_a_paused_partner_takes_no_new_exchange_and_no_debit(world) -> None:
    member = await world.member()
    exchange = await world.quoted(member)
    await decide(world, availability.pause, CARDS, reason="不具合")
    with pytest.raises(ProblemError) as caught:
        await world.exchanges.confirm(member, exchange.exchange_id, exchange.quote.quote_id)
    assert caught.value.type == "partner-paused"
    with pytest.raises(ProblemError):
        await world.openings.start(member, new_id(), CARDS, return_url=PORTAL)
    assert world.script.orders == []
    assert (await world.balance(member)).coming == 0
    await decide(world, availability.resume, CARDS)
    done = await world.exchanges.confirm(member, exchange.exchange_id, exchange.quote.quote_id)
    assert done.state is State.SETTLED


async def test_a_pause_is_decided_also_where_somebody_else_decides_at_the_same_moment(world) -> None:
    at, engine = world.clock(), world.store.engine
    start = Barrier(1 if engine.dialect.name == "sqlite" else 2)  # SQLite has one writer

    def decides(what):
        def job(conn):
            start.wait(5)
            what(conn)

        return job

    other = Store.open(engine.url.render_as_string(hide_password=False))
    await asyncio.gather(
        world.store.run(
            decides(lambda conn: availability.pause(conn, CARDS, reason="不具合", operator="a", at=at))
        ),
        other.run(decides(lambda conn: availability.limit(conn, CARDS, 60, operator="b", at=at))),
    )
    await other.close()
    standing = (await world.store.read(lambda conn: availability.standings(conn, at)))[CARDS]
    assert (standing.paused, standing.calls_per_minute) == (True, 60)


async def test_while_paused_open_outcomes_are_still_asked_about(watch, world) -> None:
    _, exchange = await watch.opened()
    await decide(world, availability.pause, CARDS, reason="不具合")
    world.script.find = lambda id_: Debited(exchange_id=id_, reference="R", at=world.clock())
    watch.forward(seconds=5)
    await watch.settler.poll_once()
    assert (await now(world, exchange)).state is State.SETTLED


async def test_in_maintenance_nothing_is_sent_and_the_refusal_says_until_when(watch, world) -> None:
    member, _exchange = await watch.opened()
    await decide(world, availability.announce, window(world))
    with pytest.raises(ProblemError) as caught:
        await world.openings.start(member, new_id(), CARDS, return_url=PORTAL)
    assert caught.value.type == "partner-in-maintenance"
    assert caught.value.facts["retry_after_s"] == 3_600
    watch.forward(minutes=30)
    assert await watch.settler.poll_once() == 0
    watch.forward(minutes=30)
    assert await watch.settler.poll_once() == 1


async def test_a_window_is_announced_ahead_and_can_be_withdrawn(world) -> None:
    ahead = window(world, 60, 120)
    await decide(world, availability.announce, ahead)
    at = world.clock()
    standing = await world.store.read(lambda conn: availability.standings(conn, at)[CARDS])
    assert (standing.open, standing.window, standing.upcoming) == (True, None, (ahead,))
    await world.store.run(lambda conn: availability.withdraw(conn, CARDS, ahead.starts_at))
    assert CARDS not in await world.store.read(lambda conn: availability.standings(conn, at))


async def test_a_window_that_ends_before_it_begins_is_refused(world) -> None:
    with pytest.raises(ProblemError, match="ends after"):
        await decide(world, availability.announce, window(world, 60, 30))


async def test_a_pace_reaches_the_partner_of_a_running_gateway(world) -> None:
    controls = Controls(world.store, world.context.partners, world.clock)
    partner = world.context.partners[CARDS]
    await decide(world, availability.limit, CARDS, 6)
    await controls.refresh()
    waits = [partner.pace.wait_s(60.0) for _ in range(4)]
    assert waits[0] == 0.0
    assert waits[3] is not None
    assert 15 < waits[3] < 30
    await decide(world, availability.limit, CARDS, None)
    await controls.refresh()
    assert partner.pace.wait_s(0.0) == 0.0
    with pytest.raises(ProblemError, match="pace"):
        await decide(world, availability.limit, CARDS, 0)


async def test_a_debit_that_finds_no_place_within_its_deadline_is_not_sent(world) -> None:
    member = await world.member()
    exchange = await world.quoted(member)
    partner = world.context.partners[CARDS]
    partner.pace.set_rate(1)
    while partner.pace.wait_s(10.0) is not None:
        pass
    done = await world.exchanges.confirm(member, exchange.exchange_id, exchange.quote.quote_id)
    assert done.state is State.NOT_SENT
    assert world.script.orders == []
    assert (await world.balance(member)).coming == 0


def test_a_pace_spreads_calls_evenly_and_keeps_a_small_burst() -> None:
    seconds = Seconds(100.0)
    pace = Throttle(seconds)
    assert [pace.wait_s(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    pace.set_rate(60)
    assert [pace.wait_s(5.0) for _ in range(4)] == [0.0, 0.0, 1.0, 2.0]
    seconds.now += 10
    assert [pace.wait_s(5.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert pace.wait_s(0.5) is None


async def test_controls_stay_in_force_while_the_database_cannot_be_read(world, monkeypatch) -> None:
    controls = Controls(world.store, world.context.partners, world.clock)
    await decide(world, availability.limit, CARDS, 60)
    await controls.refresh()
    tries = []

    async def broken(job):
        tries.append(job)
        raise OSError("no database")

    monkeypatch.setattr(world.store, "read", broken)
    monkeypatch.setattr(availability, "RUN_INTERVAL_S", 0.0)
    running = asyncio.create_task(controls.run())
    while len(tries) < 3:  # noqa: ASYNC110
        await asyncio.sleep(0)
    running.cancel()
    assert world.context.partners[CARDS].pace._gap_s == 1.0
