"""A day's work: done once a day, tried again when it failed, safe to repeat."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from core_ledger import Busy, ChainKeys, chart
from core_ledger.read_model import accounts
from gateway.exchanges.reconciliation import Reconciliation
from gateway.exchanges.states import State
from gateway.members.members import Members
from gateway.members.passwords import PasswordHasher
from gateway.model import Destination, LinkedAccount
from gateway.nightly import Nightly
from gateway.platform import job_steps
from gateway.points.allocation import Allocations

RESERVE = Destination.reserve()


@pytest.fixture
async def nightly(world):
    hasher = PasswordHasher(time_cost=1, memory_kib=64)
    members = Members(world.store, hasher, world.clock, vault=world.context.vault)
    yield Nightly(
        context=world.context,
        allocations=world.allocations,
        members=members,
        reconciliation=Reconciliation(world.context),
        chain_keys=ChainKeys.of([b"c" * 32]),
    )
    hasher.close()


async def test_a_days_work_moves_old_reserve_and_ends_what_was_abandoned(world, nightly) -> None:
    member = await world.member(default=True)
    await world.settled(member)
    abandoned = await _started(world, member)
    world.clock.forward(days=14)
    worked = await nightly.run_now(date(2018, 8, 14))
    assert (worked.given["reserve"].points, worked.faults) == (900, {})
    assert (await world.exchanges.get(member, abandoned)).state is State.EXPIRED
    again = await nightly.run_now(date(2018, 8, 14))
    assert again.given["reserve"].points == 0


async def test_each_new_day_is_worked_once_and_a_failed_one_again(world, nightly, monkeypatch) -> None:
    monkeypatch.setattr(job_steps, "LOOK_INTERVAL_S", 0.001)
    told: list[dict[str, str]] = []

    class Log:
        def error(self, event: str, **values: str) -> None:
            told.append({"event": event, **values})

        def info(self, event: str, **values: object) -> None:
            pass

    monkeypatch.setattr(job_steps, "_log", Log())
    days: list[date] = []
    twice, thrice = asyncio.Event(), asyncio.Event()
    failures = [Busy("later")]

    async def move(self, today: date) -> None:
        days.append(today)
        if len(days) == 2:
            twice.set()
        if len(days) == 3:
            thrice.set()
        if failures:
            raise failures.pop()

    monkeypatch.setattr(Allocations, "move_overdue", move)
    loop = asyncio.create_task(nightly.run())
    async with asyncio.timeout(10):
        await twice.wait()
        world.clock.forward(days=1)
        await thrice.wait()
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    assert days == [date(2018, 7, 31), date(2018, 7, 31), date(2018, 8, 1)]
    assert [(line["event"], line["error"]) for line in told] == [("nightly work failed", "Busy")]


async def test_a_part_that_fails_for_good_keeps_no_other_from_being_done_and_is_tried_alone(
    world, nightly, monkeypatch
) -> None:
    monkeypatch.setattr(job_steps, "LOOK_INTERVAL_S", 0.001)
    done: list[str] = []
    thrice = asyncio.Event()

    async def move(self, today: date) -> None:
        done.append("move")
        if done.count("move") == 3:
            thrice.set()
        raise RuntimeError

    async def sweep(self) -> int:
        done.append("sweep")
        return 0

    monkeypatch.setattr(Allocations, "move_overdue", move)
    monkeypatch.setattr(Members, "sweep", sweep)
    loop = asyncio.create_task(nightly.run())
    async with asyncio.timeout(10):
        await thrice.wait()
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    assert done == ["move", "sweep", "move", "move"]


async def test_one_damaged_book_keeps_no_other_members_reserve_from_moving(world) -> None:
    members = sorted([await world.member(default=True) for _ in range(2)])
    for member in members:
        world.script.link = LinkedAccount(service_id=member, shown_as="見本 様", token=None)
        await world.settled(member)

    def damage(conn):
        first = accounts.c.account == chart.municipal(members[0], "082163", "kasama-ouen")
        values = {"posted": 0, "held": 0, "coming": 0, "last_seq": 1, "oldest_on": None, "heaps": "no heaps"}
        assert conn.execute(accounts.select().where(first)).first() is None
        conn.execute(
            accounts.insert().values(
                book_id=chart.member_book(members[0]),
                account=chart.municipal(members[0], "082163", "kasama-ouen"),
                **values,
            )
        )

    await world.store.run(damage)
    moved = await world.allocations.move_overdue(date(2018, 8, 14))
    assert (moved.heaps, moved.points) == (1, 900)


async def _started(world, member) -> str:
    exchange, _ = await world.openings.start(member, "00000000-0000-4000-8000-00000000000a", "cards")
    return exchange.exchange_id
