"""What the settings name: the clock, the keys, the database. What only needs these does not load the services."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

import gateway
import migrations
from core_ledger import (
    ChainKeys,
    Damaged,
    Store,
    chains_are_sealed,
    refuse_transaction_pooler,
    seal_chains,
)
from gateway.model import JST
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.encryption import Vault, derive_key
from gateway.platform.roles import PLATFORM
from gateway.platform.time_stamps import StampAuthority
from gateway.platform.traces import Traces, TracesUnavailable
from gateway.plugin_interfaces import Clock
from gateway.settings import Settings, SettingsWrong
from httpkit.clock import FileClock, system_clock
from migrations import require_usable

SIGNING_STEP: Final = "0013_chain_keys"
"""The step of the schema that brought the signatures of chains."""


def clock_of(settings: Settings) -> Clock:
    """The machine's clock, or the shared file's where the settings name one."""
    return FileClock(settings.clock_file) if settings.clock_file is not None else system_clock


def sealing_keys_of(settings: Settings) -> list[bytes]:
    """The keys that encrypt links and coupons, the newest first. Raises SecretMissing, naming the place."""
    return [line.encode() for line in settings.security.sealing().reveal().splitlines() if line]


NEXT_KEY: Final = "next "
"""So begins the line of a look-up key that every gateway is to know before one of them uses it."""


def lookup_keys_of(settings: Settings) -> tuple[list[bytes], bytes | None]:
    """The keys by whose hashes rows are found, the newest first, and the one that is not in use yet.

    Raises SecretMissing, naming the place.
    """
    lines = [line for line in settings.security.lookup().reveal().splitlines() if line]
    coming = [line.removeprefix(NEXT_KEY).encode() for line in lines if line.startswith(NEXT_KEY)]
    keys = [line.encode() for line in lines if not line.startswith(NEXT_KEY)]
    return keys, coming[0] if coming else None


def vault_of(settings: Settings) -> Vault:
    """The vault with the settings' keys. Raises SecretMissing, naming the place, and SettingsWrong for short keys."""
    try:
        return Vault(sealing_keys_of(settings), *lookup_keys_of(settings))
    except ValueError as fault:
        where = settings.path.name if settings.path is not None else "the settings"
        raise SettingsWrong(f"[security] sealing, lookup: {fault} ({where})") from None


def chain_keys_of(settings: Settings) -> ChainKeys:
    """The keys that sign moves and audit lines, the newest first; the oldest of all are derived from `lookup`.

    Without keys of their own the oldest look-up key's signs, so that a turn-over of `lookup` changes no signature: gateways
    that have not read the new one yet go on checking what the others sign.

    Raises SecretMissing, naming the place, and SettingsWrong for short keys.
    """
    own = settings.security.chain()
    lines = [line.encode() for line in own.reveal().splitlines() if line] if own is not None else []
    keys, coming = lookup_keys_of(settings)
    derived = [derive_key(key, "chain") for key in (*reversed(keys), *([coming] if coming else []))]
    try:
        return ChainKeys.of([*lines, *derived])
    except ValueError as fault:
        where = settings.path.name if settings.path is not None else "the settings"
        raise SettingsWrong(f"[security] chain: {fault} ({where})") from None


def stamp_authority_of(settings: Settings) -> StampAuthority | None:
    """Who signs the time of each day's digest; None where the settings name nobody."""
    if settings.time_stamp_roots is None:
        return None
    return StampAuthority(settings.time_stamp_url, settings.time_stamp_roots)


def traces_of(settings: Settings) -> Traces | None:
    """Where traces go; None where the settings name no collector. Raises SettingsWrong without the extra `otel`."""
    if settings.traces is None:
        return None
    try:
        return Traces.open(settings.traces.endpoint, settings.traces.sample_ratio, gateway.__version__)
    except TracesUnavailable as fault:
        raise SettingsWrong(f"[traces] {fault} ({settings.path})") from None


def upgrade_database(settings: Settings, *, copy: bool = True) -> Path | None:
    """Bring the schema to the newest step; an SQLite file's copy is returned. Raises SchemaRefused and SecretMissing.

    Where the step that brought signatures is among those taken, what is there already is signed as it is. Nothing else
    does that by itself: signatures that are gone later were taken away.
    """
    revision = migrations.status(settings.database_url).revision
    steps = migrations.known_revisions()
    is_older = revision in steps and steps.index(revision) < steps.index(SIGNING_STEP)
    keys = chain_keys_of(settings) if is_older else None
    copied = migrations.upgrade(settings.database_url, copy=copy)
    if keys is not None:
        sign_chains(settings, keys)
    return copied


def sign_chains(settings: Settings, keys: ChainKeys, *, operator: str = "", reason: str = "") -> int:
    """Sign the chains as they are; how many were signed. Raises Damaged where a part of them is signed already."""
    at = clock_of(settings)()

    def job(conn: Connection) -> int:
        count = seal_now(conn, keys, at)
        if operator:
            audit_log.write(
                conn, PLATFORM, at=at, actor="operator", actor_name=operator, action=AuditAction.CHAINS_SIGNED,
                reason=reason, facts={"chains": count},
            )  # fmt: skip
        return count

    store = Store.open(settings.database_url, chain_keys=keys, prepared=settings.database_prepared)
    try:
        store.read_now(require_usable)
        count = store.run_now(job)
    finally:
        store.close_now()
    structlog.get_logger().info("chains signed", at=at.isoformat(), chains=count)
    return count


def seal_now(conn: Connection, keys: ChainKeys, at: datetime) -> int:
    """Sign ledger and audit log as they are in one transaction."""
    return seal_chains(conn, keys, at.astimezone(JST).date()) + audit_log.seal_logs(conn, keys)


def open_store_now(settings: Settings) -> Store:
    """Open the database. Raises SchemaRefused where this release does not fit its schema, TransactionPooler, and
    Damaged where its signatures are gone.

    One that is empty is signed as that.
    """
    keys = chain_keys_of(settings)
    if settings.database_prepared:
        refuse_transaction_pooler(settings.database_url)
    store = Store.open(settings.database_url, chain_keys=keys, prepared=settings.database_prepared)
    try:
        store.read_now(require_usable)
        if not store.read_now(chains_are_sealed):
            at = clock_of(settings)()
            store.run_now(lambda conn: _seal_empty(conn, keys, at))
    except BaseException:
        store.close_now()
        raise
    return store


def _seal_empty(conn: Connection, keys: ChainKeys, at: datetime) -> None:
    if chains_are_sealed(conn):  # by another process, a moment ago
        return
    has_moves = conn.execute(sa.text("SELECT 1 FROM moves LIMIT 1")).first() is not None
    if has_moves or audit_log.has_lines(conn):
        raise Damaged(
            "the day from which moves are signed is not in the database: it was tampered with, or its upgrade was cut off"
            " before it was signed. Compare it by `point-gateway ledger verify --against` with the daily"
            " digests, or put a backup back; only where you know of the cut-off upgrade, run `point-gateway db sign`"
        )
    seal_now(conn, keys, at)


async def open_store(settings: Settings) -> Store:
    """As `open_store_now`, off the event loop."""
    return await asyncio.to_thread(open_store_now, settings)
