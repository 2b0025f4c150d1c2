"""The staff of cities and shops: how they sign in, set up a second factor, and are kept by their administrator.

    sign_in ──► a second factor is set up: half a sign-in ──► prove_by_passkey | prove_by_totp ──► session
            └─► none yet: a session that may only set one up (a shop's people may work with it)

Whoever is added gets a first password that opens nothing but its own change.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.drawn_from import require_seen
from gateway.cities.proposals import deciders, deeds, staff_ties
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import SystemActor, propose
from gateway.cities.shops import shop_rows, till_pins, till_rows
from gateway.cities.staff import first_passwords
from gateway.cities.staff import second_factor as factor
from gateway.cities.staff import staff_keeping as keeping
from gateway.cities.staff import staff_rows as records
from gateway.cities.staff.second_factor import Challenge, Passkey
from gateway.cities.staff.staff_keeping import (
    AddShopStaff,
    AddStaff,
    RaiseRole,
    RenewShopStaff,
    ResetStaff,
    RestartStaff,
    add_shop_staff,
    add_staff,
    keep_an_administrator,
    lift_locks,
    renew_shop_staff,
    reset_staff,
    restart_staff,
    role_unfit,
    staff_ground,
    wrong_activity,
)
from gateway.cities.staff.staff_rows import Staff, StaffSession
from gateway.errors import ProblemError
from gateway.members import known_devices, lockout, passwords
from gateway.members.lockout import Origin
from gateway.model import Secret
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_facts import TillEnd
from gateway.platform.metrics import SIGN_INS, sign_in_counted
from gateway.platform.roles import ALLOWED, CITY_ROLES, PLATFORM, SHOP_ROLES, Action, Role, may
from gateway.platform.security_log import SecurityEvent, log_security, login_name
from gateway.platform.states import StaffState

T = TypeVar("T")
_KIND: Final = "staff"
_IN_SESSION: Final = Origin(source="session")
"""Guesses from an open session are counted by themselves: they lock the session's own question, not the way in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSignedIn:
    """The token is given to the client program once; only its hash is kept.

    `device` is for the browser to keep: with it strangers' misses do not lock it out. `missed_elsewhere` is how often
    somebody else has tried this login with a wrong password since the last sign-in, within a day.
    """

    token: Secret
    session: StaffSession
    device: Secret | None = None
    missed_elsewhere: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofWanted:
    """The password was right; `challenge` is completed by a passkey or by a code."""

    challenge: Challenge
    by_passkey: bool
    by_totp: bool
    missed_elsewhere: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPassword:
    """The person whose access was made, and the first password, which is shown this once."""

    staff: Staff
    password: Secret


