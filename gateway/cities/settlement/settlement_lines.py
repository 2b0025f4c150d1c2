"""What each shop is paid in a cycle: drawn up from its payments and refunds, kept when it is closed, read again later."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, func, insert, select, update

from core_ledger import Transfer, chart, ledger
from gateway.cities import tables
from gateway.cities.settlement import cycle_corrections, payout_rows, shop_debts
from gateway.cities.settlement import settlement_scope as contents
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.cities.settlement.city_fees import load_fees
from gateway.cities.settlement.cycle_corrections import CorrectionSum
from gateway.cities.settlement.return_fees import share_return_fees, sum_yen
from gateway.cities.settlement.settlement_scope import CycleScope
from gateway.cities.settlement.settlement_settings import find_settings
from gateway.cities.settlement.transfer_fees import (
    NO_FEE,
    NO_FEES,
    FeeBearer,
    FeeTable,
    ReturnFee,
    StatementTerms,
)
from gateway.cities.shops import account_changes, account_notices
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.spending.spend_sums import sum_rows
from gateway.platform.encryption import Vault

_spends, _refunds = tables.spends, tables.refunds
_settlements, _lines = tables.settlements, tables.settlement_lines
_LINE_COLUMNS: Final = (
    "shop_id", "spends", "spent", "refunds", "refunded", "yen", "brought_points", "brought_yen", "paid_points",
    "paid_yen", "carried_points", "carried_yen", "fee_yen", "city_fee_yen", "carried_why", "return_fee_yen",
    "city_return_fee_yen", "open_return_fee_yen",
)  # fmt: skip


class CarriedWhy(StrEnum):
    """Why a shop is paid nothing now: nothing is carried, it owes, it has no account that is paid to, or the fee is no less."""

    NOTHING = ""
    OWES = "owes"
    NO_ACCOUNT = "no_account"
    WITHIN_FEE = "within_fee"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopLine:
    """One shop in one cycle. `paid_*` is paid now, `carried_*` goes into the next cycle.

    What is carried is zero, or below where refunds exceed payments, or above where the shop has no account or its fee would
    take the whole payment (`carried_why`). Of `paid_yen` the bank transfers `transfer_yen`: the rest, `fee_yen`, is the
    transfer's fee that the shop bears. What the city bears is `city_fee_yen`. `return_fee_yen` is deducted too: what the bank asked
    for earlier transfers that came back. The city bears `city_return_fee_yen` of that; `open_return_fee_yen` is more than this payment
    can bear. `returns_taken` are the fees that closing it takes, in a line that is not stored yet.

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
    fee_yen: int = 0
    city_fee_yen: int = 0
    carried_why: CarriedWhy = CarriedWhy.NOTHING
    return_fee_yen: int = 0
    city_return_fee_yen: int = 0
    open_return_fee_yen: int = 0
    returns_taken: tuple[ReturnFee, ...] = field(default=(), compare=False)

    @property
    def deducted_yen(self) -> int:
        """All that the shop bears of the bank's fees, in which the tax is computed once."""
        return self.fee_yen + self.return_fee_yen

    @property
    def transfer_yen(self) -> int:
        return self.paid_yen - self.deducted_yen

    @property
    def has_return_fees(self) -> bool:
        return bool(self.return_fee_yen or self.city_return_fee_yen or self.open_return_fee_yen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A cycle with its lines; `closed_at` is None for what closing it now would give.

    `terms` of None: the closing knew no fees, and nothing is said of them.
    """

    cycle: SettlementCycle
    closed_at: datetime | None
    closed_by: str | None
    lines: tuple[ShopLine, ...]
    terms: StatementTerms | None = None

    @property
    def yen(self) -> int:
        return sum(line.paid_yen for line in self.lines)

    @property
    def fee_yen(self) -> int:
        return sum(line.fee_yen for line in self.lines)

    @property
    def city_fee_yen(self) -> int:
        return sum(line.city_fee_yen for line in self.lines)

    @property
    def return_fee_yen(self) -> int:
        return sum(line.return_fee_yen for line in self.lines)

    @property
    def city_return_fee_yen(self) -> int:
        return sum(line.city_return_fee_yen for line in self.lines)

    @property
    def open_return_fee_yen(self) -> int:
        return sum(line.open_return_fee_yen for line in self.lines)

    @property
    def transfer_yen(self) -> int:
        return self.yen - self.fee_yen - self.return_fee_yen

    @property
    def has_fees(self) -> bool:
        """Whether a transfer of it costs anything; terms alone may be no more than a note on tax."""
        return self.has_return_fees or any(
            line.fee_yen or line.city_fee_yen or line.carried_why is CarriedWhy.WITHIN_FEE
            for line in self.lines
        )

    @property
    def has_return_fees(self) -> bool:
        """Whether the bank asked for transfers that came back, taken in this cycle or still open after it."""
        return any(line.has_return_fees for line in self.lines)


def paid_account(code: str) -> str:
    """Name the city's account of what was paid to shops; it belongs to the city's own book."""
    return f"{chart.municipality_book(code)}:paid"


def preview(
    vault: Vault,
    conn: Connection,
    code: str,
    cycle: SettlementCycle,
    accounts: Mapping[str, bytes] | None = None,
) -> Settlement:
    """What closing it would give. `accounts` are those of the city's shops as the caller has read them; None reads them."""
    if accounts is None:
        accounts = account_changes.list_current(conn, code)
    cycle_scope = contents.of_open(conn, code, cycle)
    settings = find_settings(conn, code)
    returns = payout_rows.list_open_return_fees(conn, code) if cycle_scope.is_next else {}
    fees = load_fees(vault, conn, code, settings, accounts, returns)
    terms = settings.terms_of_returns if returns else settings.terms
    return compute(conn, cycle_scope, carried_forward_from(conn, cycle_scope), accounts, fees, terms)


def claim_for_cycle(conn: Connection, found: CycleScope) -> None:
    """Mark what a cycle takes before it is summed: what commits meanwhile is in neither, and comes into the next one."""
    for table in (_spends, _refunds):
        conn.execute(
            update(table).where(found.rows(table)).values(settled_in=found.cycle.starts_on.isoformat())
        )


def compute(
    conn: Connection,
    found: CycleScope,
    brought: Mapping[str, Mapping[str, int]],
    accounts: Collection[str],
    fees: FeeTable,
    terms: StatementTerms | None,
) -> Settlement:
    """Sum what is in a cycle by shop, with what an earlier cycle left over, less what its transfer costs the shop.

    `accounts` are the ids of the shops that have one.
    """
    code, cycle = found.municipality, found.cycle
    spent, refunded = (_sums(conn, table, found) for table in (_spends, _refunds))
    shops = tables.shops
    register = {
        row.shop_id: row
        for row in conn.execute(
            select(shops.c.shop_id, shops.c.name, shops.c.closed_at).where(shops.c.municipality == code)
        )
    }
    corrected, stopped = _corrections_by_shop(conn, found), account_notices.list_stopped(conn, code)
    shop_ids = sorted({*spent, *refunded, *brought, *fees.returns})
    return Settlement(
        cycle=cycle,
        closed_at=None,
        closed_by=None,
        lines=tuple(
            _line(
                shop_id,
                register[shop_id].name if shop_id in register else shop_id,
                spent.get(shop_id, {}),
                refunded.get(shop_id, {}),
                brought.get(shop_id, {}),
                corrected[shop_id],
                has_account=shop_id in accounts and shop_id not in stopped,
                is_open=shop_id not in register or register[shop_id].closed_at is None,
                fees=fees,
            )
            for shop_id in shop_ids
        ),
        terms=terms,
    )


def save(conn: Connection, code: str, drawn: Settlement, now: datetime) -> None:
    """Keep the lines of a cycle that is closed with the fees that it takes, and move what is paid in the city's own book."""
    starts_on, book = drawn.cycle.starts_on.isoformat(), chart.municipality_book(code)
    if not drawn.lines:
        return
    conn.execute(
        insert(_lines),
        [
            {"municipality": code, "starts_on": starts_on, "shop_name": line.shop_name}
            | {name: getattr(line, name) for name in _LINE_COLUMNS}
            for line in drawn.lines
        ],
    )
    taken = [each for line in drawn.lines for each in line.returns_taken]
    payout_rows.save_return_fees_taken(conn, code, starts_on, taken)
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
                details={"shop_id": line.shop_id, "yen": str(line.paid_yen)}
                | ({"fee_yen": str(line.fee_yen)} if line.fee_yen else {})
                | ({"return_fee_yen": str(line.return_fee_yen)} if line.return_fee_yen else {}),
            )
            for line in drawn.lines
            if line.paid_points
        ],
    )


