"""A session, sealed into one cookie: the browser carries it and can neither read nor change it.

So a site keeps no people's state: it survives a restart, and several can stand side by side. The seal is
AES-256-GCM under a key derived from the operator's secret, bound to its purpose: one site's cookie is nothing to
another, though both had the same secret. The gateway's token inside ends at the gateway on logout, so an old copy
of a cookie opens nothing afterwards.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_COOKIE_LENGTH: Final = 4_000
"""Of a sealed text; browsers keep cookies of 4,096 bytes, name and attributes included."""

_TOKEN_BYTES: Final = 16

SealedT = TypeVar("SealedT", bound="DataclassInstance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in here, as far as every page must know it; a site adds what it shows. `used_at` is in unix seconds."""

    token: str = field(repr=False)
    form_secret: str = field(repr=False)
    used_at: int

    @property
    def idle_limit(self) -> timedelta:
        """How long a person may do nothing. A site says its own, never more than the gateway's."""
        return timedelta(minutes=10)

    @property
    def stays(self) -> bool:
        """Whether nobody is signed out for doing nothing: a device that its owner has bound."""
        return False

    @property
    def idle_limit_s(self) -> int:
        return int(self.idle_limit.total_seconds())

    @property
    def first(self) -> str:
        """Where this person has to go before any page that needs something; nowhere as a rule."""
        return ""

    @property
    def form_owner(self) -> str:
        """Who gets a form back that was typed before this session ended, after a sign-in; empty: nobody."""
        return ""

    def may(self, _need: str) -> bool:
        """Whether this person may see a page that needs it. The gateway decides; this only spares a way to a refusal."""
        return True

    def alive(self, now: datetime) -> bool:
        return now.timestamp() < self.used_at + self.idle_limit_s

    def form_token(self) -> str:
        """What each form carries back; another site cannot know it. Masked anew each time, so that the length of a
        compressed page tells nothing about it (BREACH).
        """
        pad = secrets.token_bytes(_TOKEN_BYTES)
        return (pad + _xor(pad, self._plain_token())).hex()

    def is_form_token(self, text: str) -> bool:
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            return False
        if len(raw) != 2 * _TOKEN_BYTES:
            return False
        return hmac.compare_digest(_xor(raw[:_TOKEN_BYTES], raw[_TOKEN_BYTES:]), self._plain_token())

    def _plain_token(self) -> bytes:
        return hmac.new(self.form_secret.encode(), b"form", hashlib.sha256).digest()[:_TOKEN_BYTES]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def begun(token: str, now: datetime) -> dict[str, Any]:
    """What each new session starts with: the gateway's token and a secret of its own for forms."""
    return {
        "token": token,
        "form_secret": secrets.token_urlsafe(24),
        "used_at": int(now.timestamp()),
    }


class SessionCipher(Generic[SealedT]):
    """Seals and opens values of one class. What does not open is nothing: there is no error to tell cases apart by."""

    def __init__(self, secret: bytes, purpose: str, kind: type[SealedT]) -> None:
        self._purpose, self._kind = purpose.encode(), kind
        self._box = AESGCM(hashlib.sha256(self._purpose + secret).digest())
        self._names = tuple(one.name for one in fields(kind))

    def seal(self, value: SealedT) -> str:
        nonce = secrets.token_bytes(12)
        text = json.dumps(self._as_dict(value), ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(nonce + self._box.encrypt(nonce, text, self._purpose)).decode()

    def _as_dict(self, value: SealedT) -> dict[str, Any]:
        return {
            name: getattr(value, name) for name in self._names
        }  # flat; asdict copies deeply, at every page

    def open(self, sealed: str) -> SealedT | None:
        if not sealed or len(sealed) > MAX_COOKIE_LENGTH:
            return None
        try:
            raw = base64.urlsafe_b64decode(sealed)
            return self._kind(**json.loads(self._box.decrypt(raw[:12], raw[12:], self._purpose)))
        except (binascii.Error, ValueError, TypeError, InvalidTag):
            return None
