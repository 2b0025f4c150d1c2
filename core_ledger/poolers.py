"""Is there a transaction pooler between us and PostgreSQL? It gives each transaction another session.

What belongs to a session is then somebody else's a moment later: a named prepared statement runs in place of another
of the same name, with another's answer.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.url import make_url

from core_ledger.errors import LedgerError

TRANSACTIONS = 5
"""How often the first asks for its session. With one idle session in the pool, the second tells."""

_MARK = "point_gateway.session"


class TransactionPooler(LedgerError):
    """The database is reached by way of a transaction pooler, and named prepared statements are in use."""


def refuse_transaction_pooler(url: str) -> None:
    """Raise TransactionPooler where a session is handed to another connection between two transactions.

    The first connection marks its session and ends its transaction. A pooler by transaction gives that session to
    the next who asks, who then sees the mark, or gives the first another session, which does not have it. One that
    hands its sessions out in turn gives the first another one in its next transactions.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        return
    engine = sa.create_engine(
        parsed, poolclass=sa.NullPool, connect_args={"prepare_threshold": None}, hide_parameters=True
    )
    try:
        with engine.connect() as first, engine.connect() as second:
            first.execute(sa.text("SELECT set_config(:mark, 'first', false)"), {"mark": _MARK})
            first.commit()
            sessions = set()
            for _ in range(TRANSACTIONS):
                sessions.add((first.scalar(sa.text("SELECT pg_backend_pid()")), _mark(first)))
                first.commit()
            seen_by_second = _mark(second)
            # Still in its transaction, the second keeps what it was given.
            if len(sessions) > 1 or seen_by_second == "first" or _mark(first) != "first":
                raise TransactionPooler(
                    "the database is reached by way of a pooler that gives each transaction another session; let it pool "
                    "by session (PgBouncer: pool_mode = session), connect directly, or set [database] prepared = false"
                )
    finally:
        engine.dispose()


def _mark(conn: Any) -> str:
    return str(conn.scalar(sa.text("SELECT coalesce(current_setting(:mark, true), '')"), {"mark": _MARK}))