def closed(conn: Connection, code: str, starts_on: date) -> Settlement | None:
    """A cycle as its closing left it; None while it is open."""
    row = closed_row(conn, code, starts_on)
    if row is None:
        return None
    key, shops = starts_on.isoformat(), tables.shops
    lines = conn.execute(
        select(_lines, shops.c.name)
        .join(shops, (shops.c.municipality == _lines.c.municipality) & (shops.c.shop_id == _lines.c.shop_id))
        .where(_lines.c.municipality == code, _lines.c.starts_on == key)
        .order_by(_lines.c.shop_id)
    )
    cycle = stored_cycle(row)
    corrected = _corrections_by_shop(conn, contents.of_closed(code, cycle))
    return Settlement(
        cycle=cycle,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        lines=tuple(
            _stored_line(line, line.shop_name or line.name, corrected[line.shop_id]) for line in lines
        ),
        terms=stored_terms(row),
    )


def closed_of_shop(
    conn: Connection, code: str, shop: Shop, limit: int
) -> list[tuple[SettlementCycle, ShopLine]]:
    """A shop's lines of closed cycles, newest first."""
    same = (_settlements.c.municipality == _lines.c.municipality) & (
        _settlements.c.starts_on == _lines.c.starts_on
    )
    query = (
        select(_lines, _settlements.c.ends_on, _settlements.c.pays_on)
        .join(_settlements, same)
        .where(_lines.c.municipality == code, _lines.c.shop_id == shop.shop_id)
        .order_by(_lines.c.starts_on.desc())
        .limit(limit)
    )
    shop_lines: list[tuple[SettlementCycle, ShopLine]] = []
    for row in conn.execute(query).all():
        cycle = stored_cycle(row)
        corrected = _corrections_by_shop(conn, contents.of_closed(code, cycle), shop.shop_id)
        shop_lines.append((cycle, _stored_line(row, row.shop_name or shop.name, corrected[shop.shop_id])))
    return shop_lines


