"""The secrets that sign webhooks: one for each portal or mailer that we tell, one for each partner that tells us.

They are sealed at rest and shown once, when made. A second one may be added before the first is revoked, so a
secret changes without a message lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection, Row, insert, select, update
from uuid_utils import uuid7

from gateway.errors import ProblemError
from gateway.model import Secret
from gateway.platform import tables
from gateway.platform.encryption import Unreadable, Vault
from gateway.webhooks.standard_webhooks import new_secret

_log = structlog.get_logger()
_k = tables.webhook_keys
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Direction(StrEnum):
    IN = "in"
    """A partner signs, we verify."""
    OUT = "out"
    """We sign, a portal verifies: how exchanges end."""
    MAILER = "mailer"
    """We sign, an operator's mailer verifies: what members are to be told ahead of time."""
    DIGESTS = "digests"
    """We sign, somebody elsewhere verifies and keeps: each day's digest of the ledger and the audit log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookKey:
    key_id: str
    direction: Direction
    party: str
    url: str | None
    secret_sealed: bytes = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None


def add(
    conn: Connection, vault: Vault, direction: Direction, party: str, url: str | None, at: datetime
) -> tuple[str, Secret]:
    """Add a key of any direction; gives its id and the secret. Raises ProblemError `bad-url` (422)."""
    return _add(conn, vault, direction, party, checked_url(direction, url), at)


def checked_url(direction: Direction, url: str | None) -> str | None:
    """The address of what we tell; None where a partner tells us. Raises ProblemError `bad-url` (422)."""
    return None if direction is Direction.IN else _safe(url or "")


def add_portal(conn: Connection, vault: Vault, party: str, url: str, at: datetime) -> tuple[str, Secret]:
    """Tell this portal from now on. Gives the key's id and the secret, which is not shown again."""
    return _add(conn, vault, Direction.OUT, party, _safe(url), at)


def add_mailer(conn: Connection, vault: Vault, party: str, url: str, at: datetime) -> tuple[str, Secret]:
    """Let this program tell members ahead of time from now on; `party` is part of how it knows a member."""
    return _add(conn, vault, Direction.MAILER, party, _safe(url), at)


def add_digest_keeper(
    conn: Connection, vault: Vault, party: str, url: str, at: datetime
) -> tuple[str, Secret]:
    """Send each day's digest there from now on."""
    return _add(conn, vault, Direction.DIGESTS, party, _safe(url), at)


def mailers(conn: Connection) -> list[WebhookKey]:
    """The keys in use of all mailers."""
    return list_in_use(conn, Direction.MAILER)


def list_in_use(conn: Connection, direction: Direction) -> list[WebhookKey]:
    """The keys in use of one direction, oldest first."""
    query = select(_k).where(_k.c.direction == direction, _k.c.revoked_at.is_(None))
    return [_key(row) for row in conn.execute(query.order_by(_k.c.created_at, _k.c.key_id))]


def add_partner(conn: Connection, vault: Vault, partner_id: str, at: datetime) -> tuple[str, Secret]:
    """Let this partner sign pushes to us from now on."""
    return _add(conn, vault, Direction.IN, partner_id, None, at)


def list_all(conn: Connection) -> list[WebhookKey]:
    """All keys, oldest first, revoked ones included."""
    return [_key(row) for row in conn.execute(select(_k).order_by(_k.c.created_at, _k.c.key_id))]


def revoke(conn: Connection, key_id: str, at: datetime) -> bool:
    """Stop using a key: portals are told no more under it, pushes under it are not believed."""
    changed = conn.execute(
        update(_k).where(_k.c.key_id == key_id, _k.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    return changed.rowcount == 1


def list_by_partner(conn: Connection, vault: Vault, partner_id: str) -> Sequence[Secret]:
    """The secrets a push of this partner may be signed with."""
    query = select(_k).where(
        _k.c.direction == Direction.IN, _k.c.party == partner_id, _k.c.revoked_at.is_(None)
    )
    secrets = []
    for row in conn.execute(query):
        try:
            secrets.append(open_secret(vault, _key(row)))
        except Unreadable as fault:  # the others may be the one that signed
            _log.error("push secret cannot be opened", partner=partner_id, key_id=row.key_id, text=str(fault))
    return secrets


def open_secret(vault: Vault, key: WebhookKey) -> Secret:
    return Secret(vault.decrypt(key.secret_sealed, purpose="webhook", bound_to=key.key_id))


def get(conn: Connection, key_id: str) -> WebhookKey | None:
    row = conn.execute(select(_k).where(_k.c.key_id == key_id)).one_or_none()
    return _key(row) if row is not None else None


def successor(conn: Connection, key: WebhookKey) -> str | None:
    """The newest key in use of the same portal or mailer, which its messages go on under; None where there is none."""
    query = select(_k.c.key_id).where(
        _k.c.direction == key.direction, _k.c.party == key.party, _k.c.revoked_at.is_(None)
    )
    return conn.execute(query.order_by(_k.c.created_at.desc(), _k.c.key_id.desc()).limit(1)).scalar()


def _safe(url: str) -> str:
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.netloc or parts.username or parts.fragment:
        raise ProblemError("bad-url", "a webhook's address is https://host/path, without a password")
    return url


def _add(
    conn: Connection, vault: Vault, direction: Direction, party: str, url: str | None, at: datetime
) -> tuple[str, Secret]:
    key_id, secret = uuid7().hex, new_secret()
    sealed = vault.encrypt(secret.reveal(), purpose="webhook", bound_to=key_id)
    conn.execute(
        insert(_k).values(
            key_id=key_id, direction=direction, party=party, url=url, secret_sealed=sealed, created_at=at
        )
    )
    return key_id, secret


def _key(row: Row[Any]) -> WebhookKey:
    values = row._asdict()
    return WebhookKey(**{**values, "direction": Direction(values["direction"])})
