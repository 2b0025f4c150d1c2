"""Out of the reserve: by hand, to an event, by itself after 14 days; the days of issue travel along."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from core_ledger import chart, ledger
from gateway.errors import ProblemError
from gateway.model import Destination
from gateway.points import directory

KASAMA = Destination.to_municipality("082163", "kasama-ouen")
MITO = Destination.to_municipality("082015", "mito-ouen")
ONE = "00000000-0000-4000-8000-000000000001"
DAY = date(2018, 7, 31)


async def refused(work) -> str:
    with pytest.raises(ProblemError) as caught:
        await work
    return caught.value.type


async def issued(world, member, account) -> list[tuple[date, int]]:
    heaps = await world.store.read(lambda conn: ledger.lots(conn, chart.member_book(member), account))
    return [(heap.issued_on, heap.points) for heap in heaps]


async def test_900_of_the_reserve_go_to_kasama_and_keep_their_day(world) -> None:
    member = await world.member()
    await world.settled(member)
    world.clock.forward(days=3)
    receipt = await world.allocations.allocate(member, ONE, 900, "082163", "kasama-ouen")
    assert not receipt.replayed
    assert (await world.balance(member)).posted == 0
    assert await issued(world, member, chart.municipal(member, "082163", "kasama-ouen")) == [(DAY, 900)]


async def test_the_same_allocation_again_is_the_same(world) -> None:
    member = await world.member()
    await world.settled(member)
    await world.allocations.allocate(member, ONE, 400, "082163", "kasama-ouen")
    world.clock.forward(minutes=1)
    again = await world.allocations.allocate(member, ONE, 400, "082163", "kasama-ouen")
    assert again.replayed
    assert (await world.balance(member)).posted == 500
    assert await refused(world.allocations.allocate(member, ONE, 401, "082163", "kasama-ouen")) == "id-reused"


async def test_more_than_the_reserve_is_refused(world) -> None:
    member = await world.member()
    await world.settled(member)
    work = world.allocations.allocate(member, ONE, 901, "082163", "kasama-ouen")
    assert await refused(work) == "not-enough-points"
    nobody = world.allocations.allocate(await world.member(), ONE, 1, "082163", "kasama-ouen")
    assert await refused(nobody) == "not-enough-points"


async def test_a_municipality_closed_to_partners_is_reached_by_allocation(world) -> None:
    member = await world.member()
    await world.settled(member)
    await world.allocations.allocate(member, ONE, 900, "082015", "mito-ouen")
    assert (await world.balance(member, MITO)).posted == 900


async def test_unknown_places_are_refused(world) -> None:
    member = await world.member()
    allocate = world.allocations.allocate
    assert await refused(allocate(member, ONE, 1, "082164", "kasama-ouen")) == "unknown-municipality"
    assert await refused(allocate(member, ONE, 1, "082163", "other")) == "unknown-point-service"
    assert await refused(world.allocations.contribute(member, ONE, 1, "other")) == "unknown-event"


async def test_a_contribution_goes_to_the_event_while_it_is_open(world) -> None:
    member = await world.member()
    await world.settled(member)
    await world.allocations.contribute(member, ONE, 300, "himatsuri")
    share = chart.event_share(member, "himatsuri")
    assert await issued(world, member, share) == [(DAY, 300)]
    world.clock.forward(days=30)
    late = world.allocations.contribute(member, ONE[:-1] + "2", 300, "himatsuri")
    assert await refused(late) == "event-not-open"


async def test_reserve_untouched_for_14_days_moves_to_the_default_municipality(world) -> None:
    member = await world.member(default=True)
    await world.settled(member)
    early = await world.allocations.move_overdue(date(2018, 8, 13))
    assert (early.heaps, early.points) == (0, 0)
    moved = await world.allocations.move_overdue(date(2018, 8, 14))
    assert (moved.heaps, moved.points, moved.without_default) == (1, 900, 0)
    assert (await world.balance(member)).posted == 0
    assert await issued(world, member, chart.municipal(member, "082163", "kasama-ouen")) == [(DAY, 900)]


async def test_only_what_is_old_enough_moves(world) -> None:
    member = await world.member(default=True)
    await world.settled(member)
    world.clock.forward(days=10)
    await _again(world, member)
    moved = await world.allocations.move_overdue(date(2018, 8, 14))
    assert moved.points == 900
    assert await issued(world, member, chart.reserve(member)) == [(date(2018, 8, 10), 450)]


async def test_many_sweeps_at_once_move_once(world) -> None:
    members = [await world.member(default=True) for _ in range(4)]
    for number, member in enumerate(members):
        world.script.link = _account(number)
        await world.settled(member)
    sweeps = [world.allocations.move_overdue(date(2018, 8, 20)) for _ in range(4)]
    done = await asyncio.gather(*sweeps)
    assert sum(one.points for one in done) == 900 * 4
    for member in members:
        assert (await world.balance(member, KASAMA)).posted == 900


async def test_without_a_default_the_points_stay_and_are_counted(world) -> None:
    member = await world.member()
    await world.settled(member)
    moved = await world.allocations.move_overdue(date(2018, 8, 20))
    assert (moved.heaps, moved.without_default) == (0, 1)
    assert (await world.balance(member)).posted == 900


async def test_a_default_that_was_closed_since_takes_no_points(world) -> None:
    member = await world.member(default=True)
    await world.settled(member)
    await world.store.run(
        lambda conn: directory.close_service(conn, "082163", "kasama-ouen", at=world.clock())
    )
    moved = await world.allocations.move_overdue(date(2018, 8, 20))
    assert (moved.heaps, moved.without_default) == (0, 1)
    assert (await world.balance(member)).posted == 900


async def test_what_was_done_before_a_closing_is_still_the_answer_to_its_id(world) -> None:
    member = await world.member()
    await world.settled(member)
    two = ONE[:-1] + "2"
    await world.allocations.allocate(member, ONE, 300, "082163", "kasama-ouen")
    await world.allocations.contribute(member, two, 300, "himatsuri")
    await world.store.run(
        lambda conn: directory.close_service(conn, "082163", "kasama-ouen", at=world.clock())
    )
    world.clock.forward(days=30)
    assert (await world.allocations.allocate(member, ONE, 300, "082163", "kasama-ouen")).replayed
    assert (await world.allocations.contribute(member, two, 300, "himatsuri")).replayed
    late = world.allocations.allocate(member, ONE[:-1] + "3", 300, "082163", "kasama-ouen")
    assert await refused(late) == "unknown-point-service"
    assert (await world.balance(member)).posted == 300


def _account(number: int):
    from gateway.model import LinkedAccount

    return LinkedAccount(service_id=f"svc-{number}", shown_as="A")


async def _again(world, member) -> None:
    exchange, _ = await world.openings.start(member, ONE[:-1] + "9", "cards")
    quoted = await world.exchanges.quote(member, exchange.exchange_id, Destination.reserve(), 1)
    await world.exchanges.confirm(member, exchange.exchange_id, quoted.quote.quote_id)
