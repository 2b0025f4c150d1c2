"""How fast the municipal cloud is beside what the machine allows, measured in one run, on SQLite in a file.

    python bench/municipal.py [--json] [--runs 3] [--lines 20000] [--payments 3200] [--entries 1000000] [--full]

A grant file is checked and applied beside the ledger's own bulk rate; 32 shops take points at once, without a pause
and paced, beside bare commits of as many rows and beside a group commit by hand, on this machine's disk and on a
slower one; dashboards are drawn on the figures of so many entries. `--full` takes the
sizes of the goals: 100,000 lines, 10,000,000 entries. Rivals take turns within each run. Prints one table of
medians; `--json` prints one object with `ratios`. Look at those: absolute numbers belong to the machine.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import resource
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.exchange_floor import Rows, answer
from bench.ledger import machine
from bench.municipal_city import (
    DAY,
    NOW,
    SHOPS,
    City,
    MunicipalTown,
    fill_figures,
    grant_csv,
    make_members,
    open_town,
)
from bench.slow_disk import SLOW_COMMIT_S, commits_taking, wait
from core_ledger import Transfer, chart, ledger
from gateway.api.city import statistics as statistics_api
from gateway.api.city.unused import UnusedView
from gateway.cities.spending.pay_codes import PayCode
from gateway.cities.statistics import daily_stats, stats_queries
from gateway.platform import gc_tuning

BULK = 10_000
"""Moves in one transaction of the ledger's bulk rate, as `bench/ledger.py` has it."""
COMMITS = 300
PAUSE_S = 0.32
"""Between two payments of a shop on average, in the paced turn: 100 payments a second over all shops, the goal's pace."""
Result = dict[str, Any]


# --- a grant file -------------------------------------------------------------------------------------------------


def grants(folder: str, lines: int) -> Result:
    """Check and apply one file in a process of its own, so that its peak of memory is its own too."""
    return asyncio.run(_grants(Path(folder), lines))


async def _grants(folder: Path, lines: int) -> Result:
    async with open_town(folder) as town:
        members = await make_members(town, lines)
        raw = grant_csv(members)
        began, worked = time.perf_counter(), time.process_time()
        file, _ = await town.city.files.upload(town.operator, "kosodate", "bench.csv", raw)
        checked, check_cpu = time.perf_counter() - began, time.process_time() - worked
        assert file.state == "checked", file
        proposal_id = await town.city.files.proposal_of(file.municipality, file.file_id) or ""
        seen = await town.city.proposals.get(town.approver, proposal_id)
        await town.city.proposals.approve(town.approver, proposal_id, seen.proposal.digest, "bench")
        began, worked = time.perf_counter(), time.process_time()
        done = await town.city.files.apply(file.municipality, file.file_id)
        applied, apply_cpu = time.perf_counter() - began, time.process_time() - worked
        assert (done.state, done.granted_lines) == ("applied", lines), done
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "check_s": checked,
        "check_cpu_s": check_cpu,
        "applied_per_s": lines / applied,
        "apply_cpu_us": apply_cpu / lines * 1e6,
        "peak_mb": peak,
    }


def bulk(folder: str, lines: int) -> Result:
    """The same moves by the ledger alone, ten thousand a transaction."""
    return asyncio.run(_bulk(Path(folder), lines))


async def _bulk(folder: Path, lines: int) -> Result:
    async with open_town(folder) as town:
        moves = [
            Transfer(
                id=f"grant:bench:{number}", book=chart.member_book(f"{number:032x}"), source=chart.granted(City.CODE),
                target=chart.municipal(f"{number:032x}", City.CODE, City.SERVICE), points=1_000, at=NOW, kind="grant",
                issued_on=DAY, details={"project_id": "kosodate", "granted_by": "bench"},
            )
            for number in range(lines)
        ]  # fmt: skip
        began, worked = time.perf_counter(), time.process_time()
        for start in range(0, lines, BULK):
            part = moves[start : start + BULK]
            await town.store.run(lambda conn, part=part: ledger.transfer_many(conn, part))
        return {
            "bulk_per_s": lines / (time.perf_counter() - began),
            "bulk_cpu_us": (time.process_time() - worked) / lines * 1e6,
        }


def apart(work: Any, folder: Path, lines: int) -> Result:
    """Run one measurement in a new process with a folder of its own."""
    place = Path(tempfile.mkdtemp(dir=folder))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        result: Result = pool.submit(work, str(place), lines).result()
    shutil.rmtree(place)
    return result


