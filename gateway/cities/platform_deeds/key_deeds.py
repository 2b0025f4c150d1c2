"""Keys and secrets: what lets a program in, or sends what is people's elsewhere, takes two; revoking one takes one.

A client key's private half never comes here: its owner makes the pair and proposes the public half. A webhook's secret is made
with the decision and shown to who decided, this once. No key's scope is ever changed and no revoked key comes back: either
is a new key, and so a new proposal.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals.propose import Facts, Ground
from gateway.cities.shops import shop_rows
from gateway.client import key_id_of
from gateway.errors import ProblemError
from gateway.http import client_keys
from gateway.http.client_keys import ClientKey
from gateway.http.client_scopes import Scope
from gateway.model import JST, Secret
from gateway.platform.audit_actions import AuditAction
from gateway.platform.encryption import Vault
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks.keys import Direction, WebhookKey
from httpkit.clock import day_of

_CLIENT: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
"""It is part of a file's name, and stands in every log line of the program's requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddClientKey:
    """`public_key` is base64 of 32 bytes. `ends_at` and `shop` as in `ClientKey`."""

    client_id: str
    key_id: str
    public_key: str
    scope: Scope
    ends_at: datetime | None
    shop: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWebhookKey:
    """`party` is a portal, a mailer, a keeper of digests, or the partner that signs; `url` is None for the last."""

    direction: Direction
    party: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """A secret that was made with a decision, to be shown this once."""

    key_id: str
    secret: Secret


def read_public_key(typed: str) -> bytes:
    """The 32 bytes of an Ed25519 public key, typed as PEM or as base64. Raises ProblemError `bad-public-key` (422)."""
    text = typed.strip()
    try:
        if text.startswith("-----"):
            key = load_pem_public_key(text.encode())
            if isinstance(key, Ed25519PublicKey):
                return key.public_bytes_raw()
        else:
            raw = base64.b64decode(text, validate=True)
            return Ed25519PublicKey.from_public_bytes(raw).public_bytes_raw()
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        pass
    raise ProblemError(
        "bad-public-key", "Give the public half of an Ed25519 key, as PEM or as base64 of its 32 bytes."
    )


def key_command(
    client_id: str, public_raw: bytes, scope: Scope, *, ends_at: datetime | None, shop: str | None
) -> AddClientKey:
    """The command for this public half, 32 bytes."""
    return AddClientKey(
        client_id=client_id, key_id=key_id_of(public_raw), public_key=base64.b64encode(public_raw).decode(),
        scope=scope, ends_at=ends_at, shop=shop,
    )  # fmt: skip


def require_client_name(client_id: str) -> None:
    """Raise ProblemError `bad-client` (422)."""
    if not _CLIENT.fullmatch(client_id):
        raise ProblemError(
            "bad-client", "a client's name is 1 to 40 of a-z, 0-9 and . _ - between them: portal"
        )


def require_fitting(conn: Connection, command: AddClientKey, now: datetime) -> None:
    """Raise ProblemError: `bad-client`, `bad-scope`, `bad-last-day` (422), `unknown-shop` (404), `key-exists` (409)."""
    require_client_name(command.client_id)
    if command.shop is not None:
        if command.scope is not Scope.POS:
            raise ProblemError("bad-scope", "a shop is for a till's key alone: scope pos")
        municipality, _, shop_id = command.shop.partition("/")
        shop_rows.require(conn, municipality, shop_id)
    if command.ends_at is not None and command.ends_at <= now:
        raise ProblemError("bad-last-day", "the key's last day is over; name one that is to come")
    if client_keys.find_key(conn, command.key_id) is not None:
        raise ProblemError("key-exists", "this key is known already, in use or revoked; make a new key pair")


def end_of_day(last_day: date) -> datetime:
    """The moment from which a key with this last day is good no more. Raises OverflowError at the calendar's end."""
    return datetime.combine(last_day + timedelta(days=1), time(), JST)


def last_day_of(ends_at: datetime | None) -> str:
    """The last day in Japan on which a key is good; empty where it has no end."""
    return "" if ends_at is None else day_of(ends_at - timedelta(microseconds=1)).isoformat()


