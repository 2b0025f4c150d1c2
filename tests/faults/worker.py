"""A gateway without its web server, in a process of its own: exchanges as fast as it can, until it is killed.

    python -m tests.faults.worker URL SITE_URL CLOCK_FILE MEMBER…

One line on the output for each exchange that was acknowledged: its id and state. Its settler runs beside.
"""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from pathlib import Path

from core_ledger import StoreError
from gateway.errors import GatewayError
from gateway.model import Destination
from tests.faults.house import Both, FileCalendar, House, open_gateway


async def exchange(house: House, member: str) -> None:
    while True:
        try:
            id_ = str(uuid.uuid4())
            await house.openings.start(member, id_, "saison")
            quoted = await house.exchanges.quote(member, id_, Destination.reserve(), 1)
            assert quoted.quote is not None
            done = await house.exchanges.confirm(member, id_, quoted.quote.quote_id)
        except (GatewayError, StoreError) as fault:
            os.write(1, f"- {type(fault).__name__}\n".encode())
            await asyncio.sleep(0.02)
        except Exception as fault:  # noqa: BLE001 - a database that is away; nothing was acknowledged
            os.write(1, f"- {type(fault).__name__}\n".encode())
            await asyncio.sleep(0.05)
        else:
            os.write(1, f"{done.exchange_id} {done.state}\n".encode())


async def main(url: str, site_url: str, clock_file: str, *members: str) -> None:
    async with open_gateway(url, site_url, Both(FileCalendar(Path(clock_file)))) as house:
        settling = asyncio.create_task(house.settler.run())
        await asyncio.gather(*(exchange(house, member) for member in members))
        settling.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
