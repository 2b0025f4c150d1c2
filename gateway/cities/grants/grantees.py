"""A member as a city's staff may see one: only who has the city's points, or has chosen the city as 基本自治体.

Anybody else does not exist for them, in the same words as an ID that nobody has. Whoever is to be granted points is
told apart from a wrong ID, as a grant file tells them apart; a stranger's name is not shown for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from core_ledger import chart
from gateway.errors import ProblemError
from gateway.members import member_rows, mykey_ids
from gateway.members.member_rows import Member
from gateway.points import account_positions, expiry, rules


@dataclass(frozen=True, slots=True, kw_only=True)
class CityMember:
    """`balances` are those in the city's own point services, without what has expired and is not swept off yet."""

    mykey_id: str
    display_name: str
    balances: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantee:
    """Who is to be granted points. `display_name` is None where the member has nothing to do with the city yet."""

    mykey_id: str
    display_name: str | None


def find_grantee(conn: Connection, code: str, mykey_id: str, today: date) -> Grantee:
    """Give whoever has this MyKey ID, wherever they live. Raises ProblemError: `unknown-member` (404), `member-merged` (409)."""
    known = mykey_ids.read(mykey_id)
    if known is None or member_rows.find_by_mykey_id(conn, known) is None:
        raise _not_a_member(conn, code, mykey_id)
    try:
        return Grantee(mykey_id=known, display_name=find(conn, code, known, today).display_name)
    except ProblemError:
        return Grantee(mykey_id=known, display_name=None)


def find_member(conn: Connection, code: str, mykey_id: str) -> Member:
    """Give the row of a member of this city. Raises ProblemError: `unknown-member` (404), `member-merged` (409)."""
    known = mykey_ids.read(mykey_id)
    member = member_rows.find_by_mykey_id(conn, known) if known else None
    if member is None:
        raise _not_a_member(conn, code, mykey_id)
    if not _belongs(conn, code, member):
        raise member_rows.unknown_member()
    return member


def find(conn: Connection, code: str, mykey_id: str, today: date) -> CityMember:
    """Give a member of this city. Raises ProblemError: `unknown-member` (404), `member-merged` (409)."""
    known = mykey_ids.read(mykey_id)
    member = member_rows.find_by_mykey_id(conn, known) if known else None
    if member is None:
        raise _not_a_member(conn, code, mykey_id)
    book = chart.member_book(member.member_id)
    prefix = f"{book}:municipality:{code}:"
    held = {
        account.removeprefix(prefix): expiry.unexpired(
            position.lots, rules.versions(conn, code, account.removeprefix(prefix)), today
        )
        for account, position in account_positions.of_book(conn, book).items()
        if account.startswith(prefix)
    }
    if not held and member.default_municipality != code:
        raise member_rows.unknown_member()
    return CityMember(mykey_id=member.mykey_id, display_name=member.display_name, balances=held)


def _belongs(conn: Connection, code: str, member: Member) -> bool:
    held = account_positions.of_book(conn, chart.member_book(member.member_id))
    prefix = f"{chart.member_book(member.member_id)}:municipality:{code}:"
    return member.default_municipality == code or any(account.startswith(prefix) for account in held)


def _not_a_member(conn: Connection, code: str, mykey_id: str) -> ProblemError:
    """Whose an ID is now that has ended by a merge, where the person is a member of this city; else that nobody has it."""
    member = member_rows.find_ever(conn, mykey_id)
    if member is not None and member.merged_into is not None:
        successor = member_rows.find_successor(conn, member)
        if successor.active and _belongs(conn, code, successor):
            return member_rows.merged(member, successor)
    return member_rows.unknown_member()
