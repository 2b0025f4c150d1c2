"""`python -m gateway.demo.phone_provider FOLDER --port N --redirect-uri URL`: plays the provider that members' phones ask.

OpenID Connect as the national service has it, as far as that is public: code flow, PKCE S256, `private_key_jwt`, ES256, a `sub`
for each client. Who holds the card is chosen on a page. It runs on loopback, beside the demonstration, and proves nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import secrets
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.demo.phone import CLIENT_ID, CLIENT_KEY_ID, client_public_key, subject_secret
from gateway.plugin_interfaces import Clock
from gateway.testkit.sandbox import Pages, Visit
from httpkit.clock import FileClock

CODE_TTL: Final = timedelta(minutes=5)
MAX_CODES: Final = 1_000
ID_TOKEN_TTL_S: Final = 300
MAX_ASSERTION_TTL_S: Final = 61
KEY_ID: Final = "demo-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who may ask: the gateway, as it is registered here. `key` is the public half of its key."""

    client_id: str
    key_id: str
    key: ECKey
    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """What a code was given for; `expires_at` after that it buys nothing."""

    subject: str
    nonce: str
    code_challenge: str
    expires_at: datetime


def request_faults(query: Mapping[str, str], client: Client) -> list[str]:
    """What of an authorization request a strict provider does not accept, in words."""
    wanted = {
        "response_type": "code",
        "scope": "openid",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "code_challenge_method": "S256",
    }
    faults = [f"{name} is {query.get(name)!r}" for name, value in wanted.items() if query.get(name) != value]
    for name, length in (("state", 32), ("nonce", 32), ("code_challenge", 43)):
        if not length <= len(query.get(name, "")) <= 255 or not query[name].isascii():
            faults.append(f"{name} is missing, short or long")
    return faults


def assertion_fault(
    assertion: str, client: Client, *, audience: str, now: float, seen: Iterable[str] = ()
) -> tuple[str, str]:
    """What is wrong with the client's proof of itself (empty: nothing), and the `jti` by which it is not believed again."""
    try:
        header = jws.extract_compact(assertion.encode()).headers()
        claims = jwt.decode(assertion, client.key, algorithms=["ES256"]).claims
    except (JoseError, ValueError) as fault:
        return f"assertion: {type(fault).__name__}", ""
    jti = str(claims.get("jti") or "")
    checks = {
        "kid": header.get("kid") == client.key_id,
        "iss": claims.get("iss") == client.client_id,
        "sub": claims.get("sub") == client.client_id,
        "aud": claims.get("aud") == audience,
        "exp": now < claims.get("exp", 0) <= now + MAX_ASSERTION_TTL_S,
        "jti": jti != "" and jti not in seen,
    }
    return ", ".join(f"assertion {name}" for name, is_right in checks.items() if not is_right), jti


