"""Reports over time: a statement for a period, unused points by day of issue, and everything as a stream.

None of this is on the hot path; all of it reads the moves, which never change, so a report for a past
moment says tomorrow what it says today (as long as no move is dated back into it).
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core_ledger.chart import owned
from core_ledger.hash_chain import Record, microseconds, moment, read_lots
from core_ledger.history import Entry, entry
from core_ledger.ledger import matches
from core_ledger.tables import accounts, moves

PAGE = 1_000
POSTED = ("transfer", "post")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One account from `since` (inclusive) to `until` (exclusive): what was there, came, went, and is there."""

    account: str
    since: datetime
    until: datetime
    opening: int
    closing: int
    entries: tuple[Entry, ...]


def statement(conn: Connection, book: str, account: str, since: datetime, until: datetime) -> Statement:
    """Draw up an account's statement, its lines in the order of their times."""
    sides = sa.or_(moves.c.source == account, moves.c.target == account)
    mine = sa.and_(moves.c.book_id == book, sides, moves.c.action.in_(POSTED))
    signed = sa.case((moves.c.target == account, moves.c.points), else_=-moves.c.points)
    before = sa.select(sa.func.sum(signed)).where(mine, moves.c.at < microseconds(since))
    opening = int(conn.scalar(before) or 0)
    rows = conn.execute(
        sa.select(moves)
        .where(mine, moves.c.at >= microseconds(since), moves.c.at < microseconds(until))
        .order_by(moves.c.at, moves.c.seq)
    ).mappings()
    lines = tuple(entry(row, account) for row in rows)
    closing = opening + sum(line.points for line in lines)
    return Statement(
        account=account, since=since, until=until, opening=opening, closing=closing, entries=lines
    )


def unused_by_issue_date(conn: Connection, pattern: str, at: datetime | None = None) -> Mapping[date, int]:
    """Sum unused points by day of issue over all own accounts that match `pattern`, now or as of `at`.

    `pattern` is a name in which `*` stands for one part: "member:*:municipality:082163:*". Points on hold are
    still unused.
    """
    unused: dict[str, int] = {}
    if at is None:
        query = sa.select(accounts.c.heaps).where(
            matches(conn, accounts.c.account, pattern), accounts.c.heaps != "{}"
        )
        for heaps in conn.execute(query.execution_options(yield_per=PAGE)).scalars():
            for day, (points, _held) in json.loads(heaps).items():
                unused[day] = unused.get(day, 0) + points
    else:
        for sign, side in ((1, moves.c.target), (-1, moves.c.source)):
            query = sa.select(moves.c.book_id, side.label("account"), moves.c.lots).where(
                matches(conn, side, pattern), moves.c.action.in_(POSTED), moves.c.at <= microseconds(at)
            )
            for row in conn.execute(query.execution_options(yield_per=PAGE)):
                if owned(row.book_id, row.account):
                    for day, points in read_lots(row.lots):
                        unused[day] = unused.get(day, 0) + sign * points
    return {date.fromisoformat(day): unused[day] for day in sorted(unused) if unused[day]}


def export_json_lines(
    conn: Connection, *, book: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> Iterator[str]:
    """Stream every move as one JSON object a line, book by book in order; hashes in hex, times in UTC.

    `since` is inclusive, `until` exclusive. Nothing is gathered: memory stays at a thousand rows.
    """
    for record in _records(conn, book, since, until):
        yield json.dumps(_plain(record), ensure_ascii=False) + "\n"


def export_csv(
    conn: Connection, *, book: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> Iterator[str]:
    """Stream every move as CSV (RFC 4180) with a header line; fields and filters as in export_json_lines."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(name for name in Record._fields if name != "mac")
    for record in _records(conn, book, since, until):
        writer.writerow(_plain(record).values())
        yield _drain(buffer)
    rest = _drain(buffer)
    if rest:
        yield rest


def _records(
    conn: Connection, book: str | None, since: datetime | None, until: datetime | None
) -> Iterator[Record]:
    query = sa.select(moves).order_by(moves.c.book_id, moves.c.seq)
    if book is not None:
        query = query.where(moves.c.book_id == book)
    if since is not None:
        query = query.where(moves.c.at >= microseconds(since))
    if until is not None:
        query = query.where(moves.c.at < microseconds(until))
    with conn.execute(query.execution_options(yield_per=PAGE)) as rows:
        yield from map(Record._make, rows)


def _plain(record: Record) -> dict[str, str | int | None]:
    row: dict[str, str | int | None] = record._asdict()
    del row["mac"]  # says something to the holder of the key only
    return {
        **row,
        "at": moment(record.at).isoformat(),
        "asked": record.asked.hex(),
        "hash": record.hash.hex(),
    }


def _drain(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
