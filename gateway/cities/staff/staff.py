"""The staff of cities and shops: how they sign in, set up a second factor, and are kept by their administrator.

    sign_in ──► a second factor is set up: half a sign-in ──► prove_by_passkey | prove_by_totp ──► session
            └─► none yet: a session that may only set one up (a shop's people may work with it)

Whoever is added gets a first password that opens nothing but its own change.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, require_reason, write_audit
from gateway.cities.proposals import deeds, staff_ties
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Ground, propose
from gateway.cities.shops import shop_rows
from gateway.cities.staff import first_passwords
from gateway.cities.staff import second_factor as factor
from gateway.cities.staff import staff_rows as records
from gateway.cities.staff.second_factor import Challenge, Passkey
from gateway.cities.staff.staff_rows import Staff, StaffSession
from gateway.errors import ProblemError
from gateway.members import lockout, passwords
from gateway.model import Secret
from gateway.platform.roles import ALLOWED, CITY_ROLES, Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignedIn:
    """The token is given to the client program once; only its hash is kept."""

    token: Secret
    session: StaffSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofWanted:
    """The password was right; `challenge` is completed by a passkey or by a code."""

    challenge: Challenge
    by_passkey: bool
    by_totp: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPassword:
    """The person whose access was made, and the first password, which is shown this once."""

    staff: Staff
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AddStaff:
    """The command that waits for a second person."""

    login: str
    display_name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseRole:
    staff_id: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetStaff:
    staff_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartStaff:
    staff_id: str


@dataclass(frozen=True, slots=True)
class StaffService:
    """The use cases around staff. All raise `ProblemError` for what is not carried out."""

    context: CityContext

    # --- coming and going ---

    async def sign_in(self, login: str, password: str, *, client_id: str) -> StaffSignedIn | ProofWanted:
        """Look at the password. Raises ProblemError: `sign-in-refused` (401), `sign-in-locked` (429), `busy` (503)."""
        known = records.read_login(login)
        if known is None:
            raise _refused()
        found = await self._password_right(known, password)
        if found is None:
            raise _refused()
        person, hashed = found

        def job(conn: Connection) -> StaffSignedIn | ProofWanted:
            if records.password_hash(conn, person.staff_id, lock=True) != hashed:
                raise _refused()  # changed or closed while it was being compared
            if person.password_is_first and first_passwords.ended(
                conn, person.staff_id, self.context.clock()
            ):
                raise _refused()
            lockout.reset(conn, self._key("password", known))
            if not factor.has_any(conn, person):
                return self._session(conn, person.staff_id, client_id, strong=False)
            challenge = factor.ask_for_proof(conn, person, client_id, self.context.site, self.context.clock())
            return ProofWanted(
                challenge=challenge, by_passkey=challenge.options is not None, by_totp=person.has_totp
            )

        return await self.context.store.run(job)

    async def prove_by_passkey(
        self, token: str, credential: Mapping[str, Any], *, client_id: str
    ) -> StaffSignedIn:
        """Complete a sign-in. Raises ProblemError: `sign-in-ended`, `second-factor-wrong` (401)."""

        def prove(conn: Connection) -> str:
            return factor.prove_by_passkey(
                conn, token, credential, client_id=client_id, site=self.context.site, now=self.context.clock()
            )

        return await self._proven(token, prove, client_id)

    async def prove_by_totp(self, token: str, code: str, *, client_id: str) -> StaffSignedIn:
        """Complete a sign-in. Raises ProblemError: `sign-in-ended`, `second-factor-wrong` (401), `sign-in-locked` (429).

        Misses are counted against the person too: who knows the password could begin again and again.
        """
        now = self.context.clock()

        def count(conn: Connection) -> str:
            owner = factor.owner_of(conn, token, client_id=client_id, now=now)
            lockout.count_attempt(conn, self._key("code", owner), now)
            return owner

        owner = await self.context.store.run(count)

        def prove(conn: Connection) -> str:
            staff_id = factor.prove_by_totp(
                conn, token, code, client_id=client_id, vault=self.context.vault, now=now
            )
            lockout.reset(conn, self._key("code", owner))
            return staff_id

        return await self._proven(token, prove, client_id)

    async def session(self, token: str, client_id: str) -> StaffSession:
        """Give the living session of a token and note its use. Raises ProblemError `session-ended` (401)."""
        now = self.context.clock()
        session = await self.context.store.read(
            lambda conn: records.find_session(conn, token, client_id=client_id, now=now)
        )
        if records.to_be_marked(session, now):
            await self.context.store.run(lambda conn: records.mark_seen(conn, token, now))
        return session

    async def sign_out(self, token: str, *, client_id: str) -> None:
        await self.context.store.run(lambda conn: records.end_session(conn, token, client_id=client_id))

    # --- one's own account ---

    async def profile(self, who: StaffSession) -> tuple[Staff, list[Passkey]]:
        return await self.context.store.read(
            lambda conn: (
                records.require(conn, who.staff_id, who.municipality),
                factor.passkeys_of(conn, who.staff_id),
            )
        )

    async def change_password(self, who: StaffSession, current: str, new: str) -> None:
        """Change one's own password; other sessions end, and so does what was begun with the old one.

        Raises ProblemError: `current-password-wrong` (403), `password-unfit` (422), `sign-in-locked` (429), `busy`.
        """
        found = await self._password_right(who.login, current)
        if found is None or found[0].staff_id != who.staff_id:
            raise _current_wrong()
        if new == current:
            raise ProblemError("password-unfit", "The new password is the current one.", why="unchanged")
        passwords.check_new_password(new, mykey_id=who.login)
        hashed, now = await self.context.hasher.hash(new), self.context.clock()

        def job(conn: Connection) -> None:
            if records.password_hash(conn, who.staff_id, lock=True) != found[1]:
                raise _current_wrong()  # an administrator's reset, or a closing, came first: it stands
            lockout.reset(conn, self._key("password", who.login))
            if found[0].password_is_first and first_passwords.ended(conn, who.staff_id, now):
                raise _current_wrong()
            records.write(conn, who.staff_id, password_hash=hashed, password_is_first=False)
            first_passwords.forget(conn, who.staff_id)
            # Halves first: one that is just being completed is waited for, and has become a session by then.
            factor.end_pending_sign_ins(conn, who.staff_id)
            records.end_sessions(conn, who.staff_id, keep=who.session_id)
            write_audit(conn, who, now, "password changed", who.login)

        await self.context.store.run(job)

    async def begin_passkey(self, who: StaffSession) -> Challenge:
        return await self._own(
            who,
            lambda conn, person: factor.begin_passkey(
                conn, person, who.client_id, self.context.site, self.context.clock()
            ),
        )

    async def add_passkey(
        self, who: StaffSession, token: str, credential: Mapping[str, Any], name: str
    ) -> Passkey:
        """Keep a passkey; this session counts as proven. Raises ProblemError: `sign-in-ended`, `second-factor-wrong`."""
        now = self.context.clock()

        def job(conn: Connection, person: Staff) -> Passkey:
            passkey = factor.add_passkey(
                conn,
                person,
                token,
                credential,
                name,
                client_id=who.client_id,
                site=self.context.site,
                now=now,
            )
            records.mark_mfa(conn, who.session_id)
            write_audit(conn, who, now, "passkey added", who.login, facts={"name": name})
            return passkey

        return await self._own(who, job)

    async def begin_totp(self, who: StaffSession) -> tuple[Secret, str]:
        """Make a seed for an authenticator app; gives it and its otpauth address."""

        def job(conn: Connection, person: Staff) -> tuple[Secret, str]:
            if person.has_totp:
                raise ProblemError(
                    "second-factor-exists",
                    "An authenticator app is set up already; an administrator can reset it.",
                )
            return factor.begin_totp(conn, person, self.context.vault)

        return await self._own(who, job)

    async def confirm_totp(self, who: StaffSession, code: str) -> None:
        """Show that the app was set up; this session counts as proven. Raises ProblemError as `prove_by_totp`."""
        now = self.context.clock()
        await self.context.store.run(
            lambda conn: lockout.count_attempt(conn, self._key("code", who.staff_id), now)
        )

        def job(conn: Connection, person: Staff) -> None:
            if person.has_totp:
                raise ProblemError("second-factor-exists", "An authenticator app is set up already.")
            factor.confirm_totp(conn, who.staff_id, code, vault=self.context.vault, now=now)
            lockout.reset(conn, self._key("code", who.staff_id))
            records.mark_mfa(conn, who.session_id)
            write_audit(conn, who, now, "authenticator app set up", who.login)

        await self._own(who, job)

    # --- keeping the staff ---

    async def people(self, who: StaffSession, shop_id: str | None = None) -> list[Staff]:
        return await self.context.store.read(
            lambda conn: records.of_municipality(conn, who.municipality, shop_id)
        )

    async def add_to_shop(
        self, who: StaffSession, *, login: str, display_name: str, shop_id: str
    ) -> FirstPassword:
        """Add a shop's person; gives the first password, to be handed over once.

        Raises ProblemError: `login-unfit` (422), `login-taken` (409), `unknown-shop` (404).
        """
        password = temporary_password()
        hashed, now = await self.context.hasher.hash(password.reveal()), self.context.clock()

        def job(conn: Connection) -> Staff:
            shop_rows.require(conn, who.municipality, shop_id)
            return _add(conn, who, login, display_name, Role.SHOP, hashed, now, shop_id)

        return FirstPassword(staff=await self.context.store.run(job), password=password)

    async def add(
        self, who: StaffSession, *, login: str, display_name: str, role: Role, reason: str = ""
    ) -> FirstPassword | Proposal:
        """Propose a person for the city's staff; the first password is made when somebody else has decided.

        Raises ProblemError: `login-unfit`, `role-unfit` (422), `login-taken` (409), and as `propose`.
        """
        now, code, password = self.context.clock(), who.municipality, temporary_password()
        hashed = await self.context.hasher.hash(password.reveal())

        def job(conn: Connection) -> Staff | Proposal:
            known = records.require_free_login(conn, login)
            if role not in CITY_ROLES:
                raise _role_unfit()
            command = AddStaff(login=known, display_name=display_name, role=role)
            if not deeds.rule_of(conn, code, Deed.STAFF).persons:
                return add_staff(conn, who, command, hashed, now, [who.staff_id])
            shown: dict[str, str | int] = {"login": known, "name": display_name, "role": role.value}
            return propose(
                self.context,
                conn,
                who,
                Deed.STAFF,
                known,
                command,
                ground={},
                facts=shown,
                reason=reason,
                at=now,
            )

        done = await self.context.store.run(job)
        return done if isinstance(done, Proposal) else FirstPassword(staff=done, password=password)

    async def change_role(
        self, who: StaffSession, staff_id: str, role: Role, reason: str
    ) -> Staff | Proposal:
        """Give a person of the city another role; their sessions end. One that may do more is proposed.

        Raises ProblemError: `unknown-staff` (404), `role-unfit`, `reason-missing` (422), `own-role`,
        `last-administrator` (409).
        """
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Staff | Proposal:
            records.lock_administrators(conn, who.municipality)
            person, command = self._of_city(conn, who, staff_id), RaiseRole(staff_id=staff_id, role=role)
            if role not in CITY_ROLES or person.role not in CITY_ROLES:
                raise _role_unfit()
            raised = not ALLOWED[role] <= ALLOWED[person.role]
            if not raised or not deeds.rule_of(conn, who.municipality, Deed.ROLE).persons:
                return change_role(conn, who, command, why, now, [who.staff_id])
            shown: dict[str, str | int] = {"from": person.role.value, "to": role.value}
            return self._propose_for(conn, who, Deed.ROLE, person, command, shown, why)

        return await self.context.store.run(job)

    async def close(self, who: StaffSession, staff_id: str, reason: str) -> Staff:
        """Let a person in no more. Raises ProblemError as `change_role`."""
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Staff:
            records.lock_administrators(conn, who.municipality)
            person = self._of_city(conn, who, staff_id)
            _keep_an_administrator(conn, person)
            records.write(conn, staff_id, state="closed")
            factor.end_pending_sign_ins(conn, staff_id)
            records.end_sessions(conn, staff_id)
            write_audit(conn, who, now, "staff closed", person.login, why)
            return records.require(conn, staff_id, who.municipality)

        return await self.context.store.run(job)

    async def reset(self, who: StaffSession, staff_id: str, reason: str) -> FirstPassword | Proposal:
        """A phone or password is lost: a new first password, all second factors and sessions gone.

        For the city's own staff it is proposed; a shop's person, who decides nothing, is reset at once.
        Raises ProblemError: `unknown-staff` (404), `own-role` (409), `reason-missing` (422), and as `propose`.
        """
        return await self._renew(who, Deed.RESET, staff_id, reason)

    async def restart(self, who: StaffSession, staff_id: str, reason: str) -> FirstPassword | Proposal:
        """Let a person in again who was stopped, with a new first password. Raises ProblemError as `reset`, and
        `staff-active` (409).
        """
        return await self._renew(who, Deed.RESTART, staff_id, reason)

    async def _renew(
        self, who: StaffSession, deed: Deed, staff_id: str, reason: str
    ) -> FirstPassword | Proposal:
        why, password = require_reason(reason), temporary_password()
        hashed, now = await self.context.hasher.hash(password.reveal()), self.context.clock()

        def job(conn: Connection) -> Staff | Proposal:
            person = self._of_city(conn, who, staff_id)
            if person.active == (deed is Deed.RESTART):
                raise _wrong_activity(person)
            alone = person.shop_id is not None or not deeds.rule_of(conn, who.municipality, deed).persons
            if deed is Deed.RESTART:
                again = RestartStaff(staff_id=staff_id)
                if alone:
                    return restart_staff(conn, who, again, hashed, why, now, [who.staff_id])
                return self._propose_for(conn, who, deed, person, again, {}, why)
            command = ResetStaff(staff_id=staff_id)
            if alone:
                return self._reset_now(conn, who, command, hashed, why, now)
            return self._propose_for(conn, who, deed, person, command, {}, why)

        done = await self.context.store.run(job)
        return done if isinstance(done, Proposal) else FirstPassword(staff=done, password=password)

    def _reset_now(
        self, conn: Connection, who: StaffSession, command: ResetStaff, hashed: str, why: str, now: datetime
    ) -> Staff:
        person = reset_staff(conn, who, command, hashed, why, now, [who.staff_id])
        lockout.reset(conn, password_lock_key(self.context, person.login))
        return person

    def _propose_for(
        self,
        conn: Connection,
        who: StaffSession,
        deed: Deed,
        person: Staff,
        command: RaiseRole | ResetStaff | RestartStaff,
        facts: dict[str, str | int],
        why: str,
    ) -> Proposal:
        named: dict[str, str | int] = {
            "login": person.login,
            "name": person.display_name,
            "role": person.role.value,
        }
        return propose(
            self.context, conn, who, deed, person.staff_id, command,
            ground=staff_ground(conn, who.municipality, command), facts=named | facts, reason=why,
            at=self.context.clock(), concerns=person.staff_id,
        )  # fmt: skip

    # --- what they share ---

    def _key(self, what: str, whom: str) -> str:
        return self.context.vault.keyed_hash(whom, purpose=f"staff-{what}")

    async def _password_right(self, login: str, password: str) -> tuple[Staff, str] | None:
        key, now = self._key("password", login), self.context.clock()

        def count(conn: Connection) -> tuple[Staff, str] | None:
            lockout.count_attempt(conn, key, now)
            return records.by_login(conn, login)

        found = await self.context.store.run(count)
        try:
            verdict = await self.context.hasher.verify(found[1] if found else None, password)
        except ProblemError:  # busy: the password was never looked at
            await self.context.store.run(lambda conn: lockout.uncount(conn, key))
            raise
        return found if verdict.right else None

    async def _proven(self, token: str, prove: Callable[[Connection], str], client_id: str) -> StaffSignedIn:
        def job(conn: Connection) -> StaffSignedIn:
            return self._session(conn, prove(conn), client_id, strong=True)

        try:
            return await self.context.store.run(job)
        except ProblemError as refused:
            if refused.type == "second-factor-wrong":
                await self.context.store.run(lambda conn: factor.note_miss(conn, token))
            raise

    def _session(self, conn: Connection, staff_id: str, client_id: str, *, strong: bool) -> StaffSignedIn:
        now = self.context.clock()
        token = records.start_session(conn, staff_id, client_id=client_id, strong=strong, at=now)
        session = records.find_session(conn, token.reveal(), client_id=client_id, now=now)
        write_audit(
            conn, session, now, "signed in", session.login, facts={"second factor": "yes" if strong else "no"}
        )
        return StaffSignedIn(token=token, session=session)

    async def _own(self, who: StaffSession, work: Callable[[Connection, Staff], T]) -> T:
        """Change one's own second factor: a session that showed none may only set up the first."""

        def job(conn: Connection) -> T:
            person = records.require(conn, who.staff_id, who.municipality, lock=True)
            if factor.has_any(conn, person) and not who.strong:
                raise ProblemError("second-factor-missing", "Sign in again with the second factor.")
            return work(conn, person)

        return await self.context.store.run(job)

    def _of_city(self, conn: Connection, who: StaffSession, staff_id: str) -> Staff:
        if staff_id == who.staff_id:
            raise ProblemError(
                "own-role", "Nobody changes their own role or access; ask another administrator."
            )
        return records.require(conn, staff_id, who.municipality, lock=True)


