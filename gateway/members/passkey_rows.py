"""Members' passkeys and the challenges for them, as rows. Sync functions of a Connection."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from gateway.platform import tables

SWEEP_BATCH_SIZE: Final = 1_000
_passkeys = tables.member_passkeys
_challenges = tables.passkey_challenges


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPasskey:
    credential_id: str
    member_id: str
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChallenge:
    challenge: bytes
    purpose: str
    browser: str
    expires_at: datetime


def add(conn: Connection, passkey: StoredPasskey, proof_id: str) -> None:
    conn.execute(
        insert(_passkeys).values(
            credential_id=passkey.credential_id,
            proof_id=proof_id,
            member_id=passkey.member_id,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
        )
    )


def find(conn: Connection, credential_id: str) -> StoredPasskey | None:
    row = conn.execute(select(_passkeys).where(_passkeys.c.credential_id == credential_id)).one_or_none()
    if row is None:
        return None
    return StoredPasskey(
        credential_id=row.credential_id,
        member_id=row.member_id,
        public_key=row.public_key,
        sign_count=row.sign_count,
    )


def list_ids(conn: Connection, member_id: str) -> list[str]:
    rows = conn.execute(select(_passkeys.c.credential_id).where(_passkeys.c.member_id == member_id))
    return [row.credential_id for row in rows]


def raise_count(conn: Connection, passkey: StoredPasskey, sign_count: int) -> bool:
    """Keep the authenticator's new count; False where another answer has raised it meanwhile."""
    raised = (
        update(_passkeys)
        .where(
            _passkeys.c.credential_id == passkey.credential_id, _passkeys.c.sign_count == passkey.sign_count
        )
        .values(sign_count=sign_count)
    )
    return conn.execute(raised).rowcount == 1


def issue(conn: Connection, token: str, challenge: StoredChallenge) -> None:
    conn.execute(
        insert(_challenges).values(
            token_hash=_hash(token),
            challenge=challenge.challenge,
            purpose=challenge.purpose,
            browser=challenge.browser,
            expires_at=challenge.expires_at,
        )
    )


def consume(conn: Connection, token: str) -> StoredChallenge | None:
    """Find and remove in one statement: of two answers at once one gets it."""
    row = conn.execute(
        delete(_challenges).where(_challenges.c.token_hash == _hash(token)).returning(*_challenges.c)
    ).one_or_none()
    if row is None:
        return None
    return StoredChallenge(
        challenge=row.challenge, purpose=row.purpose, browser=row.browser, expires_at=row.expires_at
    )


def forget_expired(conn: Connection, now: datetime) -> int:
    dead = select(_challenges.c.token_hash).where(_challenges.c.expires_at <= now).limit(SWEEP_BATCH_SIZE)
    return conn.execute(delete(_challenges).where(_challenges.c.token_hash.in_(dead))).rowcount


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
