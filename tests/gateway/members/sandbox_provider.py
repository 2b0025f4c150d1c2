"""A provider of OpenID Connect over real HTTP that checks everything it is asked, and misbehaves on demand.

`asked` keeps what a relying party has sent; whatever is not as a strict provider wants it is answered with an error and
kept in `complaints`. `faults` is what the next answers do wrong.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from gateway.demo.phone_provider import Client, assertion_fault, code_challenge_of, request_faults

CLIENT_ID = "RP00000001"
REDIRECT_URI = "https://portal.example/phone/return/sandbox"


def new_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


@dataclass
class Grant:
    """A code that was given out, and what it was given for."""

    query: dict[str, str]
    is_used: bool = False


@dataclass
class SandboxProvider:
    client_key: ECKey
    clock: Callable[[], float] = time.time
    issuer: str = ""
    subject: str = "ppid-of-hanako"
    key: ECKey = field(default_factory=lambda: new_key("key-1"))
    published: list[ECKey] | None = None
    faults: set[str] = field(default_factory=set)
    claims: dict[str, Any] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    metadata: dict[str, Any] = field(default_factory=dict)
    has_iss_parameter: bool = True
    grants: dict[str, Grant] = field(default_factory=dict)
    seen_assertions: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def authorize(self, url: str) -> dict[str, str]:
        """What the provider's pages do when the person agrees: the query that the browser brings back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.complaints += request_faults(query, self._client())
        code = secrets.token_urlsafe(24)
        self.grants[code] = Grant(query)
        return self._back(code=code, state=query["state"])

    def decline(self, url: str, error: str = "access_denied") -> dict[str, str]:
        return self._back(error=error, state=parse_qs(urlsplit(url).query)["state"][0])

    def _back(self, **values: str) -> dict[str, str]:
        return values | ({"iss": self.issuer} if self.has_iss_parameter else {})

    async def discovery(self, _: web.Request) -> web.Response:
        self.asked.append("discovery")
        if "discovery-down" in self.faults:
            raise web.HTTPBadGateway
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/certs",
            "subject_types_supported": ["pairwise"],
            "authorization_response_iss_parameter_supported": self.has_iss_parameter,
        }
        return web.json_response(document | self.metadata)

    async def certs(self, _: web.Request) -> web.Response:
        self.asked.append("certs")
        keys = [self.key] if self.published is None else self.published
        if "shared-secret-in-keys" in self.faults:
            return web.json_response({"keys": [OctKey.import_key("0" * 32, {"kid": "key-1"}).as_dict()]})
        return web.json_response({"keys": [key.as_dict(private=False) for key in keys]})

    async def token(self, request: web.Request) -> web.StreamResponse:
        self.asked.append("token")
        form = dict(await request.post())
        if "token-down" in self.faults:
            raise web.HTTPServiceUnavailable
        if "token-html" in self.faults:
            return web.Response(text="<html>login</html>", content_type="text/html")
        if "token-huge" in self.faults:
            return web.Response(text='{"id_token": "' + "x" * 400_000 + '"}', content_type="application/json")
        if "token-redirects" in self.faults:
            raise web.HTTPFound(f"{self.issuer}/elsewhere")
        fault, jti = assertion_fault(
            str(form.get("client_assertion", "")),
            self._client(),
            audience=f"{self.issuer}/token",
            now=self.clock(),
            seen=self.seen_assertions,
        )
        self.seen_assertions.add(jti)
        if fault:
            self.complaints.append(fault)
            return web.json_response({"error": "invalid_client"}, status=401)
        grant = self.grants.get(str(form.get("code")))
        verifier = str(form.get("code_verifier", ""))
        if (
            grant is None
            or grant.is_used
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != REDIRECT_URI
            or code_challenge_of(verifier) != grant.query["code_challenge"]
        ):
            return web.json_response({"error": "invalid_grant", "error_description": "no"}, status=400)
        grant.is_used = True
        return web.json_response(
            {
                "access_token": "at-" + secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "id_token": self.id_token(grant),
            }
        )

    def id_token(self, grant: Grant) -> str:
        now = int(self.clock())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "nonce": grant.query["nonce"],
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
        } | self.claims
        claims = {name: value for name, value in claims.items() if name not in self.dropped}
        header = {"alg": "ES256", "kid": self.key.kid or ""}
        if "alg-none" in self.faults:
            return f"{_b64(_json({'alg': 'none'}))}.{_b64(_json(claims))}."
        if "alg-hs256" in self.faults:  # signed with the public key, as if that were a shared secret
            signed = ".".join(_b64(_json(part)) for part in (header | {"alg": "HS256"}, claims))
            return f"{signed}.{_b64(hmac.digest(self.key.as_pem(private=False), signed.encode(), 'sha256'))}"
        if "stranger-signs" in self.faults:
            return jwt.encode(header, claims, new_key(self.key.kid or ""))
        if "logout-token" in self.faults:
            return jwt.encode(header | {"typ": "logout+jwt"}, claims, self.key)
        text = jwt.encode(header, claims, self.key)
        if "changed" in self.faults:
            head, body, signature = text.split(".")
            return f"{head}.{body[:-4]}AAAA.{signature}"
        return text

    def _client(self) -> Client:
        return Client(client_id=CLIENT_ID, key_id="ours-1", key=self.client_key, redirect_uri=REDIRECT_URI)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[SandboxProvider]:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self.discovery)
        app.router.add_get("/certs", self.certs)
        app.router.add_post("/token", self.token)
        async with TestServer(app) as server:
            self.issuer = str(server.make_url("")).rstrip("/")
            yield self

    def table(self, **more: str) -> str:
        """The provider's table for `gateway.toml`; the client's key lies in `phone.pem`."""
        values = {
            "name": '"マイナアプリ"',
            "name_en": '"Myna App"',
            "issuer": f'"{self.issuer}"',
            "client_id": f'"{CLIENT_ID}"',
            "redirect_uri": f'"{REDIRECT_URI}"',
            "key": '{ file = "phone.pem" }',
            "key_id": '"ours-1"',
        } | more
        return "[oidc.sandbox]\n" + "\n".join(f"{name} = {value}" for name, value in values.items()) + "\n"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _json(claims: dict[str, Any]) -> bytes:
    return json.dumps(claims).encode()