def add_staff(
    conn: Connection, who: StaffActor, command: AddStaff, hashed: str, at: datetime, makers: Sequence[str]
) -> Staff:
    """Carry it out; everybody in `makers` is tied to the new person. Raises ProblemError: `login-taken` (409)."""
    person = _add(conn, who, command.login, command.display_name, command.role, hashed, at)
    staff_ties.record(conn, who.municipality, person.staff_id, "added", makers, at)
    return person


def change_role(
    conn: Connection, who: StaffActor, command: RaiseRole, why: str, at: datetime, makers: Sequence[str]
) -> Staff:
    """Carry it out. Raises ProblemError: `unknown-staff` (404), `last-administrator` (409)."""
    records.lock_administrators(conn, who.municipality)
    person = records.require(conn, command.staff_id, who.municipality, lock=True)
    if command.role is not Role.ADMINISTRATOR:
        _keep_an_administrator(conn, person)
    records.write(conn, person.staff_id, role=command.role.value)
    records.end_sessions(conn, person.staff_id)
    facts: dict[str, str | int] = {"from": person.role, "to": command.role.value}
    write_audit(conn, who, at, "role changed", person.login, why, facts)
    if not ALLOWED[command.role] <= ALLOWED[person.role]:
        staff_ties.record(conn, who.municipality, person.staff_id, "raised", makers, at)
    return records.require(conn, person.staff_id, who.municipality)


