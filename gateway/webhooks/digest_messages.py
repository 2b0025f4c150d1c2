"""Daily digests to whoever keeps them elsewhere: messages of the outbox, signed and tried again like any other.

A message holds the digest's line as it was signed; whoever appends these lines to a file can compare with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.platform import daily_digest
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks import outbox
from gateway.webhooks.keys import Direction
from gateway.webhooks.outbox import OutboxEntry

DIGEST: Final = "ledger.digest"
RESTORED: Final = "ledger.restored"
DAYS: Final = 7
"""A keeper who comes later gets the digests of so many days before; fewer than the outbox keeps messages."""


def enqueue_digests(conn: Connection, at: datetime) -> int:
    """Leave the newest digests for everybody who keeps them, each once. Returns how many messages are new."""
    return _enqueue(conn, DIGEST, daily_digest.list_documents(conn)[-DAYS:], at)


def enqueue_restored(conn: Connection, line: str, at: datetime) -> int:
    """Leave the line that says that the database was restored on purpose."""
    return _enqueue(conn, RESTORED, [line], at)


def _enqueue(conn: Connection, type_: str, lines: Sequence[str], at: datetime) -> int:
    messages = [
        OutboxEntry(
            key_id=key.key_id,
            message_id=f"{type_}-{daily_digest.fingerprint(line)}",
            type=type_,
            data={"line": line},
        )
        for key in webhook_keys.list_in_use(conn, Direction.DIGESTS)
        for line in lines
    ]
    return outbox.enqueue_new(conn, messages, at)
