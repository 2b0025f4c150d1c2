"""An ID token (OpenID Connect Core 1.0, 2 and 3.1.3.7): a signature of one of the provider's keys, and claims that fit our request.

Whatever is missing, of the wrong type or not as expected is a refusal with a word for the reason; there is no token that is a
little believed. Nothing of the token stands in a message or a log.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final, NoReturn, TypeGuard

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.errors import GatewayError

MAX_TOKEN_LENGTH: Final = 16_384
LEEWAY_S: Final = 60
"""Clocks are believed within a minute."""
MAX_AGE_S: Final = 600
MAX_SUBJECT_LENGTH: Final = 255

REASONS: Final[Mapping[str, str]] = {
    "form": "it is no signed token",
    "algorithm": "it is not signed by an algorithm that was agreed on",
    "key": "it is signed by a key that the provider does not publish",
    "signature": "its signature is not right",
    "issuer": "it is from another provider",
    "audience": "it is meant for another program",
    "expired": "it has expired, or is from another time",
    "nonce": "it belongs to another sign-in",
    "subject": "it names nobody",
    "auth-time": "the person was identified too long ago",
    "acr": "the person was not identified strongly enough",
}


class IdTokenRefused(GatewayError):
    """The token proves nothing to us. `why` is one of REASONS."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the ID token is refused: {REASONS[why]}")
        self.why = why


class UnknownKey(IdTokenRefused):
    """Signed by a key that is not among those we know; the provider may have turned its keys over."""

    def __init__(self) -> None:
        super().__init__("key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedToken:
    """What a token must say. `identified_after` is the moment that `auth_time` must not lie before; None: it is not asked for."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: Collection[str]
    identified_after: datetime | None = None
    acrs: Collection[str] = ()


def read_subject(token: str, keys: KeySet, expected: ExpectedToken, now: datetime) -> str:
    """The `sub` of a token that is believed. Raises UnknownKey and IdTokenRefused."""
    claims = _claims_of(token, keys, expected.algorithms)
    if claims.get("iss") != expected.issuer:
        _refuse("issuer")
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        _refuse("audience")
    if "azp" in claims and claims["azp"] != expected.client_id:
        _refuse("audience")
    _require_current(claims, now)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(nonce.encode(), expected.nonce.encode()):
        _refuse("nonce")
    if expected.identified_after is not None:
        auth_time = claims.get("auth_time")
        if not _is_moment(auth_time) or auth_time < expected.identified_after.timestamp() - LEEWAY_S:
            _refuse("auth-time")
    if expected.acrs and claims.get("acr") not in expected.acrs:
        _refuse("acr")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not subject.isascii():
        _refuse("subject")
    return subject


def _claims_of(token: str, keys: KeySet, algorithms: Collection[str]) -> Mapping[str, Any]:
    if len(token) > MAX_TOKEN_LENGTH:
        _refuse("form")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError):
        raise IdTokenRefused("form") from None
    if str(header.get("typ", "JWT")).upper() != "JWT":  # an access or logout token of the same provider
        _refuse("form")
    if header.get("alg") not in algorithms:
        _refuse("algorithm")
    key_id = header.get("kid")
    fitting = [key for key in keys if key_id is None or key.kid == key_id]
    if len(fitting) != 1:
        raise UnknownKey
    try:
        return jwt.decode(token, fitting[0], algorithms=list(algorithms)).claims
    except (JoseError, ValueError, TypeError):
        raise IdTokenRefused("signature") from None


def _require_current(claims: Mapping[str, Any], now: datetime) -> None:
    moment = now.timestamp()
    expires_at, issued_at = claims.get("exp"), claims.get("iat")
    if not _is_moment(expires_at) or not _is_moment(issued_at):
        _refuse("expired")
    if moment >= expires_at + LEEWAY_S or not -LEEWAY_S <= moment - issued_at <= MAX_AGE_S:
        _refuse("expired")
    not_before = claims.get("nbf", issued_at)
    if not _is_moment(not_before) or moment < not_before - LEEWAY_S:
        _refuse("expired")


def _is_moment(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _refuse(why: str) -> NoReturn:
    raise IdTokenRefused(why)
