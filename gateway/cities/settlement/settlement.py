"""Paying the shops (精算): a cycle is closed once, by two persons; what changes later comes into the next one.

Closing takes every payment and refund up to the cycle's end that no earlier closing took, sums them by shop, and
moves what is paid from the shop's account to the city's `paid` account, in the city's own book. A shop whose
refunds exceed its payments is paid nothing, and the difference is carried into its next cycle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from gateway.cities import tables
from gateway.cities.city_context import CityContext, require_reason
from gateway.cities.drawn_from import require_seen
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import propose
from gateway.cities.settlement import (
    bank_results,
    closing,
    cycle_corrections,
    cycle_rules,
    payout_rows,
    payouts,
    settlement_settings,
    shop_debts,
    transfer_files,
)
from gateway.cities.settlement import settlement_lines as lines
from gateway.cities.settlement import transfer_file_downloads as downloads
from gateway.cities.settlement import transfer_file_making as making
from gateway.cities.settlement.bank_results import BankResult, BankResultView, ResultRecorded
from gateway.cities.settlement.business_days import CycleCalendar, SettlementCycle
from gateway.cities.settlement.city_fees import encrypted_payer
from gateway.cities.settlement.closing import CloseCycle
from gateway.cities.settlement.cycle_corrections import Correction
from gateway.cities.settlement.cycle_rules import find_cycle
from gateway.cities.settlement.payout_rows import OWED_AGAIN, Payout, PayoutState
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.settlement_scope import CycleScope
from gateway.cities.settlement.settlement_settings import ChangeSettlementSettings, SettlementSettings
from gateway.cities.settlement.shop_debts import DebtEnd, EndDebt
from gateway.cities.settlement.transfer_fees import StatementTerms
from gateway.cities.settlement.transfer_files import TransferFileMade
from gateway.cities.shops import account_changes, shop_rows
from gateway.cities.shops.shop_rows import Shop
from gateway.cities.spending import spend_rows
from gateway.cities.spending.spend_rows import Refund, Spend
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from httpkit.clock import day_of

_spends, _refunds, _settlements = tables.spends, tables.refunds, tables.settlements


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
    terms: StatementTerms | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutLine:
    """A shop that a closed cycle pays; `payout` of None: nothing is known of it, `is_ordered` or not."""

    line: ShopLine
    payout: Payout | None
    is_ordered: bool

    @property
    def state(self) -> str:
        if self.payout is not None:
            return self.payout.state.value
        return "ordered" if self.is_ordered else "closed"


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
            settlement_cycles = cycle_rules.find_calendar(conn, code).cycles(
                day_of(first), self.context.today
            )
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

        def job(conn: Connection) -> Settlement:
            cycle = find_cycle(conn, code, starts_on)
            return lines.closed(conn, code, starts_on) or lines.preview(self.context.vault, conn, code, cycle)

        return await self.context.store.read(job)

    async def close(self, who: StaffSession, starts_on: date, reason: str = "") -> Settlement | Proposal:
        """Propose to close a cycle, which happens once. Raises ProblemError: `unknown-cycle` (404), `cycle-not-over`,
        `cycle-closed`, `earlier-cycle-open`, `sum-too-large` (409), and as `propose`.
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> Settlement | Proposal:
            cycle = find_cycle(conn, code, starts_on)
            if day_of(now) <= cycle.ends_on:
                raise ProblemError(
                    "cycle-not-over", f"This cycle ends on {cycle.ends_on}; close it after that day."
                )
            if not deeds.rule_of(conn, code, Deed.CLOSING).persons:
                return closing.close_cycle(
                    self.context, conn, who, CloseCycle(starts_on=starts_on), reason, now
                )
            accounts = account_changes.list_current(conn, code)
            drawn = closing.require_closable(self.context, conn, code, cycle, accounts)
            command = CloseCycle(starts_on=starts_on, drawn=closing.drawn_hash(drawn, accounts))
            return propose(
                self.context, conn, who, Deed.CLOSING, starts_on.isoformat(), command,
                ground=closing.closing_ground(self.context, conn, code, command), facts=closing.closing_facts(drawn),
                reason=reason, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def statement(self, code: str, starts_on: date, shop_id: str) -> ShopStatement:
        """A shop's statement of a cycle. Raises ProblemError: `unknown-cycle`, `unknown-shop` (404)."""
        (statement,) = await self.context.store.read(
            lambda conn: statements_of(self.context, conn, code, starts_on, (shop_id,))
        )
        return statement

    async def corrections(self, code: str, starts_on: date) -> CycleCorrections:
        """What in a cycle corrects earlier ones, of all shops. Raises ProblemError `unknown-cycle` (404)."""

        def job(conn: Connection) -> CycleCorrections:
            cycle = find_cycle(conn, code, starts_on)
            row = lines.closed_row(conn, code, starts_on)
            corrections = cycle_corrections.of_cycle(conn, lines.contents_of(conn, code, cycle))
            closed = lines.closed(conn, code, starts_on)
            names = {line.shop_id: line.shop_name for line in closed.lines} if closed else {}
            return CycleCorrections(
                cycle=cycle if row is None else lines.stored_cycle(row),
                closed_at=None if row is None else row.closed_at,
                corrections=tuple(
                    replace(each, shop_name=names.get(each.shop_id, each.shop_name)) for each in corrections
                ),
                people={staff.staff_id: staff.display_name for staff in staff_rows.list_by_city(conn, code)},
            )

        return await self.context.store.read(job)

    async def list_by_shop(
        self, code: str, shop_id: str, limit: int = 24
    ) -> list[tuple[SettlementCycle, ShopLine]]:
        """A shop's closed cycles, newest first."""

        def job(conn: Connection) -> list[tuple[SettlementCycle, ShopLine]]:
            return lines.closed_of_shop(conn, code, shop_rows.require(conn, code, shop_id), limit)

        return await self.context.store.read(job)

    async def make_transfer_file(
        self,
        who: StaffSession,
        starts_on: date,
        transfer_on: date | None = None,
        *,
        again: bool = False,
        reason: str = "",
    ) -> TransferFileMade | Proposal:
        """Propose the bank's transfer file of a closed cycle, to the accounts that it was closed with.

        `transfer_on` is a bank day not yet over; without one it is the paying day, or the next bank day where that
        is over. `again` makes it once more. Raises ProblemError: `unknown-cycle` (404), `bad-transfer-day` (422),
        `cycle-not-closed`, `nothing-to-pay`, `file-made-before`, `payer-missing`, `bank-missing` (409), and as `propose`.
        """
        now, code, today = self.context.clock(), who.municipality, self.context.today

        def job(conn: Connection) -> TransferFileMade | Proposal:
            command = making.plan_file(conn, code, starts_on, transfer_on, today, again=again)
            if not deeds.rule_of(conn, code, Deed.TRANSFER_FILE).persons:
                return making.make_file(self.context, conn, who, command, now)
            return propose(
                self.context, conn, who, Deed.TRANSFER_FILE, starts_on.isoformat(), command,
                ground=making.file_ground(self.context, conn, code, command),
                facts=making.file_facts(self.context, conn, code, command), reason=reason, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def record_payout(
        self,
        who: StaffSession,
        starts_on: date,
        shop_id: str,
        state: PayoutState,
        reason: str,
        return_fee_yen: int | None = None,
    ) -> Payout | Proposal:
        """What became of a shop's payment: that it was made, at once; that it is held or came back, as a proposal.

        `return_fee_yen` is what the bank asked for a return; None: the sum that the settings have. Raises ProblemError: `unknown-cycle`, `unknown-shop` (404), `cycle-not-closed`, `payout-state` (409),
        `reason-missing` (422), and as `propose`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> Payout | Proposal:
            find_cycle(conn, code, starts_on)
            command = payouts.plan_payout(conn, code, starts_on, shop_id, state, return_fee_yen)
            line = payouts.require_recordable(conn, code, command)
            if state not in OWED_AGAIN or not deeds.rule_of(conn, code, Deed.PAYOUT).persons:
                return payouts.record_payout(conn, who, command, why, now)
            return propose(
                self.context, conn, who, Deed.PAYOUT, payouts.subject_of(command), command,
                ground=payouts.payout_ground(conn, code, command), facts=payouts.payout_facts(line, command),
                reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def payouts(self, code: str, starts_on: date) -> list[PayoutLine]:
        """Each shop that a closed cycle pays, with what is known of its payment; nothing for one that is open."""

        def job(conn: Connection) -> list[PayoutLine]:
            find_cycle(conn, code, starts_on)
            settlement = lines.closed(conn, code, starts_on)
            known = payout_rows.list_by_cycle(conn, code, starts_on)
            is_ordered = bool(transfer_files.list_made(conn, code, starts_on))
            return [
                PayoutLine(line=line, payout=known.get(line.shop_id), is_ordered=is_ordered)
                for line in (settlement.lines if settlement else ())
                if line.paid_yen > 0
            ]

        return await self.context.store.read(job)

    async def upload_result(
        self, who: StaffSession, starts_on: date, file: bytes
    ) -> tuple[BankResultView, bool]:
        """Read the bank's result file and show what it says; nothing takes effect. Says whether the file is new.

        Raises ProblemError: `unknown-cycle`, and as `bank_results.upload_result`.
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> tuple[BankResultView, bool]:
            find_cycle(conn, code, starts_on)
            result, is_new = bank_results.upload_result(self.context, conn, who, starts_on, file, now)
            return bank_results.view_result(self.context, conn, code, starts_on, result.number), is_new

        return await self.context.store.run(job)

    async def results(self, code: str, starts_on: date) -> list[BankResult]:
        """A cycle's result files, oldest first."""
        return await self.context.store.read(lambda conn: bank_results.list_results(conn, code, starts_on))

    async def result(self, code: str, starts_on: date, number: int) -> BankResultView:
        """A result file held against what is known now. Raises ProblemError as `bank_results.view_result`."""
        return await self.context.store.read(
            lambda conn: bank_results.view_result(self.context, conn, code, starts_on, number)
        )

    async def record_result(
        self,
        who: StaffSession,
        starts_on: date,
        number: int,
        seen: str,
        reason: str,
        return_fee_yen: int | None = None,
    ) -> ResultRecorded:
        """Record what a result file says. `return_fee_yen` as in `record_payout`, for each return.

        Raises ProblemError `reason-missing` (422), and as `bank_results.record_result`.
        """
        why, now = require_reason(reason), self.context.clock()
        return await self.context.store.run(
            lambda conn: bank_results.record_result(
                self.context, conn, who, starts_on, number, seen, why, now, return_fee_yen
            )
        )

    async def calendar(self, code: str) -> CycleCalendar:
        """When the city's cycles end and are paid, now and with changes that are to come."""
        return await self.context.store.read(lambda conn: cycle_rules.find_calendar(conn, code))

    async def settings(self, code: str) -> SettlementSettings:
        """How the city settles with its bank."""
        return await self.context.store.read(lambda conn: settlement_settings.find_settings(conn, code))

    async def propose_settings(
        self, who: StaffSession, settings: SettlementSettings, reason: str, seen: str | None = None
    ) -> Proposal:
        """Propose other settings, which always need a second person. `seen` is the version that they were drawn from.

        Raises ProblemError: `reason-missing` (422), `changed-meanwhile`, `nothing-changed`, `payer-missing` (409), and as
        `propose`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality
        command = ChangeSettlementSettings(settings=settings)

        def job(conn: Connection) -> Proposal:
            before = settlement_settings.find_settings(conn, code)
            require_seen(seen, before.version)
            if settings.fee_bands:
                encrypted_payer(conn, code)  # by which it is known what is the same bank
            if before == settings:
                raise ProblemError("nothing-changed", "These are the settings already.")
            return propose(
                self.context, conn, who, Deed.SETTLEMENT_SETTINGS, code, command,
                ground=settlement_settings.settings_ground(self.context, conn, code, command),
                facts=settlement_settings.settings_facts(before, settings, cycle_rules.next_start(conn, code, now)),
                reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def end_shop_debt(
        self, who: StaffSession, shop_id: str, end: DebtEnd, reason: str
    ) -> EndDebt | Proposal:
        """Propose that a closed shop's debt was repaid, or is written off.

        Raises ProblemError: `unknown-shop` (404), `no-debt` (409), `reason-missing` (422), and as `propose`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality

        def job(conn: Connection) -> EndDebt | Proposal:
            shop_rows.require(conn, code, shop_id)
            debt = next((each for each in shop_debts.list_owing(conn, code) if each.shop_id == shop_id), None)
            if debt is None:
                raise shop_debts.no_debt()
            command = EndDebt(shop_id=shop_id, end=end, points=debt.points, yen=debt.yen)
            if not deeds.rule_of(conn, code, Deed.SHOP_DEBT).persons:
                shop_debts.end_debt(conn, who, command, why, now)
                return command
            return propose(
                self.context, conn, who, Deed.SHOP_DEBT, shop_id, command,
                ground=shop_debts.debt_ground(conn, code, command), facts=shop_debts.debt_facts(debt, command),
                reason=why, at=now, points=debt.points,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def transfer_file(
        self, who: StaffSession, starts_on: date, number: int, seen: int | None = None
    ) -> bytes:
        """A transfer file that was made, byte for byte; `seen` is how many earlier downloads the caller knows of.

        Raises ProblemError: `unknown-file` (404), `file-downloaded-before` (409).
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> bytes:
            lines.lock_closed(conn, code, starts_on)  # two at once are a first and a second
            file = making.read_file(self.context, conn, code, starts_on, number)
            cycle_downloads = downloads.list_downloads(conn, code, starts_on)
            earlier = [each for each in cycle_downloads if each.number == number]
            downloads.require_seen(earlier, seen)
            downloads.record(conn, who, starts_on, number, earlier, now)
            return file

        return await self.context.store.run(job)


def statements_of(
    context: CityContext, conn: Connection, code: str, starts_on: date, shop_ids: Sequence[str]
) -> list[ShopStatement]:
    """Statements of one cycle, in the order of `shop_ids`. Raises ProblemError: `unknown-cycle`, `unknown-shop` (404)."""
    cycle = find_cycle(conn, code, starts_on)
    shops = [shop_rows.require(conn, code, shop_id) for shop_id in shop_ids]
    settlement = lines.closed(conn, code, starts_on) or lines.preview(context.vault, conn, code, cycle)
    cycle_scope = lines.contents_of(conn, code, cycle)
    line_of = {line.shop_id: line for line in settlement.lines}
    statements: list[ShopStatement] = []
    for shop in shops:
        line = line_of.get(shop.shop_id)
        spends, refunds = _of_cycle(conn, cycle_scope, shop.shop_id)
        is_closed = settlement.closed_at is not None and line is not None
        statements.append(
            ShopStatement(
                cycle=settlement.cycle,
                closed_at=settlement.closed_at,
                shop=replace(shop, name=line.shop_name) if is_closed and line else shop,
                line=line or lines.empty(shop),
                spends=spends,
                refunds=refunds,
                corrections=tuple(cycle_corrections.of_cycle(conn, cycle_scope, shop.shop_id)),
                terms=settlement.terms,
            )
        )
    return statements


def _of_cycle(
    conn: Connection, found: CycleScope, shop_id: str
) -> tuple[tuple[Spend, ...], tuple[Refund, ...]]:
    """A shop's payments with what came back of them in this very cycle, and its refunds.

    What comes back later is a correction in a later cycle: a closed statement stays as it is.
    """
    spends, refunds = (
        conn.execute(
            select(table).where(found.rows(table), table.c.shop_id == shop_id).order_by(table.c.at)
        ).all()
        for table in (_spends, _refunds)
    )
    returned = Counter[tuple[str, str]]()
    for row in refunds:
        returned[row.book_id, row.spend_id] += row.points
    return (
        tuple(
            replace(spend, refunded_points=returned[spend.book_id, spend.spend_id])
            for row in spends
            for spend in [spend_rows.spend_of(row._mapping)]  # noqa: SLF001  a row as a mapping
        ),
        tuple(map(spend_rows.refund_of, refunds)),
    )
