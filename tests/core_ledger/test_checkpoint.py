"""SQLite's log comes home beside the writer, and the file alone then holds what was written."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from core_ledger import Store, create_schema
from core_ledger.checkpoint import Checkpointer
from tests.core_ledger.samples import RESERVE, earn


async def test_what_was_written_reaches_the_file_without_closing_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core_ledger.checkpoint.EVERY_MOVES", 10)
    file = tmp_path / "ledger.db"
    async with Store.open(f"sqlite:///{file}") as store:
        create_schema(store.engine)
        for _ in range(10):
            await store.apply(earn(1))
        for _ in range(500):
            if posted_in(file) == 10:
                break
            await asyncio.sleep(0.005)
        assert posted_in(file) == 10


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


def test_a_file_that_is_no_database_does_not_end_the_thread(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database" * 100)
    checkpointer = Checkpointer(str(broken))
    checkpointer.written(10**6)
    checkpointer.written(10**6)
    checkpointer.close()
    assert broken.read_bytes().startswith(b"this is no database")
