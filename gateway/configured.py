"""What the settings name: the clock, the keys, the database. What only needs these does not load the services."""

from __future__ import annotations

from core_ledger import Store
from gateway.platform.clock import FileClock, system_clock
from gateway.platform.encryption import Vault
from gateway.plugin_interfaces import Clock
from gateway.settings import Settings, SettingsWrong
from migrations import require_usable


def clock_of(settings: Settings) -> Clock:
    """The machine's clock, or the shared file's where the settings name one."""
    return FileClock(settings.clock_file) if settings.clock_file is not None else system_clock


def vault_of(settings: Settings) -> Vault:
    """The vault with the settings' keys. Raises SecretMissing, naming the place, and SettingsWrong for short keys."""
    sealing = [line.encode() for line in settings.security.sealing().reveal().splitlines() if line]
    try:
        return Vault(sealing, settings.security.lookup().reveal().encode())
    except ValueError as fault:
        where = settings.path.name if settings.path is not None else "the settings"
        raise SettingsWrong(f"[security] sealing, lookup: {fault} ({where})") from None


async def open_store(settings: Settings) -> Store:
    """Open the database. Raises SchemaRefused where this release does not fit its schema."""
    store = Store.open(settings.database_url)
    try:
        await store.read(require_usable)
    except BaseException:
        await store.close()
        raise
    return store
