"""Cards for members without a phone (ポイントカード): issued, replaced and stopped at the desk, each with its reason in the log.

A card is good for one point service of one city. A member has one valid card in a city: a new one stops the one before at
once. The number is told once, when the card is issued; whoever lost the answer replaces the card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final

from sqlalchemy import Connection

from core_ledger import chart
from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.drawn_from import require_seen
from gateway.cities.grants import grantees
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import propose
from gateway.cities.spending import pay_card_limits, pay_card_numbers, pay_card_pins, pay_card_rows
from gateway.cities.spending.pay_card_limits import ChangeCardLimits
from gateway.cities.spending.pay_card_rows import CardHolder, CardLimits, PayCard
from gateway.cities.spending.spend_rows import PaymentRequest
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.members import member_events, member_rows, step_up
from gateway.members.member_events import MemberEventKind
from gateway.members.member_rows import Member
from gateway.model import JST
from gateway.platform.audit_actions import AuditAction
from gateway.points import directory
from httpkit.clock import day_of

MAX_CARDS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCard:
    """A card with its number and the text of its QR, which are told this once."""

    member: Member
    card: PayCard
    number: str = field(repr=False)
    qr: str = field(repr=False)
    replaces: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotIssued:
    """`why`: unknown-member, pay-card-valid (there is one, and none was to be replaced), or issued-before (this very issue)."""

    mykey_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    cards: tuple[IssuedCard, ...]
    left_out: tuple[NotIssued, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderState:
    """What the desk is shown of a member's cards: never a number. `cards` are the newest first."""

    cards: tuple[PayCard, ...]
    valid: str | None
    has_pin: bool
    is_pin_locked: bool
    paid_today: int


