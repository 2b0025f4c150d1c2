"""Refunds (取消): points go back to the member with their first days of issue, by the shop within the day, by the city later.

Only what can still be used goes back, and only that is charged to the shop. A refund puts points into a member's
account like a grant does: above the city's sum, beyond what one person puts there in a day, or of a cycle that was
closed, it waits for a second person. Where the member has become another by a merge, the points go on to that one at once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select, update

from core_ledger import IdReused, LotMovement, Transfer, chart, ledger
from core_ledger.read_model import moves
from gateway.cities import daily_limits, tables
from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.grants.staff_days import count_alone
from gateway.cities.merge_moves import pass_lot
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Ground, propose
from gateway.cities.shops import shop_rows
from gateway.cities.spending import pay_cards, spend_rows
from gateway.cities.spending.spend_rows import Refund, Spend
from gateway.errors import ProblemError
from gateway.members import member_rows
from gateway.platform.audit_actions import AuditAction
from gateway.points import expiry
from gateway.points import rules as point_rules
from httpkit.clock import day_of

_spends = tables.spends


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundResult:
    refund: Refund
    spend: Spend
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPoints:
    """The command that waits for a second person."""

    spend_id: str
    refund_id: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refundable:
    """What of a payment has not come back: what still can be used, by day of issue, and what has expired."""

    lots: tuple[LotMovement, ...]
    expired: int

    @property
    def points(self) -> int:
        return sum(lot.points for lot in self.lots)


def refundable_of(conn: Connection, paid: Spend, today: date) -> Refundable:
    """Look up what of a payment can go back."""
    left = Counter({lot.issued_on: lot.points for lot in paid.lots})
    left.subtract(_returned(conn, paid))
    rules = point_rules.versions(conn, paid.municipality, paid.point_service)
    lots = [LotMovement(day, points) for day, points in sorted(left.items()) if points > 0]
    usable = [lot for lot in lots if not expiry.is_expired(rules, lot.issued_on, today)]
    points = sum(lot.points for lot in usable)
    return Refundable(lots=tuple(usable), expired=sum(lot.points for lot in lots) - points)


def find_made(conn: Connection, city: str, command: RefundPoints, shop_id: str | None) -> RefundResult | None:
    """The refund of this id, where it was made before. Raises ProblemError: `unknown-spend` (404), `id-reused` (409)."""
    paid = spend_rows.require_of_city(conn, city, command.spend_id, shop_id=shop_id, lock=True)
    # The id is the member's: of two payments refunded at once under it, the second finds the first's refund.
    _lock_holder(conn, paid)
    before = spend_rows.find_refund(conn, paid.book_id, command.refund_id)
    if before is None:
        return None
    if (before.spend_id, before.points) != (command.spend_id, command.points):
        raise _id_reused()
    return RefundResult(refund=before, spend=paid, replayed=True)


def require_refundable(
    conn: Connection, city: str, command: RefundPoints, at: datetime, *, shop_id: str | None
) -> Spend:
    """Give the payment. Raises ProblemError: `unknown-spend` (404), `refund-too-late`, `refund-too-much`,
    `refund-expired` (409).
    """
    paid = spend_rows.require_of_city(conn, city, command.spend_id, shop_id=shop_id, lock=True)
    if shop_id is not None and day_of(paid.at) != day_of(at):
        raise ProblemError(
            "refund-too-late",
            "A shop gives back on the day of the payment; the city's staff can still do it.",
        )
    if command.points > paid.refundable:
        raise ProblemError(
            "refund-too-much",
            f"At most {paid.refundable:,} points of this payment can be given back.",
            available=paid.refundable,
        )
    left = refundable_of(conn, paid, day_of(at))
    if command.points > left.points:
        raise ProblemError(
            "refund-expired",
            f"{left.expired:,} points of this payment have expired and would be gone at once; at most {left.points:,}"
            " can be given back.",
            available=left.points,
            expired=left.expired,
        )
    return paid


def may_refund_alone(conn: Connection, who: StaffActor, paid: Spend, points: int, at: datetime) -> bool:
    """Whether this person gives it back without a second one; it is counted into the person's day then."""
    rule = deeds.rule_of(conn, who.municipality, Deed.REFUND)
    if not rule.persons:
        return True
    if settled_in(conn, paid) or (rule.from_points is not None and points > rule.from_points):
        return False
    return count_alone(conn, who, day_of(at), points, rule.points_a_day or 0)


def propose_refund(
    context: CityContext,
    conn: Connection,
    who: StaffActor,
    paid: Spend,
    command: RefundPoints,
    reason: str,
    at: datetime,
) -> Proposal:
    """Raises ProblemError as `propose`."""
    shown: dict[str, str | int] = {
        "spend_id": paid.spend_id, "shop_id": paid.shop_id,
        "name": shop_rows.require(conn, paid.municipality, paid.shop_id).name,
        "paid_on": day_of(paid.at).isoformat(), "paid_points": paid.points, "refunded_before": paid.refunded_points,
        "settled_in": settled_in(conn, paid),
    }  # fmt: skip
    return propose(
        context, conn, who, Deed.REFUND, paid.spend_id, command,
        ground=refund_ground(conn, who.municipality, command), facts=shown, reason=reason, at=at,
        points=command.points,
    )  # fmt: skip


def refund_ground(conn: Connection, code: str, command: RefundPoints) -> Ground:
    """What the author saw of the payment: what came back of it, and the cycle that it was settled in."""
    paid = spend_rows.require_of_city(conn, code, command.spend_id)
    return {"refunded": paid.refunded_points, "settled_in": settled_in(conn, paid)}


