"""Members who come with their card: signing in, registering, and linking a renewed certificate.

A challenge is asked first, by one client program for one browser and one purpose; the card signs it; the response
comes here. The challenge is used up in a transaction of its own before anything else is looked at. What is kept of
a card is its account key, a keyed hash: neither certificate nor serial number reaches the database or the log.
Where no roots are configured every use case refuses: there is no login that is a little believed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection

from card.challenges import Challenge, ask, consume_challenge
from card.client_data import Purpose
from card.refusals import LoginRefused, ValidatorsDisagree
from card.response import CardResponse, to_base64url
from card.verify import (
    CachedRevocation,
    CrlFolder,
    RevocationSource,
    TrustBroken,
    TrustStore,
    VerifiedCard,
    check_login,
    load_trust,
    read_client_data,
    read_root,
)
from gateway.errors import ProblemError
from gateway.members import card_challenges
from gateway.members.members import Member, Members, SignedIn, StoreProtocol
from gateway.members.proofs import ProofKey, card_proof
from gateway.platform.security_log import SecurityEvent, log_security
from gateway.plugin_interfaces import Clock
from gateway.settings import Settings, SettingsWrong

__all__ = ["CardRules", "CardSignIns", "Purpose", "rules_of"]

SWEEP_INTERVAL: Final = timedelta(seconds=30)
_log = structlog.get_logger("gateway.card")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRules:
    """What a card is held to. `origins` are the sites whose pages may ask, as browsers write them; at least one."""

    trust: TrustStore
    revocation: RevocationSource
    origins: tuple[str, ...]
    account_key_secret: bytes = field(repr=False)

    @property
    def only_tests(self) -> bool:
        """Whether no real card can be believed here."""
        return all(root.test for root in self.trust.auth)


class CardSignIns:
    """The use cases of a card. All raise `ProblemError`: `card-login-not-configured` (503) where no roots are configured,
    and for a card that is turned away a word that begins with `card-`.
    """

    def __init__(self, store: StoreProtocol, members: Members, clock: Clock, rules: CardRules | None) -> None:
        self._store = store
        self._members = members
        self._clock = clock
        self._rules = rules
        self._sweep_at: datetime | None = None

    @property
    def rules(self) -> CardRules | None:
        return self._rules

    async def challenge(self, purpose: Purpose, *, client_id: str, browser: str) -> Challenge:
        """Ask: a challenge that serves once, this browser of this client alone, for two minutes."""
        self._required()
        now = self._clock()
        asked = _Kept()
        made = ask(asked, purpose=purpose, session=_session_name(client_id, browser), now=now)
        sweep = self._sweep_at is None or now >= self._sweep_at
        if sweep:
            self._sweep_at = now + SWEEP_INTERVAL

        def job(conn: Connection) -> None:
            if sweep:
                card_challenges.forget_expired(conn, now)
            card_challenges.issue(conn, made)

        await self._store.run(job)
        return made

    async def sign_in(
        self, answer: Mapping[str, str], *, client_id: str, browser: str, shared_terminal: bool = False
    ) -> SignedIn:
        """Sign in the member whose card this is. Raises ProblemError `card-unknown` (401) for a card of nobody's."""
        card = await self._verified(answer, Purpose.LOGIN, client_id, browser)
        return await self._members.sign_in_by_proof(
            card_proof(card.account_key), client_id=client_id, shared_terminal=shared_terminal
        )

    async def register(
        self,
        answer: Mapping[str, str],
        *,
        client_id: str,
        browser: str,
        display_name: str,
        password: str | None = None,
        language: str = "ja",
        shared_terminal: bool = False,
    ) -> SignedIn:
        """Make a member with a random MyKey ID, one per certificate, and sign them in.

        Raises ProblemError `card-registered` (409) and as `Members.create`; the challenge is used up even then.
        """
        card = await self._verified(answer, Purpose.REGISTER, client_id, browser)
        await self._members.create(
            display_name=display_name,
            password=password,
            proof=card_proof(card.account_key),
            language=language,
        )
        return await self._members.sign_in_by_proof(
            card_proof(card.account_key), client_id=client_id, shared_terminal=shared_terminal
        )

    async def relink(
        self,
        answer: Mapping[str, str],
        *,
        client_id: str,
        browser: str,
        mykey_id: str,
        password: str,
        shared_terminal: bool = False,
    ) -> SignedIn:
        """Give an old MyKey ID the renewed certificate, after its password, and sign the member in.

        Raises ProblemError as `Members.sign_in`, and `card-registered` (409) where the card is another member's.
        """
        card = await self._verified(answer, Purpose.RELINK, client_id, browser)
        signed_in = await self._members.sign_in(
            mykey_id, password, client_id=client_id, shared_terminal=shared_terminal
        )
        try:
            member = await self._members.link_proof(signed_in.member.member_id, card_proof(card.account_key))
        except BaseException:
            # Nobody was told the token; it must not live on either.
            await self._members.sign_out(signed_in.token.reveal(), client_id=client_id)
            raise
        return SignedIn(token=signed_in.token, session=signed_in.session, member=member)

    async def link(
        self, answer: Mapping[str, str], *, client_id: str, browser: str, member_id: str, password: str
    ) -> Member:
        """Give the member who is signed in a card, or a renewed one in place of the old.

        The password is asked for again: a card is a way in that would outlive a forgotten session.
        Raises ProblemError `card-registered` (409) and as `Members.confirm_password`.
        """
        card = await self._verified(answer, Purpose.RELINK, client_id, browser)
        await self._members.confirm_password(member_id, password)
        return await self._members.link_proof(member_id, card_proof(card.account_key))

    async def set_password(
        self,
        answer: Mapping[str, str],
        *,
        client_id: str,
        browser: str,
        member_id: str,
        new: str,
        keep: str | None = None,
    ) -> int:
        """Set a first or forgotten password with the card in hand. Returns how many other sessions ended.

        Raises ProblemError `card-unknown` (401) where it is not this member's card, and `password-unfit` (422).
        """
        card = await self._verified(answer, Purpose.LOGIN, client_id, browser)
        return await self._members.set_password_by_proof(
            member_id, card_proof(card.account_key), new, keep=keep
        )

    async def prove(self, answer: Mapping[str, str], *, client_id: str, browser: str) -> ProofKey:
        """Whose card answered (purpose `login`), as a proof; for what a card is asked for beside a sign-in."""
        card = await self._verified(answer, Purpose.LOGIN, client_id, browser)
        return card_proof(card.account_key)

    async def _verified(
        self, answer: Mapping[str, str], purpose: Purpose, client_id: str, browser: str
    ) -> VerifiedCard:
        rules = self._required()
        try:
            response = _read(answer)
            signed = read_client_data(response)
            challenge = await self._store.run(lambda conn: card_challenges.consume(conn, signed.challenge))
            now = self._clock()
            consume_challenge(
                _Kept(challenge),
                signed,
                purpose=purpose,
                session=_session_name(client_id, browser),
                origin=signed.origin if signed.origin in rules.origins else rules.origins[0],
                now=now,
            )
            # RSA, ASN.1 and perhaps a revocation source: nothing for the event loop.
            return await asyncio.to_thread(
                check_login,
                response,
                trust=rules.trust,
                revocation=rules.revocation,
                now=now,
                account_key_secret=rules.account_key_secret,
            )
        except LoginRefused as refusal:
            (_log.error if isinstance(refusal, ValidatorsDisagree) else _log.info)(
                "card.refused", code=refusal.code, detail=refusal.detail, client_id=client_id
            )
            log_security(SecurityEvent.SIGN_IN_FAILED, who="member", by="card", code=refusal.code)
            raise problem_of(refusal) from None

    def _required(self) -> CardRules:
        if self._rules is None:
            raise ProblemError(
                "card-login-not-configured",
                "Logins by card are not set up here; sign in with the password.",
            )
        return self._rules


