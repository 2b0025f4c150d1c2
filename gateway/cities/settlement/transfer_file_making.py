"""Making the bank's file of a closed cycle as a command: what was approved is kept, and is what is downloaded.

The accounts are those that the closing fixed; the day is a bank day that is not over. The bytes are kept encrypted,
so that a change of the city's own account afterwards changes no file that was approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals.propose import Ground
from gateway.cities.settlement import business_days, payouts, transfer_files, zengin
from gateway.cities.settlement import settlement_lines as lines
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.cities.settlement.city_fees import encrypted_payer
from gateway.cities.settlement.cycle_rules import find_cycle
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.transfer_files import TransferFileMade
from gateway.cities.shops import account_changes
from gateway.cities.shops.bank_accounts import BankAccount, Payer, decrypt_account, decrypt_payer
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.clock import day_of

MAX_TRANSFER_DELAY: Final = timedelta(days=31)
"""A transfer file's day has no year, and banks take files about a month ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTransferFile:
    """The command that waits for a second person. `again`: it was made before, and is made once more on purpose."""

    starts_on: date
    transfer_on: date
    again: bool


def plan_file(
    conn: Connection, code: str, starts_on: date, chosen: date | None, today: date, *, again: bool
) -> MakeTransferFile:
    """Choose the day: the paying day, or the next bank day where that is over. Raises as `require_makeable`."""
    cycle = _closed(conn, code, starts_on).cycle
    command = MakeTransferFile(
        starts_on=starts_on, transfer_on=_transfer_day(cycle, chosen, today), again=again
    )
    require_makeable(conn, code, command)
    return command


def require_makeable(conn: Connection, code: str, command: MakeTransferFile) -> Settlement:
    """Give the closed cycle. Raises ProblemError: `cycle-not-closed`, `nothing-to-pay`, `file-made-before`,
    `payer-missing`, `bank-missing` (409).
    """
    settlement = _closed(conn, code, command.starts_on)
    paid = payouts.ordered_lines(conn, code, settlement)
    if not paid:
        raise ProblemError("nothing-to-pay", "Nothing is to be paid for this cycle, so there is no file.")
    encrypted_payer(conn, code)
    earlier = transfer_files.list_made(conn, code, command.starts_on)
    if earlier and not command.again:
        raise _made_before(conn, earlier[-1])
    fixed = account_changes.list_fixed(conn, code, command.starts_on.isoformat())
    missing = [line.shop_id for line in paid if line.shop_id not in fixed]
    if missing:
        raise ProblemError(
            "bank-missing", "Register the accounts of these shops first.", shops=",".join(missing[:50])
        )
    return settlement


def file_facts(
    context: CityContext, conn: Connection, code: str, command: MakeTransferFile
) -> dict[str, str | int]:
    """For which cycle, day and sum, from which account, and which making of it this is."""
    settlement = _closed(conn, code, command.starts_on)
    payer = decrypt_payer(context.vault, code, encrypted_payer(conn, code))
    ordered = payouts.ordered_lines(conn, code, settlement)
    return {
        "starts_on": command.starts_on.isoformat(), "ends_on": settlement.cycle.ends_on.isoformat(),
        "transfer_on": command.transfer_on.isoformat(), "yen": sum(line.transfer_yen for line in ordered),
        "shops": len(ordered), "account": payer.account.masked,
        "times": len(transfer_files.list_made(conn, code, command.starts_on)) + 1,
    }  # fmt: skip


def file_ground(context: CityContext, conn: Connection, code: str, command: MakeTransferFile) -> Ground:
    """Which making it is, and what will stand in it but the day."""
    settlement = require_makeable(conn, code, command)
    file = _bytes(context, conn, code, settlement, command.transfer_on)
    return {
        "times": len(transfer_files.list_made(conn, code, command.starts_on)) + 1,
        "file": context.vault.stable_hash(file.decode("cp932"), purpose="transfer-file"),
    }


def make_file(
    context: CityContext, conn: Connection, who: StaffActor, command: MakeTransferFile, at: datetime
) -> TransferFileMade:
    """Carry it out. Raises ProblemError as `require_makeable`, `bad-transfer-day` (422) where the day is over."""
    code, starts_on = who.municipality, command.starts_on
    lines.lock_closed(conn, code, starts_on)
    settlement = require_makeable(conn, code, command)
    _transfer_day(settlement.cycle, command.transfer_on, day_of(at))
    earlier = transfer_files.list_made(conn, code, starts_on)
    yen = sum(line.transfer_yen for line in payouts.ordered_lines(conn, code, settlement))
    facts: dict[str, str | int] = {
        "yen": yen, "transfer_on": command.transfer_on.isoformat(), "times": len(earlier) + 1,
    }  # fmt: skip
    write_audit(conn, who, at, AuditAction.TRANSFER_FILE_MADE, starts_on.isoformat(), facts=facts)
    made = TransferFileMade(
        municipality=code,
        number=len(earlier) + 1,
        made_at=at,
        made_by=who.staff_id,
        transfer_on=command.transfer_on,
        yen=yen,
    )
    file = _bytes(context, conn, code, settlement, command.transfer_on)
    sealed = context.vault.encrypt(
        file.decode("cp932"), purpose="transfer-file", bound_to=_bound_to(made, starts_on)
    )
    transfer_files.add(conn, starts_on, made, sealed)
    return made


def read_file(context: CityContext, conn: Connection, code: str, starts_on: date, number: int) -> bytes:
    """The bytes of a file that was made. Raises ProblemError `unknown-file` (404), also for one made before they were kept."""
    made, sealed = transfer_files.find(conn, code, starts_on, number)
    text = context.vault.decrypt(sealed, purpose="transfer-file", bound_to=_bound_to(made, starts_on))
    return text.encode("cp932")


def _bound_to(made: TransferFileMade, starts_on: date) -> str:
    return f"{made.municipality}/{starts_on.isoformat()}/{made.number}"


def _closed(conn: Connection, code: str, starts_on: date) -> Settlement:
    find_cycle(conn, code, starts_on)
    settlement = lines.closed(conn, code, starts_on)
    if settlement is None:
        raise ProblemError("cycle-not-closed", "Close this cycle first.")
    return settlement


def _bytes(
    context: CityContext, conn: Connection, code: str, settlement: Settlement, transfer_on: date
) -> bytes:
    payer = decrypt_payer(context.vault, code, encrypted_payer(conn, code))
    fixed = account_changes.list_fixed(conn, code, settlement.cycle.starts_on.isoformat())
    paid = payouts.ordered_lines(conn, code, settlement)
    targets = [
        _target(line, decrypt_account(context.vault, code, line.shop_id, fixed[line.shop_id]), number)
        for number, line in enumerate(paid, 1)
    ]
    return zengin.transfer_file(_source(payer, transfer_on), targets)


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
    names = {each.staff_id: each.display_name for each in staff_rows.list_by_city(conn, made.municipality)}
    name = names.get(made.made_by, made.made_by)
    return ProblemError(
        "file-made-before",
        f"{name} made this file at {made.made_at:%Y-%m-%d %H:%M} for {made.transfer_on}; make it again only on purpose.",
        made_by=name,
        made_at=made.made_at.isoformat(),
        transfer_on=made.transfer_on.isoformat(),
    )


def _source(payer: Payer, transfer_on: date) -> zengin.TransferFrom:
    account = payer.account
    return zengin.TransferFrom(
        client_code=payer.client_code,
        client_name=account.holder,
        pays_on=transfer_on,
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
        yen=line.transfer_yen,
        reference=str(number),
    )
