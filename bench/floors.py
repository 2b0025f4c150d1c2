"""What the ledger is compared with: the same rows written by hand, and one transfer a transaction.

The floors know every value beforehand: they read nothing, decide nothing, hash nothing. What they reach is
what the driver, the database and the disk leave to anybody.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from core_ledger import Transfer, chart
from core_ledger.account_rows import account_row
from core_ledger.hash_chain import Record
from core_ledger.plan import Plan

NOW = datetime(2018, 7, 31, tzinfo=UTC)
DAY = date(2018, 7, 31)
BOOKS = 1_000


def transfer(number: int, books: int = BOOKS) -> Transfer:
    """Make the transfer of a run that has this number: 450 points from Saison to one of the members."""
    member = f"m{number * 7919 % books:07d}"
    return Transfer(
        id=f"0198c0de-{number:012x}",
        book=chart.member_book(member),
        source=chart.partner_due("saison"),
        target=chart.reserve(member),
        points=450,
        at=NOW,
        kind="exchange",
        issued_on=DAY,
        reference=f"order-{number}",
    )


def rows(count: int, first: int = 0) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]], Record]]:
    """Give, for each transfer, the rows that the ledger itself would write: book, two accounts, move."""
    plan = Plan()
    for number in range(first, first + count):
        plan.touched.clear()
        plan.apply_group([transfer(number)])
        record = plan.written.pop()
        plan.known.clear()
        accounts = [account_row(key, plan.accounts[key]) for key in sorted(plan.touched)]
        yield (record.book_id, *plan.heads[record.book_id]), accounts, record


_MOVE = f"INSERT INTO moves VALUES ({', '.join('?' * len(Record._fields))})"
_BOOK = (
    "INSERT INTO books VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq, head = excluded.head"
)
_ACCOUNT = (
    "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET posted = excluded.posted,"
    " held = excluded.held, coming = excluded.coming, last_seq = excluded.last_seq,"
    " oldest_on = excluded.oldest_on, heaps = excluded.heaps"
)


class HandWritten:
    """A group-commit loop on sqlite3 with nothing in it that could be left out."""

    def __init__(self, path: str) -> None:
        self.waiting: deque[tuple[Any, asyncio.Future[None]]] = deque()
        self.awake = threading.Condition()
        self.closing = False
        self.loop = asyncio.get_running_loop()
        self.thread = threading.Thread(target=self.write, args=(path,))
        self.thread.start()

    async def apply(self, row: Any) -> None:
        future = self.loop.create_future()
        with self.awake:
            self.waiting.append((row, future))
            self.awake.notify()
        await future

    def write(self, path: str) -> None:
        conn = sqlite3.connect(path, isolation_level=None, timeout=60)
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "cache_size = -65536",
            "wal_autocheckpoint = 8000",
        ):
            conn.execute(f"PRAGMA {pragma}")
        while True:
            with self.awake:
                while not self.waiting and not self.closing:
                    self.awake.wait()
                batch = [self.waiting.popleft() for _ in range(len(self.waiting))]
            if not batch:
                conn.close()
                return
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany(_BOOK, [row[0] for row, _ in batch])
            conn.executemany(_ACCOUNT, [account for row, _ in batch for account in row[1]])
            conn.executemany(_MOVE, [row[2] for row, _ in batch])
            conn.execute("COMMIT")
            self.loop.call_soon_threadsafe(answer, [future for _, future in batch])

    async def close(self) -> None:
        with self.awake:
            self.closing = True
            self.awake.notify()
        await asyncio.to_thread(self.thread.join)


def answer(futures: list["asyncio.Future[None]"]) -> None:
    for future in futures:
        future.set_result(None)


class Naive:
    """The usual way: SQLAlchemy's async engine on aiosqlite, one transfer a transaction, reads before it writes."""

    def __init__(self, path: str) -> None:
        self.engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}", pool_size=1, max_overflow=0, pool_timeout=600
        )

        @sa.event.listens_for(self.engine.sync_engine, "connect")
        def durable(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.close()

    async def apply(self, row: Any) -> None:
        book, accounts, record = row
        async with self.engine.begin() as conn:
            await conn.execute(
                sa.text("SELECT seq, head FROM books WHERE book_id = :book"), {"book": book[0]}
            )
            for account in accounts:
                names = {"book": account[0], "account": account[1]}
                await conn.execute(
                    sa.text("SELECT * FROM accounts WHERE book_id = :book AND account = :account"), names
                )
            await conn.exec_driver_sql(_BOOK, book)
            for account in accounts:
                await conn.exec_driver_sql(_ACCOUNT, account)
            await conn.exec_driver_sql(_MOVE, tuple(record))

    async def close(self) -> None:
        await self.engine.dispose()


def bulk_by_hand(conn: Any, made: list[tuple[tuple[Any, ...], list[tuple[Any, ...]], Record]]) -> None:
    """Write the same rows on PostgreSQL by INSERT … SELECT unnest, on a bare psycopg connection."""
    books = {row[0][0]: row[0] for row in made}
    accounts = {account[:2]: account for row in made for account in row[1]}
    moves = [row[2] for row in made]
    text, whole, raw = "text[]", "bigint[]", "bytea[]"
    kinds = [text, whole, *[text] * 4, whole, whole, *[text] * 5, *[whole] * 4, raw, raw, raw]
    with conn.cursor() as cursor:
        for table, columns, types, keys in (
            ("books", list(zip(*books.values(), strict=True)), [text, whole, raw], "book_id"),
            (
                "accounts",
                list(zip(*accounts.values(), strict=True)),
                [text, text, *[whole] * 4, text, text],
                "book_id, account",
            ),
            ("moves", list(zip(*moves, strict=True)), kinds, "book_id, seq"),
        ):
            arrays = ", ".join(f"%s::{kind}" for kind in types)
            cursor.execute(
                f"INSERT INTO {table} SELECT * FROM unnest({arrays}) ON CONFLICT ({keys}) DO NOTHING",
                [list(column) for column in columns],
            )
    conn.commit()
