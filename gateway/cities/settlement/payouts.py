"""What became of each shop's payment of a closed cycle (振込結果): 済, 保留, 振込不能・組戻し.

    closed ──► paid                              as the bank says, or by hand
          ├─► held                               by two persons, before a file orders it: left out of the file
          └─► returned ◄── paid                  by two persons, after it was ordered

What is held or returned is owed again: the points go back to what the city owes the shop, and the next closing pays
them with its own. The closed cycle stays as it is. What the bank asked for a return is kept with it, until a closing takes it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from core_ledger import Transfer, chart, ledger
from gateway.cities.city_context import StaffActor, write_audit
from gateway.cities.proposals.propose import Ground
from gateway.cities.settlement import payout_rows, transfer_files
from gateway.cities.settlement import settlement_lines as lines
from gateway.cities.settlement.payout_rows import OWED_AGAIN, Payout, PayoutState
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.settlement_settings import find_settings
from gateway.cities.settlement.transfer_fees import FeeBearer
from gateway.cities.settlement.transfer_files import TransferFileMade
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPayout:
    """The command that waits for a second person: a payment that is held, or came back.

    `return_fee_yen` is what the bank asked for a return, tax included, and `return_fee_bearer` who bears it.
    """

    starts_on: date
    shop_id: str
    state: PayoutState
    return_fee_yen: int = 0
    return_fee_bearer: FeeBearer = FeeBearer.CITY


def plan_payout(
    conn: Connection, code: str, starts_on: date, shop_id: str, state: PayoutState, return_fee_yen: int | None
) -> RecordPayout:
    """The command, with who bears the fee by the city's settings of now. A return without a fee has the usual one.

    Raises ProblemError `payout-state` (409) for a fee without a return.
    """
    settings = find_settings(conn, code)
    if state is not PayoutState.RETURNED:
        if return_fee_yen:
            raise ProblemError(
                "payout-state",
                "A bank asks a fee for a return only where a payment came back.",
                state=state.value,
            )
        return RecordPayout(starts_on=starts_on, shop_id=shop_id, state=state)
    return RecordPayout(
        starts_on=starts_on,
        shop_id=shop_id,
        state=state,
        return_fee_yen=settings.return_fee_yen if return_fee_yen is None else return_fee_yen,
        return_fee_bearer=settings.return_fee_bearer,
    )


def ordered_lines(conn: Connection, code: str, settlement: Settlement) -> list[ShopLine]:
    """The lines that a transfer file orders: what is to be paid, and is neither held nor came back."""
    known = payout_rows.list_by_cycle(conn, code, settlement.cycle.starts_on)
    return [
        line
        for line in settlement.lines
        if line.paid_yen > 0 and (line.shop_id not in known or known[line.shop_id].state not in OWED_AGAIN)
    ]


def lines_of_file(
    conn: Connection, code: str, settlement: Settlement, made: TransferFileMade
) -> list[ShopLine]:
    """The lines that a file of the cycle ordered when it was made, in its order."""
    known = payout_rows.list_by_cycle(conn, code, settlement.cycle.starts_on)
    left_out = {
        payout.shop_id
        for payout in known.values()
        if payout.state is PayoutState.HELD
        or (payout.state is PayoutState.RETURNED and payout.recorded_at < made.made_at)
    }
    return [line for line in settlement.lines if line.paid_yen > 0 and line.shop_id not in left_out]


def subject_of(command: RecordPayout) -> str:
    """What a proposal of it is about."""
    return f"{command.starts_on.isoformat()}/{command.shop_id}"


def require_recordable(conn: Connection, code: str, command: RecordPayout) -> ShopLine:
    """Give the line. Raises ProblemError: `cycle-not-closed`, `payout-state` (409), `unknown-shop` (404)."""
    settlement = lines.closed(conn, code, command.starts_on)
    if settlement is None:
        raise ProblemError("cycle-not-closed", "Close this cycle first.")
    line = next((each for each in settlement.lines if each.shop_id == command.shop_id), None)
    if line is None or line.paid_yen <= 0:
        raise ProblemError("unknown-shop", "This cycle pays nothing to this shop.")
    known = payout_rows.list_by_cycle(conn, code, command.starts_on).get(command.shop_id)
    is_ordered = bool(transfer_files.list_made(conn, code, command.starts_on))
    if known is None:
        is_legal = is_ordered == (command.state is not PayoutState.HELD)
    else:
        is_legal = command.state in payout_rows.LEGAL[known.state]
    if not is_legal:
        state = known.state.value if known else "ordered" if is_ordered else "closed"
        raise ProblemError(
            "payout-state",
            f"This payment is {state}: it is held before a file orders it, and paid or returned after it.",
            state=state,
        )
    return line


def payout_facts(line: ShopLine, command: RecordPayout) -> dict[str, str | int]:
    """Whose payment of which cycle, and what became of it."""
    shown: dict[str, str | int] = {
        "starts_on": command.starts_on.isoformat(), "shop_id": line.shop_id, "name": line.shop_name,
        "payout": command.state.value, "yen": line.transfer_yen,
    }  # fmt: skip
    return shown | return_fee_facts(command)


def return_fee_facts(command: RecordPayout) -> dict[str, str | int]:
    """What the bank asked for a return and who bears it; nothing where it asked nothing."""
    if not command.return_fee_yen:
        return {}
    return {"return_fee_yen": command.return_fee_yen, "return_fee_bearer": command.return_fee_bearer.value}


def payout_ground(conn: Connection, code: str, command: RecordPayout) -> Ground:
    """What the author saw: the sum, what was known of it, and how many files order it."""
    line = require_recordable(conn, code, command)
    known = payout_rows.list_by_cycle(conn, code, command.starts_on).get(command.shop_id)
    files = len(transfer_files.list_made(conn, code, command.starts_on))
    return {"yen": line.paid_yen, "known": known.state.value if known else "", "files": files}


def record_payout(
    conn: Connection, who: StaffActor, command: RecordPayout, reason: str, at: datetime
) -> Payout:
    """Carry it out. Raises ProblemError as `require_recordable`."""
    code, starts_on = who.municipality, command.starts_on.isoformat()
    lines.lock_closed(conn, code, command.starts_on)
    line = require_recordable(conn, code, command)
    payout = Payout(
        shop_id=command.shop_id,
        state=command.state,
        points=line.paid_points,
        yen=line.paid_yen,
        reason=reason,
        recorded_by=who.staff_id,
        recorded_at=at,
        carried_in=None,
        return_fee_yen=command.return_fee_yen,
        return_fee_bearer=command.return_fee_bearer,
    )
    payout_rows.save(conn, code, command.starts_on, payout)
    if command.state in OWED_AGAIN:
        _owe_again(conn, code, command, line, at)
        payout_rows.reopen_return_fees(conn, code, starts_on, command.shop_id)
    facts: dict[str, str | int] = {
        "shop": command.shop_id, "payout": command.state.value, "yen": line.transfer_yen,
    } | return_fee_facts(command)  # fmt: skip
    write_audit(conn, who, at, AuditAction.PAYOUT_RECORDED, starts_on, reason, facts)
    return payout


def record_paid(
    conn: Connection, who: StaffActor, starts_on: date, shop_ids: Collection[str], reason: str, at: datetime
) -> None:
    """Record many payments as made, as the bank says; the caller locks the cycle and has looked that each is ordered."""
    settlement = lines.closed(conn, who.municipality, starts_on)
    assert settlement is not None
    for line in settlement.lines:
        if line.shop_id in shop_ids:
            payout = Payout(
                shop_id=line.shop_id, state=PayoutState.PAID, points=line.paid_points, yen=line.paid_yen,
                reason=reason, recorded_by=who.staff_id, recorded_at=at, carried_in=None,
            )  # fmt: skip
            payout_rows.save(conn, who.municipality, starts_on, payout)


def _owe_again(conn: Connection, code: str, command: RecordPayout, line: ShopLine, at: datetime) -> None:
    """Take the closing's own move back in the city's book; the shop's account is owed the points again."""
    ledger.apply(
        conn,
        [
            Transfer(
                id=f"payout:{command.starts_on.isoformat()}:{command.shop_id}",
                book=chart.municipality_book(code),
                source=lines.paid_account(code),
                target=chart.shop(code, command.shop_id),
                points=line.paid_points,
                at=at,
                kind="payout_returned",
                reference=command.starts_on.isoformat(),
                details={"shop_id": command.shop_id, "yen": str(line.paid_yen), "state": command.state.value},
            )
        ],
    )
