"""Lines that are cut from the journal's end while no gateway runs are missed, and nothing else is."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

import migrations
from gateway import cli
from gateway.model import JST
from gateway.platform import journal_ends
from gateway.platform.journal import begin_journal
from gateway.services import Services, open_services
from gateway.settings import Settings

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

    async def test_for_lines_of_which_nobody_knows_yet_that_they_are_on_the_disk(
        self, machine: Machine
    ) -> None:
        """A line that was read a moment ago is kept in mind with the next round only."""
        async with open_services(machine.settings) as services:
            assert services.context.journal is not None
            await services.context.journal.append("sample", {})
            await services.restored.check()
            newest = machine.segments[-1].name
            assert newest not in await services.store.read(journal_ends.list_ends)
            await services.restored.check()
            assert (await services.store.read(journal_ends.list_ends))[newest] == 2
