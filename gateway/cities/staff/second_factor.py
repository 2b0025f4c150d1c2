"""The second factor of staff: passkeys (WebAuthn), and codes of an authenticator app (TOTP, RFC 6238) as fallback.

Sync functions of a Connection. Half a sign-in is a challenge: a token of five minutes that opens nothing but its
own completion, dies after five misses, and serves once. A TOTP code opens once, also within its 30 seconds.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Final

import pyotp
from sqlalchemy import Connection, Row, delete, insert, select, update

from gateway.cities import tables
from gateway.cities.staff import staff_rows as records
from gateway.cities.staff.staff_rows import Staff
from gateway.errors import ProblemError
from gateway.model import Secret
from gateway.platform.encryption import Vault
from gateway.platform.roles import PASSWORD_IS_ENOUGH
from gateway.platform.sql import insert_new
from gateway.platform.webauthn_ceremony import (
    CredentialRefused,
    PasskeyUser,
    authentication_options,
    registration_options,
    verify_authentication,
    verify_registration,
)

CHALLENGE_TTL: Final = timedelta(minutes=5)
MISSES_ALLOWED: Final = 5
STEP_S: Final = 30
_challenges = tables.staff_challenges
_passkeys = tables.staff_passkeys
_staff = tables.staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    credential_id: str
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """`token` completes what was begun; `options` is what the browser's `navigator.credentials` takes."""

    token: Secret
    options: Mapping[str, Any] | None
    ends_at: datetime


def passkeys_of(conn: Connection, staff_id: str) -> list[Passkey]:
    rows = conn.execute(
        select(_passkeys).where(_passkeys.c.staff_id == staff_id).order_by(_passkeys.c.created_at)
    )
    return [
        Passkey(credential_id=r.credential_id, name=r.name, created_at=r.created_at, used_at=r.used_at)
        for r in rows
    ]


def has_any(conn: Connection, person: Staff) -> bool:
    return person.has_totp or bool(passkeys_of(conn, person.staff_id))


# --- half a sign-in -----------------------------------------------------------------------------------------------


def ask_for_proof(conn: Connection, person: Staff, client_id: str, site: str, now: datetime) -> Challenge:
    """The password was right; ask for a passkey where there is one. `options` is None where only TOTP is set up."""
    known = [passkey.credential_id for passkey in passkeys_of(conn, person.staff_id)]
    challenge = secrets.token_bytes(32)
    options = authentication_options(site, challenge, known) if known else None
    return _save_challenge(conn, person.staff_id, client_id, "sign-in", challenge, options, now)


def prove_by_passkey(
    conn: Connection,
    token: str,
    credential: Mapping[str, Any],
    *,
    client_id: str,
    site: str,
    now: datetime,
) -> str:
    """Complete a sign-in by passkey; gives the staff id. Raises ProblemError: `sign-in-ended`, `second-factor-wrong`."""
    row = _consume_challenge(conn, token, client_id, "sign-in", now)
    known = conn.execute(
        select(_passkeys).where(
            _passkeys.c.staff_id == row.staff_id,
            _passkeys.c.credential_id == str(credential.get("id", "")),
        )
    ).one_or_none()
    if known is None:
        raise second_factor_wrong()
    try:
        new_sign_count = verify_authentication(
            site, row.challenge, credential, public_key=known.public_key, sign_count=known.sign_count
        )
    except CredentialRefused as fault:
        raise second_factor_wrong() from fault
    conn.execute(
        update(_passkeys)
        .where(_passkeys.c.credential_id == known.credential_id)
        .values(sign_count=new_sign_count, used_at=now)
    )
    _end(conn, token)
    staff_id: str = row.staff_id
    return staff_id


def prove_by_totp(
    conn: Connection, token: str, code: str, *, client_id: str, vault: Vault, now: datetime
) -> str:
    """Complete a sign-in by a code; gives the staff id. Raises ProblemError: `sign-in-ended`, `second-factor-wrong`."""
    row = _consume_challenge(conn, token, client_id, "sign-in", now)
    check_code(conn, row.staff_id, code, vault=vault, now=now)
    _end(conn, token)
    staff_id: str = row.staff_id
    return staff_id


