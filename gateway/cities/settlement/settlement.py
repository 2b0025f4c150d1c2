"""Paying the shops (精算): a cycle is closed once, by somebody who may; what changes later comes into the next one.

Closing takes every payment and refund up to the cycle's end that no earlier closing took, sums them by shop, and
moves what is paid from the shop's account to the city's `paid` account, in the city's own book. A shop whose
refunds exceed its payments is paid nothing, and the difference is carried into its next cycle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from gateway.cities import tables
from gateway.cities.city_context import CityContext, write_audit
from gateway.cities.settlement import business_days, cycle_corrections, transfer_files, zengin
from gateway.cities.settlement import settlement_lines as lines
from gateway.cities.settlement import settlement_scope as contents
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.cities.settlement.cycle_corrections import Correction
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.settlement_scope import CycleScope
from gateway.cities.settlement.transfer_files import TransferFileMade
from gateway.cities.shops import account_changes, shop_rows
from gateway.cities.shops.bank_accounts import BankAccount, Payer, decrypt_account, decrypt_payer
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.spending import spend_rows
from gateway.cities.spending.spend_rows import Refund, Spend
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.platform.clock import day_of
from gateway.platform.sql import insert_new

_spends, _refunds = tables.spends, tables.refunds
_settlements, _lines = tables.settlements, tables.settlement_lines
MAX_TRANSFER_DELAY: Final = timedelta(days=31)
"""A transfer file's day has no year, and banks take files about a month ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopStatement:
    """What a shop is paid for in one cycle, payment by payment; `closed_at` is None for what closing now would give."""

    cycle: SettlementCycle
    closed_at: datetime | None
    shop: Shop
    line: ShopLine
    spends: tuple[Spend, ...]
    refunds: tuple[Refund, ...]
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCorrections:
    """What in a cycle corrects earlier ones; `people` are the names of those who made it, by their staff ids."""

    cycle: SettlementCycle
    closed_at: datetime | None
    corrections: tuple[Correction, ...]
    people: Mapping[str, str]

    @property
    def yen(self) -> int:
        return sum(correction.yen for correction in self.corrections)

    @property
    def points(self) -> int:
        return sum(correction.points for correction in self.corrections)


