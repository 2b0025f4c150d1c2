"""Webhooks as the Standard Webhooks specification writes them: three headers, one HMAC over id, moment and body.

    webhook-id          the message; the same at every delivery of it
    webhook-timestamp   seconds since 1970 of this delivery
    webhook-signature   `v1,<base64>`, several separated by spaces while a secret is being changed

The same few functions sign what we send and verify what partners send. Source: the published specification,
https://github.com/standard-webhooks/standard-webhooks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from gateway.errors import GatewayError
from gateway.model import Secret

TOLERANCE: Final = timedelta(minutes=5)
_PREFIX: Final = "whsec_"
_MAX_ID_LENGTH: Final = 200
_MAX_STAMP_LENGTH: Final = 11
"""Digits: until the year 5138. Milliseconds, or twelve nines, are no moment that a calendar has."""


class SignatureInvalid(GatewayError):
    """The message is not from who it should be, or not of now. Nothing was done."""


def new_secret() -> Secret:
    """A secret for one direction between two parties: 32 random bytes."""
    return Secret(_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode())


def sign(secret: Secret, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Make the three headers of one delivery."""
    stamp = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{_mac(secret, message_id, stamp, body)}",
    }


def verify(keys: Iterable[Secret], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Give the message's id when one of `keys` signed it, within five minutes of `now`. Raises NotBelieved.

    `headers` are looked up in lower case or any case, as the mapping allows.
    """
    message_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (0 < len(message_id) <= _MAX_ID_LENGTH and message_id.isascii() and message_id.isprintable()):
        raise SignatureInvalid("webhook-id is missing or no id")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _MAX_STAMP_LENGTH):
        raise SignatureInvalid("webhook-timestamp is no whole number of seconds")
    signatures = [part[3:] for part in given.split(" ")[:10] if part.startswith("v1,")]
    # Every key and signature is compared, so that time tells nothing about which of them failed.
    matches = [
        hmac.compare_digest(_mac(key, message_id, stamp, body).encode(), signature.encode())
        for key in keys
        for signature in signatures
    ]
    if not any(matches):
        raise SignatureInvalid("the signature does not fit")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise SignatureInvalid("the message is older, or newer, than five minutes")
    return message_id


def _mac(secret: Secret, message_id: str, stamp: str, body: bytes) -> str:
    signed = f"{message_id}.{stamp}.".encode() + body
    return base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def _key(secret: Secret) -> bytes:
    text = secret.reveal()
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise SignatureInvalid("the secret is no `whsec_` and base64; make a new one") from None
