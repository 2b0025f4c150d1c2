"""Known devices: browsers that have signed in with a login before, so that strangers' misses do not lock them out.

A token says which login, since when, and is signed; nothing of it is kept. It opens nothing: whoever steals one gets a
counter of misses of its own, five guesses as anybody has.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from gateway.members.lockout import Origin
from gateway.model import Secret
from gateway.platform.encryption import Vault

DEVICE_TTL: Final = timedelta(days=180)
_TOKEN: Final = re.compile(r"pgd_([0-9a-f]{8})_([0-9a-f]{16})_([0-9a-f]{64})")


def new_device(vault: Vault, login: str, at: datetime, *, kind: str) -> Secret:
    """A token for the browser that has just signed in; `kind` keeps members' and staff's logins apart."""
    issued, chance = f"{int(at.timestamp()):08x}", secrets.token_hex(8)
    signature = vault.keyed_hash(f"{login}\n{issued}\n{chance}", purpose=f"known-device-{kind}")
    return Secret(f"pgd_{issued}_{chance}_{signature}")


def origin_of(
    vault: Vault, login: str, source: str, devices: Iterable[str], now: datetime, *, kind: str
) -> Origin:
    """Where an attempt with this login comes from. A token of another login, forged or too old makes no known device."""
    device = next((token for token in devices if _is_known(vault, login, token, now, kind)), "")
    return Origin(
        source=vault.stable_hash(source, purpose="sign-in-source")[:32] if source else "",
        device=hashlib.sha256(device.encode()).hexdigest()[:32] if device else "",
    )


def _is_known(vault: Vault, login: str, token: str, now: datetime, kind: str) -> bool:
    match = _TOKEN.fullmatch(token)
    if match is None:
        return False
    issued, chance, signature = match.groups()
    age = now.timestamp() - int(issued, 16)
    # Our own clocks may be a little apart; a token of the far future is none of ours.
    return -60 <= age < DEVICE_TTL.total_seconds() and vault.is_keyed_hash(
        signature, f"{login}\n{issued}\n{chance}", purpose=f"known-device-{kind}"
    )
