"""`[partners.<id>.sftp]`: the partner's SFTP server, its pinned host keys, and how we sign in.

Each setting that is missing, unknown or of the wrong kind is named with file, line and remedy.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gateway.partners.loading.partner_settings import Place, SecretPlace, SettingsWrong, secret_place

DEFAULT_PORT: Final = 22
_NAMES: Final = ("host", "port", "user", "host_key", "key", "password")
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]+")
_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_KEY_LINE: Final = re.compile(
    r"(ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa)\s+([A-Za-z0-9+/]+={0,2})(?:\s.*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpServer:
    """Where the partner's files are. `pins` are SHA-256 fingerprints; `kinds` those of the keys, where all are known.

    Exactly one of `key` (a private key's file) and `password` is there.
    """

    host: str
    port: int
    user: str
    pins: frozenset[str]
    kinds: tuple[str, ...] = ()
    key: Path | None = None
    password: SecretPlace | None = None
    where: str = field(default="", compare=False)


def sftp_server(
    partner: str, table: Mapping[str, Any], place: Place, env: Mapping[str, str]
) -> SftpServer | None:
    """What `sftp` of a partner's table says; None where it says nothing. Raises SettingsWrong."""
    if (own := table.get("sftp")) is None:
        return None
    keys = ("partners", partner, "sftp")
    name = f"[{'.'.join(keys)}]"
    if not isinstance(own, dict):
        raise SettingsWrong(f"[partners.{partner}] sftp: is no table; write {name} ({place.at(*keys)})")

    def wrong(key: str, fault: str, example: str) -> SettingsWrong:
        return SettingsWrong(f"{name} {key}: {fault}; write {example} ({place.at(*keys, key)})")

    for key in own.keys() - set(_NAMES):
        raise SettingsWrong(
            f"{name} has no setting `{key}`; there are {', '.join(_NAMES)} ({place.at(*keys, key)})"
        )
    host, port, user = own.get("host"), own.get("port", DEFAULT_PORT), own.get("user")
    if not isinstance(host, str) or not _HOST.fullmatch(host):
        raise wrong("host", "is no name of a host", 'host = "files.acme.example"')
    if type(port) is not int or not 0 < port < 2**16:
        raise wrong("port", "is no port", f"port = {DEFAULT_PORT}")
    if not isinstance(user, str) or not user or not user.isprintable():
        raise wrong("user", "is no name", 'user = "gateway"')
    pins, kinds = _pinned(own.get("host_key"), wrong)
    if ("key" in own) == ("password" in own):
        both = "password stands beside key" if "key" in own else "is missing"
        raise wrong("key", both, f'either key = {{ file = "{partner}_sftp.key" }} or password = {{ … }}')
    if "password" in own:
        password = secret_place(own["password"], (*keys, "password"), place, env)
        return SftpServer(
            host=host,
            port=port,
            user=user,
            pins=pins,
            kinds=kinds,
            password=password,
            where=place.at(*keys, "password"),
        )
    key_place = secret_place(own["key"], (*keys, "key"), place, env)
    if key_place.file is None:
        raise wrong("key", "must be a file", f'key = {{ file = "{partner}_sftp.key" }}')
    return SftpServer(
        host=host,
        port=port,
        user=user,
        pins=pins,
        kinds=kinds,
        key=key_place.file,
        where=place.at(*keys, "key"),
    )


def _pinned(value: Any, wrong: Any) -> tuple[frozenset[str], tuple[str, ...]]:
    """Fingerprints, and the kinds of keys where each is given whole, as `ssh-keyscan` and `known_hosts` have it."""
    lines = [value] if isinstance(value, str) else value
    example = 'host_key = "ssh-ed25519 AAAA…" or "SHA256:…", as the partner has told you'
    if not isinstance(lines, list) or not lines:
        raise wrong("host_key", "is missing or no text", example)
    pins: set[str] = set()
    kinds: list[str] = []
    for line in lines:
        if isinstance(line, str) and _FINGERPRINT.fullmatch(line.strip()):
            pins.add(line.strip())
        elif isinstance(line, str) and (parts := _KEY_LINE.fullmatch(line.strip())):
            pins.add(_fingerprint(parts[2], parts[1]) or _refuse(wrong, example))
            kinds.append(parts[1])
        else:
            _refuse(wrong, example)
    return frozenset(pins), tuple(dict.fromkeys(kinds)) if len(kinds) == len(lines) else ()


def _fingerprint(encoded: str, kind: str) -> str | None:
    """As OpenSSH writes it; None for what is no key of that kind."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    if blob[: 4 + len(kind)] != len(kind).to_bytes(4) + kind.encode():
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _refuse(wrong: Any, example: str) -> str:
    raise wrong("host_key", "is neither a host's public key nor its SHA-256 fingerprint", example)