def client_key_facts(conn: Connection, command: AddClientKey) -> Facts:
    """What the second person looks at."""
    shown: dict[str, str | int] = {
        "client": command.client_id, "key_id": command.key_id, "scope": command.scope.value,
        "last_day": last_day_of(command.ends_at), "shop_id": command.shop or "", "keys_in_use": len(_in_use(conn, command.client_id)),
    }  # fmt: skip
    return shown


def client_key_ground(_: CityContext, conn: Connection, __: str, command: AddClientKey) -> Ground:
    """The keys that the client program has in use."""
    return {"keys": ",".join(sorted(key.key_id for key in _in_use(conn, command.client_id)))}


def add_client_key(conn: Connection, who: StaffActor, command: AddClientKey, why: str, at: datetime) -> None:
    """Carry it out. Raises ProblemError as `require_fitting`."""
    require_fitting(conn, command, at)
    client_keys.register_key(
        conn, command.client_id, command.key_id, base64.b64decode(command.public_key), at,
        scope=command.scope, ends_at=command.ends_at, shop=command.shop,
    )  # fmt: skip
    write_audit(conn, who, at, AuditAction.CLIENT_KEY_MADE, command.client_id, why, key_facts(command))


def key_facts(command: AddClientKey) -> dict[str, str | int]:
    """What a line of the audit log says of a key."""
    facts: dict[str, str | int] = {"key_id": command.key_id, "scope": command.scope.value}
    if command.ends_at is not None:
        facts["until"] = last_day_of(command.ends_at)
    if command.shop is not None:
        facts["shop"] = command.shop
    return facts


def revoke_client_key(conn: Connection, who: StaffActor, key_id: str, why: str, at: datetime) -> None:
    """At once, by one person: it only closes. Raises ProblemError `unknown-key` (409)."""
    key = client_keys.find_key(conn, key_id)
    if key is None or not client_keys.revoke_key(conn, key_id, at):
        raise _unknown_key()
    write_audit(conn, who, at, AuditAction.CLIENT_KEY_REVOKED, key.client_id, why, {"key_id": key_id})


def webhook_facts(conn: Connection, command: AddWebhookKey) -> Facts:
    """Where what is told goes, in full: the address is what the second person looks at."""
    shown: dict[str, str | int] = {
        "direction": command.direction.value, "party": command.party, "url": command.url or "",
        "keys_in_use": len(_webhooks_in_use(conn, command)),
    }  # fmt: skip
    return shown


def webhook_ground(_: CityContext, conn: Connection, __: str, command: AddWebhookKey) -> Ground:
    """The keys that are in use for the same party and purpose."""
    return {"keys": ",".join(sorted(key.key_id for key in _webhooks_in_use(conn, command)))}


def add_webhook_key(
    conn: Connection, vault: Vault, who: StaffActor, command: AddWebhookKey, why: str, at: datetime
) -> NewSecret:
    """Carry it out. Raises ProblemError `bad-url` (422)."""
    key_id, secret = webhook_keys.add(conn, vault, command.direction, command.party, command.url, at)
    is_push = command.direction is Direction.IN
    action = AuditAction.PUSH_SECRET_MADE if is_push else AuditAction.WEBHOOK_ADDED
    write_audit(conn, who, at, action, command.party, why, {"key_id": key_id})
    return NewSecret(key_id=key_id, secret=secret)


def revoke_webhook_key(conn: Connection, who: StaffActor, key_id: str, why: str, at: datetime) -> None:
    """At once, by one person: it only closes. Raises ProblemError `unknown-key` (409)."""
    key = webhook_keys.get(conn, key_id)
    if key is None or not webhook_keys.revoke(conn, key_id, at):
        raise _unknown_key()
    is_push = key.direction is Direction.IN
    action = AuditAction.PUSH_SECRET_REVOKED if is_push else AuditAction.WEBHOOK_REVOKED
    write_audit(conn, who, at, action, key.party, why, {"key_id": key_id})


def _in_use(conn: Connection, client_id: str) -> list[ClientKey]:
    keys = client_keys.list_keys(conn)
    return [key for key in keys if key.client_id == client_id and key.revoked_at is None]


def _webhooks_in_use(conn: Connection, command: AddWebhookKey) -> list[WebhookKey]:
    keys = webhook_keys.list_in_use(conn, command.direction)
    return [key for key in keys if key.party == command.party]


def _unknown_key() -> ProblemError:
    return ProblemError("unknown-key", "there is no such key in use; look at the list of keys again")
