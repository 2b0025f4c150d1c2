"""SQLite's log comes home beside the writer, and the file alone then holds what was written."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from core_ledger import Store, create_schema, ledger
from core_ledger.checkpoint import Checkpointer
from tests.core_ledger.samples import RESERVE, earn


async def test_what_was_written_reaches_the_file_without_closing_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core_ledger.checkpoint.EVERY_ROWS", 4)
    file = tmp_path / "ledger.db"
    async with Store.open(f"sqlite:///{file}") as store:
        create_schema(store.engine)
        for _ in range(10):
            await store.apply(earn(1))
        assert await comes_home(file, 10)


async def test_one_piece_of_work_that_writes_much_brings_the_log_home_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core_ledger.checkpoint.EVERY_ROWS", 1_000)
    file = tmp_path / "ledger.db"
    async with Store.open(f"sqlite:///{file}") as store:
        create_schema(store.engine)
        await store.run(lambda conn: ledger.transfer_many(conn, [earn(1) for _ in range(1_000)]))
        assert await comes_home(file, 1_000)


async def comes_home(file: Path, points: int) -> bool:
    """Wait a little for the file alone to hold so many points."""
    for _ in range(500):
        if posted_in(file) == points:
            return True
        await asyncio.sleep(0.005)
    return False


def posted_in(file: Path) -> int:
    """Read the file alone, without the log beside it."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as connection:
        try:
            (found,) = connection.execute(
                "SELECT posted FROM accounts WHERE account = ?", (RESERVE,)
            ).fetchone() or (0,)
        except sqlite3.Error:
            return 0
        return int(found)


def test_a_file_that_is_no_database_does_not_end_the_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core_ledger.checkpoint.EVERY_ROWS", 0)
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database" * 100)
    checkpointer = Checkpointer(create_engine(f"sqlite:///{broken}"))
    checkpointer.committed()
    checkpointer.committed()
    checkpointer.close()
    assert broken.read_bytes().startswith(b"this is no database")
