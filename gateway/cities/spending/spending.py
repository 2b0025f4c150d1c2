"""Paying a shop with points (利用): the shop scans the member's code or card, or the member scans the shop's.

One transaction: the code is used up, what has expired leaves first, the oldest points go to the shop, the day's
limit counts. Whoever comes second, scans twice or asks for more than there is gets one clear answer, and nothing
is taken. Refunds are in `refunds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from core_ledger import IdReused, NotEnoughPoints, chart, ledger
from gateway.cities import daily_limits
from gateway.cities.city_context import CityContext, require_reason
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.shops import shop_codes, shop_rights, shop_rows, till_pins
from gateway.cities.spending import (
    pay_card_numbers,
    pay_card_pins,
    pay_card_rows,
    pay_cards,
    pay_codes,
    refunds,
)
from gateway.cities.spending import spend_rows as records
from gateway.cities.spending.refunds import RefundPoints, RefundResult
from gateway.cities.spending.spend_rows import Payment, PaymentRequest, PaymentResult, Spend
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.members import representations, step_up
from gateway.members.sessions import Acting
from gateway.points import account_positions, directory, expiry
from gateway.points import rules as point_rules
from httpkit.clock import day_of


class Spending:
    """The use cases at the counter."""

    def __init__(self, context: CityContext) -> None:
        self.context = context

    async def receive_payment(
        self, who: StaffSession, spend_id: str, code_text: str, points: int, pin: str | None = None
    ) -> PaymentResult:
        """The shop scans or types the member's code or card and names the amount; `spend_id` is the shop's own.

        `pin` is for a card alone. Raises ProblemError: `pay-code-unknown`, `pay-card-unknown` (404), `pay-code-ended`,
        `pay-code-used`, `pay-code-unproven`, `shop-closed`, `not-enough-points`, `limit-of-the-day`, `id-reused` (409), and for a card as
        `pay_cards.redeem` and `pay_card_pins.prove`.
        """
        number = pay_card_numbers.read(self.context, code_text)
        if number is not None:
            by_card = PaymentRequest(
                municipality=who.municipality, shop_id=who.own_shop, spend_id=spend_id, points=points,
                at=self.context.clock(), way="card", taken_by=who.staff_id,
                card_hash=pay_card_numbers.hash_of(self.context, number),
            )  # fmt: skip
            return await self._pay_by_card(by_card, pin)
        payment_request = PaymentRequest(
            municipality=who.municipality, shop_id=who.own_shop, spend_id=spend_id, points=points,
            at=self.context.clock(), way="shop_scans", taken_by=who.staff_id,
            code_hash=await pay_codes.read(self.context, code_text),
        )  # fmt: skip
        return await self._pay(payment_request)

    async def pay(
        self,
        member_id: str,
        spend_id: str,
        shop_code: str,
        service: str,
        points: int,
        *,
        is_proven: bool = False,
        acting: Acting | None = None,
    ) -> PaymentResult:
        """The member scans the shop's code and names the amount, or who is `acting` for the member does.

        `is_proven` where the member has just shown who they are.
        Raises ProblemError: `shop-code-wrong` (404), `fresh-proof-needed` (403), as `receive_payment`, and for who acts
        `not-for-a-representative` (403) at another city's shop, `representation-over`, `representative-limit` (409).
        """
        city, shop_id = await shop_codes.read(self.context, shop_code)
        taken_by = "member" if acting is None else f"{records.REPRESENTATIVE}{acting.representation_id}"
        payment_request = PaymentRequest(
            municipality=city, shop_id=shop_id, spend_id=spend_id, points=points, at=self.context.clock(),
            way="member_pays", taken_by=taken_by, member_id=member_id, point_service=service,
            is_proven=is_proven, acting=acting,
        )  # fmt: skip
        return await self._pay(payment_request)

    async def _pay_by_card(self, wish: PaymentRequest, pin: str | None) -> PaymentResult:
        """A PIN is looked at where the payment is not made yet and needs one: no try is spent on any other."""
        if pin is not None and await self.context.store.read(lambda conn: _needs_pin(conn, wish)):
            pin_hash = await pay_card_pins.prove(self.context, wish.card_hash, pin)
            wish = replace(wish, pin_hash=pin_hash or "")
        return await self._pay(wish)

    async def _pay(self, wish: PaymentRequest) -> PaymentResult:
        return await self.context.store.run(lambda conn: pay(conn, wish))

    async def get_of_member(self, member_id: str, spend_id: str) -> PaymentResult:
        """One payment of a member's own, as it stands now. Raises ProblemError `unknown-spend` (404)."""
        today = day_of(self.context.clock())

        def job(conn: Connection) -> PaymentResult:
            spend = records.find_spend(conn, chart.member_book(member_id), spend_id)
            if spend is None:
                raise records.unknown_spend()
            return _paid(conn, spend, today, replayed=True)

        return await self.context.store.read(job)

    async def refund_by_shop(
        self,
        who: StaffSession,
        refund_id: str,
        spend_id: str,
        points: int,
        reason: str,
        pin: str | None = None,
    ) -> RefundResult:
        """Give back on the day of the payment; at a bound till with the shop's PIN.

        Raises ProblemError: `till-refunds-off` (403), `refund-too-late`, `refund-too-much` (409), and at a till as `till_pins.prove`.
        """
        shop_id, proven = who.own_shop, None
        if who.till_id is not None:
            require_reason(reason)
            proven = await till_pins.prove(self.context, who.municipality, shop_id, pin)
        done = await self._refund(who, refund_id, spend_id, points, reason, shop_id=shop_id, pin_hash=proven)
        assert isinstance(done, RefundResult)  # a shop gives its own money back
        return done

    async def refund_by_city(
        self, who: StaffSession, refund_id: str, spend_id: str, points: int, reason: str
    ) -> RefundResult | Proposal:
        """Give back at any time; above the city's sum, beyond a person's day, or of a closed cycle it is proposed.

        Raises ProblemError: `unknown-spend` (404), `refund-too-much`, `refund-expired`, `id-reused` (409), and as
        `propose`.
        """
        return await self._refund(who, refund_id, spend_id, points, reason, shop_id=None)

    async def _refund(
        self,
        who: StaffSession,
        refund_id: str,
        spend_id: str,
        points: int,
        reason: str,
        *,
        shop_id: str | None,
        pin_hash: str | None = None,
    ) -> RefundResult | Proposal:
        why, now, city = require_reason(reason), self.context.clock(), who.municipality
        command = RefundPoints(spend_id=spend_id, refund_id=refund_id, points=points)

        def job(conn: Connection) -> RefundResult | Proposal:
            if pin_hash is not None and shop_id is not None:
                till_pins.require_unchanged(conn, city, shop_id, pin_hash)
            before = refunds.find_made(conn, city, command, shop_id)
            if before is not None:
                return before
            if shop_id is not None:
                shop_rights.require_may_refund(who, shop_rows.require(conn, city, shop_id))
            paid = refunds.require_refundable(conn, city, command, now, shop_id=shop_id)
            if shop_id is None and not refunds.may_refund_alone(conn, who, paid, points, now):
                return refunds.propose_refund(self.context, conn, who, paid, command, why, now)
            return refunds.refund(conn, who, command, why, now, shop_id=shop_id)

        return await self.context.store.run(job)


