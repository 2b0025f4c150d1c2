"""A pay code while it is on the member's screen, sealed into the page's own address.

The portal keeps no state, and a code must be nowhere to be read but on the screen: not in a log of addresses, not
in the browser's history. So the address carries it sealed under a key of this member's session; in another
session, or after a logout, it opens nothing. The code before it goes along, because a shop may have scanned that one a
moment before the screen changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SHOWN_FOR: Final = timedelta(seconds=30)
"""Half of a code's life: whatever a shop scans can be used for as long again, time enough to type the amount."""

TOKEN: Final = r"{token:[A-Za-z0-9_=-]{40,800}}"  # noqa: S105  the shape of an address
_PURPOSE: Final = b"point-gateway portal pay code v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCode:
    """`shown_at` and `before_until` are in unix seconds; `before` is empty for the first code of a screen."""

    municipality: str
    point_service: str
    qr: str = field(repr=False)
    digits: str = field(repr=False)
    shown_at: int
    before: str = field(repr=False, default="")
    before_until: int = 0
    most_points: int | None = None
    """What it pays at most, where the member's own sum holds."""

    def is_due(self, now: datetime) -> bool:
        """Whether the next code shall take this one's place."""
        return now.timestamp() >= self.shown_at + SHOWN_FOR.total_seconds()

    def watched(self, now: datetime) -> list[str]:
        """The digits with which a shop may still be taking points."""
        late = now.timestamp() < self.before_until
        return [self.digits, self.before] if self.before and late else [self.digits]


def seal(shown: ShownCode, seal_secret: bytes, form_secret: str) -> str:
    nonce = secrets.token_bytes(12)
    text = json.dumps(asdict(shown), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(
        nonce + _box(seal_secret, form_secret).encrypt(nonce, text, _PURPOSE)
    ).decode()


def unseal(token: str, seal_secret: bytes, form_secret: str) -> ShownCode | None:
    """The code in the address of a page; None for any that was not made in this session."""
    try:
        raw = base64.urlsafe_b64decode(token)
        return ShownCode(**json.loads(_box(seal_secret, form_secret).decrypt(raw[:12], raw[12:], _PURPOSE)))
    except (binascii.Error, ValueError, TypeError, InvalidTag):
        return None


def _box(seal_secret: bytes, form_secret: str) -> AESGCM:
    return AESGCM(hashlib.sha256(_PURPOSE + seal_secret + form_secret.encode()).digest())
