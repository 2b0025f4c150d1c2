"""The town's own certification authority and one sample card, so that the demonstration can be entered by card.

Made once per folder: a root, its revocation list, and a card's certificate and key. The authority's key is not
kept: nobody, not even the town, can issue another card that this gateway would believe.
"""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from card.demo_ca import DemoCa, Leaf, new_key
from card.fake import FakeCard

PIN: Final = "4649"
_FOLDER: Final = "card"
_YEAR: Final = timedelta(days=365)


def furnish_card(folder: Path, now: datetime) -> None:
    """Make root, revocation list and card in `folder`/card, unless they are there; good for years around `now`."""
    place = folder / _FOLDER
    if (place / "member.der").exists():
        return
    (place / "crl").mkdir(parents=True, exist_ok=True)
    authority = DemoCa.create(not_before=now - _YEAR, not_after=now + 20 * _YEAR)
    key = new_key()
    (place / "root.pem").write_bytes(authority.pem)
    (place / "root.der").write_bytes(authority.der)
    (place / "crl" / "demo.crl").write_bytes(authority.crl(at=now, next_update=now + 20 * _YEAR))
    (place / "member.key").touch(mode=0o600)
    (place / "member.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    leaf = Leaf(not_before=now - _YEAR, not_after=now + 5 * _YEAR)
    (place / "member.der").write_bytes(authority.issue(key, leaf))


def card_settings(portal_url: str) -> str:
    """The table `[card]` of the town's settings."""
    return f"""[card]
test_auth_roots = ["{_FOLDER}/root.pem"]
revocation = "{_FOLDER}/crl"
origins = ["{portal_url}"]
"""


def sample_card(folder: Path) -> FakeCard:
    """The card itself, PIN 4649, to be put into a virtual reader. It is nobody's until somebody registers with it."""
    place = folder / _FOLDER
    key = load_pem_private_key((place / "member.key").read_bytes(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return FakeCard.issue(
        pin=PIN,
        certificate=(place / "member.der").read_bytes(),
        key=key,
        ca=(place / "root.der").read_bytes(),
    )


def origin_of_portal(folder: Path) -> str:
    """The site that the town's card may be used at, for the agent's allow-list."""
    settings = tomllib.loads((folder / "gateway.toml").read_text("utf-8"))
    return str(settings["card"]["origins"][0])
