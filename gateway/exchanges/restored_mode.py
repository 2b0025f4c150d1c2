"""Restored mode (復旧中): a database that has forgotten confirmed orders is read and asked, and confirms nothing.

Looked for at the start and every half minute: the newest lines of the journal against the database. A restore and a
failover to a standby without the last commits both forget the newest orders, so the newest lines are enough.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from core_ledger import ChainKeys, Store
from gateway.errors import ProblemError
from gateway.exchanges.recovery import list_forgotten
from gateway.platform.journal import newest_lines

CHECK_INTERVAL_S: Final = 30.0
MAX_CHECKED: Final = 500
_log = structlog.get_logger()


@dataclass(slots=True)
class RestoredMode:
    """`folder` is the journal's; without one nothing can be known, and the mode is never on."""

    store: Store
    keys: ChainKeys
    folder: Path | None
    forgotten: int = 0

    @property
    def is_on(self) -> bool:
        """Whether orders are forgotten, so that nothing may be confirmed."""
        return self.forgotten > 0

    async def check(self) -> None:
        """Look again. What cannot be read now changes nothing."""
        if self.folder is None:
            return
        lines = await asyncio.to_thread(newest_lines, self.folder, self.keys, limit=MAX_CHECKED)
        forgotten = len(await self.store.read(lambda conn: list_forgotten(conn, lines)))
        if forgotten and not self.forgotten:
            _log.error(
                "restored mode",
                forgotten=forgotten,
                remedy="run `point-gateway restore check`, then `restore recover`",
            )
        elif self.forgotten and not forgotten:
            _log.info("restored mode is over")
        self.forgotten = forgotten

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            try:
                await self.check()
            except Exception as fault:  # noqa: BLE001  the database may restart, the rounds go on
                _log.error("restored mode unknown", error=type(fault).__name__, text=str(fault))

    def require_off(self) -> None:
        """Raise ProblemError while orders are forgotten."""
        if self.is_on:
            raise ProblemError(
                "restored",
                "the database was restored and is being completed; nothing is confirmed until then",
            )
