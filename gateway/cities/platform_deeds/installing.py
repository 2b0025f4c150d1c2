"""Before there are two: a platform whose second person has no password of their own yet is being installed.

The pages on which the second one sets a password and an authenticator app are reached with a client key. So the first keys
are made by whoever is at the machine. That ends with the second person, for good: of two, neither can stop the other.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.platform.roles import PLATFORM

PERSONS: Final = 2


def is_installing(conn: Connection) -> bool:
    """Whether fewer than two active persons of the platform have a password that nobody else has set."""
    people = staff_rows.list_by_city(conn, PLATFORM)
    return sum(person.active and not person.password_is_first for person in people) < PERSONS


def require_installing(conn: Connection) -> None:
    """Raise ProblemError `second-person-missing` (409) where one person decides it no more."""
    if not is_installing(conn):
        raise ProblemError(
            "second-person-missing",
            "The platform has two persons: propose it with your own login, and somebody else decides.",
        )