@dataclass(frozen=True, slots=True)
class Settlements:
    context: CityContext

    async def listed(self, code: str) -> list[tuple[SettlementCycle, int | None]]:
        """Every cycle since the first payment, newest first, with what was paid; None while it is not closed."""

        def job(conn: Connection) -> list[tuple[SettlementCycle, int | None]]:
            first = conn.scalar(select(func.min(_spends.c.at)).where(_spends.c.municipality == code))
            closed = {
                row.starts_on: (lines.stored_cycle(row), int(row.yen))
                for row in conn.execute(select(_settlements).where(_settlements.c.municipality == code))
            }
            if first is None:
                return [(cycle, yen) for cycle, yen in closed.values()]
            settlement_cycles = business_days.cycles(day_of(first), self.context.today)
            return sorted(
                (
                    closed.get(settlement_cycle.starts_on.isoformat(), (settlement_cycle, None))
                    for settlement_cycle in settlement_cycles
                ),
                reverse=True,
            )

        return await self.context.store.read(job)

    async def get(self, code: str, starts_on: date) -> Settlement:
        """A closed settlement, or what closing would give. Raises ProblemError `unknown-cycle` (404)."""
        cycle = _cycle(starts_on)

        def job(conn: Connection) -> Settlement:
            return lines.closed(conn, code, starts_on) or lines.preview(conn, code, cycle)

        return await self.context.store.read(job)

    async def close(self, who: StaffSession, starts_on: date, reason: str = "") -> Settlement:
        """Close a cycle, once. Raises ProblemError: `unknown-cycle` (404), `cycle-not-over`, `cycle-closed`,
        `earlier-cycle-open` (409).
        """
        cycle, now, code = _cycle(starts_on), self.context.clock(), who.municipality
        if day_of(now) <= cycle.ends_on:
            raise ProblemError(
                "cycle-not-over", f"This cycle ends on {cycle.ends_on}; close it after that day."
            )

        def job(conn: Connection) -> Settlement:
            if lines.closed(conn, code, starts_on) is not None:
                raise _already_closed()
            _refuse_earlier(conn, code, cycle)
            cycle_scope = contents.of_open(conn, code, cycle)
            lines.claim_for_cycle(conn, cycle_scope)
            drawn = lines.compute(
                conn, contents.of_closed(code, cycle), lines.carried_forward_from(conn, cycle_scope)
            )
            _require_fits(drawn)
            row = {
                "municipality": code, "starts_on": starts_on.isoformat(), "ends_on": cycle.ends_on.isoformat(),
                "pays_on": cycle.pays_on.isoformat(), "yen": drawn.yen, "closed_by": who.staff_id, "closed_at": now,
            }  # fmt: skip
            if not insert_new(conn, _settlements, **row):
                raise _already_closed()
            lines.save(conn, code, drawn, now)
            account_changes.fix_for_cycle(
                conn, code, starts_on.isoformat(), [line.shop_id for line in drawn.lines if line.paid_yen]
            )
            account_changes.take_effect(conn, code)
            facts: dict[str, str | int] = {"yen": drawn.yen, "shops": len(drawn.lines)}
            write_audit(conn, who, now, "settlement closed", starts_on.isoformat(), reason, facts)
            closed = lines.closed(conn, code, starts_on)
            assert closed is not None
            return closed

        return await self.context.store.run(job)

    async def statement(self, code: str, starts_on: date, shop_id: str) -> ShopStatement:
        """A shop's statement of a cycle. Raises ProblemError: `unknown-cycle`, `unknown-shop` (404)."""
        cycle = _cycle(starts_on)

        def job(conn: Connection) -> ShopStatement:
            shop = shop_rows.require(conn, code, shop_id)
            settlement = lines.closed(conn, code, starts_on) or lines.preview(conn, code, cycle)
            cycle_scope = lines.contents_of(conn, code, cycle)
            line = next((one for one in settlement.lines if one.shop_id == shop_id), None)
            spends, refunds = _of_cycle(conn, cycle_scope, shop_id)
            return ShopStatement(
                cycle=settlement.cycle,
                closed_at=settlement.closed_at,
                shop=shop,
                line=line or lines.empty(shop),
                spends=spends,
                refunds=refunds,
                corrections=tuple(cycle_corrections.of_cycle(conn, cycle_scope, shop_id)),
            )

        return await self.context.store.read(job)

    async def corrections(self, code: str, starts_on: date) -> CycleCorrections:
        """What in a cycle corrects earlier ones, of all shops. Raises ProblemError `unknown-cycle` (404)."""
        cycle = _cycle(starts_on)

        def job(conn: Connection) -> CycleCorrections:
            row = lines.closed_row(conn, code, starts_on)
            found = cycle_corrections.of_cycle(conn, lines.contents_of(conn, code, cycle))
            return CycleCorrections(
                cycle=cycle if row is None else lines.stored_cycle(row),
                closed_at=None if row is None else row.closed_at,
                corrections=tuple(found),
                people={
                    staff.staff_id: staff.display_name for staff in staff_rows.of_municipality(conn, code)
                },
            )

        return await self.context.store.read(job)

    async def of_shop(
        self, code: str, shop_id: str, limit: int = 24
    ) -> list[tuple[SettlementCycle, ShopLine]]:
        """A shop's closed cycles, newest first."""

        def job(conn: Connection) -> list[tuple[SettlementCycle, ShopLine]]:
            return lines.closed_of_shop(conn, code, shop_rows.require(conn, code, shop_id), limit)

        return await self.context.store.read(job)

    async def transfer_file(
        self, who: StaffSession, starts_on: date, transfer_on: date | None = None, *, again: bool = False
    ) -> bytes:
        """The bank's transfer file of a closed cycle, to the accounts that it was closed with.

        `transfer_on` is a bank day not yet over; without one it is the paying day, or the next bank day where that
        is over. `again` makes it once more. Raises ProblemError: `unknown-cycle` (404), `bad-transfer-day` (422),
        `cycle-not-closed`, `nothing-to-pay`, `file-made-before`, `payer-missing`, `bank-missing` (409).
        """
        _cycle(starts_on)
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> bytes:
            settlement = lines.closed(conn, code, starts_on)
            if settlement is None:
                raise ProblemError("cycle-not-closed", "Close this cycle first.")
            paid = [line for line in settlement.lines if line.paid_yen > 0]
            if not paid:
                raise ProblemError(
                    "nothing-to-pay", "Nothing is to be paid for this cycle, so there is no file."
                )
            day = _transfer_day(settlement.cycle, transfer_on, day_of(now))
            payer = self._payer(conn, code)
            fixed = account_changes.list_fixed(conn, code, starts_on.isoformat())
            banks = {
                line.shop_id: decrypt_account(self.context.vault, code, line.shop_id, fixed[line.shop_id])
                for line in paid
                if line.shop_id in fixed
            }
            missing = [line.shop_id for line in paid if line.shop_id not in banks]
            lines.lock_closed(conn, code, starts_on)
            earlier = transfer_files.list_made(conn, code, starts_on)
            if earlier and not again:
                raise _made_before(conn, earlier[-1])
            if missing:
                raise ProblemError(
                    "bank-missing",
                    "Register the accounts of these shops first.",
                    shops=",".join(missing[:50]),
                )
            facts: dict[str, str | int] = {
                "yen": settlement.yen, "transfer_on": day.isoformat(), "times": len(earlier) + 1,
            }  # fmt: skip
            write_audit(conn, who, now, "transfer file made", starts_on.isoformat(), facts=facts)
            transfer_files.add(conn, who, starts_on, len(earlier) + 1, now, day, settlement.yen)
            targets = [
                _target(line, bank, number)
                for number, line in enumerate(paid, 1)
                if (bank := banks.get(line.shop_id)) is not None
            ]
            return zengin.transfer_file(_source(payer, day), targets)

        return await self.context.store.run(job)

    def _payer(self, conn: Connection, code: str) -> Payer:
        banks = tables.city_banks
        sealed = conn.execute(
            select(banks.c.payer_sealed).where(banks.c.municipality == code)
        ).scalar_one_or_none()
        if sealed is None:
            raise ProblemError("payer-missing", "An administrator registers the city's own account first.")
        return decrypt_payer(self.context.vault, code, sealed)


