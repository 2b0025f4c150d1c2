"""What a transaction has written, for whoever keeps it elsewhere: known once it is committed, before its callers are answered.

A store with `on_commit` collects here; without one nothing is collected. A job that is undone leaves no note.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from sqlalchemy.engine import Connection

_KEY = "commit_notes"


def begin_notes(conn: Connection) -> tuple[list[Any], Callable[[], object]]:
    """Collect from now on: the list that grows, and what ends it, which asks nothing of a connection that may be lost."""
    notes: list[Any] = []
    info = conn.info
    info[_KEY] = notes
    return notes, partial(info.pop, _KEY, None)


def add_notes(conn: Connection, notes: Iterable[Any]) -> None:
    """Hand on what was written in this transaction; nothing happens where nobody collects."""
    notes_of(conn).extend(notes)


def notes_of(conn: Connection) -> list[Any]:
    """What was noted so far; a job that is undone cuts off its own."""
    notes: list[Any] | None = conn.info.get(_KEY)
    return [] if notes is None else notes
