"""Erasing what is kept of a member (消去): the command, its ground and its effect.

Points move nowhere: those that are left stay in the book, which leads to nobody any more, until they end by their rules. Who has
not revoked the MyKey ID gives up exactly what the proposal names; else nothing is erased.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core_ledger import add_notes
from core_ledger.read_model import lock_books
from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.member_data import erasure
from gateway.cities.platform_deeds.member_holdings import (
    balances,
    book_of,
    positions,
    require,
    require_finished,
    stop_cards,
    unfinished,
)
from gateway.cities.proposals.propose import Facts, Ground
from gateway.cities.spending import pay_card_rows
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows, link_rows
from gateway.exchanges.states import State
from gateway.members import member_rows, proofs
from gateway.members.member_rows import Member
from gateway.platform.audit_actions import AuditAction
from gateway.platform.record_stream import MemberErased


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseMember:
    """The command that waits for a second person. `gives_up` are all points that are left; 0 for who has revoked the ID."""

    member_id: str
    gives_up: int


def require_erasable(conn: Connection, mykey_id: str, gives_up: int) -> EraseMember:
    """The command for whoever has this MyKey ID or had it; what was merged into the member goes along.

    Raises ProblemError: `unknown-member` (404), `points-left`, `member-busy` (409).
    """
    member = member_rows.find_ever(conn, mykey_id)
    if member is None:
        raise member_rows.unknown_member()
    member = member_rows.find_successor(conn, member)
    command = EraseMember(member_id=member.member_id, gives_up=gives_up)
    _require_erasable(conn, _lock(conn, command), gives_up)
    return command


def erase_ground(_: CityContext, conn: Connection, __: str, command: EraseMember) -> Ground:
    """The member and all that is left, as the author saw it, held until the transaction ends."""
    people = _lock(conn, command)
    return {
        "mykey_id": people[0].mykey_id,
        "state": people[0].state.value,
        "points": json.dumps(
            [
                sorted(
                    (account, position.balance.posted) for account, position in positions(conn, each).items()
                )
                for each in people
            ]
        ),
        "unfinished": " ".join(
            name for each in people for name in unfinished(conn, each, positions(conn, each))
        ),
        "merged": " ".join(each.member_id for each in people[1:]),
    }


def erase_facts(conn: Connection, command: EraseMember) -> tuple[Facts, int]:
    """What people read of it, with what is left of those who were merged into the member; no name, as it stays in the list
    of proposals until it is decided.
    """
    member = require(conn, command.member_id)
    merged = [require(conn, each) for each in member_rows.list_merged_into(conn, command.member_id)]
    left = [balances(conn, each) for each in (member, *merged)]
    facts: dict[str, str | int] = {
        "mykey_id": member.mykey_id,
        "member_state": member.state.value,
        "balances_left": ", ".join(text for text, points in left if points),
        "proofs": proofs.count(conn, member.member_id),
        "links": len(link_rows.list_by_member(conn, book_of(member))),
        "cards_stopped": len(pay_card_rows.lock_holders(conn, book_of(member))),
    }
    return facts, sum(points for _, points in left)


def erase_member(conn: Connection, who: StaffActor, command: EraseMember, why: str, at: datetime) -> None:
    """Carry it out. Raises ProblemError as `require_erasable`."""
    people = _lock(conn, command)
    _require_erasable(conn, people, command.gives_up)
    points = 0
    for member in people:
        points += balances(conn, member)[1]
        for exchange in exchange_rows.lock_unfinished(conn, book_of(member)):
            exchange_rows.transition(
                conn, exchange, State.CANCELLED, at, "the member's record was erased", ended_at=at,
                handoff_sealed=None,
            )  # fmt: skip
        stop_cards(conn, who, member, member.member_id, why, at)
        erasure.erase(conn, member, at)
    add_notes(conn, [MemberErased(member.member_id) for member in people])
    write_audit(conn, who, at, AuditAction.MEMBER_ERASED, command.member_id, why, {"points": points})


def _lock(conn: Connection, command: EraseMember) -> list[Member]:
    """The member first, then who was merged into it; rows, proposals, cards, exchanges, books, each in everybody's order."""
    ids = [command.member_id, *member_rows.list_merged_into(conn, command.member_id)]
    rows = {member_id: require(conn, member_id, lock=True) for member_id in sorted(ids)}
    people = [rows[member_id] for member_id in ids]
    for member in people:
        erasure.lock_proposals(conn, member)
    for member in people:
        pay_card_rows.lock_holders(conn, book_of(member))
        exchange_rows.lock_unfinished(conn, book_of(member))
    lock_books(conn, sorted(book_of(member) for member in people))
    return people


def _require_erasable(conn: Connection, people: list[Member], gives_up: int) -> None:
    """Raises ProblemError `unknown-member` (404), `member-busy`, `points-left` (409)."""
    member, left = people[0], 0
    if member.is_erased:
        raise member_rows.unknown_member()
    for each in people:
        require_finished(conn, each, positions(conn, each))
        left += balances(conn, each)[1]
    if gives_up != left and (member.active or gives_up):
        raise ProblemError(
            "points-left",
            f"There are {left:,} points. Have them used or moved first, have the MyKey ID revoked by its owner, or say that"
            f" exactly these {left:,} are given up.",
            available=left,
        )
