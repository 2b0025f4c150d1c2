"""Ids that forms carry: the gateway knows by them what was asked for, so that nothing happens twice."""

from __future__ import annotations

import re
import secrets
from typing import Final

from uuid_utils import uuid7

UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def fresh_number(digits: int = 6) -> str:
    """A number for a shop, easy to read out and to type, never beginning with 0."""
    return str(10 ** (digits - 1) + secrets.randbelow(9 * 10 ** (digits - 1)))


def fresh_name(prefix: str) -> str:
    """`p-7k3m9q`: an id for what a clerk registers and need not name."""
    return f"{prefix}-{''.join(secrets.choice(_LETTERS) for _ in range(6))}"


def fresh_id() -> str:
    """An id for what a form asks for, made when the form is drawn: a double click, a reload or the back button repeats
    nothing. Ids grow with time, so that what is kept under them lies in the order in which it came.
    """
    return str(uuid7())