@dataclass(frozen=True, slots=True)
class StaffService:
    """The use cases around staff. All raise `ProblemError` for what is not carried out."""

    context: CityContext

    # --- coming and going ---

    async def sign_in(
        self, login: str, password: str, *, client_id: str, source: str = "", devices: Sequence[str] = ()
    ) -> StaffSignedIn | ProofWanted:
        """Look at the password. `source` names the browser's network, `devices` what it was given before.

        Raises ProblemError: `sign-in-refused` (401), `sign-in-locked` (429), `busy` (503).
        """
        known = records.read_login(login)
        if known is None:
            raise _refused()
        vault, now = self.context.vault, self.context.clock()
        origin = known_devices.origin_of(vault, known, source, devices, now, kind=_KIND)
        found = await self._password_right(known, password, origin, is_known=bool(origin.device))
        if found is None:
            # Not waited for: how long a refusal takes must not tell whether there is somebody of this login.
            logged = self.context.store.run(lambda conn: self._log_wrong_password(conn, known))
            self.context.tasks.spawn(logged, "sign-in failed")
            raise _refused()
        person, hashed = found

        def job(conn: Connection) -> StaffSignedIn | ProofWanted:
            if records.password_hash(conn, person.staff_id, lock=True) != hashed:
                raise _refused()  # changed or closed while it was being compared
            if person.password_is_first and first_passwords.ended(
                conn, person.staff_id, self.context.clock()
            ):
                raise _refused()
            missed = lockout.reset(conn, self._key("password", known), origin)
            if not factor.has_any(conn, person):
                started = self._session(conn, person.staff_id, client_id, strong=False)
                return replace(started, missed_elsewhere=missed)
            challenge = factor.ask_for_proof(conn, person, client_id, self.context.site, self.context.clock())
            return ProofWanted(
                challenge=challenge,
                by_passkey=challenge.options is not None,
                by_totp=person.has_totp,
                missed_elsewhere=missed,
            )

        outcome = await self.context.store.run(job)
        if isinstance(outcome, StaffSignedIn):
            _log_signed_in(outcome, by="password")
        return outcome

    async def prove_by_passkey(
        self, token: str, credential: Mapping[str, Any], *, client_id: str
    ) -> StaffSignedIn:
        """Complete a sign-in. Raises ProblemError: `sign-in-ended`, `second-factor-wrong` (401)."""

        def prove(conn: Connection) -> str:
            return factor.prove_by_passkey(
                conn, token, credential, client_id=client_id, site=self.context.site, now=self.context.clock()
            )

        return await self._proven(token, prove, client_id, by="passkey")

    async def prove_by_totp(self, token: str, code: str, *, client_id: str) -> StaffSignedIn:
        """Complete a sign-in. Raises ProblemError: `sign-in-ended`, `second-factor-wrong` (401), `sign-in-locked` (429).

        Misses are counted against the person too: who knows the password could begin again and again.
        """
        now = self.context.clock()

        def count(conn: Connection) -> str:
            owner = factor.owner_of(conn, token, client_id=client_id, now=now)
            lockout.count_attempt(conn, self._key("code", owner), now)
            return owner

        def log_locked() -> None:
            log_security(SecurityEvent.SIGN_IN_LOCKED, who=_KIND, by="code")

        with sign_in_counted(_KIND, log_locked):
            owner = await self.context.store.run(count)

        def prove(conn: Connection) -> str:
            staff_id = factor.prove_by_totp(
                conn, token, code, client_id=client_id, vault=self.context.vault, now=now
            )
            lockout.reset(conn, self._key("code", owner))
            return staff_id

        return await self._proven(token, prove, client_id, by="code")

    async def session(self, token: str, client_id: str) -> StaffSession:
        """Give the living session of a token and note its use. Raises ProblemError `session-ended` (401)."""
        now = self.context.clock()
        session = await self.context.store.read(
            lambda conn: records.find_session(conn, token, client_id=client_id, now=now)
        )
        if records.to_be_marked(session, now):
            await self.context.store.run(lambda conn: _mark_seen(conn, session, token, now))
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
        found = await self._password_right(who.login, current, _IN_SESSION, is_known=True)
        if found is None or found[0].staff_id != who.staff_id:
            raise _current_wrong()
        if new == current:
            raise ProblemError("password-unfit", "The new password is the current one.", why="unchanged")
        passwords.check_new_password(new, mykey_id=who.login, words=[who.login, who.display_name])
        hashed, now = await self.context.hasher.hash(new), self.context.clock()

        def job(conn: Connection) -> None:
            if records.password_hash(conn, who.staff_id, lock=True) != found[1]:
                raise _current_wrong()  # an administrator's reset, or a closing, came first: it stands
            lockout.reset(conn, self._key("password", who.login), _IN_SESSION)
            if found[0].password_is_first and first_passwords.ended(conn, who.staff_id, now):
                raise _current_wrong()
            records.write(conn, who.staff_id, password_hash=hashed, password_is_first=False)
            first_passwords.forget(conn, who.staff_id)
            # Halves first: one that is just being completed is waited for, and has become a session by then.
            factor.end_pending_sign_ins(conn, who.staff_id)
            till_rows.end_all(conn, who, till_rows.of_person(who.staff_id), TillEnd.PASSWORD_CHANGED, now)
            records.end_sessions(conn, who.staff_id, keep=who.session_id)
            write_audit(conn, who, now, AuditAction.PASSWORD_CHANGED, who.login)

        await self.context.store.run(job)

    async def begin_passkey(self, who: StaffSession, password: str) -> Challenge:
        """Begin to make a passkey. Raises ProblemError: `current-password-wrong` (403), `sign-in-locked` (429), `busy`."""
        return await self._own(
            who,
            lambda conn, person: factor.begin_passkey(
                conn, person, who.client_id, self.context.site, self.context.clock()
            ),
            hashed=await self._confirm_password(who, password),
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
            write_audit(conn, who, now, AuditAction.PASSKEY_ADDED, who.login, facts={"name": name})
            return passkey

        return await self._own(who, job)

    async def remove_passkey(self, who: StaffSession, password: str, credential_id: str) -> None:
        """Take one of one's own passkeys away; other sessions end, as it may have been stolen.

        Raises ProblemError: `unknown-passkey` (404), `second-factor-last` (409), and as `begin_passkey`.
        """
        now = self.context.clock()

        def job(conn: Connection, person: Staff) -> None:
            keys = {passkey.credential_id: passkey for passkey in factor.passkeys_of(conn, person.staff_id)}
            if credential_id not in keys:
                raise ProblemError("unknown-passkey")
            factor.require_another(person, passkeys_left=len(keys) - 1, has_totp=person.has_totp)
            factor.forget_passkey(conn, person.staff_id, credential_id)
            records.end_sessions(conn, who.staff_id, keep=who.session_id)
            name = keys[credential_id].name
            write_audit(conn, who, now, AuditAction.PASSKEY_REMOVED, who.login, facts={"name": name})

        await self._own(who, job, hashed=await self._confirm_password(who, password))

    async def remove_totp(self, who: StaffSession, password: str) -> None:
        """Take one's own authenticator app away; other sessions end. Without an app nothing is done.

        Raises ProblemError: `second-factor-last` (409), and as `begin_passkey`.
        """
        now = self.context.clock()

        def job(conn: Connection, person: Staff) -> None:
            if not person.has_totp:
                return
            left = len(factor.passkeys_of(conn, person.staff_id))
            factor.require_another(person, passkeys_left=left, has_totp=False)
            factor.forget_totp(conn, person.staff_id)
            records.end_sessions(conn, who.staff_id, keep=who.session_id)
            write_audit(conn, who, now, AuditAction.AUTHENTICATOR_APP_REMOVED, who.login)

        await self._own(who, job, hashed=await self._confirm_password(who, password))

    async def sessions(self, who: StaffSession) -> list[StaffSession]:
        """Where this person is signed in, the one used last first."""
        now = self.context.clock()
        return await self.context.store.read(lambda conn: records.list_sessions(conn, who.staff_id, now))

    async def end_session(self, who: StaffSession, session_id: str) -> None:
        """Sign out in one place. Raises ProblemError `unknown-session` (404)."""
        now = self.context.clock()

        def job(conn: Connection) -> None:
            if not records.end_session_of(conn, who.staff_id, session_id):
                raise ProblemError("unknown-session")
            write_audit(conn, who, now, AuditAction.SESSION_ENDED, who.login)

        await self.context.store.run(job)

    async def end_other_sessions(self, who: StaffSession) -> int:
        """Sign out everywhere else; gives how many sessions have ended. Half sign-ins end as well."""
        now = self.context.clock()

        def job(conn: Connection) -> int:
            factor.end_pending_sign_ins(conn, who.staff_id)
            ended = records.end_sessions(conn, who.staff_id, keep=who.session_id)
            if ended:
                write_audit(conn, who, now, AuditAction.SESSION_ENDED, who.login, facts={"sessions": ended})
            return ended

        return await self.context.store.run(job)

    async def begin_totp(self, who: StaffSession, password: str) -> tuple[Secret, str]:
        """Make a seed for an authenticator app; gives it and its otpauth address. Raises ProblemError as `begin_passkey`,
        and `second-factor-exists` (409).
        """

        def job(conn: Connection, person: Staff) -> tuple[Secret, str]:
            if person.has_totp:
                raise ProblemError(
                    "second-factor-exists",
                    "An authenticator app is set up already; an administrator can reset it.",
                )
            return factor.begin_totp(conn, person, self.context.vault)

        return await self._own(who, job, hashed=await self._confirm_password(who, password))

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
            write_audit(conn, who, now, AuditAction.AUTHENTICATOR_APP_SET_UP, who.login)

        await self._own(who, job)

    async def with_password(
        self, who: StaffSession, password: str, work: Callable[[Connection, Staff], T]
    ) -> T:
        """Do what lets somebody in later, once the password was typed again. Raises ProblemError as `begin_passkey`."""
        return await self._own(who, work, hashed=await self._confirm_password(who, password))

    # --- keeping the staff ---

    async def people(self, who: StaffSession, shop_id: str | None = None) -> list[Staff]:
        """A city's own people, or a shop's. Raises ProblemError `unknown-shop` (404)."""

        def job(conn: Connection) -> list[Staff]:
            if shop_id is not None:
                shop_rows.require(conn, who.municipality, shop_id)
            return records.list_by_city(conn, who.municipality, shop_id)

        return await self.context.store.read(job)

    async def add_to_shop(
        self,
        who: StaffSession,
        *,
        login: str,
        display_name: str,
        shop_id: str,
        role: Role = Role.SHOP,
        reason: str = "",
    ) -> FirstPassword | Proposal:
        """Propose a log-in of a shop; the first password is made when somebody else has decided.

        Raises ProblemError: `login-unfit`, `role-unfit` (422), `login-taken` (409), `unknown-shop` (404), and as
        `propose`.
        """
        if role not in SHOP_ROLES:
            raise role_unfit()
        password = temporary_password()
        hashed, now = await self.context.hasher.hash(password.reveal()), self.context.clock()

        def job(conn: Connection) -> Staff | Proposal:
            shop = shop_rows.require(conn, who.municipality, shop_id)
            known = records.require_free_login(conn, login)
            command = AddShopStaff(login=known, display_name=display_name, shop_id=shop_id, role=role)
            if not deeds.rule_of(conn, who.municipality, Deed.SHOP_STAFF).persons:
                return add_shop_staff(conn, who, command, hashed, now)
            shown: dict[str, str | int] = {
                "login": known, "display_name": display_name, "shop_id": shop_id, "name": shop.name,
                "role": role.value,
            }  # fmt: skip
            return propose(
                self.context,
                conn,
                who,
                Deed.SHOP_STAFF,
                known,
                command,
                ground={},
                facts=shown,
                reason=reason,
                at=now,
            )

        done = await self.context.store.run(job)
        return done if isinstance(done, Proposal) else FirstPassword(staff=done, password=password)

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
            if (role is Role.PLATFORM) != (code == PLATFORM) or role in SHOP_ROLES:
                raise role_unfit()
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
        self, who: StaffSession, staff_id: str, role: Role, reason: str, seen: str | None = None
    ) -> Staff | Proposal:
        """Give a person of the city or of a shop another role of theirs; their sessions end. One that may do more is proposed.

        `seen` is the version of the person that the change was drawn from (`changed-meanwhile`, 409).

        Raises ProblemError: `unknown-staff` (404), `role-unfit`, `reason-missing` (422), `own-role`,
        `last-administrator`, `last-owner` (409).
        """
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Staff | Proposal:
            records.lock_deciders(conn, who.municipality)
            person, command = self._of_city(conn, who, staff_id), RaiseRole(staff_id=staff_id, role=role)
            if not any(role in kind and person.role in kind for kind in (CITY_ROLES, SHOP_ROLES)):
                raise role_unfit()
            require_seen(seen, person.version)
            raised = not ALLOWED[role] <= ALLOWED[person.role]
            if not raised or not deeds.rule_of(conn, who.municipality, Deed.ROLE).persons:
                return keeping.change_role(conn, who, command, why, now, [who.staff_id])
            shown: dict[str, str | int] = {"from": person.role.value, "to": role.value}
            return self._propose_for(conn, who, Deed.ROLE, person, command, shown, why)

        return await self.context.store.run(job)

    async def close(self, who: StaffSession, staff_id: str, reason: str) -> Staff:
        """Let a person in no more. Raises ProblemError as `change_role`."""
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Staff:
            records.lock_deciders(conn, who.municipality)
            person = self._of_city(conn, who, staff_id)
            keep_an_administrator(conn, person)
            deciders.require_left(conn, person)
            records.transition(conn, person, StaffState.CLOSED)
            factor.end_pending_sign_ins(conn, staff_id)
            till_rows.end_all(conn, who, till_rows.of_person(staff_id), TillEnd.LOGIN_ENDED, now)
            records.end_sessions(conn, staff_id)
            write_audit(conn, who, now, AuditAction.STAFF_CLOSED, person.login, why)
            if person.active and person.shop_id is None:  # stopped once more is no change
                staff_ties.record(conn, who.municipality, staff_id, "stopped", [who.staff_id], now)
            return records.require(conn, staff_id, who.municipality)

        return await self.context.store.run(job)

    async def reset(self, who: StaffSession, staff_id: str, reason: str) -> FirstPassword | Proposal:
        """A phone or password is lost: a new first password, all second factors and sessions gone.

        For the city's own staff it is proposed; a shop's person, who decides nothing, is reset at once.
        Raises ProblemError: `unknown-staff` (404), `own-role` (409), `reason-missing` (422), and as `propose`.
        """
        return await self._renew(who, Deed.RESET, staff_id, reason)

    async def reset_at_shop(
        self, who: StaffSession, shop_id: str, staff_id: str, reason: str
    ) -> FirstPassword | Proposal:
        """The same for a shop's person, by whoever keeps the register. Raises ProblemError as `reset`."""
        return await self._renew(who, Deed.RESET, staff_id, reason, shop_id=shop_id)

    async def restart(self, who: StaffSession, staff_id: str, reason: str) -> FirstPassword | Proposal:
        """Let a person in again who was stopped, with a new first password. Raises ProblemError as `reset`, and
        `staff-active` (409).
        """
        return await self._renew(who, Deed.RESTART, staff_id, reason)

    async def _renew(
        self, who: StaffSession, deed: Deed, staff_id: str, reason: str, *, shop_id: str | None = None
    ) -> FirstPassword | Proposal:
        why, password = require_reason(reason), temporary_password()
        hashed, now = await self.context.hasher.hash(password.reveal()), self.context.clock()

        def job(conn: Connection) -> Staff | Proposal:
            person = self._of_city(conn, who, staff_id)
            if shop_id is not None and person.shop_id != shop_id:
                raise records.unknown_staff()
            restart = deed is Deed.RESTART
            if person.active == restart:
                raise wrong_activity(person)
            if person.shop_id is not None:
                return self._renew_shop(conn, who, person, hashed, why, restart=restart)
            command = RestartStaff(staff_id=staff_id) if restart else ResetStaff(staff_id=staff_id)
            if deeds.rule_of(conn, who.municipality, deed).persons:
                return self._propose_for(conn, who, deed, person, command, {}, why)
            if isinstance(command, RestartStaff):
                person = restart_staff(conn, who, command, hashed, why, now, [who.staff_id])
            else:
                person = reset_staff(conn, who, command, hashed, why, now, [who.staff_id])
            lift_locks(conn, self.context, person)
            return person

        done = await self.context.store.run(job)
        return done if isinstance(done, Proposal) else FirstPassword(staff=done, password=password)

    def _renew_shop(
        self, conn: Connection, who: StaffSession, person: Staff, hashed: str, why: str, *, restart: bool
    ) -> Staff | Proposal:
        command, now = RenewShopStaff(staff_id=person.staff_id, restart=restart), self.context.clock()
        if not deeds.rule_of(conn, who.municipality, Deed.SHOP_RESET).persons:
            return renew_shop_staff(self.context, conn, who, command, hashed, why, now)
        shop_id = person.shop_id or ""
        shown = {"shop_id": shop_id, "name": shop_rows.require(conn, who.municipality, shop_id).name}
        return self._propose_for(conn, who, Deed.SHOP_RESET, person, command, dict(shown), why)

    def _propose_for(
        self,
        conn: Connection,
        who: StaffSession,
        deed: Deed,
        person: Staff,
        command: RaiseRole | ResetStaff | RestartStaff | RenewShopStaff,
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
        return self.context.vault.stable_hash(whom, purpose=f"staff-{what}")

    async def _password_right(
        self, login: str, password: str, origin: Origin, *, is_known: bool
    ) -> tuple[Staff, str] | None:
        key, now = self._key("password", login), self.context.clock()

        def count(conn: Connection) -> tuple[Staff, str] | None:
            lockout.count_attempt(conn, key, now, origin)
            return records.by_login(conn, login)

        facts = {
            "who": _KIND,
            "login": login_name(self.context.vault, login),
            "in_session": origin.source == _IN_SESSION.source,
        }
        with sign_in_counted(
            _KIND, lambda: log_security(SecurityEvent.SIGN_IN_LOCKED, by="password", **facts)
        ):
            found = await self.context.store.run(count)
        try:
            verdict = await self.context.hasher.verify(
                found[1] if found else None, password, is_known=is_known, source=origin.source
            )
        except ProblemError:  # busy: the password was never looked at
            await self.context.store.run(lambda conn: lockout.uncount(conn, key, origin))
            raise
        SIGN_INS.labels(_KIND, "right" if verdict.right else "wrong").inc()
        if not verdict.right:
            known = {"staff": found[0].staff_id} if found else {}
            log_security(SecurityEvent.SIGN_IN_FAILED, by="password", **facts, **known)
        return found if verdict.right else None

    async def _proven(
        self, token: str, prove: Callable[[Connection], str], client_id: str, *, by: str
    ) -> StaffSignedIn:
        def job(conn: Connection) -> StaffSignedIn:
            return self._session(conn, prove(conn), client_id, strong=True)

        try:
            signed_in = await self.context.store.run(job)
        except ProblemError as refused:
            if refused.type == "second-factor-wrong":
                owner = await self.context.store.run(lambda conn: self._record_miss(conn, token))
                known = {"staff": owner} if owner else {}
                log_security(SecurityEvent.SIGN_IN_FAILED, who=_KIND, by=by, **known)
            raise
        _log_signed_in(signed_in, by=by)
        return signed_in

    def _record_miss(self, conn: Connection, token: str) -> str | None:
        owner = factor.find_owner(conn, token)
        self._log_failed(conn, records.find(conn, owner) if owner else None, "second factor")
        factor.record_miss(conn, token)
        return owner

    def _log_wrong_password(self, conn: Connection, login: str) -> None:
        found = records.by_login(conn, login)
        self._log_failed(conn, found[0] if found else None, "password")

    def _log_failed(self, conn: Connection, person: Staff | None, missed: str) -> None:
        """A sign-in to somebody's account that failed, in the log of the person's city; a login of nobody has no city."""
        if person is None:
            return
        system = SystemActor(municipality=person.municipality)
        facts: dict[str, str | int] = {"missed": missed}
        write_audit(conn, system, self.context.clock(), AuditAction.SIGN_IN_FAILED, person.login, facts=facts)

    def _session(self, conn: Connection, staff_id: str, client_id: str, *, strong: bool) -> StaffSignedIn:
        now = self.context.clock()
        token = records.start_session(conn, staff_id, client_id=client_id, strong=strong, at=now)
        session = records.find_session(conn, token.reveal(), client_id=client_id, now=now)
        if session.shop_id is not None and may(
            session.role, Action.KEEP_OWN_SHOP, strong=strong, first_password=session.first_password
        ):
            till_pins.lift(conn, session.municipality, session.shop_id)
        write_audit(
            conn,
            session,
            now,
            AuditAction.SIGNED_IN,
            session.login,
            facts={"second factor": "yes" if strong else "no"},
        )
        device = known_devices.new_device(self.context.vault, session.login, now, kind=_KIND)
        return StaffSignedIn(token=token, session=session, device=device)

    async def _confirm_password(self, who: StaffSession, password: str) -> str:
        """Ask for the password again from an open session; gives the hash that it fitted. Misses count by themselves."""
        found = await self._password_right(who.login, password, _IN_SESSION, is_known=True)
        if found is None or found[0].staff_id != who.staff_id:
            raise _current_wrong()
        return found[1]

    async def _own(
        self, who: StaffSession, work: Callable[[Connection, Staff], T], *, hashed: str | None = None
    ) -> T:
        """Change one's own second factor: a session that showed none may only set up the first.

        `hashed` is that of the password which was asked for again; if it is another one by now, nothing is done.
        """

        def job(conn: Connection) -> T:
            person = records.require(conn, who.staff_id, who.municipality, lock=True)
            if hashed is not None:
                if records.password_hash(conn, who.staff_id) != hashed:
                    raise _current_wrong()
                lockout.reset(conn, self._key("password", who.login), _IN_SESSION)
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


def temporary_password() -> Secret:
    """A password that is typed once: 16 letters and digits in fours."""
    letters = "23456789abcdefghjkmnpqrstuvwxyz"
    return Secret("-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4)))


def _mark_seen(conn: Connection, session: StaffSession, token: str, now: datetime) -> None:
    records.mark_seen(conn, token, now)
    if session.till_id is not None:
        till_rows.mark_used(conn, session.till_id, now)


def _log_signed_in(signed_in: StaffSignedIn, *, by: str) -> None:
    log_security(SecurityEvent.SIGNED_IN, who=_KIND, by=by, staff=signed_in.session.staff_id)


def _current_wrong() -> ProblemError:
    return ProblemError("current-password-wrong", "The current password is not right.")


def _refused() -> ProblemError:
    return ProblemError("sign-in-refused", "The login or the password is not right.")
