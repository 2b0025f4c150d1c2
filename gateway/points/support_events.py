"""Support events (特定支援イベント): earmarked causes that receive from the reserve, and how much each was given.

Sync functions of a Connection, each a part of somebody's transaction. An event is planned (nobody sees it), shown,
and ended; it takes points while it is shown and its period runs. What a member gave stays in the member's own book,
days of issue and all, until the event has ended and its outcome says where it goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, func, select

from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.sql import insert_into, insert_new
from gateway.platform.transitions import LegalMoves
from gateway.points.directory import require_municipality

_events = tables.support_events
_gifts = tables.event_gifts
_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


class EventState(StrEnum):
    PLANNED = "planned"
    SHOWN = "shown"
    ENDED = "ended"


LEGAL: Final[LegalMoves[EventState]] = {
    EventState.PLANNED: frozenset(EventState),
    EventState.SHOWN: frozenset({EventState.PLANNED, EventState.ENDED}),
    EventState.ENDED: frozenset(),
}
"""A change makes a plan of it again, until it has begun. An event that has ended keeps its outcome."""

Givers = Literal["everybody", "city"]
OnFailure = Literal["keep", "give_back"]
Period = Literal["coming", "open", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportEvent:
    """An earmarked cause, which receives from the reserve in [starts_at, ends_at).

    `givers`: everybody, or only members whose 基本自治体 is the event's municipality. `on_failure` is what happens
    to the points where the goal was not reached. `outcome`: reached, kept, given_back, or withdrawn for an event
    that ended before it began; None until it is decided. `settled_at`: every share has gone where it belongs.
    """

    event_id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    purpose: str = ""
    municipality: str | None = None
    goal_points: int | None = None
    givers: Givers = "everybody"
    on_failure: OnFailure = "keep"
    state: EventState = EventState.SHOWN
    outcome: str | None = None
    decided_at: datetime | None = None
    settled_at: datetime | None = None

    @property
    def is_public(self) -> bool:
        """Whether members may know of it: not while it is planned, nor where it was withdrawn before it began."""
        return self.state is not EventState.PLANNED and self.outcome != "withdrawn"

    def in_force(self, at: datetime) -> bool:
        return self.state is EventState.SHOWN and self.starts_at <= at < self.ends_at

    def period(self, at: datetime) -> Period:
        if self.state is EventState.ENDED or at >= self.ends_at:
            return "ended"
        return "coming" if at < self.starts_at else "open"


@dataclass(frozen=True, slots=True)
class EventGifts:
    """What an event was given: `points` in all, by so many `givers`."""

    points: int = 0
    givers: int = 0


def register(conn: Connection, event: SupportEvent) -> SupportEvent:
    """Add an event. Raises ProblemError: `bad-event` (422), `event-exists` (409), `unknown-municipality` (404)."""
    check(event)
    if not insert_new(conn, _events, event_id=event.event_id, **columns(event)):
        raise ProblemError("event-exists", "There is already an event with this id.")
    return event


def check(event: SupportEvent) -> None:
    """Refuse what makes no sense. Raises ProblemError: `bad-event` (422), `unknown-municipality` (404)."""
    if not _ID.fullmatch(event.event_id):
        raise _bad("own_id", "An event has an id of 1 to 40 lower-case letters, digits and hyphens.")
    if not event.name.strip():
        raise _bad("name", "An event has a name.")
    if event.ends_at <= event.starts_at:
        raise _bad("ends_on", "An event ends after it starts.")
    if event.goal_points is not None and event.goal_points <= 0:
        raise _bad("goal_points", "An event's goal is a whole number of points above zero, or left out.")
    if event.on_failure == "give_back" and event.goal_points is None:
        raise _bad(
            "goal_points", "Points are given back where a goal was not reached: name the goal, or keep them."
        )
    if event.givers == "city" and event.municipality is None:
        raise _bad("givers", "Only an event of a municipality can be kept for that municipality's members.")
    if event.municipality is not None:
        require_municipality(event.municipality)


def columns(event: SupportEvent) -> dict[str, Any]:
    """What is stored of an event beside its id."""
    return {
        "municipality": event.municipality, "name": event.name.strip(), "purpose": event.purpose,
        "goal_points": event.goal_points, "starts_at": event.starts_at, "ends_at": event.ends_at,
        "givers": event.givers, "on_failure": event.on_failure, "state": event.state, "outcome": event.outcome,
        "decided_at": event.decided_at, "settled_at": event.settled_at,
    }  # fmt: skip


def require_in_force(conn: Connection, event_id: str, at: datetime) -> SupportEvent:
    """Give an event that takes points now, and keep it so until the transaction ends.

    Raises ProblemError: `unknown-event` (404), `event-not-open` (409).
    """
    row = conn.execute(
        # Whoever decides the outcome waits for gifts that are being made, so that none comes after it.
        select(_events).where(_events.c.event_id == event_id).with_for_update(read=True)
    ).one_or_none()
    if row is None or not _event(row).is_public:
        raise _unknown()
    event = _event(row)
    if at < event.starts_at and event.state == "shown":
        raise ProblemError(
            "event-not-open",
            f"{event.name} takes points from {event.starts_at.isoformat()} on.",
            starts_at=event.starts_at.isoformat(),
        )
    if not event.in_force(at):
        raise ProblemError(
            "event-not-open",
            f"{event.name} has ended; the points stay in the reserve. Choose another event or a municipality.",
            ended_at=event.ends_at.isoformat(),
        )
    return event


def require_giver(event: SupportEvent, default_municipality: str | None) -> None:
    """Refuse a member who may not give to this event. Raises ProblemError `event-not-for-member` (409)."""
    if event.givers == "city" and default_municipality != event.municipality:
        assert event.municipality is not None
        raise ProblemError(
            "event-not-for-member",
            f"{event.name} takes points from members whose 基本自治体 is "
            f"{require_municipality(event.municipality).name}; the points stay in the reserve.",
        )


def require(conn: Connection, event_id: str) -> SupportEvent:
    """Give an event, past and future ones too (histories name them). Raises ProblemError `unknown-event` (404)."""
    support_event = find(conn, event_id)
    if support_event is None:
        raise _unknown()
    return support_event


def require_shown(conn: Connection, event_id: str) -> SupportEvent:
    """Give an event that members may know of. Raises ProblemError `unknown-event` (404), for a planned one too."""
    support_event = require(conn, event_id)
    if not support_event.is_public:
        raise _unknown()
    return support_event


def find(conn: Connection, event_id: str, *, lock: bool = False) -> SupportEvent | None:
    query = select(_events).where(_events.c.event_id == event_id)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _event(row)


def shown(
    conn: Connection, at: datetime, period: Period = "open", limit: int = 200
) -> tuple[SupportEvent, ...]:
    """Events that members see: open ones (the one that ends first comes first), coming or ended ones (newest first)."""
    query = select(_events).where(_events.c.state != "planned").limit(limit)
    over = (_events.c.state == "ended") | (_events.c.ends_at <= at)
    match period:
        case "open":
            query = query.where(~over, _events.c.starts_at <= at).order_by(
                _events.c.ends_at, _events.c.event_id
            )
        case "coming":
            query = query.where(~over, _events.c.starts_at > at).order_by(
                _events.c.starts_at, _events.c.event_id
            )
        case "ended":
            query = query.where(over, _events.c.outcome.is_distinct_from("withdrawn"))
            query = query.order_by(_events.c.ends_at.desc(), _events.c.event_id)
    return tuple(_event(row) for row in conn.execute(query))


def of_municipality(conn: Connection, code: str) -> tuple[SupportEvent, ...]:
    """A city's own events, the one that starts last first."""
    query = select(_events).where(_events.c.municipality == code)
    return tuple(
        _event(row) for row in conn.execute(query.order_by(_events.c.starts_at.desc(), _events.c.event_id))
    )


