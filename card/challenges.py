"""Challenges: made by the server, bound to one browser session and one purpose, good once and for two minutes.

The store is an interface of two plain functions, so that a database table can be it; the one here lives in memory.
`take` removes a challenge before anything else about the response is looked at: a failed attempt burns it too.
"""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from card.client_data import ClientData, Purpose
from card.refusals import (
    ChallengeExpired,
    ChallengeOfAnotherSession,
    ChallengeUnknown,
    WrongOrigin,
    WrongPurpose,
)

LIFETIME: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One question to one browser. `session` is the caller's opaque name for it; both times carry a zone."""

    value: str
    purpose: Purpose
    session: str
    expires_at: datetime


class NonceStore(Protocol):
    """Where open challenges wait.

    `consume` finds and removes in one step: of two callers at once, one gets the challenge and the other None.
    It returns expired challenges as well (`take` tells them from unknown ones). `issue` may drop expired ones.
    """

    def issue(self, challenge: Challenge, /) -> None: ...

    def consume(self, value: str, /) -> Challenge | None: ...


def ask(
    nonces: NonceStore,
    *,
    purpose: Purpose,
    session: str,
    now: datetime,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Challenge:
    """Make a challenge and store it. Send `challenge.value` to the page that asked, within `session` only."""
    value = base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode()
    challenge = Challenge(value, purpose, session, now + LIFETIME)
    nonces.issue(challenge)
    return challenge


def consume_challenge(
    nonces: NonceStore, signed: ClientData, *, purpose: Purpose, session: str, origin: str, now: datetime
) -> Challenge:
    """Use up the challenge that was signed, then check it was ours to ask. Raises a ChallengeRefused."""
    challenge = nonces.consume(signed.challenge)
    if challenge is None:
        raise ChallengeUnknown
    if now >= challenge.expires_at:
        raise ChallengeExpired
    if not secrets.compare_digest(challenge.session.encode(), session.encode()):
        raise ChallengeOfAnotherSession
    if signed.purpose is not purpose or challenge.purpose is not purpose:
        raise WrongPurpose(f"signed for {signed.purpose}, asked for {challenge.purpose}, used for {purpose}")
    if signed.origin != origin:
        raise WrongOrigin(f"signed for {signed.origin}")
    return challenge


class MemoryNonces:
    """Open challenges of one process; safe between threads. `most` bounds the memory that strangers can use."""

    def __init__(self, clock: Callable[[], datetime], *, most: int = 100_000) -> None:
        self._clock = clock
        self._most = most
        self._open: dict[str, Challenge] = {}
        self._lock = threading.Lock()

    def issue(self, challenge: Challenge, /) -> None:
        with self._lock:
            # Insertion order is order of expiry, as every challenge lives equally long.
            now = self._clock()
            while self._open:
                oldest = next(iter(self._open.values()))
                if oldest.expires_at + LIFETIME > now and len(self._open) < self._most:
                    break
                del self._open[oldest.value]
            self._open[challenge.value] = challenge

    def consume(self, value: str, /) -> Challenge | None:
        with self._lock:
            return self._open.pop(value, None)

    def __len__(self) -> int:
        return len(self._open)
