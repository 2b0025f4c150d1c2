"""A town behind a proxy, in a process of its own: who trusts which authority is decided when the HTTP library is imported.

python -m tests.stories.behind_a_proxy FOLDER PORT PUBLIC_URL: prints what came of one exchange as JSON, and serves until its
standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console

from gateway.demo.environment import MEMBERS, open_town
from gateway.demo.scenario import TO_KASAMA, Narrator, exchange_at, link_at, sign_in_as


async def main(folder: Path, port: int, public_url: str) -> None:
    async with open_town(folder, port=port, public_url=public_url) as town:
        async with town.portal() as portal:
            member = await sign_in_as(town, portal, MEMBERS[2])
            linked = await link_at(member, MEMBERS[2], Narrator(Console(quiet=True)))
            exchange = await exchange_at(member, linked, TO_KASAMA, 2)
        sites = {"portal": town.portal_url, "municipal": town.municipal_url}
        told = {"state": exchange["state"], "points": exchange["points"], "sites": sites}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