def code_challenge_of(verifier: str) -> str:
    """The S256 challenge of RFC 7636 for this verifier; empty where the verifier has no lawful length."""
    if not 43 <= len(verifier) <= 128:
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class PhoneProvider:
    """`persons` are the names on the page; each is one and the same `sub` at every start with the same `secret`."""

    def __init__(
        self, issuer: str, client: Client, persons: tuple[str, ...], secret: bytes, clock: Clock
    ) -> None:
        self._issuer = issuer
        self._client = client
        self._persons = persons
        self._secret = secret
        self._clock = clock
        self._key = ECKey.generate_key("P-256", {"kid": KEY_ID, "use": "sig", "alg": "ES256"})
        self._codes: dict[str, AuthorizationCode] = {}
        self._seen_assertions: dict[str, None] = {}
        self._pages = Pages(
            "gateway.demo", "phone_demo", clock, site_ja="スマートフォン（練習）", site_en="Phone (practice)",
            brand="#7a3b00",
        )  # fmt: skip

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024)
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self.discovery),
                web.get("/certs", self.certs),
                web.get("/auth", self.ask),
                web.post("/auth", self.answer),
                web.post("/token", self.token),
                *self._pages.routes(),
            ]
        )
        return app

    async def discovery(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/auth",
                "token_endpoint": f"{self._issuer}/token",
                "jwks_uri": f"{self._issuer}/certs",
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def certs(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self._key.as_dict(private=False)]})

    async def ask(self, request: web.Request) -> web.Response:
        """The page on the phone: whose card is held against it."""
        visit, query = self._pages.visit(request), dict(request.query)
        if faults := request_faults(query, self._client):
            return self._refused(visit, faults)
        return self._pages.page(visit, "phone_card.html", persons=self._persons, query=query)

    async def answer(self, request: web.Request) -> web.Response:
        """Back to the portal: with a code for the person who was chosen, or with a no."""
        visit = self._pages.visit(request)
        form = await self._pages.form(request, visit)
        if form is None:
            return self._pages.problem(
                visit, 403, "この画面は使えなくなりました。元のサイトからやり直してください。",
                "This page is out of date. Go back to the site that you came from and begin again.",
            )  # fmt: skip
        if faults := request_faults(form, self._client):
            return self._refused(visit, faults)
        person = form.get("person", "")
        if person in self._persons:
            back = {"code": self._give_code(person, form)}
        else:
            back = {"error": "access_denied"}
        query = urlencode(back | {"state": form["state"], "iss": self._issuer})
        return self._pages.see_other(visit, f"{self._client.redirect_uri}?{query}")

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        fault, jti = assertion_fault(
            form.get("client_assertion", ""), self._client,
            audience=f"{self._issuer}/token", now=self._clock().timestamp(), seen=self._seen_assertions,
        )  # fmt: skip
        if fault:
            return _error(401, "invalid_client", fault)
        self._remember_assertion(jti)
        code = self._codes.pop(form.get("code", ""), None)
        if (
            code is None
            or self._clock() >= code.expires_at
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != self._client.redirect_uri
            or not hmac.compare_digest(code_challenge_of(form.get("code_verifier", "")), code.code_challenge)
        ):
            return _error(400, "invalid_grant", "the code is unknown, used, late or another request's")
        token = {
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "id_token": self._id_token(code),
        }
        return web.json_response(token, headers={"Cache-Control": "no-store"})

    def _refused(self, visit: Visit, faults: list[str]) -> web.Response:
        return self._pages.problem(
            visit, 400, "元のサイトからの依頼が正しくありません。",
            f"The site that sent you here has asked wrongly: {'; '.join(faults)}.",
        )  # fmt: skip

    def _give_code(self, person: str, query: Mapping[str, str]) -> str:
        if len(self._codes) >= MAX_CODES:
            self._codes.pop(next(iter(self._codes)))
        code = secrets.token_urlsafe(24)
        self._codes[code] = AuthorizationCode(
            subject=hmac.digest(self._secret, f"{self._client.client_id}:{person}".encode(), "sha256").hex(),
            nonce=query["nonce"],
            code_challenge=query["code_challenge"],
            expires_at=self._clock() + CODE_TTL,
        )
        return code

    def _remember_assertion(self, jti: str) -> None:
        if len(self._seen_assertions) >= MAX_CODES:
            self._seen_assertions.pop(next(iter(self._seen_assertions)))
        self._seen_assertions[jti] = None

    def _id_token(self, code: AuthorizationCode) -> str:
        now = int(self._clock().timestamp())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": code.subject,
            "aud": self._client.client_id,
            "nonce": code.nonce,
            "iat": now,
            "exp": now + ID_TOKEN_TTL_S,
            "auth_time": now,
        }
        return jwt.encode({"alg": "ES256", "kid": KEY_ID}, claims, self._key)


def _error(status: int, error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)


async def _serve(folder: Path, port: int, redirect_uri: str, persons: tuple[str, ...]) -> None:
    provider = PhoneProvider(
        f"http://127.0.0.1:{port}",
        Client(
            client_id=CLIENT_ID,
            key_id=CLIENT_KEY_ID,
            key=client_public_key(folder),
            redirect_uri=redirect_uri,
        ),
        persons,
        subject_secret(folder),
        FileClock(folder / "clock"),
    )
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(provider.app(), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await ended.wait()
    finally:
        await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.phone_provider", description=__doc__)
    parser.add_argument("folder", type=Path, help="the demonstration's folder, with the client's key")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--redirect-uri", required=True, help="where the portal takes people back")
    parser.add_argument("--person", action="append", required=True, help="a name to choose; once for each")
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments.folder, arguments.port, arguments.redirect_uri, tuple(arguments.person)))


if __name__ == "__main__":
    main()
