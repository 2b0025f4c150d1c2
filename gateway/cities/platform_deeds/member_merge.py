"""Two members who are one person become one (統合): the command, its ground, and the moves that bring the points together.

    one member's book           merge:<id>           the other member's book
    each lot of each account ──────────────────────► the same account, with the same day of issue

Both members, their unfinished exchanges and both books are held from the ground to the last move, in one transaction. What was
moved stays where it was written; the old MyKey ID is revoked and says whose it is now. The same deed brings what a revoked
member has left to the ID that the person has since, and what comes to an old ID after its merge.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core_ledger import Transfer, add_notes, ledger
from core_ledger.read_model import lock_books
from gateway.cities import daily_limits
from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.grants import project_members
from gateway.cities.merge_moves import pass_lot
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
from gateway.cities.support.masks import masked
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows, link_rows
from gateway.exchanges.exchange_context import link_row
from gateway.exchanges.states import State
from gateway.members import (
    mail_addresses,
    member_events,
    member_rows,
    mykey_ids,
    proofs,
    representations,
    sessions,
    step_up,
)
from gateway.members.member_events import MemberEventKind
from gateway.members.member_rows import Member
from gateway.platform.audit_actions import AuditAction
from gateway.platform.encryption import Unreadable, Vault
from gateway.platform.record_stream import MemberRevoked
from gateway.platform.states import MEMBER_MOVES, MemberState
from gateway.platform.transitions import require_legal
from gateway.points import support_events
from httpkit.clock import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeMembers:
    """The command that waits for a second person: all of `from_member` goes to `into_member`, both by member id."""

    from_member: str
    into_member: str


def require_pair(conn: Connection, from_mykey_id: str, into_mykey_id: str) -> MergeMembers:
    """The command for two MyKey IDs; one that was revoked or merged before may be given up, not be gone on with.

    Raises ProblemError: `unknown-member` (404), `same-member`, `member-revoked`, `member-merged` (409).
    """
    old, new = (member_rows.find_ever(conn, typed) for typed in (from_mykey_id, into_mykey_id))
    if old is None or new is None:
        raise member_rows.unknown_member()
    if new.member_id == old.member_id:
        raise ProblemError(
            "same-member", "Both are MyKey IDs of one member; there is nothing to bring together."
        )
    command = MergeMembers(from_member=old.member_id, into_member=new.member_id)
    _require_mergeable(conn, *_lock(conn, command))
    return command


def merge_ground(_: CityContext, conn: Connection, __: str, command: MergeMembers) -> Ground:
    """Both members and all that the old one has, as the author saw it, held until the transaction ends."""
    old, new = _lock(conn, command)
    held = positions(conn, old)
    return {
        "from": old.mykey_id,
        "from_state": old.state.value,
        "from_merged_into": old.merged_into,
        "into": new.mykey_id,
        "into_state": new.state.value,
        "lots": json.dumps(
            {
                account: [[lot.issued_on.isoformat(), lot.points, lot.held] for lot in position.lots]
                for account, position in sorted(held.items())
            }
        ),
        "unfinished": " ".join(unfinished(conn, old, held)),
        "proofs": proofs.count(conn, old.member_id),
        "links": " ".join(link.partner_id for link in link_rows.list_by_member(conn, book_of(old))),
    }


def merge_facts(conn: Connection, command: MergeMembers) -> tuple[Facts, int]:
    """What people read of it, and how many points come with it. Names are cut, as the platform looks after no member."""
    old = require(conn, command.from_member)
    new = require(conn, command.into_member)
    text, points = balances(conn, old)
    facts: dict[str, str | int] = {
        "from_mykey_id": old.mykey_id,
        "from_name": masked(old.display_name),
        "from_state": old.state.value,
        "mykey_id": new.mykey_id,
        "name": masked(new.display_name),
        "balances": text,
        "proofs": proofs.count(conn, old.member_id),
        "links": len(link_rows.list_by_member(conn, book_of(old))),
        "cards_stopped": len(pay_card_rows.lock_holders(conn, book_of(old))),
    }
    return facts, points


def merge_members(
    context: CityContext, conn: Connection, who: StaffActor, command: MergeMembers, merge_id: str, why: str, at: datetime
) -> None:  # fmt: skip
    """Carry it out. Raises ProblemError as `require_pair`."""
    old, new = _lock(conn, command)
    _require_mergeable(conn, old, new)
    points = _move_points(conn, merge_id, old, new, at)
    for exchange in exchange_rows.lock_unfinished(conn, book_of(old)):
        exchange_rows.transition(
            conn, exchange, State.CANCELLED, at, "the member goes on under another MyKey ID", ended_at=at,
            handoff_sealed=None,
        )  # fmt: skip
    stop_cards(conn, who, old, old.mykey_id, why, at)
    _hand_links_over(conn, context.vault, book_of(old), book_of(new))
    proofs.hand_over(conn, old.member_id, new.member_id)
    step_up.carry_over(conn, old.member_id, new.member_id)
    mail_addresses.hand_over(conn, context.vault, old.member_id, new.member_id)
    if new.default_municipality is None and old.default_municipality is not None:
        member_rows.write(
            conn, new.member_id, default_municipality=old.default_municipality,
            default_point_service=old.default_point_service,
        )  # fmt: skip
    end_old(conn, old, new, at)
    member_events.record(conn, new.member_id, MemberEventKind.MERGED, at)
    add_notes(conn, [MemberRevoked(old.member_id, into=new.member_id)])
    facts: dict[str, str | int] = {"from_mykey_id": old.mykey_id, "points": points, "merge": merge_id}
    write_audit(conn, who, at, AuditAction.MEMBERS_MERGED, new.mykey_id, why, facts)


def end_old(conn: Connection, old: Member, new: Member, at: datetime) -> None:
    """Revoke the old member and say whose it is now; what limits have counted is one person's from then on.

    The second time is the same. The caller has locked both books.
    """
    if old.merged_into is None:
        project_members.add_counts(conn, book_of(old), book_of(new))
        daily_limits.add_counts(conn, book_of(old), book_of(new), day_of(at))
    mykey_ids.retire(conn, old.member_id, old.mykey_id, at)
    require_legal(MEMBER_MOVES, old.state, MemberState.REVOKED)
    member_rows.write(
        conn, old.member_id, state=MemberState.REVOKED, password_hash=None, merged_into=new.member_id
    )
    sessions.end_all(conn, old.member_id)
    representations.end_all_of(conn, old.member_id, at)


def _move_points(conn: Connection, merge_id: str, old: Member, new: Member, at: datetime) -> int:
    """Each lot by a pair of moves, so that it keeps its day of issue and with it its last day. Returns the points."""
    moves: list[Transfer] = []
    points = 0
    for account, position in sorted(positions(conn, old).items()):
        for lot in position.lots:
            moves += pass_lot(
                merge_id,
                len(moves) // 2 + 1,
                book_of(old),
                book_of(new),
                account,
                lot.issued_on,
                lot.points,
                at,
            )
            points += lot.points
        if account.startswith("event:"):
            _count_gift(conn, old, new, account.removeprefix("event:"), position.balance.posted)
    ledger.apply(conn, moves)
    return points


def _count_gift(conn: Connection, old: Member, new: Member, event_id: str, points: int) -> None:
    """The gift is the same person's, once."""
    support_events.count_gift(conn, book_of(old), event_id, -points)
    support_events.count_gift(conn, book_of(new), event_id, points)


