"""Reads the one form of signature that our own client writes, without a general parser: five times as fast.

The fields must look exactly as `point_gateway_client.signing` writes them; for anything else, however valid, `read_plain`
answers None and the library of RFC 9421 decides. A test holds the two to the same answers.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

_INPUT: Final = re.compile(
    r'([a-z][a-z0-9]{0,19})=(\("@method" "@authority" "@path" "@query"( "authorization")?( "content-digest")?\)'
    r';created=([0-9]{1,12});keyid="([A-Za-z0-9_.-]{1,100})";alg="ed25519";nonce="([A-Za-z0-9_-]{16,128})"'
    r';tag="point-gateway")'
)
_SIGNATURE: Final = re.compile(r"([a-z][a-z0-9]{0,19})=:([A-Za-z0-9+/]{86}==):")
_TARGET: Final = re.compile(
    r"(/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)"
    r"(?:\?((?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*))?"
)
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
_FIELD: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSignature:
    """A signature as claimed; nothing of it is checked yet. `base` is what must have been signed."""

    key_id: str
    created_s: int
    nonce: str
    signature: bytes = field(repr=False)
    base: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where clients find the gateway: `@authority`, and the part of the path that a proxy takes off."""

    authority: str
    prefix: str

    @classmethod
    def of(cls, public_url: str) -> Address:
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        if ":" in host:
            host = f"[{host}]"
        port = parts.port
        shown = port is not None and port != _DEFAULT_PORTS.get(parts.scheme)
        return cls(f"{host}:{port}" if shown else host, parts.path.rstrip("/"))


def read_plain(request: web.BaseRequest, address: Address, *, has_body: bool) -> PlainSignature | None:
    """The signature of `request` where it has the plain form and covers all it must; None for anything else."""
    match_ = _INPUT.fullmatch(_only(request, "Signature-Input"))
    signature = _SIGNATURE.fullmatch(_only(request, "Signature"))
    target = _TARGET.fullmatch(address.prefix + request.raw_path)
    if match_ is None or signature is None or target is None or not request.raw_path.startswith("/"):
        return None
    label, parameters, authorization, digest, created, key_id, nonce = match_.groups()
    if signature[1] != label or not _METHOD.fullmatch(request.method):
        return None
    lines = [
        f'"@method": {request.method}',
        f'"@authority": {address.authority}',
        f'"@path": {target[1]}',
        f'"@query": ?{target[2] or ""}',
    ]
    for name, covered, must in (
        ("authorization", authorization, "Authorization" in request.headers),
        ("content-digest", digest, has_body or "Content-Digest" in request.headers),
    ):
        if bool(covered) is not must:
            return None
        if covered:
            value = _only(request, name)
            if not _FIELD.fullmatch(value):
                return None
            lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {parameters}')
    return PlainSignature(
        key_id=key_id,
        created_s=int(created),
        nonce=nonce,
        signature=base64.b64decode(signature[2]),
        base="\n".join(lines).encode("ascii"),
    )


def _only(request: web.BaseRequest, name: str) -> str:
    fields = request.headers.getall(name, [])
    return fields[0] if len(fields) == 1 else ""
