"""Secrets at rest and secrets that travel: sealing, keyed hashes, and the `state` that a partner sends back.

All keys come from the settings as bytes and are never printed. A purpose belongs to every use: what was sealed
for one purpose opens for no other, and the same text hashes differently for each.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import GatewayError, ProblemError

MIN_KEY_BYTES: Final = 32
MAX_STATE_LENGTH: Final = 2_048
_STATE: Final = "partner-return"
_AES_GCM: Final = b"g1-"
"""What a sealed value begins with that AES-256-GCM has made. One without it is Fernet's, of release 0.1."""
_NONCE_BYTES: Final = 12
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Unreadable(GatewayError):
    """A sealed value opens with none of the keys: another purpose, a key taken away too early, or damage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnState:
    """What a browser brings back from a partner's site: whose exchange with whom, and its single-use nonce."""

    member_book: str
    exchange_id: str
    partner_id: str
    nonce: str
    expires_at: datetime


class Vault:
    """Seals and opens short secrets, and hashes what must be found again without being known.

    `sealing_keys`: at least 32 random bytes each; the first seals, all open, so a key is changed by putting a
    new one in front and taking the old one away when nothing is left under it (`reencrypt`). `lookup_keys` make the
    hashes by which coupons, codes and sign-ins are found: the first makes new ones, all find, so the older ones stay.
    `next_lookup_key` is one that finds already and makes none yet: a turn-over begins with it in every process.
    """

    __slots__ = ("_box", "_finding_keys", "_hashing", "_lookup_keys", "_sealing_keys")

    def __init__(
        self,
        sealing_keys: Sequence[bytes],
        lookup_keys: bytes | Sequence[bytes],
        next_lookup_key: bytes | None = None,
    ) -> None:
        self._sealing_keys = _checked(sealing_keys)
        own = (lookup_keys,) if isinstance(lookup_keys, bytes) else tuple(lookup_keys)
        self._lookup_keys, self._finding_keys = _finding(own, next_lookup_key)
        # The purposes are a dozen words of ours.
        self._hashing = lru_cache(maxsize=256)(lambda key, purpose: derive_key(key, f"look-up/{purpose}"))
        # Deriving a row's key costs more than opening what it locks, and one exchange opens its link three times.
        self._box = lru_cache(maxsize=1024)(self._made_box)

    def use_sealing_keys(self, sealing_keys: Sequence[bytes]) -> None:
        """Encrypt and open with these keys from now on. Raises ValueError for keys that are too short, changing nothing."""
        self._sealing_keys = _checked(sealing_keys)
        self._box.cache_clear()

    def use_lookup_keys(self, lookup_keys: Sequence[bytes], next_lookup_key: bytes | None = None) -> None:
        """Hash with these keys from now on. Raises ValueError for keys that are too short, changing nothing."""
        self._lookup_keys, self._finding_keys = _finding(lookup_keys, next_lookup_key)

    def __repr__(self) -> str:
        return f"Vault({len(self._sealing_keys)} sealing keys)"

    def __reduce__(self) -> tuple[type[Vault], tuple[str]]:
        raise TypeError("a Vault is never pickled; make one from the settings in each process")

    def encrypt(self, secret: str, *, purpose: str, bound_to: str = "") -> bytes:
        """Encrypt and authenticate. `bound_to` names the row: copied to another row it opens no more."""
        return self._box(purpose, bound_to)[0].encrypt(secret.encode("utf-8", "surrogatepass"))

    def decrypt(self, sealed: bytes, *, purpose: str, bound_to: str = "") -> str:
        """Open what `encrypt` made with the same purpose and binding. Raises Unreadable for anything else."""
        for lock in self._box(purpose, bound_to):
            if (opened := lock.open(sealed)) is not None:
                return opened.decode("utf-8", "surrogatepass")
        raise _unreadable(purpose)

    def age_of(self, sealed: bytes, *, purpose: str, bound_to: str = "") -> int | None:
        """Which key opens it: 0 is the first; None: none of these."""
        locks = self._box(purpose, bound_to)
        return next((age for age, lock in enumerate(locks) if lock.open(sealed) is not None), None)

    @property
    def key_names(self) -> tuple[str, ...]:
        """Short names of the keys, the first first: they tell keys apart and help nobody to find one."""
        return tuple(derive_key(key, "name").hex()[:8] for key in self._sealing_keys)

    @property
    def lookup_key_names(self) -> tuple[str, ...]:
        """Short names of the look-up keys that find, the first first; one that makes no hashes yet is the last."""
        return tuple(derive_key(key, "name").hex()[:8] for key in self._finding_keys)

    def reencrypt(self, sealed: bytes, *, purpose: str, bound_to: str = "") -> bytes:
        """Encrypt anew under the first key, without showing what is inside. Raises Unreadable as `decrypt` does."""
        secret = self.decrypt(sealed, purpose=purpose, bound_to=bound_to)
        return self.encrypt(secret, purpose=purpose, bound_to=bound_to)

    def keyed_hash(self, text: str, *, purpose: str) -> str:
        """Hash for look-ups: 64 hex digits, the same for the same text and purpose, useless without the key.

        By the first key. What is found again after a turn-over is looked for by `keyed_hashes`.
        """
        return self._hash(self._lookup_keys[0], text, purpose)

    def keyed_hashes(self, text: str, *, purpose: str) -> tuple[str, ...]:
        """The hash by each look-up key, the first key first: under one of them the text was kept, whoever kept it."""
        return tuple(self._hash(key, text, purpose) for key in self._finding_keys)

    def stable_hash(self, text: str, *, purpose: str) -> str:
        """The hash by the oldest key: no turn-over changes it. For names that somebody else keeps, and for comparing."""
        return self._hash(self._lookup_keys[-1], text, purpose)

    def is_keyed_hash(self, claimed: str, text: str, *, purpose: str, length: int = 64) -> bool:
        """Whether this is the beginning, of `length` digits, of the hash by any of the keys."""
        return any(
            hmac.compare_digest(claimed.encode("utf-8", "surrogatepass"), own[:length].encode())
            for own in self.keyed_hashes(text, purpose=purpose)
        )

    def _hash(self, key: bytes, text: str, purpose: str) -> str:
        return hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), key=self._hashing(key, purpose), digest_size=32
        ).hexdigest()

    def make_state(
        self, *, member_book: str, exchange_id: str, partner_id: str, nonce: str, expires_at: datetime
    ) -> str:
        """Make the `state` that leaves with the browser: URL-safe, authenticated and encrypted.

        Encrypted because it passes through the partner, who must not learn an id of the member that other
        partners see as well. Single use is the caller's: the nonce is spent where the exchange is kept.
        """
        expires_us = (expires_at - _EPOCH) // _MICROSECOND
        said = json.dumps([member_book, exchange_id, partner_id, nonce, expires_us], separators=(",", ":"))
        return self.encrypt(said, purpose=_STATE).decode().rstrip("=")

    def read_state(self, state: str, now: datetime) -> ReturnState:
        """Read a `state` that came back. Raises ProblemError: `state-invalid` if we never made it, `state-expired`."""
        try:
            if len(state) > MAX_STATE_LENGTH or not state.isascii():
                raise Unreadable("a state of ours is shorter, and ASCII")
            token = state.encode() + b"=" * (-len(state) % 4)
            said = self.decrypt(token, purpose=_STATE)
        except Unreadable as fault:
            raise ProblemError(
                "state-invalid",
                "This return does not belong to an exchange begun here; start the exchange again.",
            ) from fault
        member_book, exchange_id, partner_id, nonce, expires_us = json.loads(said)
        expires_at = _EPOCH + expires_us * _MICROSECOND
        if now >= expires_at:
            raise ProblemError(
                "state-expired",
                "The time to come back from the partner is over; start the exchange again.",
            )
        return ReturnState(
            member_book=member_book,
            exchange_id=exchange_id,
            partner_id=partner_id,
            nonce=nonce,
            expires_at=expires_at,
        )

    def _made_box(self, purpose: str, bound_to: str) -> tuple[_Lock, ...]:
        return tuple(_Lock(key, f"{len(purpose)}/{purpose}/{bound_to}") for key in self._sealing_keys)


