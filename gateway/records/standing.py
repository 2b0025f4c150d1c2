"""All that a member has, in one look: the book's own accounts with their balances and their points by day of issue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, bindparam, select

from core_ledger import Balance, Heap, chart
from core_ledger.states import account as account_of
from core_ledger.tables import accounts
from gateway.base.hot import Hot

_ALL: Final = Hot(
    select(
        accounts.c.book_id,
        accounts.c.account,
        accounts.c.posted,
        accounts.c.held,
        accounts.c.coming,
        accounts.c.last_seq,
        accounts.c.heaps,
    )
    .where(accounts.c.book_id == bindparam("book"))
    .order_by(accounts.c.account)
)


_ONE: Final = Hot(
    select(
        accounts.c.book_id,
        accounts.c.account,
        accounts.c.posted,
        accounts.c.held,
        accounts.c.coming,
        accounts.c.last_seq,
        accounts.c.heaps,
    ).where(accounts.c.book_id == bindparam("book"), accounts.c.account == bindparam("name"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One account: what is there, and since when; heaps come with the oldest first."""

    balance: Balance
    heaps: tuple[Heap, ...]


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
    return Standing(balance=Balance(), heaps=()) if row is None else _standing(tuple(row.values()))


def _standing(row: tuple[object, ...]) -> Standing:
    found = account_of(row)
    return Standing(
        balance=Balance(posted=found.posted, held=found.held, coming=found.coming),
        heaps=tuple(
            Heap(issued_on=date.fromisoformat(day), points=points, held=held)
            for day, (points, held) in sorted(found.heaps.items())
        ),
    )
