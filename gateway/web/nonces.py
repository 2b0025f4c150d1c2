"""Nonces that were used, kept until the signature they belong to would be refused as stale anyway.

Two keepers, one interface. The database's is the default: it survives a restart and serves several processes.
The one in memory is for a single process that accepts that a restart forgets at most the last two minutes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, delete, select, tuple_

from gateway.base.sql import insert_all_new
from gateway.loading.setup import Clock
from gateway.tables import seen_nonces
from gateway.web.problems import refuse

_T = TypeVar("_T")

SWEEP_EVERY: Final = timedelta(seconds=30)
SWEPT_AT_ONCE: Final = 5_000
MOST_WAITING: Final = 10_000


class Writes(Protocol):
    """The writing half of a store."""

    async def run(self, job: Callable[[Connection], _T]) -> _T: ...


class NonceKeeper(Protocol):
    async def use(self, key_id: str, nonce: str, forget_at: datetime) -> bool:
        """True the first time, False when this key has used this nonce before. Of two at once, one gets True."""
        ...


class Nonce(NamedTuple):
    key_id: str
    nonce: str
    forget_at: datetime


class StoredNonces:
    """Nonces in the database, committed before their requests go on.

    All that come while a set is being written are the next set: one statement, whatever the number of requests.
    """

    def __init__(self, store: Writes, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._sweep_at: datetime | None = None
        self._waiting: list[tuple[Nonce, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def use(self, key_id: str, nonce: str, forget_at: datetime) -> bool:
        if len(self._waiting) >= MOST_WAITING:
            raise refuse("busy")
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((Nonce(key_id, nonce, forget_at), told))
        if self._writing is None or self._writing.done():
            # A task of its own: the request that began a set may be cancelled, the others' answers must come.
            self._writing = asyncio.create_task(self._write_all(), name="nonces")
            self._writing.add_done_callback(self._given_up)
        return await told

    async def _write_all(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            await self._write(taken)

    def _given_up(self, writing: asyncio.Task[None]) -> None:
        """A task that was cancelled, be it before its first step, leaves nobody waiting for ever."""
        if not writing.cancelled() or self._writing is not writing:
            return
        left, self._waiting = self._waiting, []
        for _, told in left:
            told.cancel()

    async def _write(self, taken: Sequence[tuple[Nonce, asyncio.Future[bool]]]) -> None:
        now = self._clock()
        sweep = self._sweep_at is None or now >= self._sweep_at
        if sweep:
            self._sweep_at = now + SWEEP_EVERY

        def job(conn: Connection) -> list[bool]:
            if sweep:
                forget_nonces(conn, now)
            return remember_nonces(conn, [nonce for nonce, _ in taken])

        try:
            fresh = await self._store.run(job)
        except BaseException as fault:
            # Nobody is let in by a nonce that may not have been kept.
            for _, told in taken:
                if not told.done():
                    told.set_exception(fault) if isinstance(fault, Exception) else told.cancel()
            if not isinstance(fault, Exception):
                raise
            return
        for (_, told), first in zip(taken, fresh, strict=True):
            if not told.done():
                told.set_result(first)


def remember_nonces(conn: Connection, nonces: Sequence[Nonce]) -> list[bool]:
    """Insert them all; for each, whether it was new. Of two alike the first is. Raises nothing for the others."""
    new = insert_all_new(conn, seen_nonces, [nonce._asdict() for nonce in nonces])
    fresh = []
    for nonce in nonces:
        fresh.append(nonce[:2] in new)
        new.discard(nonce[:2])
    return fresh


def forget_nonces(conn: Connection, now: datetime) -> int:
    """Delete nonces whose signatures are stale by now, at most 5,000 at once; returns how many."""
    key = tuple_(seen_nonces.c.key_id, seen_nonces.c.nonce)
    stale = (
        select(seen_nonces.c.key_id, seen_nonces.c.nonce)
        .where(seen_nonces.c.forget_at <= now)
        .limit(SWEPT_AT_ONCE)
    )
    return conn.execute(delete(seen_nonces).where(key.in_(stale))).rowcount


class NoncesInMemory:
    """Nonces of this process. When `most` are kept at once, further requests are refused as `busy`."""

    def __init__(self, clock: Clock, *, most: int = 1_000_000) -> None:
        self._clock = clock
        self._most = most
        self._seen: dict[tuple[str, str], datetime] = {}
        self._order: deque[tuple[str, str]] = deque()

    async def use(self, key_id: str, nonce: str, forget_at: datetime) -> bool:
        self._forget(self._clock())
        name = (key_id, nonce)
        if name in self._seen:
            return False
        if len(self._seen) >= self._most:
            raise refuse("busy")  # forgetting one early would let it be used twice
        self._seen[name] = forget_at
        self._order.append(name)
        return True

    def _forget(self, now: datetime) -> None:
        # The oldest come first, give or take the clocks' difference; one that may still count stops the sweep.
        while self._order and self._seen[self._order[0]] <= now:
            del self._seen[self._order.popleft()]
