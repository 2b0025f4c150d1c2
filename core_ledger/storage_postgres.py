"""Loading and saving on PostgreSQL: two round trips for a batch of any size.

The reading function locks the books in one order, so that two writers wait instead of deadlocking, and only
then reads: under READ COMMITTED each statement inside it sees what the writer before has committed.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from core_ledger.account_rows import AccountRow, account
from core_ledger.chain_keys import keys_of
from core_ledger.hash_chain import Record
from core_ledger.plan import Key, Plan
from core_ledger.postgres_functions import OPEN, SAVE, SEPARATOR, WHOLE_COLUMNS


def load(conn: Connection, books: list[str], ids: set[Key], holds: set[Key], names: set[Key]) -> Plan:
    """Lock `books` and load their heads, the moves `ids` and `holds`, and the accounts `names` and the holds'."""
    asked = (SEPARATOR.join(books), *_columns(ids | holds), *_columns(holds), *_columns(names))
    plan = Plan(keys=keys_of(conn))
    for what, book, name, posted, held, coming, last_seq, body, head in conn.exec_driver_sql(OPEN, asked):
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
    """Write the rows of the books, accounts and moves in one statement.

    What is new is inserted and what is there updated: letting the database find out took twice as long.
    """
    first = {}
    for move in reversed(moves):
        first[move.book_id] = move.seq
    new = [(book, str(seq), head.hex()) for book, seq, head in books if first[book] == 1]
    old = [(book, str(seq), head.hex()) for book, seq, head in books if first[book] != 1]
    values = [*_joined(new, 3), *_joined(old, 3)]
    for accounts in (new_accounts, old_accounts):
        values += _joined([(*row[:2], *map(str, row[2:6]), row[6] or "", row[7]) for row in accounts], 8)
    values += [
        SEPARATOR.join(map(_AS_TEXT.get(name, _same), column))
        for name, column in zip(Record._fields, zip(*moves, strict=True), strict=True)
    ]
    conn.exec_driver_sql(SAVE, tuple(values))


def _columns(keys: Iterable[Key]) -> list[str]:
    return _joined(sorted(keys), 2)


def _joined(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    if not rows:
        return [""] * width
    return [SEPARATOR.join(column) for column in zip(*rows, strict=True)]


def _same(value: Any) -> str:
    return value or ""


_AS_TEXT: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(WHOLE_COLUMNS, str),
    **dict.fromkeys(("asked", "hash"), bytes.hex),
    "mac": lambda mac: mac.hex() if mac is not None else "",
}


def _record(body: str) -> Record:
    row = json.loads(body)
    for column in ("asked", "hash", "mac"):
        if row[column] is not None:
            row[column] = bytes.fromhex(row[column].removeprefix("\\x"))
    return Record(**{name: row[name] for name in Record._fields})
