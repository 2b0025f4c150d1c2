"""The ledger's tables for whoever reads beside it: reports, figures, comparisons. For selects only.

    accounts   one row an account of a book: posted, held, coming, and its lots by day of issue
    moves      one row a move, append-only, numbered by `seq` within its book
    books      one row a book: its newest `seq`; the row is the lock that a writer takes

Column names are a promise to readers. Writing goes through `core_ledger.ledger` and `Store` and nothing else: a row
that is written here breaks its book's hash chain. A statement that waits for a book uses `lock_books`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, text

from core_ledger import account_rows
from core_ledger.hash_chain import moment, read_lots
from core_ledger.postgres_functions import SEPARATOR
from core_ledger.tables import accounts, books, moves
from core_ledger.transfers import Balance, Lot

__all__ = [
    "POSITION_COLUMNS",
    "Position",
    "accounts",
    "books",
    "lock_books",
    "moment",
    "moves",
    "position",
    "read_lots",
]

POSITION_COLUMNS = (
    accounts.c.book_id,
    accounts.c.account,
    accounts.c.posted,
    accounts.c.held,
    accounts.c.coming,
    accounts.c.last_seq,
    accounts.c.heaps,
)
"""What `position` reads, in its order."""

_LOCK_BOOKS = text("SELECT ledger_lock_books(:names)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One account: its balance, and its lots with the oldest first."""

    balance: Balance
    lots: tuple[Lot, ...]


def position(row: Sequence[Any]) -> Position:
    """Read a row of POSITION_COLUMNS. Raises Damaged where its lots cannot be read."""
    account = account_rows.account(row)
    return Position(
        balance=Balance(posted=account.posted, held=account.held, coming=account.coming),
        lots=tuple(
            Lot(issued_on=date.fromisoformat(day), points=points, held=held)
            for day, (points, held) in sorted(account.heaps.items())
        ),
    )


def posted_points(conn: Connection, account_by_book: Mapping[str, str]) -> dict[str, int]:
    """Posted points of one account in each of many books; a book without that account is left out."""
    rows = conn.execute(
        select(accounts.c.book_id, accounts.c.account, accounts.c.posted).where(
            accounts.c.book_id.in_(list(account_by_book)),
            accounts.c.account.in_(list(account_by_book.values())),
        )
    )
    return {row.book_id: row.posted for row in rows if account_by_book[row.book_id] == row.account}


def lock_books(conn: Connection, book_ids: Sequence[str]) -> None:
    """Lock books until the transaction ends, in one order for everybody. SQLite has one writer, who has them all."""
    if conn.dialect.name != "sqlite":
        conn.execute(_LOCK_BOOKS, {"names": SEPARATOR.join(book_ids)})