@dataclass(frozen=True, slots=True)
class PayCards:
    """The use cases of the desk."""

    context: CityContext

    async def issue(
        self,
        who: StaffSession,
        issue_id: str,
        service: str,
        mykey_ids: Sequence[str],
        reason: str,
        *,
        replace: bool = False,
    ) -> Issue:
        """Issue a card to each member. `issue_id` is the caller's own: what it has issued it does not issue again.

        Raises ProblemError: `unknown-point-service` (404), `pay-card-too-many` (409), `reason-missing` (422).
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> Issue:
            directory.require_known_service(conn, code, service)
            cards: list[IssuedCard] = []
            left_out: list[NotIssued] = []
            members, unknown = _members_of(conn, code, mykey_ids)
            left_out.extend(NotIssued(mykey_id=typed, why="unknown-member") for typed in unknown)
            _require_few(conn, who, len(members), now)
            # All rows are locked in one order before the first line of the log, which others wait for.
            holders = [
                (member, pay_card_rows.lock_holder(conn, chart.member_book(member.member_id), code))
                for member in members
            ]
            for member, holder in holders:
                issued = self._issue(conn, who, issue_id, member, holder, service, why, now, replace=replace)
                if isinstance(issued, NotIssued):
                    left_out.append(issued)
                else:
                    cards.append(issued)
            return Issue(cards=tuple(cards), left_out=tuple(left_out))

        return await self.context.store.run(job)

    def _issue(
        self,
        conn: Connection,
        who: StaffSession,
        issue_id: str,
        member: Member,
        holder: CardHolder,
        service: str,
        reason: str,
        now: datetime,
        *,
        replace: bool,
    ) -> IssuedCard | NotIssued:
        before = pay_card_rows.find_card(conn, holder.card_hash) if holder.card_hash else None
        if before is not None and before.issue_id == issue_id:
            return NotIssued(mykey_id=member.mykey_id, why="issued-before")
        if before is not None and not replace:
            return NotIssued(mykey_id=member.mykey_id, why="pay-card-valid")
        if before is not None:
            pay_card_rows.record_stop(conn, before.card_hash, who.staff_id, now)
        number, card = self._add(conn, who, issue_id, holder.book_id, service, reason, now)
        pay_card_rows.update_holder(conn, holder, card_hash=card.card_hash)
        facts: dict[str, str | int] = {
            "card": card.last_digits,
            "point_service": service,
            **({"card_before": before.last_digits} if before else {}),
        }
        write_audit(conn, who, now, AuditAction.PAY_CARD_ISSUED, member.mykey_id, reason, facts)
        member_events.record(conn, member.member_id, MemberEventKind.PAY_CARD_ISSUED, now)
        return IssuedCard(
            member=member,
            card=card,
            number=number,
            qr=pay_card_numbers.qr_text(self.context, number),
            replaces=before.last_digits if before else None,
        )

    def _add(
        self,
        conn: Connection,
        who: StaffSession,
        issue_id: str,
        book: str,
        service: str,
        reason: str,
        now: datetime,
    ) -> tuple[str, PayCard]:
        while True:
            number = pay_card_numbers.draw()
            card = PayCard(
                card_hash=pay_card_numbers.hash_of(self.context, number), last_digits=number[-4:],
                issue_id=issue_id, municipality=who.municipality, book_id=book, point_service=service,
                issued_by=who.staff_id, issued_at=now, stopped_by=None, stopped_at=None,
            )  # fmt: skip
            if pay_card_rows.add_card(conn, card, reason):
                return number, card

    async def stop(self, who: StaffSession, mykey_id: str, reason: str) -> None:
        """Stop the member's card from this moment on. Raises ProblemError: `unknown-member` (404), `pay-card-none` (409),
        `reason-missing` (422).
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> None:
            member = grantees.find_member(conn, code, mykey_id)
            holder = pay_card_rows.lock_holder(conn, chart.member_book(member.member_id), code)
            card = pay_card_rows.find_card(conn, holder.card_hash) if holder.card_hash else None
            if card is None:
                raise ProblemError(
                    "pay-card-none", "This member has no valid card here; nothing was changed."
                )
            pay_card_rows.record_stop(conn, card.card_hash, who.staff_id, now)
            pay_card_rows.update_holder(conn, holder, card_hash=None)
            facts: dict[str, str | int] = {"card": card.last_digits}
            write_audit(conn, who, now, AuditAction.PAY_CARD_STOPPED, member.mykey_id, why, facts)
            member_events.record(conn, member.member_id, MemberEventKind.PAY_CARD_STOPPED, now)

        await self.context.store.run(job)

    async def set_pin(self, who: StaffSession, mykey_id: str, pin: str, reason: str) -> None:
        """Set the PIN that the member has typed at the desk; a locked one is open again.

        Raises ProblemError: `unknown-member` (404), `pay-card-none` (409), `pay-card-pin-unfit`, `reason-missing` (422), `busy`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality
        pay_card_pins.check_new(pin)
        member = await self.context.store.read(lambda conn: grantees.find_member(conn, code, mykey_id))
        book = chart.member_book(member.member_id)
        pin_hash = await pay_card_pins.hashed(self.context, book, code, pin)

        def job(conn: Connection) -> None:
            holder = pay_card_rows.lock_holder(conn, book, code)
            if holder.card_hash is None:
                raise ProblemError(
                    "pay-card-none", "This member has no valid card here; nothing was changed."
                )
            pay_card_rows.update_holder(conn, holder, pin_hash=pin_hash, pin_misses=0)
            write_audit(conn, who, now, AuditAction.PAY_CARD_PIN_SET, member.mykey_id, why)
            member_events.record(conn, member.member_id, MemberEventKind.PAY_CARD_PIN_SET, now)

        await self.context.store.run(job)

    async def printable(self, who: StaffSession, numbers: Sequence[str]) -> list[IssuedCard]:
        """Cards that were just issued, by their numbers, for their sheets; each printing is a line of the log.

        Raises ProblemError: `pay-card-unknown` (404), `pay-card-stopped` (409).
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> list[IssuedCard]:
            issued_cards = [self._by_number(conn, code, number) for number in numbers]
            for issued in issued_cards:
                facts: dict[str, str | int] = {"card": issued.card.last_digits}
                write_audit(conn, who, now, AuditAction.PAY_CARD_PRINTED, issued.member.mykey_id, facts=facts)
            return issued_cards

        return await self.context.store.run(job)

    def _by_number(self, conn: Connection, code: str, typed: str) -> IssuedCard:
        number = pay_card_numbers.read(self.context, typed)
        if number is None:
            raise pay_card_numbers.unknown_card()
        card = require_card(conn, pay_card_numbers.hash_of(self.context, number), code)
        _require_valid(conn, card, pay_card_rows.find_holder(conn, card.book_id, code))
        member = member_rows.require_member(conn, _member_id(card))
        return IssuedCard(
            member=member,
            card=card,
            number=number,
            qr=pay_card_numbers.qr_text(self.context, number),
            replaces=None,
        )

    async def limits(self, code: str) -> CardLimits:
        return await self.context.store.read(lambda conn: pay_card_rows.find_limits(conn, code))

    async def change_limits(
        self, who: StaffSession, limits: CardLimits, reason: str, *, seen: str | None
    ) -> CardLimits | Proposal:
        """Lower the city's own limits, from this moment on; or propose it where any of them is raised.

        Raises ProblemError: `changed-meanwhile` (409), `pay-card-limits-unfit`, `reason-missing` (422), and as `propose`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality
        pay_card_limits.require_fit(limits)
        command = ChangeCardLimits(limits=limits)

        def job(conn: Connection) -> CardLimits | Proposal:
            before = pay_card_rows.find_limits(conn, code)
            require_seen(seen, before.version)
            if not pay_card_limits.raises_any(before, limits):
                return pay_card_limits.change_card_limits(conn, who, command, why, now)
            return propose(
                self.context, conn, who, Deed.CARD_LIMITS, pay_card_limits.SUBJECT, command,
                ground=pay_card_limits.limits_ground(conn, code),
                facts=pay_card_limits.limits_facts(before, limits), reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)


def state_of(conn: Connection, book: str, code: str, now: datetime) -> HolderState:
    """What the desk is shown; a member who never had a card has an empty one."""
    holder = pay_card_rows.find_holder(conn, book, code)
    return HolderState(
        cards=tuple(pay_card_rows.list_cards(conn, book, code)) if holder else (),
        valid=holder.card_hash if holder else None,
        has_pin=bool(holder and holder.pin_hash),
        is_pin_locked=bool(holder and pay_card_pins.is_locked(holder)),
        paid_today=holder.paid_in(day_of(now)) if holder else 0,
    )


def require_card(conn: Connection, card_hash: str, code: str) -> PayCard:
    """A card of this city, valid or not. Raises ProblemError `pay-card-unknown` (404, also for another city's)."""
    card = pay_card_rows.find_card(conn, card_hash)
    if card is None or card.municipality != code:
        raise pay_card_numbers.unknown_card()
    return card


def _require_valid(conn: Connection, card: PayCard, holder: CardHolder | None) -> None:
    member = member_rows.find_member(conn, _member_id(card))
    is_valid = holder is not None and holder.card_hash == card.card_hash
    if not is_valid or member is None or not member.active:
        raise ProblemError(
            "pay-card-stopped",
            "This card was stopped. Nothing was taken; whoever holds it asks at the city's desk.",
        )


def no_pin_points(conn: Connection, card: PayCard) -> int:
    """What this card pays without its PIN: the city's sum, or the member's own where it is lower."""
    citys = pay_card_rows.find_limits(conn, card.municipality).no_pin_points
    own = step_up.find_above(conn, _member_id(card))
    return citys if own is None else min(citys, own)


def redeem(conn: Connection, wish: PaymentRequest) -> tuple[str, str]:
    """Let a card pay, as a part of the payment's transaction; gives the book and the point service it is of.

    `wish.pin_hash` is what the typed PIN has fitted. Raises ProblemError: `pay-card-unknown` (404), `pay-card-stopped`,
    `limit-of-the-day`, `pay-card-pin-needed`, `pay-card-no-pin` (409).
    """
    card = require_card(conn, wish.card_hash, wish.municipality)
    holder = pay_card_rows.lock_holder(conn, card.book_id, wish.municipality)
    _require_valid(conn, card, holder)
    limits, today = pay_card_rows.find_limits(conn, wish.municipality), day_of(wish.at)
    left = max(0, limits.points_a_day - holder.paid_in(today))
    if wish.points > left:
        raise ProblemError(
            "limit-of-the-day",
            f"Cards pay at most {limits.points_a_day:,} points a day; {left:,} are left for today. Nothing was moved.",
            available=left,
        )
    without_pin = no_pin_points(conn, card)
    if wish.points > without_pin:
        _require_pin(holder, wish.pin_hash, without_pin)
    pay_card_rows.count_paid(conn, holder, today, wish.points)
    return card.book_id, card.point_service


def _require_pin(holder: CardHolder, pin_hash: str, no_pin_points: int) -> None:
    if holder.pin_hash is None:
        raise ProblemError(
            "pay-card-no-pin",
            f"This card has no PIN, so it pays at most {no_pin_points:,} points at once. Nothing was taken.",
            no_pin_points=no_pin_points,
        )
    if pin_hash != holder.pin_hash:
        raise ProblemError(
            "pay-card-pin-needed",
            f"Above {no_pin_points:,} points the holder of the card types its PIN. Nothing was taken yet.",
            no_pin_points=no_pin_points,
        )


def give_back(conn: Connection, book: str, code: str, points: int, at: datetime) -> None:
    """A payment by card of today is given back: the day's ceiling has so much more room. Before the member's book is locked."""
    holder = pay_card_rows.lock_holder(conn, book, code)
    pay_card_rows.count_paid(conn, holder, day_of(at), -points)


def _require_few(conn: Connection, who: StaffSession, cards: int, now: datetime) -> None:
    """Raise ProblemError `pay-card-too-many` (409) beyond what one person issues in a day, which bounds what one person takes."""
    midnight = datetime.combine(day_of(now), time(), JST)
    most = pay_card_rows.find_limits(conn, who.municipality).cards_a_day
    left = max(0, most - pay_card_rows.count_issued(conn, who.staff_id, midnight))
    if cards > left:
        raise ProblemError(
            "pay-card-too-many",
            f"One person issues at most {most:,} cards a day; {left:,} are left for today. None was issued.",
            available=left,
        )


def _members_of(conn: Connection, code: str, mykey_ids: Sequence[str]) -> tuple[list[Member], list[str]]:
    """Each member of the city once, in the order in which everybody locks them, and the IDs that are nobody's here."""
    members: dict[str, Member] = {}
    unknown: list[str] = []
    for typed in mykey_ids:
        try:
            member = grantees.find_member(conn, code, typed)
        except ProblemError:
            unknown.append(typed)
        else:
            members[member.member_id] = member
    return [members[member_id] for member_id in sorted(members)], unknown


def _member_id(card: PayCard) -> str:
    return card.book_id.removeprefix("member:")