def closed_row(conn: Connection, code: str, starts_on: date) -> Row[Any] | None:
    """When and by whom a cycle was closed, as it is stored."""
    return conn.execute(
        select(_settlements).where(
            _settlements.c.municipality == code, _settlements.c.starts_on == starts_on.isoformat()
        )
    ).one_or_none()


def lock_closed(conn: Connection, code: str, starts_on: date) -> None:
    """Hold a closed cycle until the transaction ends: who makes its file twice at one moment takes turns."""
    conn.execute(
        select(_settlements.c.starts_on)
        .where(_settlements.c.municipality == code, _settlements.c.starts_on == starts_on.isoformat())
        .with_for_update()
    )


def contents_of(conn: Connection, code: str, cycle: SettlementCycle) -> CycleScope:
    """What is in a cycle, closed or not."""
    if closed_row(conn, code, cycle.starts_on) is not None:
        return contents.of_closed(code, cycle)
    return contents.of_open(conn, code, cycle)


def _corrections_by_shop(
    conn: Connection, found: CycleScope, shop_id: str | None = None
) -> defaultdict[str, CorrectionSum]:
    sums = cycle_corrections.by_shop(cycle_corrections.of_cycle(conn, found, shop_id))
    return defaultdict(lambda: cycle_corrections.NONE, sums)


def stored_cycle(row: Row[Any]) -> SettlementCycle:
    return SettlementCycle(*(date.fromisoformat(one) for one in (row.starts_on, row.ends_on, row.pays_on)))


def stored_terms(row: Row[Any]) -> StatementTerms | None:
    """What was fixed by the closing; None where it knew no fees."""
    if row.fee_tax_percent is None:
        return None
    return StatementTerms(
        fee_tax_percent=row.fee_tax_percent, invoice_number=row.invoice_number, tax_note=row.tax_note
    )


def _stored_line(row: Row[Any], name: str, corrected: CorrectionSum) -> ShopLine:
    return ShopLine(
        shop_name=name,
        corrections=corrected.corrections,
        corrected_points=corrected.points,
        corrected_yen=corrected.yen,
        **{column: getattr(row, column) for column in _LINE_COLUMNS}
        | {"carried_why": CarriedWhy(row.carried_why)},
    )


