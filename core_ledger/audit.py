"""Read everything again and name exactly what is broken; report, never repair.

`verify` replays every book from its moves: chain, running balances, heaps, holds resolved once, sums; then
compares heads, accounts and daily anchors with what came out. Memory stays at one book at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, ProgrammingError

from core_ledger.account_rows import account as account_of
from core_ledger.anchors import LEDGER, chained, leaf, merkle_root
from core_ledger.chain_keys import ChainKeys, keys_of
from core_ledger.chain_seals import ChainSeals, read_seals
from core_ledger.errors import Damaged
from core_ledger.hash_chain import GENESIS, Record, moment
from core_ledger.plan import Account
from core_ledger.recompute import Fault, Recomputation
from core_ledger.tables import accounts, anchors, books, moves

PAGE = 500
MAX_FAULTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What was read and what is broken. `ok` says that nothing is."""

    books: int
    moves: int
    days: int
    faults: tuple[Fault, ...]
    newest_at: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.faults


def verify(conn: Connection, progress: Callable[[int, int], None] | None = None) -> AuditReport:
    """Check the whole ledger as `conn` sees it; `progress(books, moves)` is called every few hundred books.

    Works on a database that takes writes meanwhile when `conn` reads from one snapshot: SQLite in a
    transaction, PostgreSQL at REPEATABLE READ. At most a thousand faults are listed.
    """
    checked, moved, days, newest = 0, 0, 0, 0
    faults: list[Fault] = []
    try:
        faults += _file_faults(conn)
        keys = keys_of(conn)
        seals = read_seals(conn, keys) if keys is not None else ChainSeals("", {})
        if seals.fault:
            faults.append(Fault("ledger", "signatures", seals.fault))
        left = set(seals.heads)
        for replay in _replays(conn, keys, seals):
            checked += 1
            newest = max(newest, replay.newest_at)
            left.discard(replay.book)
            moved += len(replay.hashes)
            faults += replay.faults
            if progress is not None and checked % PAGE == 0:
                progress(checked, moved)
            if len(faults) >= MAX_FAULTS:
                break
        else:
            faults += [
                Fault(book, "head", "it was signed when the keys came, and is gone") for book in sorted(left)
            ]
        days, day_faults = _check_days(conn)
        faults += day_faults
    except DatabaseError as error:
        if isinstance(error, ProgrammingError):
            raise
        faults.append(
            Fault("database", "file", f"the database cannot read it: {str(error.orig).splitlines()[0]}")
        )
    except (UnicodeDecodeError, Damaged) as error:
        faults.append(Fault("database", "file", f"a text in it is damaged: {error}"))
    if progress is not None:
        progress(checked, moved)
    return AuditReport(
        books=checked,
        moves=moved,
        days=days,
        faults=tuple(faults[:MAX_FAULTS]),
        newest_at=moment(newest) if newest else None,
    )


def _file_faults(conn: Connection) -> list[Fault]:
    """Ask SQLite whether its pages and indexes hang together; PostgreSQL checks its pages as it reads them."""
    if conn.dialect.name != "sqlite":
        return []
    scalar_result = conn.exec_driver_sql("PRAGMA integrity_check(100)").scalars()
    return [Fault("database", "file", line) for line in scalar_result if line != "ok"]


def _replays(conn: Connection, keys: ChainKeys | None, seals: ChainSeals) -> Iterator[Recomputation]:
    """Replay book after book, a page of books at a time."""

    def begun(book: str) -> Recomputation:
        return Recomputation(book, keys, seals.heads.get(book, (0, GENESIS)))

    after = ""
    while page := _book_page(conn, after):
        first, last = page[0], page[-1]
        heads = {
            row.book_id: (row.seq, row.head)
            for row in conn.execute(sa.select(books).where(_within(books.c.book_id, first, last)))
        }
        stored = _stored_accounts(conn, first, last)
        anchored = _anchored(conn, first, last)
        query = (
            sa.select(moves)
            .where(_within(moves.c.book_id, first, last))
            .order_by(moves.c.book_id, moves.c.seq)
        )
        with conn.execute(query.execution_options(yield_per=PAGE)) as rows:
            records_by_book = groupby((Record._make(row) for row in rows), key=lambda record: record.book_id)
            waiting = iter(page)
            for book, records in records_by_book:
                # Books without any move have no group of their own.
                for empty in waiting:
                    if empty == book:
                        break
                    yield _finished(begun(empty), heads, stored, anchored)
                replay = begun(book)
                for record in records:
                    replay.apply(record)
                yield _finished(replay, heads, stored, anchored)
            for empty in waiting:
                yield _finished(begun(empty), heads, stored, anchored)
        after = last


