"""The rule that lets the ledger be spread over machines: each statement of the hot paths asks the part of its books."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from core_ledger import (
    Store,
    balance,
    balances,
    create_schema,
    entries,
    ledger,
    lots,
    metadata,
    references,
    standing_holds,
    statement,
)
from core_ledger.read_model import lock_books, posted_points
from tests.core_ledger.samples import NOW, earn, hold_in, posted, voided
from tests.partitions import Statements, books_of_one_part, in_eight_parts, parts_asked

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]


@pytest.fixture
def in_parts(postgres: str) -> Iterator[str]:
    """A database whose tables lie in eight parts by book."""
    engine = sa.create_engine(postgres, poolclass=sa.NullPool)
    metadata.drop_all(engine)
    with in_eight_parts(metadata):
        create_schema(engine)
    yield postgres
    metadata.drop_all(engine)
    engine.dispose()


async def test_statements_of_the_hot_paths_ask_one_part_each(in_parts: str) -> None:
    statements = Statements()
    async with Store.open(in_parts) as store:
        with psycopg.connect(in_parts.replace("+psycopg", ""), autocommit=True) as plain:
            books = books_of_one_part(plain, 3)
            members = [book.removeprefix("member:") for book in books]
            with statements.of(store.engine, store._reading):
                await move_in_every_way(store, members)
                await read_in_every_way(store, books)
            asked = {
                text: parts_asked(plain, text, values)
                for text, values in statements.about(metadata.tables.keys())
            }
    assert len(asked) >= 27
    adds = {text for text, parts in asked.items() if not parts}
    assert {text[:12] for text in adds} == {"INSERT INTO "}
    assert len(adds) == 4
    assert {text: parts for text, parts in asked.items() if text not in adds and len(parts) != 1} == {}


async def move_in_every_way(store: Store, members: list[str]) -> None:
    for _ in range(2):  # into new books, then into books that are there
        await store.run(lambda conn: ledger.apply(conn, [earn(member=member) for member in members]))
    held = [
        replace(hold_in(), book=f"member:{member}", target=f"member:{member}:reserve") for member in members
    ]
    await store.apply(*held)
    await store.apply(posted(held[0]), posted(held[1]), voided(held[2]))
    alone = replace(held[0], id="alone")
    for move in (earn(member="alone"), earn(member=members[0]), alone, posted(alone)):  # one book by itself
        await store.apply(move)


async def read_in_every_way(store: Store, books: list[str]) -> None:
    book, account = books[0], f"{books[0]}:reserve"
    for read in (
        lambda conn: balance(conn, book, account),
        lambda conn: balance(conn, book, account, NOW),
        lambda conn: balances(conn, book),
        lambda conn: lots(conn, book, account),
        lambda conn: entries(conn, book, account),
        lambda conn: entries(conn, book, account, before=3),
        lambda conn: entries(conn, book, account, before=4),
        lambda conn: references(conn, book, kind="exchange", limit=5),
        lambda conn: standing_holds(conn, book, "e1"),
        lambda conn: statement(conn, book, account, NOW, NOW + timedelta(days=1)),
        lambda conn: posted_points(conn, {name: f"{name}:reserve" for name in books}),
    ):
        await store.read(read)
    await store.run(lambda conn: lock_books(conn, books))