def reset_staff(
    conn: Connection,
    who: StaffActor,
    command: ResetStaff,
    hashed: str,
    why: str,
    at: datetime,
    makers: Sequence[str],
) -> Staff:
    """Carry it out. Raises ProblemError `unknown-staff` (404)."""
    person = records.require(conn, command.staff_id, who.municipality, lock=True)
    _new_first_password(conn, person, hashed, at)
    write_audit(conn, who, at, "access reset", person.login, why)
    staff_ties.record(conn, who.municipality, person.staff_id, "reset", makers, at)
    return records.require(conn, person.staff_id, who.municipality)


def restart_staff(
    conn: Connection,
    who: StaffActor,
    command: RestartStaff,
    hashed: str,
    why: str,
    at: datetime,
    makers: Sequence[str],
) -> Staff:
    """Carry it out. Raises ProblemError: `unknown-staff` (404), `staff-active` (409)."""
    person = records.require(conn, command.staff_id, who.municipality, lock=True)
    if person.active:
        raise _wrong_activity(person)
    _new_first_password(conn, person, hashed, at)
    records.write(conn, person.staff_id, state="active")
    write_audit(conn, who, at, "staff restarted", person.login, why)
    staff_ties.record(conn, who.municipality, person.staff_id, "restarted", makers, at)
    return records.require(conn, person.staff_id, who.municipality)