def pay(conn: Connection, wish: PaymentRequest) -> PaymentResult:
    """Decide one payment in the caller's transaction, with the words for whatever stands in its way."""
    records.lock_id(conn, wish.spend_id)
    alike = records.list_with_same_reference(conn, wish.spend_id)
    if any(each.spend_id == wish.spend_id for each in alike) and (known := _known(conn, wish)) is not None:
        return known
    _require_reference_free(wish, alike)
    shop_rows.require_open(conn, wish.municipality, wish.shop_id)
    if wish.code_hash:
        try:
            book, service = pay_codes.redeem(
                conn, wish.code_hash, wish.municipality, wish.spend_id, wish.points, wish.at
            )
        except ProblemError:
            # Whoever held the code until now may have made this very payment.
            if (known := _known(conn, wish)) is not None:
                return known
            raise
        return _spend(conn, wish.of(book.removeprefix("member:"), service))
    if wish.card_hash:
        book, service = pay_cards.redeem(conn, wish)
        return _spend(conn, wish.of(book.removeprefix("member:"), service))
    directory.require_known_service(conn, wish.municipality, wish.point_service)
    above = None if wish.is_proven else step_up.find_above(conn, wish.member_id)
    if above is not None and wish.points > above:
        raise step_up.fresh_proof_needed(above)
    if wish.acting is not None:
        _record_act(conn, wish, wish.acting)
    return _spend(conn, wish.of(wish.member_id, wish.point_service))


