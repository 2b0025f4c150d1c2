"""Nonces that were used, kept until the signature they belong to would be refused as stale anyway.

Two keepers, one interface. The database's is the default: it survives a restart and serves several processes.
The one in memory is for a single process that accepts that a restart forgets at most the last two minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection, delete, select, tuple_, type_coerce

from gateway.platform.compiled_sql import CompiledInStatement
from gateway.platform.micro_batch import MicroBatcher
from gateway.platform.sql import insert_new_rows
from gateway.platform.tables import seen_nonces
from gateway.plugin_interfaces import Clock

_T = TypeVar("_T")

SWEEP_INTERVAL: Final = timedelta(seconds=30)
SWEEP_BATCH_SIZE: Final = 5_000
WRITE_BATCH_SIZE: Final = 128


class WriteStore(Protocol):
    """The writing half of a store."""

    async def run(self, job: Callable[[Connection], _T]) -> _T: ...


class NonceKeeper(Protocol):
    async def use(self, key_id: str, nonce: str, forget_at: datetime) -> bool:
        """True the first time, False when this key has used this nonce before. Of two at once, one gets True."""
        ...

    async def use_and_find(self, key_id: str, nonce: str, forget_at: datetime, key: str) -> tuple[bool, Any]:
        """The same, and what is kept under `key`, or None."""
        ...


class Nonce(NamedTuple):
    key_id: str
    nonce: str
    forget_at: datetime


class StoredNonces:
    """Nonces in the database, committed before their requests go on: a set in one statement."""

    def __init__(
        self,
        store: WriteStore,
        clock: Clock,
        find: Callable[[Connection, Sequence[str]], Mapping[str, Any]] = lambda _conn, _keys: {},
    ) -> None:
        """`find` answers what is asked beside nonces, for all keys at once: in service, the callers' sessions."""
        self._store = store
        self._clock = clock
        self._find = find
        self._sweep_at: datetime | None = None
        self._sets = MicroBatcher("nonces", self._write)

    async def use(self, key_id: str, nonce: str, forget_at: datetime) -> bool:
        new, _ = await self._sets.add((Nonce(key_id, nonce, forget_at), None))
        return new

    async def use_and_find(self, key_id: str, nonce: str, forget_at: datetime, key: str) -> tuple[bool, Any]:
        """The same, and what is kept under `key`, or None: read where the nonce is written, which costs no way more."""
        return await self._sets.add((Nonce(key_id, nonce, forget_at), key))

    async def _write(self, asked: Sequence[tuple[Nonce, str | None]]) -> list[tuple[bool, Any]]:
        now = self._clock()
        sweep = self._sweep_at is None or now >= self._sweep_at
        if sweep:
            self._sweep_at = now + SWEEP_INTERVAL

        def job(conn: Connection) -> list[tuple[bool, Any]]:
            if sweep and forget_nonces(conn, now) >= SWEEP_BATCH_SIZE:
                self._sweep_at = (
                    now  # more are stale: the next write goes on, so the table is flat at any rate
                )
            new = remember_nonces(conn, [nonce for nonce, _ in asked])
            values = self._find(conn, sorted({key for _, key in asked if key}))
            return [(fresh, values.get(key or "")) for fresh, (_, key) in zip(new, asked, strict=True)]

        return await self._store.run(job)


def remember_nonces(conn: Connection, nonces: Sequence[Nonce]) -> list[bool]:
    """Insert them all; for each, whether it was new. Of two alike the first is. Raises nothing for the others."""
    new: set[tuple[str, str]] = set()
    for start in range(0, len(nonces), WRITE_BATCH_SIZE):
        rows = _new(conn.dialect.name).all(conn, nonces[start : start + WRITE_BATCH_SIZE])
        new |= {(row["key_id"], row["nonce"]) for row in rows}
    fresh = []
    for nonce in nonces:
        fresh.append(nonce[:2] in new)
        new.discard(nonce[:2])
    return fresh


@cache
def _new(dialect_name: str) -> CompiledInStatement:
    # A row that fills up the list is there already by then, and is left out as any other of the same key is.
    return CompiledInStatement(
        lambda rows: insert_new_rows(seen_nonces, dialect_name).values(
            [
                {
                    name: type_coerce(part, seen_nonces.c[name].type)
                    for name, part in zip(Nonce._fields, row, strict=True)
                }
                for row in rows
            ]
        ),
        width=len(Nonce._fields),
    )


def forget_nonces(conn: Connection, now: datetime) -> int:
    """Delete nonces whose signatures are stale by now, at most 5,000 at once; returns how many."""
    key = tuple_(seen_nonces.c.key_id, seen_nonces.c.nonce)
    stale = (
        select(seen_nonces.c.key_id, seen_nonces.c.nonce)
        .where(seen_nonces.c.forget_at <= now)
        .limit(SWEEP_BATCH_SIZE)
    )
    return conn.execute(delete(seen_nonces).where(key.in_(stale))).rowcount
