"""A program that writes as fast as it can and says on its output what was acknowledged, until it is killed.

    python writer.py URL ROUND

Each line is the id of one acknowledged transfer, written only after its call returned.
"""

import asyncio
import os
import sys
from datetime import UTC, date, datetime

from core_ledger import Hold, Post, Store, Transfer, chart

CALLERS = 16


async def caller(store: Store, number: int, round_number: int) -> None:
    turn = 0
    member = f"m{number % 5}"
    book, now = chart.member_book(member), datetime(2018, 7, 1, tzinfo=UTC)
    while True:
        turn += 1
        name = f"{round_number}-{number}-{turn}"
        source, target, day = chart.partner_due("saison"), chart.reserve(member), date(2018, 7, 1)
        if turn % 3:
            move = Transfer(
                id=name, book=book, source=source, target=target, points=1, at=now, kind="k", issued_on=day
            )
            await store.apply(move)
        else:
            hold = Hold(
                id=f"{name}-h",
                book=book,
                source=source,
                target=target,
                points=1,
                at=now,
                kind="k",
                issued_on=day,
            )
            await store.apply(hold, Post(id=name, book=book, hold=hold.id, at=now))
        os.write(1, f"{book} {name}\n".encode())


async def main(url: str, round_number: int) -> None:
    store = Store.open(url)
    await asyncio.gather(*(caller(store, number, round_number) for number in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
