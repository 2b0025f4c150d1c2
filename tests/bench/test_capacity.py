"""What a town needs is computed from costs that stand on a page, and the page has the table that is computed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.capacity import BUSY, COSTS, MAX_SERVER_CORES, TOWNS, Town, carried_by, table

ROOT = Path(__file__).parents[2]
MEASURED = (ROOT / "docs" / "performance.md").read_text("utf-8") + (ROOT / "docs" / "scaling.md").read_text(
    "utf-8"
)
SMALL = Town(members=1, exchanges_a_day=1_000, payments_a_minute=60)


def test_the_page_has_the_table_that_the_script_prints() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.capacity"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == table()
    assert ran.stdout in (ROOT / "docs" / "scaling.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(COSTS))
def test_each_cost_stands_where_it_was_measured(name: str) -> None:
    cost = json.loads((ROOT / "bench" / "capacity.json").read_text("utf-8"))[name]
    assert cost["source"] in " ".join(MEASURED.split()) or cost["source"] in MEASURED
    assert cost["value"] > 0


def test_the_busiest_minute_is_three_of_the_busiest_hours_fifteen_hundredths() -> None:
    assert replace(SMALL, exchanges_a_day=80_000).exchanges_a_second == pytest.approx(10)


def test_one_process_carries_what_fills_half_a_core_and_not_more() -> None:
    whole_seconds = BUSY / (COSTS["exchange_on_sqlite_ms"] / 1000)
    fits = replace(SMALL, exchanges_a_day=int(whole_seconds * 8_000), payments_a_minute=0)
    assert carried_by(fits).servers == 0
    over = replace(fits, exchanges_a_day=fits.exchanges_a_day + 8_000)
    assert (carried_by(over).servers, carried_by(over).gateways) == (1, 2)


@pytest.mark.parametrize("field", ["exchanges_a_day", "payments_a_minute"])
def test_more_work_never_needs_less(field: str) -> None:
    machines = [carried_by(replace(SMALL, **{field: 10**power})) for power in range(2, 10)]
    sizes = [(it.servers, it.gateways, it.servers * it.server_cores) for it in machines]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_above_a_servers_cores_there_are_several() -> None:
    machines = [carried_by(town) for town in TOWNS]
    assert {min(it.servers, 2) for it in machines} == {0, 1, 2}
    assert all(it.server_cores <= MAX_SERVER_CORES for it in machines)
