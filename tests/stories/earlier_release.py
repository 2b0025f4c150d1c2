"""Members of an earlier release: exchanges in every state that is not an end, and then the process is killed.

    python tests/stories/earlier_release.py URL SITE_URL CLOCK_FILE

It runs on that release's own tree, with its gateway, its plugin and its `tests.faults.house`, so it uses only what every
release since 0.1 has. One line of JSON a member. It waits for a line where the test has to break the partner.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import Any

from tests.faults.house import Both, FileCalendar, House, Person, open_gateway


def tell(name: str, person: Person | None = None, exchange: Any = None) -> None:
    line = {"name": name}
    if person is not None:
        line |= {"member": person.member, "number": person.number, "exchange_id": exchange.exchange_id}
        line |= {"state": str(exchange.state), "redirect_url": exchange.redirect_url or ""}
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


async def until_told(step: str) -> None:
    """Ask the test for something, and wait until it is so."""
    tell(step)
    await asyncio.to_thread(sys.stdin.readline)


async def exchanges(house: House) -> None:
    """The test breaks the partner where it is asked to, in the order of the calls that follow."""
    waiting = await house.person()
    exchange = await waiting.quoted()
    await until_told("late")
    await waiting.confirmed(exchange)
    await until_told("a week later")
    # The method has had two names.
    look = getattr(house.settler, "get_and_refresh", None) or house.settler.look  # type: ignore[attr-defined]
    tell("needs_a_person", waiting, await look(waiting.member, exchange.exchange_id))

    for name, work in (("settled", "confirmed"), ("ready", "linked"), ("quoted", "quoted")):
        person = await house.person()
        tell(name, person, await getattr(person, work)())
    person = await house.person()
    tell("awaiting_return", person, await person.begin(str(uuid.uuid4())))

    given_back = await house.person()
    settled = await given_back.confirmed()
    quoted = []
    for _ in range(4):
        person = await house.person()
        quoted.append((person, await person.quoted()))
    await until_told("broken")
    for name, (person, exchange) in zip(("debited", "not debited", "in progress"), quoted, strict=False):
        tell(name, person, await person.confirmed(exchange))
    await house.reversals.reverse(
        settled.exchange_id, str(uuid.uuid4()), units=1, reason="sample", operator="Sato"
    )
    tell("given back", given_back, settled)
    await until_told("silent")
    person, exchange = quoted[-1]
    tell("sending", person, exchange)
    await person.confirmed(exchange)


async def main(url: str, site_url: str, clock_file: str) -> None:
    async with open_gateway(url, site_url, Both(FileCalendar(Path(clock_file)))) as house:
        await exchanges(house)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
