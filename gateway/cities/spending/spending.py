"""Paying a shop with points (利用): the shop scans the member's code, or the member scans the shop's.

One transaction: the code is used up, what has expired leaves first, the oldest points go to the shop, the day's
limit counts. Whoever comes second, scans twice or asks for more than there is gets one clear answer, and nothing
is taken. A refund (取消) gives points back with their first days of issue: by the shop within the day, by the
city later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, update

from core_ledger import BadMove, Damaged, IdReused, LotMovement, NotEnoughPoints, Transfer, chart, ledger
from gateway.cities import daily_limits, tables
from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.shops import shop_rows
from gateway.cities.spending import pay_codes
from gateway.cities.spending import spend_rows as records
from gateway.cities.spending.payment_batch import MAX_BATCH, BatchConflict, pay_all
from gateway.cities.spending.spend_rows import Payment, PaymentRequest, PaymentResult, Refund, Spend
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform.clock import day_of
from gateway.platform.micro_batch import MicroBatcher
from gateway.points import account_positions, directory, expiry
from gateway.points import rules as point_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundResult:
    refund: Refund
    spend: Spend
    replayed: bool


class Spending:
    """The use cases at the counter."""

    def __init__(self, context: CityContext) -> None:
        self.context = context
        self._sets = MicroBatcher("payments", self._pay_all, most_at_once=MAX_BATCH)

    async def receive_payment(
        self, who: StaffSession, spend_id: str, code_text: str, points: int
    ) -> PaymentResult:
        """The shop scans or types the member's code and names the amount; `spend_id` is the shop's own.

        Raises ProblemError: `pay-code-unknown` (404), `pay-code-ended`, `pay-code-used`, `shop-closed`,
        `not-enough-points`, `limit-of-the-day`, `id-reused` (409).
        """
        payment_request = PaymentRequest(
            municipality=who.municipality, shop_id=who.own_shop, spend_id=spend_id, points=points,
            at=self.context.clock(), way="shop_scans", taken_by=who.staff_id,
            code_hash=pay_codes.read(self.context, code_text),
        )  # fmt: skip
        return await self._pay(payment_request)

    async def pay(
        self, member_id: str, spend_id: str, shop_code: str, service: str, points: int
    ) -> PaymentResult:
        """The member scans the shop's code and names the amount. Raises ProblemError: `shop-code-wrong` (404), as `take`."""
        city, shop_id = pay_codes.read_shop_code(self.context, shop_code)
        payment_request = PaymentRequest(
            municipality=city, shop_id=shop_id, spend_id=spend_id, points=points, at=self.context.clock(),
            way="member_pays", taken_by="member", member_id=member_id, point_service=service,
        )  # fmt: skip
        return await self._pay(payment_request)

    async def _pay(self, wish: PaymentRequest) -> PaymentResult:
        paid = await self._sets.add(wish)
        return paid if paid is not None else await self.context.store.run(lambda conn: pay_alone(conn, wish))

    async def _pay_all(self, wishes: Sequence[PaymentRequest]) -> Sequence[PaymentResult | None]:
        try:
            return await self.context.store.run(lambda conn: pay_all(conn, wishes))
        except (BatchConflict, ProblemError, BadMove, Damaged):
            # Whatever one of them stumbles over, the others are not told of it.
            return [None] * len(wishes)

    async def of_member(self, member_id: str, spend_id: str) -> PaymentResult:
        """One payment of a member's own, as it stands now. Raises ProblemError `unknown-spend` (404)."""

        def job(conn: Connection) -> PaymentResult:
            spend = records.find_spend(conn, chart.member_book(member_id), spend_id)
            if spend is None:
                raise records.unknown_spend()
            return _paid(conn, spend, replayed=True)

        return await self.context.store.read(job)

    async def refund_by_shop(
        self, who: StaffSession, refund_id: str, spend_id: str, points: int, reason: str
    ) -> RefundResult:
        """Give back on the day of the payment. Raises ProblemError: `refund-too-late`, `refund-too-much` (409), ..."""
        return await self._refund(who, refund_id, spend_id, points, reason, shop_id=who.own_shop)

    async def refund_by_city(
        self, who: StaffSession, refund_id: str, spend_id: str, points: int, reason: str
    ) -> RefundResult:
        """Give back at any time. Raises ProblemError: `unknown-spend` (404), `refund-too-much`, `id-reused` (409)."""
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
    ) -> RefundResult:
        why, now, city = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> RefundResult:
            paid = records.require_of_city(conn, city, spend_id, shop_id=shop_id, lock=True)
            # The id is the member's: of two payments refunded at once under it, the second finds the first's refund.
            expiry.lock_books(conn, [paid.book_id])
            before = records.find_refund(conn, paid.book_id, refund_id)
            if before is not None:
                if (before.spend_id, before.points) != (spend_id, points):
                    raise _id_reused()
                return RefundResult(refund=before, spend=paid, replayed=True)
            if shop_id is not None and day_of(paid.at) != day_of(now):
                raise ProblemError(
                    "refund-too-late",
                    "A shop gives back on the day of the payment; the city's staff can still do it.",
                )
            if points > paid.refundable:
                raise ProblemError(
                    "refund-too-much",
                    f"At most {paid.refundable:,} points of this payment can be given back.",
                    available=paid.refundable,
                )
            refund = _give_back(conn, paid, refund_id, points, why, who.staff_id, now)
            write_audit(conn, who, now, "refunded", spend_id, why, {"points": points, "shop": paid.shop_id})
            return RefundResult(
                refund=refund, spend=records.require_of_city(conn, city, spend_id), replayed=False
            )

        return await self.context.store.run(job)


