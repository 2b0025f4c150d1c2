"""The ledger on Citus: what it does on one database it does on several, and about one book it asks one node."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from core_ledger import Balance, NotEnoughPoints, Store, balance, ledger, verify
from core_ledger.read_model import lock_books
from tests.core_ledger.samples import allocate, earn, hold_in, posted, voided

MEMBERS = [f"m{number:04d}" for number in range(24)]
_SHARD = re.compile(r"_(1\d{5})\b")


@contextmanager
def issued_by(store: Store) -> Iterator[list[str]]:
    """Take down what the coordinator sends to its workers for this store's writers."""
    issued: list[str] = []

    def take_down(notice: psycopg.errors.Diagnostic) -> None:
        text = notice.message_primary or ""
        if text.startswith("issuing "):
            issued.append(text.removeprefix("issuing "))

    def listen(connection: Any, *_rest: object) -> None:
        connection.add_notice_handler(take_down)
        with connection.cursor() as cursor:
            cursor.execute("SET citus.log_remote_commands = on")
            cursor.execute("SET client_min_messages = notice")

    sa.event.listen(store.engine, "checkout", listen)
    try:
        yield issued
    finally:
        sa.event.remove(store.engine, "checkout", listen)


class TestTheLedgerOnCitus:
    async def test_keeps_every_book_as_on_one_database(self, citus: str) -> None:
        async with Store.open(citus, max_batch=1) as store, Store.open(citus, max_batch=1) as other:
            first = [earn(900, member=member) for member in MEMBERS]
            # Each asked of two gateways at once, and again: once written.
            for _ in range(2):
                await asyncio.gather(*(each.apply(move) for move in first for each in (store, other)))
            held = [
                replace(hold_in(100), book=f"member:{member}", target=f"member:{member}:reserve")
                for member in MEMBERS
            ]
            await asyncio.gather(*(store.apply(hold) for hold in held))
            resolved = [posted(hold) if n % 2 else voided(hold) for n, hold in enumerate(held)]
            await asyncio.gather(*(each.apply(move) for move in resolved for each in (store, other)))
            with pytest.raises(NotEnoughPoints):
                await store.apply(
                    replace(allocate(2_000), book="member:m0001", source="member:m0001:reserve")
                )
            for n, member in enumerate(MEMBERS):
                book = f"member:{member}"
                found = await store.read(lambda conn, book=book: balance(conn, book, f"{book}:reserve"))
                assert found == Balance(posted=1_000 if n % 2 else 900, held=0, coming=0)
            report = await store.read(verify)
            assert report.faults == ()
            assert report.books == len(MEMBERS)
            assert await store.read(lambda conn: ledger.total(conn, "partner:saison:due")) == -sum(
                1_000 if n % 2 else 900 for n in range(len(MEMBERS))
            )

    async def test_takes_moves_of_many_books_in_one_batch(self, citus: str) -> None:
        async with Store.open(citus, writers=1) as store, Store.open(citus, writers=1) as other:
            for _ in range(2):  # new books, then books that are there; each asked of two gateways at once
                moves = [earn(300, member=member) for member in MEMBERS for _ in range(2)]
                await asyncio.gather(*(each.apply(move) for move in moves for each in (store, other)))
            # All or none of them: what is asked so is never done piece by piece.
            await store.apply(*(earn(300, member=member) for member in MEMBERS))
            report = await store.read(verify)
            assert report.faults == ()
            assert await store.read(lambda conn: ledger.total(conn, "partner:saison:due")) == -1_500 * len(
                MEMBERS
            )

    async def test_locks_many_books(self, citus: str) -> None:
        async with Store.open(citus, writers=1) as store:
            await asyncio.gather(*(store.apply(earn(300, member=member)) for member in MEMBERS))
            await store.run(lambda conn: lock_books(conn, [f"member:{member}" for member in MEMBERS]))

    async def test_asks_one_shard_about_one_book_and_commits_on_one_node(self, citus: str) -> None:
        async with Store.open(citus, max_batch=1, writers=1) as store:
            for member in MEMBERS:  # plans are made, and kept
                await store.apply(earn(900, member=member))
            hold = replace(hold_in(100), book="member:m0003", target="member:m0003:reserve")
            moves = (earn(900, member="m0003"), hold, posted(hold))
            with issued_by(store) as issued:
                for move in moves:
                    await store.apply(move)
        # By way of the coordinator a move is copied to its shard, which prepares: on one node for each transaction.
        assert len({text for text in issued if "PREPARE TRANSACTION" in text}) <= len(moves)
        asked = [text for text in issued if _SHARD.search(text)]
        assert len(asked) >= 3 * 5
        shards: dict[str, set[str]] = {table: set() for table in ("books", "accounts", "moves")}
        for text in asked:
            for table, found in shards.items():
                found.update(re.findall(rf"\b{table}_(1\d{{5}})\b", text))
        assert {table: len(found) for table, found in shards.items()} == {
            "books": 1,
            "accounts": 1,
            "moves": 1,
        }
