"""How long a debit may be under way at most: only after that can "no record" be believed."""

from __future__ import annotations

import asyncio

import structlog

from gateway import DebitOrder, OutcomeUnknown, hookimpl
from gateway.exchanges.exchange_context import longest_debit
from gateway.partners.calls.breaker import FAILURES_TO_OPEN, FIRST_PAUSE_S, BreakerState
from gateway.partners.calls.guard import MAX_IN_FLIGHT
from gateway.partners.partner import Partner
from tests.simulation.time_loop import TimeLoop

DEADLINE_S = 10.0
JUST_BEFORE_S = DEADLINE_S - 0.1


def test_a_debit_that_waits_wherever_it_can_ends_before_anybody_gives_it_up(acorn, profile, order) -> None:
    loop = TimeLoop()
    try:
        ended_at_s = loop.run_until_complete(_wait_everywhere(loop, acorn, profile, order))
    finally:
        loop.close()
    # It may also begin a deadline late: later than that, it is not sent any more.
    assert DEADLINE_S + ended_at_s < longest_debit_s(acorn, profile)


def longest_debit_s(acorn, profile) -> float:
    return longest_debit(
        Partner(acorn(profile(deadline_s=DEADLINE_S)), log=structlog.get_logger())
    ).total_seconds()


async def _wait_everywhere(loop: TimeLoop, acorn, profile, order: DebitOrder) -> float:
    """Half-open, the slowest pace, every place taken, a partner that answers just in time: when it has ended."""

    class Slow(acorn):
        @hookimpl
        async def check_connection(self) -> None:
            await asyncio.sleep(JUST_BEFORE_S)

        @hookimpl
        async def debit(self, order: DebitOrder) -> None:
            self.calls.append("debit")
            await asyncio.sleep(JUST_BEFORE_S)

    class SlowestPace:
        def wait_s(self, longest_s: float) -> float:
            return longest_s

    plugin = Slow(profile(deadline_s=DEADLINE_S))
    partner = Partner(plugin, log=structlog.get_logger(), seconds=loop.time)
    guard = partner._guard
    for _ in range(FAILURES_TO_OPEN):
        guard.breaker.record_failure()
    await asyncio.sleep(FIRST_PAUSE_S)
    assert partner.breaker_state is BreakerState.HALF_OPEN
    guard.pace = SlowestPace()  # type: ignore[assignment]
    for _ in range(MAX_IN_FLIGHT):
        await guard._turns.acquire()
    began_s = loop.time()
    others = asyncio.create_task(_others(guard._turns))
    try:
        await partner.debit(order)
    except OutcomeUnknown:
        ended_s = loop.time()
    assert plugin.calls == ["debit"]
    await others
    await partner.aclose()
    return ended_s - began_s


async def _others(places: asyncio.Semaphore) -> None:
    """Leave a place just before each wait for one would end, and take the one that the question gives back."""
    await asyncio.sleep(DEADLINE_S + JUST_BEFORE_S)
    places.release()
    await asyncio.sleep(0.001)
    await places.acquire()
    await asyncio.sleep(DEADLINE_S + JUST_BEFORE_S)
    places.release()
