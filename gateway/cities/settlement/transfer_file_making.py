"""Making the bank's file of a closed cycle as a command: what was approved is kept, and is what is downloaded.

The accounts are those that the closing fixed; the day is a bank day that is not over. The bytes are kept encrypted,
so that a change of the city's own account afterwards changes no file that was approved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals.propose import Ground
from gateway.cities.settlement import business_days, customer_fields, payouts, transfer_files, zengin
from gateway.cities.settlement import settlement_lines as lines
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.cities.settlement.city_fees import encrypted_payer
from gateway.cities.settlement.customer_fields import CustomerField
from gateway.cities.settlement.cycle_rules import find_cycle
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.settlement_settings import SettlementSettings, find_settings
from gateway.cities.settlement.transfer_files import TransferFileMade
from gateway.cities.shops import account_changes
from gateway.cities.shops.bank_accounts import BankAccount, Payer, decrypt_account, decrypt_payer
from gateway.cities.staff import staff_rows
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from httpkit.clock import day_of

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
    """Choose the day: the paying day, or the first bank day after it for which a file can still be sent.

    Raises ProblemError as `require_makeable`, and `bad-transfer-day` (422).
    """
    cycle, send_days = _closed(conn, code, starts_on).cycle, find_settings(conn, code).send_days
    transfer_on = usual_day(cycle, today, send_days)
    if chosen is not None:
        _require_day(chosen, today, send_days)
        transfer_on = chosen
    command = MakeTransferFile(starts_on=starts_on, transfer_on=transfer_on, again=again)
    require_makeable(conn, code, command)
    return command


def require_makeable(conn: Connection, code: str, command: MakeTransferFile) -> Settlement:
    """Give the closed cycle. Raises ProblemError: `cycle-not-closed`, `nothing-to-pay`, `file-made-before`,
    `payer-missing`, `bank-missing`, `shop-number-missing` (409).
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
    _shop_numbers(conn, code, find_settings(conn, code), paid)
    return settlement


def require_fields(conn: Connection, code: str, settings: SettlementSettings, drawn: Settlement) -> None:
    """Refuse before a closing what its file could not write. Raises ProblemError `shop-number-missing` (409)."""
    _shop_numbers(conn, code, settings, [line for line in drawn.lines if line.paid_yen > 0])


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDays:
    """The transfer day of a file that is made today without another one, and until when the bank has to have it.

    `send_by` is None where nobody has said how long the bank needs. `is_late`: the paying day cannot be met any more.
    """

    transfer_on: date
    send_by: date | None
    is_late: bool


def days_of(cycle: SettlementCycle, today: date, send_days: int) -> TransferDays:
    transfer_on = usual_day(cycle, today, send_days)
    return TransferDays(
        transfer_on=transfer_on, send_by=send_by(transfer_on, send_days), is_late=transfer_on > cycle.pays_on
    )


def usual_day(cycle: SettlementCycle, today: date, send_days: int) -> date:
    """The paying day, or the first bank day after it that can still be met."""
    return business_days.business_day_from(max(cycle.pays_on, _first_day(today, send_days)))


def send_by(transfer_on: date, send_days: int) -> date | None:
    """The last day on which a file can be sent; None where nobody has said how long the bank needs."""
    return business_days.bank_days_before(transfer_on, send_days) if send_days else None


def file_facts(
    context: CityContext, conn: Connection, code: str, command: MakeTransferFile
) -> dict[str, str | int]:
    """For which cycle, day and sum, from which account, and which making of it this is."""
    settlement = _closed(conn, code, command.starts_on)
    payer = decrypt_payer(context.vault, code, encrypted_payer(conn, code))
    ordered = payouts.ordered_lines(conn, code, settlement)
    facts: dict[str, str | int] = {
        "starts_on": command.starts_on.isoformat(), "ends_on": settlement.cycle.ends_on.isoformat(),
        "transfer_on": command.transfer_on.isoformat(), "yen": sum(line.transfer_yen for line in ordered),
        "shops": len(ordered), "account": payer.account.masked,
        "times": len(transfer_files.list_made(conn, code, command.starts_on)) + 1,
    }  # fmt: skip
    until = send_by(command.transfer_on, find_settings(conn, code).send_days)
    return facts if until is None else {**facts, "send_by": until.isoformat()}


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
    """Carry it out. Raises ProblemError as `require_makeable`, `bad-transfer-day` (422) where the day cannot be met."""
    code, starts_on = who.municipality, command.starts_on
    lines.lock_closed(conn, code, starts_on)
    settlement = require_makeable(conn, code, command)
    _require_day(command.transfer_on, day_of(at), find_settings(conn, code).send_days)
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
    settings = find_settings(conn, code)
    shop_numbers = _shop_numbers(conn, code, settings, paid)
    targets = [
        _target(
            line,
            decrypt_account(context.vault, code, line.shop_id, fixed[line.shop_id]),
            _customer_code(settings, number, shop_numbers.get(line.shop_id, "")),
            _edi(settings, settlement.cycle, shop_numbers.get(line.shop_id, "")),
        )
        for number, line in enumerate(paid, 1)
    ]
    return zengin.transfer_file(_source(payer, transfer_on), targets, end_mark=settings.end_mark == "eof")


def _customer_code(settings: SettlementSettings, number: int, shop_number: str) -> str:
    return shop_number if settings.customer_field is CustomerField.SHOP_NUMBER else str(number)


def _edi(settings: SettlementSettings, cycle: SettlementCycle, shop_number: str) -> str:
    """The text for the payee; empty where the file has customer codes."""
    if settings.customer_field is not CustomerField.EDI:
        return ""
    return customer_fields.edi_text(settings.edi_text, cycle, shop_number)


def _shop_numbers(
    conn: Connection, code: str, settings: SettlementSettings, paid: Sequence[ShopLine]
) -> Mapping[str, str]:
    """The numbers of the shops that are paid, where the file writes them."""
    if not customer_fields.needs_shop_numbers(settings.customer_field, settings.edi_text):
        return {}
    return customer_fields.numbers_of(conn, code, [line.shop_id for line in paid])


def _first_day(today: date, send_days: int) -> date:
    """The first day for which a file that is sent today is in time."""
    return (
        business_days.bank_days_after(business_days.business_day_from(today), send_days)
        if send_days
        else today
    )


def _require_day(chosen: date, today: date, send_days: int) -> None:
    first, last = _first_day(today, send_days), today + MAX_TRANSFER_DELAY
    if not business_days.is_business_day(chosen) or not first <= chosen <= last:
        raise ProblemError(
            "bad-transfer-day",
            f"Choose a day on which banks work, from {first} to {last}.",
            first=first.isoformat(),
            last=last.isoformat(),
        )


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


def _target(line: ShopLine, bank: BankAccount, reference: str, edi: str) -> zengin.TransferTo:
    return zengin.TransferTo(
        bank_code=bank.bank_code,
        bank_name=bank.bank_name,
        branch_code=bank.branch_code,
        branch_name=bank.branch_name,
        account_kind=bank.kind,
        account_number=bank.number,
        holder=bank.holder,
        yen=line.transfer_yen,
        reference=reference,
        edi=edi,
    )
