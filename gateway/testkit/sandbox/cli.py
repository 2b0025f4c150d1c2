"""The command line of every sandbox: `python -m gateway_<id>.sandbox --book FILE --api-key-file FILE …`."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.model import Secret
from gateway.plugin_interfaces import Clock
from gateway.testkit.sandbox.server import SandboxServer
from httpkit.clock import FileClock, system_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """What a sandbox is started with. `book` None keeps the book in memory; `crowd` adds members."""

    book: Path | None
    key: Secret
    clock: Clock
    merchant_id: str
    port: int = 0
    control: bool = False
    crowd: int = 0


def run_sandbox(partner: str, make_server: Callable[[SandboxOptions], SandboxServer]) -> int:
    """Parse the command line, listen until interrupted."""
    arguments = _arguments(partner)
    options = SandboxOptions(
        book=arguments.book,
        key=read_or_make_key(arguments.api_key_file),
        clock=FileClock(arguments.clock_file) if arguments.clock_file else system_clock,
        merchant_id=arguments.merchant_id,
        port=arguments.port,
        control=arguments.control,
        crowd=arguments.crowd,
    )
    return asyncio.run(_serve(make_server, options, print_url=arguments.print_url))


def read_or_make_key(path: Path) -> Secret:
    """The key that both sides sign with; a missing file is made, readable by its owner only."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    return Secret(path.read_text("utf-8").strip())


def _arguments(partner: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"python -m gateway_{partner}.sandbox",
        description=f"Plays the partner {partner} over real HTTP.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--book", type=Path, help="the partner's book, an SQLite file; default: in memory")
    parser.add_argument(
        "--api-key-file", type=Path, required=True, help="shared with the gateway; made if missing"
    )
    parser.add_argument("--merchant-id", default="point-gateway")
    parser.add_argument("--clock-file", type=Path, help="tell the time from this file")
    parser.add_argument(
        "--control", action="store_true", help="open the door that orders failures, on loopback"
    )
    parser.add_argument(
        "--print-url", action="store_true", help="print the site's address, then the control's"
    )
    parser.add_argument("--crowd", type=int, default=0, help="this many more members, for measurements")
    return parser.parse_args()


async def _serve(
    make_server: Callable[[SandboxOptions], SandboxServer], options: SandboxOptions, *, print_url: bool
) -> int:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with make_server(options) as site:
        if print_url:
            lines = [site.url, *([site.control_url] if options.control else [])]
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
        await ended.wait()
    return 0
