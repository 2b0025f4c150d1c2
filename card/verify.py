"""The server's verdict on a card login; the front door of the server half.

    challenge = ask(nonces, purpose=Purpose.LOGIN, session=..., now=...)      -> page -> agent -> card
    response = CardResponse.from_json(body)                                   <- page <- agent <- card
    verified = verify_login(response, purpose=..., session=..., origin=..., ...)

The order is fixed: size and shape, the challenge (used up whatever follows), certificate, signature, revocation,
second opinion. Everything blocks briefly (some milliseconds, plus the revocation source): call it in a thread.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from card.algorithms import ALGORITHMS, Algorithm
from card.certificate import check_certificate
from card.challenges import Challenge, MemoryNonces, NonceStore, ask, take
from card.client_data import ClientData, Purpose
from card.refusals import LoginRefused, ResponseMalformed, ResponseTooLarge, SignatureWrong
from card.revocation import (
    CachedRevocation,
    CrlFolder,
    Evidence,
    RevocationSource,
    ask_source,
    check_revocation,
)
from card.second_opinion import ask_second_opinion
from card.trust import TrustBroken, TrustStore, load_trust

__all__ = [
    "CachedRevocation",
    "CardResponse",
    "Challenge",
    "CrlFolder",
    "Evidence",
    "LoginRefused",
    "MemoryNonces",
    "NonceStore",
    "Purpose",
    "RevocationSource",
    "TrustBroken",
    "TrustStore",
    "VerifiedCard",
    "ask",
    "check_login",
    "load_trust",
    "read_client_data",
    "take",
    "verify_login",
]

LONGEST_BODY: Final = 16 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class CardResponse:
    """What came back from the card: the bytes that were signed, the certificate (DER) and the signature."""

    client_data: bytes
    certificate: bytes
    signature: bytes

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Read the agent's JSON object, its three fields in base64url. Raises a ResponseRefused.

        A body over 16 KiB is refused unread; better still, let the web server stop it there.
        """
        if len(body) > LONGEST_BODY:
            raise ResponseTooLarge(f"{len(body)} bytes")
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):
            raise ResponseMalformed("not JSON") from None
        names = ("client_data", "certificate", "signature")
        if not isinstance(fields, dict) or set(fields) != set(names):
            raise ResponseMalformed(f"an object with exactly {', '.join(names)} is wanted")
        return cls(*(_from_base64url(fields[name], name) for name in names))

    def to_json(self) -> bytes:
        fields = {
            "client_data": self.client_data,
            "certificate": self.certificate,
            "signature": self.signature,
        }
        return json.dumps({name: to_base64url(value) for name, value in fields.items()}).encode()


@dataclass(frozen=True, slots=True)
class VerifiedCard:
    """Somebody holds the card that `account_key` stands for, knew its PIN, and was at `origin` just now.

    `account_key` (64 hex digits) is all there is to store: issuer and serial number cannot be got back from it.
    `certificate_not_after` says when the holder needs a new certificate, and with it a new account key.
    `test` is true for certificates of configured test roots.
    """

    account_key: str
    certificate_not_after: datetime
    issuer: str
    test: bool
    algorithm: str
    verified_at: datetime


def verify_login(
    response: CardResponse,
    *,
    purpose: Purpose,
    session: str,
    origin: str,
    nonces: NonceStore,
    trust: TrustStore,
    revocation: RevocationSource,
    clock: Callable[[], datetime],
    account_key_secret: bytes,
    algorithms: Sequence[Algorithm] = ALGORITHMS,
) -> VerifiedCard:
    """Decide whether this response signs its holder in. Raises a `card.refusals.LoginRefused`; stores nothing.

    `session` is the opaque name the challenge was asked under, `origin` the site's own (`https://host`), `clock`
    tells the time with its zone. The challenge is used up first, whatever else is wrong with the response.
    """
    signed = read_client_data(response)
    take(nonces, signed, purpose=purpose, session=session, origin=origin, now=clock())
    return check_login(
        response,
        trust=trust,
        revocation=revocation,
        now=clock(),
        account_key_secret=account_key_secret,
        algorithms=algorithms,
    )


def read_client_data(response: CardResponse) -> ClientData:
    """What was signed, if it has the one form it may have. Raises ResponseMalformed."""
    try:
        return ClientData.from_bytes(response.client_data)
    except ValueError as broken:
        raise ResponseMalformed(f"client data: {broken}") from None


def check_login(
    response: CardResponse,
    *,
    trust: TrustStore,
    revocation: RevocationSource,
    now: datetime,
    account_key_secret: bytes,
    algorithms: Sequence[Algorithm] = ALGORITHMS,
) -> VerifiedCard:
    """All that follows after the challenge was taken; for callers that take it in a database transaction of theirs.

    Never call it for a response whose challenge `take` has not just accepted: it would accept replays.
    """
    checked = check_certificate(response.certificate, trust=trust, at=now, algorithms=algorithms)
    if not checked.algorithm.verifies(checked.leaf.public_key(), response.signature, response.client_data):
        raise SignatureWrong
    evidence = ask_source(revocation, response.certificate, checked.root.der)
    check_revocation(checked.leaf, checked.root.certificate, evidence, now)
    ask_second_opinion(response.certificate, trust.auth, evidence, now)
    return VerifiedCard(
        account_key=checked.account_key(account_key_secret),
        certificate_not_after=checked.leaf.not_valid_after_utc,
        issuer=checked.root.name,
        test=checked.root.test,
        algorithm=checked.algorithm.name,
        verified_at=now,
    )


def to_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _from_base64url(text: object, name: str) -> bytes:
    if not isinstance(text, str) or not text:
        raise ResponseMalformed(f"{name} is not a string")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise ResponseMalformed(f"{name} is not base64url") from None
    if to_base64url(raw) != text:
        raise ResponseMalformed(f"{name} is not base64url in its one form")
    return raw
