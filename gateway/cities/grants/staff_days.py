"""What one person of staff grants alone in a day: a ceiling that no number of small grants passes."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, select, update

from gateway.cities import tables
from gateway.cities.city_context import StaffActor
from gateway.platform.sql import insert_new

_days: Final = tables.staff_grant_days


def count_alone(conn: Connection, who: StaffActor, day: date, points: int, most: int) -> bool:
    """Count `points` into the person's day; False, and nothing counted, where they do not fit any more."""
    return count_for(conn, who.municipality, who.staff_id, day, points, most)


def count_for(conn: Connection, code: str, staff_id: str, day: date, points: int, most: int) -> bool:
    """The same for a name that is not a person's: a venue."""
    insert_new(conn, _days, municipality=code, staff_id=staff_id, day=day.isoformat(), points=0)
    # One statement decides and counts, so that grants of one moment never share what is left.
    counted = conn.execute(
        update(_days)
        .where(*_key(code, staff_id, day), _days.c.points + points <= most)
        .values(points=_days.c.points + points)
    )
    return counted.rowcount > 0


def granted_alone(conn: Connection, code: str, staff_id: str, day: date) -> int:
    """What the person has granted alone on this day."""
    query = select(_days.c.points).where(*_key(code, staff_id, day))
    return conn.execute(query).scalar_one_or_none() or 0


def _key(code: str, staff_id: str, day: date) -> tuple[Any, Any, Any]:
    return (_days.c.municipality == code, _days.c.staff_id == staff_id, _days.c.day == day.isoformat())
