"""All that a member has, in one look: the book's own accounts with their balances and their points by day of issue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, bindparam, select

from core_ledger import Balance, Lot, chart
from core_ledger.account_rows import account as account_of
from core_ledger.tables import accounts
from gateway.platform.compiled_sql import CompiledStatement

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
_ALL: Final = CompiledStatement(_OF_BOOK.order_by(accounts.c.account))
_ONE: Final = CompiledStatement(_OF_BOOK.where(accounts.c.account == bindparam("name")))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPosition:
    """One account: what is there, and since when; heaps come with the oldest first."""

    balance: Balance
    heaps: tuple[Lot, ...]


NOTHING: Final = AccountPosition(balance=Balance(), heaps=())


def of_book(conn: Connection, book: str) -> Mapping[str, AccountPosition]:
    """A book's own accounts, in order of their names; the other sides of its moves are somebody else's points."""
    return {
        row["account"]: _position(tuple(row.values()))
        for row in _ALL.all(conn, {"book": book})
        if chart.owned(book, row["account"])
    }


def of_account(conn: Connection, book: str, account: str) -> AccountPosition:
    """One account of a book; nothing in it where it never had anything."""
    row = _ONE.first(conn, {"book": book, "name": account})
    return NOTHING if row is None else _position(tuple(row.values()))


def _position(row: tuple[object, ...]) -> AccountPosition:
    found = account_of(row)
    return AccountPosition(
        balance=Balance(posted=found.posted, held=found.held, coming=found.coming),
        heaps=tuple(
            Lot(issued_on=date.fromisoformat(day), points=points, held=held)
            for day, (points, held) in sorted(found.heaps.items())
        ),
    )
