"""The ledger: move points, ask for balances. Plain functions of a Connection, inside the caller's transaction.

`apply` is the one that writes; the others wrap it. Nothing here commits: what a caller does with the same
connection becomes true together with the moves, or not at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core_ledger import storage
from core_ledger.account_rows import account as account_of
from core_ledger.bulk import transfer_many as transfer_many  # noqa: PLC0414 - belongs to what this module offers
from core_ledger.errors import LedgerError
from core_ledger.hash_chain import microseconds
from core_ledger.tables import accounts, moves
from core_ledger.transfers import Balance, Hold, Lot, Move, Post, Receipt, Transfer, Void, check, objection


def apply(conn: Connection, moves: Sequence[Move]) -> list[Receipt]:
    """Do all of `moves`, in their order, or none of them; one receipt each.

    Raises the first refusal (BadMove, NotEnoughPoints, IdReused, UnknownHold, HoldAlreadyResolved); then
    nothing was written. A move whose id and content are in the book already is answered as the first time.
    """
    for move in moves:
        check(move)
    if not moves:
        return []
    plan = storage.load(conn, moves)
    answer = plan.apply_group(moves)
    if isinstance(answer, LedgerError):
        raise answer
    storage.save(conn, plan)
    return answer


def apply_groups(conn: Connection, groups: Sequence[Sequence[Move]]) -> list[list[Receipt] | LedgerError]:
    """Do many groups of moves in one sweep of statements; each group whole or not at all, on its own."""
    answers = [objection(group) for group in groups]
    sound = [group for group, objection in zip(groups, answers, strict=True) if objection is None]
    if not any(sound):
        return [[] if objection is None else objection for objection in answers]
    plan = storage.load(conn, [move for group in sound for move in group])
    taken = iter([plan.apply_group(group) if group else [] for group in sound])
    storage.save(conn, plan)
    return [next(taken) if objection is None else objection for objection in answers]


def transfer(conn: Connection, move: Transfer) -> Receipt:
    """Move points now and for good; refusals as in apply."""
    return apply(conn, [move])[0]


def hold(conn: Connection, move: Hold) -> Receipt:
    """Set points aside until a post or void; refusals as in apply."""
    return apply(conn, [move])[0]


def post(conn: Connection, move: Post) -> Receipt:
    """Make the transfer that a hold promised; refusals as in apply."""
    return apply(conn, [move])[0]


def void(conn: Connection, move: Void) -> Receipt:
    """Give back what a hold set aside; refusals as in apply."""
    return apply(conn, [move])[0]


def balance(conn: Connection, book: str, account: str, at: datetime | None = None) -> Balance:
    """Tell what an account has in one book: now, or as of the moment `at` (inclusive) by the moves' own times."""
    if at is not None:
        return _past_balance(conn, book, account, at)
    row = conn.execute(
        sa.select(accounts.c.posted, accounts.c.held, accounts.c.coming).where(
            accounts.c.book_id == book, accounts.c.account == account
        )
    ).first()
    return Balance() if row is None else Balance(posted=row.posted, held=row.held, coming=row.coming)


def balances(conn: Connection, book: str, prefix: str = "") -> Mapping[str, Balance]:
    """Tell every account's balance in one book, by name, those that begin with `prefix` only."""
    rows = conn.execute(
        sa.select(accounts.c.account, accounts.c.posted, accounts.c.held, accounts.c.coming)
        .where(accounts.c.book_id == book, accounts.c.account.startswith(prefix, autoescape=True))
        .order_by(accounts.c.account)
    )
    # LIKE takes "A" for "a" on SQLite, names do not.
    return {
        row.account: Balance(posted=row.posted, held=row.held, coming=row.coming)
        for row in rows
        if row.account.startswith(prefix)
    }


def total(conn: Connection, account: str) -> int:
    """Sum the posted points of one account over all books: what a partner, a funder, a shop stands at."""
    posted = conn.scalar(sa.select(sa.func.sum(accounts.c.posted)).where(accounts.c.account == account))
    return int(posted or 0)


