"""What is known of each shop's payment of a closed cycle, as rows: sync functions of a Connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select, tuple_, update

from gateway.cities import tables
from gateway.cities.settlement.transfer_fees import FeeBearer, ReturnFee
from gateway.platform.sql import insert_into
from gateway.platform.transitions import LegalMoves

_payouts: Final = tables.payouts


class PayoutState(StrEnum):
    PAID = "paid"
    HELD = "held"
    RETURNED = "returned"


LEGAL: Final[LegalMoves[PayoutState]] = {
    PayoutState.HELD: frozenset(),
    PayoutState.PAID: frozenset({PayoutState.PAID, PayoutState.RETURNED}),
    PayoutState.RETURNED: frozenset(),
}
"""A payment comes back also after it was said to be paid; what is owed again is paid with a later closing."""
OWED_AGAIN: Final = frozenset({PayoutState.HELD, PayoutState.RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """`yen` is the whole sum that the cycle pays, before a fee is deducted: so much is owed again where it came back.

    `carried_in` is the first day of the cycle that pays what is owed again; None until that is closed.

    `return_fee_yen` is what the bank asked for the return, tax included; `return_fee_in` is the cycle that has taken it from the
    shop or reckoned it with the city; None until then.
    """

    shop_id: str
    state: PayoutState
    points: int
    yen: int
    reason: str
    recorded_by: str
    recorded_at: datetime
    carried_in: str | None
    return_fee_yen: int = 0
    return_fee_bearer: FeeBearer = FeeBearer.CITY
    return_fee_in: str | None = None


def list_by_cycle(conn: Connection, code: str, starts_on: date) -> dict[str, Payout]:
    """What is known of a cycle's payments, by shop; of the others nothing is."""
    query = select(_payouts).where(
        _payouts.c.municipality == code, _payouts.c.starts_on == starts_on.isoformat()
    )
    return {row.shop_id: _payout(row) for row in conn.execute(query)}


def save(conn: Connection, code: str, starts_on: date, payout: Payout) -> None:
    """Save what is known of a payment now; a newer word takes the place of the one before."""
    values = {
        "state": payout.state.value, "points": payout.points, "yen": payout.yen, "reason": payout.reason,
        "recorded_by": payout.recorded_by, "recorded_at": payout.recorded_at,
        "return_fee_yen": payout.return_fee_yen, "return_fee_bearer": payout.return_fee_bearer.value,
    }  # fmt: skip
    conn.execute(
        insert_into(conn, _payouts)
        .values(municipality=code, starts_on=starts_on.isoformat(), shop_id=payout.shop_id, **values)
        .on_conflict_do_update(
            index_elements=[_payouts.c.municipality, _payouts.c.starts_on, _payouts.c.shop_id], set_=values
        )
    )


def list_owed_again(conn: Connection, code: str) -> Mapping[str, Counter[str]]:
    """What the next closing pays besides its own, by shop: points and yen."""
    return _sums(conn.execute(_owed(code)).all())


def claim_owed_again(conn: Connection, code: str, starts_on: str) -> Mapping[str, Counter[str]]:
    """The same, taken by the cycle that is being closed: what is recorded at this moment waits for the next one."""
    rows = conn.execute(_owed(code).with_for_update()).all()
    if rows:
        conn.execute(
            update(_payouts)
            .where(_payouts.c.municipality == code)
            .where(
                tuple_(_payouts.c.starts_on, _payouts.c.shop_id).in_(
                    [(row.starts_on, row.shop_id) for row in rows]
                )
            )
            .values(carried_in=starts_on)
        )
    return _sums(rows)


def list_open_return_fees(conn: Connection, code: str) -> dict[str, list[ReturnFee]]:
    """The fees for what came back that no closing has taken, by shop, the oldest cycle first."""
    return _return_fees(conn.execute(_open_return_fees(code)).all())


def lock_open_return_fees(conn: Connection, code: str) -> dict[str, list[ReturnFee]]:
    """The same, held until the transaction ends: two closings at one moment do not both take one."""
    return _return_fees(conn.execute(_open_return_fees(code).with_for_update()).all())


def save_return_fees_taken(conn: Connection, code: str, starts_on: str, taken: Collection[ReturnFee]) -> None:
    """Note which closing has taken them; the caller has locked them."""
    for each in taken:
        conn.execute(
            update(_payouts)
            .where(_payouts.c.municipality == code, _payouts.c.starts_on == each.starts_on)
            .where(_payouts.c.shop_id == each.shop_id, _payouts.c.return_fee_in.is_(None))
            .values(return_fee_in=starts_on)
        )


def reopen_return_fees(conn: Connection, code: str, starts_on: str, shop_id: str) -> None:
    """What a cycle deducted from a payment that did not arrive is open again; what the city bore is not."""
    conn.execute(
        update(_payouts)
        .where(_payouts.c.municipality == code, _payouts.c.shop_id == shop_id)
        .where(_payouts.c.return_fee_in == starts_on, _payouts.c.return_fee_bearer == FeeBearer.SHOP.value)
        .values(return_fee_in=None)
    )


def _open_return_fees(code: str) -> Select[Any]:
    return (
        select(_payouts)
        .where(_payouts.c.municipality == code, _payouts.c.return_fee_yen > 0)
        .where(_payouts.c.state == PayoutState.RETURNED.value, _payouts.c.return_fee_in.is_(None))
        .order_by(_payouts.c.starts_on, _payouts.c.shop_id)
    )


def _return_fees(rows: Sequence[Row[Any]]) -> dict[str, list[ReturnFee]]:
    fees: dict[str, list[ReturnFee]] = {}
    for row in rows:
        fees.setdefault(row.shop_id, []).append(
            ReturnFee(
                starts_on=row.starts_on, shop_id=row.shop_id, yen=row.return_fee_yen,
                bearer=FeeBearer(row.return_fee_bearer),
            )
        )  # fmt: skip
    return fees


def _sums(rows: Sequence[Row[Any]]) -> dict[str, Counter[str]]:
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        sums.setdefault(row.shop_id, Counter()).update(points=row.points, yen=row.yen)
    return sums


def _owed(code: str) -> Select[Any]:
    return select(_payouts).where(
        _payouts.c.municipality == code,
        _payouts.c.state.in_(sorted(state.value for state in OWED_AGAIN)),
        _payouts.c.carried_in.is_(None),
    )


def _payout(row: Row[Any]) -> Payout:
    return Payout(
        shop_id=row.shop_id,
        state=PayoutState(row.state),
        points=row.points,
        yen=row.yen,
        reason=row.reason,
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
        carried_in=row.carried_in,
        return_fee_yen=row.return_fee_yen,
        return_fee_bearer=FeeBearer(row.return_fee_bearer),
        return_fee_in=row.return_fee_in,
    )