def _require_reference_free(wish: PaymentRequest, alike: Sequence[Spend]) -> None:
    """Raise ProblemError `id-reused` (409) where another payment of the shop has the reference of this id, of the last 400 days.

    By it the shop finds the payment that somebody names over the telephone, and no other.
    """
    since = wish.at - records.REFERENCE_PERIOD
    for each in alike:
        if (each.municipality, each.shop_id) == (wish.municipality, wish.shop_id) and each.at > since:
            raise ProblemError("id-reused", "Another payment of this shop has the reference of this id.")


def _record_act(conn: Connection, wish: PaymentRequest, acting: Acting) -> None:
    representation = representations.get(conn, acting.representation_id)
    if representation.municipality != wish.municipality:
        raise ProblemError("not-for-a-representative")
    kind = representations.ActKind.PAYMENT
    representations.record_act(conn, acting, kind, wish.spend_id, wish.at, points=wish.points)


def _needs_pin(conn: Connection, wish: PaymentRequest) -> bool:
    card = pay_card_rows.find_card(conn, wish.card_hash)
    if card is None:
        return False
    return wish.points > pay_cards.no_pin_points(conn, card) and _known(conn, wish) is None


def _spend(conn: Connection, payment: Payment) -> PaymentResult:
    """Move a member's oldest points to a shop, what has expired never."""
    today, (city, service) = day_of(payment.wish.at), (payment.wish.municipality, payment.point_service)
    rules = point_rules.versions(conn, city, service)
    rule = point_rules.in_force(rules, today)
    expiry.expire_due(conn, payment.member_id, city, service, rules, payment.wish.at, today)
    try:
        receipt = ledger.transfer(conn, payment.move())
    except NotEnoughPoints as short:
        raise ProblemError(
            "not-enough-points",
            f"There are {short.available:,} points that can be used. Nothing was taken.",
            available=short.available,
        ) from None
    except IdReused:
        return _made_meanwhile(conn, payment.wish)
    if receipt.replayed:
        return _made_meanwhile(conn, payment.wish)
    daily_limits.count(
        conn, payment.book, city, service, today, "spent", payment.wish.points, rule.most_spent_a_day
    )
    spend = payment.result(receipt.lot_movements, rule.unit_value_yen)
    records.add_spend(conn, spend)
    return _paid(conn, spend, today, replayed=False)


def _known(conn: Connection, wish: PaymentRequest) -> PaymentResult | None:
    """The payment of this id, where the same shop (or member) asks for the same again."""
    try:
        before = records.require_of_city(conn, wish.municipality, wish.spend_id)
    except ProblemError:
        return None
    others = bool(wish.member_id) and before.book_id != chart.member_book(wish.member_id)
    if (before.shop_id, before.points) != (wish.shop_id, wish.points) or others:
        raise _id_reused()
    if wish.card_hash or before.way == "card":
        card = pay_card_rows.find_card(conn, wish.card_hash)
        if card is None or (before.way, before.book_id) != ("card", card.book_id):
            raise _id_reused()
    return _paid(conn, before, day_of(wish.at), replayed=True)


def _made_meanwhile(conn: Connection, wish: PaymentRequest) -> PaymentResult:
    """What another request of the same id has made while the member's book was waited for."""
    known = _known(conn, wish)
    if known is None:
        raise _id_reused()
    return known


def _paid(conn: Connection, made: Spend, today: date, *, replayed: bool) -> PaymentResult:
    member_id = made.book_id.removeprefix("member:")
    account = chart.municipal(member_id, made.municipality, made.point_service)
    rules = point_rules.versions(conn, made.municipality, made.point_service)
    return PaymentResult(
        spend=made,
        shop_name=shop_rows.require(conn, made.municipality, made.shop_id).name,
        left=expiry.usable(account_positions.of_account(conn, made.book_id, account).lots, rules, today),
        replayed=replayed,
    )


def _id_reused() -> ProblemError:
    return ProblemError("id-reused", "This id was used for something else; make a new id (a UUID).")
