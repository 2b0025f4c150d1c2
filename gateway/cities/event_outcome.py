"""What becomes of an event's gifts once it has ended: its goal and its rule decide, once; then every share moves.

    reached      the goal was given                        share → the event's account
    kept         it was missed, or there is none; kept     share → the event's account
    given_back   it was missed, and the rule gives back    share → the giver's own reserve
    withdrawn    ended before it began                     there are no gifts

Each share is one move in its giver's own book, days of issue and all, under an id made of the event alone: whatever
is repeated, interrupted or done by two processes, it moves once. Hundreds go in one transaction, and the gifts
remember which of them have gone. What comes back into the reserve is moved on by the 14-day rule like anything else
there. Both the decision and the end of the moving have their line in the audit log of the event's city.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection, select, update

from core_ledger import LedgerError, NotEnoughPoints, Transfer, chart, ledger
from core_ledger.read_model import posted_points
from gateway.cities.city_context import CityContext
from gateway.platform import audit_log, tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.job_steps import run_each
from gateway.platform.roles import PLATFORM
from gateway.platform.transitions import require_legal
from gateway.points import support_events as records
from gateway.points.support_events import EventState, SupportEvent

SETTLE_BATCH_SIZE: Final = 500
_events, _gifts = tables.support_events, tables.event_gifts
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class EventOutcomes:
    context: CityContext

    async def settle_ended(self) -> int:
        """Settle every shown event whose period is over, and go on with what was interrupted. Returns how many.

        What one event raises is raised when the others are settled.
        """
        now = self.context.clock()
        unsettled = _events.c.settled_at.is_(None)
        query = select(_events.c.event_id).where(
            ((_events.c.state == "shown") & (_events.c.ends_at <= now))
            | ((_events.c.state == "ended") & unsettled)
        )
        event_ids = await self.context.store.read(lambda conn: list(conn.execute(query).scalars()))
        await run_each(event_ids, self.settle, "event")
        return len(event_ids)

    async def settle(self, event_id: str) -> SupportEvent:
        """Decide the outcome where that is due, and move every share. Safe to repeat, to interrupt, and in parallel."""
        event = await self.context.store.run(partial(self._decide_when_over, event_id=event_id))
        after: str | None = ""
        while event.outcome is not None and event.settled_at is None and after is not None:
            event, after = await self.context.store.run(
                partial(self._settle_set, event_id=event_id, after=after)
            )
        return event

    def decide(self, conn: Connection, event: SupportEvent, at: datetime) -> str:
        """Decide the outcome of an event whose row the caller has locked, and end it. Returns the outcome."""
        event_gifts = records.gifts_by_event(conn, [event.event_id])[event.event_id]
        outcome = _outcome(event, event_gifts.points, at)
        require_legal(records.LEGAL, event.state, EventState.ENDED)
        conn.execute(
            update(_events)
            .where(_events.c.event_id == event.event_id)
            # An event that ends early took points until this moment; one that never began keeps its period.
            .values(
                state=EventState.ENDED,
                outcome=outcome,
                decided_at=at,
                ends_at=min(event.ends_at, at) if at > event.starts_at else event.ends_at,
            )
        )
        facts: dict[str, str | int] = {
            "outcome": outcome, "points": event_gifts.points, "givers": event_gifts.givers, "goal": event.goal_points or "",
        }  # fmt: skip
        self._write_audit(conn, event, at, AuditAction.EVENT_OUTCOME_DECIDED, facts)
        return outcome

    def _decide_when_over(self, conn: Connection, event_id: str) -> SupportEvent:
        # Locked: a gift that is being made is waited for, and one that comes later finds the event ended.
        event, now = records.find(conn, event_id, lock=True), self.context.clock()
        if event is not None and event.state == "shown" and event.ends_at <= now:
            self.decide(conn, event, now)
        return records.require(conn, event_id)

    def _settle_set(self, conn: Connection, event_id: str, after: str) -> tuple[SupportEvent, str | None]:
        """Move the next shares; gives the last book that was looked at, or None where there are no more."""
        event, now = records.require(conn, event_id), self.context.clock()
        waiting = (
            select(_gifts.c.book_id)
            .where(_gifts.c.event_id == event_id, _gifts.c.settled_at.is_(None))
            .order_by(_gifts.c.book_id)
        )
        books = list(conn.execute(waiting.where(_gifts.c.book_id > after).limit(SETTLE_BATCH_SIZE)).scalars())
        if books:
            _move_shares(conn, event, books, now)
        if len(books) == SETTLE_BATCH_SIZE:
            return event, books[-1]
        if conn.execute(waiting.limit(1)).first() is None:
            self._close(conn, event, now)
        return records.require(conn, event_id), None

    def _close(self, conn: Connection, event: SupportEvent, now: datetime) -> None:
        closed = conn.execute(
            update(_events)
            .where(_events.c.event_id == event.event_id, _events.c.settled_at.is_(None))
            .values(settled_at=now)
        )
        if closed.rowcount == 0:
            return  # another process was there first
        event_gifts = records.gifts_by_event(conn, [event.event_id])[event.event_id]
        facts: dict[str, str | int] = {"outcome": event.outcome or "", "points": event_gifts.points}
        self._write_audit(conn, event, now, AuditAction.EVENT_SETTLED, facts | {"givers": event_gifts.givers})
        _log.info("event settled", event_id=event.event_id, outcome=event.outcome, points=event_gifts.points)

    def _write_audit(
        self,
        conn: Connection,
        event: SupportEvent,
        at: datetime,
        action: AuditAction,
        facts: dict[str, str | int],
    ) -> None:
        audit_log.write(
            conn,
            event.municipality or PLATFORM,
            at=at,
            actor="system",
            actor_name="",
            action=action,
            subject=event.event_id,
            facts=facts,
        )


def _outcome(event: SupportEvent, given: int, at: datetime) -> str:
    if not given and (event.state == "planned" or at < event.starts_at):
        return "withdrawn"
    if event.goal_points is not None and given >= event.goal_points:
        return "reached"
    return "given_back" if event.on_failure == "give_back" else "kept"


def _move_shares(conn: Connection, event: SupportEvent, books: Sequence[str], at: datetime) -> None:
    """Move these shares whole. One of which a reversal holds a part stays until the reversal has ended."""
    names = {book: chart.event_share(_member(book), event.event_id) for book in books}
    shares = posted_points(conn, names)
    back = event.outcome == "given_back"
    moves = [
        Transfer(
            id=f"event-end:{event.event_id}",
            book=book,
            source=names[book],
            target=chart.reserve(_member(book)) if back else chart.event(event.event_id),
            points=points,
            at=at,
            kind="event_given_back" if back else "event_kept",
            reference=event.event_id,
        )
        for book in books
        if (points := shares.get(book, 0))
    ]
    held: set[str] = set()
    for move, outcome in zip(moves, ledger.transfer_many(conn, moves), strict=True):
        if isinstance(outcome, NotEnoughPoints):
            held.add(move.book)
        elif isinstance(outcome, LedgerError):  # a share that is not what its book says: nothing is guessed
            raise outcome
    if held:
        _log.warning("event shares held", event_id=event.event_id, shares=len(held))
    conn.execute(
        update(_gifts)
        .where(_gifts.c.event_id == event.event_id, _gifts.c.book_id.in_([*set(books) - held]))
        .values(settled_at=at)
    )


def _member(book: str) -> str:
    return book.removeprefix("member:")
