"""A member's positions: the accounts of the book with their balances and their lots, by statements compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, select

from core_ledger import Balance, chart
from core_ledger.read_model import POSITION_COLUMNS, Position, accounts, position
from gateway.platform.compiled_sql import CompiledStatement

_OF_BOOK: Final = select(*POSITION_COLUMNS).where(accounts.c.book_id == bindparam("book"))
_ALL: Final = CompiledStatement(_OF_BOOK.order_by(accounts.c.account))
_ONE: Final = CompiledStatement(_OF_BOOK.where(accounts.c.account == bindparam("name")))

NOTHING: Final = Position(balance=Balance(), lots=())


def of_book(conn: Connection, book: str) -> Mapping[str, Position]:
    """A book's own accounts, in order of their names; the other sides of its moves are somebody else's points."""
    return {
        row["account"]: position(tuple(row.values()))
        for row in _ALL.all(conn, {"book": book})
        if chart.owned(book, row["account"])
    }


def of_account(conn: Connection, book: str, account: str) -> Position:
    """One account of a book; nothing in it where it never had anything."""
    row = _ONE.first(conn, {"book": book, "name": account})
    return NOTHING if row is None else position(tuple(row.values()))
