"""Expiry (失効): applied at the moment of use, and by a nightly sweep for those who use nothing.

At the moment of use the expired heaps leave in the same transaction, before anything is drawn: so an expired
point is never spent, however late the sweep. Both go to the city's `expired` account and can be read in the
member's history. A member is shown what expires when (`what_expires`) before it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import structlog
from sqlalchemy import Connection, bindparam, select

from core_ledger import Lot, Transfer, chart, entries, ledger, read_model
from core_ledger.read_model import books
from gateway.errors import ProblemError
from gateway.platform.compiled_sql import CompiledStatement
from gateway.points import account_positions
from gateway.points import rules as point_rules
from gateway.points.rules import RuleVersion
from httpkit.clock import day_of

_log = structlog.get_logger()
_PAGE: Final = 1_000
_LOCK: Final = CompiledStatement(
    select(books.c.book_id).where(books.c.book_id == bindparam("locked_book")).with_for_update()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryDue:
    """Points of one day of issue and the last day on which they can be used; None: they never expire."""

    issued_on: date
    last_day: date | None
    points: int


def lock_books(conn: Connection, names: Sequence[str]) -> None:
    """Hold members' books until the transaction ends, in one order for everybody. On SQLite it is the only writer."""
    if len(names) > 1:
        read_model.lock_books(conn, names)
    elif names and conn.dialect.name != "sqlite":
        _LOCK.all(conn, {"locked_book": names[0]})


def expire_due(
    conn: Connection,
    member_id: str,
    code: str,
    service: str,
    rules: Sequence[RuleVersion],
    at: datetime,
    today: date,
) -> int:
    """Let what has expired leave a member's account, as a part of the caller's transaction. Returns the points.

    Locks the member's book first, so that what is drawn afterwards is what was looked at here.
    """
    book, account = chart.member_book(member_id), chart.municipal(member_id, code, service)
    lock_books(conn, [book])
    due = [
        heap
        for heap in account_positions.of_account(conn, book, account).lots
        if heap.available and is_expired(rules, heap.issued_on, today)
    ]
    if not due:
        return 0
    # The account's newest line makes the ids new whenever anything has happened in it since.
    newest = entries(conn, book, account, limit=1)[0].seq
    ledger.apply(
        conn,
        [
            Transfer(
                id=f"expiry:{code}:{service}:{heap.issued_on.isoformat()}:{newest}",
                book=book,
                source=account,
                target=chart.expired(code),
                points=heap.available,
                at=at,
                kind="expiry",
                issued_from=heap.issued_on,
                issued_until=heap.issued_on,
            )
            for heap in due
        ],
    )
    return sum(heap.available for heap in due)


def expire_in(conn: Connection, account: str, at: datetime) -> int:
    """The same for whatever account is drawn on; points elsewhere than in a point service do not expire."""
    match account.split(":"):
        case ["member", member_id, "municipality", code, service]:
            rules = point_rules.versions(conn, code, service)
            return expire_due(conn, member_id, code, service, rules, at, day_of(at))
    return 0


def is_expired_in(conn: Connection, account: str, issued_on: date | None, today: date) -> bool:
    """Whether points of this day of issue have expired in an account, in the sense of `expire_in`."""
    match account.split(":"):
        case ["member", _, "municipality", code, service] if issued_on is not None:
            return is_expired(point_rules.versions(conn, code, service), issued_on, today)
    return False


def usable(lots: Iterable[Lot], rules: Sequence[RuleVersion], today: date) -> int:
    """The points that can be paid with: neither promised away nor past their last day, swept off or not."""
    return sum(lot.available for lot in lots if not is_expired(rules, lot.issued_on, today))


def unexpired(lots: Iterable[Lot], rules: Sequence[RuleVersion], today: date) -> int:
    """The same with what is promised away."""
    return sum(lot.points for lot in lots if not is_expired(rules, lot.issued_on, today))


def is_expired(rules: Sequence[RuleVersion], issued_on: date, today: date) -> bool:
    last = point_rules.last_day(rules, issued_on)
    return last is not None and last < today


def refuse_expired(conn: Connection, code: str, service: str, issued: Iterable[date], today: date) -> None:
    """Refuse points that have expired in a point service before they come there. Raises ProblemError (409)."""
    rules = point_rules.versions(conn, code, service)
    for issued_on in issued:
        if is_expired(rules, issued_on, today):
            raise ProblemError(
                "points-expired-there",
                f"The points that were issued on {issued_on} expired there on"
                f" {point_rules.last_day(rules, issued_on)}; they stay where they are. Choose another municipality.",
                issued_on=issued_on.isoformat(),
            )


def what_expires(conn: Connection, member_id: str, code: str, service: str) -> list[ExpiryDue]:
    """A member's points by day of issue, with the last day of each; the soonest to expire first."""
    heaps = ledger.lots(conn, chart.member_book(member_id), chart.municipal(member_id, code, service))
    return last_days(point_rules.versions(conn, code, service), heaps)


def last_days(rules: Sequence[RuleVersion], heaps: Sequence[Lot]) -> list[ExpiryDue]:
    """The last day of each heap under a point service's rules; the soonest to expire first."""
    due = [
        ExpiryDue(
            issued_on=heap.issued_on,
            last_day=point_rules.last_day(rules, heap.issued_on),
            points=heap.points,
        )
        for heap in heaps
        if heap.points
    ]
    return sorted(due, key=lambda expiry_due: (expiry_due.last_day or date.max, expiry_due.issued_on))
