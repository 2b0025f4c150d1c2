"""Ids that forms carry: the gateway knows by them what was asked for, so that nothing happens twice."""

from __future__ import annotations

import re
from typing import Final

from uuid_utils import uuid7

UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def fresh_id() -> str:
    """An id for what a form asks for, made when the form is drawn: a double click, a reload or the back button repeats
    nothing. Ids grow with time, so that what is kept under them lies in the order in which it came.
    """
    return str(uuid7())
