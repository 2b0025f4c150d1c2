"""Signing in and out: by MyKey ID and password, by card or another proof; and the sessions that come of it.

Each use case is one or two jobs for the store, with the slow hashing between them and no transaction open
meanwhile. The words of a refusal at sign-in are the same whichever half was wrong, and take the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from gateway.errors import ProblemError
from gateway.members import known_devices, lockout, member_events, mykey_ids, proofs, restorations, sessions
from gateway.members import member_rows as records
from gateway.members.lockout import ANYWHERE, Origin
from gateway.members.member_events import MemberEventKind
from gateway.members.member_rows import Member
from gateway.members.passwords import PasswordHasher
from gateway.members.proofs import ProofKey, ProofKind, password_proof
from gateway.members.sessions import Session
from gateway.model import Secret
from gateway.platform.encryption import Vault
from gateway.platform.metrics import SIGN_INS, sign_in_counted
from gateway.platform.security_log import SecurityEvent, account_name, log_security, login_name
from gateway.plugin_interfaces import Clock

T = TypeVar("T")
_KIND: Final = "member"
IN_SESSION: Final = Origin(source="session")
"""Guesses from an open session: they lock the session's own question, not the way in."""


class StoreProtocol(Protocol):
    """What is needed of a store: jobs that write, each a transaction, and jobs that only read."""

    async def run(self, job: Callable[[Connection], T]) -> T: ...

    async def read(self, job: Callable[[Connection], T]) -> T: ...

    async def read_inline(self, job: Callable[[Connection], T]) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The token is given to the client program once; the gateway keeps only its hash.

    `device` is for the browser to keep: with it strangers' misses do not lock it out. `missed_elsewhere` is how often
    somebody else has tried this MyKey ID with a wrong password since the last sign-in, within a day.
    """

    token: Secret
    session: Session
    member: Member
    device: Secret | None = None
    missed_elsewhere: int = 0


class SignIns:
    """Members come and go. All use cases raise `ProblemError` for what is not carried out."""

    def __init__(
        self,
        store: StoreProtocol,
        hasher: PasswordHasher,
        clock: Clock,
        *,
        vault: Vault,
        idle_limit: timedelta = sessions.IDLE_LIMIT,
        shared_terminal_idle_limit: timedelta = sessions.SHARED_TERMINAL_IDLE_LIMIT,
        absolute_limit: timedelta = sessions.ABSOLUTE_LIMIT,
        release_links: Callable[[Connection, str], object] = lambda _conn, _member_id: None,
        event_retention: timedelta = member_events.EVENT_RETENTION,
    ) -> None:
        """`release_links` takes a member's links to partners away, as a part of the revocation's transaction."""
        self._store = store
        self._hasher = hasher
        self._clock = clock
        self._vault = vault
        self._idle_limit = idle_limit
        self._shared_terminal_idle_limit = shared_terminal_idle_limit
        self._absolute_limit = absolute_limit
        self._release_links = release_links
        self._event_retention = event_retention

    async def sign_in(
        self,
        mykey_id: str,
        password: str,
        *,
        client_id: str,
        shared_terminal: bool = False,
        source: str = "",
        devices: Sequence[str] = (),
    ) -> SignedIn:
        """Sign in by MyKey ID and password. `source` names the browser's network, `devices` what it was given before.

        Raises ProblemError: `sign-in-refused` (401) whichever half was wrong, `sign-in-locked` (429) after five misses
        in a row from this source with this MyKey ID, be it anybody's or nobody's, `busy` (503).
        """
        known = mykey_ids.read(mykey_id)
        if known is None:
            raise _sign_in_refused()  # that this can be no MyKey ID is public; it needs no hash to hide it
        now = self._clock()
        origin = known_devices.origin_of(self._vault, known, source, devices, now, kind=_KIND)
        for last in (False, True):
            kept = await self._attempt(
                known,
                password,
                lambda conn: records.credentials(conn, known),
                origin,
                is_known=bool(origin.device),
            )
            if kept is None:
                break
            try:
                return await self._let_in(known, kept, client_id, shared_terminal, origin)
            except ProblemError as refused:
                # A hash that is made anew may just have been made anew by another request: it is looked at once more.
                if last or kept[2] is None or refused.type != "sign-in-refused":
                    raise
        raise _sign_in_refused()

    async def _let_in(
        self,
        known: str,
        kept: tuple[str, str, str | None],
        client_id: str,
        shared_terminal: bool,
        origin: Origin,
    ) -> SignedIn:
        member_id, hashed, renewed = kept
        missed: list[int] = []
        now = self._clock()

        def still(conn: Connection) -> bool:
            if not records.password_unchanged(conn, member_id, hashed):
                return False
            missed[:] = [reset_misses(conn, self._key(known), member_id, renewed, origin)]
            proofs.record_use(conn, member_id, password_proof(member_id), now)
            if not origin.device:
                member_events.record(conn, member_id, MemberEventKind.SIGNED_IN_ANEW, now)
            return True

        started = await self._start(member_id, client_id, shared_terminal, still, ProofKind.PASSWORD)
        self._log_signed_in(member_id, by="password", is_known_device=bool(origin.device))
        device = None
        if not shared_terminal:  # the next one at a shared terminal is somebody else
            device = known_devices.new_device(self._vault, known, self._clock(), kind=_KIND)
        return replace(started, device=device, missed_elsewhere=missed[0])

    async def sign_in_by_proof(
        self, proof: ProofKey, *, client_id: str, shared_terminal: bool = False
    ) -> SignedIn:
        """Sign in by a card, phone or passkey that has just been verified.

        A lock-out from wrong passwords does not close this door. Raises ProblemError `card-unknown`, `proof-unknown` (401).
        """
        member_id = await self.owner_of(proof)
        if member_id is None:
            log_security(SecurityEvent.SIGN_IN_FAILED, who=_KIND, by=proof.kind)
            raise proof_unknown(proof)
        now = self._clock()

        def still(conn: Connection) -> bool:
            if proofs.find_owner(conn, proof, lock=True) != member_id:
                return False
            proofs.record_use(conn, member_id, proof, now)
            return True

        started = await self._start(member_id, client_id, shared_terminal, still, proof.kind)
        self._log_signed_in(member_id, by=proof.kind)
        return started

    async def owner_of(self, proof: ProofKey) -> str | None:
        """Whose proof this is, among active members."""
        return await self._store.read(lambda conn: proofs.find_owner(conn, proof))

    async def session(self, token: str, *, client_id: str) -> Session:
        """Give the living session of a token and note its use. Raises ProblemError `session-ended` (401)."""
        now = self._clock()
        session = await self._store.read_inline(
            lambda conn: sessions.find(conn, token, client_id=client_id, now=now)
        )
        return await self._seen(token, session, now)

    def key_of(self, token: str) -> str | None:
        """Under which the session of a token is kept; None for what cannot be one."""
        return sessions.key_of(token)

    async def living(self, found: Session | None, token: str, *, client_id: str) -> Session:
        """The same for a session that has just been read by the key of its token."""
        now = self._clock()
        return await self._seen(token, sessions.require_living(found, client_id=client_id, now=now), now)

    async def _seen(self, token: str, session: Session, now: datetime) -> Session:
        if not session.to_be_marked(now):
            return session
        return await self._store.run(lambda conn: sessions.mark_seen(conn, token, session, now))

    async def sign_out(self, token: str, *, client_id: str) -> None:
        """End the session of a token. Nothing to end is no error."""
        await self._store.run(lambda conn: sessions.end(conn, token, client_id=client_id))

    async def sessions(self, member_id: str) -> tuple[Session, ...]:
        """The member's living sessions, the one used last first."""
        now = self._clock()
        return await self._store.read(lambda conn: sessions.list_by_member(conn, member_id, now))

    async def end_session(self, member_id: str, session_id: str) -> None:
        """End one of the member's own sessions. Raises ProblemError `unknown-session` (404)."""
        await self._store.run(lambda conn: sessions.end_one(conn, member_id, session_id))

    async def end_other_sessions(self, member_id: str, *, keep: str) -> int:
        """End all but the session named `keep`. Returns how many ended."""
        return await self._store.run(lambda conn: sessions.end_all(conn, member_id, except_id=keep))

    async def sweep(self) -> int:
        """Delete ended sessions and misses that no longer count; for a nightly job. Returns how many rows."""
        now = self._clock()

        def job(conn: Connection) -> int:
            ended = sessions.forget_ended(conn, now)
            events = member_events.prune(conn, now, self._event_retention)
            return ended + lockout.prune(conn, now) + events + restorations.prune(conn, now)

        return await self._store.run(job)

    def _log_signed_in(self, member_id: str, *, by: str, **facts: bool) -> None:
        account = account_name(self._vault, member_id)
        log_security(SecurityEvent.SIGNED_IN, who=_KIND, by=by, account=account, **facts)

    def _key(self, mykey_id: str) -> str:
        return lockout.login_hash(self._vault, mykey_id)

    async def _attempt(
        self,
        mykey_id: str,
        password: str,
        find: Callable[[Connection], tuple[str, str | None] | None],
        origin: Origin = ANYWHERE,
        *,
        is_known: bool,
    ) -> tuple[str, str, str | None] | None:
        """Count an attempt, then look at the password. Gives (member, kept hash, renewed hash), or None for a miss.

        `is_known` says that a stranger cannot ask this: it is hashed in the lane that strangers do not fill.
        """
        key = self._key(mykey_id)
        now = self._clock()

        def job(conn: Connection) -> tuple[str, str | None] | None:
            lockout.count_attempt(conn, key, now, origin)
            return find(conn)

        facts = {
            "who": _KIND,
            "login": login_name(self._vault, mykey_id),
            "in_session": origin.source == IN_SESSION.source,
        }
        with sign_in_counted(
            _KIND, lambda: log_security(SecurityEvent.SIGN_IN_LOCKED, by="password", **facts)
        ):
            found = await self._store.run(job)
        member_id, hashed = found or ("", None)
        try:
            verdict = await self._hasher.verify(hashed, password, is_known=is_known, source=origin.source)
        except ProblemError:  # busy: the password was never looked at
            await self._store.run(lambda conn: lockout.uncount(conn, key, origin))
            raise
        is_right = verdict.right and hashed is not None
        SIGN_INS.labels(_KIND, "right" if is_right else "wrong").inc()
        if not is_right:
            known = {"account": account_name(self._vault, member_id)} if member_id else {}
            log_security(SecurityEvent.SIGN_IN_FAILED, by="password", **facts, **known)
        if not verdict.right or hashed is None:
            return None
        return member_id, hashed, verdict.renewed

    async def _start(
        self,
        member_id: str,
        client_id: str,
        shared_terminal: bool,
        still: Callable[[Connection], bool],
        proved_by: ProofKind,
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
                proved_by=proved_by.value,
            )
            return SignedIn(token=token, session=session, member=records.require_member(conn, member_id))

        return await self._store.run(job)


def reset_misses(
    conn: Connection, key: str, member_id: str, renewed: str | None, origin: Origin = ANYWHERE
) -> int:
    """The password was right: forget the misses of this origin, keep the hash made with today's parameters.

    Returns how many others had missed.
    """
    missed = lockout.reset(conn, key, origin)
    if renewed is not None:
        records.write(conn, member_id, password_hash=renewed)
    return missed


def _sign_in_refused() -> ProblemError:
    return ProblemError("sign-in-refused", "The MyKey ID or the password is not right.")


def proof_unknown(proof: ProofKey) -> ProblemError:
    if proof.kind is ProofKind.CARD:
        return ProblemError(
            "card-unknown",
            "No MyKey ID belongs to this card; register first, or sign in with the password.",
        )
    return ProblemError("proof-unknown", "This leads to no MyKey ID; sign in another way and add it.")
