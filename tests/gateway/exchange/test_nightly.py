"""A day's work: done once a day, tried again when it failed, safe to repeat."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from core_ledger import Busy
from gateway import nightly as nightly_module
from gateway.identity.passwords import PasswordHasher
from gateway.members import Members
from gateway.model import Destination
from gateway.nightly import Nightly
from gateway.reconciliation import Reconciliation
from gateway.states import State

RESERVE = Destination.reserve()


@pytest.fixture
async def nightly(world):
    hasher = PasswordHasher(time_cost=1, memory_kib=64)
    members = Members(world.store, hasher, world.clock, vault=world.desk.vault)
    yield Nightly(
        desk=world.desk,
        allocations=world.allocations,
        members=members,
        reconciliation=Reconciliation(world.desk),
    )
    hasher.close()


async def test_a_days_work_moves_old_reserve_and_ends_what_was_abandoned(world, nightly) -> None:
    member = await world.member(default=True)
    await world.settled(member)
    abandoned = await _started(world, member)
    world.clock.forward(days=14)
    moved = await nightly.once(date(2018, 8, 14))
    assert moved.points == 900
    assert (await world.exchanges.look(member, abandoned)).state is State.EXPIRED
    again = await nightly.once(date(2018, 8, 14))
    assert again.points == 0


async def test_each_new_day_is_worked_once_and_a_failed_one_again(world, nightly, monkeypatch) -> None:
    monkeypatch.setattr(nightly_module, "LOOKS_EVERY_S", 0.001)
    told: list[dict[str, str]] = []

    class Log:
        def error(self, event: str, **values: str) -> None:
            told.append({"event": event, **values})

    monkeypatch.setattr(nightly_module, "_log", Log())
    days: list[date] = []
    twice, thrice = asyncio.Event(), asyncio.Event()
    failures = [Busy("later")]

    async def once(self, today: date) -> None:
        days.append(today)
        if len(days) == 2:
            twice.set()
        if len(days) == 3:
            thrice.set()
        if failures:
            raise failures.pop()

    monkeypatch.setattr(Nightly, "once", once)
    loop = asyncio.create_task(nightly.run())
    async with asyncio.timeout(10):
        await twice.wait()
        world.clock.forward(days=1)
        await thrice.wait()
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    assert days == [date(2018, 7, 31), date(2018, 7, 31), date(2018, 8, 1)]
    assert [(line["event"], line["error"]) for line in told] == [("nightly work failed", "Busy")]


async def _started(world, member) -> str:
    exchange, _ = await world.openings.start(member, "00000000-0000-4000-8000-00000000000a", "cards")
    return exchange.exchange_id
