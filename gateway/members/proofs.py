"""By what a member proves to be the member (本人確認の手段): a card, a phone's OpenID Connect sign-in, a passkey, a password.

Sync functions of a Connection. A proof is found by its kind, its issuer and a keyed hash of whom that issuer names; neither
a certificate's number nor a provider's `sub` is kept. A member has any number of proofs and never none, but for after a restore
(`end_again`). The member's row is the lock of its proofs: whoever changes them, or lets somebody in by one, holds it first.
Each proof that ends before its member does is noted, so that a restore brings none of them back.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from core_ledger import add_notes
from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.record_stream import ProofEnded
from gateway.platform.sql import insert_new
from gateway.platform.states import MemberState

CARD_ISSUER: Final = "jpki"
_proofs = tables.member_proofs
_members = tables.members
_passkeys = tables.member_passkeys


class ProofKind(StrEnum):
    CARD = "card"
    OIDC = "oidc"
    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105  a kind of proof


ONE_OF_AN_ISSUER: Final = frozenset({ProofKind.CARD, ProofKind.OIDC})
"""An issuer names a person once: a renewed card or a changed `sub` takes the place of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofKey:
    """By what a proof is found; the hash is of whom the issuer names, and needs the gateway's key to be made."""

    kind: ProofKind
    issuer: str
    subject_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One proof as its member and the support desk see it.

    `name` is what the member calls it. `added_at` is None where it was added before that was written down, `used_at` where
    nobody has come in by it since.
    """

    proof_id: str
    kind: ProofKind
    issuer: str
    name: str
    added_at: datetime | None
    used_at: datetime | None


def card_proof(card_key: str) -> ProofKey:
    """The proof of a card; `card_key` is the keyed hash of its certificate's issuer and serial number."""
    return ProofKey(kind=ProofKind.CARD, issuer=CARD_ISSUER, subject_hash=card_key)


def password_proof(member_id: str) -> ProofKey:
    """The proof of a member's password, which nobody else issues; the hash that it is compared with is the member's."""
    return ProofKey(kind=ProofKind.PASSWORD, issuer="", subject_hash=member_id)


def has_card() -> Any:
    """A column for a SELECT of members."""
    return exists().where(_proofs.c.member_id == _members.c.member_id, _proofs.c.kind == ProofKind.CARD)


def find_owner(conn: Connection, key: ProofKey, *, lock: bool = False) -> str | None:
    """Whose proof this is, among active members; `lock` keeps it so until the transaction ends."""
    member_id: str | None = conn.execute(select(_proofs.c.member_id).where(*_is(key))).scalar_one_or_none()
    if member_id is None:
        return None
    wanted = select(_members.c.member_id).where(
        _members.c.member_id == member_id, _members.c.state == MemberState.ACTIVE
    )
    if not lock:
        return conn.execute(wanted).scalar_one_or_none()
    if conn.execute(wanted.with_for_update()).first() is None:
        return None
    # It may have been taken away before the member's row was ours.
    owner: str | None = conn.execute(select(_proofs.c.member_id).where(*_is(key))).scalar_one_or_none()
    return owner if owner == member_id else None


def list_by_member(conn: Connection, member_id: str) -> list[Proof]:
    """The member's proofs, by kind and in the order in which they were added."""
    rows = conn.execute(
        select(_proofs)
        .where(_proofs.c.member_id == member_id)
        .order_by(_proofs.c.kind, _proofs.c.added_at, _proofs.c.proof_id)
    )
    return [_proof(row) for row in rows]


def count(conn: Connection, member_id: str) -> int:
    return conn.execute(
        select(func.count()).select_from(_proofs).where(_proofs.c.member_id == member_id)
    ).scalar_one()


def require_free(conn: Connection, key: ProofKey, member_id: str) -> None:
    """Refuse what proves somebody else already. Raises ProblemError `card-registered`, `proof-registered` (409)."""
    if find_owner(conn, key) in (None, member_id):
        return
    if key.kind is ProofKind.CARD:
        raise ProblemError(
            "card-registered",
            "This card already has a MyKey ID; sign in with the card, or revoke the old ID first.",
        )
    raise ProblemError(
        "proof-registered",
        "This already leads to another MyKey ID; sign in with it, or revoke that ID first.",
    )


def add(conn: Connection, member_id: str, key: ProofKey, at: datetime, *, name: str = "") -> str:
    """Add a proof, in place of the one that its issuer gave before; gives its id. One that is there already stays.

    Raises ProblemError as `require_free`, and IntegrityError for who lost a race: the job is to be run again.
    """
    require_free(conn, key, member_id)
    # Only one's own: what somebody else has added since `require_free` looked is for the unique key to refuse.
    known: str | None = conn.execute(
        select(_proofs.c.proof_id).where(_proofs.c.member_id == member_id, *_is(key))
    ).scalar_one_or_none()
    if known is not None:
        return known
    if key.kind in ONE_OF_AN_ISSUER:
        _end(
            conn, _proofs.c.member_id == member_id, _proofs.c.kind == key.kind, _proofs.c.issuer == key.issuer
        )
    proof_id = uuid.uuid4().hex
    conn.execute(insert(_proofs).values(_values(proof_id, member_id, key, at) | {"name": name}))
    return proof_id


def record_use(conn: Connection, member_id: str, key: ProofKey, at: datetime) -> None:
    """Somebody came in by it."""
    used = conn.execute(update(_proofs).where(*_is(key)).values(used_at=at))
    if used.rowcount == 0:  # a password that came with a list of members
        values = _values(uuid.uuid4().hex, member_id, key, None)
        insert_new(conn, _proofs, **values, name="", used_at=at)


