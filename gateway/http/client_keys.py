"""The public keys of client programs: registered by an operator, looked up at each request, revoked for good."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, RowMapping, insert, select, update

from gateway.http.client_scopes import Scope
from gateway.platform.tables import client_keys
from gateway.plugin_interfaces import Clock

_T = TypeVar("_T")

KEY_CACHE_TTL: Final = timedelta(seconds=10)
"""How long a looked-up key is believed: the longest that a revoked key can still work in a running process."""

UNKNOWN_KEY_CACHE_TTL: Final = timedelta(seconds=1)
MAX_CACHED: Final = 4096


class KeyReader(Protocol):
    """The reading half of a store."""

    async def read(self, job: Callable[[Connection], _T]) -> _T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    """One key of one client program. `public_key` is 32 raw bytes; `revoked_at` None while it may be used.

    `scope` is None for a key that was made before there were scopes: it calls everything until it is made anew.
    From `ends_at` on it opens nothing; None: it has no end. `shop` ("082163/soba-1") is the one shop whose people it
    serves; None: those of every shop.
    """

    key_id: str
    client_id: str
    public_key: bytes = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None = None
    scope: Scope | None = None
    ends_at: datetime | None = None
    shop: str | None = None

    def has_ended(self, now: datetime) -> bool:
        return self.ends_at is not None and now >= self.ends_at

    def may_call(self, scopes: frozenset[Scope]) -> bool:
        """Whether an operation that keys of these scopes reach is open to this one."""
        return self.scope is None or self.scope in scopes


def register_key(
    conn: Connection,
    client_id: str,
    key_id: str,
    public_raw: bytes,
    now: datetime,
    *,
    scope: Scope | None = None,
    ends_at: datetime | None = None,
    shop: str | None = None,
) -> None:
    """Let `client_id` sign with the key from now on, until `ends_at`. Without a `scope` it calls everything.

    With a `shop` it serves sessions of that shop's people and no others.

    Raises ValueError for bytes that are no Ed25519 key.
    """
    Ed25519PublicKey.from_public_bytes(public_raw)
    conn.execute(
        insert(client_keys).values(
            key_id=key_id,
            client_id=client_id,
            public_key=public_raw,
            created_at=now,
            scope=scope,
            ends_at=ends_at,
            shop=shop,
        )
    )


def revoke_key(conn: Connection, key_id: str, now: datetime) -> bool:
    """End a key for good; running gateways follow within ten seconds. False when there is no such live key."""
    live = (client_keys.c.key_id == key_id) & client_keys.c.revoked_at.is_(None)
    return conn.execute(update(client_keys).where(live).values(revoked_at=now)).rowcount == 1


def find_key(conn: Connection, key_id: str) -> ClientKey | None:
    """The key of that id, revoked or not."""
    row = conn.execute(select(client_keys).where(client_keys.c.key_id == key_id)).mappings().one_or_none()
    return None if row is None else _key(row)


def list_keys(conn: Connection) -> list[ClientKey]:
    """All keys, by client program and age."""
    rows = conn.execute(
        select(client_keys).order_by(client_keys.c.client_id, client_keys.c.created_at)
    ).mappings()
    return [_key(row) for row in rows]


def _key(row: RowMapping) -> ClientKey:
    return ClientKey(**{**row, "scope": None if row["scope"] is None else Scope(row["scope"])})


class ClientKeys:
    """Live keys by id, read from the store and kept in memory for a few seconds."""

    def __init__(self, store: KeyReader, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: OrderedDict[str, tuple[ClientKey | None, datetime]] = OrderedDict()

    async def find(self, key_id: str) -> ClientKey | None:
        """The live key of that id, or None where there is none or it was revoked."""
        now = self._clock()
        key, until = self._kept.get(key_id, (None, now))
        # A clock that was set back must not make an old answer last longer.
        if now < until <= now + KEY_CACHE_TTL:
            return key
        client_key = await self._store.read(lambda conn: find_key(conn, key_id))
        key = None if client_key is None or client_key.revoked_at is not None else client_key
        self._kept[key_id] = (key, now + (KEY_CACHE_TTL if key else UNKNOWN_KEY_CACHE_TTL))
        self._kept.move_to_end(key_id)
        if len(self._kept) > MAX_CACHED:
            self._kept.popitem(last=False)
        return key
