"""Many moves in one transaction, each with its own result: grants, sweeps, imports."""

from collections.abc import Callable, Sequence

from sqlalchemy.engine import Connection

from core_ledger import storage
from core_ledger.errors import LedgerError
from core_ledger.plan import Plan
from core_ledger.transfers import Move, Receipt, objection

BULK_BATCH_SIZE = 2_000


def transfer_many(
    conn: Connection, moves: Sequence[Move], progress: Callable[[int, int], None] | None = None
) -> list[Receipt | LedgerError]:
    """Do 1 to 100,000 moves set by set, each with its own result: a receipt, or the error that refused it.

    `progress(done, total)` is called after every set. All are in the caller's transaction.
    """
    results: list[Receipt | LedgerError] = []
    for start in range(0, len(moves), BULK_BATCH_SIZE):
        part = moves[start : start + BULK_BATCH_SIZE]
        objections = [objection([move]) for move in part]
        plan = storage.load(
            conn, [move for move, bad_move in zip(part, objections, strict=True) if bad_move is None]
        )
        results += [
            _apply_one(plan, move) if bad_move is None else bad_move
            for move, bad_move in zip(part, objections, strict=True)
        ]
        storage.save(conn, plan)
        if progress is not None:
            progress(len(results), len(moves))
    return results


def _apply_one(plan: Plan, move: Move) -> Receipt | LedgerError:
    answer = plan.apply_group([move])
    return answer if isinstance(answer, LedgerError) else answer[0]