def refund(
    conn: Connection,
    who: StaffActor,
    command: RefundPoints,
    reason: str,
    at: datetime,
    *,
    shop_id: str | None = None,
) -> RefundResult:
    """Carry it out. Raises ProblemError as `require_refundable`."""
    city = who.municipality
    before = find_made(conn, city, command, shop_id)
    if before is not None:
        return before
    paid = require_refundable(conn, city, command, at, shop_id=shop_id)
    made = _give_back(conn, paid, command, reason, who.staff_id, at)
    facts: dict[str, str | int] = {"points": command.points, "shop": paid.shop_id}
    write_audit(conn, who, at, AuditAction.REFUNDED, command.spend_id, reason, facts)
    return RefundResult(
        refund=made, spend=spend_rows.require_of_city(conn, city, command.spend_id), replayed=False
    )


def settled_in(conn: Connection, paid: Spend) -> str:
    """The first day of the cycle that a payment was settled in; "" while it is in none."""
    query = select(_spends.c.settled_in).where(
        _spends.c.book_id == paid.book_id, _spends.c.spend_id == paid.spend_id
    )
    return conn.execute(query).scalar_one() or ""


def _returned(conn: Connection, paid: Spend) -> Mapping[date, int]:
    """What came back of a payment, by day of issue, as the ledger has it."""
    ids = {
        spend_rows.refund_move_id(each.refund_id, lot.issued_on): lot.issued_on
        for each in spend_rows.refunds_of(conn, paid.book_id, paid.spend_id)
        for lot in paid.lots
    }
    query = select(moves.c.id, moves.c.points).where(moves.c.book_id == paid.book_id, moves.c.id.in_(ids))
    returned: Counter[date] = Counter()
    for row in conn.execute(query):
        returned[ids[row.id]] += row.points
    return returned


def _give_back(
    conn: Connection, paid: Spend, command: RefundPoints, reason: str, by: str, at: datetime
) -> Refund:
    """The points that were drawn last come back first, each with its own first day of issue."""
    lots = _newest(refundable_of(conn, paid, day_of(at)).lots, command.points)
    if paid.way == "card" and day_of(paid.at) == day_of(at):
        pay_cards.give_back(conn, paid.book_id, paid.municipality, command.points, at)
    member_id, holder = paid.book_id.removeprefix("member:"), _holder_book(conn, paid)
    try:
        ledger.apply(
            conn,
            [
                Transfer(
                    id=spend_rows.refund_move_id(command.refund_id, lot.issued_on),
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
    if holder != paid.book_id:
        _bring_over(conn, paid, command, holder, lots, at)
    conn.execute(
        update(_spends)
        .where(_spends.c.book_id == paid.book_id, _spends.c.spend_id == paid.spend_id)
        .values(refunded_points=paid.refunded_points + command.points)
    )
    if day_of(paid.at) == day_of(at):
        rules = point_rules.versions(conn, paid.municipality, paid.point_service)
        most = point_rules.in_force(rules, day_of(at)).most_spent_a_day
        daily_limits.count(
            conn,
            holder,
            paid.municipality,
            paid.point_service,
            day_of(at),
            "spent",
            -command.points,
            most,
        )
    made = Refund(
        book_id=paid.book_id,
        refund_id=command.refund_id,
        spend_id=paid.spend_id,
        municipality=paid.municipality,
        shop_id=paid.shop_id,
        points=command.points,
        yen=command.points * (paid.yen // paid.points),
        reason=reason,
        made_by=by,
        at=at,
    )
    spend_rows.add_refund(conn, made)
    return made


def _holder_book(conn: Connection, paid: Spend) -> str:
    """The book of whoever has the payment's points now: the member's, or that of the ID which the same person goes on with."""
    member = member_rows.find_member(conn, paid.book_id.removeprefix("member:"))
    holder = None if member is None else member_rows.find_successor(conn, member)
    return chart.member_book(holder.member_id) if holder is not None and holder.active else paid.book_id


def _lock_holder(conn: Connection, paid: Spend) -> None:
    """Hold the payment's book, and that to which its points go on; a merge that came first is waited for and minded."""
    holder = _holder_book(conn, paid)
    while True:
        expiry.lock_books(conn, sorted({paid.book_id, holder}))
        locked, holder = holder, _holder_book(conn, paid)
        if holder == locked:
            return


def _bring_over(
    conn: Connection, paid: Spend, command: RefundPoints, to_book: str, lots: Sequence[LotMovement], at: datetime
) -> None:  # fmt: skip
    """What came back to an ID that ended by a merge goes on to the person's present one, as the merge did with the rest."""
    merge_id = hashlib.sha256(f"{paid.book_id}/{command.refund_id}".encode()).hexdigest()[:32]
    account = f"municipality:{paid.municipality}:{paid.point_service}"
    moves = [
        move
        for number, lot in enumerate(lots, 1)
        for move in pass_lot(
            merge_id,
            number,
            paid.book_id,
            to_book,
            account,
            lot.issued_on,
            lot.points,
            at,
            reference=paid.spend_id,
        )
    ]
    ledger.apply(conn, moves)


def _newest(lots: Sequence[LotMovement], points: int) -> Sequence[LotMovement]:
    """As much of the lots as `points`, the newest day of issue first."""
    taken, left = list[LotMovement](), points
    for lot in reversed(lots):
        part = min(lot.points, left)
        if part:
            taken.append(LotMovement(lot.issued_on, part))
            left -= part
    return taken[::-1]


def _id_reused() -> ProblemError:
    return ProblemError("id-reused", "This id was used for something else; make a new id (a UUID).")