# --- gifts ------------------------------------------------------------------------------------------------------


def count_gift(conn: Connection, book: str, event_id: str, points: int) -> None:
    """Count a gift in the transaction of its move; the book's own row, so that no two givers wait for each other.

    Below zero takes off what a reversal has taken back from it.
    """
    conn.execute(
        insert_into(conn, _gifts)
        .values(book_id=book, event_id=event_id, points=points)
        .on_conflict_do_update(
            index_elements=[_gifts.c.book_id, _gifts.c.event_id],
            set_={"points": _gifts.c.points + points},
        )
    )


def gifts_by_event(conn: Connection, event_ids: Iterable[str]) -> Mapping[str, EventGifts]:
    """What each of these events was given."""
    wanted = list(event_ids)
    rows = conn.execute(
        select(_gifts.c.event_id, func.sum(_gifts.c.points), func.count())
        .where(_gifts.c.event_id.in_(wanted), _gifts.c.points > 0)
        .group_by(_gifts.c.event_id)
    )
    gifts = {event_id: EventGifts(int(points), int(givers)) for event_id, points, givers in rows}
    return {event_id: gifts.get(event_id, EventGifts()) for event_id in wanted}


def _bad(field: str, text: str) -> ProblemError:
    return ProblemError("bad-event", f"{field}: {text}", field=field)


def _unknown() -> ProblemError:
    return ProblemError("unknown-event", "There is no such event; choose one from the list.")


def _event(row: Row[Any]) -> SupportEvent:
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for a row as a mapping
    return SupportEvent(**values | {"state": EventState(row.state)})
