"""The town's own provider of phones, so that the demonstration can be entered as with マイナアプリ.

Made once per folder: the gateway's key as a client, the secret from which the provider makes a `sub`, and the port of its address,
which stays, for members are known by issuer and `sub`.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from joserfc.jwk import ECKey

PROVIDER_ID: Final = "demo"
CLIENT_ID: Final = "RP-DEMO-0001"
CLIENT_KEY_ID: Final = "ours-1"
_FOLDER: Final = "phone"


def furnish_phone(folder: Path, free_port: int) -> int:
    """Make keys in `folder`/phone, unless they are there. Returns the provider's port: that of before, else `free_port`."""
    place = folder / _FOLDER
    port_file = place / "port"
    if not port_file.exists():
        place.mkdir(parents=True, exist_ok=True)
        key = ECKey.generate_key("P-256", {"kid": CLIENT_KEY_ID, "use": "sig"})
        _write_secret(place / "client.pem", key.as_pem(private=True))
        (place / "client.pub.pem").write_bytes(key.as_pem(private=False))
        _write_secret(place / "subject.secret", secrets.token_bytes(32))
        port_file.write_text(str(free_port), "utf-8")
    return int(port_file.read_text("utf-8"))


def redirect_uri(portal_url: str) -> str:
    return f"{portal_url}/phone/return/{PROVIDER_ID}"


def phone_settings(portal_url: str, port: int) -> str:
    """The table `[oidc.demo]` of the town's settings."""
    return f"""
[oidc.{PROVIDER_ID}]
name = "スマートフォン（練習）"
name_en = "Phone (practice)"
issuer = "http://127.0.0.1:{port}"
client_id = "{CLIENT_ID}"
redirect_uri = "{redirect_uri(portal_url)}"
key = {{ file = "{_FOLDER}/client.pem" }}
key_id = "{CLIENT_KEY_ID}"
"""


def client_public_key(folder: Path) -> ECKey:
    return ECKey.import_key((folder / _FOLDER / "client.pub.pem").read_bytes())


def subject_secret(folder: Path) -> bytes:
    return (folder / _FOLDER / "subject.secret").read_bytes()


def _write_secret(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
