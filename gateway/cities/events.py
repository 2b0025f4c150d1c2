"""A city's support events (特定支援イベント) as its staff keep them: planned, shown, changed before the start, ended.

    planned ──► shown ──► ended
       ▲          │
       └──────────┘  a change before the start: somebody shows it again

One person plans, another's role shows: members see nothing of an event before that. From its start on nothing
about a shown event changes, because people have given under it; it can only be ended early. What then becomes of
the gifts is `gateway.cities.event_outcome`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, update

from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.drawn_from import require_seen, version_of
from gateway.cities.event_outcome import EventOutcomes
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.model import JST
from gateway.platform import tables
from gateway.platform.audit_actions import AuditAction
from gateway.platform.transitions import require_legal
from gateway.points import support_events as records
from gateway.points.support_events import EventGifts, EventState, Givers, OnFailure, SupportEvent

_events = tables.support_events
MAX_ID_LENGTH: Final = 32
"""Of the id that staff choose; the city's code and a hyphen come before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlan:
    """What a city plans; the period includes both days, Japan's time."""

    name: str
    purpose: str
    goal_points: int | None
    starts_on: date
    ends_on: date
    givers: Givers
    on_failure: OnFailure


@dataclass(frozen=True, slots=True)
class EventProgress:
    """An event and what it was given so far."""

    event: SupportEvent
    given: EventGifts


@dataclass(frozen=True, slots=True)
class Events:
    """The use cases of a city's staff."""

    context: CityContext
    outcomes: EventOutcomes

    async def list(self, code: str) -> list[EventProgress]:
        """The city's own events, the one that starts last first."""
        return await self.context.store.read(lambda conn: seen(conn, records.of_municipality(conn, code)))

    async def get(self, code: str, event_id: str) -> EventProgress:
        """One of the city's own events. Raises ProblemError `unknown-event` (404)."""
        return await self.context.store.read(lambda conn: seen(conn, [_own(conn, code, event_id)])[0])

    async def plan(self, who: StaffSession, own_id: str, plan: EventPlan) -> EventProgress:
        """Plan an event, which nobody but staff sees yet. Its id becomes the city's code, a hyphen and `own_id`.

        Raises ProblemError: `bad-event` (422), `event-exists` (409).
        """
        now, code = self.context.clock(), who.municipality
        if len(own_id) > MAX_ID_LENGTH:
            raise ProblemError(
                "bad-event", f"own_id: An event's id has at most {MAX_ID_LENGTH} characters.", field="own_id"
            )
        planned = _planned(f"{code}-{own_id}", code, plan)

        def job(conn: Connection) -> EventProgress:
            support_event = records.register(conn, planned)
            write_audit(
                conn, who, now, AuditAction.EVENT_PLANNED, support_event.event_id, facts=_facts(support_event)
            )
            return seen(conn, [support_event])[0]

        return await self.context.store.run(job)

    async def change(
        self, who: StaffSession, event_id: str, plan: EventPlan, drawn_from: str | None = None
    ) -> EventProgress:
        """Change what was planned. One that is shown but has not begun has to be shown again afterwards.

        `drawn_from` is the version that the change was drawn from.
        Raises ProblemError: `unknown-event` (404), `event-begun`, `event-state`, `changed-meanwhile` (409),
        `bad-event` (422).
        """
        code = who.municipality
        changed = _planned(event_id, code, plan)
        records.check(changed)

        def job(conn: Connection) -> EventProgress:
            before, now = _held(conn, code, event_id), self.context.clock()
            _refuse_ended(before)
            require_seen(drawn_from, event_version(before))
            event_gifts = records.gifts_by_event(conn, [event_id])[
                event_id
            ]  # a clock may have been set back since
            if before.state is EventState.SHOWN and (before.starts_at <= now or event_gifts.points):
                raise ProblemError(
                    "event-begun",
                    f"{before.name} has begun and members have given under what it says; end it, or plan another.",
                )
            _write(conn, before, **records.columns(changed))
            write_audit(conn, who, now, AuditAction.EVENT_CHANGED, event_id, facts=_facts(changed))
            return seen(conn, [records.require(conn, event_id)])[0]

        return await self.context.store.run(job)

    async def show(self, who: StaffSession, event_id: str, reason: str) -> EventProgress:
        """Let members see it, and give from its start on. Raises ProblemError: `unknown-event` (404), `event-state`,
        `event-over` (409), `reason-missing` (422).
        """
        code, why = who.municipality, require_reason(reason)

        def job(conn: Connection) -> EventProgress:
            event, now = _held(conn, code, event_id), self.context.clock()
            if event.state is not EventState.PLANNED:
                raise _wrong_state(event)
            if event.ends_at <= now:
                raise ProblemError("event-over", f"The period of {event.name} is over; change it first.")
            _write(conn, event, state=EventState.SHOWN)
            write_audit(conn, who, now, AuditAction.EVENT_SHOWN, event_id, why, _facts(event))
            return seen(conn, [records.require(conn, event_id)])[0]

        return await self.context.store.run(job)

    async def end(self, who: StaffSession, event_id: str, reason: str) -> EventProgress:
        """End an event before its period is over. Its outcome is decided at once, by its goal and its rule.

        Raises ProblemError: `unknown-event` (404), `event-state` (409), `reason-missing` (422).
        """
        code, why = who.municipality, require_reason(reason)

        def job(conn: Connection) -> EventProgress:
            event, now = _held(conn, code, event_id), self.context.clock()
            _refuse_ended(event)
            write_audit(conn, who, now, AuditAction.EVENT_ENDED, event_id, why)
            self.outcomes.decide(conn, event, now)
            return seen(conn, [records.require(conn, event_id)])[0]

        ended = await self.context.store.run(job)
        self.context.tasks.spawn(self.outcomes.settle(event_id), f"event {event_id}")
        return ended