def renew_password(conn: Connection, member_id: str, at: datetime) -> None:
    """The password is another one from now on."""
    if not _end(conn, *_is(password_proof(member_id))):
        # One that came with a list of members and was never used is named by no row.
        add_notes(conn, [ProofEnded(member_id, "", ProofKind.PASSWORD)])
    add_password(conn, member_id, at)


def add_password(conn: Connection, member_id: str, at: datetime) -> None:
    """The first password of a new member."""
    conn.execute(insert(_proofs).values(_values(uuid.uuid4().hex, member_id, password_proof(member_id), at)))


def remove(conn: Connection, member_id: str, proof_id: str) -> Proof:
    """Take one proof away. Raises ProblemError: `unknown-proof` (404), `proof-last` (409) for the only one.

    The caller holds the member's row, so that of two removals at once the second sees the first.
    """
    row = conn.execute(
        select(_proofs).where(_proofs.c.member_id == member_id, _proofs.c.proof_id == proof_id)
    ).one_or_none()
    if row is None:
        raise ProblemError(
            "unknown-proof", "There is no such way to sign in; it may have been removed already."
        )
    if count(conn, member_id) == 1:
        raise ProblemError("proof-last", "This is the only way to sign in; add another one first.")
    _end(conn, _proofs.c.proof_id == proof_id)
    conn.execute(delete(_passkeys).where(_passkeys.c.proof_id == proof_id))
    return _proof(row)


def remove_all(conn: Connection, member_id: str) -> None:
    """Take every proof of a member who ends away, so that each may serve a new registration; the caller notes the end."""
    conn.execute(delete(_proofs).where(_proofs.c.member_id == member_id))
    conn.execute(delete(_passkeys).where(_passkeys.c.member_id == member_id))


def end_all(conn: Connection, member_id: str) -> None:
    """Take every proof of a member who goes on away, before another one is given."""
    _end(conn, _proofs.c.member_id == member_id)
    conn.execute(delete(_passkeys).where(_passkeys.c.member_id == member_id))


def find_member_of(conn: Connection, proof_id: str) -> str | None:
    """Who has the proof of this id, whatever became of the member."""
    return conn.scalar(select(_proofs.c.member_id).where(_proofs.c.proof_id == proof_id))


def end_again(conn: Connection, member_id: str, kind: ProofKind, proof_id: str) -> bool:
    """Take away what had ended and a restore has brought back, were it the last; whether it was there.

    The caller holds the member's row. A password that was set since stays, as does any other proof.
    """
    ids = {proof_id}
    if kind is ProofKind.PASSWORD:
        password = conn.execute(
            select(_proofs.c.proof_id, _proofs.c.added_at).where(*_is(password_proof(member_id)))
        ).one_or_none()
        if password is not None and password.added_at is not None and password.proof_id != proof_id:
            return False
        had_password = _members.c.member_id == member_id, _members.c.password_hash.is_not(None)
        if conn.execute(update(_members).where(*had_password).values(password_hash=None)).rowcount == 0:
            return False
        ids |= {password.proof_id} if password is not None else set()
    ended = _end(conn, _proofs.c.member_id == member_id, _proofs.c.proof_id.in_(ids))
    conn.execute(delete(_passkeys).where(_passkeys.c.member_id == member_id, _passkeys.c.proof_id.in_(ids)))
    return ended > 0 or kind is ProofKind.PASSWORD


def hand_over(conn: Connection, from_member: str, to_member: str) -> int:
    """Let another member, who is the same person, sign in by these proofs. Returns how many.

    A password stays behind, as it belongs to its MyKey ID, and so does what the other member has from the same issuer. The
    caller holds both rows.
    """
    handed = 0
    issuers = {(each.kind, each.issuer) for each in list_by_member(conn, to_member)}
    for proof in list_by_member(conn, from_member):
        is_double = proof.kind in ONE_OF_AN_ISSUER and (proof.kind, proof.issuer) in issuers
        if proof.kind is not ProofKind.PASSWORD and not is_double:
            this = {"member_id": to_member}
            conn.execute(update(_proofs).where(_proofs.c.proof_id == proof.proof_id).values(this))
            conn.execute(update(_passkeys).where(_passkeys.c.proof_id == proof.proof_id).values(this))
            handed += 1
    remove_all(conn, from_member)
    return handed


def _end(conn: Connection, *which: Any) -> int:
    """Delete proofs, noting each; how many there were."""
    ended = conn.execute(
        delete(_proofs).where(*which).returning(_proofs.c.member_id, _proofs.c.proof_id, _proofs.c.kind)
    ).all()
    add_notes(conn, [ProofEnded(row.member_id, row.proof_id, row.kind) for row in ended])
    return len(ended)


def _is(key: ProofKey) -> Sequence[Any]:
    return (
        _proofs.c.kind == key.kind,
        _proofs.c.issuer == key.issuer,
        _proofs.c.subject_hash == key.subject_hash,
    )


def _values(proof_id: str, member_id: str, key: ProofKey, at: datetime | None) -> dict[str, Any]:
    return {
        "proof_id": proof_id,
        "member_id": member_id,
        "kind": key.kind.value,
        "issuer": key.issuer,
        "subject_hash": key.subject_hash,
        "added_at": at,
    }


def _proof(row: Row[Any]) -> Proof:
    return Proof(
        proof_id=row.proof_id,
        kind=ProofKind(row.kind),
        issuer=row.issuer,
        name=row.name,
        added_at=row.added_at,
        used_at=row.used_at,
    )
