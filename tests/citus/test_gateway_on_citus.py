"""A whole gateway against the coordinator: real processes, real HTTP, and the city's own work beside them."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from core_ledger import Store, verify
from gateway.cities.spending.payments_check import payment_faults
from gateway.demo.environment import open_town
from gateway.demo.scenario import play
from tests.stories.test_main_job import NUMBERS


async def verified(url: str) -> int:
    """Read ledger and payments again; gives the number of moves."""
    async with Store.open(url) as store:
        report = await store.read(verify)
        faults = await store.read(payment_faults)
    assert (report.faults, faults) == ((), [])
    return report.moves


async def test_the_main_job(citus: str, tmp_path: Path) -> None:
    written = io.StringIO()
    async with open_town(tmp_path, more_settings=lambda _: f'\n[database]\nurl = "{citus}"\n') as town:
        await play(town, Console(file=written, width=200))
        assert [number for number in NUMBERS if number not in written.getvalue()] == [], town.last_words()
    assert await verified(citus) > 0


async def test_a_city_lives_for_three_months(citus: str, tmp_path: Path) -> None:
    """Staff, grants, shops, payments, refunds, closed cycles, the bank's files, expiry and figures."""
    out = Console(file=io.StringIO())
    more = f'\n[database]\nurl = "{citus}"\n'
    async with open_town(tmp_path, more_settings=lambda _: more, fill=out) as town:
        code, printed = await town.run("nightly")
        assert code == 0, printed
    assert await verified(citus) > 1_000
