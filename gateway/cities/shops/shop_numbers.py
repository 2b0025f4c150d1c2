"""The six digits by which a shop is named where no camera helps, unique over all cities, as sync functions of a Connection.

The last digit checks the others: a digit that is mistyped never names another shop.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from sqlalchemy import Connection, select, update

from gateway.cities import tables
from gateway.errors import ProblemError
from gateway.platform.check_digit import is_checked, with_check_digit
from gateway.platform.typed_text import without_separators

_shops = tables.shops
_NUMBER: Final = re.compile(r"[0-9]{6}")
FIRST, COUNT = 10_000, 90_000
"""None begins with 0, which a spreadsheet would drop."""
TRIES: Final = 200


def read(text: str) -> str | None:
    """The number that a member typed; None where it is none, a digit of it wrong included."""
    number = without_separators(text)
    return number if _NUMBER.fullmatch(number) and is_checked(number) else None


def find(conn: Connection, number: str) -> tuple[str, str] | None:
    """(municipality, shop) of a number; None where no shop has it."""
    row = conn.execute(
        select(_shops.c.municipality, _shops.c.shop_id).where(_shops.c.number == number)
    ).one_or_none()
    return None if row is None else (row.municipality, row.shop_id)


def next_free(conn: Connection) -> str:
    """A number that no shop has. It tells nothing of the order in which shops came.

    Raises ProblemError `busy` (503) where so few are left that none was found.
    """
    for _ in range(TRIES):
        number = with_check_digit(str(FIRST + secrets.randbelow(COUNT)))
        if find(conn, number) is None:
            return number
    raise ProblemError("busy", "No number for a shop was found; nothing was registered. Try again.")


def many_free(conn: Connection, count: int) -> list[str]:
    """As many different numbers that no shop has. Raises ProblemError `busy` (503) as `next_free`."""
    free: dict[str, None] = {}
    for _ in range(TRIES):
        if len(free) >= count:
            return list(free)[:count]
        drawn = {with_check_digit(str(FIRST + secrets.randbelow(COUNT))) for _ in range(count - len(free))}
        used = set(conn.scalars(select(_shops.c.number).where(_shops.c.number.in_(drawn))))
        free |= dict.fromkeys(drawn - used)
    raise ProblemError("busy", "No numbers for the shops were found; nothing was registered. Try again.")


def assign_missing(conn: Connection) -> int:
    """Give a number to each shop that an older release registered; how many there were."""
    rows = conn.execute(
        select(_shops.c.municipality, _shops.c.shop_id)
        .where(_shops.c.number.is_(None))
        .order_by(_shops.c.municipality, _shops.c.shop_id)
        .with_for_update()
    ).all()
    for row in rows:
        conn.execute(
            update(_shops)
            .where(_shops.c.municipality == row.municipality, _shops.c.shop_id == row.shop_id)
            .values(number=next_free(conn))
        )
    return len(rows)
