"""Does the ledger stay as quick when it is full? The same work on 100,000 entries and on many more.

A transfer makes two entries. Members have fifty transfers each, so a larger ledger has more books, and the
work goes to books all over it. The filling is done with plain SQL: only the shape of the rows matters here.
"""

import asyncio
import random
import statistics
import time
from pathlib import Path
from typing import Any

from bench.floors import DAY, NOW
from core_ledger import Store, Transfer, chart, create_schema, entries
from core_ledger.hash_chain import microseconds

SMALL = 100_000
PER_BOOK = 50
TRANSFERS = 6_000
ROUNDS = 7
PAGES = 1_000


def growth(folder: Path, target: int) -> dict[str, Any]:
    """Measure transfers and history pages on a small and on a large ledger in turns; medians, in milliseconds."""
    sizes = {"small": SMALL // 2 // PER_BOOK, "large": target // 2 // PER_BOOK}
    for name, books in sizes.items():
        fill(folder / f"{name}.db", books)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in sizes}
    for turn in range(ROUNDS):
        for name, books in sizes.items():
            rounds[name].append(asyncio.run(measure(folder / f"{name}.db", books, turn)))
    found: dict[str, dict[str, Any]] = {}
    for what in rounds["small"][0]:
        figures: dict[str, Any] = {
            name: statistics.median(each[what] for each in rounds[name]) for name in sizes
        }
        found[what] = {**figures, "from": SMALL, "to": target, "ratio": figures["large"] / figures["small"]}
    return found


def fill(path: Path, books: int) -> None:
    """Fill a ledger with fifty transfers in each of so many books."""
    store = Store.open(f"sqlite:///{path}")
    create_schema(store.engine)
    numbers = "WITH RECURSIVE n(b) AS (SELECT ? UNION ALL SELECT b + 1 FROM n WHERE b + 1 < ?)"
    turns = f"{numbers}, t(s) AS (SELECT 1 UNION ALL SELECT s + 1 FROM t WHERE s < {PER_BOOK})"
    book = "printf('member:m%07d', b)"
    statements = (
        f"{numbers} INSERT INTO books SELECT {book}, {PER_BOOK}, zeroblob(32) FROM n",
        (
            f"{numbers} INSERT INTO accounts SELECT {book}, {book} || ':reserve', {PER_BOOK * 450}, 0, 0, {PER_BOOK},"
            f" '{DAY}', '{{\"{DAY}\":[{PER_BOOK * 450},0]}}' FROM n"
        ),
        (
            f"{numbers} INSERT INTO accounts SELECT {book}, 'partner:saison:due', {-PER_BOOK * 450}, 0, 0, {PER_BOOK},"
            " NULL, '{}' FROM n"
        ),
        # Turn by turn, as members come back day after day: a book's rows lie far apart.
        (
            f"{turns} INSERT INTO moves SELECT {book}, s, printf('0198c0de-%07d-%04d', s, b), 'transfer',"
            f" 'partner:saison:due', {book} || ':reserve', 450, {microseconds(NOW)}, 'exchange', printf('order-%d', b),"
            f" '', NULL, '[[\"{DAY}\",450]]', -450 * s, 450 * s, s - 1, s - 1, randomblob(16), randomblob(32)"
            " FROM t, n ORDER BY s, b"
        ),
    )
    step = 100_000
    for first in range(0, books, step):
        span = (first, min(first + step, books))
        for statement in statements:
            store.run_now(lambda conn, sql=statement, span=span: conn.exec_driver_sql(sql, span))
    store.close_now()


async def measure(path: Path, books: int, turn: int) -> dict[str, float]:
    """Time transfers by 32 callers and one caller, and pages of history, all over the ledger."""
    chance = random.Random(450 + turn)
    async with Store.open(f"sqlite:///{path}") as store:
        members = iter([f"m{chance.randrange(books):07d}" for _ in range(3 * TRANSFERS)])

        async def caller(count: int) -> None:
            for _ in range(count):
                member = next(members)
                move = Transfer(
                    id=f"new-{chance.getrandbits(64):x}",
                    book=chart.member_book(member),
                    source=chart.partner_due("saison"),
                    target=chart.reserve(member),
                    points=450,
                    at=NOW,
                    kind="exchange",
                    issued_on=DAY,
                )
                await store.apply(move)

        # The first thousand open the file and fill its cache.
        await asyncio.gather(*(caller(32) for _ in range(32)))
        began = time.perf_counter()
        await asyncio.gather(*(caller(TRANSFERS // 32) for _ in range(32)))
        transfers = (time.perf_counter() - began) / (TRANSFERS // 32 * 32) * 1e3
        took = []
        for _ in range(PAGES):
            member = f"m{chance.randrange(books):07d}"
            book, account = chart.member_book(member), chart.reserve(member)
            began = time.perf_counter()
            page = store.read_now(
                lambda conn, book=book, account=account: entries(conn, book, account, limit=20)
            )
            took.append(time.perf_counter() - began)
            assert len(page) == 20
    return {"transfer_ms": transfers, "history_page_ms": statistics.median(took) * 1e3}