def staff_ground(conn: Connection, code: str, command: RaiseRole | ResetStaff | RestartStaff) -> Ground:
    """What the author saw of the person: the role, and whether it is let in."""
    person = records.require(conn, command.staff_id, code)
    return {"role": person.role.value, "active": "yes" if person.active else "no"}


def _add(
    conn: Connection,
    who: StaffActor,
    login: str,
    display_name: str,
    role: Role,
    hashed: str,
    at: datetime,
    shop_id: str | None = None,
) -> Staff:
    person = records.add(
        conn,
        staff_id=uuid.uuid4().hex,
        municipality=who.municipality,
        login=login,
        display_name=display_name,
        role=role,
        password_hash=hashed,
        at=at,
        shop_id=shop_id,
    )
    first_passwords.start(conn, person.staff_id, at)
    facts: dict[str, str | int] = {"role": role.value, "shop": shop_id or ""}
    write_audit(conn, who, at, "staff added", person.login, facts=facts)
    return person


def _new_first_password(conn: Connection, person: Staff, hashed: str, at: datetime) -> None:
    factor.forget_all(conn, person.staff_id)
    records.write(conn, person.staff_id, password_hash=hashed, password_is_first=True)
    first_passwords.start(conn, person.staff_id, at)
    records.end_sessions(conn, person.staff_id)