def measure_grants(folder: Path, runs: int, lines: int) -> Result:
    found, floors, small = [], [], []
    for _ in range(runs):
        floors.append(apart(bulk, folder, lines))
        found.append(apart(grants, folder, lines))
        small.append(apart(grants, folder, max(1, lines // 10))["peak_mb"])
    return {
        "lines": lines,
        **{name: statistics.median(one[name] for one in found) for name in found[0]},
        **{name: statistics.median(floor[name] for floor in floors) for name in floors[0]},
        "peak_mb_of_a_tenth": statistics.median(small),
    }


# --- the counter --------------------------------------------------------------------------------------------------


async def measure_counter(folder: Path, runs: int, payments: int) -> Result:
    """32 shops at once, each taking one payment after the other, on this machine's disk and on a slower one.

    Between the turns: bare commits of the same rows; and the floor, 32 callers whose rows are written by a group
    commit that reads nothing and decides nothing.
    """
    result: Result = {"shops": SHOPS, "payments": payments}
    async with open_town(folder) as town:
        members = await make_members(town, SHOPS, points=10**9)
        gc_tuning.freeze_what_stays()  # as the gateway does when it begins to serve
        for disk, disk_s in (("", 0.0), ("slow_", SLOW_COMMIT_S)):
            with commits_taking(town.store.engine, disk_s):
                measured = await _on_one_disk(town, members, runs, payments, disk_s)
                result |= {f"{disk}{name}": value for name, value in measured.items()}
    return result


async def _on_one_disk(
    town: MunicipalTown, members: list[str], runs: int, payments: int, disk_s: float
) -> Result:
    turns, floors, commits, paced, bursts = [], [], [], [], []
    for _ in range(runs):
        commits.append(bare_commits(town.path, disk_s))
        floors.append(await _floor(town.path.with_name("floor.db"), payments, disk_s))
        turns.append(await _turn(town, members, payments))
        paced.append((await _turn(town, members, max(SHOPS, payments // 4), pause_s=PAUSE_S))[0])
        bursts.append(await _bursts(town, members, payments))
    return {
        "per_s": statistics.median(payments / wall for _, wall, _ in turns),
        "cpu_ms": statistics.median(cpu / payments for *_, cpu in turns) * 1e3,
        "p50_ms": statistics.median(statistics.median(turn) for turn, *_ in turns) * 1e3,
        "p99_ms": statistics.median(_p99(turn) for turn, *_ in turns) * 1e3,
        "paced_p50_ms": statistics.median(statistics.median(turn) for turn in paced) * 1e3,
        "paced_p99_ms": statistics.median(_p99(turn) for turn in paced) * 1e3,
        "burst_p99_ms": statistics.median(_p99(turn) for turn in bursts) * 1e3,
        "floor_per_s": statistics.median(payments / wall for _, wall in floors),
        "floor_p99_ms": statistics.median(_p99(took) for took, _ in floors) * 1e3,
        "commit_ms": statistics.median(statistics.median(commit) for commit in commits) * 1e3,
        "commit_p99_ms": statistics.median(_p99(commit) for commit in commits) * 1e3,
    }


def _p99(took: list[float]) -> float:
    return statistics.quantiles(took, n=100)[98]


async def _turn(
    town: MunicipalTown, members: list[str], payments: int, pause_s: float = 0
) -> tuple[list[float], float, float]:
    """Seconds of each payment, of all together, and of the CPU for all; `pause_s` is what a shop lets pass between two on average."""
    each, took = payments // SHOPS, []
    chance = random.Random(SHOPS)
    # A code is shown before the shop scans it, so making it is not part of the payment.
    codes = await _codes(town, members, each)

    async def shop(place: int) -> None:
        for number in range(each):
            await asyncio.sleep(chance.uniform(0, 2 * pause_s))
            began = time.perf_counter()
            await town.city.spending.receive_payment(
                town.clerks[place], town.new_id(), codes[place][number].qr, 10
            )
            took.append(time.perf_counter() - began)

    began, worked = time.perf_counter(), time.process_time()
    await asyncio.gather(*(shop(place) for place in range(SHOPS)))
    return took, time.perf_counter() - began, time.process_time() - worked


async def _bursts(town: MunicipalTown, members: list[str], payments: int) -> list[float]:
    """Seconds of each payment where all shops take one at the same moment, and the next when all have it."""
    each, took = payments // SHOPS, []
    codes = await _codes(town, members, each)

    async def shop(place: int, number: int) -> None:
        began = time.perf_counter()
        await town.city.spending.receive_payment(
            town.clerks[place], town.new_id(), codes[place][number].qr, 10
        )
        took.append(time.perf_counter() - began)

    for number in range(each):
        await asyncio.gather(*(shop(place, number) for place in range(SHOPS)))
    return took


async def _codes(town: MunicipalTown, members: list[str], each: int) -> list[list[PayCode]]:
    """So many codes of each member, made in the order in which they will be shown."""
    pay_codes = await asyncio.gather(
        *(town.city.codes.make(member, City.CODE, City.SERVICE) for _ in range(each) for member in members)
    )
    return [pay_codes[place :: len(members)] for place in range(len(members))]


ROWS_OF_A_PAYMENT = 6
"""Move, book, two accounts, spend, used-up code."""


async def _floor(path: Path, payments: int, disk_s: float) -> tuple[list[float], float]:
    """Seconds of each of so many writings of 32 callers, and of all together."""
    rows, took = BareRows(path, disk_s), []

    async def shop() -> None:
        for _ in range(payments // SHOPS):
            began = time.perf_counter()
            await rows.add(ROWS_OF_A_PAYMENT)
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(shop() for _ in range(SHOPS)))
    wall = time.perf_counter() - began
    await rows.close()
    return took, wall


class BareRows(Rows):
    """The group commit by hand, on a disk of our choice."""

    def __init__(self, path: Path, disk_s: float) -> None:
        self.disk_s = disk_s
        super().__init__(str(path))

    def write(self, path: str) -> None:
        conn = _bare(Path(path))
        while batch := self.batch():
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany("INSERT INTO bare VALUES (?, ?)", _rows(sum(count for count, _ in batch)))
            wait(self.disk_s)
            conn.execute("COMMIT")
            self.loop.call_soon_threadsafe(answer, [future for _, future in batch])
        conn.close()


def bare_commits(path: Path, disk_s: float) -> list[float]:
    """How long a durable commit takes that holds as many rows as a payment, written by hand, one after the other."""
    conn = _bare(path)
    took = []
    for _ in range(COMMITS if not disk_s else COMMITS // 3):
        began = time.perf_counter()
        conn.execute("BEGIN IMMEDIATE")
        conn.executemany("INSERT INTO bare VALUES (?, ?)", _rows(ROWS_OF_A_PAYMENT))
        wait(disk_s)
        conn.execute("COMMIT")
        took.append(time.perf_counter() - began)
    conn.close()
    return took


def _bare(path: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(path, isolation_level=None, timeout=60)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("CREATE TABLE IF NOT EXISTS bare (number INTEGER, words TEXT)")
    return conn


def _rows(count: int) -> list[tuple[int, str]]:
    return [(number, "x" * 150) for number in range(count)]


# --- dashboards ---------------------------------------------------------------------------------------------------


async def measure_dashboards(folder: Path, runs: int, entries: int) -> Result:
    """Draw what a dashboard asks for, database and JSON together, on the figures of so many entries."""
    async with open_town(folder) as town:
        filled = await fill_figures(town, entries)
        until = filled.last_day
        year, all_of_it = until - timedelta(days=364), until - timedelta(days=1_094)

        def by_day(since: date) -> Any:
            return lambda conn: statistics_api.DayTotals.of(
                totals=stats_queries.totals_by_day(conn, City.CODE, since, until, City.SERVICE)
            )

        def by_party(since: date) -> Any:
            return lambda conn: statistics_api.PartyTotals.of(
                totals=stats_queries.totals_by_party(conn, City.CODE, since, until, City.SERVICE)
            )

        month = until - timedelta(days=30)
        values = {
            "by_day_year": by_day(year),
            "by_day_three_years": by_day(all_of_it),
            "by_party_year": by_party(year),
            "by_party_three_years": by_party(all_of_it),
            "detail_month": lambda conn: statistics_api.DayFigures.of(
                figures=daily_stats.by_day(conn, City.CODE, month, until, City.SERVICE)
            ),
            "issue_months": lambda conn: statistics_api.MonthsOfIssue.of(
                months=stats_queries.by_month_of_issue(conn, City.CODE, City.SERVICE)
            ),
            "expiring": lambda conn: statistics_api.ExpiringList.of(
                expiring=stats_queries.expiring(conn, City.CODE, City.SERVICE)
            ),
            "unused": lambda conn: UnusedView(
                day=until, services=[], points=sum(daily_stats.unused_on(conn, City.CODE, until).values())
            ),
        }
        took: dict[str, list[float]] = {name: [] for name in values}
        cpu: dict[str, list[float]] = {name: [] for name in values}
        for _ in range(max(3, runs)):
            for name, job in values.items():
                began, worked = time.perf_counter(), time.process_time()
                view = await town.store.read(job)
                view.model_dump_json()
                took[name].append((time.perf_counter() - began) * 1e3)
                cpu[name].append((time.process_time() - worked) * 1e3)
    return {
        "entries": entries,
        "figure_rows": filled.rows,
        "counted_per_s": filled.counted_per_s,
        "ms": {name: statistics.median(one) for name, one in took.items()},
        "cpu_ms": {name: statistics.median(one) for name, one in cpu.items()},
    }


# --- together -----------------------------------------------------------------------------------------------------


def ratios(found: Result) -> Result:
    grant, counter = found["grants"], found["counter"]
    values = {
        "grant_vs_bulk": grant["applied_per_s"] / grant["bulk_per_s"],
        "grant_vs_bulk_cpu": grant["bulk_cpu_us"] / grant["apply_cpu_us"],
        "grant_check_cpu_s_for_100000": grant["check_cpu_s"] / grant["lines"] * 100_000,
        "grant_check_s_for_100000": grant["check_s"] / grant["lines"] * 100_000,
        "grant_memory_vs_a_tenth": grant["peak_mb"] / grant["peak_mb_of_a_tenth"],
        "counter_p99_in_commits": counter["p99_ms"] / counter["commit_ms"],
        "counter_p99_vs_commit_p99": counter["p99_ms"] / counter["commit_p99_ms"],
        "counter_paced_p99_in_commits": counter["paced_p99_ms"] / counter["commit_ms"],
        "counter_p99_vs_floor_p99": counter["p99_ms"] / counter["floor_p99_ms"],
        "counter_floor_p99_in_commits": counter["floor_p99_ms"] / counter["commit_ms"],
        "slow_counter_p99_in_commits": counter["slow_p99_ms"] / counter["slow_commit_ms"],
        "slow_counter_burst_p99_in_commits": counter["slow_burst_p99_ms"] / counter["slow_commit_ms"],
        "slow_counter_paced_p99_in_commits": counter["slow_paced_p99_ms"] / counter["slow_commit_ms"],
        "slow_counter_floor_p99_in_commits": counter["slow_floor_p99_ms"] / counter["slow_commit_ms"],
        "counter_paced_p99_in_100_ms": counter["paced_p99_ms"] / 100,
        "counter_payments_in_a_commits_time": counter["per_s"] * counter["commit_ms"] / 1e3,
        "slowest_dashboard_in_300_ms": max(found["dashboards"]["ms"].values()) / 300,
        "slowest_dashboard_cpu_in_300_ms": max(found["dashboards"]["cpu_ms"].values()) / 300,
    }
    return {name: round(value, 3) for name, value in values.items()}


def show(found: Result) -> None:
    """Print the table for a person."""
    about = found["machine"]
    print(
        f"{about['cpu']}, {about['cores']} cores, {about['system']}, Python {about['python']}, SQLite {about['sqlite']}\n"
    )
    for part in ("grants", "counter", "dashboards"):
        print(part)
        for name, value in found[part].items():
            rows = (
                {f"{name} {row}": one for row, one in value.items()}
                if isinstance(value, dict)
                else {name: value}
            )
            for row, number in rows.items():
                print(f"  {row:32}{number:14,.2f}")
    print()
    for name, value in found["ratios"].items():
        print(f"{name:36}{value:9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one object instead of the table")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--no-postgres", action="store_true", help="taken for the sake of the others; this is SQLite"
    )
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument(
        "--payments",
        type=int,
        default=3_200,
        help="in each turn: of 32 shops a hundred sets, one of them the p99",
    )
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument(
        "--full", action="store_true", help="the goals' sizes: 100,000 lines, 10,000,000 entries"
    )
    parser.add_argument(
        "--folder", type=Path, default=None, help="where the files go; default: a temporary folder"
    )
    namespace = parser.parse_args()
    lines, entries = (100_000, 10_000_000) if namespace.full else (namespace.lines, namespace.entries)
    folder = Path(tempfile.mkdtemp(prefix="bench", dir=namespace.folder))
    try:
        for place in ("counter", "dashboards"):
            (folder / place).mkdir()
        result: Result = {
            "machine": machine(),
            "runs": namespace.runs,
            "grants": measure_grants(folder, namespace.runs, lines),
            "counter": asyncio.run(measure_counter(folder / "counter", namespace.runs, namespace.payments)),
            "dashboards": asyncio.run(measure_dashboards(folder / "dashboards", namespace.runs, entries)),
        }
        result["ratios"] = ratios(result)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if namespace.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