def _book_page(conn: Connection, after: str) -> list[str]:
    """Name the next books that any table knows: a row that is missing in one is still found by another."""
    parts = [
        sa.select(table.c.book_id)
        .where(table.c.book_id > after)
        .distinct()
        .order_by(table.c.book_id)
        .limit(PAGE)
        for table in (books, accounts, moves, anchors)
    ]
    named = sa.union(*(sa.select(part.subquery().c.book_id) for part in parts)).subquery()
    return list(conn.scalars(sa.select(named.c.book_id).order_by(named.c.book_id).limit(PAGE)))


def _within(column: sa.ColumnElement[str], first: str, last: str) -> sa.ColumnElement[bool]:
    # Not BETWEEN: PostgreSQL's grammar has no room there for the collation of the parameters.
    return sa.and_(column >= first, column <= last)


Stored = dict[str, dict[str, tuple[Account, str | None]]]


def _stored_accounts(conn: Connection, first: str, last: str) -> Stored:
    stored: Stored = {}
    table = accounts.c
    columns = (
        table.book_id,
        table.account,
        table.posted,
        table.held,
        table.coming,
        table.last_seq,
        table.heaps,
    )
    for row in conn.execute(sa.select(*columns, table.oldest_on).where(_within(table.book_id, first, last))):
        stored.setdefault(row.book_id, {})[row.account] = (account_of(row), row.oldest_on)
    return stored


def _anchored(conn: Connection, first: str, last: str) -> dict[str, list[tuple[str, int, bytes]]]:
    heads: dict[str, list[tuple[str, int, bytes]]] = {}
    for row in conn.execute(sa.select(anchors).where(_within(anchors.c.book_id, first, last))):
        heads.setdefault(row.book_id, []).append((row.day, row.seq, row.head))
    return heads


def _finished(
    replay: Recomputation,
    heads: dict[str, tuple[int, bytes]],
    stored: Stored,
    anchored: dict[str, list[tuple[str, int, bytes]]],
) -> Recomputation:
    replay.finish(heads.get(replay.book), stored.get(replay.book, {}))
    for day, seq, head in anchored.get(replay.book, []):
        if replay.hashes.get(seq) != head:
            what = f"the head anchored on {day} is not the hash of move {seq}"
            replay.faults.append(Fault(replay.book, f"move {seq}", what))
    return replay


def _check_days(conn: Connection) -> tuple[int, list[Fault]]:
    faults, previous, count = [], GENESIS, 0
    digests = conn.execute(
        sa.select(anchors).where(anchors.c.book_id == LEDGER).order_by(anchors.c.day)
    ).all()
    for digest in digests:
        count += 1
        rows = conn.execute(
            sa.select(anchors)
            .where(anchors.c.day == digest.day, anchors.c.book_id != LEDGER)
            .order_by(anchors.c.book_id)
        )
        leaves = [leaf(row.book_id, row.seq, row.head) for row in rows]
        if len(leaves) != digest.seq or chained(previous, digest.day, merkle_root(leaves)) != digest.head:
            faults.append(
                Fault("ledger", digest.day, "the day's digest does not cover the heads anchored that day")
            )
        previous = digest.head
    known = {digest.day for digest in digests}
    strays = conn.scalars(sa.select(anchors.c.day).where(anchors.c.book_id != LEDGER).distinct())
    faults += [
        Fault("ledger", day, "heads are anchored, but the day has no digest")
        for day in strays
        if day not in known
    ]
    return count, faults
