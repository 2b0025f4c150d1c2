"""HTTP message signatures (RFC 9421, Ed25519) in the one form that a gateway asks of client programs.

The signature covers method, authority, path and query, the digest of a body (RFC 9530, sha-256), and the
Authorization field where there is one. Its nonce counts once, so a request that is repeated is signed anew.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from point_gateway_client.errors import WrongKey

TAG: Final = "point-gateway"
LABEL: Final = "client"

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


def load_private_key(pem: bytes) -> Ed25519PrivateKey:
    """The private key in `pem` (PKCS #8). Raises WrongKey for anything but an unencrypted Ed25519 key."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise WrongKey(
            "this is no unencrypted private key in PEM; give the whole text of the key file"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise WrongKey("this key is not Ed25519; make one with `point-gateway keys new`")
    return key


def authority_of(scheme: str, host_and_port: str) -> str:
    """The @authority of RFC 9421, 2.2.3: in lower case, without the scheme's own port."""
    return host_and_port.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ""))


def sign_headers(
    method: str,
    authority: str,
    target: str,
    headers: Mapping[str, str],
    content: bytes | None,
    *,
    key_id: str,
    private_key: Ed25519PrivateKey,
    created: datetime,
) -> dict[str, str]:
    """`headers` with Content-Digest, Signature-Input and Signature for exactly this request.

    `target` is path and query, percent-encoded as they are sent. An Authorization field must stand in `headers`.
    """
    path, _, query = target.partition("?")
    signed = dict(headers)
    components = {"@method": method, "@authority": authority, "@path": path, "@query": f"?{query}"}
    if "Authorization" in headers:
        components["authorization"] = headers["Authorization"]
    if content is not None:
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        signed["Content-Digest"] = components["content-digest"] = f"sha-256=:{digest}:"
    covered = " ".join(f'"{name}"' for name in components)
    parameters = (
        f'({covered});created={int(created.timestamp())};keyid="{key_id}";alg="ed25519"'
        f';nonce="{secrets.token_urlsafe(18)}";tag="{TAG}"'
    )
    lines = [
        *(f'"{name}": {value}' for name, value in components.items()),
        f'"@signature-params": {parameters}',
    ]
    signature = base64.b64encode(private_key.sign("\n".join(lines).encode())).decode()
    signed["Signature-Input"] = f"{LABEL}={parameters}"
    signed["Signature"] = f"{LABEL}=:{signature}:"
    return signed
