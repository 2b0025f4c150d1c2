"""Secrets that a key management service keeps: asked for when they are read, and kept nowhere on this machine.

`SecretStore` is all that the settings need of one. `VaultStore` speaks to HashiCorp Vault or OpenBao (key/value engine, either
version) over HTTPS. Where no answer is for sure, the secret is missing and what needs it does not start: nothing is guessed,
and no older value is used in its place.
"""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse, IncompleteRead
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote, urlsplit

from gateway.model import Secret
from gateway.platform.plain_text import secret_text
from httpkit.named_files import FileUnusable, read_named_file, require_named_file

TIMEOUT_S: Final = 5.0
MAX_ANSWER_BYTES: Final = 256 * 1024
ADDRESS: Final = "VAULT_ADDR"
TOKEN: Final = "VAULT_TOKEN"  # noqa: S105  the name of a variable
TOKEN_FILE: Final = "VAULT_TOKEN_FILE"  # noqa: S105
AUTHORITY: Final = "VAULT_CACERT"
NAMESPACE: Final = "VAULT_NAMESPACE"


class NoSecret(Exception):
    """The store gives no secret. The text says why and what to do; it never holds a token or a value."""


class SecretStore(Protocol):
    """What keeps secrets elsewhere."""

    def read(self, path: str, field: str) -> str:
        """The secret's text. Raises NoSecret."""


@dataclass(frozen=True, slots=True)
class VaultStore:
    """One Vault. Its `token` should be allowed to read these paths and nothing else."""

    address: str
    token: Secret
    authority: Path | None = None
    namespace: str = ""
    timeout_s: float = field(default=TIMEOUT_S, kw_only=True)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> VaultStore:
        """As Vault's own programs are told: VAULT_ADDR, VAULT_TOKEN_FILE or VAULT_TOKEN, VAULT_CACERT, VAULT_NAMESPACE.

        Raises NoSecret where one is missing or would send the token in the clear.
        """
        address = env.get(ADDRESS, "").rstrip("/")
        if not address:
            raise NoSecret(f"{ADDRESS} is not set; set it to Vault's address")
        scheme, host = urlsplit(address).scheme, urlsplit(address).hostname or ""
        if "@" in address:
            raise NoSecret(f"{ADDRESS} holds a user; Vault is told who asks by a token alone")
        if scheme != "https" and not (scheme == "http" and is_loopback(host)):
            raise NoSecret(f"{ADDRESS} must begin with https://; plain http is for an agent on this machine")
        authority = env.get(AUTHORITY, "")
        return cls(address, _token(env), Path(authority) if authority else None, env.get(NAMESPACE, ""))

    def read(self, path: str, field: str) -> str:
        """The field of what lies at `path` (`kv/data/point-gateway` of version 2, `kv/point-gateway` of version 1)."""
        try:
            with self._opener().open(self._request(path), timeout=self.timeout_s) as answer:
                body = _read_within(answer, self.timeout_s)
        except urllib.error.HTTPError as refused:
            refused.close()
            raise NoSecret(f"Vault answered {refused.code} for {path}; {_remedy(refused.code)}") from None
        except FileUnusable as fault:
            raise NoSecret(f"{AUTHORITY} {self.authority} {fault}") from None
        except (OSError, ValueError, HTTPException) as fault:
            reason = getattr(fault, "reason", fault)
            raise NoSecret(
                f"Vault at {self.address} cannot be asked ({type(reason).__name__}); see that it is up, that {ADDRESS} is"
                f" right, and that {AUTHORITY} names its authority"
            ) from None
        if len(body) > MAX_ANSWER_BYTES:
            raise NoSecret(f"Vault's answer for {path} is longer than {MAX_ANSWER_BYTES:,} bytes")
        return _field_of(body, path, field)

    def _request(self, path: str) -> urllib.request.Request:
        headers = {"X-Vault-Token": self.token.reveal(), "X-Vault-Request": "true"}
        if self.namespace:
            headers["X-Vault-Namespace"] = self.namespace
        url = f"{self.address}/v1/{quote(path.strip('/'), safe='/')}"
        return urllib.request.Request(url, headers=headers)  # noqa: S310  the scheme was checked

    def _opener(self) -> urllib.request.OpenerDirector:
        """No proxy and no redirect: the token goes to this address alone."""
        if self.authority is not None:
            require_named_file(self.authority)
        context = ssl.create_default_context(cafile=self.authority)
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _NoRedirect()
        )


def _read_within(answer: HTTPResponse, seconds: float) -> bytes:
    """The body, or a little more than is taken. Raises TimeoutError for one that comes drop by drop."""
    ends, body = time.monotonic() + seconds, b""
    while len(body) <= MAX_ANSWER_BYTES and (part := answer.read1(65_536)):
        body += part
        if time.monotonic() > ends:
            raise TimeoutError
    if answer.length:
        raise IncompleteRead(body, answer.length)
    return body


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        """None: the answer itself is the error."""


def _token(env: Mapping[str, str]) -> Secret:
    file = env.get(TOKEN_FILE, "")
    try:
        text = secret_text(read_named_file(Path(file)).decode("utf-8")) if file else env.get(TOKEN, "")
    except FileUnusable as fault:
        raise NoSecret(f"{TOKEN_FILE} {file} {fault}") from None
    except ValueError as fault:
        raise NoSecret(f"{TOKEN_FILE} {file} holds no token ({type(fault).__name__})") from None
    if not text or not text.isascii() or not text.isprintable():
        raise NoSecret(f"there is no token for Vault; name its file in {TOKEN_FILE}, or set {TOKEN}")
    return Secret(text)


def _field_of(body: bytes, path: str, field: str) -> str:
    try:
        data = json.loads(body)["data"]
        if isinstance(data.get("data"), dict) and "metadata" in data:  # version 2 of the engine
            data = data["data"]
        value = data.get(field)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoSecret(
            f"what Vault answered for {path} is no secret of a key/value engine; see the path"
        ) from None
    if not isinstance(value, str):
        raise NoSecret(f"{path} in Vault has no text `{field}`; write it with `vault kv patch`")
    return value


def _remedy(status: int) -> str:
    if status == 403:
        return "the token is not valid, or its policy does not let it read this path"
    if status == 404:
        return "nothing lies there; version 2 of the engine has /data/ after its mount"
    if status == 503:
        return "it is sealed or under maintenance"
    return "see Vault's own log"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
