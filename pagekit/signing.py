"""Signs requests to the gateway (RFC 9421, Ed25519), written out for the one form that our sites send.

A general library does the same in ten times the time, which is most of what a page costs; a test has that library
verify what is made here.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from yarl import URL

TAG: Final = "point-gateway"


def signed_headers(
    method: str,
    url: URL,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    key_id: str,
    key: Ed25519PrivateKey,
    created: datetime,
) -> dict[str, str]:
    """`headers` with Content-Digest, Signature-Input and Signature for exactly this request.

    The signature covers method, authority, path and query, the Authorization field where there is one, and the
    digest of a body; its nonce is new each time, so what is sent twice is signed twice.
    """
    made = dict(headers)
    lines = [
        f'"@method": {method}',
        f'"@authority": {url.raw_authority}',
        f'"@path": {url.raw_path}',
        f'"@query": ?{url.raw_query_string}',
    ]
    if "Authorization" in headers:
        lines.append(f'"authorization": {headers["Authorization"]}')
    if body is not None:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        made["Content-Digest"] = f"sha-256=:{digest}:"
        lines.append(f'"content-digest": {made["Content-Digest"]}')
    covered = " ".join(line.partition(":")[0] for line in lines)
    parameters = (
        f'({covered});created={int(created.timestamp())};keyid="{key_id}";alg="ed25519"'
        f';nonce="{secrets.token_urlsafe(18)}";tag="{TAG}"'
    )
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    signature = base64.b64encode(key.sign(base.encode())).decode()
    made["Signature-Input"] = f"site={parameters}"
    made["Signature"] = f"site=:{signature}:"
    return made
