"""The guide to recovery, typed: a backup, a dead disk, and every command of the page in its order."""

from __future__ import annotations

import asyncio
import re
import shlex
import uuid
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from gateway import cli
from gateway.client import new_key_pair
from gateway.exchanges.states import State
from gateway.http.client_keys import find_key, register_key
from gateway.services import Services, open_services
from tests.stories.test_restored_database import HANAKO, KEY, TARO, Office, link, office, order, reserve

__all__ = ["office"]
GUIDE = Path(__file__).parents[2] / "docs" / "recovery.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CODES = {"ledger verify": 1, "restore check": 2}
"""What is found: days that are lost, orders that are missing."""


def typed_commands() -> list[list[str]]:
    lines = [line for block in BLOCK.findall(GUIDE.read_text("utf-8")) for line in block.splitlines()]
    return [shlex.split(line.removeprefix("$ point-gateway ")) for line in lines if line.startswith("$ ")]


class Terminal:
    """Types the guide's commands, with this machine's places for the guide's."""

    def __init__(self, office: Office) -> None:
        self.office, self.typed = office, list[str]()
        self.places = {"/mnt/other-disk": str(office.folder / "other-disk")}
        self.waiting = typed_commands()

    async def type_until(self, last: str) -> str:
        """Type on until this command has been typed; gives what that one said."""
        while True:
            output = await self.run(self.waiting.pop(0))
            if self.typed[-1] == last:
                return output

    def _here(self, word: str) -> str:
        for place, here in self.places.items():
            word = word.replace(place, here)
        return word

    async def run(self, command: list[str], code: int | None = None) -> str:
        words = [self._here(word) for word in command]
        name = " ".join(command[:2])
        code = CODES.get(name, 0) if code is None else code
        environment = {"KEY": KEY, "POINT_GATEWAY_CONFIG": str(self.office.folder / "gateway.toml")}
        result = await asyncio.to_thread(CliRunner().invoke, cli.app, words, env=environment)
        structlog.reset_defaults()
        assert result.exit_code == code, (name, result.output, result.exception)
        self.typed.append(name)
        return result.output


@pytest.fixture
def terminal(office: Office) -> Terminal:
    other = office.folder / "other-disk"
    other.mkdir()
    config = office.folder / "gateway.toml"
    more = f'[journal]\npath = "{other}/journal"\n[digests]\nfile = "{other}/digests.jsonl"\n'
    config.write_text(config.read_text("utf-8") + more, "utf-8")
    return Terminal(office)


async def test_every_command_of_the_page_does_what_the_page_says(terminal: Terminal) -> None:
    office = terminal.office
    await terminal.type_until("journal begin")
    settings = type(office.settings).load(office.folder / "gateway.toml", env={"KEY": KEY})
    ids = {name: str(uuid.uuid4()) for name in ("one", "two", "left")}

    async def work(services: Services) -> None:
        assert not services.restored.is_on
        await link(services, TARO)
        await link(services, HANAKO)
        public = new_key_pair().public_raw
        await services.store.run(
            lambda conn: register_key(conn, "portal", "portal-1", public, services.clock())
        )

    async def lost(services: Services) -> None:
        for member, name in ((TARO, "one"), (HANAKO, "two"), (HANAKO, "left")):
            assert (await order(services, member, ids[name], 1)).state is State.SETTLED
        await services.nightly.publish_digest(services.clock().date())

    async def in_services(job) -> None:
        async with open_services(settings) as services:
            await job(services)

    await in_services(work)
    made = await terminal.type_until("backup make")
    terminal.places["BACKUP"] = Path(made.split()[0]).name
    await terminal.type_until("backup verify")
    await in_services(lost)
    await terminal.run(["keys", "revoke", "portal-1", "--reason", "the machine was stolen"])
    for path in office.folder.glob("gateway.db*"):
        path.unlink()

    await terminal.type_until("backup restore")

    async def restored(services: Services) -> None:
        assert (services.restored.is_on, services.restored.begun, services.restored.forgotten) == (
            True,
            True,
            4,
        )
        # Who has the stolen key is let in by no database of before.
        key = await services.store.read(lambda conn: find_key(conn, "portal-1"))
        assert key is not None
        assert key.revoked_at is not None

    await in_services(restored)
    shown = await terminal.type_until("restore check")
    assert all(exchange_id in shown for exchange_id in ids.values())
    assert '"kind": "client key revoked"' in shown
    assert "the machine was stolen" in shown
    # One was dealt with otherwise, as the page says further down.
    terminal.places["ID"] = ids["left"]
    leave = next(command for command in terminal.waiting if command[:2] == ["restore", "leave"])
    terminal.waiting.remove(leave)
    await terminal.run(leave)
    await terminal.type_until("restore recover")

    async def complete(services: Services) -> None:
        assert not services.restored.is_on
        for member in (TARO, HANAKO):
            assert await reserve(services, member) == (450, 0)

    await in_services(complete)
    await terminal.type_until("restore end")
    assert terminal.waiting == []
    # The night goes on where it would have stopped for ever, and what was lost is named no more.
    await in_services(lambda services: services.nightly.publish_digest(services.clock().date()))
    digests = str(office.folder / "other-disk" / "digests.jsonl")
    await terminal.run(["ledger", "verify", "--against", digests], code=0)
    await terminal.run(["restore", "check"], code=0)
