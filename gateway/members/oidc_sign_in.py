"""Members who come with their phone: OpenID Connect beside the card, judged here; a site only sends the browser there and back.

A request is bound to one browser of one client program and used up by its first return, before anything else is looked at.
`nonce` and PKCE's verifier are keyed hashes of `state`, so that nobody who reads the database knows them. What is kept of a
person is a keyed hash of issuer and `sub`: no token, no name. Who is unknown is asked whether there is a MyKey ID, and is joined to
it by the old proof, password or card, never by name.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.errors import ProblemError
from gateway.members import oidc_rows
from gateway.members.card_sign_in import CardSignIns
from gateway.members.id_token import REASONS, IdTokenRefused
from gateway.members.members import Member, Members, SignedIn, StoreProtocol
from gateway.members.oidc_provider import CodeRefused, OidcProvider, ProviderUnavailable
from gateway.members.oidc_rows import OidcArrival, OidcRequest, Purpose
from gateway.members.proofs import ProofKey, ProofKind
from gateway.model import Secret
from gateway.platform.encryption import Vault
from gateway.platform.security_log import SecurityEvent, log_security
from gateway.plugin_interfaces import Clock

REQUEST_TTL: Final = timedelta(minutes=15)
"""A person finds the phone, reads a card and types a number; the answer may take some minutes."""
ARRIVAL_TTL: Final = timedelta(minutes=10)
SWEEP_INTERVAL: Final = timedelta(seconds=30)
DECLINED: Final = frozenset({"access_denied", "login_required", "interaction_required", "consent_required"})
_SENTENCES: Final[Mapping[str, str]] = {
    "oidc-unknown-provider": "No such provider is set up here.",
    "oidc-unavailable": "The provider cannot be asked now; try again later, or sign in another way.",
    "oidc-request-unknown": "This return belongs to no sign-in that is under way, or was used before; begin again.",
    "oidc-request-expired": "This sign-in took too long; begin again.",
    "oidc-other-browser": "This sign-in was begun in another browser; begin again in this one.",
    "oidc-wrong-provider": "This return is not from the provider that the browser was sent to; begin again.",
    "oidc-declined": "The sign-in was stopped at the provider; nothing was changed.",
    "oidc-sign-in-failed": "The provider did not sign anybody in; begin again.",
    "oidc-code-refused": "The provider takes this return no more; begin again.",
    "oidc-token-refused": "The provider's word is not believed; begin again: ",
    "oidc-arrival-unknown": "Too much time has passed since the phone was read, or it was used already; begin again.",
}
_log = structlog.get_logger("gateway.oidc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where the browser goes, until when it may come back."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What a browser brought back: `code`, or `error`; `issuer` where the provider names itself (RFC 9207)."""

    provider: str
    state: str
    code: str | None
    error: str | None
    issuer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """`signed_in` where the phone is known and a sign-in was asked for; else `token` for what comes next."""

    purpose: Purpose
    signed_in: SignedIn | None = None
    token: Secret | None = None
    expires_at: datetime | None = None


