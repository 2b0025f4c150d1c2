"""Members: who they are, how they sign in, and what they set for themselves.

`Members` holds the use cases; each is one or two jobs for the store, with the slow hashing between them and no
transaction open meanwhile. A member has a password, a card, or both. The words of a refusal at sign-in are the
same whichever half was wrong, and take the same time.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway import directory, lockout, mykey_ids, passwords, sessions
from gateway import member_records as records
from gateway.errors import Refused
from gateway.member_records import Member
from gateway.model import Secret
from gateway.mykey_ids import Choice
from gateway.passwords import PasswordHasher
from gateway.sessions import Session
from gateway.setup import Clock
from gateway.vault import Vault

T = TypeVar("T")
LANGUAGES: Final = ("ja", "en", "ja-easy")


class Runs(Protocol):
    """What is needed of a store: jobs that write, each a transaction, and jobs that only read."""

    async def run(self, job: Callable[[Connection], T]) -> T: ...

    async def read(self, job: Callable[[Connection], T]) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The token is given to the client program once; the gateway keeps only its hash."""

    token: Secret
    session: Session
    member: Member


class Members:
    """The use cases around one member. All raise `Refused` for what is not carried out."""

    def __init__(
        self,
        store: Runs,
        hasher: PasswordHasher,
        clock: Clock,
        *,
        vault: Vault,
        idle_limit: timedelta = sessions.IDLE_LIMIT,
        shared_terminal_idle_limit: timedelta = sessions.SHARED_TERMINAL_IDLE_LIMIT,
        absolute_limit: timedelta = sessions.ABSOLUTE_LIMIT,
    ) -> None:
        self._store = store
        self._hasher = hasher
        self._clock = clock
        self._vault = vault
        self._idle_limit = idle_limit
        self._shared_terminal_idle_limit = shared_terminal_idle_limit
        self._absolute_limit = absolute_limit

    # --- coming and going -----------------------------------------------------------------------------------------

    async def create(
        self,
        *,
        display_name: str,
        password: str | None = None,
        card_key: str | None = None,
        mykey_id: str | None = None,
        language: str = "ja",
    ) -> Member:
        """Register a member with a password, a card, or both; the MyKey ID is drawn unless one is wanted.

        Raises Refused: `password-unfit`, `bad-display-name`, `bad-language`, `mykey-id-unfit` (422),
        `mykey-id-taken`, `card-registered` (409), `busy` (503).
        """
        if password is None and card_key is None:
            raise Refused("no-way-to-sign-in", "A member has a password, a card, or both.", status=422)
        wanted = None if mykey_id is None else mykey_ids.read_choice(mykey_id)
        name = _checked_name(display_name)
        _check_language(language)
        hashed = None
        if password is not None:
            passwords.check_new_password(password, mykey_id=wanted or "")
            hashed = await self._hasher.hash(password)
        now = self._clock()
        member_id = new_member_id(now)

        def job(conn: Connection) -> Member:
            return records.create_member(
                conn,
                member_id=member_id,
                mykey_id=wanted,
                display_name=name,
                password_hash=hashed,
                card_key=card_key,
                language=language,
                at=now,
            )

        return await self._run_claiming(job)

    async def sign_in(
        self, mykey_id: str, password: str, *, client_id: str, shared_terminal: bool = False
    ) -> SignedIn:
        """Sign in by MyKey ID and password.

        Raises Refused: `sign-in-refused` (401) whichever half was wrong, `sign-in-locked` (429) after five misses
        in a row with this MyKey ID, be it anybody's or nobody's, `busy` (503).
        """
        known = mykey_ids.read(mykey_id)
        if known is None:
            raise _sign_in_refused()  # that this can be no MyKey ID is public; it needs no hash to hide it
        kept = await self._attempt(known, password, lambda conn: records.credentials(conn, known))
        if kept is None:
            raise _sign_in_refused()
        member_id, hashed, renewed = kept
        return await self._start(
            member_id,
            client_id,
            shared_terminal,
            lambda conn: (
                records.still_good(conn, member_id, hashed)
                and _forgive(conn, self._key(known), member_id, renewed)
            ),
        )

    async def sign_in_by_card(
        self, card_key: str, *, client_id: str, shared_terminal: bool = False
    ) -> SignedIn:
        """Sign in by a card whose signature has just been verified; `card_key` is its keyed hash.

        A lock-out from wrong passwords does not close this door. Raises Refused `card-unknown` (401).
        """
        member_id = await self._store.read(lambda conn: records.member_of_card(conn, card_key))
        if member_id is None:
            raise _card_unknown()
        return await self._start(
            member_id,
            client_id,
            shared_terminal,
            lambda conn: records.member_of_card(conn, card_key) == member_id,
        )

    async def session(self, token: str, *, client_id: str) -> Session:
        """Give the living session of a token and note its use. Raises Refused `session-ended` (401)."""
        now = self._clock()
        session = await self._store.read(
            lambda conn: sessions.find(conn, token, client_id=client_id, now=now)
        )
        if not session.to_be_marked(now):
            return session
        return await self._store.run(lambda conn: sessions.mark_seen(conn, token, session, now))

    async def sign_out(self, token: str, *, client_id: str) -> None:
        """End the session of a token. Nothing to end is no error."""
        await self._store.run(lambda conn: sessions.end(conn, token, client_id=client_id))

    async def sessions(self, member_id: str) -> tuple[Session, ...]:
        """The member's living sessions, the one used last first."""
        now = self._clock()
        return await self._store.read(lambda conn: sessions.of_member(conn, member_id, now))

    async def end_session(self, member_id: str, session_id: str) -> None:
        """End one of the member's own sessions. Raises Refused `unknown-session` (404)."""
        await self._store.run(lambda conn: sessions.end_one(conn, member_id, session_id))

    async def end_other_sessions(self, member_id: str, *, keep: str) -> int:
        """End all but the session named `keep`. Returns how many ended."""
        return await self._store.run(lambda conn: sessions.end_all(conn, member_id, except_id=keep))

    # --- what a member sets -----------------------------------------------------------------------------------------

    async def profile(self, member_id: str) -> Member:
        """Give the member. Raises Refused `unknown-member` (404)."""
        return await self._store.read(lambda conn: records.require_member(conn, member_id))

    async def set_default_municipality(self, member_id: str, code: str, point_service: str) -> Member:
        """Say where reserve goes after 14 days (基本自治体). Raises Refused as `directory.require_service`."""

        def job(conn: Connection) -> Member:
            directory.require_service(conn, code, point_service)
            return records.change(
                conn, member_id, default_municipality=code, default_point_service=point_service
            )

        return await self._store.run(job)

    async def set_language(self, member_id: str, language: str) -> Member:
        """Choose the language of pages and messages. Raises Refused `bad-language` (422)."""
        _check_language(language)
        return await self._store.run(lambda conn: records.change(conn, member_id, language=language))

    async def check_mykey_id(self, member_id: str, typed: str) -> Choice:
        """重複チェック. Raises Refused: `mykey-id-unfit` (422), `mykey-id-only-generated` (429)."""
        now = self._clock()
        return await self._store.run(lambda conn: mykey_ids.check(conn, member_id, typed, now))

    async def generate_mykey_id(self, member_id: str) -> Choice:
        """自動生成, up to three times a day. Raises Refused `mykey-id-generated-enough` (429)."""
        now = self._clock()
        return await self._store.run(lambda conn: mykey_ids.generate(conn, member_id, now))

    async def change_mykey_id(self, member_id: str, typed: str) -> Choice:
        """Take the wanted MyKey ID if it is free; the answer says so, or what is offered instead.

        Raises Refused: `mykey-id-unfit` (422), `mykey-id-only-generated`, `mykey-id-changed-enough` (429).
        """
        now = self._clock()

        def job(conn: Connection) -> Choice:
            records.require_member(conn, member_id)
            return mykey_ids.choose(conn, member_id, typed, now)

        return await self._run_claiming(job)

    async def confirm_password(self, member_id: str, password: str) -> None:
        """Ask for the password again before something that cannot be undone; misses count as at sign-in.

        Raises Refused: `current-password-wrong` (403), `password-not-set` (409), `sign-in-locked` (429), `busy`.
        """
        await self._confirmed(member_id, password)

    async def change_password(
        self, member_id: str, current: str, new: str, *, keep: str | None = None
    ) -> int:
        """Change the password and end all sessions but the one named `keep`. Returns how many ended.

        Raises Refused: `password-unfit` (422) and as `confirm_password`.
        """
        confirmed = await self._confirmed(member_id, current)
        passwords.check_new_password(new, mykey_id=confirmed.mykey_id)
        hashed = await self._hasher.hash(new)

        def job(conn: Connection) -> int:
            if not records.still_good(conn, member_id, confirmed.hashed):
                raise _current_wrong()  # somebody changed it meanwhile
            return _set_password(conn, member_id, hashed, keep)

        return await self._store.run(job)

    async def set_password_by_card(
        self, member_id: str, card_key: str, new: str, *, keep: str | None = None
    ) -> int:
        """Set a first or forgotten password; the card has just been verified again. Other sessions end.

        A session alone is not enough: it may have been left open at a shared terminal. Raises Refused:
        `password-unfit` (422), `card-unknown` (401), `busy` (503).
        """
        member = await self.profile(member_id)
        passwords.check_new_password(new, mykey_id=member.mykey_id)
        hashed = await self._hasher.hash(new)

        def job(conn: Connection) -> int:
            if records.member_of_card(conn, card_key) != member_id:
                raise _card_unknown()
            return _set_password(conn, member_id, hashed, keep)

        return await self._store.run(job)

    async def link_card(self, member_id: str, card_key: str) -> Member:
        """Give the member a card, or the renewed one in place of the old. Raises Refused `card-registered` (409)."""

        def job(conn: Connection) -> Member:
            records.check_card_free(conn, card_key, member_id)
            return records.change(conn, member_id, card_key=card_key)

        return await self._run_claiming(job)

    async def revoke(self, member_id: str) -> None:
        """Revoke the MyKey ID (失効): nobody signs in with it again, and it is never given out again.

        Ends all sessions and frees the card for a new registration. The ledger's book is not touched. The
        second time is the same answer.
        """
        now = self._clock()

        def job(conn: Connection) -> None:
            member = records.find_member(conn, member_id)
            if member is None:
                raise records.unknown_member()
            mykey_ids.retire(conn, member_id, member.mykey_id, now)
            records.write(conn, member_id, state="revoked", password_hash=None, card_key=None)
            sessions.end_all(conn, member_id)

        await self._store.run(job)

    async def sweep(self) -> int:
        """Delete ended sessions and misses that no longer count; for an hourly job. Returns how many rows."""
        now = self._clock()
        return await self._store.run(
            lambda conn: sessions.forget_ended(conn, now) + lockout.forget_old(conn, now)
        )

    # --- behind them ----------------------------------------------------------------------------------------------------

    async def _run_claiming(self, job: Callable[[Connection], T]) -> T:
        """Run a job that claims a MyKey ID or a card; one who lost a race looks again and is told so."""
        try:
            return await self._store.run(job)
        except IntegrityError:
            return await self._store.run(job)

    def _key(self, mykey_id: str) -> str:
        return self._vault.keyed_hash(mykey_id, purpose="sign-in")

    async def _attempt(
        self, mykey_id: str, password: str, find: Callable[[Connection], tuple[str, str | None] | None]
    ) -> tuple[str, str, str | None] | None:
        """Count an attempt, then look at the password. Gives (member, kept hash, renewed hash), or None for a miss."""
        key = self._key(mykey_id)
        now = self._clock()

        def job(conn: Connection) -> tuple[str, str | None] | None:
            lockout.count_attempt(conn, key, now)
            return find(conn)

        found = await self._store.run(job)
        member_id, hashed = found or ("", None)
        try:
            verdict = await self._hasher.verify(hashed, password)
        except Refused:  # busy: the password was never looked at
            await self._store.run(lambda conn: lockout.take_back(conn, key))
            raise
        if not verdict.right or hashed is None:
            return None
        return member_id, hashed, verdict.renewed

    async def _confirmed(self, member_id: str, password: str) -> _Confirmed:
        member = await self.profile(member_id)
        if not member.has_password:
            raise Refused("password-not-set", "There is no password yet; set one with the card.")
        kept = await self._attempt(
            member.mykey_id, password, lambda conn: records.credentials(conn, member.mykey_id, member_id)
        )
        if kept is None:
            raise _current_wrong()
        _, hashed, renewed = kept

        def job(conn: Connection) -> None:
            _forgive(conn, self._key(member.mykey_id), member_id, renewed)

        await self._store.run(job)
        return _Confirmed(mykey_id=member.mykey_id, hashed=renewed or hashed)

    async def _start(
        self, member_id: str, client_id: str, shared_terminal: bool, still: Callable[[Connection], bool]
    ) -> SignedIn:
        """Start a session if what let the member in still holds in the same transaction."""
        now = self._clock()
        token = sessions.new_token()
        idle_limit = self._shared_terminal_idle_limit if shared_terminal else self._idle_limit

        def job(conn: Connection) -> SignedIn:
            if not still(conn):
                raise _sign_in_refused()
            session = sessions.start(
                conn,
                token,
                member_id=member_id,
                client_id=client_id,
                at=now,
                idle_limit=idle_limit,
                absolute_limit=self._absolute_limit,
            )
            return SignedIn(token=token, session=session, member=records.require_member(conn, member_id))

        return await self._store.run(job)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Confirmed:
    mykey_id: str
    hashed: str


