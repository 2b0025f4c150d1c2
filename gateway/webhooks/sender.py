"""Carries the outbox to portals, mailers and keepers of digests: signed, at least once, tried again for days. Several gateways may run it.

Nothing that a portal answers changes anything but its own row. Redirects are not followed, answers not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

import aiohttp
import structlog
from sqlalchemy import Connection

from core_ledger import Store
from gateway.platform.encryption import Vault
from gateway.plugin_interfaces import Clock
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks import outbox
from gateway.webhooks.keys import Direction, WebhookKey
from gateway.webhooks.outbox import Message
from gateway.webhooks.standard_webhooks import sign

DEADLINE_S: Final = 15.0
SEND_CONCURRENCY: Final = 16
PAUSE_S: Final = 1.0
OUTBOUND: Final = (Direction.OUT, Direction.MAILER, Direction.DIGESTS)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WebhookSender:
    store: Store
    vault: Vault
    clock: Clock
    deadline_s: float = DEADLINE_S
    _session: list[aiohttp.ClientSession] = field(default_factory=list, repr=False)

    async def run(self) -> None:
        """Deliver what is due, for ever.

        Each kind has rounds of its own: a night's messages to a mailer that does not answer must not
        keep a portal from hearing how an exchange has ended.
        """
        async with self.opened():
            await asyncio.gather(*(self._rounds(direction) for direction in OUTBOUND))

    async def _rounds(self, direction: Direction) -> None:
        while True:
            try:
                busy = await self.poll_once(direction)
            except Exception as fault:  # noqa: BLE001  whatever broke (a database that restarts), the rounds go on
                _log.error("webhook round failed", error=type(fault).__name__, text=str(fault))
                busy = 0
            if busy < SEND_CONCURRENCY:
                await asyncio.sleep(PAUSE_S)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """One client for all deliveries inside."""
        timeout = aiohttp.ClientTimeout(total=self.deadline_s)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._session.append(session)
            try:
                yield
            finally:
                self._session.clear()

    async def poll_once(self, direction: Direction = Direction.OUT) -> int:
        """Deliver once what is due now to portals, or to mailers. Returns how many messages there were."""
        now, store = self.clock(), self.store
        if not await store.read_inline(lambda conn: outbox.is_due(conn, now, direction)):
            return 0
        until = now + 2 * timedelta(seconds=self.deadline_s)
        taken = await store.run(lambda conn: outbox.claim(conn, now, until, SEND_CONCURRENCY, direction))
        await asyncio.gather(*(self._deliver(message) for message in taken))
        return len(taken)

    async def _deliver(self, message: Message) -> None:
        store = self.store
        key = await store.read(lambda conn: webhook_keys.get(conn, message.key_id))
        if key is None or key.url is None or key.revoked_at is not None:
            await store.run(partial(self._hand_over, message=message, key=key))
            return
        body = message.body.encode()
        try:
            opened = webhook_keys.open_secret(self.vault, key)
            headers = sign(opened, message.message_id, self.clock(), body)
            async with self._session[0].post(
                key.url,
                data=body,
                headers={**headers, "Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer:
                why = "" if 200 <= answer.status < 300 else f"status {answer.status}"
        except Exception as fault:  # noqa: BLE001  an address or a secret that is none is put off as well
            why = type(fault).__name__
        now = self.clock()
        if not why:
            await store.run(lambda conn: outbox.delivered(conn, message, now))
            return
        again = await store.run(partial(outbox.failed, message=message, why=why, at=now))
        say = _log.warning if again else _log.error
        say("webhook not delivered", message=message.message_id, party=key.party, why=why, again=again)

    def _hand_over(self, conn: Connection, message: Message, key: WebhookKey | None) -> None:
        """A secret that was changed while a message waited loses none: its portal is told under the new one."""
        other = webhook_keys.successor(conn, key) if key is not None else None
        outbox.hand_over(conn, message, other, self.clock())
