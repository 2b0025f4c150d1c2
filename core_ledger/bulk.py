"""Many moves in one transaction, each with its own result: grants, sweeps, imports.

While the database writes one set, the next is decided: the decisions need only what was loaded and what was
decided before, never the rows that are on their way.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from sqlalchemy.engine import Connection

from core_ledger import shelf
from core_ledger.errors import LedgerError
from core_ledger.moves import Move, Receipt, objection
from core_ledger.plan import Plan

SET_SIZE = 1_000


def transfer_many(
    conn: Connection, moves: Sequence[Move], progress: Callable[[int, int], None] | None = None
) -> list[Receipt | LedgerError]:
    """Do 1 to 100,000 moves set by set, each with its own result: a receipt, or the error that refused it.

    `progress(done, total)` is called after every thousand. All are in the caller's transaction.
    """
    results: list[Receipt | LedgerError] = []
    plan, rows = Plan(), None
    with ThreadPoolExecutor(1, "ledger-bulk") as writer:
        for start in range(0, len(moves), SET_SIZE):
            part = moves[start : start + SET_SIZE]
            objections = [objection([move]) for move in part]
            sound = [move for move, found in zip(part, objections, strict=True) if found is None]
            # Loading goes before the writing of the set before: the connection does one thing at a time.
            plan.add(shelf.load(conn, sound))
            writing: Future[None] | None = None if rows is None else writer.submit(shelf.write, conn, rows)
            results += [
                _take(plan, move) if found is None else found
                for move, found in zip(part, objections, strict=True)
            ]
            rows = shelf.hand_over(plan)
            if writing is not None:
                writing.result()
            if progress is not None:
                progress(len(results), len(moves))
    if rows is not None:
        shelf.write(conn, rows)
    return results


def _take(plan: Plan, move: Move) -> Receipt | LedgerError:
    answer = plan.take([move])
    return answer if isinstance(answer, LedgerError) else answer[0]
