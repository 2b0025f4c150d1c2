"""The day from which every move must be signed, and where each book's chain stood on it.

Chains that are older than the keys are signed once, at their heads. What comes after a book's seal carries a signature
of its own; a book without a seal carries them from its first move.
"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core_ledger.chain_keys import ChainKeys
from core_ledger.errors import Damaged
from core_ledger.tables import books, chain_seals, moves

# The ledger as a whole has the one name that no book can have; its row counts the others.
SEALS_LOCK = 0x6C656467657202
WHOLE = ""
SEALING_BATCH_SIZE = 5_000


@dataclass(frozen=True, slots=True)
class ChainSeals:
    """Where signing begins: `heads` of the books that were there on `day`. `fault` says why it cannot be believed."""

    day: str
    heads: dict[str, tuple[int, bytes]]
    fault: str = ""


def seal_chains(conn: Connection, keys: ChainKeys, day: date) -> int:
    """Sign the heads of all books, once; the number of books signed now. Later calls change nothing.

    Raises Damaged where moves are signed already: then the seals were taken away, and nothing is signed anew.
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SEALS_LOCK})")
    if chains_are_sealed(conn):
        return 0
    if conn.scalar(sa.select(moves.c.seq).where(moves.c.mac.is_not(None)).limit(1)) is not None:
        raise Damaged(
            "the day from which moves are signed is gone from the database, and moves are signed: it was tampered with; "
            "put a backup back, and compare it by `point-gateway ledger verify --against` with the daily digests"
        )
    text, count, after = day.isoformat(), 0, ""
    while True:
        query = sa.select(books.c.book_id, books.c.seq, books.c.head).where(books.c.book_id > after)
        rows = conn.execute(query.order_by(books.c.book_id).limit(SEALING_BATCH_SIZE)).all()
        if not rows:
            break
        conn.execute(chain_seals.insert(), [_row(keys, row.book_id, text, row.seq, row.head) for row in rows])
        count, after = count + len(rows), rows[-1].book_id
    conn.execute(chain_seals.insert(), [_row(keys, WHOLE, text, count, b"")])
    return count


def chains_are_sealed(conn: Connection) -> bool:
    """Whether the day from which moves are signed has been written down."""
    return conn.scalar(sa.select(chain_seals.c.seq).where(chain_seals.c.book_id == WHOLE)) is not None


def sealed_on(conn: Connection) -> str:
    """The day from which moves are signed; empty where there is none."""
    return conn.scalar(sa.select(chain_seals.c.day).where(chain_seals.c.book_id == WHOLE)) or ""


def read_seals(conn: Connection, keys: ChainKeys) -> ChainSeals:
    """Read and check the seals."""
    rows = conn.execute(sa.select(chain_seals)).all()
    whole = next((row for row in rows if row.book_id == WHOLE), None)
    heads = {row.book_id: (row.seq, row.head) for row in rows if row.book_id != WHOLE}
    if whole is None:
        return ChainSeals("", heads, "the day from which moves are signed is not in the database, or no more")
    for row in rows:
        if keys.age_of(_content(row.book_id, row.day, row.seq, row.head), row.mac) is None:
            return ChainSeals(
                whole.day, heads, f"the seal of {row.book_id or 'the ledger'} is under no key of ours"
            )
    if whole.seq != len(heads):
        return ChainSeals(
            whole.day, heads, f"there are {len(heads)} seals of books, and there were {whole.seq}"
        )
    return ChainSeals(whole.day, heads)


def _row(keys: ChainKeys, book: str, day: str, seq: int, head: bytes) -> dict[str, object]:
    mac = keys.sign(_content(book, day, seq, head))
    return {"book_id": book, "day": day, "seq": seq, "head": head, "mac": mac}


def _content(book: str, day: str, seq: int, head: bytes) -> bytes:
    return b"seal\x00" + "\x00".join((book, day, str(seq), head.hex())).encode()
