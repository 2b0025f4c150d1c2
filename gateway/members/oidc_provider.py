"""One provider of OpenID Connect as we ask it: where a sign-in begins, and what a returned code is exchanged for.

Authorization code flow with PKCE (S256), `state` and `nonce`; our client proves itself by a signed assertion
(`private_key_jwt`, RFC 7523) with one `aud`. Requests leave through the gateway's guarded client: named hosts, a deadline, a limit
on what comes back, nothing followed. What the provider publishes of itself is kept for a while and asked for anew; a key that
it publishes no longer is not believed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from gateway.errors import GatewayError, NotSent, OutcomeUnknown
from gateway.members.id_token import ExpectedToken, UnknownKey, read_subject
from gateway.oidc_settings import OidcProviderSettings
from gateway.partners.http_client import GuardedHttp
from gateway.partners.loading.partner_settings import SettingsWrong
from gateway.plugin_interfaces import Clock, HttpAnswer, Log

ANSWER_LIMIT_BYTES: Final = 256 * 1024
METADATA_TTL: Final = timedelta(hours=1)
KEYS_TTL: Final = timedelta(minutes=15)
KEYS_INTERVAL: Final = timedelta(seconds=30)
"""Tokens under unknown keys make us ask for keys at most so often."""
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ERROR_WORD: Final = re.compile(r"[a-z_]{1,40}")


class ProviderUnavailable(GatewayError):
    """The provider cannot be asked, or answers nonsense. The text names what was asked, and quotes nothing of the answer."""


class CodeRefused(GatewayError):
    """The provider takes this code no more: it was used, is too old, or another client's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a provider publishes of itself (OpenID Connect Discovery 1.0, 3), as far as we read it."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    has_iss_parameter: bool


