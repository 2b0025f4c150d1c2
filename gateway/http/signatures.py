"""Checks that a registered client program signed exactly this request, lately, and for the first time.

HTTP message signatures (RFC 9421) with Ed25519. Among several signatures the one with the tag `point-gateway`
counts. It must cover @method, @authority, @path and @query, the content digest (RFC 9530, sha-256) of a body,
and the Authorization field where there is one. @authority is the name under which the gateway is published,
not what a proxy put into Host, so a signature made for another site is of no use here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import http_sf
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    VerifyResult,
    algorithms,
)
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from gateway.errors import ProblemError
from gateway.http.client_keys import ClientKey
from gateway.http.client_scopes import ALL_SCOPES, SHOP_OF_KEY, Scope
from gateway.http.fast_signature import Address, PlainSignature, read_plain
from gateway.http.nonces import NonceKeeper
from gateway.plugin_interfaces import Clock

TAG: Final = "point-gateway"
WINDOW: Final = timedelta(seconds=60)
ALWAYS_COVERED: Final = ("@method", "@authority", "@path", "@query")
MAX_FIELD_LENGTH: Final = 4096

_NONCE: Final = re.compile(r"[\x21-\x7E]{16,128}")
_DIGEST: Final = re.compile(r"(?:^|,)[ \t]*sha-256=:([A-Za-z0-9+/]{43}=):[ \t]*(?=,|$)")


class KeyStore(Protocol):
    async def find(self, key_id: str) -> ClientKey | None: ...


class SignatureVerifier:
    """`verify` answers with the id of the client program that signed, or refuses with one of the 401 words."""

    def __init__(self, keys: KeyStore, nonces: NonceKeeper, clock: Clock, *, public_url: str) -> None:
        """`public_url` is where clients find the gateway, such as `https://points.example.jp`.

        Where it has a path, the proxy in front takes that path off; clients sign the whole.
        """
        parts = urlsplit(public_url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise ValueError("public_url must be like https://points.example.jp")
        self._origin = public_url.rstrip("/")
        self._address = Address.of(public_url)
        self._keys, self._nonces, self._clock = keys, nonces, clock

    async def verify(
        self, request: web.BaseRequest, *, scopes: frozenset[Scope] = ALL_SCOPES, has_body: bool
    ) -> str:
        """The client id, once everything in the head holds; the nonce is used up only then.

        A key whose scope is none of `scopes` is refused with `key-scope` (403).

        A body has its digest in the head: `require_digest` compares it once the body is read.
        """
        client_id, key_id, nonce, forget_at = await self._checked(request, scopes, has_body=has_body)
        if not await self._nonces.use(key_id, nonce, forget_at):
            raise ProblemError("signature-replayed")
        return client_id

    async def verify_and_find(
        self,
        request: web.BaseRequest,
        key: str,
        *,
        scopes: frozenset[Scope] = ALL_SCOPES,
        has_body: bool,
    ) -> tuple[str, Any]:
        """The same, and what the keeper of nonces finds under `key` in the same step."""
        client_id, key_id, nonce, forget_at = await self._checked(request, scopes, has_body=has_body)
        new, found = await self._nonces.use_and_find(key_id, nonce, forget_at, key)
        if not new:
            raise ProblemError("signature-replayed")
        return client_id, found

    async def _checked(
        self, request: web.BaseRequest, scopes: frozenset[Scope], *, has_body: bool
    ) -> tuple[str, str, str, datetime]:
        """The client id; and the nonce that is still to be used up: its key's id, itself, when it may be forgotten."""
        plain = read_plain(request, self._address, has_body=has_body)
        key_id = plain.key_id if plain is not None else _claimed_key_id(request)
        key = await self._keys.find(key_id)
        if key is None:
            raise ProblemError("signature-key-unknown")
        now = self._clock()
        if plain is not None:
            _check_plain(plain, key, now)
            created_s, nonce = plain.created_s, plain.nonce
        else:
            created_s, nonce = self._check(request, key, now, has_body=has_body)
        if key.has_ended(now):
            raise ProblemError("signature-key-ended")
        if not key.may_call(scopes):
            raise ProblemError("key-scope", scopes=", ".join(sorted(scopes)))
        if key.shop is not None:
            request[SHOP_OF_KEY] = key.shop
        forget_at = datetime.fromtimestamp(created_s, now.tzinfo) + WINDOW + timedelta(seconds=1)
        return key.client_id, key_id, nonce, forget_at

    def _check(
        self, request: web.BaseRequest, key: ClientKey, now: datetime, *, has_body: bool
    ) -> tuple[int, str]:
        required = list(ALWAYS_COVERED)
        if has_body or "Content-Digest" in request.headers:
            required.append("content-digest")
        if "Authorization" in request.headers:
            required.append("authorization")
        verifier = _Verifier(key, now)
        try:
            results: list[VerifyResult] = verifier.verify(
                _Message(request, self._origin), max_age=WINDOW, expect_tag=TAG, require_components=required
            )
        except HTTPMessageSignaturesException:
            raise ProblemError("signature-invalid") from None
        if len(results) != 1:
            raise ProblemError("signature-invalid", f'Send exactly one signature with the tag "{TAG}".')
        created, nonce = results[0].parameters["created"], results[0].nonce
        if nonce is None or not _NONCE.fullmatch(nonce):
            raise ProblemError("signature-invalid", "The nonce must be 16 to 128 visible ASCII characters.")
        return int(created), nonce


