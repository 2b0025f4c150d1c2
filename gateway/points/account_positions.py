"""All that a member has, in one look: the book's own accounts with their balances and their points by day of issue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, bindparam, select

from core_ledger import Balance, Heap, chart
from core_ledger.account_rows import account as account_of
from core_ledger.tables import accounts
from gateway.platform.compiled_sql import Hot

_ROW: Final = select(
    accounts.c.book_id,
    accounts.c.account,
    accounts.c.posted,
    accounts.c.held,
    accounts.c.coming,
    accounts.c.last_seq,
    accounts.c.heaps,
)
_OF_BOOK: Final = _ROW.where(accounts.c.book_id == bindparam("book"))
_ALL: Final = Hot(_OF_BOOK.order_by(accounts.c.account))
_ONE: Final = Hot(_OF_BOOK.where(accounts.c.account == bindparam("name")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One account: what is there, and since when; heaps come with the oldest first."""

    balance: Balance
    heaps: tuple[Heap, ...]


NOTHING: Final = Standing(balance=Balance(), heaps=())


def of_book(conn: Connection, book: str) -> Mapping[str, Standing]:
    """A book's own accounts, in order of their names; the other sides of its moves are somebody else's points."""
    return {
        row["account"]: _standing(tuple(row.values()))
        for row in _ALL.all(conn, {"book": book})
        if chart.owned(book, row["account"])
    }


def of_account(conn: Connection, book: str, account: str) -> Standing:
    """One account of a book; nothing in it where it never had anything."""
    row = _ONE.first(conn, {"book": book, "name": account})
    return NOTHING if row is None else _standing(tuple(row.values()))


def _standing(row: tuple[object, ...]) -> Standing:
    found = account_of(row)
    return Standing(
        balance=Balance(posted=found.posted, held=found.held, coming=found.coming),
        heaps=tuple(
            Heap(issued_on=date.fromisoformat(day), points=points, held=held)
            for day, (points, held) in sorted(found.heaps.items())
        ),
    )
