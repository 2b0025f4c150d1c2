"""Members' passkeys (WebAuthn, level 2): made after a sign-in by card or phone, used to sign in with user verification.

A challenge serves once, one browser (or session) of one client program, and is used up before its answer is judged. Passkeys are
discoverable: nobody types a MyKey ID, and whether one exists is told to nobody. They are bound to the portal's address.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from gateway.errors import ProblemError
from gateway.members import passkey_rows
from gateway.members.members import Members, SignedIn, StoreProtocol
from gateway.members.passkey_rows import StoredChallenge, StoredPasskey
from gateway.members.proofs import Proof, ProofKey, ProofKind
from gateway.members.sessions import SHARED_TERMINAL_IDLE_LIMIT, Session
from gateway.model import Secret
from gateway.platform.encryption import Vault
from gateway.platform.security_log import SecurityEvent, log_security
from gateway.platform.webauthn_ceremony import (
    CredentialRefused,
    PasskeyUser,
    authentication_options,
    registration_options,
    verify_authentication,
    verify_registration,
)
from gateway.plugin_interfaces import Clock

CHALLENGE_TTL: Final = timedelta(minutes=5)
SWEEP_INTERVAL: Final = timedelta(seconds=30)
FRESH_SIGN_IN: Final = timedelta(minutes=10)
"""So long after a sign-in by card or phone a passkey can be made."""
MAX_PASSKEYS: Final = 10
STRONG: Final = frozenset({ProofKind.CARD, ProofKind.OIDC})
_SIGN_IN: Final = "sign-in"
_MAKE: Final = "make"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyChallenge:
    """`token` completes what was begun; `options` is what the browser's `navigator.credentials` takes."""

    token: Secret
    options: Mapping[str, Any]
    expires_at: datetime


