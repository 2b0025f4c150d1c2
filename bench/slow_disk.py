"""A disk that has written before it says so.

Where a machine's disk says that it has written within 0.2 ms, it keeps what it was given in memory of its own. The
disk of a machine that one buys takes some milliseconds, and a goal that counts commits means such a one. So commits
are measured a second time with a wait in each of them: in those of the store, and in those that it is compared with.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

SLOW_COMMIT_S = 0.005


def wait(seconds: float) -> None:
    """What a commit written by hand takes longer."""
    if seconds:
        time.sleep(seconds)


@contextmanager
def commits_taking(engine: sa.Engine, seconds: float) -> Iterator[None]:
    """Make every commit of this engine take so much longer."""

    def longer(_conn: sa.Connection) -> None:
        wait(seconds)

    sa.event.listen(engine, "commit", longer)
    try:
        yield
    finally:
        sa.event.remove(engine, "commit", longer)
