"""Bring SQLite's log home beside the writer, so that no caller's commit has to.

In a large ledger every transfer touches pages of its own, and moving them from the log into the file is random
writing that would stop the writer for as long as a thousand commits. A thread with a connection of its own
does it in small helpings while the writer goes on; SQLite's own checkpoint inside a commit stays as the
backstop for the little that is then left.
"""

import contextlib
import sqlite3
import threading
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

# Two thousand moves: some 8 MB of log, or four times as much where every row has a page of its own. A larger helping
# writes a page that many transfers touched only once, but holds the commits beside it up for longer: of sixteen thousand
# rows one took up to 28 ms more, of eight thousand 22, and fewer gained nothing. Rows are counted and not pieces of
# work, since one piece may be a single nonce or a thousand grants.
EVERY_ROWS = 8_000


class Checkpointer:
    """Empties the log of one database file from time to time until it is closed."""

    def __init__(self, engine: Engine) -> None:
        """Start the thread; `engine` is the one that writes to the database file."""
        self._path = str(engine.url.database)
        self._since = 0
        self._due = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="ledger-checkpoint", daemon=True)
        self._thread.start()
        event.listen(engine, "commit", self._count)

    def committed(self) -> None:
        """Tell that what was counted is in the log."""
        if self._since >= EVERY_ROWS:
            self._since = 0
            self._due.set()

    def close(self) -> None:
        """End the thread after the helping that it is at."""
        self._closing = True
        self._due.set()
        self._thread.join()

    def _count(self, conn: Connection) -> None:
        """Add what a transaction wrote, just before it is committed: the driver counts for each connection."""
        driver: Any = conn.connection.driver_connection
        before, conn.info["rows"] = conn.info.get("rows", 0), driver.total_changes
        self._since += conn.info["rows"] - before

    def _work(self) -> None:
        try:
            opened = sqlite3.connect(self._path, isolation_level=None)
        except sqlite3.Error:
            return  # the writer cannot open it either, and tells
        with contextlib.closing(opened) as connection:
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
    if engine.dialect.name != "sqlite" or engine.url.database in {None, "", ":memory:"}:
        return None
    return Checkpointer(engine)