def pay_alone(conn: Connection, wish: PaymentRequest) -> PaymentResult:
    """Decide one payment in the caller's transaction, with the words for whatever stands in its way."""
    records.lock_ids(conn, [wish.spend_id])
    known = _known(conn, wish)
    if known is not None:
        return known
    shop_rows.require_open(conn, wish.municipality, wish.shop_id)
    if wish.code_hash:
        try:
            book, service = pay_codes.redeem(conn, wish.code_hash, wish.municipality, wish.spend_id, wish.at)
        except ProblemError:
            # Whoever held the code until now may have made this very payment.
            if (known := _known(conn, wish)) is not None:
                return known
            raise
        return _spend(conn, wish.of(book.removeprefix("member:"), service))
    directory.require_known_service(conn, wish.municipality, wish.point_service)
    return _spend(conn, wish.of(wish.member_id, wish.point_service))


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
    return _paid(conn, spend, replayed=False)


def _known(conn: Connection, wish: PaymentRequest) -> PaymentResult | None:
    """The payment of this id, where the same shop (or member) asks for the same again."""
    try:
        before = records.require_of_city(conn, wish.municipality, wish.spend_id)
    except ProblemError:
        return None
    others = bool(wish.member_id) and before.book_id != chart.member_book(wish.member_id)
    if (before.shop_id, before.points) != (wish.shop_id, wish.points) or others:
        raise _id_reused()
    return _paid(conn, before, replayed=True)


def _made_meanwhile(conn: Connection, wish: PaymentRequest) -> PaymentResult:
    """What another request of the same id has made while the member's book was waited for."""
    known = _known(conn, wish)
    if known is None:
        raise _id_reused()
    return known


def _paid(conn: Connection, made: Spend, *, replayed: bool) -> PaymentResult:
    member_id = made.book_id.removeprefix("member:")
    account = chart.municipal(member_id, made.municipality, made.point_service)
    return PaymentResult(
        spend=made,
        shop_name=shop_rows.require(conn, made.municipality, made.shop_id).name,
        left=account_positions.of_account(conn, made.book_id, account).balance.available,
        replayed=replayed,
    )


def _give_back(
    conn: Connection, paid: Spend, refund_id: str, points: int, reason: str, by: str, at: datetime
) -> Refund:
    """The points that were drawn last come back first, each with its own first day of issue."""
    lots = _lots_to_return(paid, points)
    member_id = paid.book_id.removeprefix("member:")
    try:
        ledger.apply(
            conn,
            [
                Transfer(
                    id=f"refund:{refund_id}:{lot.issued_on.isoformat()}",
                    book=paid.book_id,
                    source=chart.shop(paid.municipality, paid.shop_id),
                    target=chart.municipal(member_id, paid.municipality, paid.point_service),
                    points=lot.points,
                    at=at,
                    kind="refund",
                    issued_on=lot.issued_on,
                    reference=paid.spend_id,
                    details={"shop_id": paid.shop_id, "reason": reason, "made_by": by},
                )
                for lot in lots
            ],
        )
    except IdReused:
        raise _id_reused() from None
    conn.execute(
        update(tables.spends)
        .where(tables.spends.c.book_id == paid.book_id, tables.spends.c.spend_id == paid.spend_id)
        .values(refunded_points=paid.refunded_points + points)
    )
    if day_of(paid.at) == day_of(at):
        rules = point_rules.versions(conn, paid.municipality, paid.point_service)
        most = point_rules.in_force(rules, day_of(at)).most_spent_a_day
        daily_limits.count(
            conn, paid.book_id, paid.municipality, paid.point_service, day_of(at), "spent", -points, most
        )
    refund = Refund(
        book_id=paid.book_id,
        refund_id=refund_id,
        spend_id=paid.spend_id,
        municipality=paid.municipality,
        shop_id=paid.shop_id,
        points=points,
        yen=points * (paid.yen // paid.points),
        reason=reason,
        made_by=by,
        at=at,
    )
    records.add_refund(conn, refund)
    return refund


def _lots_to_return(paid: Spend, points: int) -> Sequence[LotMovement]:
    """The part of the drawn lots that has not come back yet, newest first, up to `points`."""
    skip, left = paid.refunded_points, points
    found: dict[date, int] = {}
    for lot in reversed(paid.lots):
        here = lot.points - min(skip, lot.points)
        skip -= lot.points - here
        taken = min(here, left)
        if taken:
            found[lot.issued_on] = taken
            left -= taken
    return [LotMovement(day, part) for day, part in sorted(found.items())]


def _id_reused() -> ProblemError:
    return ProblemError("id-reused", "This id was used for something else; make a new id (a UUID).")