@dataclass(slots=True)
class _Kept:
    """The one challenge that was just read from, or goes next into, the database, as `card` wants to see a store."""

    challenge: Challenge | None = None

    def issue(self, challenge: Challenge, /) -> None:
        self.challenge = challenge

    def consume(self, value: str, /) -> Challenge | None:
        del value  # the database has looked for it
        return self.challenge


def rules_of(settings: Settings, clock: Callable[[], datetime]) -> CardRules | None:
    """What `[card]` asks for, or None where it names no roots. Raises SettingsWrong with place and remedy."""
    card = settings.card
    if not card.roots and not card.test_auth_roots:
        return None
    where = settings.path.name if settings.path is not None else "gateway.toml"
    base = settings.path.resolve().parent if settings.path is not None else Path.cwd()
    if not card.revocation:
        raise SettingsWrong(
            f'[card] has roots and no `revocation`; name the folder of CRLs: revocation = "crl" ({where})'
        )
    if not card.origins:
        raise SettingsWrong(
            f'[card] has roots and no `origins`; name the portal: origins = ["https://portal.example"] ({where})'
        )
    secret = settings.security.account_key().reveal().encode()
    if len(secret) < 32:
        raise SettingsWrong(f"[security] account_key: holds fewer than 32 bytes; make a longer one ({where})")
    try:
        trust = load_trust(
            base / card.roots if card.roots else None,
            fingerprints=card.fingerprints,
            test_auth=[read_root(base / name) for name in card.test_auth_roots],
            test_sign=[read_root(base / name) for name in card.test_sign_roots],
        )
    except (TrustBroken, OSError) as broken:
        raise SettingsWrong(f"[card] the roots cannot be believed: {broken} ({where})") from None
    return CardRules(
        trust=trust,
        revocation=CachedRevocation(CrlFolder(base / card.revocation), clock),
        origins=card.origins,
        account_key_secret=secret,
    )


def _read(answer: Mapping[str, str]) -> CardResponse:
    """The card's three fields as they came, under the card package's own rules of form and size."""
    return CardResponse.from_json(json.dumps(dict(answer)).encode())


def _session_name(client_id: str, browser: str) -> str:
    """What a challenge is bound to: this browser as this client program names it, and nobody else's."""
    return to_base64url(hashlib.sha256(f"{client_id}\n{browser}".encode()).digest())


def problem_of(refusal: LoginRefused) -> ProblemError:
    """`refusal` as the API says it; its `detail` stays in the log."""
    return ProblemError("card-" + refusal.code.replace("_", "-"), refusal.en)
