"""What happens to the reserve (留保ポイント): allocated by hand, given to an event, or moved after 14 days.

    allocate      reserve → a municipality's point service, chosen by the member
    contribute    reserve → a support event (特定支援イベント)
    move_overdue  reserve untouched for 14 days → the member's default municipality (基本自治体)

All points keep the day they were issued, and none goes to where it has expired by then. Source for the 14 days: the platform's published rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection, select

from core_ledger import (
    IdReused,
    LedgerError,
    LotDue,
    NotEnoughPoints,
    Receipt,
    Store,
    StoreError,
    Transfer,
    chart,
    ledger,
)
from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.states import MemberState
from gateway.plugin_interfaces import Clock
from gateway.points import directory, expiry, support_events
from httpkit.clock import day_of

RESERVE_PERIOD: Final = timedelta(days=14)

T = TypeVar("T")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocations:
    store: Store
    clock: Clock

    async def allocate(
        self, member_id: str, allocation_id: str, points: int, municipality: str, point_service: str
    ) -> Receipt:
        """Move `points` from the reserve to a point service (各自治体ポイントへの移行).

        `allocation_id` is the caller's; the same id with the same content is the same allocation.
        Raises ProblemError: not enough points, unknown or closed point service, points that would have expired there
        already, id used for something else.
        """

        def job(conn: Connection) -> Receipt:
            directory.require_known_service(conn, municipality, point_service)
            target = chart.municipal(member_id, municipality, point_service)
            receipt = _out_of_reserve(
                conn, self.clock, member_id, allocation_id, points, target, "allocate", {}
            )
            if not receipt.replayed:  # what was done before a closing is still the answer to its id
                directory.require_service(conn, municipality, point_service)
                issued, today = [lot.issued_on for lot in receipt.lot_movements], day_of(self.clock())
                expiry.refuse_expired(conn, municipality, point_service, issued, today)
            return receipt

        return await self.store.run(job)

    async def contribute(self, member_id: str, contribution_id: str, points: int, event_id: str) -> Receipt:
        """Move `points` from the reserve to a support event (留保ポイントを個別特定支援イベントに移行).

        Raises ProblemError: `unknown-event` (404), `event-not-open`, `event-not-for-member`, `not-enough-points`,
        `id-reused` (409). Points of an event that has not ended stay in the member's own book.
        """

        def job(conn: Connection) -> Receipt:
            support_events.require_shown(conn, event_id)
            target = chart.event_share(member_id, event_id)
            receipt = _out_of_reserve(
                conn, self.clock, member_id, contribution_id, points, target, "contribute", {}
            )
            if not receipt.replayed:  # what was given before the end is still the answer to its id
                event = support_events.require_in_force(conn, event_id, self.clock())
                support_events.require_giver(event, _default_municipality(conn, member_id))
                support_events.count_gift(conn, chart.member_book(member_id), event_id, points)
            return receipt

        return await self.store.run(job)

    async def move_overdue(self, today: date) -> MovedOverdue:
        """Move every reserve heap of 14 days or older to its member's default municipality.

        Safe to repeat, to interrupt and to run in two processes: each heap's move has an id of its own.
        A member without a default, or whose default takes no more points or none of that day, keeps the points
        and is counted, so that somebody can be told.
        """
        last_day = today - RESERVE_PERIOD
        due = await self.store.read(
            lambda conn: list(ledger.each_lot_due(conn, "member:*:reserve", last_day))
        )
        moved = points = homeless = 0
        for heap in due:
            try:
                taken = await self.store.run(partial(self._move_heap, heap=heap, today=today))
            except StoreError:
                raise
            except LedgerError as fault:
                # A book that is not what it says: nothing is guessed, and the others go on.
                _log.error("reserve not moved", book=heap.book, text=str(fault))
                continue
            if taken is None:
                homeless += 1
            elif taken:
                moved, points = moved + 1, points + taken
        _log.info(
            "reserve moved", day=today.isoformat(), heaps=moved, points=points, without_default=homeless
        )
        return MovedOverdue(heaps=moved, points=points, without_default=homeless)

    def _move_heap(self, conn: Connection, *, heap: LotDue, today: date) -> int | None:
        """Points moved; 0 when there is nothing to move any more, None when the member has no default that is open."""
        member_id = heap.book.removeprefix("member:")
        m = tables.members
        row = conn.execute(
            select(m.c.default_municipality, m.c.default_point_service).where(m.c.member_id == member_id)
        ).one_or_none()
        if row is None or row.default_municipality is None:
            return None
        try:
            default = (row.default_municipality, row.default_point_service)
            directory.require_service(conn, *default)
            expiry.refuse_expired(conn, *default, [heap.issued_on], today)
        except ProblemError:
            return None  # closed since the member chose it, or these points would be lost there
        account = chart.reserve(member_id)
        free = sum(
            own.available for own in ledger.lots(conn, heap.book, account) if own.issued_on == heap.issued_on
        )
        if not free:
            return 0
        move = Transfer(
            id=f"move-after-14-days:{heap.issued_on.isoformat()}:{today.isoformat()}",
            book=heap.book,
            source=account,
            target=chart.municipal(member_id, *default),
            points=free,
            at=self.clock(),
            kind="auto_allocate",
            issued_from=heap.issued_on,
            issued_until=heap.issued_on,
        )
        try:
            receipt = ledger.transfer(conn, move)
        except (IdReused, NotEnoughPoints):
            return 0  # moved a moment ago by another process, or spent
        return 0 if receipt.replayed else free


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedOverdue:
    """What one run of the 14-day move did. `without_default` heaps wait for their members to choose."""

    heaps: int
    points: int
    without_default: int


def _default_municipality(conn: Connection, member_id: str) -> str | None:
    """The 基本自治体 of an active member. Raises ProblemError `unknown-member` (404)."""
    members = tables.members
    active = (members.c.member_id == member_id) & (members.c.state == MemberState.ACTIVE)
    row = conn.execute(select(members.c.default_municipality).where(active)).one_or_none()
    if row is None:
        raise ProblemError("unknown-member", "There is no such member.")
    code: str | None = row.default_municipality
    return code


def _out_of_reserve(
    conn: Connection,
    clock: Clock,
    member_id: str,
    move_id: str,
    points: int,
    target: str,
    kind: str,
    details: Mapping[str, str],
) -> Receipt:
    book = chart.member_book(member_id)
    move = Transfer(
        id=f"{kind}:{move_id}",
        book=book,
        source=chart.reserve(member_id),
        target=target,
        points=points,
        at=clock(),
        kind=kind,
        details=details,
    )
    return _refused_in_words(lambda: ledger.transfer(conn, move))


def _refused_in_words(do: Callable[[], T]) -> T:
    try:
        return do()
    except NotEnoughPoints as short:
        raise ProblemError(
            "not-enough-points",
            f"the reserve has {short.available:,} points that can be moved; ask for at most that many",
            available=short.available,
        ) from None
    except IdReused:
        raise ProblemError(
            "id-reused", "this id was used for something else; make a new id (a UUID)"
        ) from None