class _Lock:
    """One sealing key for one row: AES-256-GCM, and Fernet to open what release 0.1 has sealed."""

    __slots__ = ("_aes", "_key", "_use")

    def __init__(self, key: bytes, use: str) -> None:
        self._aes = AESGCM(derive_key(key, f"seal-aes-gcm/{use}"))
        self._key, self._use = key, use

    def encrypt(self, secret: bytes) -> bytes:
        """Text of URL-safe base64 after its mark. A random nonce suffices: the key is one row's."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _AES_GCM + base64.urlsafe_b64encode(nonce + self._aes.encrypt(nonce, secret, _AES_GCM))

    def open(self, sealed: bytes) -> bytes | None:
        """What is inside; None where this key opens nothing."""
        try:
            if not sealed.startswith(_AES_GCM):
                fernet = Fernet(base64.urlsafe_b64encode(derive_key(self._key, f"seal/{self._use}")))
                return fernet.decrypt(sealed)
            text = sealed[len(_AES_GCM) :].rstrip(b"=")
            raw = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
            return self._aes.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _AES_GCM)
        except (InvalidToken, InvalidTag, binascii.Error, ValueError):
            return None


def _unreadable(purpose: str) -> Unreadable:
    return Unreadable(
        f"a secret sealed for {purpose!r} opens with none of the keys; put the key back that it was sealed with as a last"
        " line of [security] sealing, send SIGHUP, and see `point-gateway secrets status`"
    )


def _checked(keys: Sequence[bytes]) -> tuple[bytes, ...]:
    if not keys or any(len(key) < MIN_KEY_BYTES for key in keys):
        raise ValueError(
            f"the vault needs at least one sealing key and a look-up key, each of {MIN_KEY_BYTES} random bytes"
        )
    return tuple(keys)


def _finding(
    lookup_keys: Sequence[bytes], next_key: bytes | None
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The keys that make hashes, the first of them, and all that find."""
    own = _checked(lookup_keys)
    return own, (*own, *(_checked([next_key]) if next_key is not None else ()))


def derive_key(key: bytes, use: str) -> bytes:
    """A key for one use only; that one is known helps with no other (HKDF, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"point-gateway/{use}".encode()).derive(key)
