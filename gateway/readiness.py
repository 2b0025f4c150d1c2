"""Can this process serve? The schema is one that this release knows, and the database takes a commit.

A database that only answers a SELECT may have a full disk, or wait for a standby that is gone. So a row is written and
committed: at most once a second, and once for all who ask at the same time. Each process has a row of its own, so that
none waits for another's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete
from sqlalchemy.exc import SQLAlchemyError
from uuid_utils import uuid7

from core_ledger import Store, StoreError
from gateway.platform.sql import insert_into
from gateway.platform.tables import commit_probes
from gateway.plugin_interfaces import Clock
from migrations import SchemaRefused, require_usable

PROBE_INTERVAL_S: Final = 1.0
PROBE_RETENTION: Final = timedelta(days=1)


class NotReady(Exception):
    """Requests cannot be served now. `check` is what failed: `schema` or `commit`."""

    def __init__(self, check: str, text: str) -> None:
        super().__init__(text)
        self.check = check


@dataclass(slots=True)
class Readiness:
    """The answer to /health/ready, kept for a second."""

    store: Store
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _name: str = field(default_factory=lambda: uuid7().hex, init=False)
    _probe: asyncio.Task[None] | None = field(default=None, init=False)
    _probed_at: float = field(default=0.0, init=False)
    _has_swept: bool = field(default=False, init=False)

    async def check(self) -> None:
        """Raise NotReady where the schema does not fit or nothing can be committed. May wait as long as a commit does."""
        late = self.monotonic() - self._probed_at >= PROBE_INTERVAL_S
        if self._probe is None or (self._probe.done() and late):
            self._probe = asyncio.create_task(self._run(), name="readiness probe")
            # Whoever asked may be gone when it fails.
            self._probe.add_done_callback(lambda probe: probe.cancelled() or probe.exception())
        await asyncio.shield(self._probe)

    async def _run(self) -> None:
        try:
            await self.store.run(self._commit)
        except SchemaRefused as refused:
            raise NotReady("schema", str(refused)) from refused
        except (StoreError, SQLAlchemyError) as fault:
            raise NotReady("commit", str(fault)) from fault
        finally:
            self._probed_at = self.monotonic()

    def _commit(self, conn: Connection) -> None:
        require_usable(conn, with_parts=False)
        now = self.clock()
        statement = insert_into(conn, commit_probes).values(probe=self._name, at=now)
        conn.execute(statement.on_conflict_do_update(index_elements=["probe"], set_={"at": now}))
        if not self._has_swept:
            # Of processes that have ended; those that run write theirs each second.
            old = commit_probes.c.at < now - PROBE_RETENTION
            conn.execute(delete(commit_probes).where(old, commit_probes.c.probe != self._name))
            self._has_swept = True
