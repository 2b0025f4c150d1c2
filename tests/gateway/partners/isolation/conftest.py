"""A gateway with two partners, each in a process of its own: one that attacks, and a neighbour that works."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import (
    JST,
    DebitLine,
    DebitOrder,
    Destination,
    ExchangeId,
    HandoffRequest,
    LinkedAccount,
    WalletId,
)
from gateway.partners import registry
from gateway.partners.isolation import fork_server
from gateway.partners.loading.partner_settings import Isolation
from gateway.partners.partner import Partner
from gateway.settings import Settings
from httpkit.clock import system_clock

HERE = Path(__file__).parent
WITHOUT_NAMESPACES = "POINT_GATEWAY_TEST_WITHOUT_NAMESPACES"
"""In the environment: whatever makes namespaces is refused, as in most containers."""

FORBIDDEN = (
    "import gateway.partners.isolation.sealing as sealing\n"
    "def forbidden(*_): raise PermissionError(1, 'Operation not permitted')\n"
    "sealing._leave_network = forbidden\n"
)
NOON = datetime(2026, 12, 1, 12, tzinfo=JST)
NEIGHBOUR = (HERE.parent / "test_registry.py").read_text("utf-8").split('GOOD = """', 1)[1].split('"""', 1)[0]


FIND = NEIGHBOUR.split("async def find_debit", 1)[1]


def edition(
    number: int, *, hosts: str = 'self.setup.settings.text("base_url").removeprefix("http://")'
) -> str:
    """The neighbour's plugin as `evil`; its debits name the edition, after a request that takes a while."""
    source = NEIGHBOUR.replace('id="acorn"', 'id="evil"').replace(
        'hosts=("acorn.example",)', f"hosts=({hosts},)"
    )
    source = source.replace('proves={"amount"}', "proves=set()")
    return source.replace(
        "async def find_debit" + FIND,
        f"""async def find_debit(self, exchange_id):
        await self.setup.http.get(self.setup.settings.text("base_url") + "/some")
        return Debited(exchange_id=exchange_id, reference="edition {number}", at=self.setup.clock())
""",
    )


def has_ended(pid: int) -> bool:
    """Nobody may have collected it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def until(holds: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait until it holds. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110  what is waited for is another process's
            await asyncio.sleep(0.01)


@dataclass
class House:
    """`evil` beside `acorn`. `seen` are the heads of the requests that reached evil's partner."""

    evil: Partner
    acorn: Partner
    folder: Path
    log: Any
    seen: list[bytes]
    loaded: Any
    neighbour_calls: int = 0
    neighbour_faults: list[str] = field(default_factory=list)
    watch: asyncio.Task[None] | None = None

    async def attack(self, name: str) -> str:
        request = HandoffRequest(
            exchange_id=ExchangeId(name), return_url="https://gateway.example/r", at=NOON
        )
        return (await self.evil.begin_handoff(request)).keep["result"]

    async def debit(self, exchange_id: str) -> Any:
        return await self.evil.debit(
            DebitOrder(
                exchange_id=ExchangeId(exchange_id),
                lines=(DebitLine(wallet=WalletId("points"), units=1, amount=1),),
                points=1,
                destination=Destination.reserve(),
                at=NOON,
                account=LinkedAccount(service_id="s", shown_as="s"),
            )
        )

    async def watch_the_neighbour(self) -> None:
        while True:
            try:
                await self.acorn.find_debit(ExchangeId("neighbour"))
            except Exception as fault:  # noqa: BLE001
                self.neighbour_faults.append(repr(fault))
            self.neighbour_calls += 1
            await asyncio.sleep(0.05)

    async def has_ended(self, within_s: float = 20.0) -> None:
        """Wait until the end of evil's process is told."""
        await until(lambda: self.log.named("plugin_ended"), within_s)

    def restarts_at_once(self) -> None:
        """As if evil's process had been quiet for ten minutes: the next that ends is started anew without a pause."""
        self.evil.keeper._pause_s = 0.0

    async def comes_back(self, within_s: float = 20.0) -> None:
        """Wait until evil's plugin takes calls again."""
        await until(lambda: self.evil.keeper.process is not None, within_s)


def a_partner(seen: list[bytes]):
    """An HTTP server that answers at once, or after a while under /slow."""

    async def serve(reader, writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            body = await reader.readexactly(int(length[0].split(b":")[1])) if length else b""
            seen.append(head + body)
            if b"/slow" in head.split(b"\r\n")[0]:
                await asyncio.sleep(30)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()

    return serve


@pytest.fixture
def without_namespaces(monkeypatch):
    program = fork_server.PROGRAM.replace("; from gateway", f"\n{FORBIDDEN}from gateway")
    monkeypatch.setattr(fork_server, "PROGRAM", program)


@pytest.fixture(autouse=True)
def _as_the_run_wants_it(request):
    if os.environ.get(WITHOUT_NAMESPACES):
        request.getfixturevalue("without_namespaces")


@pytest.fixture
async def house(tmp_path, log, raw_server):
    """`await house()`; `isolation=` another mode, `source=` another plugin than the attacker."""
    opened: list[House] = []

    async def build(
        *, isolation=Isolation.PROCESS, source=None, extra="", folder=None, own_log=log, may_be_refused=False
    ):
        seen: list[bytes] = []
        base = await raw_server(a_partner(seen))
        folder = folder or tmp_path
        plugins = folder / "plugins"
        plugins.mkdir(exist_ok=True)
        (plugins / "evil.py").write_text(source or (HERE / "evil_plugin.py").read_text("utf-8"), "utf-8")
        (plugins / "acorn.py").write_text(NEIGHBOUR, "utf-8")
        (folder / "sealing").write_text("sesame-sealing", "utf-8")
        with sqlite3.connect(folder / "gateway.db") as database:
            database.execute("CREATE TABLE IF NOT EXISTS members (id)")
        database.close()
        (folder / "gateway.toml").write_text(
            '[security]\nsealing = { file = "sealing" }\n[plugins]\ndir = "plugins"\n'
            '[partners.acorn]\napi_key = { env = "ACORN_KEY" }\n'
            f'[partners.evil]\ntarget = "{folder}"\nbase_url = "http://{base}"\napi_key = {{ env = "EVIL_KEY" }}\n{extra}',
            "utf-8",
        )
        env = {"ACORN_KEY": "sesame-acorn", "EVIL_KEY": "sesame-evil"}
        settings = Settings.load(folder / "gateway.toml", env)
        loaded = await registry.load(
            settings, clock=system_clock, log=own_log, entry_points=(), isolation=isolation
        )
        if may_be_refused:
            return loaded
        assert not loaded.refused, loaded.refused
        built = House(loaded.partners["evil"], loaded.partners["acorn"], folder, own_log, seen, loaded)
        built.watch = asyncio.create_task(built.watch_the_neighbour())
        opened.append(built)
        return built

    yield build
    for built in opened:
        assert built.watch is not None
        built.watch.cancel()
        await asyncio.wait({built.watch})
        await built.loaded.aclose()
        assert built.neighbour_faults == []
