"""What a venue's code gives in a day: a ceiling that no number of people who scan it passes.

Whoever shows the code, or passes a photo of it on, gives nobody more than two persons have decided.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import Connection, select

from gateway.cities import tables
from gateway.cities.grants.staff_days import count_for, granted_alone
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed
from gateway.errors import ProblemError
from gateway.platform.sql import insert_into

_limits: Final = tables.venue_limits


def find_limit(conn: Connection, code: str, project_id: str) -> int | None:
    """What the project itself says; None leaves it to the city's table."""
    query = select(_limits.c.points_a_day).where(
        _limits.c.municipality == code, _limits.c.project_id == project_id
    )
    return conn.execute(query).scalar_one_or_none()


def limit_of(conn: Connection, code: str, project_id: str) -> int | None:
    """The most points of a day: the project's, else what one person of staff grants alone; None is no limit."""
    own = find_limit(conn, code, project_id)
    if own is not None:
        return own
    rule = deeds.rule_of(conn, code, Deed.GRANT)
    return rule.points_a_day if rule.persons else None


def save_limit(conn: Connection, code: str, project_id: str, points_a_day: int) -> None:
    values = {"points_a_day": points_a_day}
    conn.execute(
        insert_into(conn, _limits)
        .values(municipality=code, project_id=project_id, **values)
        .on_conflict_do_update(index_elements=[_limits.c.municipality, _limits.c.project_id], set_=values)
    )


def count(conn: Connection, code: str, project_id: str, day: date, points: int) -> None:
    """Count what a venue gives. Raises ProblemError `limit-of-the-venue` (409) where its day is full."""
    most, venue = limit_of(conn, code, project_id), f"venue:{project_id}"
    if most is None or count_for(conn, code, venue, day, points, most):
        return
    left = max(0, most - granted_alone(conn, code, venue, day))
    raise ProblemError(
        "limit-of-the-venue",
        "This venue has given what it may give today; nothing was granted.",
        available=left,
    )