def lots(conn: Connection, book: str, account: str) -> tuple[Lot, ...]:
    """List the heaps of an own account, oldest day of issue first."""
    row = conn.execute(
        _account_row().where(accounts.c.book_id == book, accounts.c.account == account)
    ).first()
    if row is None:
        return ()
    return _lots(account_of(row).heaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotDue:
    """One heap that a sweep must look at: whose, since when, how many points are free to move."""

    book: str
    account: str
    issued_on: date
    points: int


def lots_due(
    conn: Connection,
    pattern: str,
    issued_until: date,
    *,
    after: tuple[str, str] | None = None,
    limit: int = 1_000,
) -> list[LotDue]:
    """Find, across books, free heaps issued on or before a day, in accounts that match `pattern`.

    `pattern` is a name with `*` for any one part: "member:*:reserve". A page ends with a whole account and holds
    at most `limit` accounts; pass the last line's (book, account) as `after` for the next page; an empty
    page is the end. Nothing is locked: a later move decides anew.
    """
    book_id, account = accounts.c.book_id, accounts.c.account
    query = (
        _account_row()
        .where(accounts.c.oldest_on <= issued_until.isoformat(), matches(conn, account, pattern))
        .order_by(book_id, account)
        .limit(limit)
    )
    if after is not None:
        query = query.where(sa.tuple_(book_id, account) > sa.tuple_(*map(sa.literal, after)))
    return [
        LotDue(book=row.book_id, account=row.account, issued_on=heap.issued_on, points=heap.available)
        for row in conn.execute(query)
        for heap in _lots(account_of(row).heaps)
        if heap.issued_on <= issued_until and heap.available
    ]


def each_lot_due(conn: Connection, pattern: str, issued_until: date, limit: int = 1_000) -> Iterator[LotDue]:
    """Walk through every page of `lots_due`."""
    after = None
    while page := lots_due(conn, pattern, issued_until, after=after, limit=limit):
        yield from page
        after = (page[-1].book, page[-1].account)


def matches(conn: Connection, column: sa.ColumnElement[str], pattern: str) -> sa.ColumnElement[bool]:
    """Compare a name with a pattern in which `*` stands for any one part and everything else for itself.

    With the number of colons fixed, no star can swallow one: "member:*:reserve" is not "member:1:x:reserve".
    """
    parts = sa.func.length(column) - sa.func.length(sa.func.replace(column, ":", ""))
    if conn.dialect.name == "sqlite":
        # GLOB minds upper and lower case, LIKE does not.
        glob = pattern.replace("[", "[[]").replace("?", "[?]")
        alike = column.op("GLOB", is_comparison=True)(glob)
    else:
        like = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
        alike = column.like(like, escape="\\")
    return sa.and_(alike, parts == pattern.count(":"))


def _account_row() -> sa.Select[tuple[str, str, int, int, int, int, str]]:
    table = accounts.c
    return sa.select(
        table.book_id, table.account, table.posted, table.held, table.coming, table.last_seq, table.heaps
    )


def _lots(stored: Mapping[str, Sequence[int]]) -> tuple[Lot, ...]:
    return tuple(
        Lot(issued_on=date.fromisoformat(day), points=stored[day][0], held=stored[day][1])
        for day in sorted(stored)
    )


def _past_balance(conn: Connection, book: str, account: str, at: datetime) -> Balance:
    moment = microseconds(at)
    row, later = moves.alias(), moves.alias()
    resolved = (
        sa.exists()
        .where(later.c.book_id == book, later.c.hold == row.c.id, later.c.at <= moment)
        .correlate(row)
    )
    posts = row.c.action.in_(["transfer", "post"])
    waits = sa.and_(row.c.action == "hold", sa.not_(resolved))
    is_target, is_source = row.c.target == account, row.c.source == account

    def summed(condition: sa.ColumnElement[bool], points: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, points), else_=0)), 0)

    rows = conn.execute(
        sa.select(
            summed(posts, sa.case((is_target, row.c.points), else_=-row.c.points)).label("posted"),
            summed(sa.and_(waits, is_source), row.c.points).label("held"),
            summed(sa.and_(waits, is_target), row.c.points).label("coming"),
        ).where(row.c.book_id == book, sa.or_(is_source, is_target), row.c.at <= moment)
    ).one()
    return Balance(posted=int(rows.posted), held=int(rows.held), coming=int(rows.coming))
