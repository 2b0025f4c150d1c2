"""Look into books and then move, as one thing: what was seen is what the moves meet.

Whoever decides by what an account has reads the same rows that the ledger reads to move; here they are read once.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.engine import Connection

from core_ledger import storage
from core_ledger.errors import LedgerError
from core_ledger.plan import Account
from core_ledger.transfers import Move, Receipt, check

_EMPTY = Account()


class LockedBooks:
    """The books that some moves name, held by the caller's transaction until it ends."""

    def __init__(self, conn: Connection, moves: Sequence[Move]) -> None:
        """Lock the books, in one order for everybody, and read what deciding on `moves` needs. Raises BadMove."""
        for move in moves:
            check(move)
        self._conn = conn
        self._plan = storage.load(conn, moves)

    def available(self, book: str, account: str) -> int:
        """Tell how many points of an account that one of the moves names are free to move: posted, not on hold."""
        state = self._account(book, account)
        return state.posted - state.held

    def days(self, book: str, account: str) -> list[date]:
        """List the days of issue of an own account's free points, in no order."""
        heaps = self._account(book, account).heaps
        return [date.fromisoformat(day) for day, (points, held) in heaps.items() if points > held]

    def apply(self, moves: Sequence[Move]) -> list[Receipt | LedgerError]:
        """Do those of the moves that are given here, each on its own, and close the books: the last thing to be done.

        What `available` tells afterwards is what they left.
        """
        answers = [self._plan.apply_group([move]) for move in moves]
        storage.save(self._conn, self._plan)
        return [answer if isinstance(answer, LedgerError) else answer[0] for answer in answers]

    def _account(self, book: str, account: str) -> Account:
        return self._plan.accounts.get((book, account), _EMPTY)
