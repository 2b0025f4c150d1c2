"""What a member has, and what is under way with it: looked at by every deed about a member's record.

Sync functions of a Connection; the caller holds the member's row and book where what is read has to stay so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from core_ledger import chart
from core_ledger.read_model import Position
from gateway.cities.city_context import StaffActor
from gateway.cities.spending import pay_card_rows
from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows, reversal_rows
from gateway.exchanges.states import HELD
from gateway.members import member_rows
from gateway.members.member_rows import Member
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.short_reference import short_reference
from gateway.points import account_positions, directory, support_events
from gateway.points.support_events import EventState


def book_of(member: Member) -> str:
    return chart.member_book(member.member_id)


def require(conn: Connection, member_id: str, *, lock: bool = False) -> Member:
    """A member, a revoked one too. Raises ProblemError `unknown-member` (404)."""
    member = member_rows.find_member(conn, member_id, lock=lock)
    if member is None:
        raise member_rows.unknown_member()
    return member


def positions(conn: Connection, member: Member) -> dict[str, Position]:
    """What the member has, by the account's name within the book."""
    book = book_of(member)
    return {
        account.removeprefix(f"{book}:"): position
        for account, position in account_positions.of_book(conn, book).items()
    }


def balances(conn: Connection, member: Member) -> tuple[str, int]:
    """All that the member has, as people read it, and the sum of it."""
    points = {
        account: position.balance.posted
        for account, position in positions(conn, member).items()
        if position.balance.posted
    }
    text = ", ".join(f"{_called(conn, account)} {number:,}" for account, number in sorted(points.items()))
    return text, sum(points.values())


def unfinished(conn: Connection, member: Member, held: Mapping[str, Position]) -> list[str]:
    """What would still come to the book, or leave it: by the numbers that staff find it by."""
    waiting = [
        f"{short_reference(each.exchange_id)} ({each.partner_id})"
        for each in exchange_rows.lock_unfinished(conn, book_of(member))
        if each.state in HELD
    ]
    waiting += [
        f"{short_reference(each.exchange_id)} ({each.partner_id})"
        for each in reversal_rows.list_unfinished(conn, book_of(member))
    ]
    waiting += [
        event_id
        for account, position in held.items()
        if account.startswith("event:") and position.balance.posted
        for event_id in [account.removeprefix("event:")]
        if (event := support_events.find(conn, event_id)) is None or event.state is EventState.ENDED
    ]
    if not waiting and any(each.balance.held or each.balance.coming for each in held.values()):
        waiting.append("ledger")
    return waiting


def require_finished(conn: Connection, member: Member, held: Mapping[str, Position]) -> None:
    """Raises ProblemError `member-busy` (409), naming what has to end first."""
    waiting = ", ".join(unfinished(conn, member, held))
    if waiting:
        raise ProblemError(
            "member-busy",
            f"First these exchanges, reversals or events have to end: {waiting}."
            " Decide or await them, then propose it anew.",
            waiting=waiting,
        )


def stop_cards(
    conn: Connection, who: StaffActor, member: Member, subject: str, why: str, at: datetime
) -> None:
    """A card's PIN is of its holder alone, so a card goes to no other. Each city has a line of it, about `subject`."""
    for holder in pay_card_rows.lock_holders(conn, book_of(member)):
        card = pay_card_rows.find_card(conn, holder.card_hash or "")
        assert card is not None
        pay_card_rows.record_stop(conn, card.card_hash, who.staff_id, at)
        pay_card_rows.update_holder(conn, holder, card_hash=None, pin_hash=None)
        audit_log.write(
            conn, card.municipality, at=at, actor=who.staff_id, actor_name=who.display_name,
            action=AuditAction.PAY_CARD_STOPPED, subject=subject, reason=why, facts={"card": card.last_digits},
        )  # fmt: skip


def _called(conn: Connection, account: str) -> str:
    match account.split(":"):
        case ["municipality", code, service]:
            return directory.require_known_service(conn, code, service).name
        case ["event", event_id]:
            event = support_events.find(conn, event_id)
            return event.name if event is not None else event_id
    return account
