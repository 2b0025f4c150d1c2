"""A site's settings, from the gateway's side: its files are its own, its address is ours, and a call that it signs is taken."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from gateway.client import SignedClient, load_private_key
from gateway.platform.plain_text import plain_text, secret_text
from gateway.plugin_interfaces import Clock
from gateway.preflight.finding import Finding, ok, refused
from gateway.preflight.secrets import MIN_SECRET_BYTES, TOO_WIDE
from gateway.preflight.transport import is_loopback
from gateway.settings import Settings
from httpkit.named_files import FileUnusable, mode_of_named_file, read_named_file

TIMEOUT_S: Final = 10.0
_SIGNED_PATH: Final = "/v1/problem-types"


async def check_site(settings: Settings, file: Path, clock: Clock) -> list[Finding]:
    """Read `portal.toml` or `municipal.toml` and send the running gateway one call signed with the site's key."""
    name = file.name
    try:
        values = _read(file)
    except FileUnusable as fault:
        return [refused("site", f"{file}: {fault}")]
    except ValueError as fault:
        return [
            refused(
                "site", f"{file}: cannot be read as TOML ({type(fault).__name__}); name the site's settings"
            )
        ]
    missing = [
        key
        for key in ("gateway_url", "key_id", "key_file", "seal_file", "public_url")
        if not isinstance(values.get(key), str)
    ]
    if missing:
        return [refused("site", f"{name}: has no {', '.join(missing)}; add it")]
    findings = [*_addresses(settings, name, values), *_modes(file, values)]
    try:
        key = load_private_key(_secret(file, values, "key_file").encode())
        seal = _secret(file, values, "seal_file")
    except FileUnusable as fault:
        return [*findings, refused("site", f"{name}: {fault}")]
    except ValueError as fault:
        return [
            *findings,
            refused(
                "site",
                f"{name}: key_file holds no key of `point-gateway keys new` ({type(fault).__name__}); make one and name its file",
            ),
        ]
    if len(seal) < MIN_SECRET_BYTES:
        findings.append(
            refused(
                "site",
                f"{name}: seal_file holds fewer than {MIN_SECRET_BYTES} characters; make it with `openssl rand -base64 48`",
            )
        )
    client = SignedClient(values["gateway_url"], values["key_id"], key, clock=clock, timeout_s=TIMEOUT_S)
    async with client:
        findings.append(await _signed_call(client, name, values))
    return findings


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(plain_text(read_named_file(file).decode("utf-8")))


def _secret(file: Path, values: dict[str, Any], key: str) -> str:
    """What the site reads there. Raises FileUnusable, and ValueError for what is no text."""
    path = file.parent / values[key]
    try:
        return secret_text(read_named_file(path).decode("utf-8"))
    except FileUnusable as fault:
        raise FileUnusable(f"{key} {path} {fault}") from None


def _addresses(settings: Settings, name: str, values: dict[str, Any]) -> Iterator[Finding]:
    wanted, written = settings.server.origin, str(values["gateway_url"]).rstrip("/")
    if urlsplit(written).netloc != urlsplit(wanted).netloc:
        yield refused(
            "site",
            f"{name}: gateway_url is {written} and the gateway is {wanted}: what is signed for one is refused by the other;"
            f' write gateway_url = "{wanted}", or let [server] public_url say the other',
        )
    for key in ("gateway_url", "public_url"):
        parts = urlsplit(str(values[key]))
        if (
            parts.scheme == "http"
            and not is_loopback(parts.hostname)
            and "plain-http" not in settings.server.allow
        ):
            yield refused("site", f"{name}: {key} is plain http to another machine; write https://")


def _modes(file: Path, values: dict[str, Any]) -> Iterator[Finding]:
    for key in ("key_file", "seal_file"):
        path = file.parent / str(values[key])
        if (mode := mode_of_named_file(path) or 0) & TOO_WIDE:
            yield refused(
                "site",
                f"{path}: may be read or written by others (mode {mode:04o}, 0640 at most); run `chmod 600 {path}`",
            )


async def _signed_call(client: SignedClient, name: str, values: dict[str, Any]) -> Finding:
    try:
        async with await client.get(_SIGNED_PATH) as answer:
            if answer.status == 200:
                return ok("site", f"{name}: the gateway takes what this site signs")
            problem = await _problem_of(answer)
    except aiohttp.ClientConnectorCertificateError:
        return refused(
            "site",
            f"{name}: the certificate at {values['gateway_url']} is not believed; set SSL_CERT_FILE to your authority's",
        )
    except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
        return refused(
            "site",
            f"{name}: no gateway answers at {values['gateway_url']} ({type(fault).__name__}); start it, or correct gateway_url",
        )
    return refused(
        "site",
        f"{name}: {_REMEDIES.get(problem, f'the gateway answered {answer.status} {problem}; see its log')}",
    )


async def _problem_of(answer: aiohttp.ClientResponse) -> str:
    try:
        return (
            str((await answer.json(content_type=None)).get("type", "")).rpartition("/")[2].rpartition(":")[2]
        )
    except (ValueError, AttributeError, aiohttp.ClientError):
        return ""


_REMEDIES: Final = {
    "signature-stale": "this machine's clock and the gateway's are over a minute apart; let both follow one time server",
    "signature-key-unknown": "the gateway does not know this key_id; `point-gateway keys list` says which it knows",
    "signature-key-ended": "the key has ended; make a new one with `point-gateway keys new`",
    "key-scope": "the key is another program's; make one for this site with `point-gateway keys new`",
    "signature-invalid": "the key in key_file is not the one of key_id, or gateway_url is not the gateway's public_url; see both",
}
