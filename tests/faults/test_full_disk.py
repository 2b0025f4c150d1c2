"""The gateway's disk fills up while a debit is on its way: what the partner took is found when there is room again."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core_ledger import CommitFailed
from gateway.exchanges import exchange_rows as records
from gateway.exchanges.states import State
from gateway.testkit.sandbox import Fault, FaultKind
from tests.faults.house import open_house


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 8 MB; where that is not permitted the test is skipped by name."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small tmpfs is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave not one byte."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 1024)
        except OSError:
            return ballast


async def test_a_disk_that_fills_up_between_debit_and_answer_loses_nothing(tmp_path, small_disk) -> None:
    async with open_house(tmp_path, url=f"sqlite:///{small_disk / 'gateway.db'}") as house:
        person = await house.person()
        exchange = await person.quoted()
        house.site.order(Fault(operation="capture", kind=FaultKind.SLOW, seconds=0.1))
        confirming = asyncio.create_task(person.confirmed(exchange))
        while not await _is_sending(house, exchange):  # noqa: ASYNC110 - the gateway's own work goes on meanwhile
            await asyncio.sleep(0.001)
        ballast = fill(small_disk)
        with pytest.raises(CommitFailed, match="full"):
            await confirming
        assert await _is_sending(house, exchange)
        assert await person.points() == 0
        with pytest.raises(CommitFailed, match="full"):
            await (await house.person()).begin("11111111-1111-4111-8111-111111111111")
        ballast.unlink()
        await house.heal()
        assert await house.until_all_have_ended() == []
        assert await person.points() == 900
        assert await house.books_agree()


async def _is_sending(house, exchange) -> bool:
    found = await house.store.read(lambda conn: records.get(conn, exchange.book_id, exchange.exchange_id))
    return found.state is State.SENDING