def new_member_id(at: datetime) -> str:
    """Make a UUIDv7 of that moment as 32 hex digits: later members sort later (RFC 9562, 5.7)."""
    bits = (int(at.timestamp() * 1000) << 80) | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | (7 << 76)  # version
    bits = bits & ~(0b11 << 62) | (0b10 << 62)  # variant
    return uuid.UUID(int=bits).hex


def _forgive(conn: Connection, key: str, member_id: str, renewed: str | None) -> bool:
    lockout.forgive(conn, key)
    if renewed is not None:
        records.write(conn, member_id, password_hash=renewed)
    return True


def _set_password(conn: Connection, member_id: str, hashed: str, keep: str | None) -> int:
    records.change(conn, member_id, password_hash=hashed)
    return sessions.end_all(conn, member_id, except_id=keep)


def _checked_name(display_name: str) -> str:
    name = display_name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise Refused("bad-display-name", "A name has 1 to 100 printable characters.", status=422)
    return name


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise Refused("bad-language", f"The languages are {', '.join(LANGUAGES)}.", status=422)


def _sign_in_refused() -> Refused:
    return Refused("sign-in-refused", "The MyKey ID or the password is not right.", status=401)


def _card_unknown() -> Refused:
    return Refused(
        "card-unknown",
        "No MyKey ID belongs to this card; register first, or sign in with the password.",
        status=401,
    )


def _current_wrong() -> Refused:
    return Refused(
        "current-password-wrong", "The current password is not right; nothing was changed.", status=403
    )
