"""Paying the shops (精算): a cycle is closed once, by somebody who may; what changes later comes into the next one.

Closing takes every payment and refund up to the cycle's end that no earlier closing took, sums them by shop, and
moves what is paid from the shop's account to the city's `paid` account, in the city's own book. A shop whose
refunds exceed its payments is paid nothing, and the difference is carried into its next cycle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, func, insert, select, update

from core_ledger import Transfer, chart, ledger
from gateway.base.sql import insert_new
from gateway.errors import Refused
from gateway.municipal import (
    business_days,
    cycle_corrections,
    shop_records,
    spend_records,
    staff_records,
    tables,
    zengin,
)
from gateway.municipal import cycle_contents as contents
from gateway.municipal.bank_accounts import BankAccount, Payer, open_account, open_payer
from gateway.municipal.business_days import Cycle
from gateway.municipal.city_desk import CityDesk, day_of, told
from gateway.municipal.cycle_contents import Contents
from gateway.municipal.cycle_corrections import Correction, CorrectionSum
from gateway.municipal.shop_records import Shop
from gateway.municipal.spend_records import Refund, Spend
from gateway.municipal.staff_records import StaffSession

_spends, _refunds = tables.spends, tables.refunds
_settlements, _lines = tables.settlements, tables.settlement_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopLine:
    """One shop in one cycle. `paid_*` is paid now, `carried_*` goes into the next cycle (zero, or below).

    Of what is in it, `corrections` lines correct earlier cycles, and change the sum by `corrected_*`.
    """

    shop_id: str
    shop_name: str
    spends: int
    spent: int
    refunds: int
    refunded: int
    yen: int
    corrections: int
    corrected_points: int
    corrected_yen: int
    brought_points: int
    brought_yen: int
    paid_points: int
    paid_yen: int
    carried_points: int
    carried_yen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A cycle with its lines; `closed_at` is None for what closing it now would give."""

    cycle: Cycle
    closed_at: datetime | None
    closed_by: str | None
    lines: tuple[ShopLine, ...]

    @property
    def yen(self) -> int:
        return sum(line.paid_yen for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopStatement:
    """What a shop is paid for in one cycle, payment by payment; `closed_at` is None for what closing now would give."""

    cycle: Cycle
    closed_at: datetime | None
    shop: Shop
    line: ShopLine
    spends: tuple[Spend, ...]
    refunds: tuple[Refund, ...]
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCorrections:
    """What in a cycle corrects earlier ones; `people` are the names of those who made it, by their staff ids."""

    cycle: Cycle
    closed_at: datetime | None
    corrections: tuple[Correction, ...]
    people: Mapping[str, str]

    @property
    def yen(self) -> int:
        return sum(one.yen for one in self.corrections)

    @property
    def points(self) -> int:
        return sum(one.points for one in self.corrections)


def paid_account(code: str) -> str:
    """Name the city's account of what was paid to shops; it belongs to the city's own book."""
    return f"{chart.municipality_book(code)}:paid"


@dataclass(frozen=True, slots=True)
class Settlements:
    desk: CityDesk

    async def listed(self, code: str) -> list[tuple[Cycle, int | None]]:
        """Every cycle since the first payment, newest first, with what was paid; None while it is not closed."""

        def job(conn: Connection) -> list[tuple[Cycle, int | None]]:
            first = conn.scalar(select(func.min(_spends.c.at)).where(_spends.c.municipality == code))
            closed = {
                row.starts_on: (_stored_cycle(row), int(row.yen))
                for row in conn.execute(select(_settlements).where(_settlements.c.municipality == code))
            }
            if first is None:
                return [(cycle, yen) for cycle, yen in closed.values()]
            found = business_days.cycles(day_of(first), self.desk.today)
            return sorted((closed.get(one.starts_on.isoformat(), (one, None)) for one in found), reverse=True)

        return await self.desk.store.read(job)

    async def get(self, code: str, starts_on: date) -> Settlement:
        """A closed settlement, or what closing would give. Raises Refused `unknown-cycle` (404)."""
        cycle = _cycle(starts_on)

        def job(conn: Connection) -> Settlement:
            return _closed(conn, code, starts_on) or _foreseen(conn, code, cycle)

        return await self.desk.store.read(job)

    async def close(self, who: StaffSession, starts_on: date, reason: str = "") -> Settlement:
        """Close a cycle, once. Raises Refused: `unknown-cycle` (404), `cycle-not-over`, `cycle-closed`,
        `earlier-cycle-open` (409).
        """
        cycle, now, code = _cycle(starts_on), self.desk.clock(), who.municipality
        if day_of(now) <= cycle.ends_on:
            raise Refused("cycle-not-over", f"This cycle ends on {cycle.ends_on}; close it after that day.")

        def job(conn: Connection) -> Settlement:
            if _closed(conn, code, starts_on) is not None:
                raise _already_closed()
            _refuse_earlier(conn, code, cycle)
            found = contents.of_open(conn, code, cycle)
            _take(conn, found)
            drawn = _drawn_up(conn, contents.of_closed(code, cycle), _brought(conn, found))
            row = {
                "municipality": code, "starts_on": starts_on.isoformat(), "ends_on": cycle.ends_on.isoformat(),
                "pays_on": cycle.pays_on.isoformat(), "yen": drawn.yen, "closed_by": who.staff_id, "closed_at": now,
            }  # fmt: skip
            if not insert_new(conn, _settlements, **row):
                raise _already_closed()
            _keep(conn, code, drawn, now)
            facts: dict[str, str | int] = {"yen": drawn.yen, "shops": len(drawn.lines)}
            told(conn, who, now, "settlement closed", starts_on.isoformat(), reason, facts)
            closed = _closed(conn, code, starts_on)
            assert closed is not None
            return closed

        return await self.desk.store.run(job)

    async def statement(self, code: str, starts_on: date, shop_id: str) -> ShopStatement:
        """A shop's statement of a cycle. Raises Refused: `unknown-cycle`, `unknown-shop` (404)."""
        cycle = _cycle(starts_on)

        def job(conn: Connection) -> ShopStatement:
            shop = shop_records.require(conn, code, shop_id)
            settlement = _closed(conn, code, starts_on) or _foreseen(conn, code, cycle)
            found = _contents(conn, code, cycle)
            line = next((one for one in settlement.lines if one.shop_id == shop_id), None)
            spends, refunds = _of_cycle(conn, found, shop_id)
            return ShopStatement(
                cycle=settlement.cycle,
                closed_at=settlement.closed_at,
                shop=shop,
                line=line or _line(shop_id, shop.name, {}, {}, {}, cycle_corrections.NONE),
                spends=spends,
                refunds=refunds,
                corrections=tuple(cycle_corrections.of_cycle(conn, found, shop_id)),
            )

        return await self.desk.store.read(job)

    async def corrections(self, code: str, starts_on: date) -> CycleCorrections:
        """What in a cycle corrects earlier ones, of all shops. Raises Refused `unknown-cycle` (404)."""
        cycle = _cycle(starts_on)

        def job(conn: Connection) -> CycleCorrections:
            row = _settled(conn, code, starts_on)
            found = cycle_corrections.of_cycle(conn, _contents(conn, code, cycle))
            return CycleCorrections(
                cycle=cycle if row is None else _stored_cycle(row),
                closed_at=None if row is None else row.closed_at,
                corrections=tuple(found),
                people={one.staff_id: one.display_name for one in staff_records.of_municipality(conn, code)},
            )

        return await self.desk.store.read(job)

    async def of_shop(self, code: str, shop_id: str, limit: int = 24) -> list[tuple[Cycle, ShopLine]]:
        """A shop's closed cycles, newest first."""
        query = (
            select(_lines, _settlements.c.ends_on, _settlements.c.pays_on)
            .join(
                _settlements,
                (_settlements.c.municipality == _lines.c.municipality)
                & (_settlements.c.starts_on == _lines.c.starts_on),
            )
            .where(_lines.c.municipality == code, _lines.c.shop_id == shop_id)
            .order_by(_lines.c.starts_on.desc())
            .limit(limit)
        )

        def job(conn: Connection) -> list[tuple[Cycle, ShopLine]]:
            name = shop_records.require(conn, code, shop_id).name
            found: list[tuple[Cycle, ShopLine]] = []
            for row in conn.execute(query).all():
                cycle = _stored_cycle(row)
                corrected = _corrected(conn, contents.of_closed(code, cycle), shop_id)
                found.append((cycle, _stored_line(row, name, corrected[shop_id])))
            return found

        return await self.desk.store.read(job)

    async def transfer_file(self, who: StaffSession, starts_on: date) -> bytes:
        """The bank's transfer file of a closed cycle. Raises Refused: `unknown-cycle` (404), `cycle-not-closed`,
        `payer-missing`, `bank-missing` (409, naming the shops).
        """
        _cycle(starts_on)
        now, code = self.desk.clock(), who.municipality

        def job(conn: Connection) -> bytes:
            settlement = _closed(conn, code, starts_on)
            if settlement is None:
                raise Refused("cycle-not-closed", "Close this cycle first.")
            paid = [line for line in settlement.lines if line.paid_yen > 0]
            payer = self._payer(conn, code)
            banks = {line.shop_id: self._bank(conn, code, line.shop_id) for line in paid}
            missing = [shop_id for shop_id, bank in banks.items() if bank is None]
            if missing:
                raise Refused(
                    "bank-missing",
                    "Register the accounts of these shops first.",
                    shops=",".join(missing[:50]),
                )
            told(conn, who, now, "transfer file made", starts_on.isoformat(), facts={"yen": settlement.yen})
            targets = [
                _target(line, bank, number)
                for number, line in enumerate(paid, 1)
                if (bank := banks[line.shop_id]) is not None
            ]
            return zengin.transfer_file(_source(payer, settlement.cycle.pays_on), targets)

        return await self.desk.store.run(job)

    def _payer(self, conn: Connection, code: str) -> Payer:
        banks = tables.city_banks
        sealed = conn.execute(
            select(banks.c.payer_sealed).where(banks.c.municipality == code)
        ).scalar_one_or_none()
        if sealed is None:
            raise Refused("payer-missing", "An administrator registers the city's own account first.")
        return open_payer(self.desk.vault, code, sealed)

    def _bank(self, conn: Connection, code: str, shop_id: str) -> BankAccount | None:
        sealed = shop_records.bank_sealed(conn, code, shop_id)
        return None if sealed is None else open_account(self.desk.vault, code, shop_id, sealed)


# --- drawing up ----------------------------------------------------------------------------------------------------------

_LINE_COLUMNS: Final = (
    "shop_id", "spends", "spent", "refunds", "refunded", "yen", "brought_points", "brought_yen", "paid_points",
    "paid_yen", "carried_points", "carried_yen",
)  # fmt: skip


def _take(conn: Connection, found: Contents) -> None:
    """Mark what a cycle takes before it is summed: what commits meanwhile is in neither, and comes into the next one."""
    for table in (_spends, _refunds):
        conn.execute(
            update(table).where(found.rows(table)).values(settled_in=found.cycle.starts_on.isoformat())
        )


def _keep(conn: Connection, code: str, drawn: Settlement, now: datetime) -> None:
    starts_on, book = drawn.cycle.starts_on.isoformat(), chart.municipality_book(code)
    if not drawn.lines:
        return
    conn.execute(
        insert(_lines),
        [
            {"municipality": code, "starts_on": starts_on}
            | {name: getattr(line, name) for name in _LINE_COLUMNS}
            for line in drawn.lines
        ],
    )
    ledger.apply(
        conn,
        [
            Transfer(
                id=f"settlement:{starts_on}:{line.shop_id}",
                book=book,
                source=chart.shop(code, line.shop_id),
                target=paid_account(code),
                points=line.paid_points,
                at=now,
                kind="settlement",
                issued_on=drawn.cycle.ends_on,
                reference=starts_on,
                details={"shop_id": line.shop_id, "yen": str(line.paid_yen)},
            )
            for line in drawn.lines
            if line.paid_points
        ],
    )


def _contents(conn: Connection, code: str, cycle: Cycle) -> Contents:
    if _settled(conn, code, cycle.starts_on) is not None:
        return contents.of_closed(code, cycle)
    return contents.of_open(conn, code, cycle)


def _corrected(
    conn: Connection, found: Contents, shop_id: str | None = None
) -> defaultdict[str, CorrectionSum]:
    sums = cycle_corrections.by_shop(cycle_corrections.of_cycle(conn, found, shop_id))
    return defaultdict(lambda: cycle_corrections.NONE, sums)


def _foreseen(conn: Connection, code: str, cycle: Cycle) -> Settlement:
    """What closing it would give."""
    found = contents.of_open(conn, code, cycle)
    return _drawn_up(conn, found, _brought(conn, found))


def _drawn_up(conn: Connection, found: Contents, brought: Mapping[str, Mapping[str, int]]) -> Settlement:
    code, cycle = found.municipality, found.cycle
    spent, refunded = (_sums(conn, table, found) for table in (_spends, _refunds))
    names = {
        row.shop_id: row.name
        for row in conn.execute(
            select(tables.shops.c.shop_id, tables.shops.c.name).where(tables.shops.c.municipality == code)
        )
    }
    corrected = _corrected(conn, found)
    shop_ids = sorted({*spent, *refunded, *brought})
    return Settlement(
        cycle=cycle,
        closed_at=None,
        closed_by=None,
        lines=tuple(
            _line(
                one,
                names.get(one, one),
                spent.get(one, {}),
                refunded.get(one, {}),
                brought.get(one, {}),
                corrected[one],
            )
            for one in shop_ids
        ),
    )


def _line(
    shop_id: str,
    shop_name: str,
    spent: Mapping[str, int],
    refunded: Mapping[str, int],
    brought: Mapping[str, int],
    corrected: CorrectionSum,
) -> ShopLine:
    points = spent.get("points", 0) - refunded.get("points", 0) + brought.get("points", 0)
    yen = spent.get("yen", 0) - refunded.get("yen", 0)
    due = yen + brought.get("yen", 0)
    pays = points > 0 and due > 0
    return ShopLine(
        shop_id=shop_id,
        shop_name=shop_name,
        spends=spent.get("count", 0),
        spent=spent.get("points", 0),
        refunds=refunded.get("count", 0),
        refunded=refunded.get("points", 0),
        yen=yen,
        corrections=corrected.corrections,
        corrected_points=corrected.points,
        corrected_yen=corrected.yen,
        brought_points=brought.get("points", 0),
        brought_yen=brought.get("yen", 0),
        paid_points=points if pays else 0,
        paid_yen=due if pays else 0,
        carried_points=0 if pays else points,
        carried_yen=0 if pays else due,
    )


def _sums(conn: Connection, table: Table, found: Contents) -> dict[str, dict[str, int]]:
    rows = conn.execute(
        select(
            table.c.shop_id,
            func.count().label("moves"),
            func.sum(table.c.points).label("points"),
            func.sum(table.c.yen).label("yen"),
        )
        .where(found.rows(table))
        .group_by(table.c.shop_id)
    )
    return {r.shop_id: {"count": int(r.moves), "points": int(r.points), "yen": int(r.yen)} for r in rows}


def _brought(conn: Connection, found: Contents) -> dict[str, dict[str, int]]:
    """What each shop's newest line carried on, for the cycle that is closed next."""
    if not found.is_next:
        return {}
    code = found.municipality
    newest = (
        select(_lines.c.shop_id, func.max(_lines.c.starts_on).label("starts_on"))
        .where(_lines.c.municipality == code)
        .group_by(_lines.c.shop_id)
        .subquery()
    )
    rows = conn.execute(
        select(_lines)
        .join(newest, (newest.c.shop_id == _lines.c.shop_id) & (newest.c.starts_on == _lines.c.starts_on))
        .where(_lines.c.municipality == code)
    )
    return {
        row.shop_id: {"points": row.carried_points, "yen": row.carried_yen}
        for row in rows
        if row.carried_points or row.carried_yen
    }


def _refuse_earlier(conn: Connection, code: str, cycle: Cycle) -> None:
    """Cycles are closed in their order; a payment that was committed after its cycle's closing waits for no one."""
    earlier = contents.earlier_open(conn, code, cycle)
    if earlier is not None:
        raise Refused(
            "earlier-cycle-open",
            f"The cycle of {earlier.starts_on} is still open; close it first.",
            starts_on=earlier.starts_on.isoformat(),
        )


def _of_cycle(
    conn: Connection, found: Contents, shop_id: str
) -> tuple[tuple[Spend, ...], tuple[Refund, ...]]:
    spends, refunds = (
        conn.execute(
            select(table).where(found.rows(table), table.c.shop_id == shop_id).order_by(table.c.at)
        ).all()
        for table in (_spends, _refunds)
    )
    return (
        tuple(spend_records.spend_of(row._mapping) for row in spends),  # noqa: SLF001  a row as a mapping
        tuple(map(spend_records.refund_of, refunds)),
    )


def _settled(conn: Connection, code: str, starts_on: date) -> Row[Any] | None:
    return conn.execute(
        select(_settlements).where(
            _settlements.c.municipality == code, _settlements.c.starts_on == starts_on.isoformat()
        )
    ).one_or_none()


def _closed(conn: Connection, code: str, starts_on: date) -> Settlement | None:
    row = _settled(conn, code, starts_on)
    if row is None:
        return None
    key, shops = starts_on.isoformat(), tables.shops
    lines = conn.execute(
        select(_lines, shops.c.name)
        .join(shops, (shops.c.municipality == _lines.c.municipality) & (shops.c.shop_id == _lines.c.shop_id))
        .where(_lines.c.municipality == code, _lines.c.starts_on == key)
        .order_by(_lines.c.shop_id)
    )
    cycle = _stored_cycle(row)
    corrected = _corrected(conn, contents.of_closed(code, cycle))
    return Settlement(
        cycle=cycle,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        lines=tuple(_stored_line(line, line.name, corrected[line.shop_id]) for line in lines),
    )


def _stored_line(row: Row[Any], name: str, corrected: CorrectionSum) -> ShopLine:
    return ShopLine(
        shop_name=name,
        corrections=corrected.corrections,
        corrected_points=corrected.points,
        corrected_yen=corrected.yen,
        **{column: getattr(row, column) for column in _LINE_COLUMNS},
    )


def _stored_cycle(row: Row[Any]) -> Cycle:
    return Cycle(*(date.fromisoformat(one) for one in (row.starts_on, row.ends_on, row.pays_on)))


def _cycle(starts_on: date) -> Cycle:
    cycle = business_days.cycle_of(starts_on)
    if cycle.starts_on != starts_on:
        raise Refused("unknown-cycle", "A cycle starts on the 1st or the 16th of a month.", status=404)
    return cycle


def _already_closed() -> Refused:
    return Refused("cycle-closed", "This cycle was closed before; what changes now comes into the next one.")


def _source(payer: Payer, pays_on: date) -> zengin.TransferFrom:
    account = payer.account
    return zengin.TransferFrom(
        client_code=payer.client_code,
        client_name=account.holder,
        pays_on=pays_on,
        bank_code=account.bank_code,
        bank_name=account.bank_name,
        branch_code=account.branch_code,
        branch_name=account.branch_name,
        account_kind=account.kind,
        account_number=account.number,
    )


def _target(line: ShopLine, bank: BankAccount, number: int) -> zengin.TransferTo:
    return zengin.TransferTo(
        bank_code=bank.bank_code,
        bank_name=bank.bank_name,
        branch_code=bank.branch_code,
        branch_name=bank.branch_name,
        account_kind=bank.kind,
        account_number=bank.number,
        holder=bank.holder,
        yen=line.paid_yen,
        reference=str(number),
    )
