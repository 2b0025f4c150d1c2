"""A file of carried-in balances, checked, proposed, approved, carried in and reconciled: time, memory, and the writer.

    python bench/carry_in.py [--lines 100000]

Two lots a number; every second number waits for its code. What is printed beside each step is the longest time for which a
job held the one writer of SQLite, by the clock and on the processor: nobody else's payment is written meanwhile. The peak of memory is the process's own.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.municipal_city import DAY, City, MunicipalTown, make_members, mykey_id, open_town
from gateway.api.city.csv_stream import CSV_PAGE
from gateway.cities.carry_in.carry_in_report import report_rows
from gateway.points import rules
from httpkit.safe_csv import excel_lines

HEADER = "利用者番号,マイキーID,引継ぎコード,ポイント制度,ポイント,発行日,最終日,有償・無償"
LOTS = 2
Result = dict[str, Any]


async def measure(folder: Path, lines: int) -> dict[str, Result]:
    """Each step's seconds, the writer's longest job in milliseconds, and the peak of memory after it in MB."""
    steps: dict[str, Result] = {}
    async with open_town(folder) as town:
        raw = await balances(town, lines)
        held = watched(town)

        @contextmanager
        def step(name: str) -> Iterator[None]:
            held.clear()
            began = time.perf_counter()
            yield
            steps[name] = {
                "s": time.perf_counter() - began, "writer_ms": max((wall for wall, _ in held), default=0) * 1_000,
                "writer_cpu_ms": max((cpu for _, cpu in held), default=0) * 1_000, "jobs": len(held),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }  # fmt: skip

        carry_ins, code = town.city.carry_ins, City.CODE
        with step("ready"):
            pass
        with step("check"):
            file, _ = await carry_ins.upload(town.operator, "bench.csv", raw)
        assert (file.state, file.lines) == ("checked", lines), file
        with step("report"):
            async for page in carry_ins.report_pages(code, file.file_id, CSV_PAGE):
                excel_lines(report_rows(page))
        with step("check again"):
            await carry_ins.cancel(town.operator, file.file_id, "bench")
            file, _ = await carry_ins.upload(town.operator, "bench.csv", raw)
        totals = await carry_ins.totals(code, file.file_id)
        with step("propose"):
            proposal = await carry_ins.propose(town.operator, file.file_id, totals.sums)
        with step("approve"):
            await town.city.proposals.approve(town.approver, proposal.proposal_id, proposal.digest, "bench")
        with step("carry in"):
            done = await carry_ins.apply(code, file.file_id)
        assert done.state == "applied", done
        with step("reconcile"):
            report = await carry_ins.reconcile(code, file.file_id)
        assert report.agrees
    return steps


def watched(town: MunicipalTown) -> list[tuple[float, float]]:
    """The time of each job in the writer's transaction, as they are done from now on."""
    held: list[tuple[float, float]] = []
    run = town.store.run

    def timed(job: Callable[..., Any]) -> Callable[..., Any]:
        def work(conn: Any) -> Any:
            began, worked = time.perf_counter(), time.thread_time()
            try:
                return job(conn)
            finally:
                held.append((time.perf_counter() - began, time.thread_time() - worked))

        return work

    town.store.run = lambda job: run(timed(job))  # type: ignore[method-assign, assignment]
    return held


async def balances(town: MunicipalTown, lines: int) -> bytes:
    """A list of that many lines, `LOTS` for each number."""
    await make_members(town, lines // LOTS)
    versions = await town.store.read(lambda conn: rules.versions(conn, City.CODE, City.SERVICE))
    days = [DAY - timedelta(days=back) for back in range(LOTS)]
    ends = {day: rules.last_day(versions, day) for day in days}
    rows = [HEADER]
    for number in range(lines // LOTS):
        who = f"{mykey_id(number)}," if number % 2 else f",CODE{number:08}"
        rows += [f"A{number:08},{who},{City.SERVICE},500,{day},{ends[day] or ''},無償" for day in days]
    return "\r\n".join(rows).encode()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=100_000)
    lines = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as folder:
        steps = asyncio.run(measure(Path(folder), lines))
    print(f"{lines:,} lines")
    for name, each in steps.items():
        print(
            f"{name:12} {each['s']:8.2f} s   writer {each['writer_ms']:7.1f} ms ({each['writer_cpu_ms']:.1f} on the CPU) at most in {each['jobs']:4} jobs"
            f"   peak {each['peak_mb']:6.0f} MB"
        )


if __name__ == "__main__":
    main()
