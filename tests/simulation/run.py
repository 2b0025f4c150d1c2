"""`make simulate SEEDS=10000`: many seeds over several processes, and the whole story of the first that does not hold.

python -m tests.simulation.run --seeds 10000 --jobs 2          many
python -m tests.simulation.run --seeds 1 --from 4711 --trace   one, told line by line
python -m tests.simulation.run --mistake retries_a_debit       how many seeds a mistake gets through
python -m tests.simulation.run --database postgresql+psycopg://…   one process, on an empty PostgreSQL database
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # for processes that are started afresh

from tests.simulation.same_thread_store import Database
from tests.simulation.simulation import Result, move_in, run_seed
from tests.simulation.wrong_patches import WRONG

AT_ONCE = 10
TELL_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Town:
    """How big each seed's town is, and the mistake that is made in it."""

    members: int
    each: int
    mistake: str
    database: str = "sqlite://"


@dataclass(slots=True)
class Sum:
    """What some seeds came to. `cpu_s` is processor time, which a busy machine does not stretch as much."""

    seeds: int = 0
    exchanges: int = 0
    crashes: int = 0
    cpu_s: float = 0.0
    states: Counter[str] = field(default_factory=Counter)
    fallen: Result | None = None

    def add(self, other: Sum) -> None:
        self.seeds += other.seeds
        self.exchanges += other.exchanges
        self.crashes += other.crashes
        self.cpu_s += other.cpu_s
        self.states.update(other.states)
        self.fallen = self.fallen or other.fallen


def some(seeds: range, town: Town) -> Sum:
    """Play these seeds; the first that does not hold ends it. One process plays all its seeds on one database."""
    database, found, began = _database(town.database), Sum(), time.process_time()
    gc.disable()  # looking for cycles between two lines of a seed costs a tenth, and each seed leaves some
    for seed in seeds:
        with WRONG[town.mistake]() if town.mistake else contextlib.nullcontext():
            result = run_seed(seed, database, members=town.members, each=town.each)
        found.seeds += 1
        found.exchanges += result.exchanges
        found.crashes += result.crashes
        found.states.update(result.by_state)
        if result.wrongs:
            found.fallen = result
            break
    gc.enable()
    gc.collect()
    found.cpu_s = time.process_time() - began
    return found


_DATABASES: list[Database] = []


def _database(url: str) -> Database:
    if not _DATABASES:
        _DATABASES.append(Database(move_in, url))
        gc.freeze()
    return _DATABASES[0]


def sums(seeds: range, town: Town, jobs: int) -> Iterator[Sum]:
    """The seeds in their order, some at a time."""
    portions = [seeds[start : start + AT_ONCE] for start in range(0, len(seeds), AT_ONCE)]
    work = partial(some, town=town)
    if jobs == 1:
        yield from map(work, portions)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as processes:
        try:
            yield from processes.map(work, portions)
        finally:
            processes.shutdown(cancel_futures=True)


def main() -> int:
    """Exit code 1 when a seed does not hold; with a mistake, when every seed does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--each", type=int, default=3, help="exchanges of each member")
    parser.add_argument("--mistake", choices=sorted(WRONG), default="")
    parser.add_argument("--database", default="sqlite://", help="an empty PostgreSQL database, for one job")
    parser.add_argument("--trace", action="store_true")
    namespace = parser.parse_args()
    if namespace.jobs > 1 and namespace.database != "sqlite://":
        parser.error("on PostgreSQL there is one job: all would have the same rows")
    town = Town(namespace.members, namespace.each, namespace.mistake, namespace.database)
    if namespace.trace:
        result = run_seed(namespace.first, _database(town.database), members=town.members, each=town.each)
        sys.stdout.write("\n".join((*result.trace, *result.wrongs, result.history)) + "\n")
        return bool(result.wrongs)
    whole, began = Sum(), time.monotonic()
    told = began
    for part in sums(range(namespace.first, namespace.first + namespace.seeds), town, namespace.jobs):
        whole.add(part)
        if whole.fallen is not None:
            break
        if time.monotonic() - told > TELL_EVERY_S:
            told = time.monotonic()
            sys.stderr.write(f"{whole.seeds} seeds, {whole.exchanges} exchanges: all hold so far\n")
    took = time.monotonic() - began
    sys.stdout.write(
        f"{whole.seeds} seeds, {whole.exchanges} exchanges, {whole.crashes} crashes in {took:.1f} s on"
        f" {namespace.jobs} process(es): {whole.exchanges / took:.0f} exchanges/s,"
        f" {whole.exchanges / whole.cpu_s:.0f} per CPU-second\n"
        f"{', '.join(f'{count} {state}' for state, count in sorted(whole.states.items()))}\n"
    )
    if whole.fallen is None:
        sys.stdout.write("all hold\n" if not town.mistake else f"{town.mistake} got through\n")
        return bool(town.mistake)
    if town.mistake:
        sys.stdout.write(f"{town.mistake} is caught by seed {whole.fallen.seed}: {whole.fallen.wrongs[0]}\n")
        return 0
    _tell(whole.fallen, town)
    return 1


def _tell(fallen: Result, town: Town) -> None:
    wrongs = "\n  ".join(fallen.wrongs)
    sys.stdout.write(
        "\n".join(fallen.trace)
        + f"\nseed {fallen.seed} does not hold:\n  {wrongs}\nagain: python -m tests.simulation.run --trace"
        f" --from {fallen.seed} --members {town.members} --each {town.each}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
