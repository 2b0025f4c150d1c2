"""The server's verdict on a card login; the front door of the server half.

    challenge = ask(nonces, purpose=Purpose.LOGIN, session=..., now=...)      -> page -> agent -> card
    response = CardResponse.from_json(body)                                   <- page <- agent <- card
    verified = verify_login(response, purpose=..., session=..., origin=..., ...)

The order is fixed: size and shape, the challenge (used up whatever follows), certificate, signature, revocation,
second opinion. Everything blocks briefly (some milliseconds, plus the revocation source): call it in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from card.algorithms import ALGORITHMS, Algorithm
from card.certificate import check_certificate
from card.challenges import Challenge, MemoryNonces, NonceStore, ask, consume_challenge
from card.client_data import ClientData, Purpose
from card.refusals import LoginRefused, ResponseMalformed, SignatureWrong
from card.response import CardResponse
from card.revocation import (
    CachedRevocation,
    CrlFolder,
    Evidence,
    RevocationSource,
    ask_source,
    check_revocation,
)
from card.second_opinion import ask_second_opinion
from card.trust import TrustBroken, TrustStore, load_trust, read_root

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
    "consume_challenge",
    "load_trust",
    "read_client_data",
    "read_root",
    "verify_login",
]


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
    consume_challenge(nonces, signed, purpose=purpose, session=session, origin=origin, now=clock())
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
