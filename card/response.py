"""A card's response on its way from the agent through the page to the server: three byte strings in JSON."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Final, Self

from card.refusals import ResponseMalformed, ResponseTooLarge

MAX_BODY_LENGTH: Final = 16 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class CardResponse:
    """What came back from the card: the bytes that were signed, the certificate (DER) and the signature."""

    client_data: bytes
    certificate: bytes
    signature: bytes

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Read the agent's JSON object, its three fields in base64url. Raises a ResponseRefused.

        A body over 16 KiB is refused unread; better still, let the web server stop it there.
        """
        if len(body) > MAX_BODY_LENGTH:
            raise ResponseTooLarge(f"{len(body)} bytes")
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):
            raise ResponseMalformed("not JSON") from None
        names = ("client_data", "certificate", "signature")
        if not isinstance(fields, dict) or set(fields) != set(names):
            raise ResponseMalformed(f"an object with exactly {', '.join(names)} is wanted")
        return cls(*(_from_base64url(fields[name], name) for name in names))

    def to_json(self) -> bytes:
        fields = {
            "client_data": self.client_data,
            "certificate": self.certificate,
            "signature": self.signature,
        }
        return json.dumps({name: to_base64url(value) for name, value in fields.items()}).encode()


def to_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _from_base64url(text: object, name: str) -> bytes:
    if not isinstance(text, str) or not text:
        raise ResponseMalformed(f"{name} is not a string")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise ResponseMalformed(f"{name} is not base64url") from None
    if to_base64url(raw) != text:
        raise ResponseMalformed(f"{name} is not base64url in its one form")
    return raw