def record_miss(conn: Connection, token: str) -> None:
    """Count a miss against a challenge; it is a job of its own, because the refusal undoes its transaction."""
    conn.execute(
        update(_challenges)
        .where(_challenges.c.challenge_hash == records.hash_of(token))
        .values(misses=_challenges.c.misses + 1)
    )


def find_owner(conn: Connection, token: str) -> str | None:
    """Whose half sign-in this is, living or not."""
    query = select(_challenges.c.staff_id).where(_challenges.c.challenge_hash == records.hash_of(token))
    return conn.execute(query).scalar_one_or_none()


def owner_of(conn: Connection, token: str, *, client_id: str, now: datetime) -> str:
    """Whose half sign-in this is. Raises ProblemError `sign-in-ended` (401)."""
    staff_id: str = _consume_challenge(conn, token, client_id, "sign-in", now).staff_id
    return staff_id


# --- setting up ------------------------------------------------------------------------------------------------------


def begin_passkey(conn: Connection, person: Staff, client_id: str, site: str, now: datetime) -> Challenge:
    """Begin to make a passkey for this person at this site."""
    challenge = secrets.token_bytes(32)
    options = registration_options(
        site,
        "自治体ポイント管理クラウド",
        challenge,
        PasskeyUser(handle=person.staff_id.encode(), name=person.login, display_name=person.display_name),
        [passkey.credential_id for passkey in passkeys_of(conn, person.staff_id)],
        is_discoverable=False,
    )
    return _save_challenge(conn, person.staff_id, client_id, "passkey", challenge, options, now)


def add_passkey(
    conn: Connection,
    person: Staff,
    token: str,
    credential: Mapping[str, Any],
    name: str,
    *,
    client_id: str,
    site: str,
    now: datetime,
) -> Passkey:
    """Keep the passkey that the browser made. Raises ProblemError: `sign-in-ended`, `second-factor-wrong` (401)."""
    row = _consume_challenge(conn, token, client_id, "passkey", now)
    if row.staff_id != person.staff_id:
        raise _over()
    try:
        made = verify_registration(site, row.challenge, credential)
    except CredentialRefused as fault:
        raise second_factor_wrong() from fault
    if not insert_new(
        conn,
        _passkeys,
        credential_id=made.credential_id,
        staff_id=person.staff_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        name=name,
        created_at=now,
    ):
        raise second_factor_wrong()  # a browser makes a new one each time, so this is a copy of one that is known
    _end(conn, token)
    return Passkey(credential_id=made.credential_id, name=name, created_at=now, used_at=None)


def begin_totp(conn: Connection, person: Staff, vault: Vault) -> tuple[Secret, str]:
    """Make a seed; gives it and the otpauth address for the app's camera. It counts once a code has confirmed it."""
    seed = pyotp.random_base32()
    sealed = vault.encrypt(seed, purpose="totp", bound_to=person.staff_id)
    records.write(conn, person.staff_id, totp_sealed=sealed, totp_confirmed=False, totp_last_step=0)
    address = pyotp.TOTP(seed).provisioning_uri(name=person.login, issuer_name="自治体ポイント管理クラウド")
    return Secret(seed), address


def confirm_totp(conn: Connection, staff_id: str, code: str, *, vault: Vault, now: datetime) -> None:
    """The app shows the right code: from now on it is asked for. Raises ProblemError `second-factor-wrong` (401)."""
    check_code(conn, staff_id, code, vault=vault, now=now, confirmed=False)
    records.write(conn, staff_id, totp_confirmed=True)


