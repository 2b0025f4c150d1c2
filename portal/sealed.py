"""A member's session, sealed into one cookie: the browser carries it and can neither read nor change it.

So the portal keeps no members' state: it survives a restart, and several portals can stand side by side. The
seal is AES-256-GCM under a key derived from the operator's secret, bound to the cookie's purpose. The gateway's
token inside ends at the gateway on logout, so an old copy of a cookie opens nothing afterwards.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

IDLE_LIMIT: Final = timedelta(minutes=10)
SHARED_TERMINAL_IDLE_LIMIT: Final = timedelta(minutes=2)
"""Both from the gateway's own limits; the portal's count only what a person did, not a page that updates itself."""

LONGEST: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in here. `shown_name` and `shown_id` are masked already; `used_at` is in unix seconds."""

    token: str = field(repr=False)
    shown_name: str
    shown_id: str
    shared_terminal: bool
    form_secret: str = field(repr=False)
    used_at: int

    @property
    def idle_limit_s(self) -> int:
        limit = SHARED_TERMINAL_IDLE_LIMIT if self.shared_terminal else IDLE_LIMIT
        return int(limit.total_seconds())

    def alive(self, now: datetime) -> bool:
        return now.timestamp() < self.used_at + self.idle_limit_s

    def form_token(self, path: str = "") -> str:
        """What each form carries back; another site cannot know it."""
        return hmac.new(self.form_secret.encode(), b"form" + path.encode(), hashlib.sha256).hexdigest()[:32]


def new_session(
    token: str, display_name: str, mykey_id: str, *, shared_terminal: bool, now: datetime
) -> Session:
    return Session(
        token=token,
        shown_name=mask_name(display_name),
        shown_id=mask_id(mykey_id),
        shared_terminal=shared_terminal,
        form_secret=secrets.token_urlsafe(24),
        used_at=int(now.timestamp()),
    )


class Seal:
    """Seals and opens sessions. What does not open is no session: there is no error to tell them apart by."""

    _PURPOSE: Final = b"point-gateway portal session v1"

    def __init__(self, secret: bytes) -> None:
        self._box = AESGCM(hashlib.sha256(self._PURPOSE + secret).digest())

    def seal(self, session: Session) -> str:
        nonce = secrets.token_bytes(12)
        text = json.dumps(asdict(session), ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(nonce + self._box.encrypt(nonce, text, self._PURPOSE)).decode()

    def open(self, cookie: str) -> Session | None:
        if not cookie or len(cookie) > LONGEST:
            return None
        try:
            raw = base64.urlsafe_b64decode(cookie)
            return Session(**json.loads(self._box.decrypt(raw[:12], raw[12:], self._PURPOSE)))
        except (binascii.Error, ValueError, TypeError, InvalidTag):
            return None


def mask_name(name: str) -> str:
    """`見本太郎` becomes `見＊＊郎`: enough to see whose page it is, too little for who looks over a shoulder."""
    if len(name) <= 2:
        return name[:1] + "＊" * max(1, len(name) - 1)
    return name[0] + "＊" * (len(name) - 2) + name[-1]


def mask_id(mykey_id: str) -> str:
    return mykey_id[:2] + "＊" * max(0, len(mykey_id) - 4) + mykey_id[-2:]