class Passkeys:
    """The use cases of members' passkeys. `site` is the portal's address; without one all refuse with `passkeys-not-configured`."""

    def __init__(self, store: StoreProtocol, members: Members, clock: Clock, vault: Vault, site: str) -> None:
        self._store = store
        self._members = members
        self._clock = clock
        self._vault = vault
        self._site = site
        self._sweep_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return bool(self._site)

    async def begin_sign_in(self, *, client_id: str, browser: str) -> PasskeyChallenge:
        """Ask any passkey of this site. Raises ProblemError `passkeys-not-configured` (404)."""
        self._require_open()
        challenge = secrets.token_bytes(32)
        options = authentication_options(self._site, challenge)
        return await self._issue(challenge, options, _SIGN_IN, client_id, browser)

    async def sign_in(
        self,
        token: str,
        credential: Mapping[str, Any],
        *,
        client_id: str,
        browser: str,
        shared_terminal: bool = False,
    ) -> SignedIn:
        """Sign in the member whose passkey this is.

        Raises ProblemError: `passkey-ended`, `passkey-refused`, `proof-unknown` (401), `passkeys-not-configured` (404).
        """
        self._require_open()
        challenge = await self._consume(token, _SIGN_IN, client_id, browser)
        credential_id = str(credential.get("id", ""))
        passkey = await self._store.read(lambda conn: passkey_rows.find(conn, credential_id))
        if passkey is None:
            raise self._refused()
        try:
            count = await asyncio.to_thread(
                verify_authentication,
                self._site,
                challenge.challenge,
                credential,
                public_key=passkey.public_key,
                sign_count=passkey.sign_count,
            )
        except CredentialRefused:
            raise self._refused() from None
        if not await self._store.run(lambda conn: passkey_rows.raise_count(conn, passkey, count)):
            raise self._refused()
        return await self._members.sign_in_by_proof(
            self._proof(credential_id), client_id=client_id, shared_terminal=shared_terminal
        )

    async def begin_making(self, session: Session) -> PasskeyChallenge:
        """Begin to make a passkey, soon after a sign-in by card or phone, at a device of one's own.

        Raises ProblemError: `strong-sign-in-needed`, `shared-terminal` (403), `passkeys-enough` (409), `passkeys-not-configured`.
        """
        self._require_open()
        now = self._clock()
        if session.idle_limit <= SHARED_TERMINAL_IDLE_LIMIT:
            raise ProblemError("shared-terminal", "A passkey is not made at a shared terminal.")
        if session.proved_by not in STRONG or now - session.created_at > FRESH_SIGN_IN:
            raise ProblemError(
                "strong-sign-in-needed",
                "Sign in with the card or phone, and make the passkey within ten minutes.",
            )
        member = await self._members.profile(session.member_id)
        known = await self._store.read(lambda conn: passkey_rows.list_ids(conn, session.member_id))
        if len(known) >= MAX_PASSKEYS:
            raise ProblemError(
                "passkeys-enough", f"A member has at most {MAX_PASSKEYS} passkeys; remove one first."
            )
        challenge = secrets.token_bytes(32)
        options = registration_options(
            self._site,
            "マイキープラットフォーム",
            challenge,
            PasskeyUser(
                handle=bytes.fromhex(self._vault.stable_hash(session.member_id, purpose="passkey-user")),
                name=member.mykey_id,
                display_name=member.display_name,
            ),
            known,
            is_discoverable=True,
        )
        return await self._issue(challenge, options, _MAKE, session.client_id, session.session_id)

    async def add(self, session: Session, token: str, credential: Mapping[str, Any], name: str) -> Proof:
        """Keep the passkey that the browser made. Raises ProblemError: `passkey-ended`, `passkey-refused` (401)."""
        self._require_open()
        challenge = await self._consume(token, _MAKE, session.client_id, session.session_id)
        try:
            made = await asyncio.to_thread(verify_registration, self._site, challenge.challenge, credential)
        except CredentialRefused:
            raise self._refused() from None
        credential_id = made.credential_id
        passkey = StoredPasskey(
            credential_id=credential_id,
            member_id=session.member_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
        )

        def save(conn: Connection, proof_id: str) -> None:
            if passkey_rows.find(conn, credential_id) is not None:
                raise self._refused()  # a browser makes a new one each time, so this is a copy of one that is known
            passkey_rows.add(conn, passkey, proof_id)

        return await self._members.add_proof(
            session.member_id, self._proof(credential_id), name=name, save=save
        )

    async def _issue(
        self, challenge: bytes, options: Any, purpose: str, client_id: str, browser: str
    ) -> PasskeyChallenge:
        token, now = Secret("pgk_" + secrets.token_urlsafe(32)), self._clock()
        stored = StoredChallenge(
            challenge=challenge,
            purpose=purpose,
            browser=_browser_name(client_id, browser),
            expires_at=now + CHALLENGE_TTL,
        )
        is_sweep_due = self._sweep_at is None or now >= self._sweep_at
        if is_sweep_due:
            self._sweep_at = now + SWEEP_INTERVAL

        def job(conn: Connection) -> None:
            if is_sweep_due:
                passkey_rows.forget_expired(conn, now)
            passkey_rows.issue(conn, token.reveal(), stored)

        await self._store.run(job)
        return PasskeyChallenge(token=token, options=options, expires_at=stored.expires_at)

    async def _consume(self, token: str, purpose: str, client_id: str, browser: str) -> StoredChallenge:
        challenge = await self._store.run(lambda conn: passkey_rows.consume(conn, token))
        if (
            challenge is None
            or challenge.purpose != purpose
            or challenge.browser != _browser_name(client_id, browser)
            or self._clock() >= challenge.expires_at
        ):
            log_security(SecurityEvent.SIGN_IN_FAILED, who="member", by="passkey", code="passkey-ended")
            raise ProblemError("passkey-ended", "This was begun too long ago, or elsewhere; begin again.")
        return challenge

    def _proof(self, credential_id: str) -> ProofKey:
        subject_hash = self._vault.stable_hash(credential_id, purpose=f"passkey {self._site}")
        return ProofKey(kind=ProofKind.PASSKEY, issuer=self._site, subject_hash=subject_hash)

    def _require_open(self) -> None:
        if not self._site:
            raise ProblemError(
                "passkeys-not-configured", "Passkeys are not set up here; sign in another way."
            )

    def _refused(self) -> ProblemError:
        log_security(SecurityEvent.SIGN_IN_FAILED, who="member", by="passkey", code="passkey-refused")
        return ProblemError("passkey-refused", "The passkey could not be confirmed; try again.")


def _browser_name(client_id: str, browser: str) -> str:
    return hashlib.sha256(f"{client_id}\n{browser}".encode()).hexdigest()
