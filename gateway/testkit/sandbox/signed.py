"""The sandbox's side of signed requests: HMAC-SHA256, a 30-second window.

The partner's manual says: sign `METHOD`, path with query, the moment in whole seconds since 1970 and the
SHA-256 of the body, joined by line feeds; send the merchant, the moment and the signature (hex) as headers.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from aiohttp import web

from gateway.model import Secret
from gateway.plugin_interfaces import Clock

WINDOW = timedelta(seconds=30)


class SignatureRefused(Exception):
    """The request is not believed; the text is a stable word for the answer."""


class Signed:
    """Checks the requests of one merchant."""

    def __init__(self, merchant_id: str, key: Secret, clock: Clock) -> None:
        if len(key.reveal()) < 16:
            raise ValueError("the API key has at least 16 characters")
        self.merchant_id = merchant_id
        self._key = key.reveal().encode()
        self._clock = clock

    async def check(self, request: web.Request) -> None:
        """Raise SignatureRefused: `unknown_merchant`, `bad_timestamp`, `stale`, `bad_signature`."""
        if request.headers.get("X-Merchant-Id") != self.merchant_id:
            raise SignatureRefused("unknown_merchant")
        stamp = request.headers.get("X-Timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise SignatureRefused("bad_timestamp")
        if abs(self._clock().timestamp() - int(stamp)) > WINDOW.total_seconds():
            raise SignatureRefused("stale")
        body = hashlib.sha256(await request.read()).hexdigest()
        signed = f"{request.method}\n{request.raw_path}\n{stamp}\n{body}".encode()
        expected = hmac.new(self._key, signed, hashlib.sha256).hexdigest()
        signature = request.headers.get("X-Signature", "")
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape")):
            raise SignatureRefused("bad_signature")
