"""Bring SQLite's log home beside the writer, so that no caller's commit has to.

In a large ledger every transfer touches pages of its own, and moving them from the log into the file is random
writing that would stop the writer for as long as a thousand commits. A thread with a connection of its own
does it in small helpings while the writer goes on; SQLite's own checkpoint inside a commit stays as the
backstop for the little that is then left.
"""

import contextlib
import sqlite3
import threading

from sqlalchemy.engine import Engine

# About 16 MB of log; fewer, larger helpings write a page that many transfers touched only once.
EVERY_MOVES = 4_000


class Checkpointer:
    """Empties the log of one database file from time to time until it is closed."""

    def __init__(self, path: str) -> None:
        """Start the thread; `path` is the database file."""
        self._path = path
        self._since = 0
        self._due = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="ledger-checkpoint", daemon=True)
        self._thread.start()

    def written(self, count: int) -> None:
        """Tell that `count` more pieces of work are in the log."""
        self._since += count
        if self._since >= EVERY_MOVES:
            self._since = 0
            self._due.set()

    def close(self) -> None:
        """End the thread after the helping that it is at."""
        self._closing = True
        self._due.set()
        self._thread.join()

    def _work(self) -> None:
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            while True:
                self._due.wait()
                self._due.clear()
                if self._closing:
                    return
                # When it cannot (a full disk, a locked file), the writer's own checkpoint meets the same and tells.
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def checkpointer(engine: Engine) -> Checkpointer | None:
    """Make the checkpointer of a database file; PostgreSQL has its own, a database in memory needs none."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or path in {None, "", ":memory:"}:
        return None
    return Checkpointer(str(path))