class OidcSignIns:
    """The use cases of a phone. All raise `ProblemError` with a word that begins with `oidc-` for what is turned away."""

    def __init__(
        self,
        store: StoreProtocol,
        members: Members,
        clock: Clock,
        vault: Vault,
        cards: CardSignIns,
        providers: Mapping[str, OidcProvider],
    ) -> None:
        self._store = store
        self._members = members
        self._clock = clock
        self._vault = vault
        self._cards = cards
        self.providers: Final = providers
        self._sweep_at: datetime | None = None

    async def begin(
        self, provider_id: str, purpose: Purpose, *, client_id: str, browser: str, shared_terminal: bool
    ) -> Redirect:
        """Begin: an address that serves once, this browser of this client alone.

        Raises ProblemError: `oidc-unknown-provider` (404), `oidc-unavailable` (503).
        """
        provider, now = self._provider(provider_id), self._clock()
        state = secrets.token_urlsafe(32)
        try:
            url = await provider.authorization_url(
                state=state, nonce=self._nonce(state), verifier=self._verifier(state)
            )
        except ProviderUnavailable as fault:
            raise self._unavailable(provider_id, fault) from None
        request = OidcRequest(
            provider=provider_id,
            browser=_browser_name(client_id, browser),
            purpose=purpose,
            shared_terminal=shared_terminal,
            begun_at=now,
            expires_at=now + REQUEST_TTL,
        )
        is_sweep_due = self._sweep_at is None or now >= self._sweep_at
        if is_sweep_due:
            self._sweep_at = now + SWEEP_INTERVAL

        def job(conn: Connection) -> None:
            if is_sweep_due:
                oidc_rows.forget_expired(conn, now)
            oidc_rows.issue_request(conn, state, request)

        await self._store.run(job)
        return Redirect(url=url, expires_at=request.expires_at)

    async def arrive(self, returned: Return, *, client_id: str, browser: str) -> Arrived:
        """Take what a browser brought back from a provider.

        A known phone signs in where that was the purpose. Raises ProblemError: `oidc-request-unknown`, `oidc-request-expired`,
        `oidc-other-browser`, `oidc-wrong-provider`, `oidc-declined`, `oidc-code-refused`, `oidc-token-refused` (401),
        `oidc-unavailable` (503).
        """
        request = await self._store.run(lambda conn: oidc_rows.consume_request(conn, returned.state))
        if request is None:
            raise self._refusal("oidc-request-unknown")
        if self._clock() >= request.expires_at:
            raise self._refusal("oidc-request-expired")
        if request.browser != _browser_name(client_id, browser):
            raise self._refusal("oidc-other-browser")
        if request.provider != returned.provider:
            raise self._refusal("oidc-wrong-provider")
        proof = await self._identified(request, returned)
        if request.purpose is Purpose.LOGIN and await self._members.owner_of(proof) is not None:
            signed_in = await self._members.sign_in_by_proof(
                proof, client_id=client_id, shared_terminal=request.shared_terminal
            )
            return Arrived(purpose=request.purpose, signed_in=signed_in)
        token, expires_at = Secret("pgo_" + secrets.token_urlsafe(32)), self._clock() + ARRIVAL_TTL
        arrival = OidcArrival(
            issuer=proof.issuer,
            subject_hash=proof.subject_hash,
            browser=request.browser,
            purpose=request.purpose,
            shared_terminal=request.shared_terminal,
            expires_at=expires_at,
        )
        await self._store.run(lambda conn: oidc_rows.issue_arrival(conn, token.reveal(), arrival))
        return Arrived(purpose=request.purpose, token=token, expires_at=expires_at)

    async def register(
        self, token: str, *, client_id: str, browser: str, display_name: str, language: str
    ) -> SignedIn:
        """Make a member with a random MyKey ID for who was identified, and sign them in.

        Raises ProblemError: `oidc-arrival-unknown` (401), `bad-display-name` (422), `proof-registered` (409).
        """
        arrival = await self._arrival(token, Purpose.LOGIN, client_id, browser)
        proof = _proof_of(arrival)
        await self._members.create(
            display_name=display_name, proof=proof, language=language, claim=self._claim(token)
        )
        return await self._members.sign_in_by_proof(
            proof, client_id=client_id, shared_terminal=arrival.shared_terminal
        )

    async def join(
        self,
        token: str,
        *,
        client_id: str,
        browser: str,
        mykey_id: str,
        password: str,
        source: str = "",
        devices: Sequence[str] = (),
    ) -> SignedIn:
        """Give the phone to an old MyKey ID, after its password, in place of the one before, and sign the member in.

        Raises ProblemError as `Members.sign_in`, and `oidc-arrival-unknown` (401), `proof-registered` (409).
        """
        arrival = await self._arrival(token, Purpose.LOGIN, client_id, browser)
        signed_in = await self._members.sign_in(
            mykey_id,
            password,
            client_id=client_id,
            shared_terminal=arrival.shared_terminal,
            source=source,
            devices=devices,
        )
        return await self._joined(signed_in, token, arrival, client_id)

    async def join_by_card(
        self, token: str, answer: Mapping[str, str], *, client_id: str, browser: str
    ) -> SignedIn:
        """Give the phone to the MyKey ID whose card answers, in place of the one before, and sign the member in.

        The challenge was asked for under the name of the browser in which the phone was read: phone and card are shown in one place.
        Raises ProblemError as `CardSignIns.sign_in`, and `oidc-arrival-unknown` (401), `proof-registered` (409).
        """
        # First, so that whoever comes too late keeps a card's answer that was not used.
        arrival = await self._arrival(token, Purpose.LOGIN, client_id, browser)
        proof = await self._cards.prove(answer, client_id=client_id, browser=browser)
        signed_in = await self._members.sign_in_by_proof(
            proof, client_id=client_id, shared_terminal=arrival.shared_terminal
        )
        return await self._joined(signed_in, token, arrival, client_id)

    async def link(
        self, token: str, *, client_id: str, browser: str, member_id: str, password: str
    ) -> Member:
        """Give the member who is signed in the phone, in place of the one before of the same provider.

        The password is asked for: a phone is a way in that would outlive a forgotten session. Raises ProblemError:
        `oidc-arrival-unknown` (401), `proof-registered` (409), and as `Members.confirm_password`.
        """
        arrival = await self._arrival(token, Purpose.LINK, client_id, browser)
        await self._members.confirm_password(member_id, password)
        return await self._members.link_proof(member_id, _proof_of(arrival), claim=self._claim(token))

    async def set_password(
        self, token: str, *, client_id: str, browser: str, member_id: str, new: str, keep: str | None
    ) -> int:
        """Set a first or forgotten password with the phone in hand. Returns how many other sessions ended.

        Raises ProblemError: `oidc-arrival-unknown`, `proof-unknown` (401) where it is not this member's phone,
        `password-unfit` (422).
        """
        arrival = await self._arrival(token, Purpose.PASSWORD, client_id, browser)
        return await self._members.set_password_by_proof(
            member_id, _proof_of(arrival), new, keep=keep, claim=self._claim(token)
        )

    async def aclose(self) -> None:
        for provider in self.providers.values():
            await provider.aclose()

    async def _joined(
        self, signed_in: SignedIn, token: str, arrival: OidcArrival, client_id: str
    ) -> SignedIn:
        """The phone given to who has just signed in; where it cannot be, their session ends."""
        try:
            member = await self._members.link_proof(
                signed_in.member.member_id, _proof_of(arrival), claim=self._claim(token)
            )
        except BaseException:
            # Nobody was told the token; it must not live on either.
            await self._members.sign_out(signed_in.token.reveal(), client_id=client_id)
            raise
        return replace(signed_in, member=member)

    async def _identified(self, request: OidcRequest, returned: Return) -> ProofKey:
        provider = self._provider(request.provider)
        try:
            if not await provider.is_sender(returned.issuer):
                raise self._refusal("oidc-wrong-provider")
            if returned.error is not None or not returned.code:
                raise self._refusal("oidc-declined" if returned.error in DECLINED else "oidc-sign-in-failed")
            subject = await provider.subject_of(
                returned.code,
                nonce=self._nonce(returned.state),
                verifier=self._verifier(returned.state),
                begun_at=request.begun_at,
            )
        except ProviderUnavailable as fault:
            raise self._unavailable(request.provider, fault) from None
        except CodeRefused:
            raise self._refusal("oidc-code-refused") from None
        except IdTokenRefused as refused:
            _log.warning("oidc.token_refused", provider=request.provider, why=refused.why)
            raise self._refusal("oidc-token-refused", why=refused.why) from None
        return self._proof(provider.settings.issuer, subject)

    async def _arrival(self, token: str, purpose: Purpose, client_id: str, browser: str) -> OidcArrival:
        arrival = await self._store.read(lambda conn: oidc_rows.find_arrival(conn, token))
        if (
            arrival is None
            or arrival.purpose is not purpose
            or arrival.browser != _browser_name(client_id, browser)
            or self._clock() >= arrival.expires_at
        ):
            raise self._refusal("oidc-arrival-unknown")
        return arrival

    def _claim(self, token: str) -> Callable[[Connection], None]:
        """Uses the arrival up, in the transaction of what it is used for."""

        def claim(conn: Connection) -> None:
            if oidc_rows.consume_arrival(conn, token) is None:
                raise _problem("oidc-arrival-unknown")

        return claim

    def _provider(self, provider_id: str) -> OidcProvider:
        if provider_id not in self.providers:
            raise _problem("oidc-unknown-provider")
        return self.providers[provider_id]

    def _proof(self, issuer: str, subject: str) -> ProofKey:
        subject_hash = self._vault.stable_hash(subject, purpose=f"oidc-subject {issuer}")
        return ProofKey(kind=ProofKind.OIDC, issuer=issuer, subject_hash=subject_hash)

    def _nonce(self, state: str) -> str:
        return self._vault.stable_hash(state, purpose="oidc-nonce")

    def _verifier(self, state: str) -> str:
        return self._vault.stable_hash(state, purpose="oidc-verifier")

    def _refusal(self, word: str, **facts: str) -> ProblemError:
        log_security(SecurityEvent.SIGN_IN_FAILED, who="member", by="oidc", code=facts.get("why", word))
        return _problem(word, **facts)

    def _unavailable(self, provider_id: str, fault: ProviderUnavailable) -> ProblemError:
        _log.error("oidc.unavailable", provider=provider_id, error=str(fault))
        return _problem("oidc-unavailable")


def _problem(word: str, **facts: str) -> ProblemError:
    return ProblemError(word, f"{_SENTENCES[word]}{REASONS.get(facts.get('why', ''), '')}", **facts)


def _proof_of(arrival: OidcArrival) -> ProofKey:
    return ProofKey(kind=ProofKind.OIDC, issuer=arrival.issuer, subject_hash=arrival.subject_hash)


def _browser_name(client_id: str, browser: str) -> str:
    """What a request is bound to: this browser as this client program names it, and nobody else's."""
    return hashlib.sha256(f"{client_id}\n{browser}".encode()).hexdigest()
