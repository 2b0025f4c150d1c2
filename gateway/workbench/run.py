"""Starts the bench and its page, and ends both together."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gateway.workbench.bench import Bench, open_bench
from gateway.workbench.site import Site


@dataclass(frozen=True, slots=True)
class Opened:
    """A bench that listens; `url` carries the key."""

    bench: Bench
    url: str


@asynccontextmanager
async def opened(
    partner_id: str, *, port: int = 0, config: Path | None = None, plugin: type | None = None
) -> AsyncIterator[Opened]:
    """The bench of one plugin, listening on this machine; `port` 0 takes a free one."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("127.0.0.1", port))
    host = f"127.0.0.1:{door.getsockname()[1]}"
    try:
        async with open_bench(partner_id, f"http://{host}", config=config, plugin=plugin) as bench:
            site = Site(bench, host)
            runner = web.AppRunner(site.app(), access_log=None, shutdown_timeout=1.0)
            await runner.setup()
            try:
                await web.SockSite(runner, door).start()
                yield Opened(bench, f"http://{host}/?key={site.key}")
            finally:
                await runner.cleanup()
    finally:
        door.close()


async def until_stopped(partner_id: str, port: int, config: Path | None, say: Callable[[str], None]) -> None:
    """Open the bench, say where, and wait for an interrupt."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with opened(partner_id, port=port, config=config) as bench:
        say(bench.url)
        await ended.wait()