def event_version(event: SupportEvent) -> str:
    """The version of what staff have planned."""
    return version_of(*records.columns(event).values(), event.state)


def seen(conn: Connection, events: Sequence[SupportEvent]) -> list[EventProgress]:
    """Events with what they were given."""
    gifts = records.gifts_by_event(conn, [event.event_id for event in events])
    return [EventProgress(event, gifts[event.event_id]) for event in events]


def _planned(event_id: str, code: str, plan: EventPlan) -> SupportEvent:
    return SupportEvent(
        event_id=event_id,
        municipality=code,
        name=plan.name.strip(),
        purpose=plan.purpose,
        goal_points=plan.goal_points,
        starts_at=_midnight(plan.starts_on),
        ends_at=_midnight(plan.ends_on + timedelta(days=1)),
        givers=plan.givers,
        on_failure=plan.on_failure,
        state=EventState.PLANNED,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), JST)


def _own(conn: Connection, code: str, event_id: str, *, lock: bool = False) -> SupportEvent:
    event = records.find(conn, event_id, lock=lock)
    if event is None or event.municipality != code:
        raise ProblemError("unknown-event", "This city has no such event; choose one from the list.")
    return event


def _held(conn: Connection, code: str, event_id: str) -> SupportEvent:
    """Hold it until the transaction ends: what time it is is asked afterwards, when no gift is being made any more."""
    return _own(conn, code, event_id, lock=True)


def _refuse_ended(event: SupportEvent) -> None:
    if event.state is EventState.ENDED:
        raise _wrong_state(event)


def _wrong_state(event: SupportEvent) -> ProblemError:
    return ProblemError("event-state", f"The event is {event.state}; look at it again.", state=event.state)


def _facts(event: SupportEvent) -> dict[str, str | int]:
    return {
        "name": event.name, "goal": event.goal_points or "", "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(), "open_to": event.givers, "on_failure": event.on_failure,
    }  # fmt: skip


def _write(conn: Connection, event: SupportEvent, *, state: EventState, **to: Any) -> None:
    require_legal(records.LEGAL, event.state, state)
    conn.execute(update(_events).where(_events.c.event_id == event.event_id).values(state=state, **to))
