"""A member as a city's staff may see one: only who has the city's points, or has chosen the city as 基本自治体.

Anybody else does not exist for them, in the same words as an ID that nobody has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from core_ledger import chart, ledger
from gateway.members import member_rows, mykey_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class CityMember:
    """`balances` are those in the city's own point services."""

    mykey_id: str
    display_name: str
    balances: Mapping[str, int]


def find(conn: Connection, code: str, mykey_id: str) -> CityMember:
    """Give a member of this city. Raises ProblemError `unknown-member` (404)."""
    known = mykey_ids.read(mykey_id)
    member = member_rows.find_by_mykey_id(conn, known) if known else None
    if member is None:
        raise member_rows.unknown_member()
    book = chart.member_book(member.member_id)
    prefix = f"{book}:municipality:{code}:"
    held = {
        account.removeprefix(prefix): balance.posted
        for account, balance in ledger.balances(conn, book, prefix).items()
    }
    if not held and member.default_municipality != code:
        raise member_rows.unknown_member()
    return CityMember(mykey_id=member.mykey_id, display_name=member.display_name, balances=held)
