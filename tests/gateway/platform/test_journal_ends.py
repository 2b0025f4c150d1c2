"""Lines that are cut from the journal's end while no gateway runs are missed, and nothing else is."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from typer.testing import CliRunner

import migrations
from core_ledger import ChainKeys, CommitFailed, Store
from gateway import cli
from gateway.configured import chain_keys_of
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.recovery import CONFIRMED
from gateway.exchanges.states import State
from gateway.model import JST
from gateway.platform import journal_ends
from gateway.platform.journal import Journal, begin_journal
from gateway.platform.journal_ends import JournalMarks
from gateway.services import Services, open_services
from gateway.settings import Settings
from gateway.testkit.stubs import HandClock
from tests.databases import empty_database
from tests.faults.house import Person, open_house

KEY = "k" * 48


@dataclass
class Machine:
    """A gateway on a file, its journal and its digests on other disks."""

    folder: Path

    @property
    def settings(self) -> Settings:
        names = "".join(f'{name} = {{ env = "KEY" }}\n' for name in ("sealing", "lookup", "account_key"))
        (self.folder / "gateway.toml").write_text(
            f'[database]\nurl = "sqlite:///{self.folder}/gateway.db"\n[journal]\npath = "journal"\n'
            f'[digests]\nfile = "digests.jsonl"\n[security]\n{names}',
            "utf-8",
        )
        return Settings.load(self.folder / "gateway.toml", env={"KEY": KEY})

    @property
    def segments(self) -> list[Path]:
        """The newest is the last: those of one second are in no order by their names."""
        return sorted((self.folder / "journal").glob("*.journal"), key=lambda path: path.stat().st_mtime_ns)

    async def serve(self, lines: int = 0, job: Any = None) -> Any:
        """A gateway that writes some lines of the journal and stops; whether it was in restored mode, and why."""
        async with open_services(self.settings) as services:
            for number in range(lines):
                assert services.context.journal is not None
                await services.context.journal.append("sample", {"number": number})
            if job is not None:
                await job(services)
            return services.restored.unknown

    async def type(self, *words: str) -> tuple[int, str]:
        environment = {"KEY": KEY, "POINT_GATEWAY_CONFIG": str(self.folder / "gateway.toml")}
        result = await asyncio.to_thread(CliRunner().invoke, cli.app, list(words), env=environment)
        structlog.reset_defaults()
        return result.exit_code, result.output


@pytest.fixture
async def machine(tmp_path: Path) -> Machine:
    own = Machine(tmp_path)
    begin_journal(tmp_path / "journal")
    await asyncio.to_thread(migrations.upgrade, own.settings.database_url)
    assert await own.serve(lines=5) == ""
    return own


def cut(segment: Path, count: int) -> None:
    segment.write_bytes(b"".join(segment.read_bytes().splitlines(keepends=True)[:-count]))


class TestACut:
    @pytest.mark.parametrize("count", [1, 5])
    async def test_at_the_end_is_missed_and_a_person_accepts_it(self, machine: Machine, count: int) -> None:
        (segment,) = machine.segments
        cut(segment, count)
        assert "its end is gone: 6 lines were here" in await machine.serve()
        code, printed = await machine.type("journal", "check")
        assert (code, "its end is gone" in printed) == (1, True)
        code, printed = await machine.type(
            "journal", "accept", "--operator", "Sato", "--reason", "a broken disk"
        )
        assert code == 0, printed
        assert await machine.serve(lines=2) == ""
        assert (await machine.type("journal", "check"))[0] == 0

    async def test_of_the_newest_segment_is_missed(self, machine: Machine) -> None:
        await machine.serve(lines=2)
        _, newest = machine.segments
        newest.unlink()
        assert await machine.serve() == f"the journal is damaged: {newest.name} line 0: the segment is gone"

    async def test_of_every_segment_is_missed(self, machine: Machine) -> None:
        for segment in machine.segments:
            segment.unlink()
        assert "the segment is gone" in await machine.serve()

    async def test_together_with_the_databases_own_memory_is_missed_by_the_digest_elsewhere(
        self, machine: Machine
    ) -> None:
        async def publish(services: Services) -> None:
            today = services.clock().astimezone(JST).date()
            await services.nightly.publish_digest(today - timedelta(days=1))
            await services.store.run(lambda conn: conn.execute(journal_ends._e.delete()))

        await machine.serve(job=publish)
        (segment,) = machine.segments
        cut(segment, 2)
        assert "its end is gone: 6 lines were here, and there are 4" in await machine.serve()


class TestNoAlarm:
    async def test_for_a_database_that_was_put_back(self, machine: Machine) -> None:
        shutil.copy(machine.folder / "gateway.db", machine.folder / "yesterday.db")
        await machine.serve(lines=3)
        for path in machine.folder.glob("gateway.db*"):
            path.unlink()
        shutil.copy(machine.folder / "yesterday.db", machine.folder / "gateway.db")
        assert await machine.serve(lines=1) == ""

    async def test_for_what_was_removed_on_purpose(self, machine: Machine) -> None:
        await machine.serve(lines=2)
        day = (datetime.now(JST) + timedelta(days=2)).date().isoformat()
        code, printed = await machine.type("journal", "prune", "--before", day, "--operator", "Sato")
        assert (code, printed.count("removed /")) == (0, 2), printed
        assert await machine.serve(lines=1) == ""
        async with open_services(machine.settings) as services:
            known = await services.store.read(journal_ends.list_ends)
        assert set(known) == {segment.name for segment in machine.segments}

    async def test_for_a_line_that_is_written_and_marked_while_the_journal_is_read(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with open_services(machine.settings) as services:
            journal, read = services.context.journal, services.store.read
            assert journal is not None

            async def read_after_a_commit(job: Any, **options: Any) -> Any:
                await journal.append("sample", {})
                await services.store.run(lambda conn: None)
                return await read(job, **options)

            monkeypatch.setattr(services.store, "read", read_after_a_commit)
            await services.restored.check()
            assert services.restored.unknown == ""

    async def test_for_lines_of_which_nobody_knows_yet_that_they_are_on_the_disk(
        self, machine: Machine
    ) -> None:
        """A line that was read a moment ago is kept in mind with the next round only."""
        async with open_services(machine.settings) as services:
            other = Journal(machine.folder / "journal", chain_keys_of(machine.settings), services.clock)
            await other.append("sample", {})
            await services.restored.check()
            newest = machine.segments[-1].name
            assert newest not in await services.store.read(journal_ends.list_ends)
            await services.restored.check()
            assert (await services.store.read(journal_ends.list_ends))[newest] == 2
            await asyncio.to_thread(other.close)


KILLED = """
import asyncio, sys
from pathlib import Path
from gateway.services import open_services
from gateway.settings import Settings

