"""A whole town on one machine: a gateway, two partners' sandboxes, sample members, and July 2018.

`town` starts real processes that talk HTTP; `story` plays the main story against them as a portal and a
person's browser would; `run_demo` is what the command line calls.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from gateway.demo.city import PASSWORD, PLATFORM_STAFF, SHOPS, STAFF
from gateway.demo.environment import MEMBERS, DemoEnvironment, open_town
from gateway.demo.scenario import StoryBroken, one_exchange, play


async def run_demo(*, check: bool, folder: Path | None, port: int, out: Console, city: bool = False) -> int:
    """Play the story in a scratch town; then, unless `check`, open a fresh town until interrupted.

    `city` fills that town with three months of a city's life. Returns the exit code: 0 when every step of the
    story held.
    """
    with tempfile.TemporaryDirectory(prefix="point-gateway-story-") as scratch:
        async with open_town(Path(scratch)) as town:
            try:
                await play(town, out)
            except StoryBroken as broken:
                out.print(f"[red]does not hold:[/] {broken}")
                out.print(town.last_words())
                return 1
    if check:
        return 0
    async with AsyncExitStack() as stack:
        if folder is None:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="point-gateway-demo-"))
            folder = Path(name)
        town = await stack.enter_async_context(
            open_town(folder, port=port, fill=out if city else None, phone=True)
        )
        _print_addresses(town, out)
        if city:
            if (mykey_id := await one_exchange(town)) is not None:
                out.print(f"                       {mykey_id} has linked セゾン and exchanged 2口 to 笠間市")
            _print_city(out)
        else:
            out.print(
                "city staff             with --city the demo fills a city and tells the logins of its staff"
            )
        out.print(f"the clock stands at    {town.clock():%Y-%m-%d %H:%M} JST and goes on")
        out.print("Ctrl-C ends it.")
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
    return 0


def _print_city(out: Console) -> None:
    for login, name, role in STAFF:
        out.print(f"city staff             {login} ({name}, {role}), password {PASSWORD}")
    out.print(
        "                       they set up a second factor first: a passkey, for in July 2018 no phone's app fits"
    )
    out.print(
        f"the platform's staff   {', '.join(login for login, _ in PLATFORM_STAFF)}, password {PASSWORD}"
    )
    out.print(f"shops' people          shop-01 to shop-{SHOPS}, password {PASSWORD}")


def _print_addresses(town: DemoEnvironment, out: Console) -> None:
    out.print()
    out.print(f"members' pages         {town.portal_url}")
    out.print("                       by MyKey ID and password, or by phone, whose provider is played here")
    out.print(f"staff's and shops'     {town.municipal_url}")
    out.print(f"API and its pages      {town.gateway_url}/docs")
    out.print(f"Saison's sandbox       {town.saison_url}")
    out.print(f"Airline's sandbox      {town.airline_url}")
    out.print(f"files                  {town.folder}")
    out.print(f"portal's signing key   {town.portal_key_file}  (key id {town.portal_key_id})")
    for member in MEMBERS:
        out.print(
            f"member                 MyKey ID {town.mykey_ids[member.name]}, password {member.password}"
        )
