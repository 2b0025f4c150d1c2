"""What the settings name: the clock, the keys, the database. What only needs these does not load the services."""

from __future__ import annotations

import asyncio

import structlog

from core_ledger import ChainKeys, Store, chains_are_sealed, refuse_transaction_pooler, seal_chains
from gateway.model import JST
from gateway.platform import audit_log
from gateway.platform.clock import FileClock, system_clock
from gateway.platform.encryption import Vault, derive_key
from gateway.plugin_interfaces import Clock
from gateway.settings import Settings, SettingsWrong
from migrations import require_usable


def clock_of(settings: Settings) -> Clock:
    """The machine's clock, or the shared file's where the settings name one."""
    return FileClock(settings.clock_file) if settings.clock_file is not None else system_clock


def sealing_keys_of(settings: Settings) -> list[bytes]:
    """The keys that encrypt links and coupons, the newest first. Raises SecretMissing, naming the place."""
    return [line.encode() for line in settings.security.sealing().reveal().splitlines() if line]


def vault_of(settings: Settings) -> Vault:
    """The vault with the settings' keys. Raises SecretMissing, naming the place, and SettingsWrong for short keys."""
    try:
        return Vault(sealing_keys_of(settings), settings.security.lookup().reveal().encode())
    except ValueError as fault:
        where = settings.path.name if settings.path is not None else "the settings"
        raise SettingsWrong(f"[security] sealing, lookup: {fault} ({where})") from None


def chain_keys_of(settings: Settings) -> ChainKeys:
    """The keys that sign moves and audit lines, the newest first; the oldest of all is derived from `lookup`.

    Raises SecretMissing, naming the place, and SettingsWrong for short keys.
    """
    own = settings.security.chain()
    lines = [line.encode() for line in own.reveal().splitlines() if line] if own is not None else []
    derived = derive_key(settings.security.lookup().reveal().encode(), "chain")
    try:
        return ChainKeys.of([*lines, derived])
    except ValueError as fault:
        where = settings.path.name if settings.path is not None else "the settings"
        raise SettingsWrong(f"[security] chain: {fault} ({where})") from None


def open_store_now(settings: Settings) -> Store:
    """Open the database. Raises SchemaRefused where this release does not fit its schema, and TransactionPooler.

    The first time after the keys came, what is there already is signed as it is.
    """
    keys = chain_keys_of(settings)
    if settings.database_prepared:
        refuse_transaction_pooler(settings.database_url)
    store = Store.open(settings.database_url, chain_keys=keys, prepared=settings.database_prepared)
    try:
        store.read_now(require_usable)
        if not store.read_now(chains_are_sealed):
            day = clock_of(settings)().astimezone(JST).date()
            count = store.run_now(lambda conn: seal_chains(conn, keys, day) + audit_log.seal_logs(conn, keys))
            structlog.get_logger().info("chains signed", day=day.isoformat(), chains=count)
    except BaseException:
        store.close_now()
        raise
    return store


async def open_store(settings: Settings) -> Store:
    """As `open_store_now`, off the event loop."""
    return await asyncio.to_thread(open_store_now, settings)
