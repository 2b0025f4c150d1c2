"""Exchanges to one city whose outcome is not known yet: how many, for how many points, since when. No members.

What is held is no figure of the city's yet; a dashboard shows it beside the figures so that nobody misses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, cast, func, select, type_coerce

from gateway.exchanges.states import HELD, State
from gateway.platform import tables

_x = tables.exchanges


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenExchanges:
    """Exchanges into this city whose outcome is not known, of one partner: how many, and since when the oldest."""

    partner_id: str
    state: str
    exchanges: int
    points: int
    oldest_sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAtPartner:
    """`waiting_for_a_person` of the `exchanges` were given up on by the outcome poller; nothing is guessed."""

    partner_id: str
    exchanges: int
    points: int
    oldest_sent_at: datetime | None
    waiting_for_a_person: int


def by_state(conn: Connection, code: str) -> list[OpenExchanges]:
    """Exchanges into the city's points for which a hold stands, by partner and state."""
    # SQLite reads JSON out of a text as it is, and would make a number of one that is cast.
    quote: Any = (cast if conn.dialect.name == "postgresql" else type_coerce)(_x.c.quote, JSON)
    destination = quote["destination"]["municipality"].as_string()
    query = (
        select(
            _x.c.partner_id,
            _x.c.state,
            func.count(),
            func.coalesce(func.sum(_x.c.points), 0),
            func.min(_x.c.sent_at, type_=_x.c.sent_at.type),
        )
        .where(_x.c.state.in_([state.value for state in HELD]), destination == code)
        .group_by(_x.c.partner_id, _x.c.state)
        .order_by(_x.c.partner_id, _x.c.state)
    )
    return [
        OpenExchanges(
            partner_id=partner, state=state, exchanges=count, points=int(points), oldest_sent_at=sent
        )
        for partner, state, count, points, sent in conn.execute(query)
    ]


def list_by_city(conn: Connection, code: str) -> list[OpenAtPartner]:
    """The same by partner, in order of its id. What goes to the reserve is no city's."""
    states: dict[str, list[OpenExchanges]] = {}
    for one in by_state(conn, code):
        states.setdefault(one.partner_id, []).append(one)
    return [
        OpenAtPartner(
            partner_id=partner_id,
            exchanges=sum(open_exchanges.exchanges for open_exchanges in of_partner),
            points=sum(open_exchanges.points for open_exchanges in of_partner),
            oldest_sent_at=min(
                (
                    open_exchanges.oldest_sent_at
                    for open_exchanges in of_partner
                    if open_exchanges.oldest_sent_at
                ),
                default=None,
            ),
            waiting_for_a_person=sum(
                open_exchanges.exchanges
                for open_exchanges in of_partner
                if open_exchanges.state == State.NEEDS_A_PERSON
            ),
        )
        for partner_id, of_partner in states.items()
    ]