def _hand_links_over(conn: Connection, vault: Vault, from_book: str, to_book: str) -> None:
    """Accounts at partners that the other member has not; those that cannot be read any more are released."""
    linked = {link.partner_id for link in link_rows.list_by_member(conn, to_book)}
    for link in link_rows.list_by_member(conn, from_book):
        if link.partner_id in linked:
            continue
        sealed = link.token_sealed
        if sealed is not None:
            try:
                token = vault.decrypt(sealed, purpose="link", bound_to=link_row(from_book, link.partner_id))
            except Unreadable:
                continue
            sealed = vault.encrypt(token, purpose="link", bound_to=link_row(to_book, link.partner_id))
        link_rows.hand_over(conn, link, to_book, sealed)
    link_rows.remove_all(conn, from_book)


def _lock(conn: Connection, command: MergeMembers) -> tuple[Member, Member]:
    """Both rows, then what a payment by card and an exchange hold before the book, then both books: as everybody does."""
    ids = sorted((command.from_member, command.into_member))
    rows = {member_id: require(conn, member_id, lock=True) for member_id in ids}
    old, new = rows[command.from_member], rows[command.into_member]
    pay_card_rows.lock_holders(conn, book_of(old))
    exchange_rows.lock_unfinished(conn, book_of(old))
    lock_books(conn, sorted((book_of(old), book_of(new))))
    return old, new


def _require_mergeable(conn: Connection, old: Member, new: Member) -> None:
    """Raises ProblemError: `member-revoked`, `member-merged`, `member-busy`, `nothing-to-merge` (409)."""
    if not new.active:
        _refuse_ended(conn, new)
    if old.merged_into is not None and member_rows.find_successor(conn, old).member_id != new.member_id:
        _refuse_ended(conn, old)
    held = positions(conn, old)
    require_finished(conn, old, held)
    if not old.active and not any(position.balance.posted for position in held.values()):
        raise ProblemError(
            "nothing-to-merge",
            "The old MyKey ID has ended and has no points left; there is nothing to bring over.",
        )


def _refuse_ended(conn: Connection, member: Member) -> None:
    successor = member_rows.find_successor(conn, member)
    if successor.member_id != member.member_id:
        raise member_rows.merged(member, successor)
    raise ProblemError("member-revoked", "This MyKey ID was revoked; give the one that the person uses now.")
