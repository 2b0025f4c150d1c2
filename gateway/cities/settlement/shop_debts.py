"""What a closed shop owes (閉店した加盟店の未収): it has been repaid, or the city writes it off. Both by two persons.

A shop owes where refunds exceed what it was paid for. An open one pays with its next sales; a closed one never sells
again, and its debt would be carried from closing to closing for ever. Once decided, the next closing takes the sum up, and
nothing is carried any more. In the ledger the shop's account is even at once:

    repaid        paid ──► shop                              the city has less paid than before
    written off   paid ──► shop,  written_off ──► paid       what was paid stays paid, and the city bears the loss
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from core_ledger import Transfer, chart, ledger
from gateway.cities import tables
from gateway.cities.city_context import StaffActor, write_audit
from gateway.cities.proposals.propose import Ground
from gateway.cities.settlement import payout_rows
from gateway.cities.shops import shop_rows
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from httpkit.clock import day_of

_debts: Final = tables.shop_debts
_lines: Final = tables.settlement_lines


class DebtEnd(StrEnum):
    REPAID = "repaid"
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDebt:
    """The command that waits for a second person: the whole debt of one shop, as it was seen."""

    shop_id: str
    end: DebtEnd
    points: int
    yen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopDebt:
    """What a closed shop owes now, above zero."""

    shop_id: str
    shop_name: str
    closed_at: datetime
    points: int
    yen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedDebt:
    """`carried_in` is the first day of the cycle that has taken it up; None until that is closed."""

    shop_id: str
    shop_name: str
    end: DebtEnd
    points: int
    yen: int
    reason: str
    recorded_by: str
    recorded_at: datetime
    carried_in: date | None


def written_off_account(code: str) -> str:
    """Name what a city has written off: it belongs to no book, and its total is minus the loss."""
    return f"written_off:{chart.part(code, 'code')}"


def list_owing(conn: Connection, code: str) -> list[ShopDebt]:
    """Closed shops that owe, by id: what their newest closing carried on, less what the next one takes up for them."""
    shops, newest = tables.shops, _newest(code)
    query = (
        select(_lines, shops.c.name, shops.c.closed_at)
        .join(newest, (newest.c.shop_id == _lines.c.shop_id) & (newest.c.starts_on == _lines.c.starts_on))
        .join(shops, (shops.c.municipality == _lines.c.municipality) & (shops.c.shop_id == _lines.c.shop_id))
        .where(_lines.c.municipality == code, shops.c.closed_at.is_not(None))
        .order_by(_lines.c.shop_id)
    )
    coming: dict[str, Counter[str]] = {}
    for sums in (sum_waiting(conn, code), payout_rows.list_owed_again(conn, code)):
        for shop_id, each in sums.items():
            coming.setdefault(shop_id, Counter()).update(each)
    debts = [
        ShopDebt(
            shop_id=row.shop_id,
            shop_name=row.name,
            closed_at=row.closed_at,
            points=-row.carried_points - coming.get(row.shop_id, Counter[str]())["points"],
            yen=-row.carried_yen - coming.get(row.shop_id, Counter[str]())["yen"],
        )
        for row in conn.execute(query)
    ]
    return [debt for debt in debts if debt.points > 0 and debt.yen > 0]


def require_debt(conn: Connection, code: str, command: EndDebt) -> ShopDebt:
    """Give the debt. Raises ProblemError: `unknown-shop` (404), `no-debt` (409) also where the sum is another by now."""
    shop_rows.require(conn, code, command.shop_id)
    debt = next((each for each in list_owing(conn, code) if each.shop_id == command.shop_id), None)
    if debt is None or (debt.points, debt.yen) != (command.points, command.yen):
        raise no_debt()
    return debt


def no_debt() -> ProblemError:
    return ProblemError("no-debt", "Only a closed shop owes, and only what its newest closing carried on.")


def debt_ground(conn: Connection, code: str, command: EndDebt) -> Ground:
    """What the author saw: the sum."""
    debt = require_debt(conn, code, command)
    return {"points": debt.points, "yen": debt.yen}


def debt_facts(debt: ShopDebt, command: EndDebt) -> dict[str, str | int]:
    shown: dict[str, str | int] = {
        "shop_id": debt.shop_id, "name": debt.shop_name, "debt_end": command.end.value, "yen": debt.yen,
    }  # fmt: skip
    return shown


def end_debt(conn: Connection, who: StaffActor, command: EndDebt, reason: str, at: datetime) -> None:
    """Carry it out. Raises ProblemError as `require_debt`."""
    code = who.municipality
    shop_rows.require(conn, code, command.shop_id, lock=True)
    debt = require_debt(conn, code, command)
    debt_id = uuid.uuid4().hex
    conn.execute(
        insert(_debts).values(
            municipality=code,
            debt_id=debt_id,
            shop_id=command.shop_id,
            debt_end=command.end.value,
            points=debt.points,
            yen=debt.yen,
            reason=reason,
            recorded_by=who.staff_id,
            recorded_at=at,
        )
    )
    ledger.apply(conn, _moves(code, command, debt_id, at))
    facts: dict[str, str | int] = {
        "shop": command.shop_id, "debt_end": command.end.value, "points": debt.points, "yen": debt.yen,
    }  # fmt: skip
    write_audit(conn, who, at, AuditAction.SHOP_DEBT_ENDED, command.shop_id, reason, facts)


def sum_waiting(conn: Connection, code: str) -> Mapping[str, Counter[str]]:
    """What was ended and no closing has taken up yet, by shop: points and yen."""
    return _sums(conn.execute(_waiting(code)).all())


def claim_waiting(conn: Connection, code: str, starts_on: str) -> Mapping[str, Counter[str]]:
    """The same, taken up by the cycle that is being closed."""
    rows = conn.execute(_waiting(code).with_for_update()).all()
    ids = [row.debt_id for row in rows]
    if ids:
        conn.execute(
            update(_debts)
            .where(_debts.c.municipality == code, _debts.c.debt_id.in_(ids))
            .values(carried_in=starts_on)
        )
    return _sums(rows)


def list_ended(conn: Connection, code: str, starts_on: date | None = None) -> list[EndedDebt]:
    """What was ended, newest first: of all times, or what one closing has taken up."""
    shops = tables.shops
    query = (
        select(_debts, shops.c.name)
        .join(shops, (shops.c.municipality == _debts.c.municipality) & (shops.c.shop_id == _debts.c.shop_id))
        .where(_debts.c.municipality == code)
        .order_by(_debts.c.recorded_at.desc(), _debts.c.debt_id)
    )
    if starts_on is not None:
        query = query.where(_debts.c.carried_in == starts_on.isoformat())
    return [
        EndedDebt(
            shop_id=row.shop_id,
            shop_name=row.name,
            end=DebtEnd(row.debt_end),
            points=row.points,
            yen=row.yen,
            reason=row.reason,
            recorded_by=row.recorded_by,
            recorded_at=row.recorded_at,
            carried_in=None if row.carried_in is None else date.fromisoformat(row.carried_in),
        )
        for row in conn.execute(query)
    ]


def _moves(code: str, command: EndDebt, debt_id: str, at: datetime) -> list[Transfer]:
    book, paid = chart.municipality_book(code), f"{chart.municipality_book(code)}:paid"
    shared: dict[str, Any] = {
        "book": book, "points": command.points, "at": at, "reference": command.shop_id,
        "details": {"shop_id": command.shop_id, "yen": str(command.yen)},
    }  # fmt: skip
    even = Transfer(
        id=f"debt:{debt_id}:{command.end.value}",
        source=paid,
        target=chart.shop(code, command.shop_id),
        kind=f"debt_{command.end.value}",
        **shared,
    )
    if command.end is DebtEnd.REPAID:
        return [even]
    loss = Transfer(
        id=f"debt:{debt_id}:loss",
        source=written_off_account(code),
        target=paid,
        kind="debt_loss",
        issued_on=day_of(at),
        **shared,
    )
    return [loss, even]


def _newest(code: str) -> Any:
    return (
        select(_lines.c.shop_id, func.max(_lines.c.starts_on).label("starts_on"))
        .where(_lines.c.municipality == code)
        .group_by(_lines.c.shop_id)
        .subquery()
    )


def _waiting(code: str) -> Select[Any]:
    return select(_debts).where(_debts.c.municipality == code, _debts.c.carried_in.is_(None))


def _sums(rows: Sequence[Row[Any]]) -> dict[str, Counter[str]]:
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        sums.setdefault(row.shop_id, Counter()).update(points=row.points, yen=row.yen)
    return sums