def _wrong_activity(person: Staff) -> ProblemError:
    if person.active:
        return ProblemError("staff-active", "This person is let in already.")
    return ProblemError("staff-closed", "This person was stopped; start them again instead.")


def _role_unfit() -> ProblemError:
    return ProblemError("role-unfit", "Choose a role of the city; a shop's people keep theirs.")


def password_lock_key(context: CityContext, login: str) -> str:
    """The name under which wrong passwords of a login are counted."""
    return context.vault.keyed_hash(login, purpose="staff-password")


def temporary_password() -> Secret:
    """A password that is typed once: 16 letters and digits in fours."""
    letters = "23456789abcdefghjkmnpqrstuvwxyz"
    return Secret("-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4)))


def _keep_an_administrator(conn: Connection, person: Staff) -> None:
    if person.role is not Role.ADMINISTRATOR:
        return
    others = [
        staff
        for staff in records.of_municipality(conn, person.municipality)
        if staff.role is Role.ADMINISTRATOR and staff.active and staff.staff_id != person.staff_id
    ]
    if not others:
        raise ProblemError(
            "last-administrator", "A city keeps at least one administrator; add another first."
        )


def _current_wrong() -> ProblemError:
    return ProblemError("current-password-wrong", "The current password is not right.")


def _refused() -> ProblemError:
    return ProblemError("sign-in-refused", "The login or the password is not right.")
