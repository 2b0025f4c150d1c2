"""The first seeds hold, each replays exactly, and eight mistakes are caught. `make nightly` plays ten thousand."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import empty_database
from tests.simulation.run import Town, sums
from tests.simulation.same_thread_store import Database
from tests.simulation.simulation import move_in, run_seed
from tests.simulation.time_loop import Stuck, TimeLoop
from tests.simulation.wrong_patches import WRONG

SEEDS = 20
CAUGHT_WITHIN = 40


@pytest.fixture
def database():
    made = Database(move_in)
    yield made
    made.close()


@pytest.mark.timeout(300)  # a machine that does much else beside
def test_after_each_seed_both_books_agree_and_nothing_is_stuck(database) -> None:
    seen: dict[str, int] = {}
    for seed in range(SEEDS):
        result = run_seed(seed, database, members=10, each=2)
        assert result.wrongs == (), (
            f"python -m tests.simulation.run --trace --from {seed} --members 10 --each 2"
        )
        for state, count in result.by_state.items():
            seen[state] = seen.get(state, 0) + count
        seen["crashes"] = seen.get("crashes", 0) + result.crashes
        seen["plugin_deaths"] = seen.get("plugin_deaths", 0) + result.plugin_deaths
        seen["restores"] = seen.get("restores", 0) + result.restores
    # A simulation in which nothing happens would hold as well.
    assert {"settled", "declined", "not_sent", "needs_a_person", "crashes", "plugin_deaths", "restores"} <= {
        name for name, count in seen.items() if count
    }


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_a_seed_goes_on_postgres_line_by_line_as_on_sqlite(database, postgres) -> None:
    empty_database(postgres)
    on_postgres = Database(move_in, postgres)
    try:
        for seed in (3, 12):
            assert run_seed(seed, on_postgres, members=5, each=2) == run_seed(
                seed, database, members=5, each=2
            )
    finally:
        on_postgres.close()


@pytest.mark.parametrize("mistake", WRONG)
def test_the_simulator_catches_the_one_that(database, mistake) -> None:
    for seed in range(CAUGHT_WITHIN):
        with WRONG[mistake]():
            if run_seed(seed, database).wrongs:
                break
    else:
        pytest.fail(f"{CAUGHT_WITHIN} seeds noticed nothing")
    assert run_seed(seed, database).wrongs == ()


def test_a_seed_replays_line_by_line_whatever_was_played_before_it(database) -> None:
    first, other, again = run_seed(12, database), run_seed(13, database), run_seed(12, database)
    assert first == again
    assert first.trace
    assert first.trace != other.trace
    assert first.history != other.history


@pytest.mark.parametrize("order_of_sets", ["1", "2"])
def test_a_seed_replays_in_another_process(database, order_of_sets) -> None:
    command = [sys.executable, "-m", "tests.simulation.run", "--trace", "--from", "12"]
    completed_process = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": order_of_sets},
        capture_output=True,
        text=True,
        check=True,
    )
    here = run_seed(12, database)
    assert tuple(completed_process.stdout.splitlines()) == (*here.trace, here.history)


def test_seeds_come_to_the_same_however_many_processes_play_them() -> None:
    town = Town(members=5, each=1, mistake="")
    alone, together = (list(sums(range(20), town, jobs)) for jobs in (1, 2))
    assert [part.states for part in alone] == [part.states for part in together]
    assert [part.crashes for part in alone] == [part.crashes for part in together]


def test_the_first_seed_that_does_not_hold_is_shown() -> None:
    for part in sums(range(40), Town(members=5, each=3, mistake="retries_a_debit"), 1):
        if part.fallen is not None:
            assert part.fallen.wrongs
            assert part.fallen.trace
            return
    pytest.fail("40 seeds noticed nothing")


def test_simulated_time_jumps_to_the_next_thing_to_do() -> None:
    loop = TimeLoop()

    async def a_week() -> float:
        await asyncio.sleep(7 * 86_400)
        return loop.time()

    assert loop.run_until_complete(a_week()) == pytest.approx(7 * 86_400)
    with pytest.raises(Stuck):
        loop.run_until_complete(loop.create_future())
    loop.close()
