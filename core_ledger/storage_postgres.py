"""Loading and saving on PostgreSQL: two round trips for a batch of any size.

The reading function locks the books in one order, so that two writers wait instead of deadlocking, and only
then reads: under READ COMMITTED each statement inside it sees what the writer before has committed.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy.engine import Connection

from core_ledger.account_rows import AccountRow, account
from core_ledger.chain_keys import keys_of
from core_ledger.driver_errors import as_dbapi_error
from core_ledger.hash_chain import Record
from core_ledger.plan import Key, Plan
from core_ledger.postgres_functions import OPEN, OPEN_BOOK, SEPARATOR, call
from core_ledger.prepared import ask


def load(conn: Connection, books: list[str], ids: set[Key], holds: set[Key], names: set[Key]) -> Plan:
    """Lock `books` and load their heads, the moves `ids` and `holds`, and the accounts `names` and the holds'."""
    parameters: tuple[str, ...]
    if len(books) == 1:
        statement, parameters = (
            OPEN_BOOK,
            (books[0], *(_columns(keys)[1] for keys in (ids | holds, holds, names))),
        )
    else:
        statement = OPEN
        parameters = (SEPARATOR.join(books), *_columns(ids | holds), *_columns(holds), *_columns(names))
    plan = Plan(keys=keys_of(conn))
    for what, book, name, posted, held, coming, last_seq, body, head in _rows_of(conn, statement, parameters):
        if what == "account":
            plan.accounts[book, name] = account((book, name, posted, held, coming, last_seq, body))
        elif what == "book":
            plan.heads[book] = (posted, head)
        elif what == "move":
            plan.known[book, name] = _record(body)
        else:
            plan.resolved[book, name] = _record(body)
    return plan


def save(
    conn: Connection,
    books: Sequence[tuple[str, int, bytes]],
    new_accounts: Sequence[AccountRow],
    old_accounts: Sequence[AccountRow],
    moves: Sequence[Record],
) -> None:
    """Write the rows of the books, accounts and moves in one round trip.

    What is new is inserted and what is there updated: letting the database find out took twice as long.
    """
    first = {}
    for move in reversed(moves):
        first[move.book_id] = move.seq
    rows = (_joined(new_accounts), _joined(old_accounts), _joined(moves))
    if len(books) == 1:
        ((book, seq, head),) = books
        _rows_of(conn, *call("ledger_save_book", (book, seq, head.hex(), first[book] == 1), rows))
        return
    new = _joined([row for row in books if first[row[0]] == 1])
    old = _joined([row for row in books if first[row[0]] != 1])
    names = SEPARATOR.join(book for book, _, _ in books)
    _rows_of(conn, *call("ledger_save", (names,), (new, old, *rows)))


def _rows_of(conn: Connection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Ask the driver: through the library each of the two statements of a move costs as much again."""
    if not conn.in_transaction():
        conn.begin()
    try:
        return ask(conn, statement, values)
    except cast("Any", conn.dialect.loaded_dbapi).Error as fault:
        raise as_dbapi_error(conn, statement, fault) from fault


def _columns(keys: Iterable[Key]) -> Sequence[str]:
    return _joined(sorted(keys)) or ("", "")


def _joined(rows: Sequence[Sequence[str | int | bytes | None]]) -> list[str]:
    """One text for each column; nothing where there is no row."""
    return [SEPARATOR.join(_as_texts(column)) for column in zip(*rows, strict=True)]


def _as_texts(column: Sequence[Any]) -> Iterable[str]:
    """Values of one kind; some may be missing, which become the empty text."""
    if None in column:
        return [_as_text(value) for value in column]
    if isinstance(column[0], str):
        return column
    return map(bytes.hex if isinstance(column[0], bytes) else str, column)


def _as_text(value: str | int | bytes | None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return "" if value is None else str(value)


def _record(body: str) -> Record:
    row = json.loads(body)
    for column in ("asked", "hash", "mac"):
        if row[column] is not None:
            row[column] = bytes.fromhex(row[column].removeprefix("\\x"))
    return Record(**{name: row[name] for name in Record._fields})
