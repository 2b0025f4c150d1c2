"""Members as rows: sync functions of a Connection, each a part of somebody's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.errors import ProblemError
from gateway.members import mykey_ids, proofs
from gateway.members.proofs import ProofKey
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.states import MemberState

_members = tables.members
_SELECT: Final = select(_members, proofs.has_card().label("has_card"))
_ONE: Final = _SELECT.where(_members.c.member_id == bindparam("of_member"))
_FIND: Final = CompiledStatement(_ONE)
_LOCKED: Final = CompiledStatement(_ONE.with_for_update())
_LOCK_BATCH_SIZE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as others may see the row: without the password's hash.

    `merged_into` is the id of the member whom the same person is now, None for who was not merged. `is_erased`: nothing of
    the person is in the row any more.
    """

    member_id: str
    mykey_id: str
    display_name: str
    language: str
    default_municipality: str | None
    default_point_service: str | None
    state: MemberState
    has_password: bool
    has_card: bool
    created_at: datetime
    merged_into: str | None = None
    is_erased: bool = False

    @property
    def active(self) -> bool:
        return self.state is MemberState.ACTIVE


def create_member(
    conn: Connection,
    *,
    member_id: str,
    display_name: str,
    at: datetime,
    mykey_id: str | None = None,
    password_hash: str | None = None,
    proof: ProofKey | None = None,
    language: str = "ja",
) -> Member:
    """Add a member. Raises ProblemError: `mykey-id-taken`, `card-registered`, `proof-registered` (409)."""
    if mykey_id is not None and not mykey_ids.is_available(conn, mykey_id):
        raise ProblemError("mykey-id-taken", "This MyKey ID is taken; choose another or have one generated.")
    if proof is not None:
        proofs.require_free(conn, proof, member_id)
    conn.execute(
        insert(_members).values(
            member_id=member_id,
            mykey_id=mykey_id or mykey_ids.new_mykey_id(conn),
            password_hash=password_hash,
            display_name=display_name,
            language=language,
            created_at=at,
        )
    )
    if proof is not None:
        proofs.add(conn, member_id, proof, at)
    if password_hash is not None:
        proofs.add_password(conn, member_id, at)
    return require_member(conn, member_id)


def find_member(conn: Connection, member_id: str, *, lock: bool = False) -> Member | None:
    """Find a member, a revoked one too (histories need them); `lock` keeps it so until the transaction ends."""
    row = (_LOCKED if lock else _FIND).first(conn, {"of_member": member_id})
    return None if row is None else _member(row)


def find_by_mykey_id(conn: Connection, mykey_id: str) -> Member | None:
    """Find the active member who has this MyKey ID now."""
    row = conn.execute(
        _SELECT.where(_members.c.mykey_id == mykey_id, _members.c.state == MemberState.ACTIVE)
    ).one_or_none()
    return None if row is None else _member(row._asdict())


def find_ever(conn: Connection, typed: str, *, lock: bool = False) -> Member | None:
    """Find the member who has this MyKey ID or had it: a revoked one too, and a merged one as the row of before."""
    known = mykey_ids.read(typed)
    if known is None:
        return None
    member_id = conn.scalar(select(_members.c.member_id).where(_members.c.mykey_id == known))
    return find_member(conn, member_id or mykey_ids.retired_from(conn, known) or "", lock=lock)


def find_successor(conn: Connection, member: Member) -> Member:
    """Whom the same person is now: the member itself, or where its merge has led, over any number of merges."""
    while member.merged_into is not None:
        successor = find_member(conn, member.merged_into)
        if successor is None:
            break
        member = successor
    return member


def list_merged_into(conn: Connection, member_id: str) -> list[str]:
    """The ids of all members who have become this one, over any number of merges; the oldest first."""
    merged: list[str] = []
    latest = [member_id]
    while latest:
        query = select(_members.c.member_id).where(_members.c.merged_into.in_(latest))
        latest = [each for each in conn.execute(query).scalars() if each not in merged]
        merged += latest
    return sorted(merged)


def require_member(conn: Connection, member_id: str, *, lock: bool = False) -> Member:
    """Give an active member; `lock` keeps it so until the transaction ends. Raises ProblemError `unknown-member` (404)."""
    member = find_member(conn, member_id, lock=lock)
    if member is None or not member.active:
        raise unknown_member()
    return member


def lock_active(conn: Connection, member_ids: Collection[str]) -> set[str]:
    """Which of these are members, and stay so until the transaction ends: for whoever puts points into their books.

    Who erases or merges a member holds the row against this lock, and waits or is waited for; what else is written of a member
    is not. It is taken before the books. Their own locks would not do: a book that nothing came into yet has no row.
    """
    active: set[str] = set()
    ids = sorted(set(member_ids))
    for start in range(0, len(ids), _LOCK_BATCH_SIZE):
        these = _members.c.member_id.in_(ids[start : start + _LOCK_BATCH_SIZE])
        query = select(_members.c.member_id).where(these, _members.c.state == MemberState.ACTIVE)
        query = query.order_by(_members.c.member_id).with_for_update(read=True, key_share=True)
        active.update(conn.scalars(query))
    return active


def credentials(
    conn: Connection, mykey_id: str, member_id: str | None = None
) -> tuple[str, str | None] | None:
    """The active member of this ID and the password's hash; None where it is not the member asked for."""
    row = conn.execute(
        select(_members.c.member_id, _members.c.password_hash).where(
            _members.c.mykey_id == mykey_id, _members.c.state == MemberState.ACTIVE
        )
    ).one_or_none()
    if row is None or member_id not in (None, row.member_id):
        return None
    return row.member_id, row.password_hash


def password_unchanged(conn: Connection, member_id: str, hashed: str) -> bool:
    """Whether nobody has changed the password or revoked the member while it was being compared.

    Keeps it so until the transaction ends, so that no session slips in behind a revocation.
    """
    return (
        conn.execute(
            select(_members.c.member_id)
            .where(
                _members.c.member_id == member_id,
                _members.c.state == MemberState.ACTIVE,
                _members.c.password_hash == hashed,
            )
            .with_for_update()
        ).first()
        is not None
    )


def write(conn: Connection, member_id: str, **to: Any) -> None:
    """Write columns of a member's row as they are; what may be written is the caller's to know."""
    conn.execute(update(_members).where(_members.c.member_id == member_id).values(**to))


def change(conn: Connection, member_id: str, **to: Any) -> Member:
    """Write columns of an active member and give the member as changed. Raises ProblemError `unknown-member` (404)."""
    require_member(conn, member_id)
    write(conn, member_id, **to)
    return require_member(conn, member_id)


def _member(row: Mapping[str, Any]) -> Member:
    return Member(
        member_id=row["member_id"],
        mykey_id=row["mykey_id"],
        display_name=row["display_name"],
        language=row["language"],
        default_municipality=row["default_municipality"],
        default_point_service=row["default_point_service"],
        state=MemberState(row["state"]),
        has_password=row["password_hash"] is not None,
        has_card=bool(row["has_card"]),
        created_at=row["created_at"],
        merged_into=row["merged_into"],
        is_erased=row["erased_at"] is not None,
    )


def unknown_member() -> ProblemError:
    return ProblemError("unknown-member", "There is no such member.")


def merged(member: Member, successor: Member) -> ProblemError:
    """For whoever asks at a desk by an ID that has ended: whose it is now."""
    return ProblemError(
        "member-merged",
        f"The MyKey ID {member.mykey_id} has ended; the same person has {successor.mykey_id} now.",
        mykey_id=successor.mykey_id,
    )
