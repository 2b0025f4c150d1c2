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

from core_ledger.moves import Lot
from core_ledger.seal import lots, microseconds, moment, read_details
from core_ledger.tables import accounts, moves


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
    lots: tuple[Lot, ...]
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
    row = moves.alias("row")
    start = _start(conn, book, account, before)
    line = (
        sa.select(*_line(row, account))
        .where(row.c.book_id == book, row.c.seq == start)
        .cte("line", recursive=True)
    )
    older = moves.alias("older")
    line = line.union_all(
        sa.select(*_line(older, account)).where(older.c.book_id == book, older.c.seq == line.c.prev)
    )
    query = sa.select(line).order_by(line.c.seq.desc()).limit(limit)
    # Without an ORDER BY the database may stop walking as soon as the page is full; the chain is in order.
    query = query.order_by(None)
    if since is not None:
        query = query.where(line.c.at >= microseconds(since))
    if until is not None:
        query = query.where(line.c.at < microseconds(until))
    if kinds is not None:
        query = query.where(line.c.kind.in_(list(kinds)))
    return [entry(found, account) for found in conn.execute(query).mappings()]


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


def _line(table: sa.FromClause, account: str) -> list[sa.ColumnElement[object]]:
    own = [column for column in table.c if column.name not in {"asked", "hash", "source_prev", "target_prev"}]
    return [
        *own,
        sa.case((table.c.source == account, table.c.source_prev), else_=table.c.target_prev).label("prev"),
    ]


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