def check_code(
    conn: Connection, staff_id: str, code: str, *, vault: Vault, now: datetime, confirmed: bool = True
) -> None:
    """Take a code of six digits, once, within its own 30 seconds. Raises ProblemError `second-factor-wrong` (401)."""
    row = conn.execute(
        select(_staff.c.totp_sealed, _staff.c.totp_last_step, _staff.c.totp_confirmed)
        .where(_staff.c.staff_id == staff_id)
        .with_for_update()
    ).one_or_none()
    if row is None or row.totp_sealed is None or (confirmed and not row.totp_confirmed):
        raise second_factor_wrong()
    totp = pyotp.TOTP(vault.decrypt(row.totp_sealed, purpose="totp", bound_to=staff_id))
    typed = "".join(code.split())
    step = int(now.timestamp()) // STEP_S
    is_right = compare_digest(totp.generate_otp(step).encode(), typed.encode())
    if not is_right or step <= row.totp_last_step:
        raise second_factor_wrong()
    records.write(conn, staff_id, totp_last_step=step)


def forget_all(conn: Connection, staff_id: str) -> None:
    """Take every second factor away: the phone is lost, and an administrator has made sure who asks."""
    conn.execute(delete(_passkeys).where(_passkeys.c.staff_id == staff_id))
    conn.execute(delete(_challenges).where(_challenges.c.staff_id == staff_id))
    forget_totp(conn, staff_id)


def forget_passkey(conn: Connection, staff_id: str, credential_id: str) -> None:
    """Take one passkey away; what was begun with it can be completed no more."""
    conn.execute(
        delete(_passkeys).where(_passkeys.c.staff_id == staff_id, _passkeys.c.credential_id == credential_id)
    )


def forget_totp(conn: Connection, staff_id: str) -> None:
    """Take the authenticator app away."""
    records.write(conn, staff_id, totp_sealed=None, totp_confirmed=False, totp_last_step=0)


def require_another(person: Staff, *, passkeys_left: int, has_totp: bool) -> None:
    """Whoever signs in with two factors keeps two. Raises ProblemError `second-factor-last` (409)."""
    if not passkeys_left and not has_totp and person.role not in PASSWORD_IS_ENOUGH:
        raise ProblemError("second-factor-last")


def end_pending_sign_ins(conn: Connection, staff_id: str) -> None:
    """Half a sign-in was begun with a password that is no longer the password, or by somebody who is let in no more."""
    conn.execute(
        delete(_challenges).where(_challenges.c.staff_id == staff_id, _challenges.c.purpose == "sign-in")
    )


def forget_ended(conn: Connection, now: datetime) -> int:
    return conn.execute(delete(_challenges).where(_challenges.c.ends_at <= now)).rowcount


# --- what they share ---------------------------------------------------------------------------------------------------


def _save_challenge(
    conn: Connection,
    staff_id: str,
    client_id: str,
    purpose: str,
    challenge: bytes,
    options: Mapping[str, Any] | None,
    now: datetime,
) -> Challenge:
    token = Secret("pgh_" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("="))
    conn.execute(
        insert(_challenges).values(
            challenge_hash=records.hash_of(token.reveal()),
            staff_id=staff_id,
            client_id=client_id,
            purpose=purpose,
            challenge=challenge,
            misses=0,
            ends_at=now + CHALLENGE_TTL,
        )
    )
    return Challenge(token=token, options=options, ends_at=now + CHALLENGE_TTL)


def _consume_challenge(conn: Connection, token: str, client_id: str, purpose: str, now: datetime) -> Row[Any]:
    row = conn.execute(
        select(_challenges)
        .where(
            _challenges.c.challenge_hash == records.hash_of(token),
            _challenges.c.client_id == client_id,
            _challenges.c.purpose == purpose,
        )
        .with_for_update()
    ).one_or_none()
    if row is None or row.ends_at <= now or row.misses >= MISSES_ALLOWED:
        raise _over()
    return row


def _end(conn: Connection, token: str) -> None:
    conn.execute(delete(_challenges).where(_challenges.c.challenge_hash == records.hash_of(token)))


def second_factor_wrong() -> ProblemError:
    return ProblemError("second-factor-wrong", "The passkey or the code is not right; try again.")


def _over() -> ProblemError:
    return ProblemError("sign-in-ended", "This sign-in took too long or missed too often; begin again.")