async def main():
    settings = Settings.load(Path(sys.argv[1]))
    async with open_services(settings) as services:
        await services.context.journal.append("sample", {"number": 1})
        if sys.argv[2] == "a commit":
            await services.store.run(lambda conn: None)
        else:
            marks = asyncio.create_task(services.journal_marks.run(services.store))
            while services.journal_marks._is_behind():
                await asyncio.sleep(0.05)
        print("written", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


class TestAfterAKill:
    @pytest.mark.parametrize("after", ["a commit", "a moment"])
    async def test_a_line_is_missed_that_came_before_the_last(self, machine: Machine, after: str) -> None:
        machine.settings  # noqa: B018  writes the file
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED, str(machine.folder / "gateway.toml"), after,
            stdout=asyncio.subprocess.PIPE, env={**os.environ, "KEY": KEY},
        )  # fmt: skip
        assert process.stdout is not None
        try:
            assert await process.stdout.readline() == b"written\n"
        finally:
            process.kill()
            await process.wait()
        newest = machine.segments[-1]
        cut(newest, 1)
        assert "its end is gone: 2 lines were here, and there are 1" in await machine.serve()

    @pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
    @pytest.mark.xdist_group("postgres")
    async def test_of_every_order_that_has_ended_the_database_knows_its_line(
        self, database: str, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        url = request.getfixturevalue("postgres") if database == "postgresql" else ""
        async with open_house(tmp_path, url=url, journal=tmp_path / "journal") as house:
            journal = house.context.journal
            assert journal is not None
            marks = JournalMarks(journal, house.context.clock)
            house.store.before_commit, house.store.on_commit = marks.mark, marks.committed
            persons = [await house.person() for _ in range(8)]
            quoted = [await person.quoted() for person in persons]
            places: dict[str, int] = {}

            async def confirm(person: Person, exchange: Exchange) -> None:
                assert (await person.confirmed(exchange)).state is State.SETTLED
                ends = await house.store.read(journal_ends.list_ends)
                places[exchange.exchange_id] = sum(ends.values())

            await asyncio.gather(*map(confirm, persons, quoted))
            (segment,) = (tmp_path / "journal").glob("*.journal")
            for number, raw in enumerate(segment.read_bytes().splitlines(), start=1):
                line = json.loads(raw.partition(b" ")[2])
                if line["kind"] == CONFIRMED:
                    assert places[line["exchange_id"]] >= number


class TestAMark:
    @pytest.fixture
    async def marked(self, tmp_path: Path) -> AsyncIterator[tuple[Store, Journal, JournalMarks]]:
        url = f"sqlite:///{tmp_path / 'marks.db'}"
        empty_database(url)
        begin_journal(tmp_path / "journal")
        journal = Journal(tmp_path / "journal", ChainKeys.of([b"c" * 32]), HandClock())
        async with Store.open(url) as store:
            marks = JournalMarks(journal, HandClock())
            store.before_commit, store.on_commit = marks.mark, marks.committed
            await journal.append("sample", {"number": 1})
            yield store, journal, marks
            await asyncio.to_thread(journal.close)

    async def test_that_was_undone_is_made_again_by_the_next_commit(
        self, marked: tuple[Store, Journal, JournalMarks]
    ) -> None:
        store, _, _ = marked

        def refuse(_conn: sa.Connection) -> None:
            raise RuntimeError("the disk is gone")

        sa.event.listen(store.engine, "commit", refuse)
        with pytest.raises(CommitFailed):
            await store.run(lambda _conn: None)
        sa.event.remove(store.engine, "commit", refuse)
        assert await store.read(journal_ends.list_ends) == {}
        await store.run(lambda _conn: None)
        assert list((await store.read(journal_ends.list_ends)).values()) == [2]

    async def test_is_written_once_for_one_end(self, marked: tuple[Store, Journal, JournalMarks]) -> None:
        store, journal, _ = marked
        await store.run(lambda _conn: None)
        before = await store.read(lambda conn: conn.scalar(sa.text("SELECT max(at) FROM journal_marks")))
        await store.run(lambda conn: conn.execute(sa.text("UPDATE journal_marks SET at = 0")))
        await store.run(lambda _conn: None)
        assert await store.read(lambda conn: conn.scalar(sa.text("SELECT max(at) FROM journal_marks"))) == 0
        await journal.append("sample", {"number": 2})
        await store.run(lambda _conn: None)
        assert (
            await store.read(lambda conn: conn.scalar(sa.text("SELECT max(at) FROM journal_marks"))) == before
        )

    async def test_is_left_to_the_round_where_a_commit_goes_over_several_nodes(
        self, marked: tuple[Store, Journal, JournalMarks]
    ) -> None:
        store, journal, _ = marked
        marks = JournalMarks(journal, HandClock(), with_each_commit=False)
        store.before_commit, store.on_commit = marks.mark, marks.committed
        await store.run(lambda _conn: None)
        assert await store.read(journal_ends.list_ends) == {}
        await marks.end(store)
        assert list((await store.read(journal_ends.list_ends)).values()) == [2]