def _refuse_earlier(conn: Connection, code: str, cycle: SettlementCycle) -> None:
    """Cycles are closed in their order; a payment that was committed after its cycle's closing waits for no one."""
    earlier = contents.earlier_open(conn, code, cycle)
    if earlier is not None:
        raise ProblemError(
            "earlier-cycle-open",
            f"The cycle of {earlier.starts_on} is still open; close it first.",
            starts_on=earlier.starts_on.isoformat(),
        )


def _of_cycle(
    conn: Connection, found: CycleScope, shop_id: str
) -> tuple[tuple[Spend, ...], tuple[Refund, ...]]:
    spends, refunds = (
        conn.execute(
            select(table).where(found.rows(table), table.c.shop_id == shop_id).order_by(table.c.at)
        ).all()
        for table in (_spends, _refunds)
    )
    return (
        tuple(spend_rows.spend_of(row._mapping) for row in spends),  # noqa: SLF001  a row as a mapping
        tuple(map(spend_rows.refund_of, refunds)),
    )


def _cycle(starts_on: date) -> SettlementCycle:
    cycle = business_days.cycle_of(starts_on)
    if cycle.starts_on != starts_on:
        raise ProblemError("unknown-cycle", "A cycle starts on the 1st or the 16th of a month.")
    return cycle


def _require_fits(drawn: Settlement) -> None:
    """Refuse before the closing what the bank's file could not carry: it could not be mended after it."""
    beyond = [line.shop_id for line in drawn.lines if line.paid_yen > zengin.MAX_YEN]
    if beyond or drawn.yen > zengin.MAX_TOTAL_YEN:
        raise ProblemError(
            "sum-too-large",
            "The bank's file cannot carry this sum; nothing was closed.",
            shops=",".join(beyond[:50]),
        )


def _transfer_day(cycle: SettlementCycle, chosen: date | None, today: date) -> date:
    if chosen is None:
        return business_days.business_day_from(max(cycle.pays_on, today))
    if not business_days.is_business_day(chosen) or not today <= chosen <= today + MAX_TRANSFER_DELAY:
        raise ProblemError(
            "bad-transfer-day",
            f"Choose a day on which banks work, from {today} to {today + MAX_TRANSFER_DELAY}.",
        )
    return chosen


def _made_before(conn: Connection, made: TransferFileMade) -> ProblemError:
    names = {each.staff_id: each.display_name for each in staff_rows.of_municipality(conn, made.municipality)}
    name = names.get(made.made_by, made.made_by)
    return ProblemError(
        "file-made-before",
        f"{name} made this file at {made.made_at:%Y-%m-%d %H:%M} for {made.transfer_on}; make it again only on purpose.",
        made_by=name,
        made_at=made.made_at.isoformat(),
        transfer_on=made.transfer_on.isoformat(),
    )


def _already_closed() -> ProblemError:
    return ProblemError(
        "cycle-closed", "This cycle was closed before; what changes now comes into the next one."
    )


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
