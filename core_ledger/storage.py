# ruff: noqa: S608 - every statement is put together from constants of this package alone
"""Fetch from the database what a batch of moves needs, and put back what the plan made of it.

The only place with hand-written SQL for the hot path. Few statements whatever the number of moves, each one
over a set, each one naming book_id, so that any of them can be sent to a shard. Values go straight to the
driver: building expressions would cost more than the database does.
"""

import json
from collections.abc import Iterable, Sequence

from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPICursor

from core_ledger import storage_postgres
from core_ledger.account_rows import account, account_row
from core_ledger.chain_keys import keys_of
from core_ledger.commit_notes import add_notes
from core_ledger.hash_chain import Record
from core_ledger.plan import Key, Plan
from core_ledger.transfers import Hold, Move, Transfer

_GIVES = (Transfer, Hold)
_RECORD = ", ".join(f"m.{name}" for name in Record._fields)

_PAIRS = "WITH wanted(book_id, name) AS MATERIALIZED (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)) "
_LOAD_MOVES = (
    f"{_PAIRS}SELECT {_RECORD} FROM wanted w CROSS JOIN moves m ON m.book_id = w.book_id AND m.id = w.name"
)
_LOAD_RESOLVED = (
    f"{_PAIRS}SELECT {_RECORD} FROM wanted w CROSS JOIN moves m"
    " ON m.book_id = w.book_id AND m.hold = w.name AND m.hold IS NOT NULL"
)
_LOAD_ACCOUNTS = (
    f"{_PAIRS}SELECT a.book_id, a.account, a.posted, a.held, a.coming, a.last_seq, a.heaps"
    " FROM wanted w CROSS JOIN accounts a ON a.book_id = w.book_id AND a.account = w.name"
)
_LOAD_BOOKS = "SELECT b.book_id, b.seq, b.head FROM json_each(?) w CROSS JOIN books b ON b.book_id = w.value"

# The same for a single move, as most are that come by a job: a key found directly takes half the time of a set of one.
_THE_BOOK = "SELECT b.book_id, b.seq, b.head FROM books b WHERE b.book_id = ?"
_THE_MOVES = f"SELECT {_RECORD} FROM moves m WHERE m.book_id = ? AND m.id IN (?, ?)"
_THE_RESOLVED = f"SELECT {_RECORD} FROM moves m WHERE m.book_id = ? AND m.hold = ? AND m.hold IS NOT NULL"
_THE_ACCOUNTS = (
    "SELECT a.book_id, a.account, a.posted, a.held, a.coming, a.last_seq, a.heaps"
    " FROM accounts a WHERE a.book_id = ? AND a.account IN (?, ?)"
)

_SAVE_BOOKS = (
    "INSERT INTO books (book_id, seq, head) VALUES (?, ?, ?)"
    " ON CONFLICT (book_id) DO UPDATE SET seq = excluded.seq, head = excluded.head"
)
_SAVE_ACCOUNTS = (
    "INSERT INTO accounts (book_id, account, posted, held, coming, last_seq, oldest_on, heaps)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (book_id, account) DO UPDATE SET posted = excluded.posted, held = excluded.held,"
    " coming = excluded.coming, last_seq = excluded.last_seq, oldest_on = excluded.oldest_on,"
    " heaps = excluded.heaps"
)
_SAVE_MOVES = (
    f"INSERT INTO moves ({', '.join(Record._fields)}) VALUES ({', '.join('?' * len(Record._fields))})"
)


def load(conn: Connection, moves: Sequence[Move]) -> Plan:
    """Lock the books that `moves` name and load all that deciding on them needs."""
    if len(moves) == 1 and conn.dialect.name == "sqlite":
        return _load_one(conn, moves[0])
    books: set[str] = set()
    ids: set[Key] = set()
    holds: set[Key] = set()
    names: set[Key] = set()
    for move in moves:
        book = move.book
        books.add(book)
        ids.add((book, move.id))
        if isinstance(move, _GIVES):
            names.add((book, move.source))
            names.add((book, move.target))
        else:
            holds.add((book, move.hold))
    if conn.dialect.name == "postgresql":
        return storage_postgres.load(conn, sorted(books), ids, holds, names)
    plan = Plan(keys=keys_of(conn))
    ask = _cursor(conn).execute
    plan.heads = {book: (seq, head) for book, seq, head in ask(_LOAD_BOOKS, (json.dumps(sorted(books)),))}
    plan.known = {(row[0], row[2]): Record._make(row) for row in ask(_LOAD_MOVES, (_pairs(ids | holds),))}
    if holds:
        resolved = ask(_LOAD_RESOLVED, (_pairs(holds),))
        plan.resolved = {(row[0], row[11]): Record._make(row) for row in resolved}
        for key in holds:
            hold = plan.known.get(key)
            if hold is not None:
                names.add((hold.book_id, hold.source))
                names.add((hold.book_id, hold.target))
    plan.accounts = {(row[0], row[1]): account(row) for row in ask(_LOAD_ACCOUNTS, (_pairs(names),))}
    return plan


def _load_one(conn: Connection, move: Move) -> Plan:
    plan, book = Plan(keys=keys_of(conn)), move.book
    ask = _cursor(conn).execute
    hold = None if isinstance(move, _GIVES) else move.hold
    plan.heads = {name: (seq, head) for name, seq, head in ask(_THE_BOOK, (book,))}
    plan.known = {(book, row[2]): Record._make(row) for row in ask(_THE_MOVES, (book, move.id, hold))}
    giver: Transfer | Hold | Record | None = (
        move if isinstance(move, _GIVES) else plan.known.get((book, move.hold))
    )
    if hold is not None:
        plan.resolved = {(book, row[11]): Record._make(row) for row in ask(_THE_RESOLVED, (book, hold))}
    if giver is not None:
        named = (book, giver.source, giver.target)
        plan.accounts = {(book, row[1]): account(row) for row in ask(_THE_ACCOUNTS, named)}
    return plan


def save(conn: Connection, plan: Plan) -> None:
    """Write what `plan` decided; the caller's transaction makes it durable."""
    if not plan.written:
        return
    add_notes(conn, plan.written)
    books = [(book, *plan.heads[book]) for book in sorted({record.book_id for record in plan.written})]
    accounts = [(key, plan.accounts[key]) for key in sorted(plan.touched)]
    new = [account_row(key, state) for key, state in accounts if not state.stored]
    old = [account_row(key, state) for key, state in accounts if state.stored]
    if conn.dialect.name == "postgresql":
        storage_postgres.save(conn, books, new, old, plan.written)
        return
    cursor = _cursor(conn)
    cursor.executemany(_SAVE_BOOKS, books)
    cursor.executemany(_SAVE_ACCOUNTS, new + old)
    cursor.executemany(_SAVE_MOVES, plan.written)


def _cursor(conn: Connection) -> DBAPICursor:
    """Give the driver's own cursor, inside the connection's transaction.

    Seven statements through SQLAlchemy cost 0.3 ms, as much as all the rest of a single move.
    """
    if not conn.in_transaction():
        conn.begin()
    return conn.connection.cursor()


def _pairs(keys: Iterable[Key]) -> str:
    return json.dumps(sorted(keys), ensure_ascii=False)
