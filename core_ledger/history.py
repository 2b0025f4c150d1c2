# ruff: noqa: S608 - every statement is put together from constants of this module alone
"""What happened: lines of one account, newest first, and the same for a period.

Each posted move remembers, for its two accounts, the posted move before it. A history page walks that chain,
so it costs the same whether the book has a hundred lines or a hundred million, and no index has to be kept
for it on the way in.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from core_ledger.hash_chain import lots, microseconds, moment, read_details
from core_ledger.tables import accounts, moves
from core_ledger.transfers import LotMovement

_COLUMNS = (
    "{0}.book_id, {0}.seq, {0}.id, {0}.source, {0}.target, {0}.points, {0}.at, {0}.kind, {0}.reference, {0}.details,"
    " {0}.hold, {0}.lots, {0}.source_balance, {0}.target_balance,"
    " CASE WHEN {0}.source = :account THEN {0}.source_prev ELSE {0}.target_prev END"
)
_WALK = (
    "WITH RECURSIVE line (book_id, seq, id, source, target, points, at, kind, reference, details, hold, lots,"
    " source_balance, target_balance, prev) AS ("
    f"SELECT {_COLUMNS.format('m')} FROM moves m WHERE m.book_id = :book AND m.seq = :start"
    f" UNION ALL SELECT {_COLUMNS.format('m')} FROM line JOIN moves m ON m.book_id = :book AND m.seq = line.prev"
    ") SELECT * FROM line"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an account's history: `points` is signed, `balance` is what was there after it.

    `seq` orders the lines of a book and is the cursor for paging; `hold` names the hold that was posted,
    "" when there was none.
    """

    seq: int
    transfer_id: str
    at: datetime
    kind: str
    account: str
    counterparty: str
    points: int
    balance: int
    lots: tuple[LotMovement, ...]
    reference: str
    details: dict[str, str]
    hold: str = ""


def entries(
    conn: Connection,
    book: str,
    account: str,
    *,
    before: int | None = None,
    limit: int = 50,
    since: datetime | None = None,
    until: datetime | None = None,
    kinds: Collection[str] | None = None,
) -> list[Entry]:
    """List an account's lines, newest first; pass the last line's `seq` as `before` for the next page.

    `since` is inclusive, `until` exclusive, both by the moves' own times.
    """
    query, values = _WALK, {"book": book, "account": account, "start": _start(conn, book, account, before)}
    conditions = []
    if since is not None:
        conditions.append("at >= :since")
        values["since"] = microseconds(since)
    if until is not None:
        conditions.append("at < :until")
        values["until"] = microseconds(until)
    if kinds is not None:
        conditions.append("kind IN :kinds")
        values["kinds"] = list(kinds)
    if conditions:
        query = f"{query} WHERE {' AND '.join(conditions)}"
    # No ORDER BY: the chain is in order, and without one the database stops walking when the page is full.
    text_clause = sa.text(f"{query} LIMIT :count")
    if kinds is not None:
        text_clause = text_clause.bindparams(sa.bindparam("kinds", expanding=True))
    return [entry(row, account) for row in conn.execute(text_clause, {**values, "count": limit}).mappings()]


def references(conn: Connection, book: str, *, kind: str, limit: int) -> list[str]:
    """List what a book's newest moves of one kind refer to, newest first.

    It walks back through the book until so many are found; other moves between them cost their time.
    """
    query = sa.select(moves.c.reference).where(moves.c.book_id == book, moves.c.kind == kind)
    return list(conn.scalars(query.order_by(moves.c.seq.desc()).limit(limit)))


def entry(found: RowMapping, account: str) -> Entry:
    """Read one line from a row with the columns of `moves`, as `account` sees it."""
    comes = found["target"] == account
    return Entry(
        seq=found["seq"],
        transfer_id=found["id"],
        at=moment(found["at"]),
        kind=found["kind"],
        account=account,
        counterparty=found["source"] if comes else found["target"],
        points=found["points"] if comes else -found["points"],
        balance=found["target_balance"] if comes else found["source_balance"],
        lots=lots(found["lots"]),
        reference=found["reference"],
        details=read_details(found["details"]),
        hold=found["hold"] or "",
    )


def _start(conn: Connection, book: str, account: str, before: int | None) -> int:
    """Find the newest posted move of the account, or the newest below `before`; 0 when there is none."""
    if before is None:
        query = sa.select(accounts.c.last_seq).where(
            accounts.c.book_id == book, accounts.c.account == account
        )
        return conn.scalar(query) or 0
    touches = sa.or_(moves.c.source == account, moves.c.target == account)
    posted = moves.c.action.in_(["transfer", "post"])
    link = conn.scalar(
        sa.select(sa.case((moves.c.source == account, moves.c.source_prev), else_=moves.c.target_prev)).where(
            moves.c.book_id == book, moves.c.seq == before, touches, posted
        )
    )
    if link is not None:
        return int(link)
    # Not a cursor that a page of this account handed out: look for the place.
    below = sa.select(moves.c.seq).where(moves.c.book_id == book, moves.c.seq < before, touches, posted)
    return conn.scalar(below.order_by(moves.c.seq.desc()).limit(1)) or 0