class OidcProvider:
    """One provider of the settings. Alive as long as the gateway; `aclose` ends its connections."""

    def __init__(self, settings: OidcProviderSettings, clock: Clock, log: Log) -> None:
        """Raises SettingsWrong where the key or `ca_file` cannot be used, and SecretMissing."""
        self.settings: Final = settings
        self._clock = clock
        self._key = _client_key(settings)
        try:
            self._http = GuardedHttp(
                settings.id,
                log,
                ca_file=settings.ca_file,
                answer_limit_bytes=ANSWER_LIMIT_BYTES,
                table=f"[oidc.{settings.id}]",
            )
        except OSError as fault:
            raise SettingsWrong(
                f"[oidc.{settings.id}] ca_file {settings.ca_file} cannot be read ({type(fault).__name__});"
                " name a file of certificates in PEM"
            ) from None
        self._http.allow(settings.allowed_hosts, timeout_s=float(settings.deadline_s))
        self._metadata: tuple[Metadata, datetime] | None = None
        self._keys: tuple[KeySet, datetime] | None = None
        self._asking = asyncio.Lock()

    async def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to be identified. Raises ProviderUnavailable."""
        endpoint = (await self._known_metadata()).authorization_endpoint
        query = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": _s256(verifier),
            "code_challenge_method": "S256",
        }
        if self.settings.reauthentication == "max-age":
            # A provider's own session may be that of whoever sat at this terminal before.
            query |= {"prompt": "login", "max_age": "0"}
        if self.settings.acr_values:
            query["acr_values"] = self.settings.acr_values
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def is_sender(self, issuer: str | None) -> bool:
        """Whether a return with this `iss` (RFC 9207; None: it has none) can be from this provider. Raises ProviderUnavailable."""
        if issuer is not None:
            return issuer == self.settings.issuer
        if self.settings.iss_parameter == "required":
            return False
        return not (await self._known_metadata()).has_iss_parameter

    async def subject_of(self, code: str, *, nonce: str, verifier: str, begun_at: datetime) -> str:
        """Exchange the code, and give the `sub` of the ID token that comes for it. The other tokens are dropped.

        Raises CodeRefused, IdTokenRefused, ProviderUnavailable.
        """
        metadata = await self._known_metadata()
        answer = await self._ask(
            "POST",
            metadata.token_endpoint,
            form={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.settings.redirect_uri,
                "client_id": self.settings.client_id,
                "code_verifier": verifier,
                "client_assertion_type": _ASSERTION_TYPE,
                "client_assertion": self._assertion(metadata.token_endpoint),
            },
        )
        tokens = _object(answer, "the token endpoint")
        if answer.status != 200:
            if tokens.get("error") == "invalid_grant":
                raise CodeRefused("the provider takes this code no more")
            raise ProviderUnavailable(f"the token endpoint says {_error_word(tokens)} ({answer.status})")
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise ProviderUnavailable("the token endpoint gives no ID token")
        is_asked_anew = self.settings.reauthentication == "max-age"
        expected = ExpectedToken(
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            nonce=nonce,
            algorithms=self.settings.id_token_algorithms,
            identified_after=begun_at if is_asked_anew else None,
            acrs=self.settings.required_acr,
        )
        try:
            return read_subject(id_token, await self._known_keys(), expected, self._clock())
        except UnknownKey:
            keys = await self._known_keys(renewed=True)
            return read_subject(id_token, keys, expected, self._clock())

    async def aclose(self) -> None:
        await self._http.aclose()

    def _assertion(self, token_endpoint: str) -> str:
        now = int(self._clock().timestamp())
        # One audience as a plain text: an assertion with several could be played on at another of them (CVE-2025-27370).
        audience = {"token-endpoint": token_endpoint, "issuer": self.settings.issuer}.get(
            self.settings.assertion_audience, self.settings.assertion_audience
        )
        claims = {
            "iss": self.settings.client_id,
            "sub": self.settings.client_id,
            "aud": audience,
            "jti": secrets.token_urlsafe(24),
            "iat": now,
            "exp": now + self.settings.assertion_lifetime_s,
        }
        algorithm = self.settings.assertion_algorithm
        header = {"alg": algorithm, "kid": self.settings.key_id}
        return jwt.encode(header, claims, self._key, algorithms=[algorithm])

    async def _known_metadata(self) -> Metadata:
        settings = self.settings
        if not settings.discovery:
            return Metadata(
                authorization_endpoint=settings.authorization_endpoint,
                token_endpoint=settings.token_endpoint,
                jwks_uri=settings.jwks_uri,
                has_iss_parameter=False,
            )
        async with self._asking:
            now = self._clock()
            if self._metadata is None or now - self._metadata[1] >= METADATA_TTL:
                url = settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
                document = _object(await self._ask("GET", url), "discovery", status=200)
                self._metadata = self._checked(document), now
            return self._metadata[0]

    def _checked(self, document: Mapping[str, Any]) -> Metadata:
        if document.get("issuer") != self.settings.issuer:
            raise ProviderUnavailable("discovery names another issuer than the settings")
        endpoints = [document.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        for endpoint in endpoints:
            if not isinstance(endpoint, str) or len(endpoint) > 1_000 or not endpoint.isprintable():
                raise ProviderUnavailable("discovery has an endpoint that is no address")
            if urlsplit(endpoint).scheme != urlsplit(self.settings.issuer).scheme:
                raise ProviderUnavailable("discovery has an endpoint under another scheme than the issuer")
            if urlsplit(endpoint).netloc.lower() not in self.settings.allowed_hosts:
                raise ProviderUnavailable(
                    f"discovery has an endpoint at another host; add it to hosts of [oidc.{self.settings.id}]"
                )
        authorization, token, jwks = (str(endpoint) for endpoint in endpoints)
        return Metadata(
            authorization_endpoint=authorization,
            token_endpoint=token,
            jwks_uri=jwks,
            has_iss_parameter=document.get("authorization_response_iss_parameter_supported") is True,
        )

    async def _known_keys(self, *, renewed: bool = False) -> KeySet:
        jwks_uri = (await self._known_metadata()).jwks_uri
        async with self._asking:
            now = self._clock()
            age = None if self._keys is None else now - self._keys[1]
            if self._keys is None or age is None or age >= (KEYS_INTERVAL if renewed else KEYS_TTL):
                document = _object(await self._ask("GET", jwks_uri), "the key set", status=200)
                self._keys = _public_keys(document), now
            return self._keys[0]

    async def _ask(self, method: str, url: str, *, form: Mapping[str, str] | None = None) -> HttpAnswer:
        try:
            return await self._http.request(method, url, headers={"accept": "application/json"}, form=form)
        except (NotSent, OutcomeUnknown) as fault:
            raise ProviderUnavailable(str(fault)) from None


def _client_key(settings: OidcProviderSettings) -> ECKey | RSAKey:
    kind = ECKey if settings.assertion_algorithm == "ES256" else RSAKey
    text = settings.key.read().reveal()
    try:
        key = kind.import_key(text, {"kid": settings.key_id})
        jwt.encode({"alg": settings.assertion_algorithm}, {}, key, algorithms=[settings.assertion_algorithm])
    except (JoseError, ValueError, TypeError):
        raise SettingsWrong(
            f"{settings.key.key}: is no private key for {settings.assertion_algorithm};"
            f" make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` ({settings.key.where})"
        ) from None
    return key


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _object(answer: HttpAnswer, asked: str, *, status: int | None = None) -> Mapping[str, Any]:
    """The answer as a JSON object; `status` is the only one that is taken. Raises ProviderUnavailable."""
    if status is not None and answer.status != status:
        raise ProviderUnavailable(f"{asked} answers {answer.status}")
    try:
        document = json.loads(answer.body)
    except ValueError:
        raise ProviderUnavailable(f"{asked} answers no JSON ({answer.status})") from None
    if not isinstance(document, dict):
        raise ProviderUnavailable(f"{asked} answers no object ({answer.status})")
    return document


def _error_word(tokens: Mapping[str, Any]) -> str:
    word = tokens.get("error")
    return word if isinstance(word, str) and _ERROR_WORD.fullmatch(word) else "no"


def _public_keys(document: Mapping[str, Any]) -> KeySet:
    """The keys for signatures. Raises ProviderUnavailable where there is none, or one is a secret that all could sign with."""
    keys = document.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ProviderUnavailable("the key set has no keys")
    signing = [key for key in keys if key.get("kty") in ("EC", "RSA") and key.get("use", "sig") == "sig"]
    try:
        return KeySet.import_key_set({"keys": signing})
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProviderUnavailable(
            "the key set has a key that cannot be read, or none for signatures"
        ) from None
