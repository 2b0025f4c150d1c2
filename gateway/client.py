"""For programs that call the gateway: makes a key pair and signs each request as the gateway asks (RFC 9421).

Needs nothing of the gateway's server side. `sign_headers` is pure and fits any HTTP library; `SignedClient`
is a thin wrapper around aiohttp's. A request that is repeated must be signed anew: each nonce counts once.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json as json_text
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import aiohttp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from yarl import URL

LABEL: Final = "gateway"
TAG: Final = "point-gateway"
COVERED: Final = ("@method", "@authority", "@path", "@query")


class KeyPair(NamedTuple):
    """A new key. `private_pem` is the client's secret (PKCS #8), `public_raw` the 32 bytes to register."""

    key_id: str
    private_pem: bytes
    public_raw: bytes

    def __repr__(self) -> str:
        return f"KeyPair(key_id={self.key_id!r}, private_pem=…)"


def new_key_pair() -> KeyPair:
    """A fresh Ed25519 key; its id is made from the public half, so two keys never share one."""
    private = Ed25519PrivateKey.generate()
    public_raw = private.public_key().public_bytes_raw()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return KeyPair(key_id_of(public_raw), pem, public_raw)


def key_id_of(public_raw: bytes) -> str:
    """The id of the key with this public half."""
    digest = base64.b32encode(hashlib.sha256(public_raw).digest()[:10]).decode().lower()
    return f"pgk_{digest}"


def load_private_key(pem: bytes) -> Ed25519PrivateKey:
    """The private key of `new_key_pair`. Raises ValueError for anything but an unencrypted Ed25519 key."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the key is not Ed25519; make one with `point-gateway keys new`")  # noqa: TRY004  a wrong value
    return key


def sign_headers(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    key_id: str,
    private_key: Ed25519PrivateKey | bytes,
    created: datetime,
    nonce: str | None = None,
) -> dict[str, str]:
    """`headers` with Content-Digest, Signature-Input and Signature added, for exactly this request.

    `url` is absolute and percent-encoded as it will be sent; an Authorization header must be in `headers`
    already, since it is signed too. `private_key` may be PEM. Without `nonce` a random one is made.
    """
    pem_or_key = load_private_key(private_key) if isinstance(private_key, bytes) else private_key
    names = {name.lower() for name in headers}
    message = _Message(method.upper(), url, dict(headers))
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: pem_or_key}),
    )
    signer.sign(
        message,
        key_id=key_id,
        created=created,
        nonce=secrets.token_urlsafe(18) if nonce is None else nonce,
        label=LABEL,
        tag=TAG,
        covered_component_ids=(*COVERED, *(["authorization"] if "authorization" in names else [])),
        body=body or None,
    )
    return message.headers


class SignedClient:
    """Calls one gateway as one client program. Close it, or use it in `async with`.

    Follows no redirects and, on a session of its own, repeats nothing. `clock` gives an aware datetime; it must agree with the
    gateway's within 60 seconds.
    """

    def __init__(
        self,
        base_url: str,
        key_id: str,
        private_key: bytes | Ed25519PrivateKey,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout_s: float = 30.0,
        http: aiohttp.ClientSession | None = None,
    ) -> None:
        """`private_key` is PEM or a key. `http` is a session of the caller's own, which stays open on close."""
        self._base = URL(base_url)
        self._key_id = key_id
        self._key = load_private_key(private_key) if isinstance(private_key, bytes) else private_key
        self._clock = clock
        self._own = http is None
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._http = http

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        session_token: str | None = None,
        headers: Mapping[str, str] | None = None,
        content: tuple[bytes, str] | None = None,
    ) -> aiohttp.ClientResponse:
        """Send one signed request and wait for the head of its answer; read or release the answer.

        `session_token` is the token of a member or of staff who are signed in; `content` is a file with its media
        type, in place of `json`. Raises what aiohttp raises, and ConnectionLost, which is one of its errors.
        """
        url = self._base.join(URL(path)).update_query(params or {})
        body = None if json is None else json_text.dumps(json, ensure_ascii=False).encode()
        sent_headers = dict(headers or {})
        if content is not None:
            body, sent_headers["Content-Type"] = content
        elif body is not None:
            sent_headers["Content-Type"] = "application/json"
        if session_token is not None:
            sent_headers["Authorization"] = f"Bearer {session_token}"
        signed = sign_headers(
            method,
            str(url),
            sent_headers,
            body,
            key_id=self._key_id,
            private_key=self._key,
            created=self._clock(),
        )
        return await self._session().request(
            method,
            URL(str(url), encoded=True),
            # aiohttp sends a file piece by piece, and warns of large bytes.
            data=io.BytesIO(body) if content is not None and body is not None else body,
            headers=signed,
            allow_redirects=False,
            timeout=self._timeout,
            skip_auto_headers=("Content-Type",),
        )

    async def get(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        """GET; the options are those of `request`."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        """POST; the options are those of `request`."""
        return await self.request("POST", path, **options)

    async def close(self) -> None:
        """Close the connections, unless the session was the caller's."""
        if self._own and self._http is not None:
            await self._http.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            # A jar would carry one member's cookies into another member's calls.
            self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), middlewares=(_sent_once,))
        return self._http

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class ConnectionLost(aiohttp.ClientError):
    """The connection broke after it was made: what the gateway has done is told by asking again, signed anew."""


async def _sent_once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending again by itself: the second would have the nonce of the first and be refused."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as fault:
        raise ConnectionLost(type(fault).__name__) from fault


class _Message:
    """A request as the signature library wants to see it; it adds its fields to `headers`."""

    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = method, url, headers