class _Message:
    """A request as the signature library wants to see it, at the address clients know."""

    def __init__(self, request: web.BaseRequest, origin: str) -> None:
        self.method = request.method
        # An absolute-form target names a host of the sender's choosing; only its path and query count.
        target = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", "", request.raw_path)
        self.url = origin + (target if target.startswith("/") else "/" + target)
        self.headers = request.headers


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, key: ClientKey) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        if key_id != self._key.key_id:
            return None
        return Ed25519PublicKey.from_public_bytes(self._key.public_key)


class _Verifier(HTTPMessageVerifier):
    """The library's verifier with our clock and our window on both sides."""

    def __init__(self, key: ClientKey, now: datetime) -> None:
        super().__init__(signature_algorithm=algorithms.ED25519, key_resolver=_Key(key))
        self._now_s = now.timestamp()

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:  # noqa: ARG002  the library's signature
        created, expires = sig_input.params.get("created"), sig_input.params.get("expires")
        if type(created) is not int or sig_input.params.get("alg") != "ed25519":
            raise ProblemError("signature-invalid")
        if expires is not None and (type(expires) is not int or expires < self._now_s):
            raise _stale(self._now_s)
        _check_window(created, self._now_s)


def _check_plain(plain: PlainSignature, key: ClientKey, now: datetime) -> None:
    _check_window(plain.created_s, now.timestamp())
    try:
        # libsodium's, which takes half the time of OpenSSL's: this is the largest single part of most requests.
        _verify_key(key.public_key).verify(plain.base, plain.signature)
    except BadSignatureError:
        raise ProblemError("signature-invalid") from None


@lru_cache(maxsize=256)
def _verify_key(raw: bytes) -> VerifyKey:
    return VerifyKey(raw)


def _check_window(created_s: int, now_s: float) -> None:
    if abs(now_s - created_s) > WINDOW.total_seconds():
        raise _stale(now_s)


def _stale(now_s: float) -> ProblemError:
    return ProblemError("signature-stale", server_time=int(now_s))


def _claimed_key_id(request: web.BaseRequest) -> str:
    fields = request.headers.getall("Signature-Input", [])
    if not fields or "Signature" not in request.headers:
        raise ProblemError("signature-missing")
    value = ", ".join(fields)
    if len(value) > MAX_FIELD_LENGTH or len(request.headers["Signature"]) > MAX_FIELD_LENGTH:
        raise ProblemError("signature-invalid")
    try:
        members: Any = http_sf.parse(value.encode("ascii"), tltype="dictionary")
    except ValueError:  # also what is not ASCII, and the library's own StructuredFieldError
        raise ProblemError("signature-invalid") from None
    ours = [parameters for _, parameters in members.values() if parameters.get("tag") == TAG]
    if not ours:
        raise ProblemError("signature-missing", f'None of the signatures has the tag "{TAG}".')
    key_id = ours[0].get("keyid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= 100:
        raise ProblemError("signature-invalid")
    return key_id


def require_digest(request: web.BaseRequest, body: bytes) -> None:
    """Raise ProblemError `content-digest-wrong` unless `body` is the one that the signed head names."""
    fields = request.headers.getall("Content-Digest", [])
    if not fields:
        return  # without a body there need not be one; with a body its coverage was required above
    found = _DIGEST.findall(", ".join(fields))
    wanted = hashlib.sha256(body).digest()
    if len(found) != 1 or not hmac.compare_digest(base64.b64decode(found[0]), wanted):
        raise ProblemError("content-digest-wrong")
