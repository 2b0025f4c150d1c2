"""Limits by member and day: how many points of a point service a member may spend, or be granted, in one day.

Counted only where a rule sets a limit, in the transaction of the spend or grant itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

from sqlalchemy import Connection, select

from core_ledger.read_model import lock_books
from gateway.cities import tables
from gateway.errors import ProblemError
from gateway.platform.sql import insert_into

_days = tables.member_days
_QUERY_BATCH_SIZE: Final = 500
Kind = Literal["spent", "granted"]


def count(
    conn: Connection, book: str, code: str, service: str, day: date, kind: Kind, points: int, most: int | None
) -> None:
    """Count `points` against the day's limit. Raises ProblemError `limit-of-the-day` (409) with what is left.

    Below zero gives back, as a refund on the same day does: no limit stops that, however much was counted before.
    """
    if most is None:
        return
    column = _days.c[kind]
    used = (
        conn.execute(
            select(column)
            .where(
                _days.c.book_id == book,
                _days.c.municipality == code,
                _days.c.point_service == service,
                _days.c.day == day.isoformat(),
            )
            .with_for_update()
        ).scalar_one_or_none()
        or 0
    )
    if points > 0 and used + points > most:
        raise ProblemError(
            "limit-of-the-day",
            f"At most {most:,} points a day; {max(0, most - used):,} are left for today. Nothing was moved.",
            available=max(0, most - used),
        )
    values = {
        "book_id": book, "municipality": code, "point_service": service, "day": day.isoformat(),
        "spent": 0, "granted": 0,
    } | {kind: max(0, points)}  # fmt: skip
    conn.execute(
        insert_into(conn, _days)
        .values(**values)
        .on_conflict_do_update(
            index_elements=[_days.c.book_id, _days.c.municipality, _days.c.point_service, _days.c.day],
            set_={kind: max(0, used + points)},
        )
    )


def lock_beyond(
    conn: Connection, code: str, service: str, day: date, kind: Kind, wanted: Mapping[str, int], most: int
) -> set[str]:
    """Lock these books and give those whose limit of the day does not allow theirs."""
    names = sorted(wanted)
    used: dict[str, int] = {}
    for start in range(0, len(names), _QUERY_BATCH_SIZE):
        part = names[start : start + _QUERY_BATCH_SIZE]
        # As with a single one, the book's row is held first: whoever moves points of the same member waits.
        lock_books(conn, part)
        rows = conn.execute(
            select(_days.c.book_id, _days.c[kind].label("used")).where(
                _days.c.book_id.in_(part),
                _days.c.municipality == code,
                _days.c.point_service == service,
                _days.c.day == day.isoformat(),
            )
        )
        used.update((row.book_id, row.used) for row in rows)
    return {book for book in names if used.get(book, 0) + wanted[book] > most}


def count_many(
    conn: Connection, code: str, service: str, day: date, kind: Kind, points: Mapping[str, int]
) -> None:
    """Count what was moved for many members, by book, which the caller has locked."""
    values = [
        {
            "book_id": book, "municipality": code, "point_service": service, "day": day.isoformat(),
            "spent": 0, "granted": 0,
        }
        | {kind: points[book]}
        for book in sorted(points)
    ]  # fmt: skip
    if values:
        insertion = insert_into(conn, _days)
        conn.execute(
            insertion.on_conflict_do_update(
                index_elements=[_days.c.book_id, _days.c.municipality, _days.c.point_service, _days.c.day],
                set_={kind: _days.c[kind] + insertion.excluded[kind]},
            ),
            values,
        )


def add_counts(conn: Connection, from_book: str, to_book: str, day: date) -> None:
    """Count for the second book what the first has moved in a day too: both are one person's. The caller has locked both."""
    this = (_days.c.book_id == from_book, _days.c.day == day.isoformat())
    rows = conn.execute(select(_days).where(*this)).mappings().all()
    if not rows:
        return
    insertion = insert_into(conn, _days)
    conn.execute(
        insertion.on_conflict_do_update(
            index_elements=[_days.c.book_id, _days.c.municipality, _days.c.point_service, _days.c.day],
            set_={kind: _days.c[kind] + insertion.excluded[kind] for kind in ("spent", "granted")},
        ),
        [dict(row) | {"book_id": to_book} for row in rows],
    )
