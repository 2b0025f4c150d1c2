"""`python -m portal --config portal.toml`: serve the members' pages until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from aiohttp import web

from portal.app import make_app
from portal.settings import BadSettings, Settings


async def serve(settings: Settings) -> None:
    """Until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(make_app(settings), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        sys.stdout.write(f"the portal serves at {settings.public_url}\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()


def main() -> int:
    parser = argparse.ArgumentParser(prog="portal", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("portal.toml"))
    try:
        settings = Settings.load(parser.parse_args().config)
    except (BadSettings, OSError, ValueError) as fault:
        sys.stderr.write(f"portal: {fault}\n")
        return 1
    asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
