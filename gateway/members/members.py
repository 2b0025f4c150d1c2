"""Members: how they are registered, and what they set for themselves.

A member has a password, a card, or other proofs (`gateway.members.proofs`). `Members` holds every use case around one member; coming and going is
in `gateway.members.sign_in`. What cannot be undone, or would let a stranger at a forgotten terminal stay, asks for the
password or the card again.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from core_ledger import add_notes
from gateway.errors import ProblemError
from gateway.members import (
    known_devices,
    lockout,
    mail_addresses,
    member_events,
    mykey_ids,
    passwords,
    proofs,
    representations,
    restorations,
    sessions,
    step_up,
)
from gateway.members import member_rows as records
from gateway.members.member_events import MemberEventKind
from gateway.members.member_rows import Member
from gateway.members.mykey_ids import IdSuggestion
from gateway.members.proofs import Proof, ProofKey, ProofKind
from gateway.members.sign_in import (
    IN_SESSION,
    SignedIn,
    SignIns,
    StoreProtocol,
    proof_unknown,
    reset_misses,
)
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.invisible_chars import is_printable
from gateway.platform.record_stream import MemberRevoked
from gateway.platform.roles import PLATFORM
from gateway.platform.security_log import SecurityEvent, account_name, log_security
from gateway.platform.states import MEMBER_MOVES, MemberState
from gateway.platform.transitions import require_legal
from gateway.points import directory

__all__ = ["LANGUAGES", "Member", "Members", "SignedIn", "StoreProtocol", "new_member_id"]

T = TypeVar("T")
_LINKED: Final = {
    ProofKind.CARD: MemberEventKind.CARD_LINKED,
    ProofKind.OIDC: MemberEventKind.PHONE_LINKED,
    ProofKind.PASSKEY: MemberEventKind.PASSKEY_ADDED,
}
Claim: TypeAlias = Callable[[Connection], None]
"""Uses up, in the transaction of a use case, what allows it; raises ProblemError where it was used before."""
LANGUAGES: Final = ("ja", "en", "ja-easy")


def no_claim(_conn: Connection) -> None:
    """Nothing is used up."""


class Members(SignIns):
    """The use cases around one member. All raise `ProblemError` for what is not carried out."""

    async def create(
        self,
        *,
        display_name: str,
        password: str | None = None,
        proof: ProofKey | None = None,
        mykey_id: str | None = None,
        language: str = "ja",
        claim: Claim = no_claim,
    ) -> Member:
        """Register a member with a password, a proof such as a card, or both; the MyKey ID is drawn unless one is wanted.

        `claim` uses up what allows it, in the same transaction.

        Raises ProblemError: `password-unfit`, `bad-display-name`, `bad-language`, `mykey-id-unfit` (422),
        `mykey-id-taken`, `card-registered`, `proof-registered` (409), `busy` (503).
        """
        if password is None and proof is None:
            raise ProblemError("no-way-to-sign-in", "A member has a password, a card, or both.")
        wanted = None if mykey_id is None else mykey_ids.read_choice(mykey_id)
        name = checked_name(display_name)
        check_language(language)
        hashed = None
        if password is not None:
            passwords.check_new_password(password, mykey_id=wanted or "", words=[name])
            hashed = await self._hasher.hash(password)
        now = self._clock()
        member_id = new_member_id(now)

        def job(conn: Connection) -> Member:
            claim(conn)
            return records.create_member(
                conn,
                member_id=member_id,
                mykey_id=wanted,
                display_name=name,
                password_hash=hashed,
                proof=proof,
                language=language,
                at=now,
            )

        return await self._run_claiming(job)

    async def profile(self, member_id: str) -> Member:
        """Give the member. Raises ProblemError `unknown-member` (404)."""
        return await self._store.read(lambda conn: records.require_member(conn, member_id))

    async def set_default_municipality(self, member_id: str, code: str, point_service: str) -> Member:
        """Say where reserve goes after 14 days (基本自治体). Raises ProblemError as `directory.require_service`."""

        def job(conn: Connection) -> Member:
            directory.require_service(conn, code, point_service)
            return records.change(
                conn, member_id, default_municipality=code, default_point_service=point_service
            )

        return await self._store.run(job)

    async def set_language(self, member_id: str, language: str) -> Member:
        """Choose the language of pages and messages. Raises ProblemError `bad-language` (422)."""
        check_language(language)
        return await self._store.run(lambda conn: records.change(conn, member_id, language=language))

    async def check_mykey_id(self, member_id: str, typed: str) -> IdSuggestion:
        """重複チェック. Raises ProblemError: `mykey-id-unfit` (422), `mykey-id-only-generated` (409)."""
        now = self._clock()
        return await self._store.run(lambda conn: mykey_ids.check(conn, member_id, typed, now))

    async def generate_mykey_id(self, member_id: str) -> IdSuggestion:
        """自動生成, up to three times a day. Raises ProblemError `mykey-id-generated-enough` (409)."""
        now = self._clock()
        return await self._store.run(lambda conn: mykey_ids.generate(conn, member_id, now))

    async def change_mykey_id(self, member_id: str, typed: str) -> IdSuggestion:
        """Take the wanted MyKey ID if it is free; the answer says so, or what is offered instead.

        Raises ProblemError: `mykey-id-unfit` (422), `mykey-id-only-generated`, `mykey-id-changed-enough` (409).
        """
        now = self._clock()

        def job(conn: Connection) -> tuple[IdSuggestion, bool]:
            before = records.require_member(conn, member_id, lock=True)
            choice = mykey_ids.choose(conn, member_id, typed, now)
            is_changed = choice.available and choice.wanted != before.mykey_id
            if is_changed:
                member_events.record(conn, member_id, MemberEventKind.MYKEY_ID_CHANGED, now)
            return choice, is_changed

        choice, is_changed = await self._run_claiming(job)
        if is_changed:
            self._log_changed(member_id, "mykey-id")
        return choice

    async def confirm_password(self, member_id: str, password: str) -> None:
        """Ask for the password again before something that cannot be undone; misses count as at sign-in.

        Raises ProblemError: `current-password-wrong` (403), `password-not-set` (409), `sign-in-locked` (429), `busy`.
        """
        await self._confirmed(member_id, password)

    async def change_password(
        self, member_id: str, current: str, new: str, *, keep: str | None = None
    ) -> int:
        """Change the password and end all sessions but the one named `keep`. Returns how many ended.

        Raises ProblemError: `password-unfit` (422) and as `confirm_password`.
        """
        confirmed = await self._confirmed(member_id, current)
        passwords.check_new_password(new, mykey_id=confirmed.mykey_id)
        hashed, now = await self._hasher.hash(new), self._clock()

        def job(conn: Connection) -> int:
            if not records.password_unchanged(conn, member_id, confirmed.hashed):
                raise _current_wrong()  # somebody changed it meanwhile
            return _set_password(conn, member_id, hashed, now, keep)

        ended = await self._store.run(job)
        self._log_changed(member_id, "password")
        return ended

    async def set_password_by_proof(
        self,
        member_id: str,
        proof: ProofKey,
        new: str,
        *,
        keep: str | None = None,
        claim: Claim = no_claim,
    ) -> int:
        """Set a first or forgotten password; the card or phone has just been verified again. Other sessions end.

        A session alone is not enough: it may have been left open at a shared terminal. Raises ProblemError:
        `password-unfit` (422), `card-unknown`, `proof-unknown` (401), `busy` (503).
        """
        member = await self.profile(member_id)
        passwords.check_new_password(new, mykey_id=member.mykey_id, words=[member.display_name])
        hashed, now = await self._hasher.hash(new), self._clock()

        def job(conn: Connection) -> int:
            claim(conn)
            if proofs.find_owner(conn, proof, lock=True) != member_id:
                raise proof_unknown(proof)
            proofs.record_use(conn, member_id, proof, now)
            return _set_password(conn, member_id, hashed, now, keep)

        ended = await self._store.run(job)
        self._log_changed(member_id, "password", by=proof.kind)
        return ended

    async def replace_password(self, typed: str, new: str, *, operator: str, reason: str) -> int:
        """Set a password for a member whose identity a service desk has checked; all sessions and misses end.

        The way back for who has only a card and gets a new one; a line of the platform's audit log. Raises ProblemError
        `unknown-member` (404), `password-unfit`, `reason-missing` (422), `busy` (503).
        """
        if not reason.strip() or not operator.strip():
            raise ProblemError("reason-missing", "a new password has a reason and a name")
        known = mykey_ids.read(typed)
        if known is None:
            raise records.unknown_member()
        passwords.check_new_password(new, mykey_id=known)
        hashed, now = await self._hasher.hash(new), self._clock()

        def job(conn: Connection) -> tuple[str, int]:
            member = records.find_by_mykey_id(conn, known)
            if member is None:
                raise records.unknown_member()
            lockout.reset_everywhere(conn, self._key(known))
            audit_log.write(
                conn, PLATFORM, at=now, actor="operator", actor_name=operator,
                action=AuditAction.MEMBER_ACCESS_RESTORED, subject=member.member_id, reason=reason.strip(),
            )  # fmt: skip
            return member.member_id, _set_password(conn, member.member_id, hashed, now, None)

        member_id, ended = await self._store.run(job)
        self._log_changed(member_id, "password", by="desk")
        return ended

    async def restore(
        self,
        typed: str,
        code: str,
        new: str,
        *,
        client_id: str,
        shared_terminal: bool = False,
        source: str = "",
    ) -> SignedIn:
        """Choose a new password with a code from the desk, and sign in. Every proof of before and every session ends.

        Raises ProblemError: `restoration-refused` (401) whichever half was wrong, `sign-in-locked` (429), `password-unfit` (422),
        `busy` (503).
        """
        known = mykey_ids.read(typed)
        if known is None:
            raise _restoration_refused()
        passwords.check_new_password(new, mykey_id=known)
        now = self._clock()
        origin = known_devices.origin_of(self._vault, known, source, (), now, kind="member")
        attempt = await self._attempt(
            known,
            restorations.read_code(code),
            lambda conn: restorations.credentials(conn, known, now),
            origin,
            is_known=False,
        )
        if attempt is None:
            raise _restoration_refused()
        member_id, code_hash, _ = attempt
        hashed = await self._hasher.hash(new)

        def still(conn: Connection) -> bool:
            records.require_member(conn, member_id, lock=True)
            if not restorations.consume(conn, member_id, code_hash):
                return False
            proofs.end_all(conn, member_id)
            records.write(conn, member_id, step_up_above=None)  # nothing is left to prove it with
            _set_password(conn, member_id, hashed, now, None)
            reset_misses(conn, self._key(known), member_id, None, origin)
            return True

        signed_in = await self._start(member_id, client_id, shared_terminal, still, ProofKind.PASSWORD)
        self._log_changed(member_id, "password", by="desk")
        self._log_signed_in(member_id, by="code")
        return signed_in

    async def link_proof(
        self, member_id: str, proof: ProofKey, *, name: str = "", claim: Claim = no_claim
    ) -> Member:
        """Give the member a proof, or the renewed one in place of the old.

        Raises ProblemError: `card-registered`, `proof-registered` (409) for somebody else's, `unknown-member` (404).
        """
        now = self._clock()

        def job(conn: Connection) -> Member:
            claim(conn)
            records.require_member(conn, member_id, lock=True)
            proofs.add(conn, member_id, proof, now, name=name)
            member_events.record(conn, member_id, _LINKED[proof.kind], now)
            return records.require_member(conn, member_id)

        member = await self._run_claiming(job)
        self._log_changed(member_id, proof.kind)
        return member

    async def add_proof(
        self,
        member_id: str,
        proof: ProofKey,
        *,
        name: str,
        save: Callable[[Connection, str], None],
    ) -> Proof:
        """Add a proof of which a member has several; `save` writes beside it, under its id, what it is compared with.

        Raises ProblemError: `proof-registered` (409), `unknown-member` (404).
        """
        now = self._clock()

        def job(conn: Connection) -> Proof:
            records.require_member(conn, member_id, lock=True)
            proof_id = proofs.add(conn, member_id, proof, now, name=name)
            save(conn, proof_id)
            member_events.record(conn, member_id, _LINKED[proof.kind], now)
            return next(each for each in proofs.list_by_member(conn, member_id) if each.proof_id == proof_id)

        added = await self._run_claiming(job)
        self._log_changed(member_id, proof.kind)
        return added

    async def proofs(self, member_id: str) -> list[Proof]:
        """By what the member can sign in."""
        return await self._store.read(lambda conn: proofs.list_by_member(conn, member_id))

    async def remove_proof(self, member_id: str, proof_id: str, *, keep: str | None = None) -> int:
        """Take one proof away, never the last. Returns how many other sessions ended.

        Raises ProblemError: `unknown-proof` (404), `proof-last`, `proof-guards-payments` (409).
        """
        now = self._clock()

        def job(conn: Connection) -> tuple[Proof, int]:
            records.require_member(conn, member_id, lock=True)
            removed = proofs.remove(conn, member_id, proof_id)
            step_up.require_provable(conn, member_id)
            if removed.kind is ProofKind.PASSWORD:
                records.write(conn, member_id, password_hash=None)
            member_events.record(conn, member_id, MemberEventKind.PROOF_REMOVED, now)
            return removed, sessions.end_all(conn, member_id, except_id=keep)

        removed, ended = await self._store.run(job)
        self._log_changed(member_id, f"{removed.kind}-removed")
        return ended

    async def revoke(self, member_id: str) -> None:
        """Revoke the MyKey ID (失効): nobody signs in with it again, and it is never given out again.

        Ends all sessions and frees the proofs and the partners' accounts for a new registration; their tokens are deleted. The
        ledger's book is not touched. The second time is the same answer.
        """
        now = self._clock()

        def job(conn: Connection) -> None:
            # Held, so that another revocation, or a change of the MyKey ID, comes before this or after it.
            member = records.find_member(conn, member_id, lock=True)
            if member is None:
                raise records.unknown_member()
            mykey_ids.retire(conn, member_id, member.mykey_id, now)
            require_legal(MEMBER_MOVES, member.state, MemberState.REVOKED)
            records.write(conn, member_id, state=MemberState.REVOKED, password_hash=None)
            proofs.remove_all(conn, member_id)
            sessions.end_all(conn, member_id)
            representations.end_all_of(conn, member_id, now)
            mail_addresses.forget(conn, member_id)
            self._release_links(conn, member_id)
            add_notes(conn, [MemberRevoked(member_id)])

        await self._store.run(job)
        self._log_changed(member_id, "revoked")

    def _log_changed(self, member_id: str, what: str, *, by: str = "session") -> None:
        account = account_name(self._vault, member_id)
        log_security(SecurityEvent.ACCOUNT_CHANGED, who="member", what=what, by=by, account=account)

    async def _run_claiming(self, job: Callable[[Connection], T]) -> T:
        """Run a job that claims a MyKey ID or a card; one who lost a race looks again and is told so."""
        try:
            return await self._store.run(job)
        except IntegrityError:
            return await self._store.run(job)

    async def _confirmed(self, member_id: str, password: str) -> _Confirmed:
        member = await self.profile(member_id)
        if not member.has_password:
            raise ProblemError("password-not-set", "There is no password yet; set one with the card.")
        for last in (False, True):
            kept = await self._attempt(
                member.mykey_id,
                password,
                lambda conn: records.credentials(conn, member.mykey_id, member_id),
                IN_SESSION,
                is_known=True,
            )
            if kept is None:
                break
            hashed, renewed = kept[1:]
            if await self._store.run(partial(self._reset_confirmed, member, hashed, renewed)):
                return _Confirmed(mykey_id=member.mykey_id, hashed=renewed or hashed)
            # Somebody changed it meanwhile: the old one opens nothing and does not come back. A hash that is made anew
            # may have been made anew by another request, so it is looked at once more.
            if last or renewed is None:
                break
        raise _current_wrong()

    def _reset_confirmed(self, member: Member, hashed: str, renewed: str | None, conn: Connection) -> bool:
        if not records.password_unchanged(conn, member.member_id, hashed):
            return False
        reset_misses(conn, self._key(member.mykey_id), member.member_id, renewed, IN_SESSION)
        return True


def new_member_id(at: datetime) -> str:
    """Make a UUIDv7 of that moment as 32 hex digits: later members sort later (RFC 9562, 5.7)."""
    bits = (int(at.timestamp() * 1000) << 80) | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | (7 << 76)  # version
    bits = bits & ~(0b11 << 62) | (0b10 << 62)  # variant
    return uuid.UUID(int=bits).hex


@dataclass(frozen=True, slots=True, kw_only=True)
class _Confirmed:
    mykey_id: str
    hashed: str


def _set_password(conn: Connection, member_id: str, hashed: str, now: datetime, keep: str | None) -> int:
    records.change(conn, member_id, password_hash=hashed)
    proofs.renew_password(conn, member_id, now)
    member_events.record(conn, member_id, MemberEventKind.PASSWORD_CHANGED, now)
    return sessions.end_all(conn, member_id, except_id=keep)


def checked_name(display_name: str) -> str:
    name = display_name.strip()
    if not name or len(name) > 100 or not is_printable(name):
        raise ProblemError("bad-display-name", "A name has 1 to 100 printable characters.")
    return name


def check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise ProblemError("bad-language", f"The languages are {', '.join(LANGUAGES)}.")


def _restoration_refused() -> ProblemError:
    return ProblemError(
        "restoration-refused", "The MyKey ID or the code is not right, or the code has run out."
    )


def _current_wrong() -> ProblemError:
    return ProblemError("current-password-wrong", "The current password is not right; nothing was changed.")
