"""Hundreds of seeds hold, each replays exactly, and five mistakes are caught."""

from __future__ import annotations

import asyncio

import pytest

from tests.simulation.same_thread_store import Database
from tests.simulation.simulation import run_seed
from tests.simulation.time_loop import Stuck, TimeLoop
from tests.simulation.wrong_patches import WRONG

SEEDS = 200
AT_ONCE = 20
CAUGHT_WITHIN = 40


@pytest.fixture
def database():
    made = Database()
    yield made
    made.close()


@pytest.mark.timeout(300)  # a machine that does much else beside
@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_after_each_seed_both_books_agree_and_nothing_is_stuck(database, first) -> None:
    seen: dict[str, int] = {}
    for seed in range(first, first + AT_ONCE):
        result = run_seed(seed, database, each=2)
        assert result.wrongs == (), f"run_seed({seed}, Database(), each=2)"
        for state, count in result.by_state.items():
            seen[state] = seen.get(state, 0) + count
        seen["crashes"] = seen.get("crashes", 0) + result.crashes
    # A simulation in which nothing happens would hold as well.
    assert {"settled", "declined", "not_sent", "crashes"} <= {name for name, count in seen.items() if count}


@pytest.mark.parametrize("mistake", WRONG)
def test_the_simulator_catches_the_one_that(database, mistake) -> None:
    for seed in range(CAUGHT_WITHIN):
        with WRONG[mistake]():
            if run_seed(seed, database).wrongs:
                break
    else:
        pytest.fail(f"{CAUGHT_WITHIN} seeds noticed nothing")
    assert run_seed(seed, database).wrongs == ()


def test_a_seed_replays_line_by_line(database) -> None:
    first, again, other = run_seed(12, database), run_seed(12, database), run_seed(13, database)
    assert first == again
    assert first.trace
    assert first.trace != other.trace


def test_simulated_time_jumps_to_the_next_thing_to_do() -> None:
    loop = TimeLoop()

    async def a_week() -> float:
        await asyncio.sleep(7 * 86_400)
        return loop.time()

    assert loop.run_until_complete(a_week()) == pytest.approx(7 * 86_400)
    with pytest.raises(Stuck):
        loop.run_until_complete(loop.create_future())
    loop.close()
