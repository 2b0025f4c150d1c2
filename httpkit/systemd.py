"""Tells systemd how this process is, by the protocol of sd_notify(3): a line to a socket that the unit names.

A unit of `Type=notify` counts as started when READY=1 comes. With `WatchdogSec=` it is started anew when the event loop
has stopped answering.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from typing import Final

_US: Final = 1_000_000


def notify(*states: str) -> None:
    """Send states such as `READY=1`. Without systemd, or where its socket is gone, nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # a name in the abstract namespace
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.setblocking(False)
        door.sendto("\n".join(states).encode(), address)


@contextlib.asynccontextmanager
async def supervised(status: str) -> AsyncIterator[None]:
    """Say that requests are taken, keep the watchdog quiet, and say when this ends."""
    notify("READY=1", f"STATUS={status}")
    watchdog = asyncio.create_task(_feed_watchdog())
    try:
        yield
    finally:
        watchdog.cancel()
        notify("STOPPING=1", "STATUS=ending what is under way")


async def _feed_watchdog() -> None:
    """Three signs of life in each interval, from the loop that answers requests."""
    interval_us = os.environ.get("WATCHDOG_USEC", "")
    meant_for = os.environ.get("WATCHDOG_PID", str(os.getpid()))
    if not interval_us.isdecimal() or not int(interval_us) or meant_for != str(os.getpid()):
        return
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(int(interval_us) / _US / 3)
