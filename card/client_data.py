"""What a card really signs at a login: the purpose, the server's challenge and the site's origin, as fixed bytes.

The same construction as WebAuthn's collected client data (https://www.w3.org/TR/webauthn-3/#dictionary-client-data):
the agent fills in the origin that the browser vouches for, so a signature that another site talks somebody into
names that site and is useless here. Shared by the agent, which writes it, and the server, which reads it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from urllib.parse import urlsplit

MAX_CLIENT_DATA_LENGTH: Final = 1024
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")


class Purpose(StrEnum):
    """What the signature is for; part of what is signed, so that none can stand in for another."""

    LOGIN = "point-gateway.login"
    REGISTER = "point-gateway.register"
    RELINK = "point-gateway.relink"


@dataclass(frozen=True, slots=True)
class ClientData:
    """`challenge` is 32 bytes in base64url without padding; `origin` is as browsers write it."""

    purpose: Purpose
    challenge: str
    origin: str

    def to_bytes(self) -> bytes:
        """Canonical JSON (RFC 8785): names in order, no white space, UTF-8."""
        fields = {"challenge": self.challenge, "origin": self.origin, "type": self.purpose.value}
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read what `to_bytes` wrote, and nothing else. Raises ValueError on any other byte sequence."""
        if len(raw) > MAX_CLIENT_DATA_LENGTH:
            raise ValueError("client data are too long")
        try:
            fields = json.loads(raw.decode())
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
            raise ValueError("client data are not JSON") from None
        if not isinstance(fields, dict) or set(fields) != {"challenge", "origin", "type"}:
            raise ValueError("client data have exactly three fields")
        challenge, origin, purpose = (str(fields[name]) for name in ("challenge", "origin", "type"))
        read = cls(Purpose(purpose), checked_challenge(challenge), checked_origin(origin))
        # What was not a string to begin with differs here, as does every other spelling of the same JSON.
        if read.to_bytes() != raw:
            raise ValueError("client data are not in canonical form")
        return read


def checked_challenge(text: str) -> str:
    """`text`, if it is 32 bytes in base64url. Raises ValueError."""
    if not _CHALLENGE.fullmatch(text):
        raise ValueError("a challenge is 32 bytes in base64url without padding")
    return text


def checked_origin(text: str) -> str:
    """`text`, if it is a web origin just as browsers send it: https, or http on the loopback. Raises ValueError."""
    parts = urlsplit(text)  # raises ValueError on a broken address
    host = text.partition("://")[2].removesuffix(f":{parts.port}") if parts.port is not None else parts.netloc
    if not re.fullmatch(r"[a-z0-9.-]+|\[[0-9a-f:]+\]", host) or text != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("an origin is a scheme, a lower-case host and a port, nothing else")
    if parts.port == {"https": 443, "http": 80}.get(parts.scheme):
        raise ValueError("an origin leaves out its scheme's own port")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ValueError("an origin is https, or http on the loopback")
    return text
