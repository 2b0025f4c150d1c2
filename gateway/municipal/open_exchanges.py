"""Exchanges to one city whose outcome is not known yet: how many, for how many points, since when. No members.

What is held is no figure of the city's yet; a dashboard shows it beside the figures so that nobody misses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from gateway import tables
from gateway.records.quotes import Quote
from gateway.states import HELD, State

_x = tables.exchanges


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAtPartner:
    """`waiting_for_a_person` of the `exchanges` were given up on by the settler; nothing is guessed."""

    partner_id: str
    exchanges: int
    points: int
    oldest_at: datetime
    waiting_for_a_person: int


def of_city(conn: Connection, code: str) -> list[OpenAtPartner]:
    """By partner, in order of its id. What goes to the reserve is no city's."""
    rows = conn.execute(
        select(_x.c.partner_id, _x.c.state, _x.c.quote, _x.c.points, _x.c.sent_at, _x.c.started_at).where(
            _x.c.state.in_([state.value for state in HELD]), _x.c.quote.is_not(None)
        )
    )
    found: dict[str, OpenAtPartner] = {}
    for row in rows:
        quote = Quote.from_json(row.quote)
        if quote.destination.municipality != code:
            continue
        before, at = found.get(row.partner_id), row.sent_at or row.started_at
        found[row.partner_id] = OpenAtPartner(
            partner_id=row.partner_id,
            exchanges=(before.exchanges if before else 0) + 1,
            points=(before.points if before else 0) + quote.points,
            oldest_at=min(before.oldest_at, at) if before else at,
            waiting_for_a_person=(before.waiting_for_a_person if before else 0)
            + (row.state == State.NEEDS_A_PERSON.value),
        )
    return [found[one] for one in sorted(found)]
