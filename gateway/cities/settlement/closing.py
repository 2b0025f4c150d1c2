"""Closing a cycle as a command: what its approver reads, what must not have moved, and what is fixed by it.

What was approved is what is closed: the sums of every shop and the accounts that they go to are compared after the
cycle's payments were claimed, so that not even a payment of that moment changes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from gateway.cities import tables
from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.proposals.propose import Ground
from gateway.cities.settlement import payout_rows, zengin
from gateway.cities.settlement import settlement_lines as lines
from gateway.cities.settlement import settlement_scope as contents
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.cities.settlement.city_fees import load_fees
from gateway.cities.settlement.cycle_rules import find_cycle
from gateway.cities.settlement.settlement_lines import Settlement
from gateway.cities.settlement.settlement_settings import find_settings
from gateway.cities.settlement.transfer_file_making import require_fields
from gateway.cities.shops import account_changes
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_new

_settlements = tables.settlements


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCycle:
    """The command that waits for a second person. `drawn` is the hash of what its author saw; "" closes whatever is."""

    starts_on: date
    drawn: str = ""


def require_closable(
    context: CityContext, conn: Connection, code: str, cycle: SettlementCycle, accounts: Mapping[str, bytes]
) -> Settlement:
    """Give what closing would give, to these accounts. Raises ProblemError (409): `cycle-closed`, `earlier-cycle-open`, `sum-too-large`.

    And as `require_fields`.
    """
    if lines.closed(conn, code, cycle.starts_on) is not None:
        raise already_closed()
    earlier = contents.earlier_open(conn, code, cycle)
    # Cycles are closed in their order; a payment that was committed after its cycle's closing waits for no one.
    if earlier is not None:
        raise ProblemError(
            "earlier-cycle-open",
            f"The cycle of {earlier.starts_on} is still open; close it first.",
            starts_on=earlier.starts_on.isoformat(),
        )
    drawn = lines.preview(context.vault, conn, code, cycle, accounts)
    _require_fits(drawn)
    require_fields(conn, code, find_settings(conn, code), drawn)
    return drawn


def closing_facts(drawn: Settlement) -> dict[str, str | int]:
    """The sums, and how many shops are paid nothing now; fees where there are any."""
    shown: dict[str, str | int] = {
        "starts_on": drawn.cycle.starts_on.isoformat(), "ends_on": drawn.cycle.ends_on.isoformat(),
        "yen": drawn.yen, "shops": sum(line.paid_yen > 0 for line in drawn.lines),
        "spends": sum(line.spends for line in drawn.lines),
        "carried_yen": sum(line.carried_yen for line in drawn.lines),
        "shops_carried": sum(line.carried_yen != 0 for line in drawn.lines),
    }  # fmt: skip
    if drawn.has_fees:
        shown |= _facts(drawn) | {"transfer_yen": drawn.transfer_yen}
    return shown


def closing_ground(context: CityContext, conn: Connection, code: str, command: CloseCycle) -> Ground:
    """The hash of every line and of the account that it goes to."""
    accounts = account_changes.list_current(conn, code)
    cycle = find_cycle(conn, code, command.starts_on)
    return {"drawn": drawn_hash(lines.preview(context.vault, conn, code, cycle, accounts), accounts)}


def drawn_hash(drawn: Settlement, accounts: Mapping[str, bytes]) -> str:
    """The same for the same sums and fees to the same accounts, encrypted as they are."""
    rows = [
        (
            line.shop_id, line.spends, line.spent, line.refunded, line.paid_yen, line.carried_yen,
            line.fee_yen, line.city_fee_yen, line.carried_why, hashlib.sha256(accounts.get(line.shop_id, b"")).hexdigest(),
            # Only where there are any: a closing that waits over an upgrade is not outdated by it.
            *((line.return_fee_yen, line.city_return_fee_yen, line.open_return_fee_yen) if line.has_return_fees else ()),
        )
        for line in drawn.lines
    ]  # fmt: skip
    terms = None if drawn.terms is None else asdict(drawn.terms)
    return hashlib.sha256(json.dumps([terms, rows]).encode()).hexdigest()


def close_cycle(
    context: CityContext, conn: Connection, who: StaffActor, command: CloseCycle, reason: str, at: datetime
) -> Settlement:
    """Carry it out. Raises ProblemError as `require_closable`, and `proposal-outdated` where anything has moved."""
    code = who.municipality
    cycle = find_cycle(conn, code, command.starts_on)
    starts_on = cycle.starts_on.isoformat()
    # Read once: an account that changes while this runs is neither paid to nor reckoned with by this closing.
    accounts = account_changes.list_current(conn, code)
    require_closable(context, conn, code, cycle, accounts)
    cycle_scope = contents.of_open(conn, code, cycle)
    lines.claim_for_cycle(conn, cycle_scope)
    owed_again = lines.claim_owed_again(conn, code, starts_on) if cycle_scope.is_next else {}
    brought = lines.carried_forward_from(conn, cycle_scope, owed_again)
    settings = find_settings(conn, code)
    returns = payout_rows.lock_open_return_fees(conn, code) if cycle_scope.is_next else {}
    fees = load_fees(context.vault, conn, code, settings, accounts, returns)
    terms = settings.terms_of_returns if returns else settings.terms
    drawn = lines.compute(conn, contents.of_closed(code, cycle), brought, accounts, fees, terms)
    _require_fits(drawn)
    require_fields(conn, code, settings, drawn)
    if command.drawn and drawn_hash(drawn, accounts) != command.drawn:
        raise ProblemError(
            "proposal-outdated",
            "A payment, a refund, an account or a fee has changed since; send it back and propose the closing anew.",
        )
    row = {
        "municipality": code, "starts_on": starts_on, "ends_on": cycle.ends_on.isoformat(),
        "pays_on": cycle.pays_on.isoformat(), "yen": drawn.yen, "closed_by": who.staff_id, "closed_at": at,
        **({} if drawn.terms is None else asdict(drawn.terms)),
    }  # fmt: skip
    if not insert_new(conn, _settlements, **row):
        raise already_closed()
    lines.save(conn, code, drawn, at)
    paid = {line.shop_id: accounts[line.shop_id] for line in drawn.lines if line.paid_yen}
    account_changes.fix_for_cycle(conn, code, starts_on, paid)
    account_changes.take_effect(conn, code)
    facts: dict[str, str | int] = {"yen": drawn.yen, "shops": len(drawn.lines)}
    if drawn.has_fees:
        facts |= _facts(drawn)
    write_audit(conn, who, at, AuditAction.SETTLEMENT_CLOSED, starts_on, reason, facts)
    closed = lines.closed(conn, code, cycle.starts_on)
    assert closed is not None
    return closed


def already_closed() -> ProblemError:
    return ProblemError(
        "cycle-closed", "This cycle was closed before; what changed since comes into the next."
    )


def _facts(drawn: Settlement) -> dict[str, str | int]:
    shown: dict[str, str | int] = {"fee_yen": drawn.fee_yen, "city_fee_yen": drawn.city_fee_yen}
    if drawn.has_return_fees:
        shown |= {
            "deducted_return_fee_yen": drawn.return_fee_yen, "city_return_fee_yen": drawn.city_return_fee_yen,
            "open_return_fee_yen": drawn.open_return_fee_yen,
        }  # fmt: skip
    return shown


def _require_fits(drawn: Settlement) -> None:
    """Refuse before the closing what the bank's file could not carry: it could not be mended after it."""
    beyond = [line.shop_id for line in drawn.lines if line.transfer_yen > zengin.MAX_YEN]
    if beyond or drawn.transfer_yen > zengin.MAX_TOTAL_YEN:
        raise ProblemError(
            "sum-too-large",
            "The bank's file cannot carry this sum; nothing was closed.",
            shops=",".join(beyond[:50]),
        )
