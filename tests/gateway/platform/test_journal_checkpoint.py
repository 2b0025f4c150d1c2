"""A start reads the journal on from where everything was found in the database, and misses nothing by that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core_ledger import ChainKeys, Store
from gateway.exchanges import restored_mode
from gateway.exchanges.recovery_search import RecoverySearch
from gateway.exchanges.restored_mode import RestoredMode
from gateway.exchanges.states import State
from gateway.model import JST
from gateway.platform import journal_checkpoint
from gateway.platform.journal import Journal, begin_journal
from gateway.platform.journal_reader import JournalReader
from tests.faults import rollback
from tests.faults.house import CHAIN_KEYS, House, Person, open_house

KEYS = ChainKeys.of([b"c" * 32])
NOON = datetime(2018, 7, 31, 12, tzinfo=JST)


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


class TestAReaderThatReadsOn:
    @pytest.fixture
    async def folder(self, tmp_path: Path) -> Path:
        begin_journal(tmp_path)
        for start in (0, 5):
            await self.write(tmp_path, start, 5)
        return tmp_path

    async def write(self, folder: Path, start: int, count: int) -> None:
        journal = Journal(folder, KEYS, lambda: NOON + timedelta(seconds=start))
        for number in range(start, start + count):
            await journal.append("sample", {"number": number})
        await asyncio.to_thread(journal.close)

    def read(self, folder: Path) -> dict[str, Any]:
        reader = JournalReader(folder, KEYS)
        assert len(reader.read_all()) == 10
        state: dict[str, Any] = json.loads(json.dumps(reader.state))
        return state

    async def test_gives_what_came_after_and_no_more(self, folder: Path) -> None:
        state = self.read(folder)
        assert JournalReader.resume(folder, KEYS, state).read_all() == []
        await self.write(folder, 10, 3)
        reader = JournalReader.resume(folder, KEYS, state)
        assert [line["number"] for line in reader.read_all()] == [10, 11, 12]
        assert reader.faults == []
        assert sum(reader.line_counts.values()) == 13 + 3, "and a line for each of three segments"

    async def test_goes_on_within_a_segment_by_its_chain(self, folder: Path) -> None:
        journal = Journal(folder, KEYS, lambda: NOON + timedelta(minutes=1))
        await journal.append("sample", {"number": 10})
        reader = JournalReader(folder, KEYS)
        reader.read_all()
        state = reader.state
        await journal.append("sample", {"number": 11})
        await asyncio.to_thread(journal.close)
        again = JournalReader.resume(folder, KEYS, state)
        assert [line["number"] for line in again.read_all()] == [11]
        assert again.faults == []

    @pytest.mark.parametrize("change", ["changed", "cut"])
    async def test_reads_a_segment_anew_whose_last_line_is_another(self, folder: Path, change: str) -> None:
        state = self.read(folder)
        segment = segments(folder)[1]
        raw = segment.read_bytes()
        cut = b"".join(raw.splitlines(keepends=True)[:-2])
        segment.write_bytes(raw.replace(b'"number":9', b'"number":7') if change == "changed" else cut)
        reader = JournalReader.resume(folder, KEYS, state)
        assert [line["number"] for line in reader.read_all()] == [5, 6, 7, 8][
            : 4 if change == "changed" else 3
        ]
        assert len(reader.faults) == (change == "changed")  # what was cut is known to the database

    async def test_misses_a_segment_that_is_gone_since(self, folder: Path) -> None:
        reader = JournalReader(folder, KEYS)
        reader.read_all()
        journal = Journal(folder, KEYS, lambda: NOON + timedelta(minutes=1), ends=reader.ends)
        await journal.append("sample", {"number": 10})
        await asyncio.to_thread(journal.close)
        reader.read_all()
        state = reader.state
        segments(folder)[0].unlink()
        (fault,) = JournalReader.resume(folder, KEYS, state).faults
        assert "is gone" in str(fault)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path, journal=tmp_path / "journal") as opened:
        yield opened


class TestAGatewayThatStarts:
    @pytest.fixture(autouse=True)
    async def _town(self, house: House, tmp_path: Path) -> None:
        self.house, self.folder = house, tmp_path
        self.url = f"sqlite:///{tmp_path / 'gateway.db'}"
        self.persons = [await house.person() for _ in range(6)]
        self.quoted = [await person.quoted() for person in self.persons]

    def mode(self, lines: int = 1) -> RestoredMode:
        return RestoredMode(
            self.house.store,
            CHAIN_KEYS,
            self.folder / "journal",
            clock=self.house.context.clock,
            checkpoint_lines=lines,
        )

    async def settle(self, *numbers: int) -> None:
        for number in numbers:
            person: Person = self.persons[number]
            assert (await person.confirmed(self.quoted[number])).state is State.SETTLED

    async def checkpoint(self) -> str | None:
        return await self.house.store.read(journal_checkpoint.read_id)

    def lines_read(self, mode: RestoredMode) -> int:
        return mode._read_since

    async def test_reads_no_line_again(self) -> None:
        await self.settle(0, 1)
        first = self.mode()
        await first.check()
        await self.settle(2)
        second = self.mode()
        await second.check()
        assert (second.is_on, await self.checkpoint()) != (True, None)
        third = self.mode(lines=1_000)
        await third.check()
        assert (self.lines_read(third), third.is_on) == (0, False)

    @pytest.mark.parametrize("process", ["a new one", "one that runs"])
    async def test_finds_what_a_database_that_was_put_back_has_forgotten(self, process: str) -> None:
        """Its checkpoint went back with it, so also what lay before the newest is read again."""
        await self.settle(0, 1)
        await self.mode().check()
        rollback.take_copy(self.url, self.folder)
        await self.settle(2, 3)
        await self.mode().check()
        runs = self.mode(lines=1_000)
        await runs.check()
        assert (self.lines_read(runs), runs.is_on) == (0, False)
        rollback.put_back(self.url, self.folder)
        mode = self.mode() if process == "a new one" else runs
        await mode.check()
        assert mode.forgotten == 2
        search = RecoverySearch(self.house.context, CHAIN_KEYS, self.folder / "journal")
        assert len((await search.find()).orders) == 2

    async def test_moves_no_checkpoint_while_something_is_missing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(restored_mode, "NEWEST_KNOWN", 1)  # what is missing is not the newest
        await self.settle(0)
        await self.mode().check()
        rollback.take_copy(self.url, self.folder)
        before = await self.checkpoint()
        await self.settle(1)
        rollback.put_back(self.url, self.folder)
        await self.settle(2)
        mode = self.mode()
        await mode.check()
        await mode.save_journal_ends()
        assert mode.forgotten == 1
        assert await self.checkpoint() == before

    async def test_moves_none_on_a_database_that_went_back_between_the_look_and_the_commit(self) -> None:
        await self.settle(0)
        await self.mode().check()
        rollback.take_copy(self.url, self.folder)
        before = await self.checkpoint()
        await self.settle(1)
        mode = self.mode(lines=1_000)
        await mode.check()
        rollback.put_back(self.url, self.folder)
        await mode._save_checkpoint()
        assert await self.checkpoint() == before

    async def test_begins_at_the_beginning_where_the_checkpoint_is_not_ours(self) -> None:
        await self.settle(0, 1)
        await self.mode().check()
        await self.house.store.run(
            lambda conn: conn.execute(sa.text("UPDATE journal_checkpoint SET signature = '00'"))
        )
        mode = self.mode(lines=1_000)
        await mode.check()
        assert self.lines_read(mode) == 2

    async def test_goes_on_from_a_checkpoint_that_another_process_has_saved(self) -> None:
        await self.settle(0)
        one, other = self.mode(), self.mode(lines=2)
        await other.check()
        await one.check()
        await self.settle(1)
        await one.check()
        newest = await self.checkpoint()
        await other.check()
        assert (self.lines_read(other), other.is_on) == (0, False)
        await self.settle(2, 3)
        await other.check()
        assert await self.checkpoint() != newest

    async def test_remembers_what_a_person_has_left(self) -> None:
        await self.settle(0)
        rollback.take_copy(self.url, self.folder)
        await self.settle(1)
        rollback.put_back(self.url, self.folder)
        assert self.house.context.journal is not None
        left = {"exchange_id": self.quoted[1].exchange_id, "operator": "Sato", "reason": "paid by voucher"}
        await self.house.context.journal.append("left", left)
        mode = self.mode()
        await mode.check()
        assert (mode.is_on, await self.checkpoint() is None) == (False, False)
        again = self.mode()
        await again.check()
        assert (again.is_on, len(again._left)) == (False, 1)
        search = RecoverySearch(self.house.context, CHAIN_KEYS, self.folder / "journal")
        assert (await search.find()).orders == []


async def test_a_database_over_several_nodes_has_none(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def several(_conn: object) -> bool:
        return False

    monkeypatch.setattr("gateway.platform.journal_ends.commits_on_one_node", several)
    assert house.context.journal is not None
    await house.context.journal.append("sample", {})
    store: Store = house.store
    mode = RestoredMode(
        store, CHAIN_KEYS, tmp_path / "journal", clock=house.context.clock, checkpoint_lines=1
    )
    await mode.check()
    assert await store.read(journal_checkpoint.read_id) is None
