"""Loading and saving on PostgreSQL: two round trips for a batch of any size.

The reading function locks the books in one order, so that two writers wait instead of deadlocking, and only
then reads: under READ COMMITTED each statement inside it sees what the writer before has committed.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from core_ledger.plan import Key, Plan
from core_ledger.seal import Record


def load(conn: Connection, books: list[str], ids: set[Key], holds: set[Key], names: set[Key]) -> Plan:
    """Lock `books` and load their heads, the moves `ids` and `holds`, and the accounts `names`."""
    raise NotImplementedError


def save(
    conn: Connection,
    books: Sequence[tuple[Any, ...]],
    accounts: Sequence[tuple[Any, ...]],
    moves: Iterable[Record],
) -> None:
    """Write the rows of the books, accounts and moves."""
    raise NotImplementedError