def empty(shop: Shop) -> ShopLine:
    """The line of a shop with which nothing was done."""
    return _line(
        shop.shop_id,
        shop.name,
        {},
        {},
        {},
        cycle_corrections.NONE,
        has_account=shop.has_bank,
        is_open=shop.closed_at is None,
        fees=NO_FEES,
    )


def _line(
    shop_id: str,
    shop_name: str,
    spent: Mapping[str, int],
    refunded: Mapping[str, int],
    brought: Mapping[str, int],
    corrected: CorrectionSum,
    *,
    has_account: bool,
    is_open: bool,
    fees: FeeTable,
) -> ShopLine:
    points = spent.get("points", 0) - refunded.get("points", 0) + brought.get("points", 0)
    yen = spent.get("yen", 0) - refunded.get("yen", 0)
    due = yen + brought.get("yen", 0)
    fee = fees.fee_of(shop_id, due) if due > 0 else NO_FEE
    if fee.shop_yen >= due and not is_open:
        # Nothing will be added to it any more: it would be carried for ever, and the city would have the shop's money.
        fee = fees.fee_of(shop_id, due, FeeBearer.CITY)
    why = CarriedWhy.NOTHING
    if points <= 0 or due <= 0:
        why = CarriedWhy.OWES if points or due else CarriedWhy.NOTHING
    elif not has_account:
        why = CarriedWhy.NO_ACCOUNT
    elif fee.shop_yen >= due:
        why = CarriedWhy.WITHIN_FEE
    pays = points > 0 and due > 0 and why is CarriedWhy.NOTHING
    returns = share_return_fees(fees, shop_id, due, fee, pays=pays, is_open=is_open)
    fee = returns.transfer_fee
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
        fee_yen=fee.shop_yen if pays else 0,
        city_fee_yen=fee.city_yen if pays else 0,
        carried_why=why,
        return_fee_yen=sum_yen(returns.by_shop),
        city_return_fee_yen=sum_yen(returns.by_city),
        open_return_fee_yen=sum_yen(returns.still_open),
        returns_taken=returns.by_shop + returns.by_city,
    )


def carried_forward_from(
    conn: Connection, found: CycleScope, owed_again: Mapping[str, Mapping[str, int]] | None = None
) -> dict[str, dict[str, int]]:
    """What each shop's newest line carried on, and what is owed again, for the cycle that is closed next.

    `owed_again` is what a closing has claimed besides (`claim_owed_again`); None looks without claiming.
    """
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
    brought = {
        row.shop_id: {"points": row.carried_points, "yen": row.carried_yen}
        for row in rows
        if row.carried_points or row.carried_yen
    }
    for shop_id, sums in (list_owed_again(conn, code) if owed_again is None else owed_again).items():
        before = brought.get(shop_id, {"points": 0, "yen": 0})
        brought[shop_id] = {name: before[name] + sums[name] for name in before}
    return brought


def list_owed_again(conn: Connection, code: str) -> dict[str, Counter[str]]:
    """What the next closing takes up besides its own, by shop: payments that were held or came back, debts that ended."""
    return _both(payout_rows.list_owed_again(conn, code), shop_debts.sum_waiting(conn, code))


def claim_owed_again(conn: Connection, code: str, starts_on: str) -> dict[str, Counter[str]]:
    """The same, taken by the cycle that is being closed: what is recorded at this moment waits for the next one."""
    return _both(
        payout_rows.claim_owed_again(conn, code, starts_on), shop_debts.claim_waiting(conn, code, starts_on)
    )


def _both(*sums: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    sums_by_shop: dict[str, Counter[str]] = {}
    for by_shop in sums:
        for shop_id, each in by_shop.items():
            sums_by_shop.setdefault(shop_id, Counter()).update(each)
    return sums_by_shop


def _sums(conn: Connection, table: Table, found: CycleScope) -> dict[str, dict[str, int]]:
    rows = conn.execute(sum_rows(table, table.c.shop_id, where=(found.rows(table),)))
    return {r.shop_id: {"count": int(r.moves), "points": int(r.points), "yen": int(r.yen)} for r in rows}
